"""From a name to a source: what is known of a dataset, and a function that reads a split.

Three kinds of names are looked up in turn: the worlds that need no download, paths of what lies on
disk, and the datasets that TFDS knows. What reading needs (TensorFlow, scikit-learn) is imported
when it reads, so that a command line can check its flags in no time.
"""

import copy
import dataclasses
import difflib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from trainers.datasets import array_files, builtin, image_folders, tfds_catalog
from trainers.datasets.builtin.samples import Samples


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Info:
    """What is known of a dataset.

    Attributes:
        name: as `load` takes it; of a path its last part.
        shape: of one x: (h, w, c) of an image, (d, h, w, 1) of voxels, (d,) of a point.
        y_shape: of what `labels=True` adds to x: () of a class number; None where there is
            nothing to add.
        classes: labels are 0 … classes - 1; of points they number the mode. None where y is no
            label.
        class_names: of the labels; empty where they have none.
        splits: name of each split -> number of samples.
        factors: name of each truth that is known of a sample -> what it is; see `factors`.
        centers, std: of worlds that are mixtures of Gaussians, the means, shape (classes, d), and
            the standard deviation of each along every axis; None for others.
        evaluator: the name of the classifier whose features compare images of this world
            (`trainers.metrics.evaluator`); None where there is none.
        skipped: (file, reason) of each that could not be read.
        description: what the samples are and where they come from.

    Example:
        >>> from trainers import datasets
        >>> facts = datasets.info("glyphs", image_size=32)
        >>> facts.shape, facts.classes, facts.splits["train"]
        ((32, 32, 1), 10, 10000)
    """

    name: str
    shape: tuple
    splits: dict
    y_shape: tuple | None = None
    classes: int | None = None
    class_names: tuple = ()
    factors: dict = dataclasses.field(default_factory=dict)
    centers: np.ndarray | None = None
    std: float | None = None
    evaluator: str | None = None
    skipped: list = dataclasses.field(default_factory=list)
    description: str


DIGITS = Info(
    name="digits",
    shape=(8, 8, 1),
    y_shape=(),
    classes=10,
    class_names=tuple("0123456789"),
    # half_a and half_b divide the same images anew: one to train on, one to score against
    splits={"train": 1297, "test": 500, "half_a": 899, "half_b": 898, "all": 1797},
    evaluator="digits",
    description=(
        "Handwritten digits, 8x8 grey pixels of 17 levels: the test part of Optical Recognition "
        "of Handwritten Digits (Alpaydin, Kaynak 1998, https://doi.org/10.24432/C50P49), as it "
        "comes with scikit-learn."
    ),
)


WORLDS = {world.name: world for world in builtin.WORLDS}


@dataclasses.dataclass(frozen=True)
class Source:
    """A dataset that can be read.

    Attributes:
        info: its facts. The shapes are those that are stored.
        read: split -> its `Samples`; x may be `image_cache.Rows` instead of an array.
        levels, y_levels: the largest value of an x, and of a y, that is stored as uint8; None for
            points, labels and tokens.
    """

    info: Info
    read: Callable
    levels: int | None = 255
    y_levels: int | None = None


def list_datasets():
    """Returns the names of the worlds that need no download, sorted.

    Example:
        >>> "digits" in list_datasets()
        True
    """
    return sorted([*WORLDS, "digits"])


def info(name, image_size=None, data_dir=None):
    """Returns the `Info` of a dataset, the caller's own copy.

    Args:
        name, image_size, data_dir: as for `load`; images of a folder, and of TFDS, are decoded on
            the first call.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> info("ring").classes, info("ring").std
        (8, 0.02)
    """
    found = find(name, image_size, data_dir)
    check_image_size(found, image_size)
    facts = copy.deepcopy(found.info)
    if image_size is None:
        return facts
    return dataclasses.replace(
        facts,
        shape=resized(facts.shape, image_size),
        y_shape=resized(facts.y_shape, image_size),
    )


def resized(shape, image_size):
    """The shape (h, w, c) of an image at another size; any other shape as it is."""
    if image_size is None or shape is None or len(shape) != 3:
        return shape
    return (image_size, image_size, shape[-1])


def find(name, image_size=None, data_dir=None):
    """Returns the `Source` of a name.

    Args:
        name, image_size, data_dir: as for `load`.

    Raises:
        ValueError: there is none; the sentence lists those there are, and the nearest name.
            Or `image_size` is no size.
    """
    is_integer = isinstance(image_size, int | np.integer) and not isinstance(image_size, bool)
    if image_size is not None and (not is_integer or image_size < 1):
        raise ValueError(
            "`image_size` should be a positive integer, or None for the size as stored. "
            f"Received: image_size={image_size!r}"
        )
    data_dir = os.path.expanduser(
        data_dir or os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")
    )
    if name == "digits":
        return _digits(data_dir)
    if isinstance(name, str) and name in WORLDS:
        return _world(WORLDS[name], data_dir)
    if isinstance(name, os.PathLike) or (isinstance(name, str) and _is_path(name)):
        return _path(Path(name).expanduser(), image_size, data_dir)
    if isinstance(name, str) and name:
        builder = tfds_catalog.builder(name, data_dir)
        if builder is not None:
            return _published(builder, image_size, data_dir)
    near = []
    if isinstance(name, str):
        if os.sep in name:
            return _path(Path(name), image_size, data_dir)  # which is not there
        for known in (list_datasets(), tfds_catalog.names()):
            near = near or difflib.get_close_matches(name.lower(), known, n=2)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"`name` should be one of {', '.join(list_datasets())}; a dataset of TFDS such as 'mnist'; "
        f"or the path of a folder of images. Received: name={name!r}{hint}"
    )


