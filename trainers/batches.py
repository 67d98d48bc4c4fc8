"""What `fit` is given: arrays become a stream of whole batches, and each batch is checked.

The checks run where the data flow, before the training step sees a batch, so that wrong data are
refused in one sentence and never trained on.
"""

import contextlib
import dataclasses
import re

import keras
import numpy as np
import tensorflow as tf
from keras import tree

ROUNDING = 1e-2  # how far outside its range a value may lie: resizing and JPEG overshoot a little


@dataclasses.dataclass(frozen=True)
class Component:
    """One part of a batch.

    Args:
        name: "x", "y" …, as the messages call it.
        shape: of one sample; None in it stands for any size.
        low, high: the range of the values, both included; None is without bound.
        integer: whether the values are integers (labels) or floats.
        cure: what to do about values that are out of range.

    Example:
        >>> mask = Component("mask", (8, 8, 1), low=0.0, high=1.0)
        >>> mask.check_spec(tf.TensorSpec((64, 8, 8, 1), "uint8"))
        Traceback (most recent call last):
        ValueError: `mask` should hold floats in [0.0, 1.0]. Received: dtype=uint8.
    """

    name: str
    shape: tuple
    low: float | None = None
    high: float | None = None
    integer: bool = False
    cure: str = ""

    def check_spec(self, spec):
        """Raises a ValueError where kind, dtype or shape of a batch are wrong already."""
        if not hasattr(spec, "dtype"):
            raise ValueError(
                f"A batch should be tensors, `{self.name}` first. "
                f"Received: a {type(spec).__name__}. With TFDS: as_supervised=True."
            )
        if spec.dtype.is_integer != self.integer or not (
            spec.dtype.is_integer or spec.dtype.is_floating
        ):
            wanted = "integers" if self.integer else f"floats{self._range()}"
            raise ValueError(
                f"`{self.name}` should hold {wanted}. Received: dtype={spec.dtype.name}. "
                f"{self.cure}".strip()
            )
        wanted = tf.TensorShape((None, *self.shape))
        if not spec.shape.is_compatible_with(wanted):
            raise ValueError(
                f"`{self.name}` should have shape {_text(wanted)}. "
                f"Received: shape={_text(spec.shape)}.{self._cure_of_shape(spec.shape)}"
            )

    def _cure_of_shape(self, shape):
        if shape.rank == len(self.shape):  # without the batch's axis or a channel's
            return f" `{self.name}[..., None]` adds a channel, `{self.name}[None]` a batch."
        if shape.rank == len(self.shape) + 2 and shape[-1] == 1:
            return f" `{self.name}[..., 0]` drops the last axis."
        return ""

    def check_values(self, values):
        """Adds an assertion on the range of `values` to the graph of a data pipeline."""
        low, high = tf.reduce_min(values), tf.reduce_max(values)
        slack = 0 if self.integer else ROUNDING
        fine = tf.constant(True)
        if not self.integer:
            fine = tf.math.is_finite(low) & tf.math.is_finite(high)
        if self.low is not None:
            fine &= low >= tf.cast(self.low - slack, values.dtype)
        if self.high is not None:
            fine &= high <= tf.cast(self.high + slack, values.dtype)
        held = f"values{self._range()}" if self._range() else "finite values"
        text = f"<`{self.name}` should hold {held}. Received values from {{}} to {{}}. {self.cure}>"
        tf.debugging.Assert(fine, [tf.strings.format(text, (low, high))])

    def _range(self):
        bounded = self.low is not None or self.high is not None
        return f" in [{self.low}, {self.high}]" if bounded else ""


def images(name, shape):
    """Images in [-1, 1], shape (h, w, c).

    Example:
        >>> images("x", (8, 8, 1)).check_spec(tf.TensorSpec((64, 8, 8)))
        Traceback (most recent call last):
        ValueError: `x` should have shape (None, 8, 8, 1). Received: shape=(64, 8, 8). ...
    """
    return Component(
        name, shape, -1.0, 1.0, cure="Divide pixels of 0 … 255 by 127.5 and subtract 1."
    )


def voxels(name, shape):
    """Voxels in [0, 1], shape (d, h, w, c).

    Example:
        >>> voxels("x", (8, 8, 8, 1)).low
        0.0
    """
    return Component(name, shape, 0.0, 1.0, cure="Empty voxels are 0, full ones 1.")


def labels(name, classes, hidden=False):
    """Class numbers 0 … classes - 1; with `hidden` also -1, where the class is not known.

    Example:
        >>> y = labels("y", classes=10)
        >>> y.low, y.high, y.integer
        (0, 9, True)
    """
    low, cure = (-1, ", -1 for unknown") if hidden else (0, "")
    cure = f"There are {classes} classes{cure}."
    return Component(name, (), low, classes - 1, integer=True, cure=cure)


