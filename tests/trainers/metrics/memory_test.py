"""50,000 samples fit into memory. Beside the arrays that come in, so much more is held at once."""

import tracemalloc

import numpy as np
import pytest

from trainers import metrics

N = 50_000
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).standard_normal((2, N, 64), dtype=np.float32)


def peak(function, *args, **settings):
    """In MiB, of what NumPy allocates."""
    tracemalloc.start()
    function(*args, **settings)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / MEBIBYTE


def test_the_frechet_distance_needs_no_copy_of_the_features(features):
    wide = np.repeat(features, 8, axis=2)  # 512 features: 98 MiB a set
    assert peak(metrics.frechet_distance, *wide) < 300


def test_images_are_evaluated_a_part_at_a_time():
    images = np.zeros((N, 16, 16, 1), np.float32)  # 49 MiB; 98 as float64
    assert peak(metrics.evaluator("digits").features, images) < 350


def test_linear_figures_hold_little(features):
    assert peak(metrics.sliced_wasserstein, *features, directions=16) < 250
    assert peak(metrics.mode_coverage, features[0], np.eye(64), 1.0) < 250
    assert peak(metrics.inception_score, features[0]) < 250


def test_patches_are_taken_from_a_part_of_the_images_at_a_time():
    images = np.zeros((N, 32, 32, 1), np.float32)  # 195 MiB
    settings = {"patches": 1000, "directions": 16, "levels": 2}
    assert peak(metrics.patch_sliced_wasserstein, images, images, **settings) < 195


OF_PAIRS = {
    "kernel_distance": metrics.kernel_distance,
    "precision_recall": metrics.precision_recall,
    "density_coverage": metrics.density_coverage,
    "nearest": metrics.nearest,
    "nearest_neighbour_accuracy": metrics.nearest_neighbour_accuracy,
    "birthday_test": metrics.birthday_test,
    "two_sample_test": metrics.two_sample_test,
    "parzen_log_likelihood": lambda real, fake: metrics.parzen_log_likelihood(real, fake, 1.0),
    "pair_ssim": lambda real, fake: metrics.pair_ssim(fake.reshape(N, 8, 8, 1)),
}


@pytest.mark.slow  # a minute each
@pytest.mark.parametrize("figure", OF_PAIRS)
def test_no_figure_of_pairs_holds_a_gigabyte(features, figure):
    assert peak(OF_PAIRS[figure], *features) < 1024
