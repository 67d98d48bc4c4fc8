"""The callback of `fit` that keeps the order of the data in step with the model's noise."""

import keras
import numpy as np
from keras import tree


class EpochPosition(keras.callbacks.Callback):
    """Sets the epoch of the data, and the order of arrays, at the beginning of each epoch.

    Loaded weights contain the position of the noise, and BackupAndRestore restores the epoch, so
    that the data of a resumed training continue where the training stopped.

    Args:
        data: a dataset of `trainers.datasets`, whose attribute `epochs` is an `EpochCounter`; other
            data are left unchanged.
    """

    def __init__(self, data=None):
        super().__init__()
        self._epochs = getattr(data, "epochs", None)
        self._offset = None  # between the epochs of the data and those of this training
        self._order = np.zeros(2, "int64")

    def on_epoch_begin(self, epoch, logs=None):
        model = self.model
        self._order = np.array([model.noise_seed.numpy(), model.noise_position.numpy()])
        if self._epochs is not None:
            if self._offset is None:
                self._offset = 0 if epoch else self._epochs.next
            self._epochs.pinned = epoch + self._offset

    def release(self):
        """Unpins the epoch of the data, which continue with the next one."""
        if self._offset is not None:
            self._epochs.next, self._epochs.pinned = self._epochs.pinned + 1, None

    def order(self):
        """Returns two integers, int64 (2,), the seed of the order of arrays in this epoch."""
        return self._order


def prepend_callback(callbacks, callback):
    """Returns the callbacks given to `fit`, of any kind, with one more that is called first."""
    given = tree.flatten(callbacks or [])
    kinds = keras.callbacks.Callback, keras.callbacks.CallbackList
    if not all(isinstance(one, kinds) for one in given):
        raise TypeError(
            f"`callbacks` of `fit` should be a list of Keras callbacks. Received: {callbacks!r}"
        )
    if isinstance(callbacks, keras.callbacks.CallbackList):
        earlier = [c for c in callbacks.callbacks if not isinstance(c, EpochPosition)]
        callbacks.callbacks[:] = [callback, *earlier]
        callback.set_model(callbacks.model)
        return callbacks
    return [callback, *given]
