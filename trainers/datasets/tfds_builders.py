"""The built-in datasets as TFDS builders: drawn once, kept on disk, and read in moments.

import trainers.datasets.tfds_builders
tfds.load("glyphs", split="test")    # dicts of x, y and the factors that each was drawn from
"""

import contextlib
import io
import os
import time
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from trainers.datasets import builtin, tfds_catalog
from trainers.datasets.builtin.samples import Samples

TENSOR = {"encoding": tfds.features.Encoding.BYTES}  # by default a uint8 takes eight bytes


class BuiltinBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """`x`, `y` where the dataset has one, and `factors`, of each sample of `DATASET`."""

    VERSION = tfds.core.Version("1.0.0")
    DATASET = None

    def _info(self):
        dataset = self.DATASET
        features = {"x": tfds.features.Tensor(shape=dataset.shape, dtype=np.uint8, **TENSOR)}
        if dataset.y_shape == ():
            features["y"] = tfds.features.ClassLabel(names=list(dataset.class_names))
        elif dataset.y_shape is not None:
            dtype = np.int32 if dataset.y_levels is None else np.uint8
            features["y"] = tfds.features.Tensor(shape=dataset.y_shape, dtype=dtype, **TENSOR)
        factors = {name: _feature(factor) for name, factor in dataset.factors.items()}
        if factors:
            features["factors"] = tfds.features.FeaturesDict(factors)
        return tfds.core.DatasetInfo(
            builder=self,
            description=dataset.description,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("x", "y") if "y" in features else None,
            disable_shuffling=True,  # rows stay as they are drawn; shuffling is load's
        )

    def _split_generators(self, dl_manager):
        return {
            name: self._generate_examples(name) for name in self.DATASET.splits if name != "all"
        }

    def _generate_examples(self, split):
        samples = self.DATASET.read(split)
        for row in range(len(samples.x)):
            example = {"x": samples.x[row]}
            if samples.y is not None:
                example["y"] = samples.y[row]
            if samples.factors:
                example["factors"] = {name: rows[row] for name, rows in samples.factors.items()}
            yield row, example


def _feature(factor):
    if factor.dtype == "str":
        return tfds.features.Text()
    if factor.shape == ():
        return tfds.features.Scalar(np.dtype(factor.dtype))
    return tfds.features.Tensor(shape=factor.shape, dtype=np.dtype(factor.dtype), **TENSOR)


# A class per dataset, for TFDS finds a builder by its class.
BUILDERS = {
    dataset.name: type(
        dataset.name.title().replace("_", ""),
        (BuiltinBuilder,),
        {
            "name": dataset.name,
            "DATASET": dataset,
            "__module__": __name__,
            "__doc__": dataset.description,
        },
    )
    for dataset in builtin.DATASETS
    if dataset.levels is not None  # points take no longer to draw than to read
}


def read(dataset, split, data_dir=None):
    """Returns the `Samples` of a split of a built-in dataset in `BUILDERS`.

    Args:
        dataset: name of the dataset.
        split: one of the dataset's, or "all": train and then test.
        data_dir: where TFDS keeps its datasets; by default ~/tensorflow_datasets. The dataset is
            written there on the first call, which takes some seconds.

    Raises:
        ValueError: the written files are damaged.
    """
    builder = BUILDERS[dataset]
    examples = read_examples(builder, split, builder.DATASET.splits[split], data_dir)
    factors = examples.get("factors", {})
    for name, rows in factors.items():
        if rows.dtype == object:
            factors[name] = np.array([text.decode() for text in rows])
    y = examples.get("y")
    if y is not None and y.dtype == np.int64:  # of a ClassLabel
        y = y.astype(np.int32)
    return Samples(examples["x"], y, factors)


def read_examples(builder, split, count, data_dir=None):
    """Returns the examples of a split as a dict of NumPy arrays, prepared now or before.

    Args:
        builder: a class of builders.
        split: one of the builder's, or "all": train and then test. (To TFDS "all" would be every
            split one after the other.)
        count: how many examples it should have.
        data_dir: as for `read`.

    Raises:
        ValueError: the written files are damaged.
        OSError: they cannot be written.
    """
    rows = "train+test" if split == "all" else split
    try:
        dataset = prepared(builder, data_dir).as_dataset(rows, batch_size=-1)
        examples = dict(tfds.as_numpy(dataset))
        found = {len(values) for values in examples.values() if isinstance(values, np.ndarray)}
        if found != {count}:
            raise ValueError(f"{split} has {found} examples instead of {count}")
    except (OSError, MemoryError):
        raise
    except Exception as error:  # of TFDS's readers, any
        folder = Path(data_dir or tfds.core.constants.DATA_DIR).expanduser() / builder.name
        raise ValueError(
            f"{folder} should hold the data that were written there. It is damaged "
            f"({tfds_catalog.one_line(error)}): delete it, and it is written anew."
        ) from None
    return examples


def prepared(builder, data_dir=None):
    """Returns a builder of this class, with the files written, now or before."""
    if data_dir is not None:
        data_dir = os.path.expanduser(data_dir)
        os.makedirs(data_dir, exist_ok=True)  # raises at once where it cannot
    silence = io.StringIO()  # TFDS's progress bars take more lines than the drawing takes seconds
    for patience in (0.5, 1.0, 2.0, 4.0, None):
        try:
            with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
                builder(data_dir=data_dir).download_and_prepare()
            break
        except (OSError, RuntimeError) as error:  # TFDS turns the first into the second
            # Processes that prepare at the same time may disturb each other; the files of the
            # first one serve all.
            if builder(data_dir=data_dir).is_prepared():
                break
            if patience is None or isinstance(error, PermissionError):
                raise
            time.sleep(patience)
    return builder(data_dir=data_dir)  # a new builder, which reads the written files
