import numpy as np
import pytest

from trainers.metrics import mode_coverage

ANGLES = 2 * np.pi * np.arange(8) / 8
RING = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def samples(modes, per_mode=2000, std=0.02, seed=0):
    noise = np.random.default_rng(seed).standard_normal((len(modes) * per_mode, 2))
    return np.repeat(RING[modes], per_mode, axis=0) + std * noise


def test_a_perfect_sampler_finds_all_modes_evenly_and_98_9_percent_are_of_high_quality():
    modes, share, divergence = mode_coverage(samples(range(8)), RING, 0.02)
    assert modes == 8
    assert share == pytest.approx(1 - np.exp(-4.5), abs=0.003)
    assert divergence == pytest.approx(0.0, abs=1e-3)


def test_half_of_the_modes_have_a_reverse_kl_of_log_2():
    modes, _, divergence = mode_coverage(samples(range(4)), RING, 0.02)
    assert modes == 4
    assert divergence == pytest.approx(np.log(2), abs=1e-3)


def test_the_figures_are_those_counted_on_paper():
    points = [[0, 0], [0, 2.9], [9.9, 0], [0, 3.1], [5.5, 0]]  # two of 0, one of 1, two of none
    expected = 2 / 3 * np.log(4 / 3) + 1 / 3 * np.log(2 / 3)
    centers = [[0, 0], [10, 0]]
    assert mode_coverage(points, centers, 1.0) == pytest.approx((2, 0.6, expected))
    assert mode_coverage(points, centers, 1.0, min_hits=2)[0] == 1


def test_poor_samples_count_for_no_mode_and_not_in_the_divergence():
    good, far = samples(range(2)), samples(range(2, 8), std=0.0) * 1.5
    assert mode_coverage(np.concatenate([good, far]), RING, 0.02)[::2] == pytest.approx(
        mode_coverage(good, RING, 0.02)[::2]
    )


def test_without_a_sample_of_high_quality_the_divergence_is_its_worst():
    assert mode_coverage([[9.0, 9.0]], RING, 0.02) == (0, 0.0, pytest.approx(np.log(8)))


@pytest.mark.parametrize("std", [0.0, -1.0, np.nan])
def test_a_standard_deviation_that_is_none_is_refused(std):
    with pytest.raises(ValueError, match="`std` should be greater than 0. Received: std="):
        mode_coverage(RING, RING, std)


def test_samples_of_other_dimensions_than_the_centres_and_no_hits_are_refused():
    with pytest.raises(ValueError, match=r"samples\.shape=\(4, 3\), centers\.shape=\(8, 2\)"):
        mode_coverage(np.zeros((4, 3)), RING, 0.02)
    with pytest.raises(ValueError, match="`min_hits` should be at least 1. Received: min_hits=0"):
        mode_coverage(RING, RING, 0.02, min_hits=0)
