"""Losses of a run: the CSV file that a training writes, and a plot of it."""

import csv
import math
import time
from pathlib import Path

import keras

from trainers import files
from trainers.imaging import grids


class LossCsvLogger(keras.callbacks.Callback):
    """Appends a row (step, seconds, mean of each metric) to a CSV file at the end of each epoch.

    Args:
        path: path of the file. Rows that it holds of steps after `done` are dropped: the training
            that wrote them was resumed from an earlier step.
        step_of: a function epoch -> train steps done by the end of the epoch.
        done: train steps done before.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> import numpy as np
        >>> x = np.zeros((64, 2), "float32")  # two steps an epoch
        >>> step_of = lambda epoch: 2 * (epoch + 1)
        >>> log = LossCsvLogger("losses.csv", step_of)
        >>> history = model.fit(x, epochs=3, callbacks=[log], verbose=0)
        >>> [int(row["step"]) for row in read_log("losses.csv")]
        [2, 4, 6]
    """

    def __init__(self, path, step_of, done=0):
        super().__init__()
        self.path, self.step_of = Path(path), step_of
        rows = [row | {"step": int(row["step"])} for row in read_log(self.path)]
        self.rows = [row for row in rows if row["step"] <= done]
        self.before = self.rows[-1]["seconds"] if self.rows else 0.0
        self.start = None

    def on_train_begin(self, logs=None):
        self.start = self.start or time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = self.before + time.perf_counter() - self.start
        losses = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"step": self.step_of(epoch), "seconds": round(seconds, 3), **losses})
        with files.atomic_path(self.path) as draft, open(draft, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[-1]), restval="")
            writer.writeheader()
            writer.writerows(self.rows)


def read_log(path):
    """Returns the rows of a `LossCsvLogger` as dicts of numbers; [] if there is no file.

    Raises:
        ValueError: when the file is corrupt.

    Example:
        >>> read_log("losses.csv")  # there is no file yet
        []
    """
    if not Path(path).exists():
        return []
    expected = "a CSV with columns `step` and `seconds`, and numbers in all of them"
    remedy = "Put the file back, or delete it to go on without the losses so far."
    with files.reading(path, expected, remedy), open(path, newline="") as file:
        rows = [_numbers(row) for row in csv.DictReader(file, strict=True)]
        if not rows:
            raise ValueError("it has no row")
    return rows


def _numbers(row):
    if None in row or None in row.values():
        raise ValueError("a row has more or fewer cells than the first")
    numbers = {name: float(value) for name, value in row.items() if value}
    return {"step": int(numbers.pop("step")), "seconds": numbers.pop("seconds")} | numbers


def plot_losses(folder, title):
    """Plots losses.csv in the folder of a run: losses to loss.png, other metrics to metrics.png.

    A loss has the name of its player before its own: `generator_loss`, `generator_class`.

    Args:
        folder: the `pathlib.Path` of the run.
        title: title of the plot.

    Example:
        >>> from pathlib import Path
        >>> text = "step,seconds,generator_loss\\n10,0.5,0.9\\n20,1.0,0.7\\n"
        >>> size = Path("losses.csv").write_text(text)
        >>> plot_losses(Path(), "Digits")
        >>> Path("loss.png").exists()
        True
    """
    log = read_log(folder / "losses.csv")
    steps = [row.pop("step") for row in log]
    names = [name for name in log[-1] if name != "seconds"]
    players = tuple(name.removesuffix("loss") for name in names if name.endswith("_loss"))
    plots = {
        "loss.png": ([name for name in names if name.startswith(players)], "mean loss"),
        "metrics.png": ([name for name in names if not name.startswith(players)], "mean"),
    }
    for file, (drawn, label) in plots.items():
        if drawn:
            series = {name: [row.get(name, math.nan) for row in log] for name in drawn}
            grids.plot_curves(steps, series, folder / file, title, ("train steps", label))