def check_image_size(source, image_size):
    """Raises a ValueError where a size is given and there are no images."""
    if image_size is not None and len(source.info.shape) != 3:
        kind = "points" if len(source.info.shape) == 1 else "voxels"
        raise ValueError(
            f"`image_size` should be None for {source.info.name!r}, which has {kind}. "
            f"Received: image_size={image_size!r}"
        )


def _is_path(name):
    return bool(name) and (name.startswith((".", "~", os.sep)) or Path(name).exists())


def _digits(data_dir):
    def read(split):
        from trainers.datasets import digits  # brings TFDS, and reading TensorFlow

        return Samples(*digits.read(split, data_dir), {})

    return Source(DIGITS, read, levels=16)


def _world(world, data_dir):
    def read(split):
        if world.levels is None:  # points, drawn in a moment
            return world.read(split)
        from trainers.datasets import tfds_builders  # brings TFDS, and reading TensorFlow

        return tfds_builders.read(world.name, split, data_dir)

    labelled = world.y_shape == ()
    facts = Info(
        name=world.name,
        shape=world.shape,
        y_shape=world.y_shape,
        classes=len(world.class_names) if labelled else None,
        class_names=world.class_names,
        splits=world.splits,
        factors={name: factor.meaning for name, factor in world.factors.items()},
        centers=world.centers,
        std=world.std,
        description=world.description,
    )
    return Source(facts, read, world.levels, world.y_levels)


def _path(path, image_size, data_dir):
    if not path.exists():
        raise ValueError(f"`name` is a path where there is nothing. Received: {path}")
    reader = array_files.find(path)
    if reader is not None:
        return _arrays(path, *reader())
    if not path.is_dir():
        raise ValueError(
            f"`name` should be the path of a folder or of an .npz file. Received: {path}"
        )
    folder = image_folders.find(path)
    stored = image_folders.opened(folder, image_size, data_dir)
    splits = dict.fromkeys(["train", *stored.splits.tolist()])
    rows = {split: np.flatnonzero(stored.splits == split) for split in splits}
    rows["all"] = np.arange(len(stored.names))

    def read(split):
        names = np.array(stored.names)[rows[split]]
        labels = None if stored.labels is None else stored.labels[rows[split]]
        return Samples(stored.images(rows[split]), labels, {"file": names})

    facts = _facts_of_images(
        path.resolve().name,
        stored.shape,
        {split: len(numbers) for split, numbers in rows.items()},
        None if stored.labels is None else len(folder.class_names),
        folder.class_names,
        factors={"file": "the path inside the folder"},
        skipped=stored.skipped,
        description=f"The images in {folder.path}.",
    )
    return Source(facts, read)


def _arrays(path, splits, class_names):
    if list(splits) == ["train"] and len(splits["train"][0]) > 1:  # nothing is held out
        splits = _tenth(*splits["train"])
    everything = list(splits.values())
    shapes = {x.shape[1:] for x, _ in everything}
    if len(shapes) == 1:  # else there is no "all"
        labels = [y for _, y in everything]
        y = None if any(part is None for part in labels) else np.concatenate(labels)
        splits = splits | {"all": (np.concatenate([x for x, _ in everything]), y)}
    first = next(iter(splits.values()))
    labelled = all(y is not None for _, y in splits.values())
    classes = max(int(y.max()) for _, y in splits.values()) + 1 if labelled else None
    facts = _facts_of_images(
        path.resolve().stem,
        first[0].shape[1:],
        {split: len(x) for split, (x, _) in splits.items()},
        max(classes, len(class_names)) if labelled else None,
        class_names,
        description=f"The arrays in {path}.",
    )
    return Source(facts, lambda split: Samples(*splits[split], {}))


def _tenth(x, y):
    """Every tenth sample, or the last one of fewer, held out as `test`."""
    rows = np.arange(len(x))
    test = rows % 10 == min(9, len(x) - 1)

    def part(mask):
        return x[mask], None if y is None else y[mask]

    return {"train": part(~test), "test": part(test)}


def _published(builder, image_size, data_dir):
    image, label = tfds_catalog.keys(builder)
    features, sizes = builder.info.features, builder.info.splits
    shape = features[image].shape
    if image_size is None and None in shape[:2]:
        raise ValueError(
            f"`image_size` should be given: images of {builder.name!r} differ in size. "
            "Received: image_size=None"
        )
    splits = {name: name for name in sizes}
    if list(splits) == ["train"]:  # nothing is held out: the last tenth is, as of a folder
        splits = {"train": "train[:90%]", "test": "train[90%:]", "all": "train"}

    def read(split):
        stored = tfds_catalog.opened(builder, splits[split], image_size, data_dir)
        return Samples(stored.images(np.arange(len(stored.names))), stored.labels, {})

    facts = _facts_of_images(
        builder.name,
        resized((*shape[:2], 1 if shape[2] == 1 else 3), image_size),
        {name: sizes[rows].num_examples for name, rows in splits.items()},
        features[label].num_classes if label else None,
        tuple(features[label].names) if label else (),
        description=builder.info.description,
    )
    return Source(facts, read)


def _facts_of_images(name, shape, splits, classes, class_names, **others):
    return Info(
        name=name,
        shape=shape,
        y_shape=None if classes is None else (),
        classes=classes,
        class_names=class_names,
        splits=splits,
        **others,
    )
