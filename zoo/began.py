"""BEGAN: an autoencoder as discriminator, held in balance with the generator by one number, k.

Berthelot, Schumm, Metz (2017), "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
https://arxiv.org/abs/1703.10717

    L(x) = |x - D(x)|, the error of reconstruction
    D: min L(x) - k L(G(z)),  G: min L(G(z)),  k ← k + λ (γ L(x) - L(G(z)))  in [0, 1], k₀ = 0
    M = L(x) + |γ L(x) - L(G(z))|, the convergence measure                          (§3.3, §3.4.1)

D moves the distributions of L apart, not those of the samples. γ = E L(G(z)) / E L(x) at the
equilibrium: a small γ asks for quality, one near 1 for diversity. The networks are those of §3.5:
pairs of 3x3 convolutions with ELUs, channels that grow by `width` at each halving, codes without a
nonlinearity. L is the mean over pixels. The skip connections (§3.5.1) are omitted; the rate, which
the authors halve where M stalls, is constant in the paper's recipe. No code was released.
"""

import math
import numbers

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from trainers.losses import l1
from zoo.gan import GAN


class BEGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1]. Labels in the batch
    are ignored. Calling the model maps latents (batch, latent_dim) to samples like x. `fit` reports
    `balance` (k) and `convergence` (M) next to the losses.

    Args:
        image_shape: (height, width, channels), sides multiples of 2**`stages(image_shape)`.
        latent_dim: dimension of z ~ U(-1, 1), and of D's codes.
        width: channels at the image; they grow by as many at each halving of the sides.
        gamma: the ratio γ of the errors of generated and of real images, in (0, 1].
        gain: λ, how far k moves in a step.
        generator: a Keras model, (latent_dim,) -> image_shape.
        discriminator: an autoencoder, a Keras model, image_shape -> image_shape.

    Raises:
        TypeError, ValueError: for unknown arguments, numbers out of range, and sizes or networks
            that do not fit.

    Example:
        >>> model = BEGAN(image_shape=(16, 16, 1), width=8)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((32, 16, 16, 1)), verbose=0).history
        >>> sorted(set(history) - {"discriminator_loss", "generator_loss"})
        ['balance', 'convergence', 'discriminator_fake', 'discriminator_real']
    """

    objectives = None
    image_ranks = (3,)

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=64,
        width=128,
        gamma=0.5,
        gain=1e-3,
        name=None,
        **networks,
    ):
        for number, value in {"gamma": gamma, "gain": gain}.items():
            if not isinstance(value, numbers.Real) or not 0.0 < value <= 1.0:
                raise ValueError(f"`{number}` should be in (0, 1]. Received: {number}={value!r}")
        kinds = {"gamma": gamma, "gain": gain}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)
        self.k = self.add_state("balance", 0.0)

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores.

        With the paper's γ these generate samples that are all alike, and its λ moves k too little.
        """
        return {"latent_dim": 16, "width": 16, "gamma": 1.0, "gain": 0.1}

    def shapes(self):
        return {"discriminator": ([self.image_shape], [self.image_shape])}

    def discriminator_loss(self, x, outputs):
        return {"real": self.error(x), "fake": -self.k * self.error(outputs["fake"])}

    def generator_loss(self, x, outputs):
        return self.error(outputs["fake"])

    def error(self, x):
        """Returns L(x), the mean absolute error of reconstructions: a float32 scalar."""
        return l1(x, self.discriminator(x, training=True))

    def after_step(self, losses):
        """k ← k + λ (γ L(x) - L(G(z))), in [0, 1]; returns k and M. Both need both players."""
        if len({"discriminator_real", "generator_loss"} & set(losses)) < 2:
            return {}
        real, fake = losses["discriminator_real"], losses["generator_loss"]
        gap = self.gamma * real - fake
        self.k.assign(ops.clip(self.k + self.gain * gap, 0.0, 1.0))
        return {"balance": self.k.value, "convergence": real + ops.abs(gap)}

    def recipe(self):
        """Paper: Adam(1e-4)."""
        return {"optimizers": self.adam(1e-4, beta_1=0.9)}

    def modern_recipe(self, steps=10_000):
        """Ten times the paper's learning rate with decay, and EMA weights of the generator."""
        return {"optimizers": self.adam(1e-3, beta_1=0.5, steps=steps, averaged=["generator"])}

    bound = 1.0  # z ~ U(-1, 1)

    def build_generator(self):
        return decoder(self.image_shape, self.latent_dim, self.width, name="generator")

    def build_discriminator(self):
        images = keras.Input(self.image_shape, name="images")
        code = encoder(self.image_shape, self.latent_dim, self.width)(images)
        x = decoder(self.image_shape, self.latent_dim, self.width, name="decoder")(code)
        return keras.Model(images, x, name="discriminator")


def stages(image_shape):
    """Returns how often sides are halved: to 8, but at least once (64 -> 8: 3; 28 -> 7: 2)."""
    return max(1, math.ceil(math.log2(min(image_shape[:2]) / 8)))


def encoder(image_shape, latent_dim, width):
    """x -> hxwxn, twice -> h/2xw/2x2n, twice -> … -> code (latent_dim,)."""
    count = stages(image_shape)
    shape_checks.check_multiples(image_shape, 2**count, stages=count)
    inputs = keras.Input(image_shape, name="images")
    x = _conv(width)(inputs)
    for stage in range(count):
        x = _conv(width * (stage + 1))(_conv(width * (stage + 1))(x))
        x = _conv(width * (stage + 2), strides=2)(x)
    x = _conv(width * (count + 1))(_conv(width * (count + 1))(x))
    code = layers.Dense(latent_dim, name="code")(layers.Flatten()(x))
    return keras.Model(inputs, code, name="encoder")


def decoder(image_shape, latent_dim, width, name):
    """z (latent_dim,) -> 8x8xn, twice -> 16x16xn, twice -> … -> image, without a nonlinearity."""
    count = stages(image_shape)
    shape_checks.check_multiples(image_shape, 2**count, stages=count)
    base = [side // 2**count for side in image_shape[:2]]
    inputs = keras.Input((latent_dim,), name="latent")
    x = layers.Dense(math.prod(base) * width)(inputs)
    x = layers.Reshape((*base, width))(x)
    for stage in range(count + 1):
        x = layers.UpSampling2D(2)(x) if stage else x
        x = _conv(width)(_conv(width)(x))
    x = layers.Conv2D(image_shape[-1], 3, padding="same", dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def _conv(filters, strides=1):
    return layers.Conv2D(filters, 3, strides, padding="same", activation="elu")
