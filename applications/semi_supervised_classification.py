"""Trains a classifier on few labels and many images without one, and classifies images.

    python -m applications.semi_supervised_classification --labels_per_class=1      # digits
    python -m applications.semi_supervised_classification --model=aae --labels_per_class=5
    python -m applications.semi_supervised_classification --dataset=~/scans --image_size=32 …
    python -m applications.semi_supervised_classification --run=runs/demo --out=runs/read \
        --labels_per_class=10        # a linear SVM on features of a GAN that saw no label
    python -m applications.semi_supervised_classification --images=scans/ --out=sorted \
        --run=runs/semi_supervised_digits        # --skip_existing adds what is not sorted yet

Of the train split --labels_per_class samples of each class keep their label, chosen by --seed;
labels of the test split are used for scores only. A training writes classified.png (held-out images
by predicted class), reliability.png (accuracy by confidence), loss.png, metrics.json and
model.keras under --out, and a SavedModel that classifies under --export_dir. Accuracy is compared
with label spreading and with the same network trained on the labels only. With --images it writes
predictions.csv: the class of each image, and the probability of each class.
"""

import csv
import inspect
from pathlib import Path

from absl import flags

from applications.shared import flag_sets, image_files, image_names, training_job
from trainers import command_line, files

FLAGS = flags.FLAGS
SETTINGS = (
    *("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision"),
    "labels_per_class",
)
MODELS = ("semi_supervised", "aae")
PROBE_FLAGS = ("dataset", "labels_per_class", "seed", "data_dir")  # of an SVM on features
PROBE_RESULTS = ["metrics.json", "classified.png", "reliability.png"]  # of `probe`


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(
        model="semi_supervised", dataset="digits", steps=2000, batch_size=100
    )
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flag_sets.define_skip_existing()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_integer(
        "labels_per_class", 1, "Samples of each class that keep their label.", lower_bound=1
    )


def main():
    """Reads the flags and does the job."""
    if FLAGS.preset is None and FLAGS.run is None:
        with command_line.flag_errors("images"):
            if FLAGS.images is not None:
                raise ValueError("should be given with --preset or --run. Received: none of both.")
        flag_sets.reject_flags(["skip_existing"], "applies to --images. Add it.")
        name = f"{FLAGS.model}_{Path(FLAGS.dataset).stem}"
        training_job.resume_flags(SETTINGS, name)
        job = training_job.TrainingJob.from_flags(SETTINGS, name)
        with command_line.when_stopped(job.stopped_advice):
            train(job)
        return
    action, used = ("--preset and --run", ())
    if FLAGS.images is not None:
        action, used = "--images", ("images", "skip_existing")
    flag_sets.reject_unused_flags(action, *used, *PROBE_FLAGS)
    settings, out = training_job.values_of(SETTINGS), flag_sets.results_folder()
    table, known, unknown = out / "predictions.csv", [], None
    if FLAGS.images is None:
        flag_sets.reject_flags(["skip_existing"], "applies to --images. Add it.")
        flag_sets.check_not_existing([out / name for name in PROBE_RESULTS], FLAGS.overwrite)
    elif FLAGS.skip_existing:
        known = read_predictions(table)
        unknown = flag_sets.without_existing(
            named_images(), FLAGS.overwrite, True, {row["file"] for row in known}.__contains__
        )
        if not unknown:  # all are done
            return
    else:
        flag_sets.check_not_existing([table], FLAGS.overwrite, flag_sets.SKIP)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    if len(model.image_shape) != 3:
        raise ValueError(f"The model should take images. Received: a {type(model).__name__}.")
    if FLAGS.images is None:
        probe(model, settings, out, FLAGS.data_dir)
        return
    if hasattr(model, "classify"):
        why = f"should be given without a {type(model).__name__}, which classifies itself."
        flag_sets.reject_flags(PROBE_FLAGS, why)
    classify, classes = classifier_of(model, settings, FLAGS.run, FLAGS.data_dir)
    images, x, _ = image_files.load_images(
        FLAGS.images,
        model.image_shape,
        wanted=lambda image: unknown is None or image.printable_name in unknown,
    )
    if not images:  # the others have a prediction
        return
    names = [image.printable_name for image in images]
    write_predictions(table, names, classify(x), classes, known)
    print(f"{len(images)} images: {table}")


