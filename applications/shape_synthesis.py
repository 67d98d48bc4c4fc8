"""Generates shapes of voxels: from noise, from pictures, by interpolation and by arithmetic.

    python -m applications.shape_synthesis --preset=gan3d_furniture --out=shapes --sample=8
    python -m applications.shape_synthesis --preset=vaegan3d_furniture --images=views/ --out=found
    python -m applications.shape_synthesis --preset=… --out=between --interpolate=8
    python -m applications.shape_synthesis --preset=vaegan3d_furniture --out=sum \\
        --images=a.png,b.png,c.png --combine                              # a - b + c
    python -m applications.shape_synthesis --out=runs/furniture           # trains GAN3D
    python -m applications.shape_synthesis --model=vaegan3d --out=runs/views

Each writes shapes.png, turntable.gif, voxels.npz and an .obj for each shape, for Blender, MeshLab
or a printer, named after its picture; --skip_existing adds pictures without one. --largest removes
all pieces but the largest. A picture shows one object, nearer parts brighter, on black or
transparent, as in the dataset `furniture_views`. --interpolate and --combine take the shapes of two
and of three pictures, or of samples where no picture is given. A training writes shapes.png,
turntable.gif, loss.png, metrics.json and model.keras under --out, and a SavedModel.
"""

import sys

import numpy as np
from absl import flags

from applications.shared import flag_sets, image_files, image_names, reporting, training_job
from trainers import command_line, files

FLAGS = flags.FLAGS
SETTINGS = ("model", "dataset", "recipe", "scale", "batch_size", "seed", "precision")
DATASETS = {"gan3d": "furniture", "vaegan3d": "furniture_views"}  # model -> default dataset
INFERENCE_FLAGS = ("images", "sample", "interpolate", "combine", "largest", "skip_existing")
RESULTS = ("shapes.png", "turntable.gif", "voxels.npz", "objects")
N_SHOWN = 12  # shapes in a turntable, and in the pictures of a training
RATE = 1e-3  # learning rate of small networks under the modern recipe


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="gan3d", dataset=None, steps=3200, batch_size=32)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flag_sets.define_skip_existing()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_integer("sample", 8, "Number of shapes to sample.", lower_bound=1)
    flags.DEFINE_integer(
        "interpolate", None, "Number of shapes from one to another.", lower_bound=2
    )
    flags.DEFINE_bool("combine", False, "Generate the shape of the latent a - b + c.")
    flags.DEFINE_bool("largest", False, "Keep only the largest piece of each shape.")


def main():
    """Reads the flags and does the job."""
    if FLAGS.preset is None and FLAGS.run is None:
        flag_sets.reject_inference_flags(INFERENCE_FLAGS)
        flag_sets.reject_flags(["image_size"], "applies to images. Voxels have the stored size.")
        name = f"{FLAGS.model}_{FLAGS.dataset or DATASETS.get(FLAGS.model)}"
        training_job.resume_flags(SETTINGS, name)
        settings = training_job.values_of(SETTINGS)
        settings["dataset"] = FLAGS.dataset or DATASETS.get(FLAGS.model)
        job = training_job.TrainingJob.from_flags(settings, name)
        with command_line.when_stopped(job.stopped_advice):
            train(job)
        return
    flag_sets.reject_training_flags()
    out = flag_sets.results_folder()
    if FLAGS.combine and FLAGS.interpolate:
        raise ValueError("--combine: should be given without --interpolate. Received: both.")
    how = [name for name in ("combine", "interpolate") if FLAGS[name].value]
    one_each = FLAGS.images is not None and not how
    used = ["seed", *(how or ["sample"])] if FLAGS.images is None else ["images", *how]
    used = ["skip_existing"] * one_each + used
    flag_sets.reject_unused_flags(f"--{used[-1]}", "largest", *used)
    if one_each:
        left = flag_sets.without_existing(object_paths(out), FLAGS.overwrite, FLAGS.skip_existing)
        if not left:  # all are done
            return
    else:
        flag_sets.check_not_existing([out / name for name in RESULTS], FLAGS.overwrite)
    from trainers import devices
    from trainers.tasks import shape_synthesis as task

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    with command_line.flag_errors(flag_sets.trained_flag()):
        task.check_draws_voxels(model)
    count = 3 if FLAGS.combine else 2 if FLAGS.interpolate else None
    views, names = None, []
    if FLAGS.images is None:
        latents = task.sample_latents(model, count or FLAGS.sample, FLAGS.seed)
    else:
        with command_line.flag_errors("images"):
            if not hasattr(model, "view_shape"):
                raise ValueError(f"should be given with a VAEGAN3D, not a {type(model).__name__}.")
        images, views, opacities = image_files.load_images(
            FLAGS.images,
            model.view_shape,
            count,
            lambda image: not one_each or object_path(out, image) in left,
        )
        if not images:  # the others have a shape
            return
        views = on_black([image.path for image in images], views, opacities)
        latents = model.encode(views)
        names = [str(image.result) for image in images]
    if FLAGS.interpolate:
        latents, names = task.interpolate(*latents, FLAGS.interpolate), []
    elif FLAGS.combine:
        a, b, c = latents
        latents = np.stack([a, b, c, a - b + c])
        names = [*(names or "abc"), "combined"]
    shapes = task.generate_shapes(model, latents, FLAGS.largest)
    write(out, shapes, latents, views, names, FLAGS.overwrite)


def object_path(out, image):
    """Returns the path of the .obj of a picture, where it is a `NamedImage`."""
    return image.target(out / "objects", "obj")


