"""Turns the data that `fit` was given into batches, and checks each batch.

The checks run in the data pipeline, before the train step, so that wrong data raise an error of one
sentence and are never trained on.
"""

import contextlib
import re

import keras
import numpy as np
import tensorflow as tf


def prepare(data, components, parts, replicas=1, batch_size=None, order=None, keep_remainder=False):
    """Returns the data as batches that are checked and can be split evenly.

    Args:
        data: a tf.data.Dataset of batches, a tuple of arrays, a Python generator or another
            iterator, a `keras.utils.PyDataset`, or a loader that can be iterated over again, such
            as those of PyTorch and Grain; anything else is returned unchanged, for Keras to check.
        components: a `FieldSpec` per part of a batch, in order; further parts are ignored.
        parts: into how many equal sub-batches each batch is split, one per turn.
        replicas: on how many replicas each sub-batch is split again.
        batch_size: for arrays; by default 32 samples for each sub-batch.
        order: for arrays; a function without arguments that returns two integers, the seed of the
            order of an epoch. None: in the order in which they are stored.
        keep_remainder: for arrays; whether an incomplete last batch is kept. By default it is
            dropped; shuffled epochs drop different samples.

    Returns:
        A tf.data.Dataset, or a generator or PyDataset like `data`.

    Raises:
        ValueError: in one sentence; at once for a wrong dtype, shape or batch size, and for wrong
            values at their batch (see `one_line_errors`).

    Example:
        >>> x = np.zeros((100, 2), "float32")
        >>> from trainers.engine.batch_spec import FieldSpec
        >>> data = prepare((x,), [FieldSpec("x", (2,))], parts=2, batch_size=20)
        >>> [batch.shape[0] for batch in data]
        [20, 20, 20, 20, 20]
    """
    if isinstance(data, tuple):
        data = _from_arrays(data, batch_size or 32 * parts, parts, replicas, order, keep_remainder)
    if hasattr(data, "__next__"):
        return (checked_arrays(batch, components) for batch in data)
    if isinstance(data, keras.utils.PyDataset):
        return _CheckedPyDataset(data, components)
    datasets = tf.data.Dataset, tf.distribute.DistributedDataset
    if hasattr(data, "__iter__") and not isinstance(data, datasets):
        data = _from_loader(data, components)
    if not isinstance(data, tf.data.Dataset):
        return data
    specs = _parts(data.element_spec, components)
    for component, part in zip(components, specs, strict=False):
        component.check_spec(part)
    rows = specs[0].shape[0]
    shares = parts * replicas
    if rows is None and shares > 1:
        for batch in data.take(1):
            check_divisible(len(tf.nest.flatten(batch)[0]), parts, replicas)
        data = data.map(lambda *batch: _trim_to_divisible(batch, shares))
    elif rows is not None:
        check_divisible(rows, parts, replicas)

    def checked(*batch):
        for component, part in zip(components, batch, strict=False):
            component.check_values(part)
            component.warn_of_unsigned(part)
        if parts > 1 and replicas > 1:
            batch = _interleave_replicas(batch, parts, replicas)
        return batch if len(batch) > 1 else batch[0]

    return _without_autotuning(data.map(checked, num_parallel_calls=2))


def _parts(batch, components):
    """The parts of a batch, or of its specification, as a tuple; refused if one is missing."""
    parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if len(parts) < len(components):
        names = ", ".join(c.name for c in components)
        raise ValueError(
            f"A batch should be ({names}). Received: batches of {len(parts)} part(s). "
            "Load the data with labels."
        )
    if len(parts) > 2:  # Keras takes the third for weights, which no loss would use
        raise ValueError(
            f"A batch should be (x, y) without sample weights: the losses weigh all samples "
            f"equally. Received: batches of {len(parts)} parts."
        )
    return parts


def checked_arrays(batch, components):
    """Returns the parts of a batch of arrays as a tuple, once they are checked.

    Args:
        batch: an array, or a tuple of arrays.
        components: a `FieldSpec` per part.

    Raises:
        ValueError: for a missing part, and a part of the wrong dtype, shape or range.

    Example:
        >>> from trainers.engine.batch_spec import FieldSpec
        >>> checked_arrays(np.full((4, 2), np.nan, "float32"), [FieldSpec("x", (2,))])
        Traceback (most recent call last):
        ValueError: `x` should hold finite values. Received values from nan to nan.
    """
    parts = _parts(batch, components)
    for component, part in zip(components, parts, strict=False):
        if isinstance(part, dict):
            component.check_spec(part)
        component.check_array(np.asarray(part))
        component.warn_of_unsigned_array(np.asarray(part))
    return parts


