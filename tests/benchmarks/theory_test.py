import json
import pkgutil

import pytest

from benchmarks import document, theorems, theory
from benchmarks.shared import claims, densities, toy_games
from trainers.objectives import Wasserstein

FOLDER = document.DOCS / "theory"
QUICK = ("jensen_shannon",)  # the others train


@pytest.mark.parametrize("name", theory.THEOREMS)
def test_a_theorem_has_its_figure_and_its_claims_hold(name):
    found = json.loads((FOLDER / f"{name}.json").read_text())
    assert (FOLDER / f"{name}.png").stat().st_size < 120_000
    assert found["claims"]
    assert [one["text"] for one in found["claims"] if not one["holds"]] == []
    assert found["seconds"] < 60


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in theory.THEOREMS]
)
def test_it_holds_when_it_is_run_again_and_says_the_same(name):
    found, figure = pkgutil.resolve_name(f"benchmarks.theorems.{name}").run(seed=0)
    committed = json.loads((FOLDER / f"{name}.json").read_text())["claims"]
    assert [one["text"] for one in found] == [one["text"] for one in committed]
    assert all(one["holds"] for one in found)
    assert figure.axes


def test_every_theorem_is_read_and_nothing_is_left_of_those_that_are_gone():
    pages = {module.name for module in pkgutil.iter_modules(theorems.__path__)}
    assert pages == set(theory.THEOREMS) == {path.stem for path in FOLDER.glob("*.json")}


def test_a_claim_holds_within_its_bound_only():
    assert claims.claim("near", 1.1, 1.0, tolerance=0.2)["holds"]
    assert not claims.claim("far", 1.3, 1.0, tolerance=0.2)["holds"]
    assert claims.claim("enough", 2.0, at_least=2.0)["holds"]
    assert not claims.claim("too little", 1.9, at_least=2.0)["holds"]
    assert not claims.claim("too much", 1.9, at_most=1.0)["holds"]
    assert not claims.claim("not a number", float("nan"), at_most=1.0)["holds"]


def test_the_integrals_are_those_that_are_known():
    p = densities.normal(0.0, 1.0)
    assert densities.integral(p) == pytest.approx(1.0, abs=1e-9)
    assert densities.jensen_shannon(p, p) == pytest.approx(0.0, abs=1e-12)
    for mean, expected in ((1.0, 0.1114), (4.0, 0.6327)):
        found = densities.jensen_shannon(p, densities.normal(mean, 1.0))
        assert found == pytest.approx(expected, abs=1e-4)


def test_a_dirac_gan_circles_as_the_recursion_predicts():
    path = toy_games.trajectory(toy_games.DiracGAN(), steps=3, rate=0.5, objective=Wasserstein())
    theta, psi = 1.0, 1.0
    for place in path[1:]:
        psi -= 0.5 * theta  # D first: alternating
        theta += 0.5 * psi
        assert place == pytest.approx([theta, psi], rel=1e-6)
