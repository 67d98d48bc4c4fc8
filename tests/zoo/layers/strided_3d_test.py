import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from zoo.layers import DoublingConv3D, HalvingConv3D

PAIRS = [
    (HalvingConv3D, layers.Conv3D, (2, 8, 6, 4, 3)),
    (DoublingConv3D, layers.Conv3DTranspose, (2, 4, 3, 2, 3)),
]


def twins(ours, theirs, shape, **options):
    """Our layer and Keras' with the same random weights, and an input."""
    pair = ours(5, **options), theirs(5, 4, 2, "same", **options)
    for layer in pair:
        layer.build(shape)
    rng = np.random.default_rng(0)
    drawn = [rng.normal(size=v.shape) for v in pair[0].get_weights()]
    for layer in pair:
        layer.set_weights(drawn)
    return *pair, tf.constant(rng.normal(size=shape), "float32")


@pytest.mark.parametrize("ours, theirs, shape", PAIRS)
@pytest.mark.parametrize("options", [{}, {"use_bias": False, "activation": "tanh"}])
def test_outputs_equal_those_of_the_strided_keras_layer(ours, theirs, shape, options):
    fast, slow, x = twins(ours, theirs, shape, **options)
    np.testing.assert_allclose(fast(x), slow(x), atol=2e-5)
    assert tuple(fast.compute_output_shape(shape)) == tuple(fast(x).shape)


@pytest.mark.parametrize("ours, theirs, shape", PAIRS)
def test_gradients_equal_those_of_the_strided_keras_layer(ours, theirs, shape):
    fast, slow, x = twins(ours, theirs, shape)
    found = []
    for layer in (fast, slow):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(layer(x)))
        found.append(tape.gradient(loss, [x, *layer.trainable_variables]))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("ours, theirs, shape", PAIRS)
def test_a_loaded_layer_has_equal_outputs(ours, theirs, shape, tmp_path):
    inputs = keras.Input(shape[1:])
    model = keras.Model(inputs, ours(5)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones(shape, "float32")
    np.testing.assert_array_equal(loaded(x), model(x))


def test_unsupported_arguments_and_sides_are_refused():
    with pytest.raises(ValueError, match="`groups` should be 1"):
        HalvingConv3D(4, groups=2)
    with pytest.raises(ValueError, match="HalvingConv3D should get voxels whose sides are even"):
        HalvingConv3D(4)(np.zeros((1, 5, 4, 4, 2), "float32"))
    with pytest.raises(ValueError, match="DoublingConv3D should get voxels whose sides are known"):
        DoublingConv3D(4)(keras.Input((None, 4, 4, 2)))
