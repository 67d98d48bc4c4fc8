"""Weight normalisation (Salimans & Kingma 2016)."""

import keras
from keras import ops

from zoo.layers.kernel_wrapper import KernelWrapper


@keras.saving.register_keras_serializable("gan_zoo")
class WeightNormalization(KernelWrapper):
    """The wrapped layer with the kernel g·v/‖v‖: each output's length and direction apart.

    v is the layer's own kernel, one vector for each output; g begins as ‖v‖, so that at first
    nothing changes. The paper's initialisation from data (§3) is left out. An output whose v is 0
    has no direction, and stays 0.

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
            shape=(self.outputs(),),
            dtype="float32",
            initializer=lambda shape, dtype: ops.norm(self.matrix(), axis=1),
        )

    def call(self, inputs):
        square = ops.sum(ops.square(self.matrix()), axis=1)
        scale = self.g * ops.rsqrt(ops.maximum(square, 1e-12))
        kernel = ops.cast(self.layer.kernel, "float32") * self.along_outputs(scale)
        return self.called_with(kernel, inputs)
