"""Redraws photographs in the manner of a picture, draws textures, and makes pictures of pictures.

    python -m applications.style_transfer --style=brick.png --out=runs/brick    # learns a style
    python -m applications.style_transfer --run=runs/brick --images=photos/ --out=styled \
        --strength=0.7 --keep_colour
    python -m applications.style_transfer --preset=mgan_grass_photos --images=a.jpg --out=styled
    python -m applications.style_transfer --model=spatial_gan --style=moss.jpg --out=runs/moss
    python -m applications.style_transfer --run=runs/moss --size=600x800 --out=textures
    python -m applications.style_transfer --model=cyclegan --source=a/ --target=b/ --out=runs/a_b
    python -m applications.style_transfer --model=pix2pix --source=maps/ --target=photos/ …
    python -m applications.style_transfer --run=runs/a_b --images=a/ --out=made    # or --backwards

MGAN learns one style from the picture that --style names and the photographs of --dataset, and
redraws others of any size in a single pass; SpatialGAN draws the texture of --style, of any --size.
CycleGAN learns from two folders without pairs, pix2pix from two whose files have the same names;
both also take --dataset=solid2striped or edge2shape, worlds that need no files. A training writes
shown.png, loss.png, metrics.json and model.keras under --out, and a SavedModel under --export_dir;
figures stand beside those of cheap methods. --scale=small has the sizes and rates with which the
rows of docs/survey.md were measured.
"""

import re
import time
from pathlib import Path

import numpy as np
import tqdm
from absl import flags

from applications.shared import flag_sets, image_files, reporting, training_job
from trainers import command_line, files
from trainers.imaging import grids

FLAGS = flags.FLAGS
MODELS = ("mgan", "spatial_gan", "cyclegan", "pix2pix")
SETTINGS = (
    *("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision"),
    *("style", "source", "target"),
)
USING = ("images", "size", "count", "strength", "keep_colour", "backwards", "format")
TRAINING = (  # flags that a trained model does not take
    *("model", "dataset", "recipe", "scale", "steps", "batch_size", "image_size", "export_dir"),
    *("style", "source", "target", "resume", "precision", "data_dir", "workers", "worker"),
)
SIDE = 64  # of crops, unless --image_size says another
SHOWN = 192  # pixels of what before_after.png shows of each
SMALL = {  # sizes beside `small`, and what the paper's recipe is changed to
    "mgan": ({"patch_stages": 2}, 5e-4, {"generator_content": 20.0}),
    "spatial_gan": ({"width": 16, "stages": 4}, 5e-4, {}),
    "cyclegan": ({"width": 24, "stages": 2, "patch_stages": 2}, 5e-4, {}),
    "pix2pix": (
        {"width": 32, "stages": 4, "dropout": 0.0},
        {"discriminator": 2e-4, "generator": 2e-3},
        {},
    ),
}


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="mgan", dataset="photos", steps=1500, batch_size=8)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="paper")
    flag_sets.define_trained()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_string("style", None, "A picture whose manner is learned.")
    flags.DEFINE_string("source", None, "A folder of pictures of one kind.")
    flags.DEFINE_string("target", None, "And of another, which they are turned into.")
    flags.DEFINE_string("size", None, "Of a texture to draw, such as 600x800.")
    flags.DEFINE_integer("count", 1, "How many textures.", lower_bound=1)
    flags.DEFINE_float("strength", 1.0, "How much of the photograph is redrawn.", 0.0, 1.0)
    flags.DEFINE_bool("keep_colour", False, "Redraw the brightness only.")
    flags.DEFINE_bool("backwards", False, "Of CycleGAN: from --target to --source.")
    flags.DEFINE_enum("format", "png", ["png", "jpeg", "webp"], "Of the images that are written.")


