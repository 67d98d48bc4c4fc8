"""Trains a GAN on images, shows what it draws, scores it, and exports it.

    python -m applications.image_synthesis                       # DCGAN on real handwritten digits
    python -m applications.image_synthesis --model=r3gan --recipe=modern --steps=15000
    python -m applications.image_synthesis --resume --steps=9000   # goes on where it was
    python -m applications.image_synthesis --dataset=~/photos --image_size=32    # your own images

Under --out it writes samples.png (rows by class, in the order they were drawn, none picked),
nearest.png (samples beside the training images that are most like them), interpolation.png (along
great circles between latents), progress.gif, loss.png, tensorboard/, metrics.json and model.keras;
under --export_dir a SavedModel for TF Serving, MODEL_DATASET/VERSION. A finished run is used
without training:

    python -m applications.image_synthesis --out=runs/dcgan_digits --sample=100 --seed=7
    python -m applications.image_synthesis --out=runs/dcgan_digits --interpolate=8 --seed=7
    python -m applications.image_synthesis --out=runs/cgan_digits --sample=9 --labels=3,7
    python -m applications.image_synthesis --out=runs/cgan_digits --grid=8
    python -m applications.image_synthesis --out=runs/dcgan_digits --evaluate

write drawn/7/00000.png … beside it and samples.npz, interpolation-7.png, attributes-0.png (a row
for each class, and each code of InfoGAN, of the same latents), and print its scores. --truncation
draws more typical samples.
"""

import inspect
import shutil
from pathlib import Path

import numpy as np
from absl import flags

from applications.shared import flag_sets, training_job
from trainers import command_line

FLAGS = flags.FLAGS
SETTINGS = ("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision")
PATHS = 8  # rows of interpolation.png


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="dcgan", dataset="digits", steps=5000, batch_size=64)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="paper")
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_enum(
        "features",
        "auto",
        ["auto", "digits", "inception", "none"],
        "Whose features are compared; auto: the data's own classifier, where there is one.",
    )
    flags.DEFINE_integer("sample", None, "Draw so many images of a finished run.", lower_bound=1)
    flags.DEFINE_integer("interpolate", None, "Draw so many paths of one.", lower_bound=1)
    flags.DEFINE_integer("grid", None, "Draw so many latents as each class.", lower_bound=1)
    flags.DEFINE_list("labels", None, "Classes of what --sample draws, in turn.")
    flags.DEFINE_float(
        "truncation", 1.0, "Of --sample: how far latents lie from their mean.", 0.0, 1.0
    )
    flags.DEFINE_bool("evaluate", False, "Score a finished run again.")


def main():
    """Reads the flags and does the job."""
    out = Path(FLAGS.out or f"runs/{FLAGS.model}_{Path(FLAGS.dataset).stem}").expanduser()
    if (FLAGS.labels or FLAGS.truncation != 1.0) and not FLAGS.sample:
        raise ValueError("--labels and --truncation should be given with --sample=HOW_MANY.")
    if FLAGS.sample or FLAGS.interpolate or FLAGS.grid or FLAGS.evaluate:
        given = {name: FLAGS[name].value for name in SETTINGS if FLAGS[name].present}
        what = ("sample", "interpolate", "grid", "labels", "truncation", "evaluate")
        what += ("features", "device", "data_dir", "overwrite")
        seed = given.get("seed")
        revisit(out, given, seed=seed, **{name: FLAGS[name].value for name in what})
        return
    settings = {name: FLAGS[name].value for name in SETTINGS}
    places = {"out": out, "export_dir": flag_sets.export_dir_of(out)}
    how = ("device", "workers", "worker", "data_dir", "resume", "overwrite", "features")
    synthesize(settings, FLAGS.steps, **places, **{name: FLAGS[name].value for name in how})


