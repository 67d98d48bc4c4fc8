"""What applications share: which trained model, which image files, and where results go.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import sys
from pathlib import Path

import numpy as np
from absl import flags

from trainers import command_line, files
from trainers.imaging import grids

FLAGS = flags.FLAGS


def define():
    """Defines the flags of an application that uses a trained model, and trains none."""
    define_trained()
    flags.DEFINE_string("out", None, "Folder of the results.", required=True)
    flags.DEFINE_bool("overwrite", False, "Replace results that are there.")
    flags.DEFINE_integer("seed", 0, "Of all that is drawn.", lower_bound=0)
    flags.DEFINE_enum("device", "auto", ["auto", "cpu", "gpu", "tpu"], "Where to compute.")


def define_trained():
    """Defines the flags that name a trained model, and images for it."""
    flags.DEFINE_string("preset", None, "A model that comes with the project: zoo.list_presets().")
    flags.DEFINE_string("run", None, "Or the folder of a finished run.")
    flags.DEFINE_string("images", None, "An image, or a folder of them.")


def define_trainer(recipe):
    """Defines the flags of an application that trains a model, beside those of `command_line`."""
    flags.DEFINE_enum("recipe", recipe, ["paper", "modern"], "The paper's training, or today's.")
    flags.DEFINE_enum("scale", "small", ["paper", "small"], "The paper's networks, or small ones.")
    flags.DEFINE_integer("image_size", None, "Side to resize to; else as stored.", lower_bound=4)
    flags.DEFINE_string("export_dir", None, "Folder of SavedModels; by default OUT/saved_models.")


def opened(out, export_dir, settings, steps, resume, overwrite, strategy):
    """A `runs.Run` whose folders are there, and which has said where it stands.

    Raises:
        ValueError: as `runs.Run`, and for folders that cannot be made.
    """
    from trainers import devices, runs

    if out not in export_dir.parents and devices.is_first(strategy):
        files.make_folder(export_dir, "export_dir")
    run = runs.Run(out, settings, steps, resume, overwrite, strategy)
    if run.finished and run.writes:
        print(f"{out} is finished, {run.figures['steps']} steps are done: nothing is changed.")
        return run
    for path in run.damaged:
        print(f"{path} is damaged: it is passed over.")
    if resume and run.writes:
        print(f"{out}: {f'going on at step {run.done}' if run.done else 'nothing yet, beginning'}.")
    return run


def export_dir_of(out):
    """The folder that --export_dir means."""
    return Path(FLAGS.export_dir).expanduser() if FLAGS.export_dir else out / "saved_models"


def refuse(names, why):
    """Raises a ValueError for flags that were given, and would be passed over in silence.

    Args:
        names: of the flags.
        why: what they are of, and the cure.
    """
    for name in names:
        if FLAGS[name].present:
            raise ValueError(f"--{name}: {why}")


def verdicts(found, ours="ours", lower=()):
    """Whether ours beats, equals or loses to each other method, by each figure that both have.

    Args:
        found: name of the method -> kind of figure -> number.
        ours: the method that is judged.
        lower: kinds of which less is better.

    Returns:
        The other methods' names -> kind -> "beats", "equals" or "loses to".

    Example:
        >>> verdicts({"ours": {"psnr": 27.0}, "bicubic": {"psnr": 25.0}})
        {'bicubic': {'psnr': 'beats'}}
    """
    said = {}
    for name, figures in found.items():
        if name != ours:
            both = [kind for kind in figures if kind in found[ours]]
            said[name] = {
                kind: _verdict(found[ours][kind] - figures[kind], kind in lower) for kind in both
            }
    return said


def _verdict(gap, lower):
    if not gap:
        return "equals"
    return "beats" if (gap > 0) != lower else "loses to"


def report(found, ours="ours", lower=()):
    """Prints the figures of each method and how ours stand to them; returns these `verdicts`."""
    said = verdicts(found, ours, lower)
    for name, figures in found.items():
        verdict = said.get(name, {})
        values = (
            f"{kind} {value:.3f}" + (f" ({ours} {verdict[kind]} it)" if kind in verdict else "")
            for kind, value in figures.items()
        )
        print(f"{name:>24}: {', '.join(values)}")
    return said


def model_of(preset=None, run=None):
    """A trained model, of a preset or a run.

    Raises:
        ValueError: for none of both, or both; and when there is no such model.
    """
    if (preset is None) == (run is None):
        raise ValueError(
            "Either --preset or --run should name a trained model. "
            f"Received: preset={preset!r}, run={run!r}"
        )
    import zoo
    from trainers import runs

    if preset is not None:
        with command_line.flag("preset"):
            return zoo.from_preset(preset)
    with command_line.flag("run"):
        run = Path(run).expanduser()
        inside = sorted(path.parent.name for path in run.glob("*/settings.json"))
        if inside and not (run / "settings.json").exists():
            raise ValueError(f"{run} holds several runs: name one, such as {run / inside[0]}.")
        return runs.trained(run)


def images_of(text, image_shape, needed=None):
    """The images that --images means, as a model takes them: the middle square of each, resized.

    A file that cannot be read is named and passed over.

    Args:
        text: a file, a folder, or several of them joined by commas.
        image_shape: (side, side, 1 or 3) of the model.
        needed: how many images there have to be; None: at least one.

    Returns:
        ([name], x, [opacity]): paths within the folder, or of files their names; images in [-1, 1],
        shape (n, *image_shape), on white; and how opaque they are, uint8 (side, side, 1), or None
        for those that are all opaque.

    Raises:
        ValueError: for no image, another number, two of one name, or a model of other images.

    Example:
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> names, x, opacities = images_of("white.png", (8, 8, 1))
        >>> names, x.shape, float(x.min()), opacities
        ([PosixPath('white.png')], (1, 8, 8, 1), 1.0, [None])
    """
    from trainers.datasets import image_decoding

    with command_line.flag("images"):
        if text is None:
            raise ValueError("should name an image, or a folder of them. Received: nothing.")
        height, width, channels = image_shape
        if height != width:
            raise ValueError(f"The model's images should be square. Received: {height}x{width}.")
        found = {}
        for path, name in named(text):
            try:
                with image_decoding.harmless():
                    pixels = image_decoding.decode(path, height, grey=channels == 1)
                    opacity = image_decoding.opacity(path, height)
            except (image_decoding.Unreadable, ValueError) as error:
                print(f"{path} is passed over: {error}", file=sys.stderr)
                continue
            if name.with_suffix("") in {known.with_suffix("") for known in found}:
                raise ValueError(f"should name each image once. Received: {name} twice.")
            found[name] = pixels, opacity
        if not found or needed not in (None, len(found)):
            wanted = "an image at least" if needed is None else f"{needed} images"
            raise ValueError(f"should name {wanted} that can be read. Received: {len(found)}.")
    pixels, opacities = zip(*found.values(), strict=True)
    return list(found), np.stack(pixels).astype("float32") / 127.5 - 1.0, list(opacities)


def named(text):
    """(path, name) of each image file that --images means: the name is the path within the folder,
    of a file its own.

    Args:
        text: a file, a folder, or several of them joined by commas.

    Raises:
        ValueError: for what is not there.

    Example:
        >>> save_image(np.ones((8, 8, 1)), Path("white.png"))
        >>> list(named("white.png"))
        [(PosixPath('white.png'), PosixPath('white.png'))]
    """
    from trainers.datasets import image_decoding

    for part in [text] if text and Path(text).expanduser().exists() else text.split(","):
        place = Path(part).expanduser()
        if part and place.is_dir():
            for path in sorted(place.rglob("*")):
                if path.suffix.lower() in image_decoding.SUFFIXES and path.is_file():
                    yield path, path.relative_to(place)
        elif part and place.is_file():
            yield place, Path(place.name)
        else:
            raise ValueError(
                f"should name files or folders. Received: {part!r}, which is not there."
            )


def save_photograph(pixels, opacity, path):
    """Writes pixels, uint8 (h, w, 1 or 3), with their opacity (h, w, 1) where there is any, in one
    piece, as the suffix says. JPEG has no opacity: what is transparent becomes white.

    Example:
        >>> pixels = np.zeros((8, 8, 3), np.uint8)
        >>> save_photograph(pixels, np.full((8, 8, 1), 128, np.uint8), Path("half.png"))
        >>> from PIL import Image
        >>> Image.open("half.png").mode
        'RGBA'
    """
    image = grids.image_of(pixels)
    if opacity is not None:
        if path.suffix == ".jpeg":
            share = opacity / 255.0
            image = grids.image_of(np.rint(share * pixels + (1.0 - share) * 255.0).astype("uint8"))
        else:
            image.putalpha(grids.image_of(opacity))
    with files.aside(path) as draft:
        image.save(draft, quality=95)


def save_image(image, path, opacity=None):
    """The same for an image in [-1, 1].

    Example:
        >>> save_image(np.zeros((8, 8, 1)), Path("grey.png"))
        >>> Path("grey.png").exists()
        True
    """
    save_photograph(grids.pixels_of(image), opacity, path)


def save_arrays(path, arrays):
    """Writes an .npz in one piece."""
    with files.aside(path) as draft:
        np.savez(draft, **arrays)


def check_free(paths, overwrite):
    """Raises a ValueError for results that are there already, before any work is done.

    Example:
        >>> Path("grey.png").touch()
        >>> check_free([Path("grey.png")], overwrite=False)
        Traceback (most recent call last):
        ValueError: grey.png is there already. Replace it with --overwrite.
    """
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise ValueError(f"{there[0]} is there already. Replace it with --overwrite.")