def main():
    """Reads the flags and does the job."""
    if FLAGS.preset is None and FLAGS.run is None:
        flag_sets.reject_flags(USING, "should be given with --preset or --run. Received: neither.")
        settings = {name: FLAGS[name].value for name in SETTINGS}
        out = Path(FLAGS.out or f"runs/{FLAGS.model}_{named(settings)}").expanduser()
        how = ("device", "workers", "worker", "data_dir", "resume", "overwrite")
        export_dir = flag_sets.export_dir_of(out)
        learn(settings, FLAGS.steps, out, export_dir, **{k: FLAGS[k].value for k in how})
        return
    flag_sets.reject_flags(TRAINING, "is of a training, without --preset and --run.")
    if FLAGS.size is not None:
        flag_sets.reject_flags(["images"], "should be given without --size.")
    with command_line.flag_errors("out"):
        if FLAGS.out is None:
            raise ValueError("should name a folder for the results. Received: nothing.")
    out = Path(FLAGS.out).expanduser()
    if FLAGS.size is None:
        album = image_files.ImageFolder(FLAGS.images, out, FLAGS.format, FLAGS.overwrite)
    else:
        size = size_of(FLAGS.size)
        targets = [out / f"texture_{i}.{FLAGS.format}" for i in range(FLAGS.count)]
        flag_sets.check_not_existing(targets, FLAGS.overwrite)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    if FLAGS.size is not None:
        draw(model, size, targets, FLAGS.seed)
        return
    painter = Stylizer(model, FLAGS.strength, FLAGS.keep_colour, FLAGS.backwards, FLAGS.seed)
    redraw(painter, album, out)


def named(settings):
    """What the settings learn from, in a word."""
    known = settings["style"] or settings["target"] or settings["dataset"]
    return Path(known).stem


def size_of(text):
    """(height, width) of such as "600x800".

    Example:
        >>> size_of("600x800")
        (600, 800)
    """
    with command_line.flag_errors("size"):
        if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", text):
            raise ValueError(f"should be HEIGHTxWIDTH in pixels, such as 600x800. Received: {text}")
    return tuple(map(int, text.split("x")))


def lesson_of(settings, data_dir=None):
    """What the settings say is learned from.

    Raises:
        ValueError: for settings that do not fit.
    """
    from trainers.tasks import image_translation, style_transfer  # bring TensorFlow

    name, side = settings["model"], settings["image_size"] or SIDE
    with command_line.flag_errors("model"):
        if name not in MODELS:
            raise ValueError(f"should be one of {', '.join(MODELS)}. Received: {name}")
    if name in ("mgan", "spatial_gan"):
        style = style_transfer.style_of(settings["style"], side)
        if name == "spatial_gan":
            return style_transfer.TextureData(style, side)
        return style_transfer.StyleData.of(settings["dataset"], style, side)
    paired = name == "pix2pix"
    if settings["source"] is None and settings["target"] is None:
        return image_translation.TranslationData.of_world(settings["dataset"], paired, data_dir)
    folders = settings["source"], settings["target"]
    return image_translation.TranslationData.of_folders(*folders, paired, settings["image_size"])


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
    lesson = lesson_of(settings, data_dir)

    from trainers import devices, export, runs
    from trainers.engine import data_adapter
    from trainers.imaging import grids
    from trainers.runs import loss_log
    from trainers.tasks import image_translation

    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    with strategy.scope():
        model = build(settings, lesson)
    turns = max(model.turns.values())
    together = settings["batch_size"] * turns
    data_adapter.check_divisible(together, turns, strategy.num_replicas_in_sync)
    run = training_job.open_run(out, export_dir, settings, steps, resume, overwrite, strategy)
    if run.finished:
        return run.figures if run.is_chief else None
    changes = changes_of(model, settings, steps)
    model.compile(settings["recipe"], steps, **runs.fast_options(model, run.stride), **changes)
    in_epoch = lesson.in_epoch(together)

    def load(start):
        return lesson.stream(together, settings["seed"], start[0] * in_epoch + start[1])

    run.train(model, load, in_epoch)
    if not run.is_chief:
        return None
    title = type(model).__name__
    loss_log.plot_losses(out, title)
    found, rows = lesson.scores(model, settings["seed"])
    with files.atomic_path(out / "shown.png") as draft:
        grids.grid(list(rows.values()), labels=list(rows), title=title).save(draft)
    name = f"{model.family}_{named(settings)}"
    version = export.save(model, export.next_version(export_dir / name))
    said = {"scores": found, "verdicts": reporting.verdicts(found, lower=image_translation.LOWER)}
    figures = run.finish(model, said | {"saved_model": str(version)})
    reporting.report(found, lower=image_translation.LOWER)
    print(f"pictures, metrics.json, model.keras: {out}\nSavedModel: {version}")
    return figures


