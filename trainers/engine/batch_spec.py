"""Specification of a batch: name, shape, dtype and range of each part."""

import dataclasses
import warnings

import tensorflow as tf

ROUNDING = 1e-2  # how far outside its range a float may lie: resizing and JPEG overshoot a little


@dataclasses.dataclass(frozen=True)
class FieldSpec:
    """Specification of one part of a batch, such as the images.

    Args:
        name: "x", "y" ..., for the messages.
        shape: shape of one sample, without the batch; None in it stands for any size.
        low, high: the range of the values, both ends included; None is no bound.
        integer: whether the values are integers (labels) or floats.
        hint: for the messages, how to bring values into the range.
        overshoot: how far outside the range floats may lie.

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
    overshoot: float = ROUNDING

    def check_spec(self, spec):
        """Raises a ValueError for a tensor or `tf.TensorSpec` of the wrong dtype or shape."""
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
                f"Received: shape={_text(spec.shape)}.{self._shape_hint(spec.shape)}"
            )

    def _shape_hint(self, shape):
        if shape.rank == len(self.shape):  # the axis of the batch or of the channels is missing
            return f" `{self.name}[..., None]` adds a channel, `{self.name}[None]` a batch."
        if shape.rank == len(self.shape) + 2 and shape[-1] == 1:
            return f" `{self.name}[..., 0]` drops the last axis."
        return ""

    def check_values(self, values):
        """Adds an assertion on the range of `values` to the graph of a data pipeline."""
        low, high = tf.reduce_min(values), tf.reduce_max(values)
        least, most = (tf.constant(bound, values.dtype) for bound in self._bounds(values.dtype))
        text = f"<{self._sentence('{}', '{}')}>"
        in_range = (low >= least) & (high <= most)  # no comparison with NaN holds
        tf.debugging.Assert(in_range, [tf.strings.format(text, (low, high))])

    def warn_of_unsigned(self, values):
        """Warns, when a data pipeline runs, of a batch that seems to be in [0, 1] by mistake."""
        if self.low is None or self.low >= 0:
            return
        unsigned = (tf.reduce_min(values) >= 0) & (tf.reduce_max(values) > 0)
        tf.cond(unsigned, lambda: tf.py_function(self._warn, [], []), tf.no_op)

    def warn_of_unsigned_array(self, array):
        """Warns of an array that seems to be in [0, 1] by mistake.

        Example:
            >>> import numpy as np
            >>> images("x", (1, 1, 1)).warn_of_unsigned_array(np.zeros((8, 1, 1, 1)))  # grey
        """
        if self.low is not None and self.low < 0 and array.size and array.min() >= 0 < array.max():
            self._warn()

    def _warn(self):
        warnings.warn(
            f"`{self.name}` should hold values{self._range()}. Received a batch without a value "
            "below 0. If its values are in [0, 1], multiply them by 2 and subtract 1.",
            stacklevel=2,
        )

    def check_array(self, array):
        """Raises a ValueError for a NumPy array of the wrong dtype, shape or range.

        Example:
            >>> images("x", (1, 1, 1)).check_array(tf.fill((8, 1, 1, 1), 255.0).numpy())
            Traceback (most recent call last):
            ValueError: `x` should hold values in [-1.0, 1.0]. Received values from 255 to 255. ...
        """
        self.check_spec(tf.TensorSpec(array.shape, array.dtype))
        if not array.size:
            return
        low, high = array.min(), array.max()
        least, most = self._bounds(array.dtype)
        if not (low >= least and high <= most):
            numbers = (low, high) if self.integer else (f"{float(n):g}" for n in (low, high))
            raise ValueError(self._sentence(*numbers))

    def _bounds(self, dtype):
        """The least and the greatest value that is taken, both finite and of this dtype."""
        dtype = tf.as_dtype(dtype)
        slack = 0 if self.integer else self.overshoot
        least = dtype.min if self.low is None else max(dtype.min, self.low - slack)
        most = dtype.max if self.high is None else min(dtype.max, self.high + slack)
        return least, most

    def _sentence(self, low, high):
        expected = f"values{self._range()}" if self._range() else "finite values"
        text = f"`{self.name}` should hold {expected}. Received values from {low} to {high}."
        return f"{text} {self.hint}".strip()

    def _range(self):
        bounded = self.low is not None or self.high is not None
        return f" in [{self.low}, {self.high}]" if bounded else ""


def images(name, shape, overshoot=ROUNDING):
    """Returns the `FieldSpec` of images in [-1, 1], shape (h, w, c).

    Images that were shrunk by bicubic interpolation and not clipped overshoot by up to .36: the
    kernel's weights have the sum 1, and their magnitudes 7/6 along each axis.

    Example:
        >>> images("x", (8, 8, 1)).check_spec(tf.TensorSpec((64, 8, 8)))
        Traceback (most recent call last):
        ValueError: `x` should have shape (None, 8, 8, 1). Received: shape=(64, 8, 8). ...
    """
    hint = "Divide pixels of 0 … 255 by 127.5 and subtract 1."
    return FieldSpec(name, shape, -1.0, 1.0, hint=hint, overshoot=overshoot)


def voxels(name, shape):
    """Returns the `FieldSpec` of voxels in [0, 1], shape (d, h, w, c).

    Example:
        >>> voxels("x", (8, 8, 8, 1)).low
        0.0
    """
    return FieldSpec(name, shape, 0.0, 1.0, hint="Empty voxels are 0, full ones 1.")


def labels(name, classes, hidden=False):
    """Returns the `FieldSpec` of class numbers 0 ... classes - 1; with `hidden` also -1: unknown.

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
