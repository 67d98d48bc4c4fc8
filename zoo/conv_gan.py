"""ConvGAN: the convolutional GAN of 2014, before DCGAN's architecture guidelines.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio (2014), "Generative
Adversarial Nets", https://arxiv.org/abs/1406.2661

    the loss of GAN; momentum SGD at .004, batches of 128, z ~ N(0, I), maxout and dropout in D

The networks and hyperparameters are those of the authors' release for CIFAR-10. G is nearly all
dense: two layers of 8000 units, reshaped to 80 maps, and one transposed convolution that outputs
the image; it has no batch norm.

Differences from the authors' release: the image passes through a tanh, theirs is linear, for
contrast-normalised data; it has a bias for each colour, theirs for each pixel; D's loss is not
halved, so that SGD trains D twice as fast; D steps before G, where both step at once; the momentum
stays at .5, theirs rises to .7; and the learning rate falls without a lower bound.
"""

import keras
from keras import layers
from keras.initializers import RandomUniform

from trainers import noise
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.layers import Dropout, Maxout
from zoo.networks import conv


class ConvGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels), sides of 8 or more; (2,) builds small networks for
            points.
        latent_dim: dimension of z; None: the paper's 100, for points 2.
        width: channels of the input of G's convolution, to which the other widths are proportional;
            None: the paper's 80. For points units of every layer.
        generator, discriminator: Keras models that replace the paper's.

    Raises:
        TypeError, ValueError: for unknown arguments, and sizes or networks that do not fit.

    Example:
        >>> model = ConvGAN(image_shape=(16, 16, 3), width=5)
        >>> model.compile()
        >>> model.generate(5).shape
        (5, 16, 16, 3)
    """

    family = "conv_gan"

    def __init__(self, image_shape=(32, 32, 3), latent_dim=None, width=None, name=None, **networks):
        super().__init__(image_shape, latent_dim, width, name=name, **networks)

    def default_sizes(self, image_shape, **sizes):
        images = {"width": 80} if len(image_shape) == 3 else {}
        return super().default_sizes(image_shape) | images

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 64, "width": 16} if len(image_shape) == 3 else {}

    def recipe(self):
        """Paper: momentum SGD at .004, divided by `decay` at each step. Points: as GAN."""
        if len(self.image_shape) != 3:
            return super().recipe()

        def sgd():
            rate = keras.optimizers.schedules.ExponentialDecay(0.004, 1, 1.0 / self.decay)
            return keras.optimizers.SGD(rate, momentum=0.5)

        return {"objective": NonSaturating(), "optimizers": {p: sgd() for p in self.players}}

    def latents(self, n):
        """Samples z ~ N(0, I), shape (n, latent_dim)."""
        return noise.normal((n, self.latent_dim))

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        return generator(self.image_shape, self.latent_dim, self.width)

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return super().build_discriminator()
        return discriminator(self.image_shape, self.width)


def generator(image_shape, latent_dim, width=80):
    """z (latent_dim,) -> 8000 ReLU -> 8000 σ -> 10x10x80 -> one convolution, 32x32x3, tanh."""
    sides = [-(-(side - 2) // 3) for side in image_shape[:2]]  # n kernels, 3 apart: 3n + 2
    small = uniform(0.05, width)
    inputs = x = keras.Input((latent_dim,), name="latent")
    for activation in ("relu", "sigmoid"):
        units = sides[0] * sides[1] * width
        x = layers.Dense(units, activation=activation, kernel_initializer=small)(x)
    x = layers.Reshape((*sides, width))(x)
    x = layers.Conv2DTranspose(image_shape[-1], 5, strides=3, kernel_initializer=small)(x)
    surplus = tuple((0, 3 * n + 2 - side) for n, side in zip(sides, image_shape, strict=False))
    x = layers.Cropping2D(surplus)(x)
    x = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name="generator")


def discriminator(image_shape, width=80):
    """x 32x32x3 -> maxout 16x16x32 -> 7x7x32 -> 5x5x192 -> 500 -> logit (1,), with dropout.

    Raises:
        ValueError: for sides below 8, which pooling would reduce to nothing.
    """
    if min(image_shape[:2]) < 8:
        raise ValueError(
            "`image_shape` should have sides of at least 8. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    channels, small = max(1, 2 * width // 5), uniform(0.005, width)
    inputs = keras.Input(image_shape, name="images")
    x = maxout_conv(Dropout(0.2)(inputs), channels, 8, padding=4, pool=4, initializer=small)
    x = maxout_conv(Dropout(0.5)(x), channels, 8, padding=3, pool=4, initializer=small)
    x = maxout_conv(Dropout(0.5)(x), 6 * channels, 5, padding=3, pool=2, initializer=small)
    x = layers.Flatten()(Dropout(0.5)(x))
    x = Dropout(0.5)(Maxout(max(1, 25 * width // 4), 5, kernel_initializer=small)(x))
    logit = layers.Dense(1, kernel_initializer=small, dtype="float32", name="logit")
    return keras.Model(inputs, logit(x), name="discriminator")


def uniform(bound, width):
    """Returns a uniform initializer whose bound grows for narrower networks, so that their outputs
    keep their scale."""
    bound *= (80 / width) ** 0.5
    return RandomUniform(-bound, bound)


def maxout_conv(x, channels, kernel_size, padding, pool, pieces=2, initializer="glorot_uniform"):
    """Maximum over `pieces` convolutions, then over windows of `pool` pixels (2 or 4) at stride 2,
    the last of which may be cut off at the edge.

    Example:
        >>> maxout_conv(keras.Input((32, 32, 3)), 32, kernel_size=8, padding=4, pool=4).shape
        (None, 16, 16, 32)
    """
    x = layers.ZeroPadding2D(padding)(x)
    x = layers.Conv2D(pieces * channels, kernel_size, kernel_initializer=initializer)(x)
    x = layers.MaxPooling2D(2, padding="same")(conv.maxout(x, pieces))
    # Keras would pad windows of 4 on both sides: instead, two neighbouring windows of 2.
    return layers.MaxPooling2D(2, strides=1)(x) if pool == 4 else x
