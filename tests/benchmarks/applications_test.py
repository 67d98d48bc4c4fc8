import json

import numpy as np
import pytest

from benchmarks import applications, document
from benchmarks.applied import semantic_editing
from benchmarks.shared import acceptance, rows, tables

FILES = document.DOCS / "applications"


def test_a_row_is_found_by_existing():
    expected = {"semantic_editing", "semi_supervised_classification", "super_resolution"}
    assert expected | {"style_transfer", "shape_synthesis"} <= set(applications.APPLICATIONS)


def test_some_rows_keep_models():
    kept = [name for name in applications.APPLICATIONS if applications.keeps(name)]
    assert "super_resolution" in kept and "shape_synthesis" not in kept


def test_a_row_is_reported_as_those_of_the_survey(monkeypatch, tmp_path, capsys):
    figure = acceptance.gate(0.6, reference=0.9, A=0.5, B=0.8)
    monkeypatch.setattr(semantic_editing, "run", lambda seed: ("paper", {"target": figure}, {}, 10))
    row = rows.row_of("semantic_editing", 3, "applied")
    rows.report(row, tmp_path, package="applied")
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == row
    assert json.loads((tmp_path / "semantic_editing-3.json").read_text()) == row
    text = "\n".join(tables.survey(tmp_path, "applied"))
    assert "benchmarks/applied/semantic_editing.py" in text
    assert "| target | 0.6 | 0.6 | 0.5 | 0.8 | required | loses to 0.9 |" in text


class Halves:
    """Evaluator that reads two attributes: the brightness of the upper and of the lower half."""

    names = ("upper", "lower")

    def read(self, images):
        upper, lower = (half.mean(axis=(1, 2, 3)) for half in (images[:, :4], images[:, 4:]))
        return np.stack([upper, lower], axis=1), upper + lower > 20.0


def drawn(z):
    """Two latents, the brightness of either half."""
    images = np.empty((len(z), 8, 8, 1))
    images[:, :4], images[:, 4:] = z[:, 0, None, None, None], z[:, 1, None, None, None]
    return images


@pytest.fixture
def latents():
    return np.random.default_rng(0).normal(size=(500, 2))


def test_edits_that_change_one_thing_alone_have_no_leakage(latents):
    found = semantic_editing.edits(latents[:20], drawn, latents, latents, Halves())
    assert found["target"] == pytest.approx({"upper": 1.0, "lower": 1.0})
    assert found["leakage"] == pytest.approx({"upper": 0.0, "lower": 0.0}, abs=0.01)
    assert found["identity"] == {"upper": 1.0, "lower": 1.0}


def test_edits_that_change_two_things_leak(latents):
    """What is drawn mixes the halves, so that a step along one moves the other half as far."""
    mixed = lambda z: drawn(np.stack([z.mean(axis=1), z.mean(axis=1)], axis=1))  # noqa: E731
    found = semantic_editing.edits(latents[:20], mixed, latents, latents, Halves())
    assert found["leakage"] == pytest.approx({"upper": 1.0, "lower": 1.0})


def test_every_file_is_that_of_a_row():
    found = tables.measured(FILES)
    assert set(found) <= set(applications.APPLICATIONS)
    names = {f"{name}-{one['seed']}.json" for name in found for one in found[name]}
    assert names == {path.name for path in FILES.iterdir()}
