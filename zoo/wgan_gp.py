"""WGAN-GP: a Wasserstein critic with a penalty that holds its gradient norm near 1.

Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville (2017), "Improved Training of Wasserstein GANs",
https://arxiv.org/abs/1704.00028

    critic: E f(G(z)) - E f(x) + λ E(‖∇f(x̂)‖₂ - 1)²,  G: -E f(G(z));  λ 10, 5 critic turns

With weight λ the optimal gradient norm is 1 + W₁/2λ, so that the critic's loss without the penalty
overestimates W₁ by that factor.

Differences from the authors' release, for CIFAR-10: its networks are conditioned on the class by an
auxiliary classifier; the learning rate, here the 1e-4 of algorithm 1, falls from 2e-4 to 0 over
100,000 steps; G steps first, on 128 new samples, twice as many as the critic's; uniform noise of a
grey level is added to the images; and its He initialisation takes the mean of fan-in and fan-out,
so that the critic's first kernel starts almost five times smaller. For points its layers have 512
units, here 128, with ReLU in the critic too.
"""

from trainers.adversarial import AdversarialModel
from trainers.objectives import Wasserstein
from trainers.penalties import GradientPenalty
from zoo.gan import GAN
from zoo.networks import conv, resnet


class WGANGP(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points, with five
    turns of the critic (the `discriminator`) per batch. Labels in the batch are ignored. Calling
    the model maps latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels), even sides; (2,) builds small networks for points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 128, for points 2.
        width: channels of every residual block; without residual blocks, of the stage next to the
            image.
        residual: the paper's CIFAR networks; False: those of DCGAN, without normalisation in the
            critic.
        generator, discriminator: Keras models that replace the default ones. Batch normalisation in
            the discriminator would invalidate the penalty.

    Raises:
        TypeError, ValueError: for unknown arguments, and sizes or networks that do not fit.

    Example:
        >>> from trainers import datasets
        >>> model = WGANGP(image_shape=(2,))
        >>> model.compile()
        >>> model.turns, model.penalties
        ({'discriminator': 5, 'generator': 1}, [GradientPenalty(weight=0.1, one_sided=False)])
        >>> datasets.load("ring", batch_size=64, turns=5).element_spec.shape  # five turns of 64
        TensorShape([320, 2])
    """

    family = "wgan_gp"

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
        """Paper: λ 10, five critic turns, Adam(1e-4, 0, .9), algorithm 1; for points the λ .1 and
        β₁ .5 of the authors' toy experiment."""
        points = len(self.image_shape) != 3
        return {
            "objective": Wasserstein(),
            "penalties": [GradientPenalty(0.1 if points else 10.0)],
            "turns": {"discriminator": 5},
            "optimizers": self.adam(1e-4, 0.5 if points else 0.0, 0.9),
        }

    def latents(self, n):
        """Samples z ~ N(0, I), shape (n, latent_dim)."""
        return AdversarialModel.latents(self, n)

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        if self.residual:
            return resnet.generator(self.image_shape, self.latent_dim, self.width)
        return conv.generator(self.image_shape, self.latent_dim, self.width, kernel_size=4)

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return super().build_discriminator()
        if self.residual:
            return resnet.discriminator(self.image_shape, self.width)
        return conv.discriminator(self.image_shape, self.width, kernel_size=4, batch_norm=False)
