"""Photographs, each of its own size, and endless batches of random crops of them."""

import itertools

import numpy as np
import tensorflow as tf

from trainers.datasets import image_decoding, image_folders, image_listing
from trainers.datasets.builtin import photos


def load_photographs(dataset, split="train", least=1):
    """Returns the photographs of a split.

    Args:
        dataset: "photos", those that come with the project; or a folder, of which a tenth is
            `test`, unless it has a folder of that name.
        split: "train" or "test".
        least: pixels of the smallest side; smaller photographs are left out.

    Returns:
        A dict name -> uint8 (height, width, 3). A file that cannot be read is named and skipped.

    Raises:
        ValueError: no photograph is left.

    Example:
        >>> load_photographs("photos", "test")["coins"].shape
        (303, 384, 3)
    """
    if dataset == "photos":
        image_listing.report_builtin(dataset)
    found = photos.photographs(split) if dataset == "photos" else _in_folder(dataset, split)
    found = {k: pixels for k, pixels in found.items() if min(pixels.shape[:2]) >= least}
    if not found:
        raise ValueError(
            f"`dataset` should hold photographs with sides from {least} pixels on to {split} with. "
            f"Received: {dataset}"
        )
    return found


def _in_folder(folder, split):
    items = (item for item in image_folders.find(folder).items() if item.split == split)
    readable = image_decoding.readable_images(
        items, lambda item: image_decoding.decode(item.source), lambda item: item.name
    )
    return {item.name: pixels for item, pixels in readable}


def grid_patches(image, side):
    """Cuts an image (h, w, c) into squares side by side: (n, side, side, c). Pixels that are left
    at the right and at the bottom are dropped.

    Example:
        >>> grid_patches(np.zeros((64, 100, 1)), side=32).shape
        (6, 32, 32, 1)
    """
    rows, columns = (n // side for n in image.shape[:2])
    cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    return cut.swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def random_crops(images, side, batch_size, seed=0, first=0, mirrored=False):
    """Endless batches of squares at random places of random images. A batch is a function of (seed,
    number of the batch), so that a training can be resumed.

    Args:
        images: arrays (h, w, c), of one dtype.
        side: pixels of a side of the crops.
        batch_size: crops in a batch.
        seed: of the images and places.
        first: the number of the first batch.
        mirrored: whether crops are flipped left to right, each with probability one half, and
            likewise up to down.

    Returns:
        A tf.data.Dataset of (batch_size, side, side, c).

    Raises:
        ValueError: for an image that is smaller than `side`, and for none.

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
            f"`images` should hold photographs with sides from {side} pixels on. "
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
    """Endless batches of random rows, the same rows of each array. A batch is a function of (seed,
    number of the batch), as with `random_crops`.

    Args:
        arrays: a list of arrays of equally many rows.
        batch_size: rows in a batch.
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
    """Endless batches that a function draws from a generator of (seed, number of the batch)."""

    def drawn():
        for number in itertools.count(first):
            yield draw(np.random.default_rng((seed, number)))

    return tf.data.Dataset.from_generator(drawn, output_signature=spec)
