"""What `fit` is given: arrays become a stream of whole batches, and each batch is checked.

The checks run where the data flow, before the training step sees a batch, so that wrong data are
refused in one sentence and never trained on.
"""

import contextlib
import dataclasses
import re

import numpy as np
import tensorflow as tf

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
    """Images in [-1, 1], shape (h, w, c)."""
    return Component(
        name, shape, -1.0, 1.0, cure="Divide pixels of 0 … 255 by 127.5 and subtract 1."
    )


def labels(name, classes):
    """Class numbers 0 … classes - 1."""
    return Component(name, (), 0, classes - 1, integer=True, cure=f"There are {classes} classes.")


def prepare(data, components, parts, batch_size=None, shuffle=True, whole=False):
    """`data` as `fit` should get it: whole batches, each checked, that can be dealt.

    Args:
        data: a tf.data.Dataset of batches, a tuple of arrays, or anything else that Keras takes,
            which is passed on as it is.
        components: a Component per part of a batch, in order; further parts are passed over.
        parts: into how many equal parts each batch is dealt.
        batch_size, shuffle: for arrays; by default 32 samples for each part. An incomplete last
            batch is left out, another one in each shuffled epoch, unless `whole`.

    Raises:
        ValueError: in one sentence, before any work where dtype, shape or batch size tell, else
            (see `plain_errors`) at the batch that is wrong.
    """
    if isinstance(data, tuple):
        data = _from_arrays(data, batch_size or 32 * parts, parts, shuffle, whole)
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
    if rows is None and parts > 1:
        for batch in data.take(1):
            check_deal(len(tf.nest.flatten(batch)[0]), parts)
        data = data.map(lambda *batch: _dealable(batch, parts))
    elif rows is not None:
        check_deal(rows, parts)

    def checked(*batch):
        for component, part in zip(components, batch, strict=False):
            component.check_values(part)
        return batch if len(batch) > 1 else batch[0]

    return _quiet(data.map(checked, num_parallel_calls=2))


def check_deal(rows, parts):
    """Raises a ValueError when a batch of `rows` samples cannot be dealt into `parts`."""
    if rows % parts:
        nearest = max(1, round(rows / parts)) * parts
        raise ValueError(
            f"A batch should be dealt into {parts} equal turns. Received: batches of {rows}. "
            f"Use a multiple of {parts}, for example {nearest}."
        )


def _dealable(batch, parts):
    """A last, smaller batch without what is left over, or with repeats for parts without any."""
    rows = tf.shape(tf.nest.flatten(batch)[0])[0]
    which = tf.range(tf.maximum(rows - rows % parts, parts)) % rows
    batch = tf.nest.map_structure(lambda leaf: tf.gather(leaf, which), batch)
    return batch if len(batch) > 1 else batch[0]


def _from_arrays(arrays, batch_size, parts, shuffle, whole):
    arrays = [np.asarray(a) for a in arrays]
    arrays = [a.astype("float32") if a.dtype == np.float64 else a for a in arrays]
    rows = len(arrays[0])
    if any(len(a) != rows for a in arrays):
        raise ValueError(
            "`x` and `y` should be equally long. "
            f"Received: {', '.join(str(len(a)) for a in arrays)}."
        )
    check_deal(batch_size, parts)
    batch_size = min(batch_size, rows - rows % parts)
    if not batch_size:
        raise ValueError(
            f"`x` should hold at least {parts} sample(s), one for each turn. Received: {rows}."
        )
    with tf.device("CPU:0"):  # a GPU's memory is for the networks
        tensors = tuple(tf.constant(a) for a in arrays)
    order = tf.data.Dataset.range(rows)
    order = order.shuffle(rows) if shuffle else order
    order = order.batch(batch_size, drop_remainder=not whole)
    return order.map(lambda rows: tuple(tf.gather(t, rows) for t in tensors))


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
