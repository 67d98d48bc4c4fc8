import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from zoo.layers import SpectralNormalization

KINDS = {  # layers whose kernel has more than one singular value, and a batch for each
    "dense": (lambda: layers.Dense(6), (4, 5)),
    "convolution": (lambda: layers.Conv2D(6, 3, strides=2, padding="same"), (4, 8, 8, 3)),
    "transposed": (lambda: layers.Conv2DTranspose(6, 4, strides=2, padding="same"), (4, 4, 4, 3)),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def samples(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def made(kind):
    make, shape = KINDS[kind]
    layer = SpectralNormalization(make())
    layer.build((None, *shape[1:]))
    return layer, samples(shape)


def matrix_of(layer):
    """The kernel with a row for each output, by NumPy."""
    kernel = np.asarray(layer.kernel)
    if isinstance(layer, layers.Conv2DTranspose):
        kernel = kernel.transpose(0, 1, 3, 2)
    return kernel.reshape(-1, kernel.shape[-1]).T


def sigma(layer):
    return np.linalg.svd(matrix_of(layer), compute_uv=False)[0]


def test_the_papers_formula_on_a_matrix_whose_singular_value_is_known():
    layer = SpectralNormalization(layers.Dense(2, use_bias=False))
    layer.build((None, 2))
    layer.layer.set_weights([np.array([[3.0, 1.0], [1.0, 2.0]])])
    for _ in range(20):
        y = layer(np.array([[1.0, 2.0]]), training=True)
    assert sigma(layer.layer) == pytest.approx(3.6180340, abs=1e-6)
    np.testing.assert_allclose(y, [[1.381966, 1.381966]], atol=1e-6)


@every_kind
def test_it_answers_what_the_layer_divided_by_its_singular_value_would(kind):
    layer, x = made(kind)
    for _ in range(100):
        y = layer(x, training=True)
    plain = KINDS[kind][0]()
    plain.build(x.shape)
    kernel, bias = layer.layer.get_weights()
    plain.set_weights([kernel / sigma(layer.layer), bias])
    np.testing.assert_allclose(y, plain(x), atol=1e-4)


@every_kind
def test_it_is_nearly_right_before_any_training(kind):
    layer, x = made(kind)
    before = np.asarray(layer(x))
    for _ in range(100):
        layer(x, training=True)
    np.testing.assert_allclose(before, layer(x), rtol=0.03, atol=0.03)


@every_kind
def test_the_kernel_never_changes_and_out_of_training_nothing_does(kind):
    layer, x = made(kind)
    kernel, u = layer.layer.kernel.numpy(), layer.u.numpy()
    first, again = layer(x), layer(x, training=False)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(layer.u, u)
    layer.layer.kernel.assign(kernel + samples(kernel.shape, seed=1))
    moved = layer.layer.kernel.numpy()
    layer(x, training=True)
    np.testing.assert_array_equal(layer.layer.kernel, moved)
    assert not np.array_equal(layer.u, u)


@every_kind
def test_the_gradient_flows_through_the_singular_value(kind):
    """The output does not change with the length of W, so its gradient stands upright on W."""
    layer, x = made(kind)
    for _ in range(100):
        layer(x, training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x, training=True) - 1.0))
    kernel = layer.layer.kernel
    gradient = tape.gradient(loss, kernel.value).numpy()
    assert np.abs(gradient).max() > 1e-3
    scale = np.linalg.norm(gradient) * np.linalg.norm(kernel)
    assert abs(np.sum(gradient * kernel.numpy())) < 1e-3 * scale


@every_kind
def test_it_is_saved_with_what_it_has_found(kind, tmp_path):
    inputs = keras.Input(KINDS[kind][1][1:])
    model = keras.Model(inputs, SpectralNormalization(KINDS[kind][0]())(inputs))
    x = samples(KINDS[kind][1])
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    for a, b in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [v.name for v in model.trainable_variables] == ["kernel", "bias"]
    assert [v.name for v in model.non_trainable_variables] == ["u"]


@every_kind
def test_xla_and_graphs_compute_the_same(kind):
    layer, x = made(kind)
    expected = layer(x)
    for options in ({}, {"jit_compile": True}):
        found = tf.function(lambda x: layer(x), **options)(tf.constant(x))
        np.testing.assert_allclose(found, expected, atol=1e-5)


@every_kind
def test_in_half_precision_the_singular_value_is_still_a_float32s(kind):
    make, shape = KINDS[kind]
    plain = make()
    config = plain.get_config() | {"dtype": "mixed_bfloat16"}
    layer = SpectralNormalization(type(plain).from_config(config))
    inputs = keras.Input(shape[1:])
    model = keras.Model(inputs, layer(inputs))
    x = samples(shape)
    for _ in range(50):
        y = model(x, training=True)
    assert y.dtype == "bfloat16" == model.output.dtype
    assert layer.u.dtype == layer.layer.kernel.dtype == "float32"
    u = layer.u.numpy()
    found = np.linalg.norm(u @ matrix_of(layer.layer))
    assert found == pytest.approx(sigma(layer.layer), rel=1e-4)


@every_kind
def test_the_symbolic_shape_is_the_real_one(kind):
    layer, x = made(kind)
    assert tuple(layer.compute_output_shape(x.shape)) == tuple(layer(x).shape)


@pytest.mark.parametrize(
    "layer", [layers.ReLU(), layers.DepthwiseConv2D(3), layers.Embedding(3, 2)], ids=repr
)
def test_layers_that_have_no_such_matrix_are_refused(layer):
    with pytest.raises(TypeError, match="`layer` should be Dense, Conv1D, Conv2D, Conv3D or a"):
        SpectralNormalization(layer)


def test_keras_own_layer_moves_the_weights_and_ours_is_there_for_that():
    """If this fails, Keras' layer has changed: look whether ours is still needed."""
    theirs = layers.SpectralNormalization(layers.Dense(6))
    x = samples((4, 5))
    theirs(x)
    kernel = theirs.layer.kernel.numpy()
    theirs(x, training=True)
    assert not np.array_equal(theirs.layer.kernel, kernel)
