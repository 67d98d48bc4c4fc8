"""DCGAN: strided convolutions and batch normalisation make convolutional GANs train.

Radford, Metz, Chintala (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", https://arxiv.org/abs/1511.06434

    the game of GAN; Adam(2e-4, .5), batches of 128, z ~ U(-1, 1)^100, weights N(0, .02)

The five rules of §3 are arguments, so that each can be taken back. The authors' code also shrinks
the weights a little (L2, 1e-5), which the paper does not mention and this page leaves out.
"""

import keras
from keras import layers

from trainers import noise
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.networks import conv
from zoo.networks.feature_taps import with_fresh_input


class DCGAN(GAN):
    """Fits batches of x, images in [-1, 1], shape (batch, *image_shape); labels beside x are passed
    over. Calling the model maps latents (batch, latent_dim) to images.

    Args:
        image_shape: (height, width, channels), sides multiples of 4.
        latent_dim: of z.
        width: channels of the stage next to the image; they double towards the latents, up to 8x.
        kernel_size: of all convolutions. A multiple of the stride 2 draws no checkerboards.
        strided: strided and fractionally strided convolutions; False: pooling and upsampling.
        batch_norm: in both networks, but at the output of G and the input of D.
        hidden_dense: a fully connected hidden layer of 1024 units in both networks.
        generator_activation, output_activation, discriminator_activation: of the hidden layers and
            the image; "leaky_relu" has the slope .2.
        generator, discriminator: Keras models that replace the paper's.

    Raises:
        TypeError, ValueError: for unknown arguments, sizes that cannot be halved twice, and
            networks that do not fit the sizes.

    Example:
        >>> model = DCGAN(image_shape=(16, 16, 3), width=8)
        >>> model.compile()
        >>> model.generate(5).shape
        (5, 16, 16, 3)
        >>> model.features(model.generate(5)).shape  # for a linear classifier, §5.1
        (5, 384)
    """

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=100,
        width=128,
        kernel_size=5,
        strided=True,
        batch_norm=True,
        hidden_dense=False,
        generator_activation="relu",
        output_activation="tanh",
        discriminator_activation="leaky_relu",
        name=None,
        **networks,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            width,
            name=name,
            kernel_size=kernel_size,
            strided=strided,
            batch_norm=batch_norm,
            hidden_dense=hidden_dense,
            generator_activation=generator_activation,
            output_activation=output_activation,
            discriminator_activation=discriminator_activation,
            **networks,
        )

    @classmethod
    def small(cls, image_shape):
        """Constructor arguments that train in minutes on two cores."""
        return {"latent_dim": 64, "width": 64, "kernel_size": 4} if len(image_shape) == 3 else {}

    def recipe(self):
        """Paper: Adam(2e-4, .5) for both, §4."""
        return {"objective": NonSaturating(), "optimizers": self.adam(2e-4)}

    def latents(self, n):
        """z ~ U(-1, 1), shape (n, latent_dim)."""
        return noise.uniform((n, self.latent_dim), -1.0, 1.0)

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        return conv.generator(
            self.image_shape,
            self.latent_dim,
            activation=self.generator_activation,
            squash=self.output_activation,
            **self._rules_of_dcgan(),
        )

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return super().build_discriminator()
        activation = self.discriminator_activation
        return conv.discriminator(self.image_shape, activation=activation, **self._rules_of_dcgan())

    def _rules_of_dcgan(self):
        rules = ("width", "kernel_size", "strided", "batch_norm", "hidden_dense")
        return {rule: self.sizes[rule] for rule in rules}

    def build_features(self):
        """What every convolution says, after its activation as in the authors' code, max-pooled to
        at most 4x4, flattened and joined (§5.1)."""
        if len(self.image_shape) != 3:
            return super().build_features()
        maps = [n.input for n in self.discriminator.layers if isinstance(n, READERS)]
        read = [said for said in maps if len(said.shape) == 4][1:]
        if not read:
            return super().build_features()
        pooled, (x, read) = [], with_fresh_input(self.discriminator.inputs[0], read)
        for said in read:
            height, width = said.shape[1:3]
            pool = layers.MaxPooling2D((-(-height // 4), -(-width // 4)), padding="same")
            pooled.append(layers.Flatten()(pool(said)))
        return keras.Model(x, layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0])


READERS = (layers.Conv2D, layers.Flatten, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
