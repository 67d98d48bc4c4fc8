import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers import noise
from zoo.layers import GaussianNoise


def test_it_adds_noise_of_its_deviation_and_no_bias():
    x = np.full((200, 50), 3.0, "float32")
    seen = GaussianNoise(0.3)(x, training=True).numpy()
    assert seen.mean() == pytest.approx(3.0, abs=0.02)
    assert seen.std() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("options", [{}, {"training": False}])
def test_it_does_nothing_outside_training(options):
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    np.testing.assert_array_equal(GaussianNoise(0.5)(x, **options), x)


def test_the_noise_is_a_function_of_the_turn():
    x, layer = np.zeros((8, 8), "float32"), GaussianNoise(1.0)

    def seen(position):
        with noise.stream(1, position):
            return layer(x, training=True).numpy()

    np.testing.assert_array_equal(seen(0), seen(0))
    assert not np.array_equal(seen(0), seen(1))
    assert not layer.variables  # nothing has to be saved


def test_two_replicas_draw_together_what_one_draws_alone(two_replicas):
    layer = GaussianNoise(1.0)

    @tf.function
    def both():
        def one():
            with noise.stream(1, 2):
                return layer(tf.ones((3, 5)), training=True)

        return two_replicas.run(one)

    parts = two_replicas.experimental_local_results(both())
    with noise.stream(1, 2):
        alone = layer(tf.ones((6, 5)), training=True)
    np.testing.assert_allclose(np.concatenate([p.numpy() for p in parts]), alone, atol=1e-6)


def test_it_keeps_the_dtype_of_mixed_precision():
    layer = GaussianNoise(0.5, dtype="mixed_bfloat16")
    assert layer(np.ones((2, 2), "float32"), training=True).dtype == tf.bfloat16


def test_its_config_makes_it_again():
    config = keras.saving.serialize_keras_object(GaussianNoise(0.3))
    assert keras.saving.deserialize_keras_object(config).deviation == 0.3


def test_a_deviation_below_0_is_refused():
    with pytest.raises(ValueError, match="`deviation` should be from 0"):
        GaussianNoise(-0.1)
