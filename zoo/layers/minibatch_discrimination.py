"""Minibatch discrimination (Salimans et al. 2016)."""

import keras
from keras import layers, ops
from keras.initializers import RandomNormal


@keras.saving.register_keras_serializable("gan_zoo")
class MinibatchDiscrimination(layers.Layer):
    """Appends similarities of each sample to the others: (n, d) -> (n, d + kernels).

        M_i = f(x_i)·T,  o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁)

    The o are appended to the features f(x_i), so that a discriminator can detect mode collapse: for
    n copies of a sample each o is n. j = i is included, as in the paper's sum, where the authors'
    code masks it, and also normalises T and shifts the o. Real and fake batches should be passed
    separately and have one size. No family has this layer in its own networks: pass a
    `discriminator` that has it.

    Args:
        kernels: B, number of the o.
        kernel_dim: C, dimension in which each o compares samples.

    Raises:
        ValueError: for numbers below 1.

    Source: Salimans et al. 2016, "Improved Techniques for Training GANs",
    https://arxiv.org/abs/1606.03498, §3.2.

    Example:
        >>> MinibatchDiscrimination(kernels=2, kernel_dim=3)(ops.ones((5, 4))).numpy()[0]
        array([1., 1., 1., 1., 5., 5.], dtype=float32)
    """

    def __init__(self, kernels, kernel_dim, **kwargs):
        super().__init__(**kwargs)
        if kernels < 1 or kernel_dim < 1:
            raise ValueError(
                "`kernels` and `kernel_dim` should be at least 1. "
                f"Received: kernels={kernels}, kernel_dim={kernel_dim}"
            )
        self.kernels, self.kernel_dim = kernels, kernel_dim

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.kernels, self.kernel_dim),
            initializer=RandomNormal(0.0, 0.05),
            autocast=False,  # float32 distances under mixed precision too
        )

    def call(self, x):
        m = ops.tensordot(ops.cast(x, "float32"), self.kernel, axes=1)  # (n, B, C)
        distances = ops.sum(ops.abs(m[:, None] - m[None, :]), axis=-1)  # (n, n, B)
        nearness = ops.sum(ops.exp(-distances), axis=1)
        return ops.concatenate([x, ops.cast(nearness, x.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self):
        return super().get_config() | {"kernels": self.kernels, "kernel_dim": self.kernel_dim}
