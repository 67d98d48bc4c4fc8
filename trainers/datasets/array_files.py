"""The formats of files that MNIST, CIFAR and their like are published in.

    train-images-idx3-ubyte(.gz) …   a folder of MNIST, Fashion-MNIST, KMNIST …  (LeCun's IDX)
    data_batch_1 … test_batch        a folder of CIFAR-10; train, test of CIFAR-100  (pickles)
    images.npz                       arrays by the names that Keras, MedMNIST and NumPy give

All are read into memory as they are.
"""

import gzip
import math
import os
import re
import zlib
from pathlib import Path

import numpy as np

from trainers.datasets import memory, pickled_arrays
from trainers.datasets.builtin.samples import Samples
from trainers.datasets.source import Source, image_info

IDX = re.compile(r"(.*)-images[-.]idx3-ubyte(\.gz)?$")
SPLITS = {"t10k": "test", "val": "validation"}  # name in a file -> name of the split
NPZ = {  # split -> names of its images, and of its labels
    "train": (("x_train", "train_images", "images", "x", "arr_0"), ("y_train", "train_labels")),
    "validation": (("x_val", "val_images"), ("y_val", "val_labels")),
    "test": (("x_test", "test_images"), ("y_test", "test_labels")),
}
LABELS = ("labels", "y", "arr_1")  # of images without a split in their name
CLASSES = 100_000  # a class number is below it: models have weights for all smaller ones


def source(path):
    """Returns the `Source` of the files at a path, read into memory; None where `find` has none.

    Raises:
        ValueError: a file is corrupt, or holds something else.
    """
    path = Path(os.path.expanduser(path))
    reader = find(path)
    if reader is None:
        return None
    splits, class_names = reader()
    if list(splits) == ["train"] and len(splits["train"][0]) > 1:  # nothing is held out
        splits = _hold_out_tenth(*splits["train"])
    counts = {split: len(x) for split, (x, _) in splits.items()}
    counts["all"] = sum(counts.values())
    shapes = {split: x.shape[1:] for split, (x, _) in splits.items()}
    if len(set(shapes.values())) > 1:
        received = ", ".join(f"{split} {shape}" for split, shape in shapes.items())
        raise ValueError(f"{path} should hold images of one shape. Received: {received}")
    labels = [y for _, y in splits.values()]
    labelled = all(y is not None for y in labels)
    classes = max(int(y.max()) for y in labels) + 1 if labelled else None

    def read(split):
        if split != "all":
            return Samples(*splits[split], {})
        x = np.concatenate([x for x, _ in splits.values()])
        return Samples(x, np.concatenate(labels) if labelled else None, {})

    facts = image_info(
        path.resolve().stem,
        next(iter(splits.values()))[0].shape[1:],
        counts,
        max(classes, len(class_names)) if labelled else None,
        class_names,
        description=f"The arrays in {path}.",
    )
    return Source(facts, read)


def _hold_out_tenth(x, y):
    """Returns splits with every tenth sample, or the last one of fewer, as `test`."""
    rows = np.arange(len(x))
    test = rows % 10 == min(9, len(x) - 1)

    def part(mask):
        return x[mask], None if y is None else y[mask]

    return {"train": part(~test), "test": part(test)}


def find(path):
    """Returns a reader of the files at a path, or None where they have none of these formats.

    Returns:
        A function without arguments that returns (a dict split -> (images uint8 (n, h, w, c),
        labels int32 (n,) or None), names of the classes, () where they are not known).
    """
    path = Path(os.path.expanduser(path))
    if path.is_file():
        return (lambda: (_read_npz(path), ())) if path.suffix.lower() == ".npz" else None
    idx = sorted(p for p in path.iterdir() if IDX.match(p.name) and p.is_file())
    if idx:
        return lambda: (_read_idx(idx), ())
    for names in (("data_batch_1", "batches.meta"), ("train", "meta")):
        if all((path / name).is_file() for name in names):
            return lambda: _read_cifar(path)
    return None


def _read_idx(files):
    splits = {}
    for images in files:
        prefix, packed = IDX.match(images.name).groups()
        stem = images.name.replace("images", "labels").replace("idx3", "idx1")
        stem = stem.removesuffix(packed or "")
        labels = next(
            (p for p in (images.with_name(stem + e) for e in ("", ".gz")) if p.is_file()), 0
        )
        split = SPLITS.get(prefix, prefix)
        x = _idx(images, 3)[..., None]
        y = _idx(labels, 1).astype(np.int32) if labels else None
        splits[split] = _checked(x, y, images)
    return splits


