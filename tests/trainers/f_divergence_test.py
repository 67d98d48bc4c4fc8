"""Nowozin's table: each row against its own f, and against divergences that are known."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import lambertw

import zoo
from trainers.objectives import DIVERGENCES, FDivergence, Minimax

V_REAL = np.array([-1.0, 0.0, 0.5, 2.0], "float32")
V_FAKE = np.array([1.0, -0.5, 0.0, -2.0], "float32")
F = {
    "kl": lambda u: u * np.log(u),
    "reverse_kl": lambda u: -np.log(u),
    "pearson": lambda u: (u - 1) ** 2,
    "neyman": lambda u: (1 - u) ** 2 / u,
    "squared_hellinger": lambda u: (np.sqrt(u) - 1) ** 2,
    "jensen_shannon": lambda u: u * np.log(u) - (u + 1) * np.log((u + 1) / 2),
    "gan": lambda u: u * np.log(u) - (u + 1) * np.log(u + 1),
    "jeffrey": lambda u: (u - 1) * np.log(u),
    "total_variation": lambda u: np.abs(u - 1) / 2,
}


def pair(name, v):
    """(g_f(v), f*(g_f(v))), each like v."""
    return [np.asarray(function(tf.constant(v, tf.float32))) for function in DIVERGENCES[name]]


def test_every_divergence_of_the_paper_is_there():
    assert list(DIVERGENCES) == list(F)


def test_the_numbers_of_kl_are_known():
    objective = FDivergence("kl")
    assert float(objective.bound(V_REAL, V_FAKE)) == pytest.approx(-0.03519917, abs=1e-6)
    assert float(objective.generator_loss(None, V_FAKE)) == pytest.approx(-0.41019917, abs=1e-6)
    assert float(objective.discriminator_loss(V_REAL, V_FAKE)) == pytest.approx(
        0.03519917, abs=1e-6
    )
    other = FDivergence("kl", non_saturating=True)
    assert float(other.generator_loss(None, V_REAL)) == pytest.approx(-0.375, abs=1e-6)


@pytest.mark.parametrize("u", [0.2, 0.7, 1.0, 1.6, 4.0])
@pytest.mark.parametrize("name", F)
def test_fenchels_inequality_holds_everywhere_and_is_met_at_the_derivative(name, u):
    """sup_v u g_f(v) - f*(g_f(v)) = f(u), where g_f(v) = f'(u)."""
    v = np.linspace(-8, 8, 641)
    activation, conjugate = pair(name, v)
    gained = u * activation - conjugate
    assert (gained <= F[name](u) + 1e-4).all()
    assert gained.max() == pytest.approx(F[name](u), abs=2e-3)
    if name != "total_variation":  # whose f has a corner, met at the end of the domain
        h = 1e-4
        slope = (F[name](u + h) - F[name](u - h)) / (2 * h)
        assert activation[gained.argmax()] == pytest.approx(slope, abs=0.05 * (1 + abs(slope)))


@pytest.mark.parametrize("name", F)
def test_the_activation_increases(name):
    activation, _ = pair(name, np.linspace(-4, 4, 81))
    assert (np.diff(activation) > 0).all()


@pytest.mark.parametrize("name", F)
def test_equal_distributions_have_no_divergence_at_the_best_output(name):
    """f(1), which is 0 but for "gan"."""
    v = np.linspace(-8, 8, 1601)
    activation, conjugate = pair(name, v)
    expected = -np.log(4) if name == "gan" else 0.0
    assert (activation - conjugate).max() == pytest.approx(expected, abs=1e-4)


def test_gan_is_the_minimax_game_itself():
    ours, theirs = FDivergence("gan"), Minimax()
    for loss in ("discriminator_loss", "generator_loss", "joint_loss"):
        a, b = (float(getattr(o, loss)(V_REAL, V_FAKE)) for o in (ours, theirs))
        assert a == pytest.approx(b, abs=1e-6)


@pytest.mark.parametrize("v", [-300.0, -30.0, -3.0, 0.0, 1.0, 3.0, 20.0])
def test_jeffreys_conjugate_is_lamberts_and_so_is_its_slope(v):
    """w + log w = 1 - v; scipy knows w where exp(1 - v) is a number, else it is near 1 - v."""
    a = 1.0 - v
    w = lambertw(np.exp(a)).real if a < 300 else a - np.log(a) + np.log(a) / a
    x = tf.constant([v])
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = -FDivergence("jeffrey").generator_loss(None, x)
    assert float(found) == pytest.approx(w + 1 / w + v - 2, rel=1e-4, abs=1e-3)
    expected = 1.0 - (1.0 - 1.0 / w**2) * w / (1.0 + w)  # dw/dv = -w / (1 + w)
    assert float(tape.gradient(found, x)[0]) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("name", F)
def test_large_outputs_on_the_right_side_stay_finite(name):
    sure = np.full(4, 60.0, "float32")
    assert np.isfinite(float(FDivergence(name).bound(sure, -sure)))


@pytest.mark.parametrize("name", [pytest.param("pearson", marks=pytest.mark.thorough), "jeffrey"])
def test_a_model_is_trained_saved_and_loaded_with_it(name, tmp_path):
    model = zoo.create("gan", image_shape=(2,))
    model.compile(objective=FDivergence(name, non_saturating=True))
    history = model.fit(np.random.default_rng(0).normal(size=(64, 2)), verbose=0).history
    assert np.isfinite([values for values in history.values()]).all()
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert repr(loaded.objective) == f"FDivergence(name='{name}', non_saturating=True)"


def test_a_divergence_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="^`name` should be one of kl, reverse_kl, .*'js'$"):
        FDivergence("js")
