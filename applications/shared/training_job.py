"""One training of an application, from its settings to its export.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import dataclasses
import os
from pathlib import Path

from absl import flags

from applications.shared import model_arguments
from trainers import command_line, files

FLAGS = flags.FLAGS
PATHS = ("dataset", "style", "source", "target")  # settings that may be files or folders


@dataclasses.dataclass(frozen=True)
class TrainingJob:
    """Settings and folders of a training, the same for all applications.

    Attributes:
        settings: a JSON-able dict of what makes the run, with model, recipe, scale, batch_size,
            seed and precision, each as the flag of that name, and set, where --set was given.
        steps: train steps in all.
        out: folder of the run.
        export_dir: folder of SavedModels.
        device, workers, worker, data_dir, resume, overwrite: as the flags.
    """

    settings: dict
    steps: int
    out: Path
    export_dir: Path
    device: str = "auto"
    workers: list | None = None
    worker: int = 0
    data_dir: str | None = None
    resume: bool = False
    overwrite: bool = False

    @classmethod
    def from_flags(cls, settings, name, stage=""):
        """Returns the job that the flags mean.

        Args:
            settings: names of flags, or a dict of settings. --set is added to them; a run that is
                resumed keeps its own.
            name: of the run, whose folder is runs/NAME without --out.
            stage: the folder within, of the first of several runs.

        Raises:
            ValueError: for --resume with --overwrite, for folders that are not of this machine, and
                for a --set that cannot be read, or is not that of the run.
        """
        if FLAGS.resume and FLAGS.overwrite:
            raise ValueError("--resume: should be given without --overwrite. Received: both.")
        if not isinstance(settings, dict):
            settings = values_of(settings)
        out = command_line.output_folder("out", f"runs/{name}")
        settings = with_absolute_paths(settings, earlier_settings(out / stage))
        chosen = chosen_arguments(out if FLAGS.resume else None)
        settings = settings | ({"set": chosen} if chosen else {})
        export_dir = command_line.output_folder("export_dir", out / "saved_models")
        others = ("device", "workers", "worker", "data_dir", "resume", "overwrite")
        return cls(settings, FLAGS.steps, out, export_dir, **values_of(others))

    def stopped_advice(self):
        """Returns what to do after Ctrl-C outside of `fit`: a sentence, or ""."""
        kept = any(self.out.rglob("checkpoints/*.json"))
        if self.overwrite or not kept:
            return ""
        return f"The same command with --resume continues the run in {self.out}."

    def create_model(self, defaults=None, **kwargs):
        """Returns the model of the settings, compiled, its weights drawn by the seed.

        Args:
            defaults: constructor arguments of the model that --set may change.
            kwargs: constructor arguments that follow from the data.

        Raises:
            ValueError: for arguments that the model does not take, and for --set that does not fit.
        """
        import keras

        import zoo

        settings = self.settings
        name, recipe, scale = (settings[key] for key in ("model", "recipe", "scale"))
        values, others = model_arguments.split(self._values, zoo.family(name), kwargs)
        keras.utils.set_random_seed(settings["seed"])
        arguments = (defaults or {}) | values | kwargs
        with model_arguments.constructor_errors(values):
            model = zoo.create(name, recipe, scale, self.steps, **arguments)
        if others:
            changes = model_arguments.recipe_changes(model, others, kwargs)
            with command_line.flag_errors("set"):
                model.compile(recipe, self.steps, **changes)
        return model

    def compile(self, model, **changes):
        """Compiles a model with the recipe of the settings, with changes, and with --set."""
        recipe = self.settings["recipe"]
        model.compile(recipe, self.steps, **changes)
        _, values = model_arguments.split(self._values, type(model))
        if values:
            changes |= model_arguments.recipe_changes(model, values)
            model.compile(recipe, self.steps, **changes)

    @property
    def _values(self):
        """The values of --set by name."""
        return model_arguments.parse([self.settings["set"]] if "set" in self.settings else [])

    def train(self, data, build, changes=lambda model: {}, grid=None, run=None, notes=None):
        """Trains a model, unless its run is finished.

        Args:
            data: a `trainers.tasks.TrainingData`.
            build: a function from the data to a model, compiled.
            changes: a function from the model to changes to the recipe, arguments of `compile`.
            grid: a function from the model to a function (model, step) -> `PIL.Image.Image`, the
                frames of a film; None for no film.
            run: as `open_run` returned it; by default it is opened here, after `check`.
            notes: a dict, name of a JSON file -> content, written when the training begins.

        Returns:
            A `Trained`.

        Raises:
            ValueError: in one sentence, for settings that do not fit, before anything is written.
        """
        from trainers import runs

        if run is None:
            strategy, model = self.check(data, build)
            draw = grid(model) if grid else None
            run = self.open_run(strategy)
        else:
            with run.strategy.scope():
                model = build(data)
            draw = grid(model) if grid else None
        if run.finished:
            return Trained(None, run, self)
        size, turns, seed = self._batch(model)
        fast = runs.fast_options(model, run.stride)
        self.compile(model, **fast, **changes(model))

        def load(start):
            return data.batches(size, turns, seed, start)

        run.train(model, load, data.batches_per_epoch(size, turns), draw, notes)
        return Trained(model, run, self)

    def check(self, data, build):
        """Builds the model, and checks that the data and the devices fit, before anything is
        written.

        Returns:
            (strategy, model): the `tf.distribute.Strategy` of the devices, and the model.

        Raises:
            ValueError: for settings that do not fit.
        """
        from trainers import devices
        from trainers.engine import data_adapter

        strategy = devices.strategy(self.device, self.workers, self.worker)
        flags = {"steps": self.steps, "resume": self.resume, "overwrite": self.overwrite}
        devices.check_agreement(strategy, self.settings | flags)
        devices.set_precision(self.settings["precision"])
        with strategy.scope():
            model = build(data)
        size, turns, seed = self._batch(model)
        with command_line.flag_errors("batch_size"):
            data.batches(size, turns, seed)
        data_adapter.check_divisible(size * turns, turns, strategy.num_replicas_in_sync)
        return strategy, model

    def open_run(self, strategy):
        """Returns a `runs.Run` whose folder exists, and prints where it stands.

        Raises:
            ValueError: as `runs.Run`, and for an `export_dir` that cannot be created.
        """
        from trainers import devices, runs

        with command_line.flag_errors("out", "export_dir"):
            if devices.is_chief(strategy):
                files.check_folder(self.out, "out")
                files.check_folder(self.export_dir, "export_dir")
            run = runs.Run(
                self.out, self.settings, self.steps, self.resume, self.overwrite, strategy=strategy
            )
        if run.finished and run.is_chief:
            steps = run.figures["steps"]
            print(f"{self.out} is finished, {steps} steps are done: nothing is changed.")
            return run
        for path in run.damaged:
            print(f"{path} is corrupt: it is skipped.")
        if self.resume and run.is_chief:
            how = f"going on at step {run.done}" if run.done else "nothing yet, beginning"
            print(f"{self.out}: {how}.")
        return run

    def _batch(self, model):
        """(batch size, turns, seed)."""
        return self.settings["batch_size"], max(model.turns.values()), self.settings["seed"]


@dataclasses.dataclass(frozen=True)
class Trained:
    """A model after its training.

    Attributes:
        model: the model; None where the run was finished before.
        run: a `runs.Run`.
        job: a `TrainingJob`.
    """

    model: object
    run: object
    job: TrainingJob

    @property
    def is_new(self):
        """Whether this process has to score and export the model: it has trained it, and is the
        only worker or the chief."""
        return self.model is not None and self.run.is_chief

    @property
    def figures(self):
        """What metrics.json holds; None on workers but the chief, and before `finish`."""
        return self.run.figures if self.run.is_chief else None

    def finish(self, figures, export_name):
        """Exports the model, writes metrics.json and model.keras, and prints where they are.

        Args:
            figures: a JSON-able dict.
            export_name: the folder of the SavedModel's versions under `export_dir`.

        Returns:
            What was written to metrics.json.
        """
        from trainers import export

        version = export.next_version(self.job.export_dir / export_name)
        saved = str(export.save(self.model, version))
        figures = self.run.finish(self.model, figures | {"saved_model": saved})
        print(f"pictures, metrics.json, model.keras: {self.job.out}\nSavedModel: {saved}")
        return figures


def resume_flags(names, name, stage="", steps="steps"):
    """Sets flags that were not given to the settings of the run that --resume continues, and to the
    steps that it was to take.

    Workers do without: only the first of them has the folder.

    Args:
        names: of the flags that are settings.
        name, stage: as for `TrainingJob.from_flags`.
        steps: name of the flag of the steps of that stage.
    """
    if not FLAGS.resume or FLAGS.workers or "TF_CONFIG" in os.environ:
        return
    earlier = earlier_settings(command_line.output_folder("out", f"runs/{name}") / stage)
    for flag, setting in (*((name, name) for name in names), (steps, "steps")):
        if setting in earlier and not FLAGS[flag].present:
            FLAGS[flag].value = earlier[setting]


def earlier_settings(out):
    """Returns the settings of the run in a folder, a dict; {} where there is none."""
    return files.read_json(Path(out) / "settings.json") or {}


def with_absolute_paths(settings, earlier):
    """Returns settings in which files and folders are absolute, so that a run can be used from
    every folder. Paths that a run began with stay as they are.

    Args:
        settings: a dict.
        earlier: the settings that the run began with.

    Example:
        >>> with_absolute_paths({"dataset": "digits", "style": None}, {})
        {'dataset': 'digits', 'style': None}
        >>> Path("scans").mkdir()
        >>> Path(with_absolute_paths({"dataset": "scans"}, {})["dataset"]).is_absolute()
        True
    """
    from trainers import datasets

    found = dict(settings)
    for name in set(PATHS) & set(settings):
        value = settings[name]
        is_name = value is None or (name == "dataset" and value in datasets.list_datasets())
        if not is_name and value != earlier.get(name) and files.expanded(value).exists():
            found[name] = os.path.abspath(files.expanded(value))
    return found


def chosen_arguments(out=None):
    """Returns the text of --set, and of the run that is resumed where the flag is not given; "" for
    nothing.

    Args:
        out: the folder of the run that is resumed, or of its stages; None for a new run.

    Raises:
        ValueError: for a --set that cannot be read, or is not that of the run.
    """
    chosen = model_arguments.text_of(model_arguments.parse(FLAGS["set"].value or []))
    stages = [] if out is None else [out, *sorted(path.parent for path in out.glob("*/losses.csv"))]
    runs = [found for stage in stages if (found := earlier_settings(stage))]
    if not runs:
        return chosen
    recorded = runs[0].get("set", "")
    if chosen not in ("", recorded):
        raise ValueError(
            f"--set: should be {recorded or 'left out'}, as the run in {out} has it. "
            f"Received: {chosen}"
        )
    return recorded


def values_of(names):
    """Returns a dict of the values of flags."""
    return {name: FLAGS[name].value for name in names}
