"""Trains a classifier on few labels and many images without one, and sorts images with it.

    python -m applications.semi_supervised_classification --labels_per_class=1      # digits
    python -m applications.semi_supervised_classification --model=aae --labels_per_class=5
    python -m applications.semi_supervised_classification --dataset=~/scans --image_size=32 …
    python -m applications.semi_supervised_classification --run=runs/demo --out=runs/read \
        --labels_per_class=10        # a linear SVM on what a GAN has learned without any label
    python -m applications.semi_supervised_classification --images=scans/ --out=sorted \
        --run=runs/semi_supervised_digits

Of the dataset's train split as many samples of each class keep their label, drawn by --seed; labels
of the test split only score. A training writes classified.png (held-out images by the class found),
reliability.png (how often answers are right, by how sure they are), loss.png, metrics.json and
model.keras under --out, and a SavedModel that classifies under --export_dir. The accuracy stands
beside label spreading and the same network trained on the labels alone. With --images it writes
predictions.csv: the class of each image, and how probable each is.
"""

import csv
import inspect
from pathlib import Path

import numpy as np
from absl import flags

from applications.shared import flag_sets, image_files, training_job
from trainers import command_line, files

FLAGS = flags.FLAGS
SETTINGS = (
    *("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision"),
    "labels_per_class",
)
MODELS = ("semi_supervised", "aae")


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(
        model="semi_supervised", dataset="digits", steps=2000, batch_size=100
    )
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_integer("labels_per_class", 1, "Labels that are kept.", lower_bound=1)


def main():
    """Reads the flags and does the job."""
    settings = {name: FLAGS[name].value for name in SETTINGS}
    if FLAGS.preset is None and FLAGS.run is None:
        with command_line.flag_errors("images"):
            if FLAGS.images is not None:
                raise ValueError("should be given with --preset or --run. Received: none of both.")
        name = f"{FLAGS.model}_{Path(FLAGS.dataset).stem}"
        out = Path(FLAGS.out or f"runs/{name}").expanduser()
        how = ("device", "workers", "worker", "data_dir", "resume", "overwrite")
        export_dir = flag_sets.export_dir_of(out)
        learn(settings, FLAGS.steps, out, export_dir, **{k: FLAGS[k].value for k in how})
        return
    with command_line.flag_errors("out"):
        if FLAGS.out is None:
            raise ValueError("should name a folder for the results. Received: nothing.")
    out = Path(FLAGS.out).expanduser()
    names = READ if FLAGS.images is None else ["predictions.csv"]
    flag_sets.check_not_existing([out / name for name in names], FLAGS.overwrite)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    if len(model.image_shape) != 3:
        raise ValueError(f"The model should see images. Received: a {type(model).__name__}.")
    if FLAGS.images is None:
        files.ensure_folder(out, "out")
        read(model, settings, out, FLAGS.data_dir)
        return
    classify, classes = classifier_of(model, settings, FLAGS.run, FLAGS.data_dir)
    paths, x, _ = image_files.load_images(FLAGS.images, model.image_shape)
    files.ensure_folder(out, "out")
    write_predictions(out / "predictions.csv", paths, classify(x), classes)
    print(f"{len(paths)} images: {out / 'predictions.csv'}")


READ = ["metrics.json", "classified.png", "reliability.png"]  # what reading a model writes


