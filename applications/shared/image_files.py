"""Image files of any size and format: reading them, and writing the results.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import collections
import itertools
import os
import re
from pathlib import Path

import numpy as np

from applications.shared import flag_sets, image_names, reporting
from trainers import command_line, files
from trainers.imaging import grids

N_SHOWN = 6  # photographs in a picture of before and after
BEFORE_AFTER = re.compile(r"before_after(_\d+)?\.png")  # the picture of each batch
MAX_SIDE = {"webp": 16_383, "jpeg": 65_535}  # pixels of a side that a format can hold


class ImageFolder:
    """Image files of --images, read one at a time; a file that cannot be read is named and skipped.

    Iterating gives (target, pixels, opacity, metadata): the path of a result, as `image_names` has
    it; uint8 (h, w, 1 or 3) in sRGB; uint8 (h, w, 1), or None for an opaque image; and the
    `image_metadata.Metadata` to save with the result. Transparent pixels have the color of the
    nearest visible pixel. At the end a line says how many images lost bits or another profile.

    Args:
        text: a file, a folder, or several of them joined by commas.
        out: the folder of results; where it lies among the images, files in it are ignored.
        suffix: of the results, such as "png".
        overwrite: whether results may exist already, and are replaced.
        skip_existing: whether images whose result exists are left out.

    Attributes:
        targets: path of a result -> path of the image.
        before_after: path of a picture of before and after, a new one for each batch.
        has_results: whether images were left out.

    Raises:
        ValueError: for no image, a result that exists already, a result that would replace an
            image, and `overwrite` together with `skip_existing`.

    Example:
        >>> from pathlib import Path
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> images = ImageFolder("white.png", Path("large"), "webp", overwrite=False)
        >>> [(target, pixels.shape, opacity) for target, pixels, opacity, _ in images]
        [(PosixPath('large/white.webp'), (10, 20, 1), None)]
    """

    def __init__(self, text, out, suffix, overwrite, skip_existing=False):
        self.suffix, self.overwrite, self.targets = suffix, overwrite, {}
        with command_line.flag_errors("images"):
            if text is None:
                raise ValueError("should name an image, or a folder of them. Received: nothing.")
            for image in image_names.list_images(text):
                if not self._is_result(image.path, image.name, out):
                    self.targets[image.target(out, suffix)] = image.path
            if not self.targets:
                raise ValueError(
                    f"should name an image at least. Received: {text}, which has none."
                )
            for target in self.targets:
                if target.parent == out and BEFORE_AFTER.fullmatch(target.name):
                    raise ValueError(f"should be named otherwise: {target.name} is a result.")
        with command_line.flag_errors("out"):
            sources = {real_path(path) for path in self.targets.values()}
            taken = next((t for t in self.targets if real_path(t) in sources), None)
            if taken:
                raise ValueError(f"should be another folder than the images'. Received: {out}")
        left = flag_sets.without_existing(self.targets, overwrite, skip_existing)
        self.has_results = len(left) < len(self.targets)
        self.targets = {target: self.targets[target] for target in left}
        self.before_after = new_path(out / "before_after.png", overwrite)

    @staticmethod
    def _is_result(path, name, out):
        """Whether an image lies in the folder of results, which lies in the folder of images."""
        searched, out = real_path(path.parents[len(name.parts) - 1]), real_path(out)
        places = {*real_path(path).parents, *(searched / name).parents}  # of a link: both its ends
        return searched in out.parents and out in places

    def __len__(self):
        return len(self.targets)

    def save_before_after(self, previews):
        """Writes the picture of before and after: see `reporting.save_pairs`. Where no image could
        be read it raises an error, unless the results of others are there already."""
        if any(previews.values()) or not self.has_results:
            reporting.save_pairs(self.before_after, previews)

    def stopped_advice(self):
        """Returns what to do after Ctrl-C: a sentence, or ""."""
        if self.overwrite:  # nothing distinguishes results that are to be replaced from new ones
            return ""
        return "The same command with --skip_existing goes on with the images that are left."

    def __iter__(self):
        return self.for_factor(1)

    def for_factor(self, factor):
        """Iterates over images whose results have sides `factor` times as long; images whose result
        the format cannot hold are named and skipped."""
        from trainers.datasets import image_decoding, image_metadata

        lost = collections.Counter()

        def read(item):
            _, path = item
            sides, grey = image_decoding.read_header(path)
            if factor * max(sides) > MAX_SIDE.get(self.suffix, np.inf):
                raise ValueError(f"{self.suffix} holds {MAX_SIDE[self.suffix]:,} pixels a side")
            pixels = image_decoding.decode(path, grey=grey, on_white=False)
            return pixels, image_decoding.opacity(path), image_metadata.read(path)

        readable = image_decoding.readable_images(self.targets.items(), read, lambda item: item[1])
        for (target, _), (pixels, opacity, metadata) in readable:
            lost["had 16 bits a channel: results have 8"] += metadata.sixteen_bits
            lost["had a color profile: results are in sRGB"] += metadata.converted
            if opacity is not None:
                pixels = fill_transparent(pixels, opacity)
            yield target, pixels, opacity, metadata
        for what, count in lost.items():
            if count:
                print(f"{count} of {len(self)} images {what}.")


def real_path(path):
    """Returns a path without links, a `Path`. One that leads in a circle stays as it is, where
    `Path.resolve` raises a RuntimeError.

    Example:
        >>> Path("circle").symlink_to("circle")
        >>> real_path(Path("circle")).name
        'circle'
    """
    return Path(os.path.realpath(path))


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


def new_path(path, overwrite):
    """Returns a path with the first number that no file has: a.png, a_2.png, a_3.png …

    Args:
        path: the path without a number.
        overwrite: whether a file may exist: the path is returned as it is.

    Example:
        >>> Path("moved.png").touch()
        >>> new_path(Path("moved.png"), overwrite=False)
        PosixPath('moved_2.png')
    """
    numbered = (path.with_stem(f"{path.stem}_{i}") for i in itertools.count(2))
    return next(p for p in itertools.chain([path], numbered) if overwrite or not p.exists())


def load_images(text, image_shape, count=None, wanted=lambda image: True):
    """Loads the images of --images for a model: the middle square of each, resized.

    A file that cannot be read is named and skipped.

    Args:
        text: a file, a folder, or several of them joined by commas.
        image_shape: (side, side, 1 or 3) of the model.
        count: how many images are required; None: at least one.
        wanted: a function from a `NamedImage` to whether it is loaded; where it leaves images out,
            none of the others has to be readable.

    Returns:
        ([`NamedImage`], x, [opacity]): the files; images in [-1, 1], shape (n, *image_shape), on
        white; and opacities from 0 to 255, uint8 (side, side, 1), or None for an opaque image.

    Raises:
        ValueError: for no image, another number, a file that is given twice, or a model whose
            images are not square.

    Example:
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> images, x, opacities = load_images("white.png", (8, 8, 1))
        >>> images[0].name, x.shape, float(x.min()), opacities
        (PosixPath('white.png'), (1, 8, 8, 1), 1.0, [None])
    """
    from trainers.datasets import image_decoding

    with command_line.flag_errors("images"):
        if text is None:
            raise ValueError("should name an image, or a folder of them. Received: nothing.")
        height, width, channels = image_shape
        if height != width:
            raise ValueError(f"The model's images should be square. Received: {height}x{width}.")

        def read(image):
            pixels = image_decoding.decode(image.path, height, grey=channels == 1)
            return pixels, image_decoding.opacity(image.path, height)

        listed = image_names.list_images(text)
        chosen = [image for image in listed if wanted(image)]
        found = list(image_decoding.readable_images(chosen, read, lambda image: image.path))
        if not found and count is None and len(chosen) < len(listed):
            return [], np.zeros((0, *image_shape), np.float32), []
        if not found or count not in (None, len(found)):
            expected = "an image at least" if count is None else f"{count} images"
            raise ValueError(f"should name {expected} that can be read. Received: {len(found)}.")
    images, read = zip(*found, strict=True)
    pixels, opacities = zip(*read, strict=True)
    return list(images), grids.from_uint8(np.stack(pixels)), list(opacities)


def save_photograph(pixels, opacity, path, metadata=None):
    """Writes an image file atomically, in the format of the suffix.

    Args:
        pixels: uint8 (h, w, 1 or 3).
        opacity: uint8 (h, w, 1), or None for an opaque image. In a JPEG, which has no opacity,
            transparent pixels become white.
        path: of the file.
        metadata: an `image_metadata.Metadata`, of which is kept what the format holds; or None.

    Example:
        >>> pixels = np.zeros((8, 8, 3), np.uint8)
        >>> save_photograph(pixels, np.full((8, 8, 1), 128, np.uint8), Path("half.png"))
        >>> from PIL import Image
        >>> Image.open("half.png").mode
        'RGBA'
    """
    path, image = Path(path), grids.to_pil(pixels)
    if opacity is not None:
        if path.suffix == ".jpeg":
            share = opacity / 255.0
            image = grids.to_pil(np.rint(share * pixels + (1.0 - share) * 255.0).astype("uint8"))
        else:
            image.putalpha(grids.to_pil(opacity))
    with files.atomic_path(path) as draft:
        image.save(draft, quality=95, **(metadata.save_options(image.mode) if metadata else {}))


def save_image(image, path, opacity=None, metadata=None):
    """Writes an image (h, w, 1 or 3) in [-1, 1]: see `save_photograph`.

    Example:
        >>> save_image(np.zeros((8, 8, 1)), Path("grey.png"))
        >>> Path("grey.png").exists()
        True
    """
    save_photograph(grids.to_uint8(image), opacity, path, metadata)


def save_arrays(path, arrays):
    """Writes an .npz atomically."""
    with files.atomic_path(path) as draft:
        np.savez(draft, **arrays)
