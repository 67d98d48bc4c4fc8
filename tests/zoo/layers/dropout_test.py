import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers import noise
from zoo.layers import Dropout


def test_it_keeps_the_mean_and_the_share_of_units_that_it_was_told():
    x = np.ones((200, 50), "float32")
    dropped = Dropout(0.25)(x, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, np.float32(1.0) / np.float32(0.75)}
    assert (dropped == 0.0).mean() == pytest.approx(0.25, abs=0.02)
    assert dropped.mean() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("options", [{}, {"training": False}])
def test_it_does_nothing_outside_training(options):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(Dropout(0.5)(x, **options), x)


def test_what_is_dropped_is_a_function_of_the_turns_noise():
    x = np.ones((8, 8), "float32")
    layer = Dropout(0.5)

    def drop(position):
        with noise.stream(1, position):
            return layer(x, training=True).numpy()

    np.testing.assert_array_equal(drop(0), drop(0))
    assert not np.array_equal(drop(0), drop(1))
    assert not layer.variables  # nothing has to be saved


def test_two_replicas_drop_together_what_one_drops_alone(two_replicas):
    layer = Dropout(0.5)

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


def test_it_keeps_the_dtype_of_mixed_precision():
    layer = Dropout(0.5, dtype="mixed_bfloat16")
    assert layer(np.ones((2, 2), "float32"), training=True).dtype == tf.bfloat16


def test_its_config_makes_it_again():
    layer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Dropout(0.3)))
    assert layer.rate == 0.3


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` should be in \[0, 1\). Received: rate="):
        Dropout(rate)
