"""Photographs as they are, each of its own size, and crops of them to learn from."""

import itertools
import sys

import numpy as np
import tensorflow as tf

from trainers.datasets import image_decoding, image_folders
from trainers.datasets.builtin import photos


def load_photographs(name, split="train", least=1):
    """The photographs of a split.

    Args:
        name: "photos", those that come with the project; or a folder, of which a tenth is `test`,
            unless it has a folder of that name.
        split: "train" or "test".
        least: the smallest side; smaller ones are left out.

    Returns:
        A dict name -> uint8 (height, width, 3). A file that cannot be read is named and passed
        over.

    Raises:
        ValueError: there is none.

    Example:
        >>> load_photographs("photos", "test")["coins"].shape
        (303, 384, 3)
    """
    found = photos.photographs(split) if name == "photos" else _in_folder(name, split)
    found = {k: pixels for k, pixels in found.items() if min(pixels.shape[:2]) >= least}
    if not found:
        raise ValueError(
            f"should hold photographs with sides from {least} pixels on to {split} with. "
            f"Received: {name}"
        )
    return found


def _in_folder(name, split):
    found = {}
    for item in image_folders.find(name).items():
        if item.split == split:
            try:
                with image_decoding.reject_huge_images():
                    found[item.name] = image_decoding.decode(item.source)
            except (image_decoding.UnreadableImage, ValueError) as error:
                print(f"{item.name} is passed over: {error}", file=sys.stderr)
    return found


def grid_patches(image, side):
    """An image (h, w, c) cut into squares side by side: (n, side, side, c).

    Example:
        >>> grid_patches(np.zeros((64, 100, 1)), side=32).shape
        (6, 32, 32, 1)
    """
    rows, columns = (n // side for n in image.shape[:2])
    cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    return cut.swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def random_crops(images, side, batch_size, seed=0, first=0, mirrored=False):
    """Endless batches of squares at random places of random images. A batch is a function of (seed,
    its number), so that a training can be resumed.

    Args:
        images: arrays (h, w, c), of one dtype.
        side: of the crops.
        batch_size: how many a batch has.
        first: the number of the first batch.
        mirrored: whether every second one is mirrored left to right, and so up to down.

    Returns:
        A tf.data.Dataset of (batch_size, side, side, c).

    Raises:
        ValueError: for an image that is smaller.

    Example:
        >>> x = np.arange(200.0).reshape(10, 20, 1)
        >>> stream, later = random_crops([x], 4, 8), random_crops([x], 4, 8, first=2)
        >>> wanted = list(stream.take(3))[2]
        >>> wanted.shape, bool(tf.reduce_all(wanted == next(iter(later))))
        (TensorShape([8, 4, 4, 1]), True)
    """
    images = list(images)
    small = next((x.shape for x in images if min(x.shape[:2]) < side), None)
    if small or not images:
        raise ValueError(
            f"should hold photographs with sides from {side} pixels on. "
            f"Received: {f'one of {small[0]}x{small[1]}' if small else 'none'}."
        )

    def draw(rng):
        which = rng.integers(len(images), size=batch_size)
        return np.stack([_crop(images[i], side, rng, mirrored) for i in which])

    shape = (batch_size, side, side, images[0].shape[-1])
    return _numbered_batches(draw, seed, first, tf.TensorSpec(shape, images[0].dtype))


def _crop(image, side, rng, mirrored):
    top, left = (rng.integers(n - side + 1) for n in image.shape[:2])
    cut = image[top : top + side, left : left + side]
    for axis in (0, 1):
        if mirrored and rng.integers(2):
            cut = np.flip(cut, axis)
    return cut


def random_rows(arrays, batch_size, seed=0, first=0):
    """Endless batches of random rows, the same of each array. A batch is a function of (seed, its
    number), as those of `random_crops`.

    Args:
        arrays: a list of arrays with as many rows each.
        batch_size: how many a batch has.
        seed: of the rows.
        first: the number of the first batch.

    Returns:
        A tf.data.Dataset of tuples.

    Example:
        >>> x = np.arange(100.0)
        >>> ones, others = next(iter(random_rows([x, -x], 8)))
        >>> ones.shape, bool(tf.reduce_all(ones == -others))
        (TensorShape([8]), True)
    """

    def draw(rng):
        which = rng.integers(len(arrays[0]), size=batch_size)
        return tuple(array[which] for array in arrays)

    spec = tuple(tf.TensorSpec((batch_size, *array.shape[1:]), array.dtype) for array in arrays)
    return _numbered_batches(draw, seed, first, spec)


def _numbered_batches(draw, seed, first, spec):
    """Endless batches that a function draws from generators, each of (seed, its number)."""

    def drawn():
        for number in itertools.count(first):
            yield draw(np.random.default_rng((seed, number)))

    return tf.data.Dataset.from_generator(drawn, output_signature=spec)
