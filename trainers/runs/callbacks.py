"""Callbacks of a run, at the end of each logging interval (an epoch, to Keras).

Each of them works in an ordinary `fit` too. `step_of` maps the number of an epoch to the train
steps done by the end of the epoch, by which files and events are labelled.
"""

import signal
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from trainers import files
from trainers.runs import checkpoints


class SampleGrids(keras.callbacks.Callback):
    """Writes an image of samples of the same latents at the end of each epoch, for a film.

    Args:
        folder: folder of the PNG files, which are named after the step.
        draw: a function (model, step) -> `PIL.Image.Image`.
        step_of: a function epoch -> train steps done by the end of the epoch.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> x = np.zeros((64, 2), "float32")  # two steps an epoch
        >>> step_of = lambda epoch: 2 * (epoch + 1)
        >>> draw = lambda model, step: Image.new("L", (8, 8))
        >>> frames = SampleGrids("frames", draw, step_of)
        >>> history = model.fit(x, epochs=2, callbacks=[frames], verbose=0)
        >>> sorted(path.name for path in Path("frames").iterdir())
        ['00000002.png', '00000004.png']
    """

    def __init__(self, folder, draw, step_of):
        super().__init__()
        self.folder, self.draw, self.step_of = Path(folder), draw, step_of

    def on_epoch_end(self, epoch, logs=None):
        step = self.step_of(epoch)
        with files.atomic_path(self.folder / f"{step:08d}.png") as draft:
            self.draw(self.model, step).save(draft)


class StepTensorBoard(keras.callbacks.Callback):
    """Writes `logs` (losses, scores) for TensorBoard, by train step.

    Keras' own `TensorBoard` counts epochs instead.

    Args:
        folder: folder for `tensorboard --logdir`.
        step_of: a function epoch -> train steps done by the end of the epoch.
        frames: folder of a `SampleGrids` that comes before this callback in the list, whose images
            are written too; or None.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> x = np.zeros((64, 2), "float32")  # two steps an epoch
        >>> step_of = lambda epoch: 2 * (epoch + 1)
        >>> history = model.fit(x, callbacks=[StepTensorBoard("tensorboard", step_of)], verbose=0)
        >>> len(list(Path("tensorboard").glob("events.*")))
        1
    """

    def __init__(self, folder, step_of, frames=None):
        super().__init__()
        self.folder, self.step_of, self.frames = Path(folder), step_of, frames
        self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        step = self.step_of(epoch)
        self._writer = self._writer or tf.summary.create_file_writer(str(self.folder))
        with self._writer.as_default(step=step):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, float(value))
            if self.frames is not None:
                image = np.asarray(Image.open(Path(self.frames) / f"{step:08d}.png"))
                tf.summary.image("samples", image.reshape(1, *image.shape[:2], -1))
        self._writer.flush()


class StopWhenNotFinite(keras.callbacks.Callback):
    """Ends the training at the end of an epoch whose losses, or the weights after it, are NaN or
    infinite: before other callbacks, which come after it in the list, save them.

    Args:
        step_of: a function epoch -> train steps done by the end of the epoch.

    Raises:
        FloatingPointError: from `fit`; the message names the losses, or weights.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> bias = model.generator.weights[-1]
        >>> _ = bias.assign(np.nan * bias)
        >>> x = np.zeros((64, 2), "float32")
        >>> model.fit(x, callbacks=[StopWhenNotFinite(lambda epoch: 2)], verbose=0)
        Traceback (most recent call last):
        FloatingPointError: The training has diverged by step 2: discriminator_loss is nan, ...
    """

    def __init__(self, step_of):
        super().__init__()
        self.step_of = step_of

    def on_epoch_end(self, epoch, logs=None):
        check_finite(self.model, logs or {}, self.step_of(epoch))


def check_finite(model, losses, step):
    """Raises a FloatingPointError if losses, or the weights of a model, are NaN or infinite.

    Args:
        model: a `keras.Model`.
        losses: a dict name -> number.
        step: train steps done, for the message.
    """
    found = [f"{name} is {value:g}" for name, value in losses.items() if not np.isfinite(value)]
    found = found or [f"{v.path} is not finite" for v in model.weights if not _is_finite(v)][:3]
    if found:
        raise FloatingPointError(
            f"The training has diverged by step {step:,}: {', '.join(found)}. Try lower learning "
            "rates, the modern recipe, float32 or another seed."
        )


def _is_finite(variable):
    values = keras.ops.convert_to_numpy(variable)
    return not keras.backend.is_float_dtype(variable.dtype) or np.isfinite(values).all()


class CheckpointSaver(keras.callbacks.Callback):
    """Saves a checkpoint at the end of each epoch, and when the training is stopped.

    Ctrl-C or SIGTERM ends the training after the current step, with a KeyboardInterrupt; a second
    one ends it at once, without saving. Signals are handled inside `with saver:`.

    Args:
        folder: folder of the files, see `trainers.runs.checkpoints`; None to stop without saving.
        step_of: a function epoch -> train steps done by the end of the epoch.
        position_of: a function train steps -> (epoch, batch), the position of the next batch in the
            data.
        keep: number of newest checkpoints that are kept.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> x = np.zeros((64, 2), "float32")  # two steps an epoch
        >>> step_of = lambda epoch: 2 * (epoch + 1)
        >>> saving = CheckpointSaver("checkpoints", step_of, lambda step: divmod(step, 2))
        >>> with saving:  # handles Ctrl-C
        ...     history = model.fit(x, epochs=3, callbacks=[saving], verbose=0)
        >>> saving.saved, checkpoints.latest_valid("checkpoints")[0].step
        (6, 6)
    """

    def __init__(self, folder, step_of, position_of, keep=2):
        super().__init__()
        self.folder, self.step_of, self.position_of, self.keep = folder, step_of, position_of, keep
        self.stopping = False
        self.saved = None  # the last step that was saved
        self._handlers = {}
        self._before = self._end = 0  # steps done at the epoch's begin, and by its end

    def on_epoch_begin(self, epoch, logs=None):
        steps = self.params["steps"]  # None for data of unknown length
        self._end = self.step_of(epoch)
        self._before = self._end - steps if steps else self.step_of(epoch - 1)

    def on_train_batch_end(self, batch, logs=None):
        step = self._before + batch + 1
        if self.stopping and step < self._end:  # at its end other callbacks write first
            check_finite(self.model, logs or {}, step)
            self._save(step)
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        self._save(self._end)
        if self.stopping:
            raise KeyboardInterrupt

    def _save(self, step):
        if self.folder is not None:
            checkpoints.save(self.model, self.folder, step, *self.position_of(step), self.keep)
            self.saved = step

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # other threads get no signals
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._request_stop)
        return self

    def __exit__(self, *error):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _request_stop(self, number, frame):
        if self.stopping:
            raise KeyboardInterrupt
        self.stopping = True
        print("Stopping after this step. Once more stops at once.", file=sys.stderr)
