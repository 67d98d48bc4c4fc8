"""What a batch should hold: name, shape, dtype and range of each of its parts."""

import dataclasses

import tensorflow as tf

ROUNDING = 1e-2  # how far outside its range a value may lie: resizing and JPEG overshoot a little


@dataclasses.dataclass(frozen=True)
class FieldSpec:
    """One part of a batch.

    Args:
        name: "x", "y" …, as the messages call it.
        shape: of one sample; None in it stands for any size.
        low, high: the range of the values, both included; None is without bound.
        integer: whether the values are integers (labels) or floats.
        cure: what to do about values that are out of range.

    Example:
        >>> mask = FieldSpec("mask", (8, 8, 1), low=0.0, high=1.0)
        >>> mask.check_spec(tf.TensorSpec((64, 8, 8, 1), "uint8"))
        Traceback (most recent call last):
        ValueError: `mask` should hold floats in [0.0, 1.0]. Received: dtype=uint8.
    """

    name: str
    shape: tuple
    low: float | None = None
    high: float | None = None
    integer: bool = False
    hint: str = ""

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
                f"{self.hint}".strip()
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
        text = f"<`{self.name}` should hold {held}. Received values from {{}} to {{}}. {self.hint}>"
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
    return FieldSpec(
        name, shape, -1.0, 1.0, hint="Divide pixels of 0 … 255 by 127.5 and subtract 1."
    )


def voxels(name, shape):
    """Voxels in [0, 1], shape (d, h, w, c).

    Example:
        >>> voxels("x", (8, 8, 8, 1)).low
        0.0
    """
    return FieldSpec(name, shape, 0.0, 1.0, hint="Empty voxels are 0, full ones 1.")


def labels(name, classes, hidden=False):
    """Class numbers 0 … classes - 1; with `hidden` also -1, where the class is not known.

    Example:
        >>> y = labels("y", classes=10)
        >>> y.low, y.high, y.integer
        (0, 9, True)
    """
    low, hint = (-1, ", -1 for unknown") if hidden else (0, "")
    hint = f"There are {classes} classes{hint}."
    return FieldSpec(name, (), low, classes - 1, integer=True, hint=hint)


def _text(shape):
    return str(tuple(shape)) if shape.rank is not None else "unknown"
