"""A folder of images as a dataset: nested by class or flat, with splits or without.

    photos/*.jpg                    no labels
    photos/cat/*.jpg, dog/*.jpg     a label for each folder, in alphabetical order
    photos/train/…, photos/test/…   splits; each flat or nested by class

Without splits a tenth of the images, chosen by their names, is `test` and the rest `train`. Which
files are images: see `image_listing`.
"""

import concurrent.futures
import dataclasses
import hashlib
import itertools
import os
from pathlib import Path

import numpy as np

from trainers.datasets import image_cache, image_decoding, image_listing
from trainers.datasets.builtin.samples import Samples
from trainers.datasets.source import Source, image_info

SPLITS = {"train": "train", "test": "test", "val": "validation", "valid": "validation"} | {
    "validation": "validation",
    "training": "train",
    "testing": "test",
}  # name of a folder -> of the split
NAME = 50  # characters of a folder's name in that of its store, which has to fit into 255 bytes


@dataclasses.dataclass(frozen=True)
class Folder:
    """The images below a folder.

    Attributes:
        path: of the folder, absolute.
        names: of the images, inside the folder, sorted.
        labels: the class of each, int32 (n,), or None.
        splits: to which each belongs, an array of strings (n,).
        class_names: of the labels; empty where there are none.
        key: a hash that changes when a file is added, removed or altered.
    """

    path: Path
    names: list
    labels: np.ndarray | None
    splits: np.ndarray
    class_names: tuple
    key: str

    def items(self):
        """Yields an `image_cache.Item` for each image. (A list would take a kilobyte for each.)"""
        labels = itertools.repeat(None) if self.labels is None else self.labels.tolist()
        for name, label, split in zip(self.names, labels, self.splits, strict=False):
            yield image_cache.Item(name, self.path / name, label, str(split))


def find(path):
    """Walks a folder and returns the `Folder` of its images.

    Raises:
        ValueError: there is no image in the folder, or none in its folder of the split `train`; or
            a folder in it cannot be read.
    """
    path = Path(os.path.realpath(os.path.expanduser(path)))
    listed = image_listing.list_images(path)
    if not listed:
        raise ValueError(
            "`name` should be a folder with images "
            f"({' '.join(image_listing.SUFFIXES)}). Received: {path}, which has none"
        )
    names = [name for name, _ in listed]
    key = hashlib.sha256(repr((str(path), listed)).encode()).hexdigest()[:12]
    tops = [name.partition("/")[0] if "/" in name else "" for name in names]
    known = {top: SPLITS.get(top.lower()) for top in set(tops)}
    divided = "train" in known.values() and None not in known.values()
    if not divided and None not in known.values():  # else `test` would be a class to train on
        _reject_no_train(path)
    splits = np.array([known[top] if divided else "train" for top in tops])
    if divided:
        tops = [name.split("/")[1] if name.count("/") > 1 else "" for name in names]
    if set(splits) == {"train"}:
        splits = _split_by_hash(names)
    if "" in tops:  # some images are in no folder of a class
        return Folder(path, names, None, splits, (), key)
    class_names, labels = np.unique(tops, return_inverse=True)
    classes = tuple(class_names.tolist())
    return Folder(path, names, labels.astype(np.int32), splits, classes, key)


def source(path, image_size, data_dir):
    """Returns the `Source` of the images below a folder, which is walked once.

    Args:
        path, image_size, data_dir: as for `find` and `open_or_build`.

    Raises, Warns: as `find` and `open_or_build`.
    """
    folder = find(path)
    store = open_or_build(folder, image_size, data_dir)
    splits = dict.fromkeys(["train", *store.splits.tolist()])
    rows = {split: np.flatnonzero(store.splits == split) for split in splits}
    rows["all"] = np.arange(len(store.names))

    def read(split):
        names = np.array(store.names)[rows[split]]
        labels = None if store.labels is None else store.labels[rows[split]]
        return Samples(store.images(rows[split]), labels, {"file": names})

    facts = image_info(
        folder.path.name,
        store.shape,
        {split: len(numbers) for split, numbers in rows.items()},
        None if store.labels is None else len(folder.class_names),
        folder.class_names,
        factors={"file": "the path inside the folder"},
        skipped=store.skipped,
        description=f"The images in {folder.path}.",
    )
    return Source(facts, read)


def open_or_build(folder, image_size, data_dir):
    """Returns the `Store` of a folder's images, which the first call for this size writes.

    Args:
        folder: from `find`.
        image_size: height and width to which images are resized; None where all have one size.
        data_dir: the folder of stores.

    Raises:
        ValueError: no image can be read, or their sizes differ and `image_size` is None.
        OSError: the store cannot be written.

    Warns:
        UserWarning: some files cannot be read; how many, which, and where all are listed.
    """
    size, name = image_size or "stored", folder.path.name[:NAME]
    target = Path(data_dir) / "images" / f"{name}-{folder.key}-{size}"

    def write(target):
        grey = _check_headers(folder, image_size)
        title, total = folder.path.name, len(folder.names)
        image_cache.write(target, folder.items(), image_size, grey, title, total)

    store = image_cache.open_or_build(target, write)
    if not store.names:
        name, reason = store.skipped[0]
        raise ValueError(
            f"`name` should be a folder with images. Received: {folder.path}, of whose "
            f"{len(store.skipped)} none can be read: {image_listing.printable(name)} is {reason}"
        )
    image_cache.warn_of_skipped(store, folder.path)
    return store


def _reject_no_train(path):
    """Raises a ValueError for a folder whose images are all in folders of other splits."""
    empty = [
        folder.name
        for folder in path.iterdir()
        if folder.is_dir() and SPLITS.get(folder.name.lower()) == "train"
    ]
    reason = (
        f"whose folder {empty[0]} has none. Fill or remove it"
        if empty
        else ("whose images are all held out: it has no folder `train`")
    )
    raise ValueError(
        f"`name` should be a folder with images to train on. Received: {path}, {reason}"
    )


def _split_by_hash(names):
    """Returns "train" or "test" for each name, by its hash: a new file moves few of the others."""
    order = np.argsort([hashlib.sha256(os.fsencode(name)).hexdigest() for name in names])
    splits = np.full(len(names), "train")
    if len(names) > 1:
        splits[order[: max(1, round(len(names) / 10))]] = "test"
    return splits


def _check_headers(folder, image_size):
    """Returns whether all images are grey; raises for different sizes without `image_size`."""

    def read_header(name):
        try:
            return image_decoding.read_header(folder.path / name)
        except image_decoding.UnreadableImage:
            return None

    with concurrent.futures.ThreadPoolExecutor() as workers, image_decoding.reject_huge_images():
        headers = set()
        for start in range(
            0, len(folder.names), image_cache.CHUNK
        ):  # a pool queues all it is given
            chunk = folder.names[start : start + image_cache.CHUNK]
            headers.update(workers.map(read_header, chunk))
    headers.discard(None)
    sizes = sorted({size for size, _ in headers})
    if image_size is None and len(sizes) > 1:
        (h, w), (most_h, most_w) = sizes[0], sizes[-1]
        raise ValueError(
            f"`image_size` should be given: the images of {folder.path} are of {len(sizes)} "
            f"sizes, from {h}x{w} to {most_h}x{most_w}. Received: image_size=None"
        )
    return all(grey for _, grey in headers)