def prepare(data, components, parts, replicas=1, batch_size=None, order=None, whole=False):
    """`data` as `fit` should get it: whole batches, each checked, that can be dealt.

    Args:
        data: a tf.data.Dataset of batches, a tuple of arrays, or anything else that Keras takes,
            which is passed on as it is.
        components: a Component per part of a batch, in order; further parts are passed over.
        parts: into how many equal parts each batch is dealt.
        replicas: on how many replicas that is done.
        batch_size, order: for arrays; by default 32 samples for each part, in the order in which
            they are stored. `order()` is two integers that say the order of an epoch. An incomplete
            last batch is left out, another one in each shuffled epoch, unless `whole`.

    Raises:
        ValueError: in one sentence, before any work where dtype, shape or batch size tell, else
            (see `plain_errors`) at the batch that is wrong.

    Example:
        >>> x = np.zeros((100, 2), "float32")
        >>> data = prepare((x,), [Component("x", (2,))], parts=2, batch_size=20)
        >>> [batch.shape[0] for batch in data]
        [20, 20, 20, 20, 20]
    """
    if isinstance(data, tuple):
        data = _from_arrays(data, batch_size or 32 * parts, parts, replicas, order, whole)
    if not isinstance(data, tf.data.Dataset):
        return data
    spec = data.element_spec
    given = spec if isinstance(spec, tuple) else (spec,)
    if len(given) < len(components):
        names = ", ".join(c.name for c in components)
        raise ValueError(
            f"A batch should be ({names}). Received: batches of {len(given)} part(s). "
            "Load the data with labels."
        )
    for component, part in zip(components, given, strict=False):
        component.check_spec(part)
    rows = given[0].shape[0]
    shares = parts * replicas
    if rows is None and shares > 1:
        for batch in data.take(1):
            check_deal(len(tf.nest.flatten(batch)[0]), parts, replicas)
        data = data.map(lambda *batch: _dealable(batch, shares))
    elif rows is not None:
        check_deal(rows, parts, replicas)

    def checked(*batch):
        for component, part in zip(components, batch, strict=False):
            component.check_values(part)
        if parts > 1 and replicas > 1:
            batch = _dealt_alike(batch, parts, replicas)
        return batch if len(batch) > 1 else batch[0]

    return _quiet(data.map(checked, num_parallel_calls=2))


def check_deal(rows, parts, replicas=1):
    """Raises a ValueError when a batch of `rows` samples cannot be dealt into `parts`.

    Example:
        >>> check_deal(rows=64, parts=5)
        Traceback (most recent call last):
        ValueError: A batch should be dealt into 5 equal turns. Received: batches of 64.
        Use a multiple of 5, for example 65.
    """
    shares = parts * replicas
    if rows % shares:
        where = f" on {replicas} replicas" if replicas > 1 else ""
        nearest = max(1, round(rows / shares)) * shares
        raise ValueError(
            f"A batch should be dealt into {parts} equal turns{where}. "
            f"Received: batches of {rows}. Use a multiple of {shares}, for example {nearest}."
        )


def _dealt_alike(batch, parts, replicas):
    """In the order in which each turn of several replicas sees the samples that one would see.

    A batch is cut into the replicas' shares first, and then each share is dealt to the turns.
    """
    rows = tf.nest.flatten(batch)[0].shape[0] or tf.shape(tf.nest.flatten(batch)[0])[0]
    order = tf.reshape(tf.range(rows), (parts, replicas, -1))
    order = tf.reshape(tf.transpose(order, (1, 0, 2)), (rows,))
    return tf.nest.map_structure(lambda leaf: tf.gather(leaf, order), batch)


def _dealable(batch, parts):
    """A last, smaller batch without what is left over, or with repeats for parts without any."""
    rows = tf.shape(tf.nest.flatten(batch)[0])[0]
    which = tf.range(tf.maximum(rows - rows % parts, parts)) % rows
    batch = tf.nest.map_structure(lambda leaf: tf.gather(leaf, which), batch)
    return batch if len(batch) > 1 else batch[0]


def _from_arrays(arrays, batch_size, parts, replicas, order, whole):
    arrays = [np.asarray(a) for a in arrays]
    arrays = [a.astype("float32") if a.dtype == np.float64 else a for a in arrays]
    rows = len(arrays[0])
    if any(len(a) != rows for a in arrays):
        raise ValueError(
            "`x` and `y` should be equally long. "
            f"Received: {', '.join(str(len(a)) for a in arrays)}."
        )
    check_deal(batch_size, parts, replicas)
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
    numbers = numbers.batch(batch_size, drop_remainder=not whole)
    return numbers.map(lambda rows: tuple(tf.gather(t, rows) for t in tensors))


class Place(keras.callbacks.Callback):
    """Tells the data, at the beginning of each epoch of a training, where the model stands.

    Weights that were loaded bring their place in the noise along, and BackupAndRestore the epoch to
    go on with: by them the data go on where the training stopped.

    Args:
        data: a stream of `trainers.datasets`, which has `epochs`; of anything else nothing is
            asked.
    """

    def __init__(self, data=None):
        super().__init__()
        self._epochs = getattr(data, "epochs", None)
        self._offset = None  # between the epochs of the data and those of this training
        self._order = np.zeros(2, "int64")

    def on_epoch_begin(self, epoch, logs=None):
        model = self.model
        self._order = np.array([model.noise_seed.numpy(), model.noise_position.numpy()])
        if self._epochs is not None:
            if self._offset is None:
                self._offset = 0 if epoch else self._epochs.next
            self._epochs.held = epoch + self._offset

    def release(self):
        """Lets the data go on with the epoch after the last one."""
        if self._offset is not None:
            self._epochs.next, self._epochs.held = self._epochs.held + 1, None

    def order(self):
        """Two integers for the order of arrays in this epoch."""
        return self._order


def with_callback(callbacks, callback):
    """The callbacks given to `fit`, whatever their kind, and one more, which is called first."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        earlier = [c for c in callbacks.callbacks if not isinstance(c, Place)]
        callbacks.callbacks[:] = [callback, *earlier]
        callback.set_model(callbacks.model)
        return callbacks
    return [callback, *(tree.flatten(callbacks) if callbacks else [])]


def _quiet(dataset):
    """Without autotuning, whose thread holds up the end of every epoch for seconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


@contextlib.contextmanager
def plain_errors():
    """Raises the sentence of a failed check instead of TensorFlow's report of it."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        sentence = re.search(r"<(`.+?)>", str(error), flags=re.DOTALL)
        if sentence is None:
            raise
        raise ValueError(sentence.group(1).strip()) from None


def _text(shape):
    return str(tuple(shape)) if shape.rank is not None else "unknown"
