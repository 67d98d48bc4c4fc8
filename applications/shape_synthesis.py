"""Makes shapes of voxels: from noise, from a picture, between two others, and by arithmetic.

    python -m applications.shape_synthesis --preset=gan3d_furniture --out=shapes --sample=8
    python -m applications.shape_synthesis --preset=vaegan3d_furniture --images=views/ --out=found
    python -m applications.shape_synthesis --preset=… --out=between --interpolate=8
    python -m applications.shape_synthesis --preset=vaegan3d_furniture --out=sum \\
        --images=a.png,b.png,c.png --combine                              # a - b + c
    python -m applications.shape_synthesis --out=runs/furniture           # trains GAN3D
    python -m applications.shape_synthesis --model=vaegan3d --out=runs/views

Each writes shapes.png, turntable.gif, voxels.npz and an .obj for each shape, for Blender, MeshLab
or a printer; --largest leaves out pieces that hang in the air. A picture shows one object, the
brighter the nearer, on black or nothing, as those of `furniture_views` do. --interpolate and
--combine take the shapes of two and of three pictures, or of samples where no picture is given. A
training writes shapes.png, turntable.gif, loss.png, metrics.json and model.keras under --out, and a
SavedModel.
"""

import sys
from pathlib import Path

import numpy as np
from absl import flags

from applications.shared import flag_sets, image_files, reporting, training_job
from trainers import command_line, files

FLAGS = flags.FLAGS
SETTINGS = ("model", "dataset", "recipe", "scale", "batch_size", "seed", "precision")
WORLDS = {"gan3d": "furniture", "vaegan3d": "furniture_views"}
USING = ("images", "sample", "interpolate", "combine", "largest")
TRAINING = (  # flags that a trained model does not take
    *("model", "dataset", "recipe", "scale", "steps", "batch_size", "image_size", "export_dir"),
    *("resume", "precision", "data_dir", "workers", "worker"),
)
SHOWN = 12  # shapes in a picture
RATE = 1e-3  # of small networks under the modern recipe


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="gan3d", dataset=None, steps=3200, batch_size=32)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_integer("sample", 8, "How many shapes to draw.", lower_bound=1)
    flags.DEFINE_integer("interpolate", None, "Shapes from one to another.", lower_bound=2)
    flags.DEFINE_bool("combine", False, "a - b + c.")
    flags.DEFINE_bool("largest", False, "Keep the largest piece of each shape only.")


def main():
    """Reads the flags and does the job."""
    if FLAGS.preset is None and FLAGS.run is None:
        flag_sets.reject_flags(USING, "should be given with --preset or --run. Received: neither.")
        flag_sets.reject_flags(["image_size"], "is of images. Voxels come as they are stored.")
        settings = {name: FLAGS[name].value for name in SETTINGS}
        settings["dataset"] = FLAGS.dataset or WORLDS.get(FLAGS.model)
        out = Path(FLAGS.out or f"runs/{FLAGS.model}_{settings['dataset']}").expanduser()
        how = ("device", "workers", "worker", "data_dir", "resume", "overwrite")
        export_dir = flag_sets.export_dir_of(out)
        learn(settings, FLAGS.steps, out, export_dir, **{k: FLAGS[k].value for k in how})
        return
    flag_sets.reject_flags(TRAINING, "is of a training, without --preset and --run.")
    with command_line.flag_errors("out"):
        if FLAGS.out is None:
            raise ValueError("should name a folder for the results. Received: nothing.")
    if FLAGS.combine and FLAGS.interpolate:
        raise ValueError("--combine: should be given without --interpolate. Received: both.")
    out = Path(FLAGS.out).expanduser()
    flag_sets.check_not_existing([out / name for name in WRITTEN], FLAGS.overwrite)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    check_shapes(model)
    needed = 3 if FLAGS.combine else 2 if FLAGS.interpolate else None
    views = None
    if FLAGS.images is None:
        latents = latents_of(model, needed or FLAGS.sample, FLAGS.seed)
    else:
        with command_line.flag_errors("images"):
            if not hasattr(model, "view_shape"):
                raise ValueError(f"should be given with a VAEGAN3D, not a {type(model).__name__}.")
        names, views, opacities = image_files.load_images(FLAGS.images, model.view_shape, needed)
        views = on_black(names, views, opacities)
        latents = model.encode(views)
    if FLAGS.interpolate:
        latents = between(*latents, FLAGS.interpolate)
    elif FLAGS.combine:
        a, b, c = latents
        latents = np.stack([a, b, c, a - b + c])
    shapes = drawn(model, latents, FLAGS.largest)
    files.ensure_folder(out, "out")
    write(out, shapes, latents, views)


