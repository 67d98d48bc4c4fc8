"""Pixelwise feature normalisation (Karras et al. 2018)."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("gan_zoo")
class PixelNorm(layers.Layer):
    """Pixelwise x / √(mean of x² over the channels + ε); any shape (…, channels) -> the same shape.

    Args:
        epsilon: ε.

    Source: Karras et al. 2018, "Progressive Growing of GANs", https://arxiv.org/abs/1710.10196,
    §4.2.

    Example:
        >>> PixelNorm()(ops.array([[3.0, 4.0]])).numpy()  # over √12.5
        array([[0.84852815, 1.1313709 ]], dtype=float32)
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, x):
        wide = ops.cast(x, "float32")
        scale = ops.rsqrt(ops.mean(ops.square(wide), axis=-1, keepdims=True) + self.epsilon)
        return ops.cast(wide * scale, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"epsilon": self.epsilon}