def load_data(settings, data_dir=None):
    """Returns the `LabelledData` of settings.

    Raises:
        ValueError: for settings that do not fit.
    """
    from trainers.tasks import semi_supervised as task  # imports TensorFlow

    with command_line.flag_errors("dataset", "labels_per_class"):
        return task.LabelledData.of(settings, data_dir)


def train(job):
    """Trains, scores and exports one classifier.

    Args:
        job: a `TrainingJob` with the `SETTINGS`. The same network is trained for as many steps on
            the labels only.

    Returns:
        What was written to metrics.json; None on workers but the chief.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    settings, size, seed = job.settings, job.settings["batch_size"], job.settings["seed"]
    with command_line.flag_errors("model"):
        if settings["model"] not in MODELS:
            raise ValueError(f"should be one of {', '.join(MODELS)}. Received: {settings['model']}")
    data, models = load_data(settings, job.data_dir), []
    from trainers import runs
    from trainers.runs import loss_log
    from trainers.tasks import semi_supervised as task

    def build(data):
        models.extend(create_model(job, data) for _ in range(2))  # both in the scope of the devices
        return models[0]

    trained = job.train(data, build)
    if trained.model is None:
        return trained.figures
    model, supervised = models
    if trained.is_new:
        print("The same network on the labels only …", flush=True)
    fast, changes = (
        runs.fast_options(supervised, job.steps),
        task.SUPERVISED_ONLY[settings["model"]],
    )
    turns = max(supervised.turns.values())
    job.compile(supervised, **fast, **changes)
    batches = data.batches(size, turns, seed)
    supervised.fit(batches, steps_per_epoch=job.steps, verbose=0)
    if not trained.is_new:
        return None
    references = {
        "label spreading": task.label_spreading_accuracy(data),
        "labels alone": task.accuracy(data, task.class_probabilities(supervised)(data.test)),
    }
    probabilities, title = task.class_probabilities(model)(data.test), type(model).__name__
    show(job.out, data, probabilities, title)
    loss_log.plot_losses(job.out, title)
    figures = task.scores(data, probabilities, references)
    report(figures)
    return trained.finish(figures, f"{model.family}_{data.info.name}")


def create_model(job, data):
    """Returns the model of the settings, compiled."""
    import zoo

    kwargs = data.model_kwargs
    if "categories" in inspect.signature(zoo.family(job.settings["model"])).parameters:
        kwargs |= {"categories": data.info.classes}
    return job.create_model(**kwargs)


def probe(model, settings, out, data_dir=None):
    """Fits a linear SVM to few labels, on features of a model that was trained without labels.

    Args:
        model: a trained model, of images as large as the dataset has or is resized to.
        settings: a dict with dataset, seed and labels_per_class.
        out: a folder for metrics.json, classified.png and reliability.png.
        data_dir: as the flag.

    Returns:
        What was written to metrics.json.

    Raises:
        ValueError: for data that do not fit.
    """
    data = load_data(settings | {"image_size": model.image_shape[0]}, data_dir)
    from trainers.tasks import semi_supervised as task

    if data.info.shape != model.image_shape:
        raise ValueError(
            f"--dataset: The images should be {model.image_shape}, as the model's. "
            f"Received: {data.info.shape}"
        )
    x, test = (images.reshape(len(images), -1) for images in (data.x, data.test))
    pixels = task.linear_svm(x, data.y, settings["seed"]).score(test, data.test_labels)
    references = {
        "label spreading": task.label_spreading_accuracy(data),
        "the SVM on pixels": float(pixels),
    }
    probabilities, name = task.linear_probe(model, data)(data.test), type(model).__name__
    show(out, data, probabilities, f"{name}, linear SVM")
    kept = {k: settings[k] for k in ("dataset", "seed", "labels_per_class")}
    figures = {"model": name, **kept, **task.scores(data, probabilities, references)}
    files.write_json(out / "metrics.json", figures)
    report(figures)
    print(f"pictures, metrics.json: {out}")
    return figures


def classifier_of(model, settings, run=None, data_dir=None):
    """Returns (a function from images to class probabilities, the names of the classes).

    A model that does not classify itself is read by an SVM on its features. The names are those in
    metrics.json of the run; without a run they are numbers.
    """
    from trainers.tasks import semi_supervised as task

    if not hasattr(model, "classify"):
        data = load_data(settings | {"image_size": model.image_shape[0]}, data_dir)
        return task.linear_probe(model, data), data.class_names
    known = files.read_json(files.expanded(run) / "metrics.json") if run else {}
    count = getattr(model, "categories", 0) or model.classes
    return task.class_probabilities(model), known.get("class_names", list(range(count)))


def report(figures):
    """Prints accuracy, compared with baselines, and calibration error."""
    compared = ", ".join(
        f"{figures['verdicts'][name]} {name} ({accuracy:.4g})"
        for name, accuracy in figures["references"].items()
    )
    print(f"   accuracy {figures['accuracy']:.4g} with {figures['labels']} labels: {compared}")
    print(f"calibration error {figures['calibration_error']:.3f}, 0 at best")


def show(out, data, probabilities, title):
    """Writes classified.png and reliability.png."""
    from trainers import metrics
    from trainers.imaging import grids, samples

    predicted, columns = probabilities.argmax(axis=1), samples.COLUMNS
    rows = grids.by_class(data.test, predicted, data.info.classes, columns)
    caption = f"{title}: the first {columns} held-out images classified as each class"
    with files.atomic_path(out / "classified.png") as draft:
        grids.grid(rows, data.class_names, caption).save(draft)
    confidence, accuracy, _ = metrics.reliability(probabilities, data.test_labels)
    with files.atomic_path(out / "reliability.png") as draft:
        lines = {"accuracy": accuracy, "perfectly calibrated": confidence}
        grids.plot_curves(confidence, lines, draft, title, ("confidence", "share"))


def named_images():
    """Returns the names of --images, as predictions.csv has them."""
    with command_line.flag_errors("images"):
        return [image.printable_name for image in image_names.list_images(FLAGS.images)]


def read_predictions(path):
    """Reads predictions.csv: a list of dicts, column -> text; [] without the file.

    Raises:
        ValueError: the file is no table of predictions.
    """
    if not path.exists():
        return []
    with command_line.flag_errors("out"):
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        except (csv.Error, ValueError) as error:
            raise ValueError(f"should hold a table of predictions. {path}: {error}") from None
        if any("file" not in row or None in row or None in row.values() for row in rows):
            raise ValueError(f"should hold a table of predictions. {path} is another or is cut.")
    return rows


def write_predictions(path, names, probabilities, classes, known=()):
    """Writes a CSV atomically: file, class, and the probability of each class.

    Args:
        path: of the CSV.
        names: n names of images, text.
        probabilities: (n, classes).
        classes: names of the classes.
        known: rows that come first, from `read_predictions`.

    Raises:
        ValueError: the rows of `known` are of other classes.

    Example:
        >>> import numpy as np
        >>> write_predictions(Path("found.csv"), ["a.png"], np.array([[0.25, 0.75]]), ["no", "yes"])
        >>> print(Path("found.csv").read_text())
        file,class,probability,no,yes
        a.png,yes,0.7500,0.2500,0.7500
        <BLANKLINE>
    """
    predicted, columns = probabilities.argmax(axis=1), ["file", "class", "probability", *classes]
    columns = list(map(str, columns))
    if known and list(known[0]) != columns:
        raise ValueError(f"--out: should be another folder: {path} has other classes.")
    with files.atomic_path(path) as draft, open(draft, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([columns, *(row.values() for row in known)])
        for name, k, row in zip(names, predicted, probabilities, strict=True):
            writer.writerow([name, classes[k], *(f"{value:.4f}" for value in (row[k], *row))])


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