def object_paths(out):
    """Returns the paths of the .obj of each of --images."""
    with command_line.flag_errors("images"):
        return [object_path(out, image) for image in image_names.list_images(FLAGS.images)]


def on_black(names, views, opacities):
    """Returns pictures on black instead of white where they are transparent; pictures whose border
    is bright are named on stderr.

    Args:
        names: of the pictures.
        views: (n, h, w, c) in [-1, 1], on white.
        opacities: for each picture (h, w, 1) from 0 to 255, or None.

    Example:
        >>> hidden = np.zeros((4, 4, 1), np.uint8)
        >>> float(on_black(["a.png"], np.ones((1, 4, 4, 1)), [hidden]).max())
        -1.0
    """
    views = np.array(views)
    for view, opacity, name in zip(views, opacities, names, strict=True):
        if opacity is not None:
            view -= 2.0 * (1.0 - opacity / 255.0)
        border = np.concatenate([view[0], view[-1], view[:, 0], view[:, -1]])
        if np.median(border) > 0.0:
            print(f"{name} should show an object on black. Its border is bright.", file=sys.stderr)
    return views


def write(out, shapes, latents, views=None, names=(), overwrite=False):
    """Writes shapes.png, turntable.gif, voxels.npz and objects/NAME.obj, or objects/0.obj … without
    `names`; a second batch has shapes_2.png and so on, unless `overwrite`. Empty shapes are named
    on stdout, and have no .obj."""
    from trainers.datasets import image_listing
    from trainers.imaging import voxels

    picture, turntable, arrays, objects = (out / name for name in RESULTS)
    if not names:
        for old in objects.glob("*.obj"):  # of an earlier run with more shapes
            if old.stem.isdecimal():
                old.unlink()
    names = names or [str(i) for i in range(len(shapes))]
    picture, turntable, arrays = (
        image_files.new_path(path, overwrite) for path in (picture, turntable, arrays)
    )
    image_files.save_arrays(arrays, {"voxels": shapes, "latents": latents})
    printable = [image_listing.printable(name) for name in names]
    views = views if views is not None and len(views) == len(shapes) else None
    save_shapes(picture, shapes, views, printable)
    voxels.turntable(turntable, shapes[:N_SHOWN], names=printable[:N_SHOWN])
    for name, label, shape in zip(names, printable, shapes, strict=True):
        if not voxels.filled(shape).any():
            print(f"Shape {label} has no voxel that is full: there is no {label}.obj.")
            continue
        with files.atomic_path(objects / f"{name}.obj") as draft:
            voxels.write_obj(draft, shape)
    paths = (picture, turntable, arrays, objects)
    print(f"{len(shapes)} shapes: {', '.join(map(str, paths))}")


def save_shapes(path, shapes, views=None, names=()):
    """Writes a picture of shapes with their names, each below its picture in `views`, if given."""
    from trainers.imaging import grids, voxels

    rows = grids.split_rows(voxels.render(shapes, size=voxels.SIZE), voxels.COLUMNS)
    captions = grids.split_rows(names, voxels.COLUMNS) or [()] * len(rows)
    labels = None
    if views is not None:
        pictures = grids.split_rows(enlarge_views(views, voxels.SIZE), voxels.COLUMNS)
        rows = [row for pair in zip(pictures, rows, strict=True) for row in pair]
        captions = [texts for own in captions for texts in ((), own)]
        labels = ["picture", "shape"] * len(pictures)
    with files.atomic_path(path) as draft:
        grids.grid(rows, labels, captions=captions).save(draft)


def enlarge_views(views, size):
    """Returns pictures (n, h, w, c) of a size and with the channels of `voxels.render`."""
    import tensorflow as tf

    large = tf.image.resize(views, (size, size), "nearest").numpy()
    return np.broadcast_to(large, (*large.shape[:3], 3))


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
    with command_line.flag_errors("model"):
        if settings["model"] not in DATASETS:
            known = ", ".join(DATASETS)
            raise ValueError(f"should be one of {known}. Received: {settings['model']}")
    from trainers.imaging import voxels
    from trainers.runs import loss_log
    from trainers.tasks import shape_synthesis as task

    with command_line.flag_errors("dataset"):
        paired = settings["model"] == "vaegan3d"
        data = task.ShapeData.of(settings["dataset"], paired, job.data_dir)
    trained = job.train(
        data,
        lambda data: job.create_model(**data.model_kwargs),
        lambda model: compile_changes(model, settings, job.steps),
    )
    if not trained.is_new:
        return trained.figures
    model = trained.model
    loss_log.plot_losses(job.out, type(model).__name__)
    scores, generated = data.scores(model, settings["seed"])
    views = None if data.views is None else data.views[:N_SHOWN]
    save_shapes(job.out / "shapes.png", generated[:N_SHOWN], views)
    voxels.turntable(job.out / "turntable.gif", generated[:N_SHOWN])
    figures = {"scores": scores, "verdicts": reporting.report(scores)}
    return trained.finish(figures, f"{model.family}_{data.info.name}")


def compile_changes(model, settings, steps):
    """Returns changes to the modern recipe of small networks: twice its rate, as in the rows of
    docs/survey.md."""
    if (settings["scale"], settings["recipe"]) != ("small", "modern"):
        return {}
    averaged = [player for player in model.players if player != "discriminator"]
    return {"optimizers": model.adam(RATE, 0.0, 0.99, steps, averaged=averaged)}


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
