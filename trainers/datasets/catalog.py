"""From a name to a `Source`.

Three kinds of names are looked up in turn: the built-in datasets, paths of files and folders on
disk, and the datasets that TFDS knows. What reading needs (TensorFlow, scikit-learn) is imported
when a split is read, so that a command line can check its flags in no time.
"""

import dataclasses
import difflib
import os
from pathlib import Path

import numpy as np

from trainers.datasets import array_files, builtin, image_folders, image_listing, tfds_catalog
from trainers.datasets.builtin.samples import Samples
from trainers.datasets.source import Info, Source

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


DATASETS = {dataset.name: dataset for dataset in builtin.DATASETS}


def list_datasets():
    """Returns the names of the built-in datasets, which need no download, sorted.

    Example:
        >>> "digits" in list_datasets()
        True
    """
    return sorted([*DATASETS, "digits"])


def open(name, image_size=None, data_dir=None):  # as `PIL.Image.open`; no file is opened here
    """Returns a dataset as a `Source`, whose methods are `info`, `load`, `arrays` and `factors`.

    The files of a folder are looked for once, here; `datasets.load` and the other functions look
    for them in each call. A folder that has changed since has to be opened anew.

    Args:
        name, image_size, data_dir: as for `load`. Images of a folder are decoded on the first
            call, those of TFDS on the first call of a method that reads them.

    Raises:
        ValueError: there is no dataset of that name; the message lists those there are, and the
            nearest name. Or `image_size` is no size, or the dataset has no images.

    Example:
        >>> from trainers import datasets
        >>> digits = datasets.open("digits", image_size=16)
        >>> digits.info().shape
        (16, 16, 1)
        >>> [batches.element_spec.shape[0] for batches in (digits.load(), digits.load("test", 32))]
        [64, 32]
    """
    is_integer = isinstance(image_size, int | np.integer) and not isinstance(image_size, bool)
    if image_size is not None and (not is_integer or image_size < 1):
        raise ValueError(
            "`image_size` should be a positive integer, or None for the size as stored. "
            f"Received: image_size={image_size!r}"
        )
    data_dir = os.fspath(data_dir or os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"))
    data_dir = os.path.expanduser(data_dir)
    if data_dir.startswith("~"):
        raise ValueError(
            "`data_dir` should be in the home folder of a user that there is. "
            f"Received: data_dir={data_dir!r}"
        )
    source = _find(name, image_size, data_dir)
    if image_size is not None and len(source.facts.shape) != 3:
        kind = "points" if len(source.facts.shape) == 1 else "voxels"
        raise ValueError(
            f"`image_size` should be None for {source.facts.name!r}, which has {kind}. "
            f"Received: image_size={image_size!r}"
        )
    return dataclasses.replace(source, image_size=image_size)


def _find(name, image_size, data_dir):
    if isinstance(name, str) and name in list_datasets():
        image_listing.report_builtin(name)
    if name == "digits":
        return _digits(data_dir)
    if isinstance(name, str) and name in DATASETS:
        return _builtin(DATASETS[name], data_dir)
    if isinstance(name, os.PathLike) or (isinstance(name, str) and _is_path(name)):
        return _path(Path(os.path.expanduser(name)), image_size, data_dir)
    if isinstance(name, str) and name:
        builder = tfds_catalog.builder(name, data_dir)
        if builder is not None:
            return tfds_catalog.source(builder, image_size, data_dir)
    near = []
    if isinstance(name, str):
        if os.sep in name:
            return _path(Path(name), image_size, data_dir)  # which does not exist
        for known in (list_datasets(), tfds_catalog.names()):
            near = near or difflib.get_close_matches(name.lower(), known, n=2)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"`name` should be one of {', '.join(list_datasets())}; a dataset of TFDS such as 'mnist'; "
        f"or the path of a folder of images. Received: name={name!r}{hint}"
    )


def _is_path(name):
    return bool(name) and (name.startswith((".", "~", os.sep)) or Path(name).exists())


def _path(path, image_size, data_dir):
    if not path.exists():
        raise ValueError(f"`name` is a path where there is nothing. Received: {path}")
    if not path.is_dir() and not path.is_file():  # a pipe would be waited for
        raise ValueError(f"`name` should be a folder or a regular file. Received: {path}")
    source = array_files.source(path)
    if source is not None:
        return source
    if not path.is_dir():
        raise ValueError(
            f"`name` should be the path of a folder or of an .npz file. Received: {path}"
        )
    return image_folders.source(path, image_size, data_dir)


def _digits(data_dir):
    def read(split):
        from trainers.datasets import digits  # imports TFDS, and reading TensorFlow

        return Samples(*digits.read(split, DIGITS.splits[split], data_dir), {})

    return Source(DIGITS, read, levels=16)


def _builtin(dataset, data_dir):
    def read(split):
        if dataset.levels is None:  # points, drawn in a moment
            return dataset.read(split)
        from trainers.datasets import tfds_builders  # imports TFDS, and reading TensorFlow

        return tfds_builders.read(dataset.name, split, data_dir)

    labelled = dataset.y_shape == ()
    facts = Info(
        name=dataset.name,
        shape=dataset.shape,
        y_shape=dataset.y_shape,
        classes=len(dataset.class_names) if labelled else None,
        class_names=dataset.class_names,
        splits=dataset.splits,
        factors={name: factor.meaning for name, factor in dataset.factors.items()},
        centers=dataset.centers,
        std=dataset.std,
        description=dataset.description,
    )
    return Source(facts, read, dataset.levels, dataset.y_levels)
