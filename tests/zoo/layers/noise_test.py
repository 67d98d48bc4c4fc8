"""What holds for every layer that draws from the noise of the turn."""

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
def test_it_does_nothing_outside_training(layer, options):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(layer(x, **options), x)


@every_layer
def test_what_it_draws_is_a_function_of_the_turns_noise(layer):
    x = np.ones((8, 8), "float32")

    def seen(position):
        with noise.stream(1, position):
            return layer(x, training=True).numpy()

    np.testing.assert_array_equal(seen(0), seen(0))
    assert not np.array_equal(seen(0), seen(1))
    assert not layer.variables  # nothing has to be saved


@every_layer
def test_two_replicas_draw_together_what_one_draws_alone(layer, two_replicas):
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
    made = layer(0.5, dtype="mixed_bfloat16")
    assert made(np.ones((2, 2), "float32"), training=True).dtype == tf.bfloat16
