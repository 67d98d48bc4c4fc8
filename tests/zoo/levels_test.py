"""Which rows of a check run in `make test`, and that none is lost."""

import importlib

import pytest

import zoo
from tests import affected
from tests.sources import ROOT, modules
from tests.zoo import families
from trainers.adversarial import AdversarialModel

FILES = ("every_family_test", "every_mode_test", "every_size_test", "on_replicas_test")
PAGES = {name: zoo.family(name).__module__ for name in zoo.list_models()}
THOROUGH = {  # no row of these is quick
    "test_without_arguments_it_has_the_networks_of_its_paper",  # of 64 million weights
    "test_with_synchronised_batch_statistics_they_do_too",
    "test_its_convolutions_take_images_from_8_to_128",
}


def names(marks):
    return [mark.name for mark in marks]


def test_a_row_is_quick_thorough_or_slow():
    def level(row, *changed):
        return names(families.level(row, quick=("a",), thorough=("a", "b"), changed=changed))

    assert [level(row) for row in "abc"] == [[], ["thorough"], ["slow"]]


def test_what_was_changed_is_quick():
    def level(row, *changed):
        return names(families.level(row, quick=(), thorough=("aae",), changed=changed))

    assert level("aae", "aae", "ali") == level("ali", "aae", "ali") == []
    assert level("dcgan", "aae", "ali") == ["slow"]


def test_what_changes_all_families_leaves_slow_rows_slow():
    def level(row):
        return names(families.level(row, quick=(), thorough=("aae",), changed=families.ROWS))

    assert (level("aae"), level("ali")) == ([], ["slow"])


def parametrised():
    """(test, its parameters and marks) of all tests of rows."""
    for file in FILES:
        for name, test in vars(importlib.import_module(f"tests.zoo.{file}")).items():
            for mark in getattr(test, "pytestmark", []) if name.startswith("test") else []:
                if mark.name == "parametrize" and mark.args[0].split(",")[0] == "row":
                    yield name, [p for p in mark.args[1] if hasattr(p, "marks")]


def test_each_check_is_quick_on_a_row_at_least():
    found = {name: [p for p in rows if not p.marks] for name, rows in parametrised()}
    assert len(found) > 20
    assert {name for name, quick in found.items() if not quick} <= THOROUGH


def test_the_fit_of_each_family_is_thorough_at_least():
    rows = dict(parametrised())["test_it_fits_arrays_with_finite_losses_named_after_its_players"]
    usual = {row.values[0] for row in rows if "slow" not in names(row.marks)}
    assert usual >= {*families.IMAGES, *families.QUICK}


@pytest.mark.parametrize("row", families.QUICK)
def test_a_quick_row_stands_for_a_mechanism_of_its_own(row):
    assert list(families.QUICK.values()).count(families.QUICK[row]) == 1


@pytest.mark.parametrize("name", ["cyclegan", "r3gan"])
def test_a_family_s_page_affects_its_rows(name):
    path = modules(ROOT)[PAGES[name]].relative_to(ROOT).as_posix()
    assert affected.affected(set(PAGES.values()), {path}) == {PAGES[name]}


def test_the_engine_affects_all_families():
    path = modules(ROOT)[AdversarialModel.__module__].relative_to(ROOT).as_posix()
    assert affected.affected(set(PAGES.values()), {path}) == set(PAGES.values())
