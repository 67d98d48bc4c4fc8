"""Gaussian noise that is reproducible on several replicas and after resuming."""

import keras
from keras import layers, ops

from trainers import noise


@keras.saving.register_keras_serializable("gan_zoo")
class GaussianNoise(layers.Layer):
    """Gaussian noise: x + ε, ε ~ N(0, deviation²) for each element; x when not training.

    Keras' GaussianNoise has a random generator per layer, with which all replicas get the same
    noise. This layer draws from the noise stream of the turn, for the global batch.

    Args:
        deviation: standard deviation of the noise, from 0.

    Raises:
        ValueError: for a deviation below 0.

    Source: in a discriminator of a semi-supervised GAN, the code of Salimans et al. 2016.

    Example:
        >>> x = GaussianNoise(0.5)(ops.zeros((100, 100)), training=True)
        >>> round(float(ops.std(x)), 1)
        0.5
    """

    def __init__(self, deviation, **kwargs):
        super().__init__(**kwargs)
        if not deviation >= 0.0:
            raise ValueError(f"`deviation` should be from 0. Received: deviation={deviation}")
        self.deviation = deviation

    def call(self, x, training=False):
        if not training:
            return x
        return x + self.deviation * ops.cast(noise.normal(ops.shape(x)), x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"deviation": self.deviation}