def learn(
    settings,
    steps,
    out,
    export_dir,
    device="auto",
    workers=None,
    worker=0,
    data_dir=None,
    resume=False,
    overwrite=False,
):
    """Trains, scores and exports one classifier.

    Args:
        settings: a dict of the `SETTINGS`, each as the flag of that name.
        steps: train steps in all; as many again for the same network on the labels alone.
        out, export_dir: folders.
        device, workers, worker, data_dir, resume, overwrite: as the flags.

    Returns:
        What was written to metrics.json; None on workers but the first, which write nothing.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    with command_line.flag_errors("model"):
        if settings["model"] not in MODELS:
            raise ValueError(f"should be one of {', '.join(MODELS)}. Received: {settings['model']}")
    with command_line.flag_errors("batch_size"):
        if settings["batch_size"] % 2:
            raise ValueError(
                "should be even, since half of a batch is labelled. "
                f"Received: {settings['batch_size']}"
            )
    from trainers.tasks import semi_supervised  # brings TensorFlow

    data = semi_supervised.LabelledData.of(settings, data_dir)

    from trainers import devices, export, runs
    from trainers.engine import data_adapter
    from trainers.runs import loss_log

    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    with strategy.scope():
        model, alone = build(settings, data.info, steps), build(settings, data.info, steps)
    turns = max(model.turns.values())
    data.stream(turns)  # refuses what cannot be loaded before anything is written
    data_adapter.check_divisible(
        settings["batch_size"] * turns, turns, strategy.num_replicas_in_sync
    )
    run = training_job.open_run(out, export_dir, settings, steps, resume, overwrite, strategy)
    if run.finished:
        return run.figures if run.is_chief else None
    recipe = settings["recipe"]
    model.compile(recipe, steps, **runs.fast_options(model, run.stride))
    run.train(model, lambda start: data.stream(turns, start), data.in_epoch(turns))
    if run.is_chief:
        print("The same network on the labels alone …", flush=True)
    fast = runs.fast_options(alone, steps)
    alone.compile(recipe, steps, **fast, **semi_supervised.SUPERVISED_ONLY[settings["model"]])
    alone.fit(data.stream(turns), steps_per_epoch=steps, verbose=0)
    if not run.is_chief:
        return None
    beside = (
        semi_supervised.class_probabilities(alone)(data.test).argmax(axis=1) == data.test_labels
    )
    references = {
        "label spreading": semi_supervised.label_spreading_accuracy(data),
        "labels alone": float(np.mean(beside)),
    }
    probabilities = semi_supervised.class_probabilities(model)(data.test)
    show(out, data, probabilities, type(model).__name__)
    loss_log.plot_losses(out, type(model).__name__)
    version = export.save(
        model, export.next_version(export_dir / f"{model.family}_{data.info.name}")
    )
    found = judged(data, probabilities, references)
    figures = run.finish(model, found | {"saved_model": str(version)})
    report(figures)
    print(f"pictures, metrics.json, model.keras: {out}\nSavedModel: {version}")
    return figures


def build(settings, info, steps):
    """A model of the settings for images like those of `info`, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    name, sizes = settings["model"], {"image_shape": info.shape, "classes": info.classes}
    if "categories" in inspect.signature(zoo.family(name)).parameters:
        sizes["categories"] = info.classes
    return zoo.create(name, settings["recipe"], settings["scale"], steps, **sizes)


def read(model, settings, out, data_dir=None):
    """Fits a linear SVM to few labels, by the features of a model that saw none of them.

    Args:
        model: a trained one, of images as the dataset has or is brought to.
        settings: a dict with dataset, seed and labels_per_class.
        out: a folder for metrics.json, classified.png and reliability.png.
        data_dir: as the flag.

    Returns:
        What was written to metrics.json.

    Raises:
        ValueError: for data that do not fit.
    """
    from trainers.tasks import semi_supervised

    data = semi_supervised.LabelledData.of(
        settings | {"image_size": model.image_shape[0]}, data_dir
    )
    if data.info.shape != model.image_shape:
        raise ValueError(
            f"--dataset: The images should be {model.image_shape}, as the model's. "
            f"Received: {data.info.shape}"
        )
    seen, test = (x.reshape(len(x), -1) for x in (data.x, data.test))
    pixels = semi_supervised.linear_svm(seen, data.y, settings["seed"]).score(
        test, data.test_labels
    )
    best = semi_supervised.label_spreading_accuracy(data)
    references = {"label spreading": best, "the SVM on pixels": float(pixels)}
    probabilities = semi_supervised.linear_probe(model, data)(data.test)
    name = type(model).__name__
    show(out, data, probabilities, f"{name}, linear SVM")
    kept = {k: settings[k] for k in ("dataset", "seed", "labels_per_class")}
    figures = {"model": name, **kept, **judged(data, probabilities, references)}
    files.write_json(out / "metrics.json", figures)
    report(figures)
    print(f"pictures, metrics.json: {out}")
    return figures


