"""One run: a model and data in, a folder with the trained model and what is known of it out.

While it trains the folder holds `settings.json`, `losses.csv`, `frames/` and `checkpoints/`; when
it is finished, `model.keras` and `metrics.json` (written last) have taken the checkpoints' place.
"""

import json
import math
import os
import platform
import shutil
import sys

import keras
import numpy as np
import tensorflow as tf

from trainers import callbacks, files

STRETCHES = 25  # a run reports this often, or a little less


class Run:
    """A folder and the training in it, fresh or half done.

    Args:
        folder: where everything is written.
        settings: a JSON-able dict of what makes the run: model, data, seed … A run is resumed only
            with the same ones.
        steps: train steps in all.
        resume: whether to go on with what the folder holds.
        overwrite: whether a run that the folder holds may be deleted.

    Raises:
        ValueError: when the folder holds a run and neither is set, a run with other settings, or
            what is no run; or when it cannot be made.
    """

    def __init__(self, folder, settings, steps, resume=False, overwrite=False):
        self.folder = files.make_folder(folder, "out")
        self.settings, self.steps = settings, steps
        before = _read_json(self.folder / "settings.json")
        if before is None and any(not p.name.startswith(".") for p in self.folder.iterdir()):
            raise ValueError(
                f"`out` should be a new folder, or one of a run. Received: {self.folder}, "
                "which holds something else."
            )
        if before is not None and overwrite and not resume:
            self._clear()
            before = None
        if before is not None and not resume:
            raise ValueError(
                f"`out` should be a new folder. Received: {self.folder}, which holds a run. "
                "Go on with --resume, replace it with --overwrite, or choose another --out."
            )
        if before is not None and before != settings:
            other = sorted(k for k in before | settings if before.get(k) != settings.get(k))
            was = ", ".join(f"--{k}={before.get(k)}" for k in other)
            raise ValueError(
                f"{self.folder} holds a run with other settings. Resume it with {was}."
            )
        self.is_new = before is None
        self.done = 0 if self.is_new else self._steps_done()
        self.interval = math.ceil(steps / min(STRETCHES, steps))
        # All stretches are multiples of it: so many steps can be taken in one call, or a divisor.
        self.stride = math.gcd(self.interval, steps, self.done)
        if self.is_new:
            self._write_json("settings.json", settings)

    @property
    def figures(self):
        """What was written to `metrics.json`; None before the run was finished."""
        return _read_json(self.folder / "metrics.json")

    @property
    def finished(self):
        """Whether there is nothing left to do."""
        figures = self.figures
        return figures is not None and figures["steps"] >= self.steps

    def train(self, model, load, batches, draw=None):
        """Trains a compiled model from where the run stands to its last step.

        Args:
            model: of the zoo, made with the run's settings; it gets the weights of the run.
            load: (epoch, batch) -> a tf.data.Dataset that begins there.
            batches: how many of them an epoch of the data has.
            draw: (model, step) -> a `PIL.Image.Image`, for the film.
        """
        if self.done:
            model.load_weights(self._newest())
        step_of = self._step_of
        log = callbacks.LossLog(self.folder / "losses.csv", step_of, self.done)
        watching = [log, callbacks.Checkpoints(self.folder / "checkpoints", step_of)]
        if draw is not None:
            watching.insert(0, callbacks.Frames(self.folder / "frames", draw, step_of))
        while self.done < self.steps:
            # Whole stretches in one `fit`; the rest of one, and what is left at the end, alone.
            first = self.done // self.interval
            whole = 0 if self.done % self.interval else (self.steps - self.done) // self.interval
            length = self.interval if whole else self._step_of(first) - self.done
            last = first + max(1, whole)
            model.fit(
                load(divmod(self.done, batches)).repeat(),
                steps_per_epoch=length,
                initial_epoch=first,
                epochs=last,
                callbacks=watching,
                verbose=1 if sys.stdout.isatty() else 2,
            )
            self.done = step_of(last - 1)

    def finish(self, model, figures):
        """Saves `model.keras`, then `metrics.json`: `figures` beside the run's own.

        Returns:
            What was written to `metrics.json`.
        """
        with files.aside(self.folder / "model.keras") as draft:
            model.save(draft)
        rows = callbacks.read_log(self.folder / "losses.csv")
        seconds = rows[-1]["seconds"]
        figures = {
            **self.settings,
            "steps": self.steps,
            **figures,
            "losses": {k: v for k, v in rows[-1].items() if k not in ("step", "seconds")},
            "seconds": round(seconds, 1),
            "images_per_second": round(self.steps * self.settings["batch_size"] / seconds),
            "versions": versions(),
            "machine": machine(),
        }
        self._write_json("metrics.json", figures)
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)
        return figures

    def _step_of(self, epoch):
        return min((epoch + 1) * self.interval, self.steps)

    def _steps_done(self):
        newest = self._newest()
        if newest is None:
            return 0
        if newest.suffix == ".keras":
            return self.figures["steps"]
        return int(newest.name.split(".")[0])

    def _newest(self):
        """The checkpoint to go on from: of a finished run the model itself."""
        saved = callbacks.found(self.folder / "checkpoints")
        if saved:
            return saved[-1]
        return self.folder / "model.keras" if self.figures else None

    def _clear(self):
        for name in ("metrics.json", "losses.csv", "model.keras"):
            (self.folder / name).unlink(missing_ok=True)
        for name in ("checkpoints", "frames"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _write_json(self, name, content):
        with files.aside(self.folder / name) as draft:
            draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def fast_options(model, stride):
    """`compile` options that make a model's steps fast here, for the same mathematics.

    `stride` is what the number of steps in one call must divide: Keras would go beyond the end.

    Dense networks gain a half from XLA and from many steps in one call. Convolutions lose a quarter
    under XLA on a CPU, where TensorFlow's own kernels are better.
    """
    on_cpu = not tf.config.get_visible_devices("GPU")
    convolutional = any(
        isinstance(layer, keras.layers.Layer) and "Conv" in type(layer).__name__
        for layer in model._flatten_layers()
    )
    if on_cpu and convolutional:
        return {"jit_compile": False, "steps_per_execution": _divisor(stride, 5)}
    return {"jit_compile": True, "steps_per_execution": _divisor(stride, 25)}


def _divisor(number, most):
    return max(d for d in range(1, most + 1) if number % d == 0)


def versions():
    """Of what the figures depend on."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def machine():
    """Cores and accelerators, in words."""
    gpus = len(tf.config.get_visible_devices("GPU"))
    return f"{platform.machine()}, {os.cpu_count()} cores, {gpus} GPUs"


def _read_json(path):
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        raise ValueError(f"{path} should be JSON. It is damaged: delete the run.") from None
