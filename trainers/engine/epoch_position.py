"""Where a resumed epoch stands: the callback of `fit` that tells the data."""

import keras
import numpy as np
from keras import tree


class EpochPosition(keras.callbacks.Callback):
    """Tells the data, at the beginning of each epoch of a training, where the model stands.

    Weights that were loaded bring their place in the noise along, and BackupAndRestore the epoch to
    go on with: by them the data go on where the training stopped.

    Args:
        data: a stream of `trainers.datasets`, which has `epochs`; of anything else nothing is
            asked.
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
            self._epochs.held = epoch + self._offset

    def release(self):
        """Lets the data go on with the epoch after the last one."""
        if self._offset is not None:
            self._epochs.next, self._epochs.held = self._epochs.held + 1, None

    def order(self):
        """Two integers for the order of arrays in this epoch."""
        return self._order


def prepend_callback(callbacks, callback):
    """The callbacks given to `fit`, whatever their kind, and one more, which is called first."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        earlier = [c for c in callbacks.callbacks if not isinstance(c, EpochPosition)]
        callbacks.callbacks[:] = [callback, *earlier]
        callback.set_model(callbacks.model)
        return callbacks
    return [callback, *(tree.flatten(callbacks) if callbacks else [])]
