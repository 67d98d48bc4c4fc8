"""Photographs of anyone's files, each of its own size, and what is written of them.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import sys
from pathlib import Path

import numpy as np

from applications.shared import flag_sets
from trainers import command_line, files
from trainers.imaging import grids

SHOWN = 6  # photographs in a picture of before and after
BEFORE_AFTER = "before_after.png"
MOST = {"webp": 16_383, "jpeg": 65_535}  # pixels of a side that a format can hold


class ImageFolder:
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
        >>> save_image(np.ones((10, 20, 1)), Path("white.png"))
        >>> found = ImageFolder("white.png", Path("large"), "webp", overwrite=False)
        >>> [(target, pixels.shape, opacity) for target, pixels, opacity in found]
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
        with command_line.flag_errors("out"):
            sources = {path.resolve() for path in self.targets.values()}
            taken = next((t for t in self.targets if t.resolve() in sources), None)
            if taken:
                raise ValueError(f"should be another folder than the images'. Received: {out}")
        flag_sets.check_not_existing([*self.targets, out / BEFORE_AFTER], overwrite)

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
                with image_decoding.reject_huge_images():
                    sides, grey = image_decoding.read_header(path)
                    if factor * max(sides) > MOST.get(self.suffix, np.inf):
                        raise ValueError(f"{self.suffix} holds {MOST[self.suffix]:,} pixels a side")
                    pixels = image_decoding.decode(path, grey=grey, on_white=False)
                    opacity = image_decoding.opacity(path)
            except (image_decoding.UnreadableImage, ValueError) as error:
                print(f"{path} is passed over: {error}", file=sys.stderr)
                continue
            yield target, pixels if opacity is None else fill_transparent(pixels, opacity), opacity


def fill_transparent(pixels, opacity):
    """Pixels whose colour is that of the nearest that is seen, where they are hidden.

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


def load_images(text, image_shape, needed=None):
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
        found = {}
        for path, name in list_images(text):
            try:
                with image_decoding.reject_huge_images():
                    pixels = image_decoding.decode(path, height, grey=channels == 1)
                    opacity = image_decoding.opacity(path, height)
            except (image_decoding.UnreadableImage, ValueError) as error:
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


def list_images(text):
    """(path, name) of each image file that --images means: the name is the path within the folder,
    of a file its own.

    Args:
        text: a file, a folder, or several of them joined by commas.

    Raises:
        ValueError: for what is not there.

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
    """Writes pixels, uint8 (h, w, 1 or 3), with their opacity (h, w, 1) where there is any, in one
    piece, as the suffix says. JPEG has no opacity: what is transparent becomes white.

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
    """The same for an image in [-1, 1].

    Example:
        >>> save_image(np.zeros((8, 8, 1)), Path("grey.png"))
        >>> Path("grey.png").exists()
        True
    """
    save_photograph(grids.to_uint8(image), opacity, path)


def save_arrays(path, arrays):
    """Writes an .npz in one piece."""
    with files.atomic_path(path) as draft:
        np.savez(draft, **arrays)
