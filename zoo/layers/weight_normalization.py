"""Weight normalisation (Salimans & Kingma 2016)."""

import keras
from keras import ops

from zoo.layers.kernel_wrapper import KernelWrapper


@keras.saving.register_keras_serializable("gan_zoo")
class WeightNormalization(KernelWrapper):
    """Wraps a layer so that its kernel is g·v/‖v‖, with separate length and direction.

    v is the layer's own kernel, one vector for each output; g is initialised as ‖v‖, so that the
    layer is unchanged at first. The paper's data-dependent initialisation (§3) is omitted. An
    output with v = 0 stays 0.

    Args:
        layer: Dense, or a convolution, transposed or not.

    Raises:
        TypeError: for another layer.

    Source: Salimans & Kingma 2016, "Weight Normalization", https://arxiv.org/abs/1602.07868, eq. 2.

    Example:
        >>> layer = WeightNormalization(keras.layers.Dense(1, use_bias=False))
        >>> layer.build((None, 2))
        >>> layer.layer.set_weights([ops.array([[3.0], [4.0]])])
        >>> _ = layer.g.assign([10.0])
        >>> layer(ops.array([[1.0, 0.0]])).numpy()  # 10 · 3/5
        array([[6.]], dtype=float32)
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.g = self.add_weight(
            name="g",
            shape=(self.num_outputs(),),
            dtype="float32",
            initializer=lambda shape, dtype: ops.norm(self.matrix(), axis=1),
        )

    def call(self, inputs):
        square = ops.sum(ops.square(self.matrix()), axis=1)
        scale = self.g * ops.rsqrt(ops.maximum(square, 1e-12))
        kernel = ops.cast(self.layer.kernel, "float32") * self.per_output(scale)
        return self.call_with_kernel(kernel, inputs)
