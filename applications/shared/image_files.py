"""Image files of any size and format: reading them, and writing the results.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

from pathlib import Path

import numpy as np

from applications.shared import flag_sets
from trainers import command_line, files
from trainers.imaging import grids

N_SHOWN = 6  # photographs in a picture of before and after
BEFORE_AFTER = "before_after.png"
MAX_SIDE = {"webp": 16_383, "jpeg": 65_535}  # pixels of a side that a format can hold


class ImageFolder:
    """Image files of --images, read one at a time; a file that cannot be read is named and skipped.

    Iterating gives (target, pixels, opacity): the path of a result, as in the folder; uint8
    (h, w, 1 or 3) in sRGB; and uint8 (h, w, 1), or None for an opaque image. Transparent pixels
    have the color of the nearest visible pixel.

    Args:
        text: a file, a folder, or several of them joined by commas.
        out: the folder of results; where it lies among the images, files in it are ignored.
        suffix: of the results, such as "png".
        overwrite: whether results may exist already.

    Raises:
        ValueError: for no image, a result that exists already, and a result that would replace an
            image.

    Example:
        >>> from pathlib import Path
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> images = ImageFolder("white.png", Path("large"), "webp", overwrite=False)
        >>> [(target, pixels.shape, opacity) for target, pixels, opacity in images]
        [(PosixPath('large/white.webp'), (10, 20, 1), None)]
    """

    def __init__(self, text, out, suffix, overwrite):
        self.suffix, self.targets = suffix, {}
        with command_line.flag_errors("images"):
            if text is None:
                raise ValueError("should name an image, or a folder of them. Received: nothing.")
            for path, name in list_images(text):
                if self._is_result(path, name, out):
                    continue
                target = out / name.with_suffix(f".{suffix}")
                if self.targets.get(target, path).suffix != path.suffix:
                    target = out / f"{name}.{suffix}"  # a.jpg and a.png
                if target in self.targets:
                    raise ValueError(
                        f"should name each image once. Received: {self.targets[target]} and {path}."
                    )
                self.targets[target] = path
            if not self.targets:
                raise ValueError(
                    f"should name an image at least. Received: {text}, which has none."
                )
            if out / BEFORE_AFTER in self.targets:
                raise ValueError(f"should be named otherwise: {BEFORE_AFTER} is a result.")
        with command_line.flag_errors("out"):
            sources = {path.resolve() for path in self.targets.values()}
            taken = next((t for t in self.targets if t.resolve() in sources), None)
            if taken:
                raise ValueError(f"should be another folder than the images'. Received: {out}")
        flag_sets.check_not_existing([*self.targets, out / BEFORE_AFTER], overwrite)

    @staticmethod
    def _is_result(path, name, out):
        """Whether an image lies in the folder of results, which lies in the folder of images."""
        path, out = path.resolve(), out.resolve()
        searched = path.parents[len(name.parts) - 1]
        return searched in out.parents and out in path.parents

    def __len__(self):
        return len(self.targets)

    def __iter__(self):
        return self.for_factor(1)

    def for_factor(self, factor):
        """Iterates over images whose results have sides `factor` times as long; images whose result
        the format cannot hold are named and skipped."""
        from trainers.datasets import image_decoding

        def read(item):
            _, path = item
            sides, grey = image_decoding.read_header(path)
            if factor * max(sides) > MAX_SIDE.get(self.suffix, np.inf):
                raise ValueError(f"{self.suffix} holds {MAX_SIDE[self.suffix]:,} pixels a side")
            pixels = image_decoding.decode(path, grey=grey, on_white=False)
            return pixels, image_decoding.opacity(path)

        readable = image_decoding.readable_images(self.targets.items(), read, lambda item: item[1])
        for (target, _), (pixels, opacity) in readable:
            yield target, pixels if opacity is None else fill_transparent(pixels, opacity), opacity


def fill_transparent(pixels, opacity):
    """Returns pixels with the color of the nearest visible pixel where they are transparent.

    Example:
        >>> fill_transparent(np.array([[[9], [5]]]), np.array([[[0], [1]]])).ravel()
        array([5, 5])
    """
    from scipy import ndimage

    hidden = opacity[..., 0] == 0
    if hidden.all():
        return pixels
    nearest = ndimage.distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return pixels[tuple(nearest)]


def load_images(text, image_shape, count=None):
    """Loads the images of --images for a model: the middle square of each, resized.

    A file that cannot be read is named and skipped.

    Args:
        text: a file, a folder, or several of them joined by commas.
        image_shape: (side, side, 1 or 3) of the model.
        needed: how many images are required; None: at least one.

    Returns:
        ([name], x, [opacity]): paths within the folder, or file names; images in [-1, 1], shape
        (n, *image_shape), on white; and opacities from 0 to 255, uint8 (side, side, 1), or None for
        an opaque image.

    Raises:
        ValueError: for no image, another number, two of one name, or a model whose images are not
            square.

    Example:
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> names, x, opacities = load_images("white.png", (8, 8, 1))
        >>> names, x.shape, float(x.min()), opacities
        ([PosixPath('white.png')], (1, 8, 8, 1), 1.0, [None])
    """
    from trainers.datasets import image_decoding

    with command_line.flag_errors("images"):
        if text is None:
            raise ValueError("should name an image, or a folder of them. Received: nothing.")
        height, width, channels = image_shape
        if height != width:
            raise ValueError(f"The model's images should be square. Received: {height}x{width}.")

        def read(item):
            pixels = image_decoding.decode(item[0], height, grey=channels == 1)
            return pixels, image_decoding.opacity(item[0], height)

        images = {}
        readable = image_decoding.readable_images(list_images(text), read, lambda item: item[0])
        for (_, name), image in readable:
            if name.with_suffix("") in {other.with_suffix("") for other in images}:
                raise ValueError(f"should name each image once. Received: {name} twice.")
            images[name] = image
        if not images or count not in (None, len(images)):
            expected = "an image at least" if count is None else f"{count} images"
            raise ValueError(f"should name {expected} that can be read. Received: {len(images)}.")
    pixels, opacities = zip(*images.values(), strict=True)
    return list(images), grids.from_uint8(np.stack(pixels)), list(opacities)


def list_images(text):
    """Lists the image files of --images: (path, name) of each, where the name is the path within
    the folder, or the name of the file.

    Args:
        text: a file, a folder, or several of them joined by commas.

    Raises:
        ValueError: for a file or folder that does not exist.

    Example:
        >>> save_image(np.ones((8, 8, 1)), Path("white.png"))
        >>> list(list_images("white.png"))
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
    """Writes an image file atomically, in the format of the suffix.

    Args:
        pixels: uint8 (h, w, 1 or 3).
        opacity: uint8 (h, w, 1), or None for an opaque image. In a JPEG, which has no opacity,
            transparent pixels become white.
        path: of the file.

    Example:
        >>> pixels = np.zeros((8, 8, 3), np.uint8)
        >>> save_photograph(pixels, np.full((8, 8, 1), 128, np.uint8), Path("half.png"))
        >>> from PIL import Image
        >>> Image.open("half.png").mode
        'RGBA'
    """
    image = grids.to_pil(pixels)
    if opacity is not None:
        if path.suffix == ".jpeg":
            share = opacity / 255.0
            image = grids.to_pil(np.rint(share * pixels + (1.0 - share) * 255.0).astype("uint8"))
        else:
            image.putalpha(grids.to_pil(opacity))
    with files.atomic_path(path) as draft:
        image.save(draft, quality=95)


def save_image(image, path, opacity=None):
    """Writes an image (h, w, 1 or 3) in [-1, 1]: see `save_photograph`.

    Example:
        >>> save_image(np.zeros((8, 8, 1)), Path("grey.png"))
        >>> Path("grey.png").exists()
        True
    """
    save_photograph(grids.to_uint8(image), opacity, path)


def save_arrays(path, arrays):
    """Writes an .npz atomically."""
    with files.atomic_path(path) as draft:
        np.savez(draft, **arrays)
