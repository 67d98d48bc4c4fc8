"""Redraws photographs in the style of an image, generates textures, and translates images.

    python -m applications.style_transfer --style=brick.png --out=runs/brick    # learns a style
    python -m applications.style_transfer --run=runs/brick --images=photos/ --out=styled \
        --strength=0.7 --keep_color
    python -m applications.style_transfer --preset=mgan_grass_photos --images=a.jpg --out=styled
    python -m applications.style_transfer --model=spatial_gan --style=moss.jpg --out=runs/moss
    python -m applications.style_transfer --run=runs/moss --size=600x800 --out=textures
    python -m applications.style_transfer --model=cyclegan --source=a/ --target=b/ --out=runs/a_b
    python -m applications.style_transfer --model=pix2pix --source=maps/ --target=photos/ …
    python -m applications.style_transfer --run=runs/a_b --images=a/ --out=translated  # --backwards

MGAN learns one style from the image of --style and the photographs of --dataset, and redraws other
photographs of any size, those of more than a megapixel in tiles; SpatialGAN generates the texture
of --style, of any --size, height x width. CycleGAN learns from two folders without pairs, pix2pix
from two whose files have the same names; both also take --dataset=solid2striped or edge2shape,
built-in datasets that need no files.
A training writes shown.png, loss.png, metrics.json and model.keras under --out, and a SavedModel
under --export_dir; scores are compared with baselines. --scale=small has the sizes and rates with
which the rows of docs/survey.md were measured.
"""

