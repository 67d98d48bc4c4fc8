import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from zoo.layers import VirtualBatchNormalization


def samples(n, shape=(4, 4, 3), seed=0):
    return (3.0 + 2.0 * np.random.default_rng(seed).standard_normal((n, *shape))).astype("float32")


def by_hand(x, reference):
    """The formula in NumPy: statistics of the reference and of each sample."""
    n = len(reference)
    places = tuple(range(reference.ndim - 1))
    outputs = []
    for sample in x:
        own = tuple(range(sample.ndim - 1))
        mean = (sample.mean(axis=own) + n * reference.mean(axis=places)) / (n + 1)
        square = ((sample**2).mean(axis=own) + n * (reference**2).mean(axis=places)) / (n + 1)
        outputs.append((sample - mean) / np.sqrt(1e-5 + square - mean**2))
    return np.array(outputs)


@pytest.mark.parametrize("shape", [(4, 4, 3), (5,)])
def test_after_adapt_it_is_the_papers_formula(shape):
    reference, x = samples(10, shape), samples(4, shape, seed=1)
    layer = VirtualBatchNormalization()
    layer.adapt(reference)
    np.testing.assert_allclose(layer(x), by_hand(x, reference), atol=1e-4)


@pytest.mark.parametrize("shape", [(4, 4, 3), (5,)])
def test_with_a_prepended_reference_it_is_the_papers_formula_too(shape):
    reference, x = samples(10, shape), samples(4, shape, seed=1)
    y = VirtualBatchNormalization(reference_size=10)(np.concatenate([reference, x])).numpy()
    np.testing.assert_allclose(y[10:], by_hand(x, reference), atol=1e-4)
    places = tuple(range(len(shape)))
    np.testing.assert_allclose(y[:10].mean(axis=places), 0.0, atol=1e-5)
    np.testing.assert_allclose(y[:10].std(axis=places), 1.0, atol=1e-4)


@pytest.mark.parametrize("prepended", [False, True])
def test_a_samples_output_does_not_depend_on_the_rest_of_its_minibatch(prepended):
    reference, x, other = samples(10), samples(4, seed=1), 50.0 * samples(3, seed=2)

    def normalised(batch):
        if prepended:
            layer = VirtualBatchNormalization(reference_size=10)
            return layer(np.concatenate([reference, batch])).numpy()[10:]
        layer = VirtualBatchNormalization()
        layer.adapt(reference)
        return layer(batch).numpy()

    together = normalised(np.concatenate([x, other]))[:4]
    np.testing.assert_allclose(together, normalised(x), atol=1e-6)
    batch_norm = layers.BatchNormalization()
    batch_normalised = batch_norm(np.concatenate([x, other]), training=True)[:4]
    assert np.abs(batch_normalised - batch_norm(x, training=True)).max() > 0.1


def test_inside_a_network_statistics_follow_the_weights_of_previous_layers():
    """Scaling the previous layer by 10 does not change the outputs."""
    inputs = keras.Input((5,))
    below = layers.Dense(6, use_bias=False)
    model = keras.Model(inputs, VirtualBatchNormalization(reference_size=10)(below(inputs)))
    x = np.concatenate([samples(10, (5,)), samples(4, (5,), seed=1)])
    before = model(x).numpy()
    below.kernel.assign(10.0 * below.kernel)
    np.testing.assert_allclose(model(x), before, atol=1e-3)


def test_gamma_and_beta_are_trainable_and_use_their_initialisers():
    layer = VirtualBatchNormalization(gamma_initializer="zeros", beta_initializer="ones")
    layer.adapt(samples(10))
    np.testing.assert_array_equal(layer(samples(4)), np.ones((4, 4, 4, 3)))
    assert [v.name for v in layer.trainable_variables] == ["gamma", "beta"]


def test_saved_and_loaded_it_keeps_its_reference(tmp_path):
    inputs = keras.Input((4, 4, 3))
    layer = VirtualBatchNormalization(epsilon=0.1)
    model = keras.Model(inputs, layer(inputs))
    layer.adapt(samples(10))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = samples(4, seed=1)
    np.testing.assert_array_equal(loaded(x), model(x))


def test_in_half_precision_statistics_are_float32():
    x = samples(4, seed=1)
    exact, half = (VirtualBatchNormalization(dtype=d) for d in ("float32", "mixed_bfloat16"))
    for layer in (exact, half):
        layer.adapt(samples(10))
    y = half(x)
    assert y.dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(y, "float32"), exact(x), atol=0.03)


def test_in_graphs_and_under_xla_outputs_equal_and_shapes_stay():
    x = samples(14)
    layer = VirtualBatchNormalization(reference_size=10)
    expected = layer(x)
    assert layer.compute_output_shape(x.shape) == tuple(expected.shape)
    for options in ({}, {"jit_compile": True}):
        found = tf.function(lambda x: layer(x), **options)(tf.constant(x))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_invalid_references_are_refused():
    with pytest.raises(ValueError, match="`reference_size` should be at least 1"):
        VirtualBatchNormalization(reference_size=0)
    with pytest.raises(ValueError, match="`reference_size` should be less than the batch"):
        VirtualBatchNormalization(reference_size=4)(samples(4))
    with pytest.raises(ValueError, match="`adapt` should be given the reference before"):
        VirtualBatchNormalization()(samples(4))
    with pytest.raises(ValueError, match="`adapt` should be called on layers without"):
        VirtualBatchNormalization(reference_size=4).adapt(samples(4))
