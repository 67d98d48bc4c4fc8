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


def build(kind):
    factory, shape = KINDS[kind]
    layer = WeightNormalization(factory())
    layer.build((None, *shape[1:]))
    return layer, np.random.default_rng(0).standard_normal(shape).astype("float32")


@every_kind
def test_initial_outputs_equal_those_of_the_layer(kind):
    layer, x = build(kind)
    np.testing.assert_allclose(layer(x), layer.layer(x), atol=1e-5)


@every_kind
def test_outputs_scale_with_g_and_not_with_the_length_of_v(kind):
    layer, x = build(kind)
    kernel = layer.layer.kernel
    before = layer(x).numpy()
    kernel.assign(3.0 * kernel)
    np.testing.assert_allclose(layer(x), before, atol=1e-5)
    layer.g.assign(2.0 * layer.g)
    np.testing.assert_allclose(layer(x), 2.0 * before, atol=1e-4)


@every_kind
def test_both_length_and_direction_are_learned(kind):
    layer, x = build(kind)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x) - 1.0))
    g, v = tape.gradient(loss, [layer.g.value, layer.layer.kernel.value])
    assert np.abs(g).max() > 1e-3
    assert np.abs(v).max() > 1e-3
    kernel = layer.layer.kernel.numpy()
    assert abs(np.sum(v * kernel)) < 1e-4 * np.linalg.norm(v) * np.linalg.norm(kernel)


@every_kind
def test_g_is_saved(kind, tmp_path):
    inputs = keras.Input(KINDS[kind][1][1:])
    layer = WeightNormalization(KINDS[kind][0]())
    model = keras.Model(inputs, layer(inputs))
    layer.g.assign(np.arange(1.0, 7.0))
    x = build(kind)[1]
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


@every_kind
def test_in_half_precision_lengths_are_float32(kind):
    factory, shape = KINDS[kind]
    unwrapped, x = factory(), build(kind)[1]
    half = type(unwrapped).from_config(unwrapped.get_config() | {"dtype": "mixed_bfloat16"})
    half, exact = WeightNormalization(half), build(kind)[0]
    y = half(x)
    assert y.dtype == "bfloat16"
    assert {v.dtype for v in half.weights} == {"float32"}
    exact.set_weights(half.get_weights())
    np.testing.assert_allclose(np.asarray(y, "float32"), exact(x), rtol=0.05, atol=0.05)
    assert tuple(half.compute_output_shape(shape)) == tuple(y.shape)


def test_an_output_with_a_zero_kernel_stays_0():
    layer = WeightNormalization(layers.Dense(2, kernel_initializer="zeros"))
    with tf.GradientTape() as tape:
        y = layer(np.ones((3, 4), "float32"))
    np.testing.assert_array_equal(y, np.zeros((3, 2)))
    for gradient in tape.gradient(y, [v.value for v in layer.trainable_variables]):
        assert np.isfinite(gradient).all()


def test_it_trains_under_fit():
    model = keras.Sequential([keras.Input((5,)), WeightNormalization(layers.Dense(1))])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).standard_normal((16, 5)).astype("float32")
    losses = model.fit(x, x[:, :1], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_layers_without_a_kernel_are_refused():
    with pytest.raises(TypeError, match="`layer` should be Dense"):
        WeightNormalization(layers.ReLU())
