"""Trains a GAN on images, draws samples, scores them, and exports the generator.

    python -m applications.image_synthesis                       # DCGAN on real handwritten digits
    python -m applications.image_synthesis --model=r3gan --recipe=modern --steps=15000
    python -m applications.image_synthesis --resume --steps=9000   # goes on where it was
    python -m applications.image_synthesis --dataset=~/photos --image_size=32    # your own images
    python -m applications.image_synthesis --model=r3gan --recipe=modern --set=gamma=.7,rate=1e-4

Under --out it writes samples.png (rows by class, in the order they were drawn, none picked),
nearest.png (samples and the training images that are most like them), interpolation.png (along
great circles between latents), progress.gif, loss.png, tensorboard/, metrics.json and model.keras;
under --export_dir a SavedModel for TF Serving, MODEL_DATASET/VERSION. A finished run is used
without training:

    python -m applications.image_synthesis --out=runs/dcgan_digits --sample=100 --seed=7
    python -m applications.image_synthesis --out=runs/dcgan_digits --interpolate=8 --seed=7
    python -m applications.image_synthesis --out=runs/cgan_digits --sample=9 --labels=3,7
    python -m applications.image_synthesis --out=runs/cgan_digits --grid=8
    python -m applications.image_synthesis --out=runs/dcgan_digits --evaluate

write under --out drawn/7/00000.png … and samples.npz, samples-7.png (the first of them),
interpolation-7.png, attributes-0.png (a row for each class, and each code of InfoGAN, of the same
latents), and print scores. --truncation draws more typical samples.
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
USES = {  # what to do with a finished run -> flags that it uses, beside the settings of the run
    "sample": ("labels", "truncation", "data_dir"),
    "interpolate": (),
    "grid": (),
    "evaluate": ("features", "data_dir"),
}
N_PATHS = 8  # rows of interpolation.png


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
        "Features that are compared; auto: of the dataset's classifier, where there is one.",
    )
    flags.DEFINE_integer(
        "sample", None, "Number of samples to draw from a finished run.", lower_bound=1
    )
    flags.DEFINE_integer(
        "interpolate", None, "Number of interpolations to draw from a finished run.", lower_bound=1
    )
    flags.DEFINE_integer("grid", None, "Number of latents to draw as each class.", lower_bound=1)
    flags.DEFINE_list(
        "labels", None, "Classes of the samples of --sample, in turn: numbers or names."
    )
    flags.DEFINE_float(
        "truncation", 1.0, "Scale of the latents of --sample around their mean.", 0.0, 1.0
    )
    flags.DEFINE_bool("evaluate", False, "Score a finished run again.")


def main():
    """Reads the flags and does the job."""
    name = f"{FLAGS.model}_{Path(FLAGS.dataset).stem}"
    training_job.resume_flags(SETTINGS, name)
    job = training_job.TrainingJob.from_flags(SETTINGS, name)
    if (FLAGS.labels or FLAGS.truncation != 1.0) and not FLAGS.sample:
        raise ValueError("--labels and --truncation should be given with --sample=HOW_MANY.")
    actions = [name for name in USES if FLAGS[name].value]
    if actions:
        used = {flag for name in actions for flag in (name, *USES[name])}
        flag_sets.reject_unused_flags(" ".join(f"--{name}" for name in actions), *SETTINGS, *used)
        given = {name: FLAGS[name].value for name in SETTINGS if FLAGS[name].present}
        given = training_job.with_absolute_paths(given, training_job.earlier_settings(job.out))
        given |= {"set": chosen} if (chosen := training_job.chosen_arguments()) else {}
        names = ("sample", "interpolate", "grid", "labels", "truncation", "evaluate")
        names += ("features", "device", "data_dir", "overwrite")
        seed = given.get("seed")
        use_finished_run(job.out, given, seed=seed, **training_job.values_of(names))
        return
    with command_line.when_stopped(job.stopped_advice):
        synthesize(job, FLAGS.features)


def synthesize(job, features="auto"):
    """Trains, shows, scores and exports one model.

    Args:
        job: a `TrainingJob` with the `SETTINGS`.
        features: as the flag.

    Returns:
        What was written to metrics.json; None on workers but the chief.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    import zoo
    from trainers import metrics
    from trainers.imaging import samples
    from trainers.tasks import image_synthesis as task

    settings, seed = job.settings, job.settings["seed"]
    with command_line.flag_errors("model"):
        family = zoo.family(settings["model"])
    labels = "classes" in inspect.signature(family).parameters
    with command_line.flag_errors("dataset"):
        data = task.ImageData.of(settings["dataset"], settings["image_size"], job.data_dir, labels)
    with command_line.flag_errors("features"):
        name = task.evaluator_name(data, features)
    if name:
        metrics.evaluator(name)  # refuses an evaluator that is not available before the training

    def build(data):
        with command_line.flag_errors("model"):
            if labels and data.info.classes is None:
                raise ValueError(
                    f"{settings['model']} is conditioned on class labels. "
                    f"{data.info.name} has no labels."
                )
        return job.create_model(**data.model_kwargs)

    def grid(model):
        latents = samples.fixed_latents(model, 5 * samples.COLUMNS, seed)
        return lambda model, step: samples.sample_grid(model, latents, step)

    trained = job.train(data, build, grid=grid)
    if not trained.is_new:
        return trained.figures
    model = trained.model
    real = {role: data.images(role) for role in ("train", "held_out")}
    fake = model.generate(len(real["held_out"]), seed=seed)
    figures = task.scores(data, real, fake, features, seed)
    show(job.out, model, data, real, fake, seed)
    report(figures)
    figures = trained.finish(figures, f"{model.family}_{data.info.name}")
    print(f"{figures['steps']:,} steps in {figures['seconds']} s", end=", ")
    print(f"{figures['images_per_second']:,} images/s")
    return figures


