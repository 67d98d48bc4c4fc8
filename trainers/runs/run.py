"""One run: a model and data in, a folder with the trained model and what is known of it out.

While it trains the folder holds `settings.json`, `losses.csv`, `frames/` and `checkpoints/`; when
it is finished, `model.keras` and `metrics.json` (written last) have taken the checkpoints' place.
"""

import math
import shutil
import sys
from pathlib import Path

import keras
import tensorflow as tf

from trainers import devices, files
from trainers.runs import callbacks, checkpoints, environment, loss_log

LOG_INTERVALS = 25  # a run reports this often, or a little less


class Run:
    """A folder and the training in it, fresh or half done.

    Of several workers the first alone reads and writes the folder; the others do as it says.

    Args:
        folder: where everything is written.
        settings: a JSON-able dict of what makes the run: model, data, seed … A run is resumed only
            with the same ones.
        steps: train steps in all.
        resume: whether to go on with what the folder holds.
        overwrite: whether a run that the folder holds may be deleted.
        strategy: the `tf.distribute.Strategy` of the model, by default the current one.

    Raises:
        ValueError: when the folder holds a run and neither is set, a run with other settings, or
            what is no run; or when it cannot be made.

    Example:
        >>> import zoo
        >>> from trainers import datasets
        >>> load = lambda start: datasets.load("ring", "test", batch_size=100, start=start)
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> run = Run("runs/ring", {"model": "gan", "batch_size": 100}, steps=20)
        >>> run.train(model, load, batches=len(load((0, 0))))
        Epoch 1/20
        ...
        >>> figures = run.finish(model, {"note": "a try"})  # what metrics.json holds
        >>> load_model("runs/ring").generate(3).shape
        (3, 2)
    """

    def __init__(self, folder, settings, steps, resume=False, overwrite=False, strategy=None):
        self.folder, self.settings, self.steps = Path(folder), settings, steps
        self.strategy = strategy or tf.distribute.get_strategy()
        self.is_chief = devices.is_chief(self.strategy)
        self.checkpoint, self.damaged = None, []
        self.done, self.finished, refusal = 0, False, None
        if self.is_chief:
            try:
                self._open(resume, overwrite)
            except (ValueError, OSError) as error:
                refusal = error
        said = [self.done, int(self.finished), int(refusal is not None)]
        self.done, self.finished, refused = map(
            int, devices.broadcast_from_chief(self.strategy, said)
        )
        if refused:
            raise refusal or ValueError("The first worker refuses to begin, and says why.")
        self.interval = math.ceil(steps / min(LOG_INTERVALS, steps))
        # All stretches are multiples of it: so many steps can be taken in one call, or a divisor.
        self.stride = math.gcd(self.interval, steps, self.done)

    def _open(self, resume, overwrite):
        files.ensure_folder(self.folder, "out")
        before = files.read_json(self.folder / "settings.json")
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
        if before is not None and before != self.settings:
            other = sorted(
                k for k in before | self.settings if before.get(k) != self.settings.get(k)
            )
            was = ", ".join(f"--{k}={before.get(k)}" for k in other)
            raise ValueError(
                f"{self.folder} holds a run with other settings. Resume it with {was}."
            )
        if before is None:
            files.write_json(self.folder / "settings.json", self.settings)
            return
        files.remove_partial_files(self.folder)
        self.checkpoint, self.damaged = checkpoints.latest_valid(self.folder / "checkpoints")
        figures = self.figures
        if self.checkpoint is None and figures:  # of a finished run the model itself
            place = figures["place"]
            model = _verified_model(self.folder, figures)
            self.checkpoint = checkpoints.Checkpoint(model, figures["steps"], *place)
        self.done = self.checkpoint.step if self.checkpoint else 0
        self.finished = bool(figures) and figures["steps"] >= self.steps
        if self.done > self.steps and not self.finished:
            raise ValueError(
                f"`steps` should be at least {self.done}, which are done already. "
                f"Received: {self.steps}."
            )

    @property
    def figures(self):
        """What was written to `metrics.json`; None before the run was finished."""
        return files.read_json(self.folder / "metrics.json")

    def train(self, model, load, batches, draw=None):
        """Trains a compiled model from where the run stands to its last step.

        Args:
            model: of the zoo, made with the run's settings; it gets the weights of the run.
            load: (epoch, batch) -> a tf.data.Dataset that begins there.
            batches: how many of them an epoch of the data has.
            draw: (model, step) -> a `PIL.Image.Image`, for the film.

        Raises:
            KeyboardInterrupt: when it was asked to stop (Ctrl-C, SIGTERM); it says how to go on.
            ValueError: when the data are not those that the run began with.
        """
        step_of = self._step_of
        folder = self.folder / "checkpoints" if self.is_chief else None
        saving = callbacks.CheckpointSaver(folder, step_of, lambda step: divmod(step, batches))
        watching = [saving]
        if self.is_chief:
            frames = None if draw is None else self.folder / "frames"
            watching.insert(
                0, callbacks.StepTensorBoard(self.folder / "tensorboard", step_of, frames)
            )
            watching.insert(
                0, loss_log.LossCsvLogger(self.folder / "losses.csv", step_of, self.done)
            )
        if self.is_chief and draw is not None:
            watching.insert(0, callbacks.SampleGrids(self.folder / "frames", draw, step_of))
        verbose = (1 if sys.stdout.isatty() else 2) if self.is_chief else 0
        self._batches = batches
        try:
            with saving:
                self._restore(model, batches)
                while self.done < self.steps:
                    # Whole stretches in one `fit`; the rest of one, and what is left, alone.
                    first = self.done // self.interval
                    alone = self.done % self.interval or self.steps - self.done < self.interval
                    last = first + 1 if alone else self.steps // self.interval
                    model.fit(
                        load(divmod(self.done, batches)).repeat(),
                        steps_per_epoch=step_of(first) - self.done,
                        initial_epoch=first,
                        epochs=last,
                        callbacks=watching,
                        verbose=verbose,
                    )
                    self.done = step_of(last - 1)
            if saving.stopping:
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._how_to_go_on(saving.saved or self.done)) from None
        except devices.WORKER_LOST_ERRORS as error:
            if not devices.has_workers(self.strategy):
                raise
            raise ValueError(
                "Another worker was lost. Start all of them again with --resume: they go on from "
                "the last checkpoint."
            ) from error

    def _restore(self, model, batches):
        if not self.done:
            return
        if self.is_chief:
            saved = self.checkpoint
            if (saved.epoch, saved.batch) != divmod(saved.step, batches):
                raise ValueError(
                    "`dataset` should be the one that the run began with. Received: an epoch of "
                    f"{batches} batches; step {saved.step} was batch {saved.batch} of epoch "
                    f"{saved.epoch}."
                )
            model.load_weights(saved.weights)
        devices.broadcast_state(model)

    def _how_to_go_on(self, step):
        if not self.is_chief:
            return "Stopped. What is saved is with the first worker."
        kept = f"step {step:,} of {self.steps:,} is saved in {self.folder}" if step else "at once"
        return f"Stopped: {kept}. The same command with --resume goes on."

    def finish(self, model, figures):
        """Saves `model.keras`, then `metrics.json`: `figures` beside the run's own.

        Returns:
            What was written to `metrics.json`.
        """
        path = self.folder / "model.keras"
        with files.atomic_path(path) as draft:
            model.save(draft)
        rows = loss_log.read_log(self.folder / "losses.csv")
        seconds = rows[-1]["seconds"]
        figures = {
            **self.settings,
            "steps": self.steps,
            **figures,
            "losses": {k: v for k, v in rows[-1].items() if k not in ("step", "seconds")},
            "seconds": round(seconds, 1),
            "images_per_second": round(self.steps * self.settings["batch_size"] / seconds),
            "place": list(divmod(self.steps, self._batches)),
            "model_sha256": checkpoints.sha256(path),
            "versions": environment.versions(),
            "machine": environment.machine(),
        }
        files.write_json(self.folder / "metrics.json", figures)
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)
        return figures

    def _step_of(self, epoch):
        return min((epoch + 1) * self.interval, self.steps)

    def _clear(self):
        for name in ("metrics.json", "losses.csv", "model.keras"):
            (self.folder / name).unlink(missing_ok=True)
        for name in ("checkpoints", "frames", "tensorboard"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def load_settings(folder):
    """The settings of the run in a folder.

    Raises:
        ValueError: there is none.

    Example:
        >>> run = Run("runs/ring", {"model": "gan", "batch_size": 100}, steps=20)
        >>> load_settings("runs/ring")
        {'model': 'gan', 'batch_size': 100}
    """
    settings = files.read_json(Path(folder) / "settings.json")
    if settings is None:
        raise ValueError(f"`out` should be the folder of a run. Received: {folder}")
    return settings


def load_model(folder):
    """The model of the finished run in a folder.

    Raises:
        ValueError: there is none, the run is not finished, or its model was altered since.

    Example:
        >>> run = Run("runs/ring", {"model": "gan", "batch_size": 100}, steps=20)
        >>> load_model("runs/ring")
        Traceback (most recent call last):
        ValueError: runs/ring holds a run that is not finished. Go on with --resume.
    """
    load_settings(folder)
    figures = files.read_json(Path(folder) / "metrics.json")
    if figures is None:
        raise ValueError(f"{folder} holds a run that is not finished. Go on with --resume.")
    return keras.saving.load_model(_verified_model(folder, figures))


def _verified_model(folder, figures):
    """The path of a finished run's model, which is what was saved."""
    model = Path(folder) / "model.keras"
    if not model.exists() or checkpoints.sha256(model) != figures.get("model_sha256"):
        raise ValueError(
            f"{model} is not what the run has saved there. Begin anew with --overwrite."
        )
    return model
