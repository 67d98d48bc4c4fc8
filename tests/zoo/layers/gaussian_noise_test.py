import keras
import numpy as np
import pytest

from zoo.layers import GaussianNoise


def test_it_adds_noise_of_the_given_deviation_and_mean_0():
    x = np.full((200, 50), 3.0, "float32")
    noisy = GaussianNoise(0.3)(x, training=True).numpy()
    assert noisy.mean() == pytest.approx(3.0, abs=0.02)
    assert noisy.std() == pytest.approx(0.3, abs=0.02)


def test_it_is_restored_from_its_config():
    config = keras.saving.serialize_keras_object(GaussianNoise(0.3))
    assert keras.saving.deserialize_keras_object(config).deviation == 0.3


def test_a_deviation_below_0_is_refused():
    with pytest.raises(ValueError, match="`deviation` should be from 0"):
        GaussianNoise(-0.1)