def classifier_of(model, settings, run=None, data_dir=None):
    """(a function from images to class probabilities, the names of the classes): of a model that
    classifies by itself, of any other by an SVM on its features. Without the folder of a run that
    knows them the names are numbers."""
    from trainers.tasks import semi_supervised

    if not hasattr(model, "classify"):
        data = semi_supervised.LabelledData.of(
            settings | {"image_size": model.image_shape[0]}, data_dir
        )
        return semi_supervised.linear_probe(model, data), class_names(data.info)
    known = files.read_json(Path(run).expanduser() / "metrics.json") if run else {}
    count = getattr(model, "categories", 0) or model.classes
    return semi_supervised.class_probabilities(model), known.get("class_names", list(range(count)))


def class_names(info):
    """What the classes of a dataset are called."""
    return [str(name) for name in info.class_names or range(info.classes)]


def judged(data, probabilities, references):
    """Figures of answers to the held-out images, and of cheap methods beside them.

    Args:
        data: a `semi_supervised.LabelledData`.
        probabilities: (n, classes).
        references: name -> accuracy.
    """
    from trainers import metrics

    right = probabilities.argmax(axis=1) == data.test_labels
    accuracy = float(np.mean(right))
    return {
        "labels": len(data.y),
        "class_names": class_names(data.info),
        "accuracy": accuracy,
        "calibration_error": metrics.calibration_error(probabilities, data.test_labels),
        "references": references,
        "verdicts": {
            name: "beats" if accuracy > other else "loses to" for name, other in references.items()
        },
    }


def report(figures):
    """Says in two lines how good the answers are, and compared with what."""
    beside = ", ".join(
        f"{figures['verdicts'][name]} {name} ({accuracy:.3f})"
        for name, accuracy in figures["references"].items()
    )
    print(f"   accuracy {figures['accuracy']:.3f} with {figures['labels']} labels: {beside}")
    print(f"calibration {figures['calibration_error']:.3f}: how far confidence is off, 0 at best")


def show(out, data, probabilities, title):
    """Writes classified.png and reliability.png."""
    from trainers import metrics
    from trainers.imaging import grids, samples

    found, columns = probabilities.argmax(axis=1), samples.COLUMNS
    rows = grids.by_class(data.test, found, data.info.classes, columns)
    shown = f"{title}: the first {columns} held-out images taken for each class"
    with files.atomic_path(out / "classified.png") as draft:
        grids.grid(rows, class_names(data.info), shown).save(draft)
    confidence, accuracy, _ = metrics.reliability(probabilities, data.test_labels)
    with files.atomic_path(out / "reliability.png") as draft:
        lines = {"right answers": accuracy, "as sure as right": confidence}
        grids.plot_curves(confidence, lines, draft, title, ("confidence", "share"))


def write_predictions(path, files_named, probabilities, classes):
    """Writes a CSV: file, class, and the probability of each class, in one piece.

    Example:
        >>> write_predictions(Path("found.csv"), ["a.png"], np.array([[0.25, 0.75]]), ["no", "yes"])
        >>> print(Path("found.csv").read_text())
        file,class,probability,no,yes
        a.png,yes,0.7500,0.2500,0.7500
        <BLANKLINE>
    """
    found = probabilities.argmax(axis=1)
    with files.atomic_path(path) as draft, open(draft, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "class", "probability", *classes])
        for name, k, row in zip(files_named, found, probabilities, strict=True):
            writer.writerow([name, classes[k], *(f"{value:.4f}" for value in (row[k], *row))])


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
