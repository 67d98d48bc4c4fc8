"""The swiss roll and the mixture of f-GAN; ring and grid are tested as datasets."""

import numpy as np
import pytest

from trainers.datasets.builtin import GRID, RING, points


def test_the_mixtures_are_the_ones_that_worlds_show(read):
    for mixture in (RING, GRID):
        for split in ("train", "test"):
            samples = read(mixture.name, split)
            x, modes = mixture.read(split)
            np.testing.assert_array_equal(samples.x, x)
            np.testing.assert_array_equal(samples.y, modes)


def test_the_roll_is_a_spiral_with_its_arc_as_angle_and_as_radius(read):
    samples = read("swiss_roll", "train")
    arc = samples.factors["arc"]
    ideal = np.stack([arc * np.cos(arc), arc * np.sin(arc)], axis=1) / 7.5
    noise = samples.x - ideal
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=5e-4)
    np.testing.assert_allclose(noise.std(axis=0), 0.25 / 7.5, rtol=0.01)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.02


def test_the_arc_is_uniform_over_one_and_a_half_turns(read):
    arc = read("swiss_roll", "train").factors["arc"]
    shares, _ = np.histogram(arc, bins=10, range=(1.5 * np.pi, 4.5 * np.pi))
    assert shares.sum() == len(arc)
    np.testing.assert_allclose(shares / len(arc), 0.1, atol=0.004)


@pytest.mark.parametrize(
    ("component", "weight", "mean", "std"), [(0, 0.33, -1.0, 0.255), (1, 0.67, 2.0, 1.415)]
)
def test_the_components_of_the_mixture_have_their_moments(component, weight, mean, std, read):
    samples = read("fgan_mixture", "all")
    x = samples.x[samples.y == component, 0]
    assert len(x) / len(samples.x) == pytest.approx(weight, abs=0.005)
    assert x.mean() == pytest.approx(mean, abs=0.02)
    assert x.std() == pytest.approx(std, rel=0.01)


def test_the_best_gaussian_of_the_mixture_in_kl_has_its_moments(read):
    # min over q of KL(p, q) matches mean and variance: .33 (-1) + .67 · 2, and
    # .33 · .255² + .67 · 1.415² + .33 · .67 · 3²
    x = read("fgan_mixture", "all").x
    assert x.mean() == pytest.approx(1.01, abs=0.02)
    assert x.std() == pytest.approx(1.8311, rel=0.01)


def test_train_and_test_are_the_first_and_the_last_points():
    whole, arc = points.swiss_roll()
    assert whole.shape == (100_000, 2)
    dataset = next(dataset for dataset in points.DATASETS if dataset.name == "swiss_roll")
    np.testing.assert_array_equal(dataset.read("test").x, whole[90_000:])
    np.testing.assert_array_equal(dataset.read("train", 5).factors["arc"], arc[:5])