def use_finished_run(
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
        given: settings that the run is expected to have.
        sample: how many images to draw, into `out`/drawn/SEED and `out`/samples-SEED.png, or None.
        interpolate: how many paths to draw, into `out`/interpolation-SEED.png, or None.
        grid: how many latents to draw as each class, into `out`/attributes-SEED.png, or None.
        labels: class numbers or names of the images of `sample`, in turn, or None.
        truncation: of the images of `sample`, see `generate`.
        evaluate: whether to score; with the seed of the run the figures are those of the run.
        seed: of what is drawn; by default that of the run.
        features, device, data_dir, overwrite: as the flags.

    Returns:
        The figures, as in metrics.json, when `evaluate`; else None.

    Raises:
        ValueError: there is no finished run in `out`, or it has other settings.
    """
    import zoo  # noqa: F401 (the classes that are loaded)
    from trainers import devices, files, runs
    from trainers.imaging import grids, samples
    from trainers.tasks import image_synthesis as task

    with command_line.flag_errors("out", folder="out"):
        settings = runs.load_settings(out, SETTINGS)
    others = {k: v for k, v in (given or {}).items() if k != "seed" and settings.get(k) != v}
    if others:
        has = ", ".join(f"--{name}={settings.get(name)}" for name in others)
        raise ValueError(f"{out} holds a run with other settings. It has {has}.")
    seed = settings["seed"] if seed is None else seed
    drawn, overview = out / "drawn" / str(seed), out / f"samples-{seed}.png"
    paths, classes = out / f"interpolation-{seed}.png", out / f"attributes-{seed}.png"
    results = [drawn, overview] * bool(sample) + [paths] * bool(interpolate)
    for path in results + [classes] * bool(grid):
        if path.exists() and not overwrite:
            raise ValueError(f"{path} exists already. Replace it with --overwrite.")
    devices.strategy(device)
    model = runs.load_model(out)
    title = f"{type(model).__name__}, {Path(settings['dataset']).stem}"
    if sample:
        condition = {}
        if labels:
            names = () if _are_numbers(labels) else dataset_class_names(settings, data_dir)
            condition = label_conditions(model, labels, sample, names)
        with command_line.flag_errors("labels", "truncation", "seed"):
            images = model.generate(sample, seed=seed, truncation=truncation, **condition)
        shutil.rmtree(drawn, ignore_errors=True)
        with files.atomic_path(drawn) as folder:
            samples.write(images, folder)
        with files.atomic_path(overview) as draft:
            samples.overview(images, f"{title}, seed {seed}").save(draft)
        print(f"{sample} images, and samples.npz: {drawn}; an overview: {overview}")
    if interpolate:
        with files.atomic_path(paths) as draft:
            rows = samples.interpolations(model, seed, interpolate)
            grids.grid(rows, title=f"{title}: interpolations of latents, seed {seed}").save(draft)
        print(f"{interpolate} paths: {paths}")
    if grid:
        with command_line.flag_errors("grid"):
            rows, names = samples.attribute_grid(model, seed, grid)
        with files.atomic_path(classes) as draft:
            grids.grid(rows, names, f"{title}: the same latents in each row").save(draft)
        print(f"{grid} latents as each class: {classes}")
    if not evaluate:
        return None
    with command_line.flag_errors("dataset"):
        data = task.ImageData.of(settings["dataset"], settings["image_size"], data_dir)
    real = {role: data.images(role) for role in ("train", "held_out")}
    fake = model.generate(len(real["held_out"]), seed=seed)
    with command_line.flag_errors("features"):
        task.evaluator_name(data, features)
    figures = task.scores(data, real, fake, features, seed)
    report(figures)
    return figures


def label_conditions(model, labels, n, class_names=()):
    """Returns the argument of `generate` with which n images have these classes in turn.

    Args:
        model: a model.
        labels: class numbers or names.
        n: number of images.
        class_names: the names of the classes.

    Raises:
        ValueError: for labels that are neither, and a model that is not conditioned on classes.
    """
    from trainers.imaging import samples

    with command_line.flag_errors("labels"):
        known = {name: number for number, name in enumerate(class_names)}
        numbers = [label if _are_numbers([label]) else known.get(label) for label in labels]
        if None in numbers:
            names = f", or names: {', '.join(class_names)}" if class_names else ""
            raise ValueError(
                f"should be class numbers, such as 3,7{names}. Received: {','.join(labels)}"
            )
        return {samples.label_argument(model): np.resize(np.array(numbers, int), n)}


def dataset_class_names(settings, data_dir=None):
    """Returns the names of the classes of a run's dataset; () where they have none."""
    from trainers import datasets

    with command_line.flag_errors("dataset"):
        return datasets.info(settings["dataset"], settings["image_size"], data_dir).class_names


def _are_numbers(labels):
    return all(str(label).isdecimal() for label in labels)


def report(figures):
    """Prints the scores of samples, compared with baselines and with real images.

    Example:
        >>> report({"memorisation": {"ratio": 0.0, "alarm": True}})
              scores none: there is no evaluator of such images; see --features
        memorisation  0.000 (below 0.8: copies): samples are copies of training images
    """
    from trainers import metrics
    from trainers.tasks import image_synthesis as task

    compared = figures.get("scores")
    if compared is None:
        print("      scores none: there is no evaluator of such images; see --features")
    else:
        print(metrics.Protocol(**compared["protocol"]))
        real = figures["references"]["other_half"]
        for figure in ("frechet", "precision", "recall", "coverage"):
            print(f"{figure:>12} {compared[figure]:6.4g} {_compared(figures, figure)}", end="")
            print(f"; real images have {real[figure]:.4g}")
    if "verdicts" in figures:
        missing = [k for k, n in enumerate(compared["classes"]) if not n]
        print(f"     classes {f'missing: {missing}' if missing else 'all there'}")
    found = figures["memorisation"]
    if found["ratio"] is None:
        print("memorisation none: most held-out images are copies of training images")
        return
    verdict = "samples are copies of training images" if found["alarm"] else "no sign of copying"
    print(f"memorisation {found['ratio']:6.3f} (below {task.COPY_RATIO}: copies): {verdict}")


def _compared(figures, figure):
    if "verdicts" not in figures:
        return "compared with no baseline"
    found = figures["verdicts"][figure]
    best = f"{found['sampler']} ({found['baseline']:.4g})"
    return f"{found['verdict']} the best baseline, {best}"


def show(out, model, data, real, fake, seed):
    """Writes samples.png, nearest.png, interpolation.png, progress.gif and loss.png."""
    from trainers import metrics
    from trainers.imaging import grids, samples
    from trainers.runs import loss_log
    from trainers.tasks import image_synthesis as task

    columns, title = samples.COLUMNS, f"{type(model).__name__}, {data.info.name}"
    if len(fake) < columns**2:  # as many as a small dataset holds out
        fake = model.generate(columns**2, seed=seed)
    evaluator = task.evaluator_name(data, "auto")
    if evaluator is not None and data.info.classes:
        count = data.info.classes
        rows = grids.by_class(fake, metrics.evaluator(evaluator).classify(fake), count, columns)
        names = data.info.class_names or range(count)
        caption = f"the first {columns} of {len(fake)} samples classified as each class"
    else:
        rows, names, caption = grids.split_rows(fake[: columns**2], columns), None, "samples"
    grids.grid(rows, names, f"{title}: {caption}").save(out / "samples.png")
    samples.nearest_training_grid(real["train"], fake, title).save(out / "nearest.png")
    paths = samples.interpolations(model, seed, N_PATHS)
    paths = grids.grid(paths, title=f"{title}: interpolations of latents")
    paths.save(out / "interpolation.png")
    grids.save_gif(sorted((out / "frames").glob("[0-9]*.png")), out / "progress.gif")
    loss_log.plot_losses(out, title)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
