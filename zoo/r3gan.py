"""R3GAN: a relativistic pairing loss with R1 and R2 is stable without further tricks.

Huang, Gokaslan, Kuleshov, Tompkin (2024), "The GAN is dead; long live the GAN! A Modern Baseline
GAN", https://arxiv.org/abs/2501.05441

    D: E softplus(D(G(z)) - D(x)) + γ/2 E‖∇D(x)‖² + γ/2 E‖∇D(G(z))‖²,  G: E softplus(D(x) - D(G(z)))

Residual networks without any normalisation, two blocks per stage: 1x1, grouped 3x3, 1x1, with twice
the width inside. Widths, weights and resampling are those of the authors' CIFAR-10 release.

Differences from the authors' release: its networks for CIFAR-10 are conditioned on the class, and
trained on batches of 512, with new images and new z for each turn. Over 20 million images it lowers
the learning rate from 2e-4 to 5e-5 and γ from .05 to .005 (here the first values), and raises β₂
from .9 to .99 (here the last) and the half-life of the EMA from 0 to 5 million images, all by
cosines. It mirrors images, and augments them (moves, turns, scales, recolours, cuts out) with a
probability that rises to .55. Networks for points and with `dense` are ours.
"""

import keras
from keras import layers
from keras.initializers import RandomNormal, VarianceScaling

from trainers.adversarial import AdversarialModel
from trainers.objectives import Relativistic
from trainers.penalties import R1, R2
from zoo.gan import GAN


