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


def build(kind):
    make, shape = KINDS[kind]
    layer = SpectralNormalization(make())
    layer.build((None, *shape[1:]))
    return layer, samples(shape)


def converged(layer, x):
    """Outputs after 100 steps of power iteration."""
    step = tf.function(lambda x: layer(x, training=True))
    for _ in range(100):
        y = step(tf.constant(x))
    return y


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
def test_outputs_equal_those_of_the_layer_divided_by_its_singular_value(kind):
    layer, x = build(kind)
    y = converged(layer, x)
    unwrapped = KINDS[kind][0]()
    unwrapped.build(x.shape)
    kernel, bias = layer.layer.get_weights()
    unwrapped.set_weights([kernel / sigma(layer.layer), bias])
    np.testing.assert_allclose(y, unwrapped(x), atol=1e-4)


@every_kind
def test_outputs_are_nearly_converged_before_training(kind):
    layer, x = build(kind)
    before = np.asarray(layer(x))
    converged(layer, x)
    np.testing.assert_allclose(before, layer(x), rtol=0.03, atol=0.03)


@every_kind
def test_the_kernel_is_never_assigned_and_nothing_changes_at_inference(kind):
    layer, x = build(kind)
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
    """The output does not change with the length of W, so its gradient is orthogonal to W."""
    layer, x = build(kind)
    converged(layer, x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x, training=True) - 1.0))
    kernel = layer.layer.kernel
    gradient = tape.gradient(loss, kernel.value).numpy()
    assert np.abs(gradient).max() > 1e-3
    scale = np.linalg.norm(gradient) * np.linalg.norm(kernel)
    assert abs(np.sum(gradient * kernel.numpy())) < 1e-3 * scale


@every_kind
def test_u_is_saved(kind, tmp_path):
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
def test_graphs_and_xla_have_the_eager_outputs(kind):
    layer, x = build(kind)
    expected = layer(x)
    for options in ({}, {"jit_compile": True}):
        found = tf.function(lambda x: layer(x), **options)(tf.constant(x))
        np.testing.assert_allclose(found, expected, atol=1e-5)


@every_kind
def test_in_half_precision_the_singular_value_is_float32(kind):
    make, shape = KINDS[kind]
    unwrapped = make()
    config = unwrapped.get_config() | {"dtype": "mixed_bfloat16"}
    layer = SpectralNormalization(type(unwrapped).from_config(config))
    inputs = keras.Input(shape[1:])
    model = keras.Model(inputs, layer(inputs))
    x = samples(shape)
    y = converged(model, x)
    assert y.dtype == "bfloat16" == model.output.dtype
    assert layer.u.dtype == layer.layer.kernel.dtype == "float32"
    u = layer.u.numpy()
    found = np.linalg.norm(u @ matrix_of(layer.layer))
    assert found == pytest.approx(sigma(layer.layer), rel=1e-4)


def critic():
    return keras.Sequential(
        [
            keras.Input((5,)),
            SpectralNormalization(layers.Dense(8)),
            layers.LeakyReLU(0.2),
            SpectralNormalization(layers.Dense(1)),
        ]
    )


def test_several_calls_within_a_turn_update_u_and_keep_gradients_right():
    """Real, fake and the gradient norm of a penalty, whose tape runs inside that of the turn."""
    x = tf.constant(samples((4, 5)))

    def step(model):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(x, training=True) - model(x + 1.0, training=True))
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = model(x, training=True)
            norms = tf.norm(inner.gradient(y, x), axis=1)
            loss += tf.reduce_mean(tf.square(norms - 1.0))
        return loss, tape.gradient(loss, [model.layers[0].layer.kernel.value])[0]

    weights, found = critic().get_weights(), []
    for compile_ in (lambda f: f, lambda f: tf.function(f, jit_compile=True)):
        model = critic()
        model.set_weights(weights)
        before = model.layers[0].u.numpy()
        found.append([np.asarray(v) for v in compile_(lambda m=model: step(m))()])
        assert not np.array_equal(model.layers[0].u, before)
    for loss, gradient in found:
        assert np.abs(gradient).max() > 1e-3
        np.testing.assert_allclose(loss, found[0][0], rtol=1e-4)
        np.testing.assert_allclose(gradient, found[0][1], atol=1e-4)


def test_each_call_in_training_takes_one_step_of_power_iteration():
    layer, x = build("dense")
    layer.u.assign(np.eye(6)[0])
    layer(x, training=True)
    matrix = matrix_of(layer.layer)
    u = matrix @ (matrix.T @ np.eye(6)[0])
    np.testing.assert_allclose(layer.u, u / np.linalg.norm(u), atol=1e-5)


