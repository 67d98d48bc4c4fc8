import json

import pytest

from benchmarks import survey
from benchmarks.shared import acceptance, rows
from benchmarks.systems import r3gan


@pytest.mark.parametrize(
    ("value", "higher", "met", "verdict"),
    [
        (0.95, True, (True, True), "beats"),
        (0.9, True, (True, False), "ties with"),
        (0.5, True, (False, False), "loses to"),
        (0.5, False, (True, True), "beats"),
        (0.97, False, (False, False), "loses to"),
    ],
)
def test_a_figure_meets_its_bounds_from_either_side(value, higher, met, verdict):
    low, high = (0.8, 0.95) if higher else (0.92, 0.6)
    figure = acceptance.gate(value, reference=0.9, A=low, B=high, higher=higher)
    assert (figure["meets_A"], figure["meets_B"]) == met
    assert acceptance.verdict(figure) == verdict


@pytest.mark.parametrize(("value", "higher", "met"), [(0.1, False, True), (0.1, True, False)])
def test_one_bound_alone_points_as_its_figure_does(value, higher, met):
    figure = acceptance.gate(value, reference=0.2, A=0.5, B=0.5, higher=higher)
    assert figure["meets_A"] == met
    assert acceptance.more_is_better(figure) == higher
    assert acceptance.verdict(figure) == ("loses to" if higher else "beats")


def test_a_row_is_found_by_existing():
    assert "r3gan" in survey.SYSTEMS


def test_a_missed_bound_is_reported_and_no_error(monkeypatch, tmp_path, capsys):
    figure = acceptance.gate(0.1, reference=0.9, A=0.5, B=0.8)
    monkeypatch.setattr(r3gan, "run", lambda seed: ("modern", {"quality": figure}, {}, 10))
    rows.report(rows.row_of("r3gan", 3), tmp_path)
    lines = capsys.readouterr().out.splitlines()
    row = json.loads(lines[-1])
    assert "failed; loses to the reference" in lines[0]
    assert row["figures"]["quality"]["meets_A"] is False
    keys = {"system", "seed", "recipe", "figures", "notes", "seconds", "images_per_second"}
    assert set(row) == keys
    assert json.loads((tmp_path / "r3gan-3.json").read_text()) == row
