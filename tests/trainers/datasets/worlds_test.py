"""Ring and grid against what is known of their mixtures."""

import numpy as np
import pytest

from trainers import datasets


def test_the_ring_has_8_centres_45_degrees_apart_on_a_circle_of_radius_2():
    r = np.sqrt(2.0)
    centers = [(2, 0), (r, r), (0, 2), (-r, r), (-2, 0), (-r, -r), (0, -2), (r, -r)]
    info = datasets.info("ring")
    np.testing.assert_allclose(info.centers, centers, atol=1e-12)
    assert info.std == 0.02


def test_the_grid_has_25_centres_2_apart():
    ticks = (-4.0, -2.0, 0.0, 2.0, 4.0)
    info = datasets.info("grid")
    assert [tuple(center) for center in info.centers] == [(a, b) for a in ticks for b in ticks]
    assert info.std == 0.05


# E x² = r²/2 + σ² on the ring and (16 + 4 + 0 + 4 + 16)/5 + σ² on the grid, for either axis
@pytest.mark.parametrize(("name", "second_moment"), [("ring", 2.0004), ("grid", 8.0025)])
def test_points_have_the_moments_of_their_mixture(name, second_moment):
    x, _ = datasets.arrays(name, "all")
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose((x**2).mean(axis=0), second_moment, rtol=0.01)
    assert abs(np.corrcoef(x.T)[0, 1]) < 0.02


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_points_lie_around_the_centre_that_their_label_names(name):
    info = datasets.info(name)
    x, y = datasets.arrays(name, "all")
    offsets = x - info.centers[y]
    assert offsets.std(axis=0) == pytest.approx(info.std, rel=0.01)
    within = np.linalg.norm(offsets, axis=1) < 3 * info.std
    assert within.mean() == pytest.approx(1 - np.exp(-4.5), abs=0.002)
    share = np.bincount(y) * info.classes / len(y)
    assert share == pytest.approx(1.0, abs=0.06)


def test_train_and_test_are_the_first_and_the_last_points_of_all():
    x, y = datasets.arrays("grid", "all")
    train, test = datasets.arrays("grid", "train"), datasets.arrays("grid", "test")
    np.testing.assert_array_equal(np.concatenate([train[0], test[0]]), x)
    np.testing.assert_array_equal(np.concatenate([train[1], test[1]]), y)
    assert len(test[0]) == 10_000


def test_points_of_the_stream_are_those_of_the_split_with_their_labels():
    x, y = datasets.arrays("ring", "test")
    pairs = {(*point, label) for point, label in zip(x.tolist(), y.tolist(), strict=True)}
    stream = datasets.load("ring", "test", batch_size=1000, labels=True)
    got = {
        (*point, label)
        for points, labels in stream.as_numpy_iterator()
        for point, label in zip(points.tolist(), labels.tolist(), strict=True)
    }
    assert got == pairs
