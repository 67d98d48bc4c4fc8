"""Image files of any format as pixels: 8-bit grey or RGB, resized to a square where wanted.

Callers skip corrupt files, for which an `UnreadableImage` is raised.
"""

import contextlib
import io
import os
import stat
import sys
import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps

from trainers.datasets.image_listing import printable

SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")  # Pillow's modes of 16-bit grey images
ROWS = 256  # that are converted at a time
GREY = ("1", "L", "LA", "La", *SIXTEEN_BITS)
PROFILED = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB"}  # mode with a profile -> mode in sRGB
SWAPPED = (5, 6, 7, 8)  # EXIF orientations whose width and height are exchanged
ORIENTATION = 0x0112


class UnreadableImage(Exception):
    """Raised for a file that is no image, or is corrupt; the message is the reason."""


def read_header(source):
    """Returns ((height, width), whether it is grey) of an upright image, from the file's header.

    Args:
        source: a path, or the bytes of a file.

    Raises:
        UnreadableImage: the file is no image.
    """
    with opened(source) as image:
        width, height = image.size
        if image.getexif().get(ORIENTATION) in SWAPPED:
            width, height = height, width
        return (height, width), image.mode in GREY


def decode(source, image_size=None, grey=False, on_white=True):
    """Returns the pixels of an image, uint8 (h, w, 1 or 3) of 0 … 255.

    A photograph is turned upright (EXIF), colours are converted to sRGB, 16 bits to 8, transparent
    pixels become white, and of an animation the first frame is taken.

    Args:
        source: a path, or the bytes of a file.
        image_size: height and width of the result: the largest square in the middle, resized
            (bicubic, antialiased). None leaves the image as it is.
        grey: whether the result has one channel; else three.
        on_white: whether transparent pixels become white; else they keep the colour stored.

    Raises:
        UnreadableImage: the file is no image, or is corrupt, or has more pixels than Pillow takes
            for harmless.
    """
    with opened(source) as image:
        if image_size is not None:
            # JPEG can be decoded at 1/2, 1/4 or 1/8, many times as fast; a factor of two is left
            # to resizing, whose filter is better.
            image.draft(None, (2 * image_size, 2 * image_size))
        image = _flat(_in_srgb(ImageOps.exif_transpose(image)), on_white)
        image = image.convert("L" if grey else "RGB")
        if image_size is not None:
            image = _square(image, image_size)
        pixels = np.asarray(image)
    return pixels[..., None] if grey else pixels


def opacity(source, image_size=None):
    """Returns the alpha of each pixel of `decode`, uint8 (h, w, 1); None where all are opaque.

    Raises:
        UnreadableImage: as `decode`.
    """
    with opened(source) as image:
        if not image.has_transparency_data:
            return None
        alpha = ImageOps.exif_transpose(image).convert("RGBA").getchannel("A")
        if image_size is not None:
            alpha = _square(alpha, image_size)
        pixels = np.asarray(alpha)[..., None]
    return None if pixels.min() == 255 else pixels


@contextlib.contextmanager
def reject_huge_images():
    """Turns Pillow's warning of a decompression bomb into an error, so that it is not decoded.

    Enter it in one thread, around the others: filters of warnings are shared by all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def readable_images(items, read, name=str):
    """Reads images one at a time, and skips those that cannot be read, with a line on stderr.

    Args:
        items: what `read` takes, one for each image.
        read: a function from an item to what was read.
        name: a function from an item to the name that the line has.

    Yields:
        (item, what was read).

    Example:
        >>> [item for item, pixels in readable_images(["none.png"], decode)]
        []
    """
    for item in items:
        try:
            with reject_huge_images():
                found = read(item)
        except (UnreadableImage, ValueError) as error:
            print(f"{printable(name(item))} is skipped: {error}", file=sys.stderr)
            continue
        yield item, found


@contextlib.contextmanager
def opened(source):
    """Opens an image file; whatever fails inside is an `UnreadableImage`."""
    try:
        if not isinstance(source, bytes) and not stat.S_ISREG(os.stat(source).st_mode):
            raise OSError("not a regular file")  # a pipe would be waited for
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            yield image
    except Exception as error:  # decoders may raise anything for a corrupt file
        text = (error.strerror or str(error)) if isinstance(error, OSError) else ""
        if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
            text = f"more than {Image.MAX_IMAGE_PIXELS:,} pixels"
        if "cannot identify image file" in text:
            text = "not an image"
        raise UnreadableImage(text or f"corrupt: {error}") from error


def _in_srgb(image):
    """Converts an image with a colour profile to sRGB; a corrupt profile is ignored."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in PROFILED:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb, mode = ImageCms.createProfile("sRGB"), PROFILED[image.mode]
        return ImageCms.profileToProfile(image, own, srgb, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _flat(image, on_white):
    """Returns an image with 8 bits a channel and no transparency; grey stays grey."""
    if image.mode in SIXTEEN_BITS:  # convert("L") would clip them at 255
        return Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if not on_white:
            return image.convert("RGB")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image)
    if image.mode == "F":
        raise ValueError("pixels are floats, of an unknown range")
    return image


def _eight_bits(pixels):
    """Rounds 0 … 65535 to 0 … 255, a few rows at a time: wider numbers of all take much memory."""
    if pixels.min() < 0 or pixels.max() > 65_535:
        raise ValueError("pixels are integers of 32 bits, of an unknown range")
    found = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), ROWS):
        found[top : top + ROWS] = (pixels[top : top + ROWS].astype(np.int32) + 128) // 257
    return found


def _square(image, side):
    """Crops the largest square in the middle and resizes it."""
    width, height = image.size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    box = (left, top, left + edge, top + edge)
    return image.resize((side, side), Image.Resampling.BICUBIC, box)  # antialiased, in Pillow
