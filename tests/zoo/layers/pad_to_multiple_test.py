import keras
import numpy as np
import pytest
from keras import layers

from zoo.layers import AnySize


def halving(channels=2):
    """A network for even sides only, with a receptive field of several pixels."""
    inputs = keras.Input((None, None, channels))
    x = layers.Conv2D(3, 3, padding="same")(layers.AveragePooling2D(2)(inputs))
    return keras.Model(inputs, layers.UpSampling2D()(x))


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (9, 2), (8, 8)])
def test_outputs_have_the_sides_of_the_inputs(shape):
    x = np.random.default_rng(0).normal(size=(2, *shape, 2)).astype("float32")
    assert AnySize(halving(), multiple=8)(x).shape == (2, *shape, 3)


def test_sides_that_are_multiples_are_not_padded():
    network, x = halving(), np.random.default_rng(0).normal(size=(2, 8, 4, 2)).astype("float32")
    np.testing.assert_array_equal(AnySize(network, multiple=4)(x), network(x))


def test_edges_are_reflected_repeatedly():
    inputs_of_network = []

    class Spy(layers.Layer):
        def call(self, x):
            inputs_of_network.append(np.asarray(x[0, :, 0, 0]))
            return x

        @property
        def output_shape(self):
            return (None, None, None, 1)

    x = np.arange(3.0, dtype="float32").reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(AnySize(Spy(), multiple=8)(x), x)
    np.testing.assert_array_equal(inputs_of_network[0], [0, 1, 2, 2, 1, 0, 0, 1])


def test_a_loaded_layer_has_equal_outputs(tmp_path):
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, AnySize(halving(), multiple=2)(inputs))
    model.save(tmp_path / "model.keras")
    x = np.ones((1, 5, 3, 2), "float32")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
