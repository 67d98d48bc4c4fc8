"""Spectral normalisation (Miyato et al. 2018)."""

import keras
from keras import ops

from zoo.layers.kernel_wrapper import KernelWrapper

TINY = 1e-12  # shorter vectors are not normalised


@keras.saving.register_keras_serializable("gan_zoo")
class SpectralNormalization(KernelWrapper):
    """Wraps a layer so that its kernel is W/σ(W), with largest singular value 1.

    σ(W) = uᵀWv, where u and v follow the leading singular vectors by one step of power iteration in
    each call in training, v = Wᵀu/‖Wᵀu‖ and u = Wv/‖Wv‖, and are constants for the gradient. W is
    the kernel as a matrix, with a row for each output: for a convolution this bounds the Lipschitz
    constant on each patch, not on the complete feature map.

    Keras' layer of this name assigns W ← W/σ in each call in training, so that the critic's weights
    change in the generator's turn; it lets no gradient through σ, and takes σ of a transposed
    convolution over its inputs. Here W is not assigned, and calls at inference change nothing. A
    kernel of zeros is used unchanged.

    Args:
        layer: Dense, or a convolution, transposed or not.

    Raises:
        TypeError: for another layer.

    Source: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks",
    https://arxiv.org/abs/1802.05957, §2.1 and algorithm 1.

    Example:
        >>> layer = SpectralNormalization(keras.layers.Dense(2, use_bias=False))
        >>> layer.build((None, 2))
        >>> layer.layer.set_weights([ops.array([[3.0, 1.0], [1.0, 2.0]])])  # σ = (5 + √5)/2
        >>> for _ in range(10):
        ...     y = layer(ops.array([[1.0, 2.0]]), training=True)
        >>> y.numpy()
        array([[1.381966, 1.381966]], dtype=float32)
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self.num_outputs(),),
            dtype="float32",
            initializer=self._initial_u,
            trainable=False,
            aggregation="only_first_replica",  # each replica computes the same
        )

    def _initial_u(self, shape, dtype):
        """Returns u of the initial kernel, so that outputs before training are right too."""
        u = _normalized(keras.random.normal(shape, dtype=dtype))
        for _ in range(20):
            u, _ = self._iterate(u)
        return u

    def _iterate(self, u):
        """Returns u and v after one step of power iteration."""
        matrix = ops.stop_gradient(self.matrix())
        v = _normalized(ops.matmul(u, matrix))
        product = ops.matmul(matrix, v)
        return ops.where(ops.norm(product) > TINY, _normalized(product), u), v

    def call(self, inputs, training=False):
        u, v = self._iterate(ops.stop_gradient(ops.convert_to_tensor(self.u)))
        if training:
            self.u.assign(u)
        sigma = ops.sum(u * ops.matmul(self.matrix(), v))
        sigma = ops.where(sigma > TINY, sigma, 1.0)
        return self.call_with_kernel(ops.cast(self.layer.kernel, "float32") / sigma, inputs)


def _normalized(vector):
    return vector / (ops.norm(vector) + TINY)
