"""Bicubic resampling, the standard downsampling of super-resolution."""

import keras
import tensorflow as tf
from keras import layers, ops

from trainers.engine import shape_checks


@keras.saving.register_keras_serializable("gan_zoo")
class Bicubic(layers.Layer):
    """Bicubic resampling as in Pillow: (n, h, w, c) -> (n, h * factor, w * factor, c), or with
    `shrink` (n, h / factor, w / factor, c), anti-aliased.

    Args:
        factor: an integer.
        shrink: whether sides are divided by the factor.

    Raises:
        ValueError: for a factor below 1, and sides that the factor does not divide.

    Example:
        >>> Bicubic(4)(ops.ones((1, 5, 7, 3))).shape
        TensorShape([1, 20, 28, 3])
        >>> Bicubic(4, shrink=True)(ops.ones((1, 20, 28, 3))).shape
        TensorShape([1, 5, 7, 3])
    """

    def __init__(self, factor, shrink=False, **kwargs):
        super().__init__(**kwargs)
        shape_checks.check_counts(factor=factor)
        self.factor, self.shrink = factor, shrink

    def call(self, x):
        sides = x.shape[1:3]
        self._check(sides)
        if tf.executing_eagerly() or None in sides:
            return _resized(x, [self._target(side) for side in ops.shape(x)[1:3]])
        # XLA has no kernel for it: rows and columns are resized separately, by matrices.
        down, across = (ops.cast(self._matrix(side), x.dtype) for side in sides)
        return ops.einsum("nhwc,yh,xw->nyxc", x, down, across)

    def _matrix(self, side):
        with tf.init_scope():
            rows = tf.eye(side)[None, :, :, None]
            return _resized(rows, [self._target(side), side]).numpy()[0, :, :, 0]

    def _target(self, side):
        return side // self.factor if self.shrink else side * self.factor

    def _check(self, sides):
        if self.shrink and any(side is not None and side % self.factor for side in sides):
            raise ValueError(
                f"images should have sides that are multiples of {self.factor}. "
                f"Received: {tuple(sides)}"
            )

    def compute_output_shape(self, input_shape):
        n, *sides, channels = input_shape
        self._check(sides)
        return (n, *(None if s is None else self._target(s) for s in sides), channels)

    def get_config(self):
        return super().get_config() | {"factor": self.factor, "shrink": self.shrink}


def _resized(x, sides):
    """TensorFlow's resize, since Keras' resize takes no sides that are tensors."""
    return tf.image.resize(x, sides, "bicubic", antialias=True)
