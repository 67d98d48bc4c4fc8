"""f-GAN: a GAN that minimises any f-divergence; the original GAN is a special case.

Nowozin, Cseke, Tomioka (2016), "f-GAN: Training Generative Neural Samplers using Variational
Divergence Minimization", https://arxiv.org/abs/1606.00709

    min_G max_V  E g_f(V(x)) - E f*(g_f(V(G(z))))  ≤  D_f(P‖Q)

Both players update simultaneously, from one backward pass (algorithm 1). The divergence is the
objective: `model.compile(objective=FDivergence("pearson"))`. No code was released: the widths and
the learning rate for MNIST are recalled; the paper's batches there are of 4096.
"""

import math

import keras
from keras import layers
from keras.initializers import RandomNormal

from trainers.objectives import FDivergence
from zoo.gan import GAN


class FGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x. The
    `discriminator` is the paper's variational function V, with any real number as output.

    Args:
        image_shape: (height, width, channels); (2,) builds small networks for points.
        latent_dim: dimension of z; None: the paper's 100, for points 2.
        width: units of each hidden layer of fully connected ReLU and LeakyReLU networks; None: the
            paper's.
        generator, discriminator: Keras models that replace the default ones.

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = FGAN(image_shape=(2,))
        >>> model.compile(objective=FDivergence("reverse_kl"))
        >>> model.objective, model.schedule
        (FDivergence(name='reverse_kl', non_saturating=False), 'simultaneous')
    """

    def recipe(self):
        """Paper: Adam(2e-4, .5) for MNIST, simultaneous updates, G with the modified loss of §3.2.
        For points the loss without that modification, Adam(1e-3)."""
        points = len(self.image_shape) != 3
        rate = 1e-3 if points else 2e-4
        return {
            "objective": FDivergence("squared_hellinger", non_saturating=not points),
            "optimizers": self.adam(rate),
            "schedule": "simultaneous",
        }

    bound = 1.0  # z ~ U(-1, 1)

    def build_generator(self):
        if self.width or len(self.image_shape) != 3:
            return super().build_generator()
        return generator(self.image_shape, self.latent_dim)

    def build_discriminator(self):
        if self.width or len(self.image_shape) != 3:
            return super().build_discriminator()
        return discriminator(self.image_shape)


def generator(image_shape, latent_dim, units=1200):
    """z (latent_dim,) -> 1200 -> 1200, batch norm, ReLU -> image, 2σ - 1."""
    inputs = x = keras.Input((latent_dim,), name="latent")
    for _ in range(2):
        x = layers.Dense(units, use_bias=False, kernel_initializer=RandomNormal(0.0, 0.05))(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    last = layers.Dense(
        math.prod(image_shape),
        activation="sigmoid",
        kernel_initializer=RandomNormal(0.0, 0.05),
        dtype="float32",
    )
    x = layers.Rescaling(2.0, -1.0, dtype="float32")(last(x))  # the authors' pixels: [0, 1]
    x = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name="generator")


def discriminator(image_shape, units=240):
    """x image -> 240 -> 240, ELU -> V(x) (1,)."""
    inputs = keras.Input(image_shape, name="images")
    x = layers.Flatten()(inputs)
    for _ in range(2):
        x = layers.Dense(units, activation="elu", kernel_initializer=RandomNormal(0.0, 0.05))(x)
    value = layers.Dense(
        1, kernel_initializer=RandomNormal(0.0, 0.05), dtype="float32", name="value"
    )
    return keras.Model(inputs, value(x), name="discriminator")
