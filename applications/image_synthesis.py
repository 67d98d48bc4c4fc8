"""Trains a GAN on images, shows what it draws, scores it, and exports it.

    python -m applications.image_synthesis                       # DCGAN on real handwritten digits
    python -m applications.image_synthesis --model=r3gan --recipe=modern --steps=15000
    python -m applications.image_synthesis --resume --steps=9000   # goes on where it was

Under --out it writes samples.png (rows by class, in the order they were drawn, none picked),
progress.gif, interpolation.png (along great circles between latents), loss.png, metrics.json and
model.keras; under --export_dir a SavedModel for TF Serving, MODEL_DATASET/VERSION.
"""

import dataclasses
import inspect
from pathlib import Path

import numpy as np
from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
SETTINGS = ("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision")
COLUMNS = 12  # images in a row of a picture


def define_flags():
    """Defines the flags of this script."""
    command_line.define(model="dcgan", dataset="digits", steps=5000, batch_size=64)
    flags.adopt_module_key_flags(command_line)
    flags.DEFINE_enum("recipe", "paper", ["paper", "modern"], "The paper's training, or today's.")
    flags.DEFINE_enum("scale", "small", ["paper", "small"], "The paper's networks, or small ones.")
    flags.DEFINE_integer("image_size", None, "Side to resize to; else as stored.", lower_bound=4)
    flags.DEFINE_string("export_dir", None, "Folder of SavedModels; by default OUT/saved_models.")


def main():
    """Reads the flags and does the job."""
    out = Path(FLAGS.out or f"runs/{FLAGS.model}_{FLAGS.dataset}")
    settings = {name: FLAGS[name].value for name in SETTINGS}
    places = {"out": out, "export_dir": Path(FLAGS.export_dir or out / "saved_models")}
    how = ("device", "workers", "worker", "data_dir", "resume", "overwrite")
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
):
    """Trains, shows, scores and exports one model.

    Args:
        settings: a dict of the `SETTINGS`, each as the flag of that name.
        steps: train steps in all.
        out, export_dir: folders.
        device, workers, worker, data_dir, resume, overwrite: as the flags.

    Returns:
        What was written to metrics.json; None on workers but the first, which write nothing.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    from trainers import datasets

    with command_line.flag("dataset"):
        world = datasets.info(settings["dataset"])
        if len(world.shape) != 3:
            raise ValueError(f"The dataset should hold images. {world.name} holds points.")
    if settings["image_size"]:
        size = settings["image_size"]
        world = dataclasses.replace(world, shape=(size, size, world.shape[2]))
    halves = "half_a" in world.splits
    train_split, held_out = ("half_a", "half_b") if halves else ("train", "test")

    from trainers import batches, devices, export, files, training  # from here on it takes seconds

    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    with strategy.scope():
        model = build(settings, world, steps)

    turns = max(model.turns.values())
    batch_size, seed = settings["batch_size"], settings["seed"]

    def load(start=(0, 0)):
        conditional = len(model.batch_format()) > 1
        return datasets.load(
            world.name,
            train_split,
            batch_size,
            turns,
            labels=conditional,
            image_size=settings["image_size"],
            data_dir=data_dir,
            seed=seed,
            start=start,
        )

    load()  # refuses what cannot be loaded before anything is written
    batches.check_deal(batch_size * turns, turns, strategy.num_replicas_in_sync)
    if out not in export_dir.parents and devices.is_first(strategy):
        files.make_folder(export_dir, "export_dir")
    run = training.Run(out, settings, steps, resume, overwrite, strategy)
    if run.finished:
        figures = run.figures if run.writes else None
        if figures:
            print(f"{out} is finished, {figures['steps']} steps are done: nothing is changed.")
        return figures
    for path in run.damaged:
        print(f"{path} is damaged: it is passed over.")
    if resume and run.writes:
        print(f"{out}: {f'going on at step {run.done}' if run.done else 'nothing yet, beginning'}.")
    model.compile(settings["recipe"], steps, **training.fast_options(model, run.stride))
    latents = draw(model, 5 * COLUMNS, seed)
    in_epoch = world.splits[train_split] // (batch_size * turns)
    run.train(model, load, in_epoch, lambda model, step: frame(model, latents, step))
    if not run.writes:
        return None

    splits = {"train": train_split, "held_out": held_out}
    real = {
        role: datasets.arrays(world.name, split, settings["image_size"], data_dir)
        for role, split in splits.items()
    }
    n = len(real["held_out"][0])
    fake = model.generate(n, seed=seed)
    show(out, model, world, fake, seed)
    scores = judge(model, world, real, fake)
    if scores:
        scores["scores"]["protocol"] |= {"splits": splits, "seed": seed}
    version = export.save(model, export.next_version(export_dir / f"{model.family}_{world.name}"))
    figures = run.finish(model, {**scores, "saved_model": str(version)})
    report(out, figures, world)
    return figures


def build(settings, world, steps):
    """The model of the settings for images like those of `world`, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    with command_line.flag("model"):
        family = zoo.family(settings["model"])
    sizes = {"image_shape": world.shape}
    if "classes" in inspect.signature(family).parameters:
        sizes["classes"] = world.classes
    return zoo.create(settings["model"], settings["recipe"], settings["scale"], steps, **sizes)


