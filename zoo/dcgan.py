"""DCGAN: strided convolutions and batch normalisation make convolutional GANs train.

Radford, Metz, Chintala (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", https://arxiv.org/abs/1511.06434

    the loss of GAN; Adam(2e-4, .5), batches of 128, z ~ U(-1, 1)^100, weights N(0, .02)

The five guidelines of §3 are arguments, so that each can be switched off.

Differences from the authors' release: it has a weight decay (L2, 1e-5), which the paper does not
mention; each batch of images and z trains one player only, G and D in turn; G's last layer and D's
first and last have no bias; and it generates with the statistics of the batch. The authors' second
release, in Torch, has z ~ N(0, I), 4x4 kernels, half the width, and the same z for D's and G's
step.
"""

import keras
from keras import layers

from trainers import noise
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.networks import conv
from zoo.networks.feature_taps import with_fresh_input


class DCGAN(GAN):
    """Trains on batches of x, images in [-1, 1], shape (batch, *image_shape). Labels in the batch
    are ignored. Calling the model maps latents (batch, latent_dim) to images.

    Args:
        image_shape: (height, width, channels), sides multiples of 4.
        latent_dim: dimension of z.
        width: channels of the stage next to the image; they double towards the latents, up to 8x.
        kernel_size: of all convolutions. A multiple of the stride 2 avoids checkerboard artifacts.
        strided: strided and fractionally strided convolutions; False: pooling and upsampling.
        batch_norm: in both networks, except at the output of G and the input of D.
        hidden_dense: a fully connected hidden layer of 1024 units in both networks.
        generator_activation, output_activation, discriminator_activation: of the hidden layers and
            the image; "leaky_relu" has the negative slope .2.
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
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 64, "width": 64, "kernel_size": 4} if len(image_shape) == 3 else {}

    def recipe(self):
        """Paper: Adam(2e-4, .5) for both, §4."""
        return {"objective": NonSaturating(), "optimizers": self.adam(2e-4)}

    def latents(self, n):
        """Samples z ~ U(-1, 1), shape (n, latent_dim)."""
        return noise.uniform((n, self.latent_dim), -1.0, 1.0)

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        return conv.generator(
            self.image_shape,
            self.latent_dim,
            activation=self.generator_activation,
            output_activation=self.output_activation,
            **self._network_options(),
        )

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return super().build_discriminator()
        activation = self.discriminator_activation
        return conv.discriminator(
            self.image_shape, activation=activation, **self._network_options()
        )

    def _network_options(self):
        names = ("width", "kernel_size", "strided", "batch_norm", "hidden_dense")
        return {name: self.sizes[name] for name in names}

    def build_features(self):
        """Builds the network x -> activations of every convolution, max-pooled to at most 4x4,
        flattened and joined (§5.1); behind the activation function, as in the authors' code."""
        if len(self.image_shape) != 3:
            return super().build_features()
        maps = [n.input for n in self.discriminator.layers if isinstance(n, READING_LAYERS)]
        feature_maps = [feature_map for feature_map in maps if len(feature_map.shape) == 4][1:]
        if not feature_maps:
            return super().build_features()
        pooled, (x, feature_maps) = [], with_fresh_input(self.discriminator.inputs[0], feature_maps)
        for feature_map in feature_maps:
            height, width = feature_map.shape[1:3]
            pool = layers.MaxPooling2D((-(-height // 4), -(-width // 4)), padding="same")
            pooled.append(layers.Flatten()(pool(feature_map)))
        return keras.Model(x, layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0])


READING_LAYERS = (
    layers.Conv2D,
    layers.Flatten,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
)
