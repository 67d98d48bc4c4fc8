"""What applications share: which trained model, which image files, and where results go.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import sys
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from trainers import command_line, files

FLAGS = flags.FLAGS


def define():
    """Defines the flags of an application that uses a trained model."""
    flags.DEFINE_string("preset", None, "A model that comes with the project: zoo.list_presets().")
    flags.DEFINE_string("run", None, "Or the folder of a finished run.")
    flags.DEFINE_string("images", None, "An image, or a folder of them.")
    flags.DEFINE_string("out", None, "Folder of the results.", required=True)
    flags.DEFINE_bool("overwrite", False, "Replace results that are there.")
    flags.DEFINE_integer("seed", 0, "Of all that is drawn.", lower_bound=0)
    flags.DEFINE_enum("device", "auto", ["auto", "cpu", "gpu", "tpu"], "Where to compute.")


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
    from trainers import training

    if preset is not None:
        with command_line.flag("preset"):
            return zoo.from_preset(preset)
    with command_line.flag("run"):
        return training.trained(Path(run).expanduser())


def paths_of(images):
    """The image files that a path means: itself, or those of a folder, sorted.

    Raises:
        ValueError: when there are none.

    Example:
        >>> Image.new("L", (8, 8)).save("one.png")
        >>> [str(path) for path in paths_of("one.png")]
        ['one.png']
    """
    from trainers.datasets import decoding

    place = Path(images).expanduser()
    if place.is_file():
        return [place]
    inside = sorted(place.rglob("*")) if place.is_dir() else []
    found = [p for p in inside if p.suffix.lower() in decoding.SUFFIXES and p.is_file()]
    if not found:
        raise ValueError(f"There should be images in {place}. Received: none, by their suffixes.")
    return found


def read(paths, image_shape):
    """Images as a model takes them: the middle square of each, resized, in [-1, 1].

    A file that cannot be read is named and passed over.

    Args:
        paths: files.
        image_shape: (side, side, 1 or 3) of the model.

    Returns:
        ({path: its row}, an array (n, *image_shape)).

    Raises:
        ValueError: when none can be read, or the model's images are not square.

    Example:
        >>> Image.new("L", (20, 10), 255).save("white.png")
        >>> rows, x = read([Path("white.png")], (8, 8, 1))
        >>> len(rows), x.shape, float(x.min())
        (1, (1, 8, 8, 1), 1.0)
    """
    from trainers.datasets import decoding

    height, width, channels = image_shape
    if height != width:
        raise ValueError(f"The model's images should be square. Received: {height}x{width}.")
    found = {}
    for path in paths:
        try:
            with decoding.harmless():
                found[path] = decoding.decode(path, height, grey=channels == 1)
        except (decoding.Unreadable, ValueError) as error:
            print(f"{path} is passed over: {error}", file=sys.stderr)
    if not found:
        raise ValueError("At least one image should be readable. Received: none.")
    x = np.stack(list(found.values())).astype("float32") / 127.5 - 1.0
    return {path: row for row, path in enumerate(found)}, x


def pixels_of(images):
    """Images in [-1, 1] as bytes.

    Example:
        >>> pixels_of(np.array([-1.0, 0.0, 2.0]))
        array([  0, 128, 255], dtype=uint8)
    """
    return np.rint((np.clip(images, -1.0, 1.0) + 1.0) * 127.5).astype(np.uint8)


def save_image(image, path):
    """Writes an image in [-1, 1], shape (h, w, 1 or 3), in one piece.

    Example:
        >>> save_image(np.zeros((8, 8, 1)), Path("grey.png"))
        >>> Image.open("grey.png").getpixel((0, 0))
        128
    """
    pixels = pixels_of(image)
    with files.aside(path) as draft:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(draft)


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
