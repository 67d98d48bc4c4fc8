"""What is done at the end of each stretch of a training (an epoch, to Keras).

Every one works in a plain `fit` too. `step_of` maps an epoch's number to the train steps done by
its end, so that what is written says where it belongs.
"""

import csv
import time
from pathlib import Path

import keras

from trainers import files


class LossLog(keras.callbacks.Callback):
    """Appends a row (step, seconds, one mean loss for each metric) to a CSV file.

    Args:
        path: of the file. Rows of a training that went further than the weights that are now
            trained on are dropped: from `done` steps on.
        step_of: epoch -> train steps done by its end.
        done: train steps done before.
    """

    def __init__(self, path, step_of, done=0):
        super().__init__()
        self.path, self.step_of = Path(path), step_of
        self.rows = [row for row in read_log(self.path) if row["step"] <= done]
        self.before = self.rows[-1]["seconds"] if self.rows else 0.0
        self.start = None

    def on_train_begin(self, logs=None):
        self.start = self.start or time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = self.before + time.perf_counter() - self.start
        losses = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"step": self.step_of(epoch), "seconds": round(seconds, 3), **losses})
        with files.aside(self.path) as draft, open(draft, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[-1]), restval="")
            writer.writeheader()
            writer.writerows(self.rows)


def read_log(path):
    """The rows of a `LossLog` as dicts of floats; none where there is no file."""
    if not Path(path).exists():
        return []
    with open(path, newline="") as file:
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]


class Frames(keras.callbacks.Callback):
    """Writes a picture of the same latents at the end of each epoch, for a film.

    Args:
        folder: of the PNGs, which are named after the step.
        draw: (model, step) -> `PIL.Image.Image`.
        step_of: epoch -> train steps done by its end.
    """

    def __init__(self, folder, draw, step_of):
        super().__init__()
        self.folder, self.draw, self.step_of = Path(folder), draw, step_of

    def on_epoch_end(self, epoch, logs=None):
        step = self.step_of(epoch)
        with files.aside(self.folder / f"{step:08d}.png") as draft:
            self.draw(self.model, step).save(draft)


class Checkpoints(keras.callbacks.Callback):
    """Saves weights, optimizers' slots and the place in the noise at the end of each epoch.

    Args:
        folder: of the files, which are named after the step.
        step_of: epoch -> train steps done by its end.
        keep: how many of the newest stay.
    """

    SUFFIX = ".weights.h5"

    def __init__(self, folder, step_of, keep=2):
        super().__init__()
        self.folder, self.step_of, self.keep = Path(folder), step_of, keep

    def on_epoch_end(self, epoch, logs=None):
        with files.aside(self.folder / f"{self.step_of(epoch):08d}{self.SUFFIX}") as draft:
            self.model.save_weights(draft)
        for old in found(self.folder)[: -self.keep]:
            old.unlink()


def found(folder):
    """The checkpoints in a folder, oldest first."""
    return sorted(Path(folder).glob(f"[0-9]*{Checkpoints.SUFFIX}"))