def synthesize(
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
    features="auto",
):
    """Trains, shows, scores and exports one model.

    Args:
        settings: a dict of the `SETTINGS`, each as the flag of that name.
        steps: train steps in all.
        out, export_dir: folders.
        device, workers, worker, data_dir, resume, overwrite, features: as the flags.

    Returns:
        What was written to metrics.json; None on workers but the first, which write nothing.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    from trainers import metrics
    from trainers.tasks import image_synthesis

    data = image_synthesis.Data.of(settings, data_dir)
    judge = image_synthesis.evaluator_name(data, features)
    if judge:
        metrics.evaluator(judge)  # refuses what cannot be had before anything is trained

    # From here on it takes seconds.
    from trainers import devices, export, runs
    from trainers.engine import data_adapter
    from trainers.imaging import samples

    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    with strategy.scope():
        model = build(settings, data.info, steps)
    turns = max(model.turns.values())
    conditional = len(model.batch_format()) > 1

    def load(start=(0, 0)):
        return data.stream(turns, conditional, start)

    load()  # refuses what cannot be loaded before anything is written
    data_adapter.check_divisible(
        settings["batch_size"] * turns, turns, strategy.num_replicas_in_sync
    )
    run = training_job.open_run(out, export_dir, settings, steps, resume, overwrite, strategy)
    if run.finished:
        return run.figures if run.is_chief else None
    model.compile(settings["recipe"], steps, **runs.fast_options(model, run.stride))
    latents = samples.fixed_latents(model, 5 * samples.COLUMNS, settings["seed"])
    in_epoch = data.info.splits[data.train] // (settings["batch_size"] * turns)
    run.train(model, load, in_epoch, lambda model, step: samples.sample_grid(model, latents, step))
    if not run.is_chief:
        return None

    real = {role: data.images(role) for role in ("train", "held_out")}
    fake = model.generate(len(real["held_out"]), seed=settings["seed"])
    show(out, model, data, real, np.nan_to_num(fake), settings["seed"])
    figures = image_synthesis.scores(data, real, fake, features, settings["seed"])
    name = f"{model.family}_{data.info.name}"
    version = export.save(model, export.next_version(export_dir / name))
    figures = run.finish(model, {**figures, "saved_model": str(version)})
    image_synthesis.report(figures)
    print(f"{figures['steps']:,} steps in {figures['seconds']} s", end=", ")
    print(f"{figures['images_per_second']:,} images/s")
    print(f"pictures, metrics.json, model.keras: {out}\nSavedModel: {figures['saved_model']}")
    return figures


def revisit(
    out,
    given=None,
    sample=None,
    interpolate=None,
    grid=None,
    labels=None,
    truncation=1.0,
    evaluate=False,
    seed=None,
    features="auto",
    device="auto",
    data_dir=None,
    overwrite=False,
):
    """Draws from a finished run, or scores it, without training.

    Args:
        out: the folder of the run.
        given: settings that the caller believes the run to have.
        sample: how many images to draw, into `out`/drawn/SEED, or None.
        interpolate: how many paths to draw, into `out`/interpolation-SEED.png, or None.
        grid: how many latents to draw as each class, into `out`/attributes-SEED.png, or None.
        labels: class numbers of the images of `sample`, in turn, or None.
        truncation: of these images, see `generate`.
        evaluate: whether to score; with the run's own seed this gives its own figures.
        seed: of what is drawn; by default the run's.
        features, device, data_dir, overwrite: as the flags.

    Returns:
        The figures, as in metrics.json, when `evaluate`; else None.

    Raises:
        ValueError: there is no finished run in `out`, or it has other settings.
    """
    import zoo  # noqa: F401 (the classes that are loaded)
    from trainers import devices, files, runs
    from trainers.imaging import grids, samples
    from trainers.tasks import image_synthesis

    settings = runs.load_settings(out)
    others = {k: v for k, v in (given or {}).items() if k != "seed" and settings.get(k) != v}
    if others:
        has = ", ".join(f"--{name}={settings.get(name)}" for name in others)
        raise ValueError(f"{out} holds a run with other settings. It has {has}.")
    seed = settings["seed"] if seed is None else seed
    drawn, paths = out / "drawn" / str(seed), out / f"interpolation-{seed}.png"
    classes = out / f"attributes-{seed}.png"
    for path in [drawn] * bool(sample) + [paths] * bool(interpolate) + [classes] * bool(grid):
        if path.exists() and not overwrite:
            raise ValueError(f"{path} is there already. Replace it with --overwrite.")
    devices.strategy(device)
    model = runs.load_model(out)
    if sample:
        told = conditions(model, labels, sample) if labels else {}
        with command_line.flag_errors("labels"):
            images = model.generate(sample, seed=seed, truncation=truncation, **told)
        shutil.rmtree(drawn, ignore_errors=True)
        with files.atomic_path(drawn) as folder:
            samples.write(images, folder)
        print(f"{sample} images, and samples.npz: {drawn}")
    if interpolate:
        with files.atomic_path(paths) as draft:
            grids.grid(samples.interpolations(model, seed, interpolate)).save(draft)
        print(f"{interpolate} paths: {paths}")
    if grid:
        with command_line.flag_errors("grid"):
            rows, names = samples.attribute_grid(model, seed, grid)
        with files.atomic_path(classes) as draft:
            grids.grid(rows, names).save(draft)
        print(f"{grid} latents as each class: {classes}")
    if not evaluate:
        return None
    data = image_synthesis.Data.of(settings, data_dir)
    real = {role: data.images(role) for role in ("train", "held_out")}
    fake = model.generate(len(real["held_out"]), seed=seed)
    figures = image_synthesis.scores(data, real, fake, features, seed)
    image_synthesis.report(figures)
    return figures


def conditions(model, labels, n):
    """What `generate` is told so that n images have these classes in turn.

    Raises:
        ValueError: for what are no numbers, and a model that is told no class.
    """
    from trainers.imaging import samples

    with command_line.flag_errors("labels"):
        if not all(str(label).isdecimal() for label in labels):
            raise ValueError(f"should be class numbers, such as 3,7. Received: {labels}")
        return {samples.label_argument(model): np.resize(np.array(labels, int), n)}


def build(settings, info, steps):
    """The model of the settings for images like those of `info`, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    with command_line.flag_errors("model"):
        family = zoo.family(settings["model"])
        sizes = {"image_shape": info.shape}
        if "classes" in inspect.signature(family).parameters:
            if info.classes is None:
                raise ValueError(
                    f"{settings['model']} is told the class of an image. {info.name} has no labels."
                )
            sizes["classes"] = info.classes
    return zoo.create(settings["model"], settings["recipe"], settings["scale"], steps, **sizes)


def show(out, model, data, real, fake, seed):
    """Writes samples.png, nearest.png, interpolation.png, progress.gif and loss.png."""
    from trainers import metrics
    from trainers.imaging import grids, samples
    from trainers.runs import loss_log
    from trainers.tasks import image_synthesis

    columns, title = samples.COLUMNS, f"{type(model).__name__}, {data.info.name}"
    judge = image_synthesis.evaluator_name(data, "auto")
    if judge is not None and data.info.classes:
        count = data.info.classes
        rows = grids.by_class(fake, metrics.evaluator(judge).classify(fake), count, columns)
        names = data.info.class_names or range(count)
        shown = f"the first {columns} of {len(fake)} samples that look like each class"
    else:
        rows, names, shown = grids.split_rows(fake[: columns**2], columns), None, "samples"
    grids.grid(rows, names, f"{title}: {shown}").save(out / "samples.png")
    samples.nearest_training_grid(real["train"], fake, title).save(out / "nearest.png")
    grids.grid(samples.interpolations(model, seed, PATHS)).save(out / "interpolation.png")
    grids.save_gif(sorted((out / "frames").glob("[0-9]*.png")), out / "progress.gif")
    loss_log.plot_losses(out, title)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