def _from_loader(loader, components):
    """The batches of a loader as a tf.data.Dataset, each epoch from a new iterator."""
    first = next(iter(loader), None)
    if first is None:
        raise ValueError("`x` should have batches. Received: a loader without any.")
    first = checked_arrays(first, components)

    def batches():
        for batch in loader:
            yield tuple(map(np.asarray, _parts(batch, components)))

    arrays = [np.asarray(part) for part in first]
    signature = tuple(tf.TensorSpec((None, *a.shape[1:]), a.dtype) for a in arrays)
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    if hasattr(loader, "__len__"):
        data = data.apply(tf.data.experimental.assert_cardinality(len(loader)))
    return data


class _CheckedPyDataset(keras.utils.PyDataset):
    """The batches of a `keras.utils.PyDataset`, each checked where it is loaded."""

    def __init__(self, data, components):
        super().__init__(data.workers, data.use_multiprocessing, data.max_queue_size)
        self._data, self._components = data, components

    def __getitem__(self, index):
        return checked_arrays(self._data[index], self._components)

    @property
    def num_batches(self):
        return self._data.num_batches

    def on_epoch_begin(self):
        self._data.on_epoch_begin()

    def on_epoch_end(self):
        self._data.on_epoch_end()


def check_divisible(rows, parts, replicas=1):
    """Raises a ValueError when a batch of `rows` samples cannot be split into `parts` evenly.

    Example:
        >>> check_divisible(rows=64, parts=5)
        Traceback (most recent call last):
        ValueError: A batch should be split into 5 equal turns. Received: batches of 64.
        Use a multiple of 5, for example 65.
    """
    shares = parts * replicas
    if rows % shares:
        where = f" on {replicas} replicas" if replicas > 1 else ""
        nearest = max(1, round(rows / shares)) * shares
        raise ValueError(
            f"A batch should be split into {parts} equal turns{where}. "
            f"Received: batches of {rows}. Use a multiple of {shares}, for example {nearest}."
        )


def _interleave_replicas(batch, parts, replicas):
    """Reorders a batch so that each turn on several replicas gets the samples of one device.

    TensorFlow splits a batch into the replicas' shares first, and `split_batch` each share into the
    sub-batches of the turns.
    """
    rows = tf.nest.flatten(batch)[0].shape[0] or tf.shape(tf.nest.flatten(batch)[0])[0]
    order = tf.reshape(tf.range(rows), (parts, replicas, -1))
    order = tf.reshape(tf.transpose(order, (1, 0, 2)), (rows,))
    return tf.nest.map_structure(lambda leaf: tf.gather(leaf, order), batch)


def _trim_to_divisible(batch, parts):
    """A smaller last batch, cut to a multiple of `parts`, or with repeats if it has fewer rows."""
    rows = tf.shape(tf.nest.flatten(batch)[0])[0]
    which = tf.range(tf.maximum(rows - rows % parts, parts)) % rows
    batch = tf.nest.map_structure(lambda leaf: tf.gather(leaf, which), batch)
    return batch if len(batch) > 1 else batch[0]


def _from_arrays(arrays, batch_size, parts, replicas, order, keep_remainder):
    arrays = [np.asarray(a) for a in arrays]
    arrays = [a.astype("float32") if a.dtype == np.float64 else a for a in arrays]
    rows = len(arrays[0])
    if any(len(a) != rows for a in arrays):
        raise ValueError(
            "`x` and `y` should be equally long. "
            f"Received: {', '.join(str(len(a)) for a in arrays)}."
        )
    check_divisible(batch_size, parts, replicas)
    batch_size = min(batch_size, rows - rows % (parts * replicas))
    if not batch_size:
        raise ValueError(
            f"`x` should hold at least {parts * replicas} sample(s), one for each turn. "
            f"Received: {rows}."
        )
    with tf.device("CPU:0"):  # a GPU's memory is for the networks
        tensors = tuple(tf.constant(a) for a in arrays)

    def epoch(_):
        seed = tf.ensure_shape(tf.numpy_function(order, [], tf.int64), (2,))
        shuffled = tf.random.experimental.stateless_shuffle(tf.range(rows), seed, alg="philox")
        return tf.data.Dataset.from_tensor_slices(shuffled)

    numbers = tf.data.Dataset.range(rows)
    if order is not None:
        numbers = tf.data.Dataset.range(1).flat_map(epoch)
        numbers = numbers.apply(tf.data.experimental.assert_cardinality(rows))
    numbers = numbers.batch(batch_size, drop_remainder=not keep_remainder)
    return numbers.map(lambda rows: tuple(tf.gather(t, rows) for t in tensors))


def _without_autotuning(dataset):
    """The dataset without autotuning, whose thread delays the end of every epoch by seconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


# What `check_values` asserts in a graph, and what a generator raised below `from_generator`.
_SENTENCE = re.compile(r"<(`.+?)>|ValueError: ([`A].+? should .+?)\n", flags=re.DOTALL)


@contextlib.contextmanager
def one_line_errors():
    """Inside, a failed check raises a ValueError of one sentence instead of TensorFlow's report."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        sentence = _SENTENCE.search(str(error))
        if sentence is None:
            raise
        raise ValueError((sentence.group(1) or sentence.group(2)).strip()) from None
