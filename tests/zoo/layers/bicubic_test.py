import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.layers import Bicubic

X = np.random.default_rng(0).uniform(0.0, 255.0, (12, 20)).astype("float32")


@pytest.mark.parametrize("shrink", [False, True])
@pytest.mark.parametrize("compiled", [None, False, True])
def test_it_equals_pillows_bicubic_resampling(shrink, compiled):
    """Eagerly, in a graph, and under XLA, where it is a matrix product."""
    layer = Bicubic(4, shrink)
    if compiled is not None:
        layer = tf.function(layer, jit_compile=compiled)
    found = np.asarray(layer(tf.constant(X)[None, :, :, None]))[0, :, :, 0]
    sides = (5, 3) if shrink else (80, 48)
    expected = np.asarray(Image.fromarray(X).resize(sides, Image.BICUBIC))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_network_with_this_layer_takes_any_size():
    inputs = keras.Input((None, None, 3))
    network = keras.Model(inputs, Bicubic(2)(inputs))
    assert network.output_shape == (None, None, None, 3)
    copy = keras.Model.from_config(network.get_config())
    traced = tf.function(copy, input_signature=[tf.TensorSpec((None, None, None, 3))])
    x = np.random.default_rng(0).uniform(size=(2, 5, 7, 3)).astype("float32")
    np.testing.assert_allclose(traced(x), network(x), atol=1e-6)


def test_sides_that_cannot_be_divided_are_refused():
    with pytest.raises(ValueError, match="sides that are multiples of 4"):
        Bicubic(4, shrink=True)(np.zeros((1, 10, 8, 1), "float32"))
    with pytest.raises(ValueError, match="`factor` should be an integer from 1"):
        Bicubic(0.5)