def test_it_trains_under_fit_and_xla():
    model = critic()
    model.compile("sgd", "mse", jit_compile=True)
    u = model.layers[0].u.numpy()
    x = samples((16, 5))
    losses = model.fit(x, x[:, :1], batch_size=8, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert not np.array_equal(model.layers[0].u, u)
    assert sigma(model.layers[0].layer) > 0.1  # and the kernel is a kernel, not W/σ/σ/σ


def test_two_replicas_keep_one_u(two_replicas):
    x = samples((16, 5))
    with two_replicas.scope():
        model = critic()
        model.compile(keras.optimizers.SGD(0.1), "mse")
    alone = critic()
    alone.set_weights(model.get_weights())
    alone.compile(keras.optimizers.SGD(0.1), "mse")
    for one in (model, alone):
        one.fit(x, x[:, :1], batch_size=8, shuffle=False, verbose=0)
    first, second = (v.numpy() for v in model.layers[0].u.value.values)
    np.testing.assert_array_equal(first, second)
    for a, b in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_inside_a_stateless_scope_it_reads_and_writes_the_values_of_the_scope():
    layer, x = build("dense")
    u, bias = layer.u.numpy(), layer.layer.bias.numpy()
    values = [
        (layer.layer.kernel, tf.eye(5, 6) * 3.0),
        (layer.layer.bias, tf.fill([6], 7.0)),
        (layer.u, tf.eye(6)[0]),
    ]
    with keras.StatelessScope(values) as scope:
        y = layer(x, training=True)
    np.testing.assert_allclose(y, x @ np.eye(5, 6) + 7.0, atol=1e-5)
    np.testing.assert_allclose(scope.get_current_value(layer.u), np.eye(6)[0], atol=1e-6)
    np.testing.assert_array_equal(layer.u, u)
    np.testing.assert_array_equal(layer.layer.bias, bias)


@pytest.mark.parametrize("training", [False, True])
def test_a_kernel_of_zeros_has_finite_outputs_and_can_be_trained(training):
    layer = SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    x = samples((4, 5))
    with tf.GradientTape() as tape:
        y = layer(x, training=training)
        loss = tf.reduce_sum(y)
    np.testing.assert_array_equal(y, np.zeros((4, 3)))
    gradient = tape.gradient(loss, layer.layer.kernel.value)
    np.testing.assert_allclose(gradient, np.repeat(x.sum(axis=0)[:, None], 3, axis=1), atol=1e-5)
    layer.layer.kernel.assign(samples((5, 3)))
    np.testing.assert_allclose(
        converged(layer, x), x @ samples((5, 3)) / sigma(layer.layer), atol=1e-4
    )


def test_the_wrapped_layer_is_a_sublayer_and_its_regularizers_count():
    inner = layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l2")
    model = keras.Sequential([keras.Input((5,)), SpectralNormalization(inner)])
    assert inner in model._flatten_layers()
    model(samples((4, 5)))
    assert len(model.losses) == 2


@pytest.mark.parametrize(
    "make, shape",
    [
        (layers.Conv1D, (2, 6, 2)),
        (layers.Conv1DTranspose, (2, 6, 2)),
        (layers.Conv3D, (2, 4, 4, 4, 2)),
        (layers.Conv3DTranspose, (2, 4, 4, 4, 2)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_and_three_dimensional_convolutions_are_supported(make, shape):
    layer = SpectralNormalization(make(3, 2))
    y = layer(samples(shape), training=True)
    assert tuple(layer.compute_output_shape(shape)) == tuple(y.shape)
    assert layer.u.shape == (3,)


@every_kind
def test_compute_output_shape_is_the_shape_of_the_outputs(kind):
    layer, x = build(kind)
    assert tuple(layer.compute_output_shape(x.shape)) == tuple(layer(x).shape)


@pytest.mark.parametrize(
    "layer", [layers.ReLU(), layers.DepthwiseConv2D(3), layers.Embedding(3, 2)], ids=repr
)
def test_unsupported_layers_are_refused(layer):
    with pytest.raises(TypeError, match="`layer` should be Dense, Conv1D, Conv2D, Conv3D or a"):
        SpectralNormalization(layer)


def test_keras_own_layer_assigns_its_kernel_in_training():
    """If this fails, Keras' layer has changed: check whether ours is still needed."""
    theirs = layers.SpectralNormalization(layers.Dense(6))
    x = samples((4, 5))
    theirs(x)
    kernel = theirs.layer.kernel.numpy()
    theirs(x, training=True)
    assert not np.array_equal(theirs.layer.kernel, kernel)
