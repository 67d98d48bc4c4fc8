import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from zoo.layers import WeightNormalization

KINDS = {
    "dense": (lambda: layers.Dense(6), (4, 5)),
    "convolution": (lambda: layers.Conv2D(6, 3), (4, 8, 8, 3)),
    "transposed": (lambda: layers.Conv2DTranspose(6, 4, strides=2), (4, 4, 4, 3)),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def made(kind):
    make, shape = KINDS[kind]
    layer = WeightNormalization(make())
    layer.build((None, *shape[1:]))
    return layer, np.random.default_rng(0).standard_normal(shape).astype("float32")


@every_kind
def test_at_first_it_answers_what_the_layer_does(kind):
    layer, x = made(kind)
    np.testing.assert_allclose(layer(x), layer.layer(x), atol=1e-5)


@every_kind
def test_an_output_is_as_long_as_g_says_whatever_the_length_of_v(kind):
    layer, x = made(kind)
    kernel = layer.layer.kernel
    before = layer(x).numpy()
    kernel.assign(3.0 * kernel)
    np.testing.assert_allclose(layer(x), before, atol=1e-5)
    layer.g.assign(2.0 * layer.g)
    np.testing.assert_allclose(layer(x), 2.0 * before, atol=1e-4)


@every_kind
def test_both_length_and_direction_are_learned(kind):
    layer, x = made(kind)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x) - 1.0))
    g, v = tape.gradient(loss, [layer.g.value, layer.layer.kernel.value])
    assert np.abs(g).max() > 1e-3
    assert np.abs(v).max() > 1e-3
    kernel = layer.layer.kernel.numpy()
    assert abs(np.sum(v * kernel)) < 1e-4 * np.linalg.norm(v) * np.linalg.norm(kernel)


@every_kind
def test_it_is_saved_with_its_length(kind, tmp_path):
    inputs = keras.Input(KINDS[kind][1][1:])
    layer = WeightNormalization(KINDS[kind][0]())
    model = keras.Model(inputs, layer(inputs))
    layer.g.assign(np.arange(1.0, 7.0))
    x = made(kind)[1]
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_layers_without_a_kernel_are_refused():
    with pytest.raises(TypeError, match="`layer` should be Dense"):
        WeightNormalization(layers.ReLU())