def draw(model, n, seed):
    """Inputs of the generator for n samples, always the same."""
    from trainers import noise

    with noise.stream(seed, label="pictures"):
        return model.draw(n)


def frame(model, inputs, step):
    """One picture of the film: what the inputs are made into after so many steps."""
    from trainers import pictures
    from trainers.adversarial import in_batches

    images = in_batches(model.averaged(), inputs)
    return pictures.grid(pictures.in_rows(images, COLUMNS), title=f"step {step:,}")


def show(out, model, world, fake, seed):
    """Writes samples.png, interpolation.png, progress.gif and loss.png."""
    from trainers import callbacks, metrics, pictures

    judged = has_evaluator(world)
    if judged:
        classes = metrics.evaluator(world.evaluator).classify(fake)
        rows = pictures.by_class(fake, classes, world.classes, COLUMNS)
        title = f"the first {COLUMNS} of {len(fake)} samples that look like each class"
    else:
        rows = pictures.in_rows(fake[: COLUMNS**2], COLUMNS)
        title = "samples"
    title = f"{type(model).__name__}, {world.name}: {title}"
    pictures.grid(rows, range(world.classes) if judged else None, title).save(out / "samples.png")
    pictures.grid(interpolations(model, seed)).save(out / "interpolation.png")
    pictures.film(sorted((out / "frames").glob("[0-9]*.png")), out / "progress.gif")
    log = callbacks.read_log(out / "losses.csv")
    steps = [row.pop("step") for row in log]
    losses = {name: [row[name] for row in log] for name in log[-1] if name != "seconds"}
    pictures.curves(steps, losses, out / "loss.png", f"{type(model).__name__}, {world.name}")


def interpolations(model, seed, paths=8):
    """Rows of images along great circles, each from one latent to another."""
    from keras import tree

    from trainers import pictures
    from trainers.adversarial import in_batches

    leaves = [np.asarray(leaf) for leaf in tree.flatten(draw(model, 2 * paths, seed))]
    rows, shown = [], model.averaged()
    for i in range(paths):
        latents = pictures.slerp(leaves[0][i], leaves[0][paths + i], COLUMNS)
        rest = [np.repeat(leaf[i : i + 1], COLUMNS, axis=0) for leaf in leaves[1:]]
        inputs = [latents, *rest] if rest else latents
        rows.append(in_batches(shown, inputs))
    return rows


def has_evaluator(world):
    """Whether there is a classifier that takes images of the world's size."""
    return world.evaluator is not None and not any(side % 8 for side in world.shape[:2])


def judge(model, world, real, fake):
    """Scores against held-out images, those of samplers that are no GANs, and what beats what."""
    from trainers import metrics

    if not has_evaluator(world):
        return {}
    evaluator = metrics.evaluator(world.evaluator)
    scores = metrics.score(real["held_out"][0], fake, evaluator)
    references = metrics.references(real["train"][0], real["held_out"][0], evaluator)
    return {
        "scores": scores,
        "verdicts": metrics.verdicts(scores, references),
        "references": references,
    }


def report(out, figures, world):
    """Says in a few lines what came out and where it lies."""
    for figure, verdict in figures.get("verdicts", {}).items():
        print(
            f"{figure.replace('_', ' '):>10} {verdict['value']:6.3f} {verdict['verdict']} the best "
            f"cheap sampler, {verdict['sampler']} ({verdict['baseline']:.3f}); "
            f"real {world.name} have {figures['references']['other_half'][figure]:.3f}"
        )
    if "scores" in figures:
        missing = [k for k, n in enumerate(figures["scores"]["classes"]) if not n]
        print(f"   classes {'all there' if not missing else f'missing: {missing}'}")
    speed = f"{figures['seconds']} s, {figures['images_per_second']:,} images/s"
    print(f"{figures['steps']:,} steps in {speed}")
    print(f"pictures, metrics.json, model.keras: {out}\nSavedModel: {figures['saved_model']}")


if __name__ == "__main__":
    command_line.run(define_flags, main)
