import keras
import numpy as np
import pytest

from zoo.layers import Dropout


def test_it_keeps_the_mean_and_drops_the_given_fraction_of_units():
    x = np.ones((200, 50), "float32")
    dropped = Dropout(0.25)(x, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, np.float32(1.0) / np.float32(0.75)}
    assert (dropped == 0.0).mean() == pytest.approx(0.25, abs=0.02)
    assert dropped.mean() == pytest.approx(1.0, abs=0.03)


def test_it_is_restored_from_its_config():
    layer = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Dropout(0.3)))
    assert layer.rate == 0.3


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_invalid_rates_are_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` should be in \[0, 1\). Received: rate="):
        Dropout(rate)