WRITTEN = ("shapes.png", "turntable.gif", "voxels.npz", "objects")


def on_black(names, views, opacities):
    """Pictures on black instead of white where they are transparent; those that seem to be on white
    are named.

    Args:
        names: of the pictures.
        views: (n, h, w, c) in [-1, 1], on white.
        opacities: how opaque they are, (h, w, 1) from 0 to 255, or None.

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


def check_shapes(model):
    """Raises a ValueError for a model that draws no voxels of one latent each."""
    from trainers.latents import inversion

    if len(model.image_shape) != 4:
        raise ValueError(f"The model should draw voxels. Received: a {type(model).__name__}.")
    inversion.latent_widths(model)


def latents_of(model, n, seed=0):
    """Latents of n draws, (n, d)."""
    from trainers.latents import inversion

    return inversion.sample_latents(model, n, seed, "latents")


def between(start, end, n):
    """n latents along the great circle from one to another, both among them."""
    from trainers.latents import interpolation

    return interpolation.slerp(start, end, n)


def drawn(model, latents, largest=False):
    """The shapes of latents, float32 (n, depth, height, width, 1), full above .5.

    Args:
        model: one that draws voxels.
        latents: (n, d).
        largest: whether smaller pieces are left out.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan3d", "modern", "small", image_shape=(8, 8, 8, 1))
        >>> drawn(model, latents_of(model, 3), largest=True).shape
        (3, 8, 8, 8, 1)
    """
    from trainers.imaging import voxels

    shapes = model.predict(np.asarray(latents, "float32"), verbose=0)
    if largest:
        kept = np.stack([voxels.largest_piece(shape) for shape in shapes])
        shapes = shapes * kept[..., None]
    return shapes


def write(out, shapes, latents, views=None):
    """Writes shapes.png, turntable.gif, voxels.npz and objects/0.obj …; shapes without a voxel are
    named, and have no .obj."""
    from trainers.imaging import grids, voxels

    image_files.save_arrays(out / "voxels.npz", {"voxels": shapes, "latents": latents})
    rows = grids.split_rows(voxels.render(shapes), SHOWN)
    if views is not None and len(views) == len(shapes):
        seen = [shown(part) for part in grids.split_rows(views, SHOWN)]
        rows = [row for pair in zip(seen, rows, strict=True) for row in pair]
    with files.atomic_path(out / "shapes.png") as draft:
        grids.grid(rows).save(draft)
    voxels.turntable(out / "turntable.gif", shapes[:SHOWN])
    folder = files.ensure_folder(out / "objects", "out")
    for old in folder.glob("*.obj"):  # of a run that had more shapes
        if old.stem.isdecimal():
            old.unlink()
    for i, shape in enumerate(shapes):
        if not voxels.filled(shape).any():
            print(f"Shape {i} has no voxel that is full: there is no {i}.obj.")
            continue
        with files.atomic_path(folder / f"{i}.obj") as draft:
            voxels.write_obj(draft, shape)
    print(f"{len(shapes)} shapes: {', '.join(str(out / name) for name in WRITTEN)}")


def shown(views):
    """Pictures of any side and channel as `voxels.render` makes them."""
    import tensorflow as tf

    large = tf.image.resize(views, (96, 96), "nearest").numpy()
    return np.broadcast_to(large, (*large.shape[:3], 3))


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
    with command_line.flag_errors("model"):
        if settings["model"] not in WORLDS:
            raise ValueError(f"should be one of {', '.join(WORLDS)}. Received: {settings['model']}")
    from trainers import datasets

    paired = settings["model"] == "vaegan3d"
    name = settings["dataset"]
    with command_line.flag_errors("dataset"):
        info = datasets.info(name, data_dir=data_dir)
        held_out = "test" if "test" in info.splits else "train"
        x, y = datasets.arrays(name, held_out, data_dir=data_dir)
        shapes = y if paired else x
        if getattr(shapes, "ndim", 0) != 5 or (paired and x.ndim != 4):
            wanted = "pictures and their voxels" if paired else "voxels"
            raise ValueError(f"should hold {wanted}. Received: {name}, which does not.")

    from trainers import devices, export, runs
    from trainers.engine import data_adapter
    from trainers.imaging import voxels
    from trainers.runs import loss_log

    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    with strategy.scope():
        model = build(settings, x, shapes, steps)
    turns = max(model.turns.values())
    together = settings["batch_size"] * turns
    data_adapter.check_divisible(together, turns, strategy.num_replicas_in_sync)

    def load(start=(0, 0)):
        options = {"labels": paired, "data_dir": data_dir, "seed": settings["seed"]}
        size = settings["batch_size"]
        return datasets.load(name, batch_size=size, turns=turns, start=start, **options)

    load()  # refuses what cannot be loaded before anything is written
    run = training_job.open_run(out, export_dir, settings, steps, resume, overwrite, strategy)
    if run.finished:
        return run.figures if run.is_chief else None
    changes = changes_of(model, settings, steps)
    model.compile(settings["recipe"], steps, **runs.fast_options(model, run.stride), **changes)
    run.train(model, load, max(1, info.splits["train"] // together))
    if not run.is_chief:
        return None
    loss_log.plot_losses(out, type(model).__name__)
    train = datasets.arrays(name, "train", data_dir=data_dir)
    if paired:
        made = model.reconstruct(x)
        scores = {"ours": {"iou": voxels.iou(y, made)}} | read(train, x, y)
    else:
        made = model.generate(len(x), seed=settings["seed"])
        scores = whole(made, x, train[0], settings["seed"])
    picture(out, made, x if paired else None)
    place = export.next_version(export_dir / f"{model.family}_{info.name}")
    said = {"scores": scores, "verdicts": reporting.verdicts(scores)}
    figures = run.finish(model, said | {"saved_model": str(export.save(model, place))})
    reporting.report(scores)
    print(f"pictures, metrics.json, model.keras: {out}\nSavedModel: {place}")
    return figures


def build(settings, x, shapes, steps):
    """The model of the settings for such shapes, and pictures x of them, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    sizes = {"image_shape": shapes.shape[1:]}
    if settings["model"] == "vaegan3d":
        sizes["view_shape"] = x.shape[1:]
    return zoo.create(settings["model"], settings["recipe"], settings["scale"], steps, **sizes)


