"""What every metric refuses, and in which words."""

import subprocess
import sys

import numpy as np
import pytest

from trainers import metrics
from trainers.metrics import arrays

PAIRS = {
    "birthday_test": metrics.birthday_test,
    "frechet_distance": metrics.frechet_distance,
    "kernel_distance": metrics.kernel_distance,
    "nearest_neighbour_accuracy": metrics.nearest_neighbour_accuracy,
    "parzen_log_likelihood": lambda real, fake: metrics.parzen_log_likelihood(real, fake, 0.5),
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "two_sample_test": metrics.two_sample_test,
    "precision_recall": lambda real, fake: metrics.precision_recall(real, fake, 3),
    "density_coverage": lambda real, fake: metrics.density_coverage(real, fake, 3),
}


@pytest.fixture(params=PAIRS)
def compare(request):
    return PAIRS[request.param]


def test_importing_the_metrics_loads_neither_tensorflow_nor_keras_nor_scikit_learn():
    code = (
        "import sys, trainers.metrics; "
        "print(*{'tensorflow', 'keras', 'sklearn', 'scipy'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_different_dimensions_are_refused_with_both_shapes(compare):
    sentence = (
        r"`real` and `fake` should hold samples of one shape\. "
        r"Received: real\.shape=\(10, 3\), fake\.shape=\(12, 4\)"
    )
    with pytest.raises(ValueError, match=sentence):
        compare(np.zeros((10, 3)), np.zeros((12, 4)))


@pytest.mark.parametrize("empty", [np.zeros((0, 3)), np.zeros((10, 0)), np.zeros(10), 1.0])
def test_no_samples_are_refused_with_the_shape(compare, empty):
    with pytest.raises(ValueError, match=r"`fake` should be of shape \(n, d\) with n >= \d"):
        compare(np.zeros((10, 3)), empty)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_the_count(compare, value):
    fake = np.zeros((10, 3))
    fake[:2, 1] = value
    sentence = r"`fake` should hold finite numbers\. Received: 2 of 30 are NaN or infinite"
    with pytest.raises(ValueError, match=sentence):
        compare(np.zeros((10, 3)), fake)


def test_images_are_compared_as_vectors_of_pixels(compare):
    rng = np.random.default_rng(0)
    real, fake = rng.random((20, 4, 4, 1)), rng.random((30, 4, 4, 1))
    flat = compare(real.reshape(20, 16), fake.reshape(30, 16))
    assert compare(real, fake) == flat


def test_the_answers_are_floats_whatever_the_features_are(compare):
    rng = np.random.default_rng(0)
    answer = compare(rng.random((20, 4), dtype=np.float32), rng.integers(3, size=(20, 4)).tolist())
    figures = answer if isinstance(answer, tuple) else (answer,)
    assert all(type(figure) in (float, int) for figure in figures)


@pytest.mark.parametrize(
    ("n", "width", "numbers"), [(10, 3, 9), (10, 3, 1), (1, 5, 100), (7, 1, 7)]
)
def test_blocks_cover_all_rows_once_and_hold_no_more_than_allowed(n, width, numbers):
    found = arrays.chunks(n, width, numbers)
    assert np.concatenate([np.arange(n)[part] for part in found]).tolist() == list(range(n))
    sizes = [part.stop - part.start for part in found]
    assert max(sizes) * width <= max(numbers, width)


def test_of_the_larger_set_as_many_are_drawn_as_the_smaller_has():
    real, fake = np.arange(20.0)[:, None], np.arange(100.0, 105.0)[:, None]
    drawn, kept = arrays.subsample_to_equal(real, fake, seed=0)
    assert len(np.unique(drawn)) == 5 and set(drawn.ravel()) <= set(real.ravel())
    np.testing.assert_array_equal(kept, fake)
    np.testing.assert_array_equal(arrays.subsample_to_equal(real, fake, seed=0)[0], drawn)
    assert not np.array_equal(arrays.subsample_to_equal(real, fake, seed=1)[0], drawn)
