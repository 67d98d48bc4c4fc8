"""Maxout units (Goodfellow et al. 2013)."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("gan_zoo")
class Maxout(layers.Layer):
    """Maxout: h_i(x) = max over j of (x·W_ij + b_ij), j < pieces; (batch, d) -> (batch, units).

    Args:
        units: number of outputs.
        pieces: number of linear functions per output.
        kernel_initializer: of the weights.

    Source: Goodfellow et al. 2013, "Maxout Networks", §2.

    Example:
        >>> layer = Maxout(units=1, pieces=2)
        >>> layer.build((None, 1))
        >>> layer.set_weights([ops.array([[1.0, -1.0]]), ops.zeros(2)])
        >>> layer(ops.array([[-3.0], [2.0]])).numpy().ravel()  # max(x, -x)
        array([3., 2.], dtype=float32)
    """

    def __init__(self, units, pieces, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if units < 1 or pieces < 1:
            raise ValueError(
                "`units` and `pieces` should be at least 1. "
                f"Received: units={units}, pieces={pieces}"
            )
        self.units, self.pieces = units, pieces
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.linear = layers.Dense(
            units * pieces, kernel_initializer=self.kernel_initializer, dtype=self.dtype_policy
        )

    def build(self, input_shape):
        self.linear.build(input_shape)
        self.built = True

    def call(self, x):
        return ops.max(ops.reshape(self.linear(x), (-1, self.units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        initializer = keras.initializers.serialize(self.kernel_initializer)
        options = {"units": self.units, "pieces": self.pieces, "kernel_initializer": initializer}
        return super().get_config() | options
