"""ALI: BiGAN with a stochastic encoder.

Dumoulin, Belghazi, Poole, Mastropietro, Lamb, Arjovsky, Courville (2017), "Adversarially Learned
Inference", https://arxiv.org/abs/1606.00704

    D: -E log σ(D(x, ẑ)) - E log(1 - σ(D(x̃, z))),  ẑ = μ(x) + σ(x) ⊙ ε,  x̃ = G(z)
    G and E: -E log(1 - σ(D(x, ẑ))) - E log σ(D(x̃, z)),  simultaneously (algorithm 1)

The networks are those for CIFAR-10 (table 6), with maxout in D: Adam(1e-4, .5), batches of 100,
LeakyReLU with negative slope .1, weights N(0, .01).

Differences from the authors' release: D's layers for z have biases, theirs none; D drops out units
before each convolution of x, theirs before the first, second and fifth; G's last bias is one for
each colour and starts at 0, theirs is one for each pixel and starts at the log odds of the mean
image; and moving batch statistics have a momentum of .9, theirs .95. Networks for points and with a
width are ours.
"""

import keras
from keras import layers
from keras.initializers import RandomNormal

from trainers.objectives import NonSaturating
from zoo.bigan import BiGAN
from zoo.layers import Dropout, Maxout
from zoo.networks import conv, mlp, priors


class ALI(BiGAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x;
    `encode` maps x to the mean of q(z|x).

    Args:
        image_shape: (height, width, channels), 32x32 for the paper's networks; (2,) builds small
            networks for points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 64, for points 2.
        width: units of each hidden layer of fully connected networks; None: the paper's networks.
        generator, discriminator: as for BiGAN.
        encoder: a Keras model, image_shape -> [mean, log of the standard deviation of q(z|x)],
            each (latent_dim,).

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = ALI(image_shape=(8, 8, 1), latent_dim=10, width=32)
        >>> model.compile()
        >>> model.encode(model.generate(5)).shape
        (5, 10)
    """

    gaussian = True

    def __init__(
        self, image_shape=(32, 32, 3), latent_dim=None, width=None, name=None, **arguments
    ):
        super().__init__(image_shape, latent_dim, width, name, **arguments)

    def default_sizes(self, image_shape, **sizes):
        return {"latent_dim": 64 if len(image_shape) == 3 else 2}

    def inferred(self, x):
        return priors.gaussian(*self.encoder(x, training=True))

    def recipe(self):
        """Paper: Adam(1e-4, .5) for both, simultaneously."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(1e-4),
            "schedule": "simultaneous",
        }

    def build_generator(self):
        if self.width or len(self.image_shape) != 3:
            return super().build_generator()
        return generator(self.image_shape, self.latent_dim)

    def build_encoder(self):
        if self.width or len(self.image_shape) != 3:
            return super().build_encoder()
        return encoder(self.image_shape, self.latent_dim)

    def build_discriminator(self):
        if self.width or len(self.image_shape) != 3:
            return super().build_discriminator()
        return discriminator(self.image_shape, self.latent_dim)


def encoder(image_shape, latent_dim):
    """x 32x32 -> 28x28x32 -> 13x13x64 -> 10x10x128 -> 4x4x256 -> 1x1x512 -> 512 -> mean, log σ."""
    _check(image_shape)
    inputs = x = keras.Input(image_shape, name="images")
    for filters, size, strides in STAGES:
        x = _norm_act(_conv(layers.Conv2D, filters, size, strides)(x))
    x = layers.Flatten()(_norm_act(_conv(layers.Conv2D, 512, 1, 1)(x)))
    outputs = mlp.heads(x, latent_dim, gaussian=True, initializer=RandomNormal(0.0, 0.01))
    return keras.Model(inputs, outputs, name="encoder")


def generator(image_shape, latent_dim):
    """z (latent_dim,) -> 4x4x256 -> 10x10x128 -> 13x13x64 -> 28x28x32 -> 32x32x32 -> image."""
    _check(image_shape)
    inputs = keras.Input((latent_dim,), name="latent")
    x = layers.Reshape((1, 1, latent_dim))(inputs)
    for filters, (_, size, strides) in zip((256, 128, 64, 32, 32), STAGES[::-1], strict=True):
        x = _norm_act(_conv(layers.Conv2DTranspose, filters, size, strides)(x))
    x = _norm_act(_conv(layers.Conv2D, 32, 1, 1)(x))
    x = layers.Conv2D(image_shape[-1], 1, kernel_initializer=RandomNormal(0.0, 0.01))(x)
    x = layers.Activation("sigmoid", dtype="float32")(x)
    x = layers.Rescaling(2.0, -1.0, dtype="float32", name="images")(x)  # the authors': [0, 1]
    return keras.Model(inputs, x, name="generator")


def discriminator(image_shape, latent_dim):
    """x -> convolutions of E, maxout -> 512; z -> 512 -> 512; both -> 1024 -> 1024 -> logit."""
    _check(image_shape)
    image = x = keras.Input(image_shape, name="images")
    latent = z = keras.Input((latent_dim,), name="latent")
    for i, (filters, size, strides) in enumerate(STAGES):
        x = Dropout(0.5 if i else 0.2)(x)
        x = conv.maxout(_conv(layers.Conv2D, 2 * filters, size, strides, bias=True)(x), pieces=2)
    for rate in (0.2, 0.5):
        z = Maxout(512, 2, RandomNormal(0.0, 0.01))(Dropout(rate)(z))
    x = layers.Concatenate()([layers.Flatten()(x), z])
    for _ in range(2):
        x = Maxout(1024, 2, RandomNormal(0.0, 0.01))(Dropout(0.5)(x))
    logit = layers.Dense(1, kernel_initializer=RandomNormal(0.0, 0.01), dtype="float32")
    return keras.Model([image, latent], logit(Dropout(0.5)(x)), name="discriminator")


STAGES = ((32, 5, 1), (64, 4, 2), (128, 4, 1), (256, 4, 2), (512, 4, 1))  # filters, size, stride


def _check(image_shape):
    if tuple(image_shape[:2]) != (32, 32):
        raise ValueError(
            "`image_shape` should be 32x32 for the paper's networks. "
            f"Received: image_shape={tuple(image_shape)}. width=256 builds fully connected ones."
        )


def _conv(layer, filters, size, strides, bias=False):
    normal = RandomNormal(0.0, 0.01)
    return layer(filters, size, strides, use_bias=bias, kernel_initializer=normal)


def _norm_act(x):
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.LeakyReLU(0.1)(x)
