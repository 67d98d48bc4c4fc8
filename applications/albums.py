"""Photographs of anyone's files, each of its own size, and what is written of them.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import sys

import numpy as np

from applications import common
from trainers import command_line, files
from trainers.imaging import grids

SHOWN = 6  # photographs in a picture of before and after
BEFORE_AFTER = "before_after.png"
MOST = {"webp": 16_383, "jpeg": 65_535}  # pixels of a side that a format can hold


class Album:
    """The image files that --images means, one at a time; a file that cannot be read is named and
    passed over.

    Iterating gives (target, pixels, opacity): the path of a result, as in the folder; uint8
    (h, w, 1 or 3) in sRGB; and uint8 (h, w, 1), or None where all is opaque. What is hidden has the
    colour of what is seen next to it.

    Args:
        text: a file, a folder, or several of them joined by commas.
        out: the folder of results, which must not be there yet; where it lies among the images,
            nothing in it is taken for one.
        suffix: of the results, such as "png".
        overwrite: whether results may be there.

    Raises:
        ValueError: for no image, a result that is there already, and a result that would take an
            image's place.

    Example:
        >>> from pathlib import Path
        >>> common.save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> found = Album("white.png", Path("large"), "webp", overwrite=False)
        >>> [(target, pixels.shape, opacity) for target, pixels, opacity in found]
        [(PosixPath('large/white.webp'), (10, 20, 1), None)]
    """

    def __init__(self, text, out, suffix, overwrite):
        self.suffix, self.targets = suffix, {}
        with command_line.flag("images"):
            if text is None:
                raise ValueError("should name an image, or a folder of them. Received: nothing.")
            for path, name in common.named(text):
                if self._is_result(path, name, out):
                    continue
                target = out / name.with_suffix(f".{suffix}")
                if self.targets.get(target, path).suffix != path.suffix:
                    target = out / f"{name}.{suffix}"  # a.jpg beside a.png
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
        with command_line.flag("out"):
            sources = {path.resolve() for path in self.targets.values()}
            taken = next((t for t in self.targets if t.resolve() in sources), None)
            if taken:
                raise ValueError(f"should be another folder than the images'. Received: {out}")
        common.check_free([*self.targets, out / BEFORE_AFTER], overwrite)

    @staticmethod
    def _is_result(path, name, out):
        """Whether an image lies in the folder of results, below that which is searched."""
        path, out = path.resolve(), out.resolve()
        searched = path.parents[len(name.parts) - 1]
        return searched in out.parents and out in path.parents

    def __len__(self):
        return len(self.targets)

    def __iter__(self):
        return self.enlarged(1)

    def enlarged(self, factor):
        """The same; results will be so many times as large, and those that their format cannot hold
        are named and passed over."""
        from trainers.datasets import image_decoding

        for target, path in self.targets.items():
            try:
                with image_decoding.harmless():
                    sides, grey = image_decoding.look(path)
                    if factor * max(sides) > MOST.get(self.suffix, np.inf):
                        raise ValueError(f"{self.suffix} holds {MOST[self.suffix]:,} pixels a side")
                    pixels = image_decoding.decode(path, grey=grey, on_white=False)
                    opacity = image_decoding.opacity(path)
            except (image_decoding.Unreadable, ValueError) as error:
                print(f"{path} is passed over: {error}", file=sys.stderr)
                continue
            yield target, pixels if opacity is None else filled(pixels, opacity), opacity


def filled(pixels, opacity):
    """Pixels whose colour is that of the nearest that is seen, where they are hidden.

    Example:
        >>> filled(np.array([[[9], [5]]]), np.array([[[0], [1]]])).ravel()
        array([5, 5])
    """
    from scipy import ndimage

    hidden = opacity[..., 0] == 0
    if hidden.all():
        return pixels
    nearest = ndimage.distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return pixels[tuple(nearest)]


def middle(image, side):
    """The middle of an image, side x side, black where the image is smaller.

    Example:
        >>> float(middle(np.ones((4, 8, 1)), 6).sum())
        24.0
    """
    height, width = image.shape[:2]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    cut = image[top : top + side, left : left + side]
    found = np.zeros((side, side, image.shape[-1]), image.dtype)
    top, left = ((side - n) // 2 for n in cut.shape[:2])
    found[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return found


def save_pairs(path, rows):
    """Writes a picture of rows of pixels, grey or not, all of one size, with their names.

    Raises:
        ValueError: there are none: no image could be read.

    Example:
        >>> from pathlib import Path
        >>> save_pairs(Path("pairs.png"), {"before": [np.zeros((8, 8, 1), np.uint8)]})
        pairs.png
    """
    if not all(rows.values()):
        raise ValueError("--images: should name an image that can be read. Received: none.")
    shown = [
        np.stack([np.broadcast_to(x, (*x.shape[:2], 3)) for x in images]) / 127.5 - 1.0
        for images in rows.values()
    ]
    with files.aside(path) as draft:
        grids.grid(shown, labels=list(rows)).save(draft)
    print(path)
