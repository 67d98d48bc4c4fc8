"""`Run`: trains a model in a folder, which can be stopped and resumed at any step.

During the training the folder holds `settings.json`, `losses.csv`, `frames/` and `checkpoints/`;
when the run is finished, `model.keras` and `metrics.json` (written last) replace the checkpoints.
A training that is refused, or fails before its first checkpoint, leaves the folder as it was.
"""

import math
import shutil
import sys
from pathlib import Path

import tensorflow as tf

from trainers import devices, files
from trainers.runs import (
    callbacks,
    checkpoints,
    environment,
    finished_run,
    loss_log,
    run_folder,
)

LOG_INTERVALS = 25  # a run logs this often, or a little less


class Run:
    """A training in a folder, new or resumed.

    Of several workers only the chief reads and writes the folder; the others follow it.

    Args:
        folder: folder of all files of the run.
        settings: a JSON-able dict that determines the run: model, data, seed ... A run can only be
            resumed with the same settings.
        steps: train steps of the complete run.
        resume: whether to continue the run in the folder.
        overwrite: whether to replace a run in the folder, which is removed when the new one is
            finished, and put back if it ends before its first checkpoint.
        strategy: the `tf.distribute.Strategy` of the model, by default the current one.

    Raises:
        ValueError: when both or, for a folder that holds a run, neither of `resume` and `overwrite`
            is set; when it holds a run with other settings, or other files; when it cannot be
            created, or another process trains in it.

    Example:
        >>> import zoo
        >>> from trainers import datasets
        >>> load = lambda start: datasets.load("ring", "test", batch_size=100, start=start)
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> run = Run("runs/ring", {"model": "gan", "batch_size": 100}, steps=20)
        >>> run.train(model, load, batches=len(load((0, 0))))
        Epoch 1/20
        ...
        >>> metrics = run.finish(model, {"note": "a try"})  # the content of metrics.json
        >>> finished_run.load_model("runs/ring").generate(3).shape
        (3, 2)
    """

    def __init__(self, folder, settings, steps, resume=False, overwrite=False, strategy=None):
        if resume and overwrite:
            raise ValueError("`resume` should be given without `overwrite`. Received: both.")
        self.folder, self.settings, self.steps = Path(folder), settings, steps
        self.strategy = strategy or tf.distribute.get_strategy()
        self.is_chief = devices.is_chief(self.strategy)
        self.checkpoint, self.damaged = None, []
        self._is_new, self._overwrites = True, overwrite
        self._lock, self._has_trained = None, False
        self.done, self.finished, open_error = 0, False, None
        if self.is_chief:
            try:
                self._open(resume)
            except (ValueError, OSError) as error:
                open_error, self._lock = error, None
        state = [self.done, int(self.finished), int(open_error is not None)]
        self.done, self.finished, failed = map(
            int, devices.broadcast_from_chief(self.strategy, state)
        )
        if failed:
            raise open_error or ValueError("The chief worker refused to begin and reports why.")
        self.interval = math.ceil(steps / min(LOG_INTERVALS, steps))
        # All logging intervals are multiples of it, so a call can take as many steps, or a divisor.
        self.stride = math.gcd(self.interval, steps, self.done)

    def _open(self, resume):
        files.ensure_folder(self.folder, "out")
        others = any(not path.name.startswith(".") for path in self.folder.iterdir())
        if others and not run_folder.holds_run(self.folder):
            raise ValueError(
                f"`out` should be a new folder, or one of a run. Received: {self.folder}, "
                "which holds other files."
            )
        self._lock = run_folder.lock(self.folder)
        run_folder.recover(self.folder)
        earlier = files.read_json(self.folder / "settings.json")
        if earlier is not None:
            earlier.pop("steps", None)  # a run may be continued beyond them
        if self._overwrites:
            return
        if earlier is not None and not resume:
            raise ValueError(
                f"`out` should be a new folder. Received: {self.folder}, which holds a run. "
                "Continue it with --resume, replace it with --overwrite, or choose another --out."
            )
        if earlier is not None and earlier != self.settings:
            different = sorted(
                k for k in earlier | self.settings if earlier.get(k) != self.settings.get(k)
            )
            flags = ", ".join(f"--{k}={earlier.get(k)}" for k in different)
            raise ValueError(
                f"{self.folder} holds a run with other settings. Resume it with {flags}."
            )
        if earlier is None:
            return
        self._is_new = False
        files.remove_partial_files(self.folder)
        self.checkpoint, self.damaged = checkpoints.latest_valid(self.folder / "checkpoints")
        figures = self.figures
        if self.checkpoint is None and not figures and (self.folder / "model.keras").exists():
            raise ValueError(
                f"{self.folder} holds the model of a finished run without its metrics.json. Put "
                "the file back, replace the run with --overwrite, or choose another --out."
            )
        if self.checkpoint is None and figures:  # a finished run continues from the model itself
            model = finished_run.verified_model(self.folder, figures)
            position = finished_run.position(figures)
            self.checkpoint = checkpoints.Checkpoint(model, figures["steps"], *position)
        self.done = self.checkpoint.step if self.checkpoint else 0
        self.finished = bool(figures) and figures["steps"] >= self.steps
        log = loss_log.read_log(self.folder / "losses.csv")  # it is needed after the last step
        if not log and self.done >= self.steps and not self.finished:
            raise ValueError(
                f"{self.folder / 'losses.csv'} should hold the losses of all steps, which are done "
                f"already. There is none: put it back, or go on with --steps above {self.done}."
            )
        if self.done > self.steps and not self.finished:
            raise ValueError(
                f"`steps` should be at least {self.done}, which are done already. "
                f"Received: {self.steps}."
            )

    @property
    def figures(self):
        """The content of `metrics.json` in the folder; None where no run is finished."""
        return finished_run.read_figures(self.folder)

    def train(self, model, load, batches, draw=None, notes=None):
        """Trains a compiled model up to the last step of the run.

        Args:
            model: a model of the zoo, built with the run's settings; a resumed run loads its
                weights.
            load: a function (epoch, batch) -> a tf.data.Dataset that begins there.
            batches: number of batches in an epoch of the data.
            draw: a function (model, step) -> `PIL.Image.Image`, for the film; or None.
            notes: a dict, name of a JSON file of `run_folder.CONTENTS` -> content, which a run that
                begins writes beside its settings; or None.

        Raises:
            KeyboardInterrupt: when it was stopped (Ctrl-C, SIGTERM); the message tells how to
                continue.
            ValueError: when the data are not those that the run began with, another worker was
                lost, or the run was trained before: it is resumed by a new `Run`.
            FloatingPointError: when losses or weights are not finite; the last checkpoint is kept.
        """
        step_of = self._step_of
        folder = self.folder / "checkpoints" if self.is_chief else None
        saving = callbacks.CheckpointSaver(folder, step_of, lambda step: divmod(step, batches))
        self._batches = batches
        if self._has_trained:
            raise ValueError("A run is trained once. Go on with another `Run`, resume=True.")
        self._has_trained = True
        begins = self._is_new and self.is_chief
        if begins and not self._overwrites and (self.folder / "settings.json").exists():
            raise ValueError(f"{self.folder} holds a run that began after this one was opened.")
        try:
            if begins:
                run_folder.set_aside(self.folder)
            if self.is_chief:
                settings = self.settings | {"steps": self.steps}
                files.write_json(self.folder / "settings.json", settings)
            for name, content in (notes or {}).items() if begins else ():
                files.write_json(self.folder / name, content)
            self._fit(model, load, batches, self._callbacks(saving, draw), saving)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._stop_message(saving.saved or self.done)) from None
        except FloatingPointError as error:
            raise FloatingPointError(f"{error} {self._kept(saving.saved or self.done)}") from None
        except devices.WORKER_LOST_ERRORS as error:
            if not devices.has_workers(self.strategy):
                raise
            raise ValueError(
                "Another worker was lost. Start all of them again, with --resume if the first one "
                "has saved a checkpoint."
            ) from error
        finally:
            if begins and saving.saved is None:
                run_folder.put_back(self.folder)

    def _callbacks(self, saving, draw):
        """Those of `fit`, in the order in which they write: the checkpoint comes last."""
        step_of, frames = self._step_of, None if draw is None else self.folder / "frames"
        stop = callbacks.StopWhenNotFinite(step_of)
        if not self.is_chief:
            return [stop, saving]
        film = [] if draw is None else [callbacks.SampleGrids(frames, draw, step_of)]
        log = loss_log.LossCsvLogger(self.folder / "losses.csv", step_of, self.done)
        board = callbacks.StepTensorBoard(self.folder / "tensorboard", step_of, frames)
        return [stop, *film, log, board, saving]

    def _fit(self, model, load, batches, callback_list, saving):
        """Trains from the last checkpoint up to the last step."""
        verbose = (1 if sys.stdout.isatty() else 2) if self.is_chief else 0
        with saving:
            self._restore(model, batches)
            while self.done < self.steps:
                # Complete logging intervals in one `fit`, the rest of an interval in another.
                first = self.done // self.interval
                partial = self.done % self.interval or self.steps - self.done < self.interval
                last = first + 1 if partial else self.steps // self.interval
                model.fit(
                    load(divmod(self.done, batches)).repeat(),
                    steps_per_epoch=self._step_of(first) - self.done,
                    initial_epoch=first,
                    epochs=last,
                    callbacks=callback_list,
                    verbose=verbose,
                )
                self.done = self._step_of(last - 1)
        if saving.stopping:
            raise KeyboardInterrupt

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

    def _stop_message(self, step):
        if not self.is_chief:
            return "Stopped. The first worker has saved the run."
        if not step:
            return "Stopped before anything was saved."
        saved = f"step {step:,} of {self.steps:,} is saved in {self.folder}"
        message = f"Stopped: {saved}. The same command with --resume continues it."
        for replaced in run_folder.replaced(self.folder)[-1:]:
            message += f" The run that was there before is in {replaced} until it is finished."
        return message

    def _kept(self, step):
        if not self.is_chief:
            return "The first worker reports what is kept."
        if not step:
            return "Nothing is kept of this training."
        return f"{self.folder} keeps step {step:,}, the last that is finite."

    def finish(self, model, figures):
        """Saves `model.keras`, then `metrics.json`, and removes the checkpoints.

        Args:
            model: the trained model.
            figures: a JSON-able dict, added to the settings, losses, versions ... of the run.

        Returns:
            The content of `metrics.json`, a dict.
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
            "data_position": list(divmod(self.steps, self._batches)),
            "model_sha256": checkpoints.sha256(path),
            "versions": environment.versions(),
            "machine": environment.machine(),
        }
        files.write_json(self.folder / "metrics.json", figures)
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)
        run_folder.remove_replaced(self.folder)
        self._lock = None
        return figures

    def _step_of(self, epoch):
        return min((epoch + 1) * self.interval, self.steps)
