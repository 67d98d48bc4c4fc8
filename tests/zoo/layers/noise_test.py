"""Tests of every layer that draws from the noise stream of the turn."""

import numpy as np
import pytest
import tensorflow as tf

from trainers import noise
from zoo.layers import Dropout, GaussianNoise

every_layer = pytest.mark.parametrize(
    "layer", [Dropout(0.5), GaussianNoise(0.5)], ids=["dropout", "gaussian"]
)


@every_layer
@pytest.mark.parametrize("options", [{}, {"training": False}], ids=["called", "not in training"])
def test_it_does_nothing_at_inference(layer, options):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(layer(x, **options), x)


@every_layer
def test_its_noise_is_a_function_of_the_noise_stream(layer):
    x = np.ones((8, 8), "float32")

    def noisy(position):
        with noise.stream(1, position):
            return layer(x, training=True).numpy()

    np.testing.assert_array_equal(noisy(0), noisy(0))
    assert not np.array_equal(noisy(0), noisy(1))
    assert not layer.variables  # nothing has to be saved


@every_layer
def test_two_replicas_sample_the_same_noise_as_one_device(layer, two_replicas):
    @tf.function
    def both():
        def one():
            with noise.stream(1, 2):
                return layer(tf.ones((3, 5)), training=True)

        return two_replicas.run(one)

    parts = two_replicas.experimental_local_results(both())
    with noise.stream(1, 2):
        alone = layer(tf.ones((6, 5)), training=True)
    np.testing.assert_array_equal(np.concatenate([p.numpy() for p in parts]), alone)


@pytest.mark.parametrize("layer", [Dropout, GaussianNoise])
def test_it_keeps_the_dtype_of_mixed_precision(layer):
    half = layer(0.5, dtype="mixed_bfloat16")
    assert half(np.ones((2, 2), "float32"), training=True).dtype == tf.bfloat16