import re
import time
from pathlib import Path

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
INFERENCE_FLAGS = (
    *("images", "size", "count", "strength", "keep_color", "backwards", "format"),
    "skip_existing",
)
TRAINING_FLAGS = (*flag_sets.TRAINING_FLAGS, "style", "source", "target")
SIDE = 64  # pixels of a side of the crops without --image_size
PREVIEW_SIZE = 192  # pixels of a side of each photograph in before_after.png
SMALL = {  # changes to the small networks: sizes, rates and loss weights of the paper's recipe
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
    flag_sets.define_skip_existing()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_string("style", None, "An image whose style or texture is learned.")
    flags.DEFINE_string("source", None, "Folder of images of the source domain.")
    flags.DEFINE_string("target", None, "Folder of images of the target domain.")
    flags.DEFINE_string("size", None, "Height x width of a texture, such as 600x800.")
    flags.DEFINE_integer("count", 1, "Number of textures.", lower_bound=1)
    flags.DEFINE_float(
        "strength", 1.0, "Weight of the result, from 0, the photograph, to 1.", 0.0, 1.0
    )
    flags.DEFINE_bool("keep_color", False, "Redraw the luminance only.")
    flags.DEFINE_alias("keep_colour", "keep_color")
    flags.DEFINE_bool("backwards", False, "Translate from --target to --source, with CycleGAN.")
    flags.DEFINE_enum(
        "format", "png", ["png", "jpeg", "webp"], "Format of the images that are written."
    )


def main():
    """Reads the flags and does the job."""
    if FLAGS.preset is None and FLAGS.run is None:
        flag_sets.reject_inference_flags(INFERENCE_FLAGS)
        reject_unused_data_flags()
        name = f"{FLAGS.model}_{data_name(training_job.values_of(SETTINGS))}"
        training_job.resume_flags(SETTINGS, name)
        job = training_job.TrainingJob.from_flags(SETTINGS, name)
        with command_line.when_stopped(job.stopped_advice):
            train(job)
        return
    flag_sets.reject_training_flags(TRAINING_FLAGS)
    if FLAGS.size is not None:
        flag_sets.reject_unused_flags("--size", "size", "count", "format", "seed")
    else:
        used = "images", "strength", "keep_color", "backwards", "format", "skip_existing", "seed"
        flag_sets.reject_unused_flags("--images", *used)
    out = flag_sets.results_folder()
    if FLAGS.size is None:
        images = image_files.ImageFolder(
            FLAGS.images, out, FLAGS.format, FLAGS.overwrite, FLAGS.skip_existing
        )
        if not images:  # all are done
            return
    else:
        size = parse_size(FLAGS.size)
        targets = [out / f"texture_{i}.{FLAGS.format}" for i in range(FLAGS.count)]
        flag_sets.check_not_existing(targets, FLAGS.overwrite)
    from trainers import devices
    from trainers.tasks import stylizing

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    if FLAGS.size is not None:
        draw(model, size, targets, FLAGS.seed)
        return
    with command_line.flag_errors(flag_sets.trained_flag(), "backwards"):
        stylizer = stylizing.Stylizer(
            model, FLAGS.strength, FLAGS.keep_color, FLAGS.backwards, FLAGS.seed
        )
    with command_line.when_stopped(images.stopped_advice):
        stylize_all(stylizer, images, out)


def reject_unused_data_flags():
    """Raises a ValueError for flags of data that the training of --model does not use."""
    action, used = f"--model={FLAGS.model}", ("style", "dataset", "image_size")
    if FLAGS.model == "spatial_gan":
        used = "style", "image_size"
    elif FLAGS.model in ("cyclegan", "pix2pix"):
        if FLAGS.source or FLAGS.target:
            action, used = "--source and --target", ("source", "target", "image_size")
        else:
            action, used = f"{action} and --dataset", ("dataset", "data_dir")
    given = {"style", "dataset", "source", "target", "image_size", "data_dir"}
    flag_sets.reject_flags(sorted(given - set(used)), f"should be given without {action}.")


def data_name(settings):
    """Returns the name of the style, the target or the dataset that is learned from."""
    return Path(settings["style"] or settings["target"] or settings["dataset"]).stem


def parse_size(text):
    """Parses --size: (height, width).

    Example:
        >>> parse_size("600x800")
        (600, 800)
    """
    with command_line.flag_errors("size"):
        if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", text):
            raise ValueError(f"should be HEIGHTxWIDTH in pixels, such as 600x800. Received: {text}")
    return tuple(map(int, text.split("x")))


def load_data(settings, data_dir=None):
    """Returns the data of the settings, a `trainers.tasks.TrainingData`.

    Raises:
        ValueError: for settings that do not fit.
    """
    from trainers.tasks import image_translation, style_transfer  # import TensorFlow

    name, side = settings["model"], settings["image_size"] or SIDE
    with command_line.flag_errors("model"):
        if name not in MODELS:
            raise ValueError(f"should be one of {', '.join(MODELS)}. Received: {name}")
    with command_line.flag_errors("dataset", "style", "source", "target", "image_size"):
        if name in ("mgan", "spatial_gan"):
            style = style_transfer.load_style(settings["style"], side)
            if name == "spatial_gan":
                return style_transfer.TextureData(style, side)
            return style_transfer.StyleData.of(settings["dataset"], style, side)
        paired, folders = name == "pix2pix", (settings["source"], settings["target"])
        data = image_translation.TranslationData
        if folders == (None, None):
            return data.of_dataset(settings["dataset"], paired, data_dir)
        return data.of_folders(*folders, paired, settings["image_size"])


def train(job):
    """Trains, shows, scores and exports one model.

    Args:
        job: a `TrainingJob` with the `SETTINGS`.

    Returns:
        What was written to metrics.json; None on workers but the chief.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    settings = job.settings
    data = load_data(settings, job.data_dir)

    from trainers.runs import loss_log
    from trainers.tasks import image_translation

    def build(data):
        kwargs = data.model_kwargs
        small = SMALL[settings["model"]][0] if settings["scale"] == "small" else None
        if settings["model"] == "cyclegan":
            kwargs["identity"] = kwargs["source_channels"] == kwargs["image_shape"][-1]
        with command_line.flag_errors("image_size"):
            return job.create_model(small, **kwargs)

    trained = job.train(data, build, lambda model: compile_changes(model, settings, job.steps))
    if not trained.is_new:
        return trained.figures
    model, title = trained.model, type(trained.model).__name__
    loss_log.plot_losses(job.out, title)
    scores, rows = data.scores(model, settings["seed"])
    with files.atomic_path(job.out / "shown.png") as draft:
        grids.grid(list(rows.values()), labels=list(rows), title=title).save(draft)
    verdicts = reporting.report(scores, lower=image_translation.LOWER)
    figures = {"scores": scores, "verdicts": verdicts}
    return trained.finish(figures, f"{model.family}_{data_name(settings)}")


def compile_changes(model, settings, steps):
    """Returns changes to the paper's recipe of small networks: falling rates, and loss weights."""
    if (settings["scale"], settings["recipe"]) != ("small", "paper"):
        return {}
    _, rates, weights = SMALL[settings["model"]]
    return {"optimizers": model.adam(rates, steps=steps), "loss_weights": weights}


def stylize_all(stylizer, images, out):
    """Writes each photograph redrawn, and before_after.png with the middle of the first ones.

    Args:
        stylizer: a `trainers.tasks.stylizing.Stylizer`.
        images: an `image_files.ImageFolder`.
        out: a folder.
    """
    previews, begun, megapixels = {"before": [], "after": []}, time.time(), 0.0
    for target, pixels, opacity, metadata in tqdm.tqdm(images, desc="redrawn", disable=None):
        stylized = stylizer.stylize(pixels)
        image_files.save_photograph(stylized, opacity, target, metadata)
        megapixels += stylized.shape[0] * stylized.shape[1] / 1e6
        if len(previews["before"]) < image_files.N_SHOWN:
            previews["before"].append(grids.center_crop(pixels, PREVIEW_SIZE))
            previews["after"].append(grids.center_crop(stylized, PREVIEW_SIZE))
    images.save_before_after(previews)
    print(f"{megapixels:.3g} megapixels in {time.time() - begun:.1f} s: {out}")


def draw(model, size, targets, seed=0):
    """Writes textures of a size.

    Args:
        model: a SpatialGAN.
        size: (height, width).
        targets: paths of the textures.
        seed: of the textures.

    Raises:
        ValueError: for another model.
    """
    with command_line.flag_errors("size"):
        if getattr(model, "family", None) != "spatial_gan":
            raise ValueError(f"needs a SpatialGAN. Received: a {type(model).__name__}.")
    images = model.generate(len(targets), seed=seed, batch_size=1, size=size)
    for target, image in zip(targets, grids.to_uint8(images), strict=True):
        image_files.save_photograph(image, None, target)
        print(target)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
