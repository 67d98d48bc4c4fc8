"""SNGAN: the weights of D are divided by their spectral norm, so that D is 1-Lipschitz.

Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral Normalization for Generative Adversarial
Networks", https://arxiv.org/abs/1802.05957

    W̄ = W/σ(W);  D: E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))),  G: -E D(G(z));  5 turns of D

The networks are those of the CIFAR-10 experiment (table 4). A convolution's σ is that of its kernel
as a matrix (out, in·h·w), §4.2: the Lipschitz constant of the convolution itself can be larger.

Differences from the authors' release: the learning rates are constant, theirs fall to 0 over 50,000
steps of G; G steps last, on as many samples as D, theirs first and on twice as many; D's last layer
has a bias; u starts at the singular vector of the first kernel, theirs at random; and theirs adds
uniform noise of a grey level to the images.
"""

from trainers.adversarial import AdversarialModel
from trainers.objectives import Hinge
from zoo.gan import GAN
from zoo.layers import SpectralNormalization
from zoo.networks import conv, mlp, resnet


class SNGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points, with five
    turns of the discriminator per batch. Labels in the batch are ignored. Calling the model maps
    latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels), even sides; (2,) builds small networks for points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 128, for points 2.
        width: channels of D's residual blocks, G's are twice as wide; without residual blocks, of
            the stage next to the image; for points units of every layer.
        residual: the paper's residual networks; False: those of DCGAN, with no batch norm in D.
        generator, discriminator: Keras models that replace the default ones. They are used
            unchanged: wrap the layers of yours in `zoo.layers.SpectralNormalization`.

    Raises:
        TypeError, ValueError: for unknown arguments, and sizes or networks that do not fit.

    Example:
        >>> model = SNGAN(image_shape=(2,))
        >>> model.compile()
        >>> model.objective, model.turns
        (Hinge(), {'discriminator': 5, 'generator': 1})
        >>> [layer.name for layer in model.discriminator.layers if "spectral" in layer.name][:1]
        ['spectral_normalization...']
    """

    def __init__(
        self,
        image_shape=(32, 32, 3),
        latent_dim=None,
        width=128,
        residual=True,
        name=None,
        **networks,
    ):
        super().__init__(image_shape, latent_dim, width, name=name, residual=residual, **networks)

    def default_sizes(self, image_shape, **sizes):
        return {"latent_dim": 128 if len(image_shape) == 3 else 2}

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 64, "width": 64, "residual": False} if len(image_shape) == 3 else {}

    def recipe(self):
        """Paper: hinge, five turns of D, Adam(2e-4, 0, .9), setting of table 3, row C."""
        return {
            "objective": Hinge(),
            "turns": {"discriminator": 5},
            "optimizers": self.adam(2e-4, 0.0, 0.9),
        }

    def latents(self, n):
        """Samples z ~ N(0, I), shape (n, latent_dim)."""
        return AdversarialModel.latents(self, n)

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        if self.residual:
            return resnet.generator(self.image_shape, self.latent_dim, 2 * self.width)
        return conv.generator(self.image_shape, self.latent_dim, self.width, kernel_size=4)

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return mlp.discriminator(
                self.image_shape, **self.mlp_sizes(), wrap=SpectralNormalization
            )
        if self.residual:
            return resnet.discriminator(
                self.image_shape, self.width, pool="sum", wrap=SpectralNormalization
            )
        return conv.discriminator(
            self.image_shape,
            self.width,
            kernel_size=4,
            batch_norm=False,
            wrap=SpectralNormalization,
        )