def _idx(path, rank):
    """Returns an array of unsigned bytes; the header holds its shape in big-endian integers."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            head = np.frombuffer(file.read(4 * (rank + 1)), ">u4", rank + 1)
            shape = tuple(int(n) for n in head[1:])
            if head[0] != 0x800 + rank:
                raise ValueError(f"the magic number is {int(head[0]):#x}")
            memory.check(math.prod(shape), "its array")
            return np.frombuffer(file.read(math.prod(shape) + 1), np.uint8).reshape(shape)
    except (ValueError, EOFError, OSError, zlib.error) as error:  # of a cut file any of them
        raise ValueError(f"{path} is not an IDX file of {rank} axes, or corrupt: {error}") from None


def _read_cifar(path):
    ten = (path / "data_batch_1").is_file()
    train, test = ("data_batch_*", "test_batch") if ten else ("train", "test")
    labels, meta = ("labels", "batches.meta") if ten else ("fine_labels", "meta")
    splits = {}
    for split, pattern in (("train", train), ("test", test)):
        batches = [_cifar_batch(f, labels) for f in sorted(path.glob(pattern)) if f.is_file()]
        if batches:
            splits[split] = tuple(map(np.concatenate, zip(*batches, strict=True)))
    names = _unpickled(path / meta).get(f"{labels[:-1]}_names", [])
    if not isinstance(names, list) or not all(isinstance(name, str | bytes) for name in names):
        raise ValueError(f"{path / meta} should hold a list of names of classes")
    return splits, tuple(n.decode(errors="replace") if isinstance(n, bytes) else n for n in names)


def _cifar_batch(path, labels):
    """(images, class numbers) of a file, which holds images channel by channel."""
    batch = _unpickled(path)
    pixels = batch.get("data")
    dtype, shape = getattr(pixels, "dtype", None), getattr(pixels, "shape", ())
    if dtype != np.uint8 or shape[1:] != (3 * 32 * 32,):
        raise ValueError(
            f"data of {path} should be uint8, shape (n, 3072). Received: {dtype}, shape={shape}"
        )
    images = np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    numbers = batch.get(labels)
    if not isinstance(numbers, np.ndarray) and {type(n) for n in numbers or ()} - {int}:
        raise ValueError(f"{labels} of {path} should be a list of class numbers")
    return _checked(images, _class_numbers(numbers, f"{labels} of {path}"), path)


def _unpickled(path):
    try:
        memory.check(path.stat().st_size, "its arrays")
        batch = pickled_arrays.load(path.read_bytes())
        return {key.decode() if isinstance(key, bytes) else key: v for key, v in batch.items()}
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} is not a file of CIFAR, or corrupt: {error}") from None


def _read_npz(path):
    known = {name for names in NPZ.values() for some in names for name in some} | {*LABELS}
    try:
        with np.load(path) as file:  # pickles inside are refused
            names = file.files
            sizes = {name: _npy_size(file.zip, name) for name in names if name in known}
            memory.check(sum(sizes.values()), "its arrays")
            arrays = {name: file[name] for name in sizes}
    except Exception as error:  # a corrupt archive may raise anything
        raise ValueError(f"{path} is not an .npz file of arrays, or corrupt: {error}") from None
    splits = {}
    for split, (images, labels) in NPZ.items():
        name = next((n for n in images if n in arrays), None)
        if name is None:
            continue
        labels = labels if split in name or name.startswith("val") else LABELS
        y = next((arrays[n] for n in labels if n in arrays), None)
        if y is not None:
            y = _class_numbers(y, f"labels of {path}")
        splits[split] = _checked(_to_uint8(arrays[name], f"{name} of {path}"), y, path)
    if not splits:
        raise ValueError(
            f"{path} should hold images under one of {', '.join(NPZ['train'][0])}. "
            f"Received: {', '.join(names) or 'no array'}"
        )
    return splits


def _npy_size(archive, name):
    """The bytes of an array in an .npz file, by its header."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    return math.prod(shape) * dtype.itemsize


def _to_uint8(images, name):
    """Returns images as uint8 (n, h, w, 1 or 3)."""
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            f"{name} should be images of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3). "
            f"Received: shape={images.shape}"
        )
    if images.dtype == np.uint8:
        return images
    low, high = (images.min(), images.max()) if images.dtype.kind in "fiub" else (-1, -1)
    if images.dtype.kind in "iu" and low >= 0 and high <= 255:
        return images.astype(np.uint8)
    if images.dtype.kind in "fb" and low >= 0 and high <= 1:
        pixels = np.empty(images.shape, np.uint8)
        for row, image in zip(pixels, images, strict=True):  # all at once take three times as much
            row[...] = np.rint(image * np.float32(255))
        return pixels
    raise ValueError(
        f"{name} should hold integers in [0, 255] or floats in [0, 1]. "
        f"Received: {images.dtype} from {low} to {high}"
    )


def _class_numbers(labels, name):
    """Returns int32 (n,) of numbers, shape (n,) or (n, 1), or of one-hot rows, (n, classes)."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    numbers = labels.dtype.kind in "iuf" and labels.size > 0
    values = f" from {labels.min()} to {labels.max()}" if numbers else ""
    if (
        labels.ndim != 1
        or labels.dtype.kind not in "iu"
        or not labels.size
        or labels.min() < 0
        or labels.max() >= CLASSES
    ):
        raise ValueError(
            f"{name} should be class numbers from 0 to {CLASSES - 1:,}, shape (n,), or one-hot "
            f"rows. Received: {labels.dtype}{values}, shape={labels.shape}"
        )
    return labels.astype(np.int32)


def _checked(images, labels, path):
    if not len(images) or (labels is not None and len(labels) != len(images)):
        count = "no" if labels is None else len(labels)
        raise ValueError(
            f"{path} should have as many labels as images, and some. "
            f"Received: {len(images)} images, {count} labels"
        )
    return images, labels
