"""Dropout that is reproducible on several replicas and after resuming."""

import keras
from keras import layers, ops

from trainers import noise


@keras.saving.register_keras_serializable("gan_zoo")
class Dropout(layers.Layer):
    """Dropout: x · kept / (1 - rate), kept ~ Bernoulli(1 - rate); x when not training.

    Keras' Dropout has a random generator per layer, with which all replicas drop the same units.
    This layer draws from the noise stream of the turn, for the global batch.

    At the input of a network for images in [-1, 1] a dropped pixel is grey, where for images in
    [0, 1], those of most authors' code with dropout, it is black.

    Args:
        rate: fraction of elements that are set to 0, in [0, 1).
        always: whether to drop at inference too, as the noise of a generator.

    Raises:
        ValueError: for a rate outside [0, 1).

    Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", §4; scaled in training instead of after it, §10.

    Example:
        >>> x = Dropout(0.2)(ops.ones((8, 100)), training=True)
        >>> sorted(set(x.numpy().flatten().tolist()))
        [0.0, 1.25]
    """

    def __init__(self, rate, always=False, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"`rate` should be in [0, 1). Received: rate={rate}")
        self.rate, self.always = rate, always

    def call(self, x, training=False):
        if not training and not self.always:
            return x
        kept = noise.uniform(ops.shape(x)) >= self.rate
        return ops.where(kept, x / (1.0 - self.rate), ops.zeros_like(x))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"rate": self.rate, "always": self.always}