class R3GAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels), sides 4·2ⁿ; (2,) builds small networks for points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 64, for points 2.
        width: channels of every stage; with `dense` units of every layer; None: the paper's 768,
            for points 128.
        cardinality: number of groups of the 3x3 convolutions; divides twice the width.
        blocks: number of residual blocks per stage.
        dense: fully connected networks, best for 8x8 images.
        generator, discriminator: Keras models that replace the default ones.

    Raises:
        TypeError, ValueError: for unknown arguments, and sizes or networks that do not fit.

    Example:
        >>> model = R3GAN(image_shape=(16, 16, 3), width=8, cardinality=2)
        >>> model.compile(recipe="modern", steps=20_000)
        >>> model.penalties
        [R1(gamma=0.05), R2(gamma=0.05)]
        >>> model.predict(model.draw(5), verbose=0).shape
        (5, 16, 16, 3)
    """

    def __init__(
        self,
        image_shape=(32, 32, 3),
        latent_dim=None,
        width=None,
        cardinality=96,
        blocks=2,
        dense=False,
        name=None,
        **networks,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            width,
            name=name,
            cardinality=cardinality,
            blocks=blocks,
            dense=dense,
            **networks,
        )

    def default_sizes(self, image_shape, **sizes):
        images = len(image_shape) == 3
        return {"latent_dim": 64 if images else 2, "width": 768 if images else 128}

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        if len(image_shape) != 3:
            return {}
        if min(image_shape[:2]) <= 8:
            return {"latent_dim": 32, "width": 256, "dense": True}
        # TensorFlow's CPU kernels are a hundred times slower for the second derivatives of
        # grouped convolutions, which the penalties need: use one group.
        return {"width": 32, "cardinality": 1, "blocks": 1}

    def recipe(self):
        """Paper: Adam(2e-4, 0, .99), γ .05, EMA of G, as for CIFAR-10. Fully connected networks
        learn faster with a rate of 1e-3, and γ .5 for images and .02 for points."""
        return self._recipe_with()

    def modern_recipe(self, steps=15_000):
        """The same with learning rates that decay over the second half of `steps`, and an EMA as
        long as steps allow."""
        return self._recipe_with(steps=steps)

    def _recipe_with(self, **changes):
        """Returns compile arguments with these changes to `adam`."""
        if len(self.image_shape) != 3:
            rate, gamma = 1e-3, 0.02
        elif self.dense:
            rate, gamma = 1e-3, 0.5
        else:
            rate, gamma = 2e-4, 0.05
        return {
            "objective": Relativistic(),
            "penalties": [R1(gamma), R2(gamma)],
            "optimizers": self.adam(rate, 0.0, 0.99, averaged=["generator"], **changes),
        }

    def latents(self, n):
        """Samples z ~ N(0, I), shape (n, latent_dim)."""
        return AdversarialModel.latents(self, n)

    def build_generator(self):
        if self.dense or len(self.image_shape) != 3:
            return super().build_generator()
        return generator(
            self.image_shape, self.latent_dim, self.width, self.cardinality, self.blocks
        )

    def build_discriminator(self):
        if self.dense or len(self.image_shape) != 3:
            return super().build_discriminator()
        return discriminator(self.image_shape, self.width, self.cardinality, self.blocks)


def generator(image_shape, latent_dim, width, cardinality, blocks):
    """z (latent_dim,) -> learned 4x4xw basis -> 8x8xw -> … -> hxwxw -> 1x1 -> image."""
    count = stages(image_shape)
    inputs = keras.Input((latent_dim,), name="latent")
    # A learned 4x4 basis, one map for each channel, weighted by a linear function of z.
    basis = layers.EinsumDense(
        "nc,hwc->nhwc", (4, 4, width), kernel_initializer=RandomNormal(0.0, 1.0), name="basis"
    )
    x = basis(layers.Dense(width, **_linear())(inputs))
    for stage in range(count + 1):
        if stage:
            x = _smoothed(layers.UpSampling2D()(x))
        for _ in range(blocks):
            x = _block(x, cardinality, depth=blocks * (count + 1))
    x = layers.Conv2D(image_shape[-1], 1, dtype="float32", name="images", **_linear())(x)
    return keras.Model(inputs, x, name="generator")


def discriminator(image_shape, width, cardinality, blocks):
    """x image -> 1x1 -> hxwxw -> … -> 4x4xw -> weighted sum over positions -> logit (1,)."""
    count = stages(image_shape)
    inputs = keras.Input(image_shape, name="images")
    x = layers.Conv2D(width, 1, **_linear())(inputs)
    for stage in range(count + 1):
        if stage:
            x = layers.AveragePooling2D(2)(_smoothed(x))
        for _ in range(blocks):
            x = _block(x, cardinality, depth=blocks * (count + 1))
    # Keras would count the channels in the fan-in: each output reads the 16 positions of one map.
    sums = layers.DepthwiseConv2D(
        4, use_bias=False, depthwise_initializer=RandomNormal(0.0, 16**-0.5)
    )
    x = layers.Flatten(name="features")(sums(x))
    logit = layers.Dense(1, dtype="float32", name="logit", **_linear())(x)
    return keras.Model(inputs, logit, name="discriminator")


def _linear():
    """Returns the options of layers outside residual branches: weights N(0, 1/fan-in), no bias."""
    return {
        "use_bias": False,
        "kernel_initializer": VarianceScaling(1.0, "fan_in", "untruncated_normal"),
    }


def _smoothed(x):
    """Filters each map by [1, 2, 1] / 4 along both axes, with zeros outside.

    Joined with the [1, 1] of doubling or of 2x2 means, it is the release's [1, 3, 3, 1], centred:
    a one-sided filter would move the maps by half a pixel at each stage.
    """
    x = layers.ZeroPadding2D(1)(x)
    for _ in range(2):
        x = layers.AveragePooling2D(2, 1)(x)
    return x


def stages(image_shape):
    """Returns how often 4x4 is doubled to reach the image size.

    Raises:
        ValueError: for images that are not square with a side of 4·2ⁿ.
    """
    side = image_shape[0]
    if side != image_shape[1] or side < 4 or side & (side - 1):
        raise ValueError(
            "`image_shape` should be square with a side of 4, 8, 16, 32 … "
            f"Received: image_shape={tuple(image_shape)}. dense=True takes any size."
        )
    return side.bit_length() - 3


def _block(x, cardinality, depth):
    """Residual block x + 1x1(3x3 in groups(1x1(x))), with twice the width inside.

    The last convolution starts at 0 and the others are scaled down with the depth of the network,
    so that the sum keeps its variance without a normalisation (Zhang et al. 2019, Fixup).
    """
    width = x.shape[-1]
    gain = 2.0 / (1.0 + 0.2**2) * depth ** (-2.0 / (2 * 3 - 2))

    def conv(filters, size, **options):
        return layers.Conv2D(filters, size, padding="same", **options)

    scaled = VarianceScaling(gain, "fan_in", "untruncated_normal")
    y = layers.LeakyReLU(0.2)(conv(2 * width, 1, kernel_initializer=scaled)(x))
    y = conv(2 * width, 3, groups=cardinality, kernel_initializer=scaled)(y)
    y = conv(width, 1, kernel_initializer="zeros", use_bias=False)(layers.LeakyReLU(0.2)(y))
    return layers.Add()([x, y])
