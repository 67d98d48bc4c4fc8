"""Tests of one row, and of one file, are run by one process, one after another."""

import itertools

from tests.groups import BY_ROW, group

EVERY = "tests/zoo/every_family_test.py::test_it_fits"


def test_a_row_is_a_group_whatever_the_file_and_the_other_parameters():
    mode = "tests/zoo/every_mode_test.py::test_half[wgan_gp, points-paper-mixed_bfloat16]"
    assert group(f"{EVERY}[wgan_gp, points]") == group(mode) == "wgan_gp, points"


def test_other_tests_are_in_the_group_of_their_file():
    file = "tests/zoo/every_family_test.py"
    assert group(f"{file}::test_every_model_of_the_zoo_has_its_lines") == file
    assert group("tests/benchmarks/a_test.py::test_a[dcgan-b]") == "tests/benchmarks/a_test.py"


def test_all_tests_of_this_run_come_group_by_group_and_rows_are_what_they_are_taken_for(request):
    items = request.session.items
    groups = [name for name, _ in itertools.groupby(items, lambda item: group(item.nodeid))]
    assert len(groups) == len(set(groups)) > 0
    for item in items:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        if item.path.name in BY_ROW and "row" in given:
            assert group(item.nodeid) == given["row"]
