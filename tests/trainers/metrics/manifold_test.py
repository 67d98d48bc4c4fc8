import numpy as np
import pytest
from scipy.spatial.distance import cdist

from trainers.metrics import density_coverage, neighbours, precision_recall


def by_hand(real, fake, k):
    """The four figures from whole matrices of distances, as the papers write them."""
    real_radii = np.sort(cdist(real, real), axis=1)[:, k]
    fake_radii = np.sort(cdist(fake, fake), axis=1)[:, k]
    distances = cdist(real, fake)
    in_real_ball = distances < real_radii[:, None]
    in_fake_ball = distances < fake_radii
    return (
        in_real_ball.any(axis=0).mean(),
        in_fake_ball.any(axis=1).mean(),
        in_real_ball.sum(axis=0).mean() / k,
        in_real_ball.any(axis=1).mean(),
    )


def all_four(real, fake, k):
    return (*precision_recall(real, fake, k), *density_coverage(real, fake, k))


def test_four_points_against_four_give_what_is_counted_on_paper():
    real = [[0, 0], [1, 0], [0, 1], [1, 1]]
    fake = [[0, 0.1], [1, 1.2], [5, 5], [0.5, 0.5]]
    assert all_four(real, fake, 1) == (0.75, 0.5, 1.75, 1.0)


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_they_equal_brute_force(k, offset):
    rng = np.random.default_rng(k)
    real = offset + rng.standard_normal((120, 3))
    fake = offset + 0.8 * rng.standard_normal((90, 3)) + 0.3
    assert all_four(real, fake, k) == pytest.approx(by_hand(real, fake, k), rel=1e-12)


@pytest.mark.parametrize("pairs", [1, 200, 1000])
def test_the_result_does_not_depend_on_how_many_distances_are_held_at_once(monkeypatch, pairs):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((130, 4)), rng.standard_normal((70, 4))
    whole = all_four(real, fake, 5)
    monkeypatch.setattr(neighbours, "PAIRS", pairs)
    assert all_four(real, fake, 5) == whole


def test_a_point_on_the_rim_of_a_ball_is_outside():
    # On a grid every ball reaches exactly to the neighbours, which rounding must not let in.
    real = 0.1 * np.stack(np.meshgrid(np.arange(20), np.arange(20)), axis=-1).reshape(-1, 2)
    fake = np.random.default_rng(0).permutation(real)
    assert all_four(real, fake, 1) == (1.0, 1.0, 1.0, 1.0)
    row = 0.1 * np.arange(100.0)[:, None]
    assert all_four(row, row + 0.1, 1) == (0.99, 0.99, 0.99, 0.99)


def test_a_generator_of_one_image_has_neither_recall_nor_coverage():
    real = np.random.default_rng(0).standard_normal((300, 16))
    fake = np.repeat(real[:1], 300, axis=0)
    precision, recall, _, coverage = all_four(real, fake, 5)
    assert precision == 1.0 and recall == 0.0 and coverage < 0.1


def test_dropping_half_of_the_data_halves_recall_and_coverage():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((400, 4)) + 100.0 * (np.arange(400) % 2)[:, None]
    fake = rng.standard_normal((400, 4))
    precision, recall, _, coverage = all_four(real, fake, 5)
    assert precision > 0.9 and 0.4 < recall <= 0.5 and 0.4 < coverage <= 0.5


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_a_neighbour_that_cannot_exist_is_refused(metric):
    samples = np.zeros((5, 2))
    with pytest.raises(ValueError, match="`k` should be at least 1. Received: k=0"):
        metric(samples, samples, 0)
    with pytest.raises(ValueError, match=r"with n >= 6.*Received: real\.shape=\(5, 2\)"):
        metric(samples, samples, 5)
