import numpy as np
import pytest

from trainers.latents import directions

RNG = np.random.default_rng(0)


def correlated(n=4_000, agreement=0.9):
    """Latents whose first two numbers carry two attributes that agree so often."""
    on = RNG.random(n) < 0.5
    other = np.where(RNG.random(n) < agreement, on, ~on)
    latents = RNG.normal(size=(n, 4))
    latents[:, 0] += 2.0 * on
    latents[:, 1] += 2.0 * other
    return latents, on, other


def test_held_even_a_second_attribute_does_not_leak():
    latents, on, other = correlated()
    unbalanced, even = (
        directions.mean_difference(latents, on),
        directions.balanced_difference(latents, on, other),
    )
    assert unbalanced[1] == pytest.approx(1.6, abs=0.15)  # 2 (.9 - .1)
    np.testing.assert_allclose(even, [2.0, 0.0, 0.0, 0.0], atol=0.15)


def test_each_slope_raises_its_number_by_one_and_leaves_the_others():
    latents = RNG.normal(size=(5_000, 5)) @ RNG.normal(size=(5, 5))
    weights = RNG.normal(size=(5, 3))
    steps = directions.regression_directions(latents, latents @ weights + 3.0, ridge=0.0)
    np.testing.assert_allclose(steps @ weights, np.eye(3), atol=1e-8)


def test_a_slope_is_the_likeliest_of_all_steps_that_raise_its_number():
    """Least in Mahalanobis' norm: S w / wᵀ S w."""
    latents = RNG.normal(size=(5_000, 3)) * [1.0, 5.0, 1.0]
    weights = np.array([1.0, 1.0, 0.0])
    (step,) = directions.regression_directions(latents, (latents @ weights)[:, None], ridge=0.0)
    covariance = np.cov(latents.T)
    np.testing.assert_allclose(step, covariance @ weights / (weights @ covariance @ weights))


@pytest.mark.parametrize("columns", [(0, 0), (0, 2)])
def test_numbers_that_follow_from_others_or_never_vary_are_refused(columns):
    latents = RNG.normal(size=(100, 3))
    values = np.stack([latents[:, 0], latents[:, 1], np.ones(100)], axis=1)[:, list(columns)]
    with pytest.raises(
        ValueError, match="should vary, and none should be a linear function of the others"
    ):
        directions.regression_directions(latents, values)


def test_factorized_directions_are_orthonormal_and_sorted_by_what_they_move():
    kernel = RNG.normal(size=(6, 20))
    found = directions.sefa(kernel)
    np.testing.assert_allclose(found @ found.T, np.eye(6), atol=1e-10)
    moved = np.linalg.norm(found @ kernel, axis=1)
    np.testing.assert_allclose(moved, np.linalg.svd(kernel)[1], rtol=1e-8)


def test_principal_directions_move_a_component_by_a_deviation():
    latents = RNG.normal(size=(3_000, 4))
    hidden = latents @ RNG.normal(size=(4, 10)) + 1.0
    found = directions.ganspace(latents, hidden, count=2)
    _, sizes, right = np.linalg.svd(hidden - hidden.mean(axis=0), full_matrices=False)
    kernel = np.linalg.lstsq(latents, hidden - hidden.mean(axis=0), rcond=None)[0]
    moved = found @ kernel @ right[:2].T
    deviations = sizes[:2] / np.sqrt(len(hidden))
    np.testing.assert_allclose(moved, np.diag(deviations), atol=0.05 * deviations[0])


@pytest.mark.parametrize("on", [[True, True], [False, False]])
def test_an_attribute_that_all_have_or_none_is_refused(on):
    with pytest.raises(ValueError, match="There should be at least one latent"):
        directions.mean_difference(np.zeros((2, 3)), on)


def test_attributes_of_other_latents_are_refused():
    with pytest.raises(ValueError, match=r"an attribute \(n,\). Received: \(2, 3\) and \(3,\)"):
        directions.mean_difference(np.zeros((2, 3)), [True, False, True])