def changes_of(model, settings, steps):
    """What `compile` is told beside the recipe: under the modern one small networks learn at twice
    its rate, as the rows of docs/survey.md do."""
    if (settings["scale"], settings["recipe"]) != ("small", "modern"):
        return {}
    makers = [player for player in model.players if player != "discriminator"]
    return {"optimizers": model.adam(RATE, 0.0, 0.99, steps, averaged=makers)}


def read(train, views, real):
    """The IoU of what cheap methods read from pictures: the voxels behind the most similar one in
    training, and a ridge regression from pixels to 64 components of the voxels."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import RidgeCV

    from trainers import metrics
    from trainers.imaging import voxels

    x, y = (part.reshape(len(part), -1) for part in train)
    _, which = metrics.nearest(x, views.reshape(len(views), -1))
    space = PCA(min(64, len(y) - 1), random_state=0).fit(y)
    ridge = RidgeCV(np.logspace(-1, 4, 6)).fit(x, space.transform(y))
    said = space.inverse_transform(ridge.predict(views.reshape(len(views), -1)))
    found = {"nearest picture": train[1][which], "ridge": said}
    return {name: {"iou": voxels.iou(real, made)} for name, made in found.items()}


def whole(made, real, train, seed):
    """The shares of shapes that are one piece: drawn, real, and of one Gaussian that was fitted to
    64 components of those in training."""
    from scipy import ndimage
    from sklearn.decomposition import PCA

    flat = train.reshape(len(train), -1)
    space = PCA(min(64, len(train) - 1), whiten=True, random_state=0).fit(flat)
    draws = np.random.default_rng(seed).normal(size=(len(made), space.n_components_))
    cheap = space.inverse_transform(draws).reshape(len(made), *train.shape[1:])
    sets = {"ours": made, "one Gaussian": cheap, "real": real}
    return {
        name: {"whole": float(np.mean([ndimage.label(s[..., 0] > 0.5)[1] == 1 for s in shapes]))}
        for name, shapes in sets.items()
    }


def picture(out, made, views=None):
    """Writes shapes.png and turntable.gif of the first shapes that were made."""
    from trainers.imaging import grids, voxels

    rows = [] if views is None else [shown(views[:SHOWN])]
    with files.atomic_path(out / "shapes.png") as draft:
        grids.grid([*rows, voxels.render(made[:SHOWN])]).save(draft)
    voxels.turntable(out / "turntable.gif", made[:SHOWN])


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
