"""Images decoded once and kept on disk, so that training reads rows and never meets a bad file.

A store is a folder: `pixels` (uint8, one image after the other) and `index.json`. It is written
under another name and renamed when it is complete; memory holds one chunk of images.
"""

import concurrent.futures
import dataclasses
import hashlib
import itertools
import json
import os
import shutil
import threading
import warnings
from pathlib import Path

import numpy as np

from trainers.datasets import image_decoding, image_listing

CHUNK = 256  # images in memory at once


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """One image to be stored.

    Attributes:
        name: of the image for messages, such as the path inside its folder.
        source: a path, or the bytes of a file.
        label: class number, or None.
        split: name of the split.
    """

    name: str
    source: object
    label: int | None = None
    split: str = "all"


class Rows:
    """Images in a file, uint8 (n, h, w, c), read from disk at each access and not kept.

    Pages of a memory map would count as the process' memory until another process needs it.
    """

    def __init__(self, path, shape, rows):
        self.path, self.shape, self.dtype = Path(path), (len(rows), *shape), np.dtype(np.uint8)
        self._rows, self._size = np.asarray(rows, np.int64), int(np.prod(shape))
        self._lock, self._file = threading.Lock(), None

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """Returns a copy of these rows, numbers (m,): uint8 (m, h, w, c)."""
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        with self._lock:
            self._file = self._file or open(self.path, "rb")  # noqa: SIM115 (for all batches)
            for image, row in zip(images, self._rows[rows], strict=True):
                self._file.seek(row * self._size)
                if self._file.readinto(image.reshape(-1)) != self._size:
                    raise OSError(f"{self.path} is shorter than it was. Load the data again.")
        return images


class Store:
    """The decoded images of a folder or of a TFDS split, on disk.

    Attributes:
        folder: of the files.
        shape: (h, w, c) of each image.
        names, labels, splits: of each image, in order; `labels` is None where there are none.
        skipped: (name, reason) of each file that could not be read; `skipped.txt` lists them too.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        index = json.loads((self.folder / "index.json").read_text())
        if index.pop("sha256") != _checksum(index):
            raise ValueError(f"{self.folder} is corrupt")
        self.shape, self.skipped = tuple(index["shape"]), [tuple(s) for s in index["skipped"]]
        self.names, self.splits = index["names"], np.array(index["splits"])
        labelled = None not in index["labels"]
        self.labels = np.array(index["labels"], np.int32) if labelled else None
        expected = len(self.names) * int(np.prod(self.shape))
        if (self.folder / "pixels").stat().st_size != expected:
            raise OSError(f"{self.folder} is corrupt")

    def images(self, rows):
        """Returns the `Rows` of these numbers."""
        return Rows(self.folder / "pixels", self.shape, rows)


def _checksum(index):
    """The digest of all other entries of an index."""
    return hashlib.sha256(json.dumps(index).encode()).hexdigest()


def open_or_build(folder, write):
    """Returns the `Store` in a folder, after `write(folder)` where there is none or a corrupt one.

    Raises:
        OSError: the store cannot be written.
    """
    try:
        return Store(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        shutil.rmtree(folder, ignore_errors=True)
    write(folder)
    return Store(folder)


def warn_of_skipped(store, what):
    """Warns that images were skipped: how many, which, and where all are listed.

    Args:
        store: a `Store`.
        what: the origin of the images, such as the path of a folder.
    """
    if store.skipped:
        count = len(store.skipped)
        names = [(image_listing.printable(name), reason) for name, reason in store.skipped[:3]]
        few = ", ".join(f"{name} ({reason})" for name, reason in names)
        warnings.warn(
            f"{count} of {count + len(store.names)} files of {what} are skipped: "
            f"{few}{', …' if count > 3 else ''}. All: {store.folder / 'skipped.txt'}",
            stacklevel=2,
        )


def write(folder, items, image_size, grey, title, total):
    """Decodes images to one size into a new store.

    Args:
        folder: of the store; it appears when all images are written.
        items: an iterable of `Item`s.
        image_size, grey: as for `image_decoding.decode`.
        title: of the progress bar, which is shown on a terminal only.
        total: number of items.

    Raises:
        OSError: the store cannot be written.
    """
    from tqdm import tqdm

    folder = Path(folder)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True, exist_ok=True)
    kept, skipped, shape = [], [], None

    def read(item):
        try:
            return image_decoding.decode(item.source, image_size, grey)
        except image_decoding.UnreadableImage as error:
            return error

    try:
        bar = tqdm(total=total, desc=title, unit=" images", disable=None, leave=False)
        workers = (
            concurrent.futures.ThreadPoolExecutor()
        )  # Pillow releases the GIL while it decodes
        with (
            open(draft / "pixels", "wb") as file,
            workers,
            bar,
            image_decoding.reject_huge_images(),
        ):
            items = iter(items)
            while chunk := list(itertools.islice(items, CHUNK)):
                for item, pixels in zip(chunk, workers.map(read, chunk), strict=True):
                    if isinstance(pixels, image_decoding.UnreadableImage):
                        skipped.append((item.name, str(pixels)))
                        continue
                    if shape not in (None, pixels.shape):
                        skipped.append((item.name, f"its shape is {pixels.shape}, not {shape}"))
                        continue
                    shape = pixels.shape
                    file.write(pixels.tobytes())
                    kept.append((item.name, item.label, item.split))
                bar.update(len(chunk))
        index = {
            "shape": shape or (0, 0, 0),
            "skipped": skipped,
            "names": [name for name, _, _ in kept],
            "labels": [label for _, label, _ in kept],
            "splits": [split for _, _, split in kept],
        }
        index["sha256"] = _checksum(index)
        (draft / "index.json").write_text(json.dumps(index))
        printable = image_listing.printable
        lines = "".join(f"{printable(name)}\t{reason}\n" for name, reason in skipped)
        (draft / "skipped.txt").write_text(lines, encoding="utf-8")
        try:
            draft.rename(folder)
        except OSError:
            if not folder.exists():  # else another process has written the store meanwhile
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
