import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from trainers.metrics import kernel, kernel_distance


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 8)), rng.standard_normal((30, 8)) + 0.5


def test_sets_of_one_and_the_same_vector_are_0_apart():
    assert kernel_distance(np.full((20, 3), 2.0), np.full((30, 3), 2.0)) == pytest.approx(0.0)


def test_a_set_against_itself_is_slightly_negative_and_not_clipped(features):
    assert -2.0 < kernel_distance(features[0], features[0]) < 0.0


def test_it_equals_the_mean_over_different_pairs_of_scikit_learns_kernel(features):
    real, fake = features
    within = 0.0
    for x in features:
        gram = polynomial_kernel(x, degree=3, gamma=1 / 8, coef0=1.0)
        within += gram[~np.eye(len(x), dtype=bool)].mean()
    across = polynomial_kernel(real, fake, degree=3, gamma=1 / 8, coef0=1.0).mean()
    assert kernel_distance(real, fake) == pytest.approx(within - 2 * across, rel=1e-10)


def test_equal_distributions_are_0_apart_on_average():
    rng = np.random.default_rng(0)
    distances = [kernel_distance(*rng.standard_normal((2, 20, 4))) for _ in range(2000)]
    assert abs(np.mean(distances)) < 4 * np.std(distances) / np.sqrt(2000)


def test_blocks_are_averaged_and_the_rest_is_left_out(features):
    real, fake = features
    parts = [kernel_distance(real[i : i + 14], fake[i : i + 14]) for i in (0, 14)]
    assert kernel_distance(real, fake, block_size=14) == pytest.approx(np.mean(parts))


@pytest.mark.parametrize("block_size", [0, 1, 31])
def test_a_block_that_cannot_be_filled_is_refused(features, block_size):
    sentence = f"`block_size` should be None or from 2 to 30.*Received: block_size={block_size}"
    with pytest.raises(ValueError, match=sentence):
        kernel_distance(*features, block_size=block_size)


@pytest.mark.parametrize("pairs", [1, 70, 200])
def test_the_result_does_not_depend_on_how_many_pairs_are_held_at_once(
    features, monkeypatch, pairs
):
    whole = kernel_distance(*features)
    monkeypatch.setattr(kernel, "PAIRS", pairs)
    assert kernel_distance(*features) == pytest.approx(whole, rel=1e-10)
