"""Virtual batch normalisation (Salimans et al. 2016)."""

import keras
import tensorflow as tf
from keras import layers, ops


@keras.saving.register_keras_serializable("gan_zoo")
class VirtualBatchNormalization(layers.Layer):
    """Normalises each sample by the statistics of a reference batch and of the sample.

        γ (x - μ)/√(ε + m₂ - μ²) + β,  μ = (μ_x + n μ_R)/(n + 1),  m₂ likewise of the squares

    μ_x is the sample's mean over its positions, μ_R that of the n reference samples, for each
    channel. The output of a sample does not depend on the rest of its minibatch, unlike with batch
    normalisation. Shapes stay the same.

    A layer on its own gets its reference by `adapt`. Inside a network the reference has to pass the
    previous layers with their current weights: with `reference_size=m` the first m rows of each
    batch are the reference, normalised by their own statistics. Prepend the same m samples to each
    minibatch, and drop the first m rows of the outputs. No family has this layer in its own
    networks: pass a `generator` that has it.

    Args:
        epsilon: ε.
        reference_size: m; None: the reference is passed to `adapt`.
        gamma_initializer, beta_initializer: of γ and β. The paper's code samples γ ~ N(1, .02).

    Raises:
        ValueError: for a reference size below 1, a batch that is not larger than its reference, and
            an eager call before `adapt`. In a graph before `adapt` n is 0: each sample is
            normalised by itself.

    Source: Salimans et al. 2016, "Improved Techniques for Training GANs",
    https://arxiv.org/abs/1606.03498, §3.5; the formula is that of their code.

    Example:
        >>> layer = VirtualBatchNormalization()
        >>> layer.adapt(ops.array([[0.0], [2.0]]))
        >>> layer(ops.array([[1.0]])).numpy()  # μ is 1: 0
        array([[0.]], dtype=float32)
    """

    def __init__(
        self,
        epsilon=1e-5,
        reference_size=None,
        gamma_initializer="ones",
        beta_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if reference_size is not None and reference_size < 1:
            raise ValueError(f"`reference_size` should be at least 1. Received: {reference_size}")
        self.epsilon, self.reference_size = epsilon, reference_size
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(
            name="gamma", shape=shape, initializer=self.gamma_initializer, autocast=False
        )
        self.beta = self.add_weight(
            name="beta", shape=shape, initializer=self.beta_initializer, autocast=False
        )
        if self.reference_size is None:
            self.mean, self.square, self.count = (
                self.add_weight(
                    name=name,
                    shape=size,
                    dtype="float32",
                    initializer="zeros",
                    trainable=False,
                    autocast=False,
                )
                for name, size in (("mean", shape), ("square", shape), ("count", ()))
            )

    def adapt(self, batch):
        """Stores the statistics of a reference batch, shape (n, …, channels)."""
        if self.reference_size is not None:
            raise ValueError("`adapt` should be called on layers without `reference_size` only.")
        batch = ops.convert_to_tensor(batch)
        if not self.built:
            self.build(batch.shape)
            self.built = True
        mean, square = _moments(batch, axis=tuple(range(len(batch.shape) - 1)))
        self.mean.assign(mean)
        self.square.assign(square)
        self.count.assign(batch.shape[0])

    def call(self, x):
        if self.reference_size is None:
            if tf.executing_eagerly() and not float(self.count):
                raise ValueError(
                    "`adapt` should be given the reference before the layer is called."
                )
            return self._normalized(x, self.mean, self.square, self.count)
        m = self.reference_size
        if x.shape[0] is not None and x.shape[0] <= m:
            raise ValueError(
                f"`reference_size` should be less than the batch, which begins with the reference. "
                f"Received: reference_size={m} and {x.shape[0]} rows"
            )
        reference = x[:m]
        mean, square = _moments(reference, axis=tuple(range(len(x.shape) - 1)))
        return ops.concatenate(
            [
                self._scaled(reference, mean, square),
                self._normalized(x[m:], mean, square, float(m)),
            ],
            axis=0,
        )

    def _normalized(self, x, mean, square, count):
        own = _moments(x, axis=tuple(range(1, len(x.shape) - 1)))  # (batch, 1, …, channels)
        mean, square = (
            (a + count * b) / (count + 1.0) for a, b in zip(own, (mean, square), strict=True)
        )
        return self._scaled(x, mean, square)

    def _scaled(self, x, mean, square):
        deviation = ops.sqrt(self.epsilon + square - ops.square(mean))
        wide = self.gamma * (ops.cast(x, "float32") - mean) / deviation + self.beta
        return ops.cast(wide, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {
            "epsilon": self.epsilon,
            "reference_size": self.reference_size,
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
        }


def _moments(x, axis):
    """Returns the means of x and of x² over some axes, float32."""
    x = ops.cast(x, "float32")
    keep = 0 not in axis
    return ops.mean(x, axis=axis, keepdims=keep), ops.mean(ops.square(x), axis=axis, keepdims=keep)
