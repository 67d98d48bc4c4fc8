import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import MinibatchStdDev


def samples(shape=(8, 4, 4, 3), seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("shape", [(8, 4, 4, 3), (8, 5)])
def test_the_last_channel_is_the_mean_deviation_over_the_batch(shape):
    x = samples(shape)
    found = MinibatchStdDev()(x).numpy()
    np.testing.assert_array_equal(found[..., :-1], x)
    np.testing.assert_allclose(found[..., -1], x.std(axis=0).mean(), rtol=1e-5)


def test_each_group_has_its_own_deviation():
    x = samples()
    found = MinibatchStdDev(group_size=4)(x).numpy()[:, 0, 0, -1]
    for group in (0, 1):
        np.testing.assert_allclose(found[group::2], x[group::2].std(axis=0).mean(), rtol=1e-5)
    np.testing.assert_allclose(  # a batch below the group's size is one group
        MinibatchStdDev(group_size=16)(x), MinibatchStdDev()(x), rtol=1e-6
    )


def test_copies_have_deviation_0_and_finite_gradients():
    x = tf.constant(np.repeat(samples((1, 4, 4, 3)), 8, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = MinibatchStdDev()(x)
    np.testing.assert_allclose(y[..., -1], 0.0, atol=2e-4)
    assert np.isfinite(tape.gradient(y, x)).all()


def test_a_group_that_does_not_divide_the_batch_is_refused():
    with pytest.raises(
        ValueError, match="`group_size` should divide the batch. Received: group_si"
    ):
        MinibatchStdDev(group_size=3)(samples())
    with pytest.raises(ValueError, match="`group_size` should be at least 1"):
        MinibatchStdDev(group_size=0)


def test_saved_and_loaded_it_takes_batches_of_any_size(tmp_path):
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, MinibatchStdDev(group_size=4)(inputs))
    assert model.output_shape == (None, 4, 4, 4)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for n in (2, 4, 8):
        np.testing.assert_array_equal(loaded(samples()[:n]), model(samples()[:n]))
    half = MinibatchStdDev(dtype="mixed_bfloat16")(samples())
    assert half.dtype == "bfloat16"