def build(settings, lesson):
    """The model of the settings for a lesson, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    name, sizes = settings["model"], dict(lesson.sizes)
    if settings["scale"] == "small":
        sizes |= SMALL[name][0]
    if name == "cyclegan":
        sizes["identity"] = sizes["source_channels"] == sizes["image_shape"][-1]
    with command_line.flag_errors("image_size"):
        return zoo.create(name, settings["recipe"], settings["scale"], **sizes)


def changes_of(model, settings, steps):
    """What `compile` is told beside the recipe: of small networks rates that fall."""
    if (settings["scale"], settings["recipe"]) != ("small", "paper"):
        return {}
    _, rates, weights = SMALL[settings["model"]]
    return {"optimizers": model.adam(rates, steps=steps), "loss_weights": weights}


class Stylizer:
    """Photographs redrawn by one model.

    Args:
        model: one of the zoo that translates. One of luminances leaves colours as they are.
        strength: of what is redrawn, from 0, the photograph, to 1.
        keep_colour: whether only the brightness is.
        backwards: of a CycleGAN, the other way.
        seed: of the noise of a model that has some.

    Raises:
        ValueError: for a model that does not translate, or not backwards.

    Example:
        >>> import zoo
        >>> model = zoo.create("mgan", scale="small", image_shape=(16, 16, 3), width=4)
        >>> Stylizer(model, strength=0.5).redrawn(np.zeros((10, 15, 3), np.uint8)).shape
        (10, 15, 3)
    """

    def __init__(self, model, strength=1.0, keep_colour=False, backwards=False, seed=0):
        if not hasattr(model, "translate"):
            raise ValueError(f"The model should translate. Received: a {type(model).__name__}.")
        with command_line.flag_errors("backwards"):
            if backwards and not hasattr(model, "translate_back"):
                raise ValueError(f"should be of a CycleGAN. Received: a {type(model).__name__}.")
        network = "inverse_generator" if backwards else "generator"
        ((*_, self.channels),), ((*_, self.made),) = model.shapes()[network]
        self.translate = model.translate_back if backwards else model.translate
        self.strength, self.keep_colour, self.seed = strength, keep_colour, seed

    def redrawn(self, pixels):
        """Pixels, uint8 (h, w, 1 or 3), redrawn: bytes of one size with them. What becomes of
        luminances takes on the colours that were there; what is made grey of colours stays grey."""
        from trainers.imaging import grids, ycbcr
        from trainers.tasks import style_transfer

        colour = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
        made = self.translate(
            style_transfer.to_network_range(colour, self.channels)[None], seed=self.seed
        )[0]
        if self.made == 1:
            made = np.clip(made / 2.0 + 0.5, 16.0 / 255.0, 235.0 / 255.0)
            hue = ycbcr.split(colour if self.channels == 1 else 0 * colour)[1]
            made = ycbcr.joined(made, hue)
        else:
            made = grids.to_uint8(made)
        if self.keep_colour and self.made == 3:
            made = ycbcr.joined(ycbcr.split(made)[0], ycbcr.split(colour)[1])
        mixed = self.strength * made + (1.0 - self.strength) * colour
        made = np.rint(mixed).astype(np.uint8)
        grey = pixels.shape[-1] == 1 and (self.made == 1 or self.keep_colour)
        return made[..., :1] if grey else made


def redraw(painter, album, out):
    """Writes each photograph redrawn, and before_after.png with the middle of the first ones.

    Args:
        painter: a `Stylizer`.
        album: an `image_files.ImageFolder`.
        out: a folder.
    """
    shown, begun, megapixels = {"before": [], "after": []}, time.time(), 0.0
    for target, pixels, opacity in tqdm.tqdm(album, desc="redrawn", disable=None):
        made = painter.redrawn(pixels)
        image_files.save_photograph(made, opacity, target)
        megapixels += made.shape[0] * made.shape[1] / 1e6
        if len(shown["before"]) < image_files.SHOWN:
            shown["before"].append(grids.center_crop(pixels, SHOWN))
            shown["after"].append(grids.center_crop(made, SHOWN))
    reporting.save_pairs(out / image_files.BEFORE_AFTER, shown)
    print(f"{(time.time() - begun) / megapixels:.2f} s for a megapixel: {out}")


def draw(model, size, targets, seed=0):
    """Writes textures of a size.

    Raises:
        ValueError: for a model that draws none.
    """
    from trainers.imaging import grids

    with command_line.flag_errors("size"):
        if getattr(model, "family", None) != "spatial_gan":
            raise ValueError(f"should be of a SpatialGAN. Received: a {type(model).__name__}.")
    images = model.generate(len(targets), seed=seed, batch_size=1, size=size)
    for target, image in zip(targets, grids.to_uint8(images), strict=True):
        image_files.save_photograph(image, None, target)
        print(target)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
