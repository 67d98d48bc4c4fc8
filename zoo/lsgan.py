"""LSGAN: a least squares loss, with gradients also for samples that D already classifies as real.

Mao, Li, Xie, Lau, Wang, Smolley (2017), "Least Squares Generative Adversarial Networks",
https://arxiv.org/abs/1611.04076

    D: ½ E(D(x) - 1)² + ½ E D(G(z))²,  G: ½ E(D(G(z)) - 1)²

With targets -1, 1 and 0 the objective would be Pearson's χ² divergence (theorem in §3.2.2); with
the 0-1 coding of eq. 9, used here and in practice, it is not a named divergence. The networks
are DCGAN's, on which §4.2 compares stability; the deeper ones for 112x112 scenes are omitted.

Differences from the authors' release: of its comparison of stability, which has this rate of 2e-4
(1e-3 for scenes), z has 1024 dimensions, the first stage is 64 wide, RMSprop takes the place of
Adam in half of the runs, and those have the targets -1, 1 and 0. Its losses are sums over the
batch, here means, between which the optimizers do not distinguish.
"""

from trainers.objectives import LeastSquares
from zoo.gan import GAN
from zoo.networks import conv


class LSGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels), sides multiples of 4; (2,) builds small networks for
            points.
        latent_dim: dimension of z; None: 100, for points 2.
        width: channels of the stage next to the image; for points units of every layer.
        batch_norm: in both networks, except at the output of G and the input of D.
        generator, discriminator: Keras models that replace the default ones.

    Raises:
        TypeError, ValueError: for unknown arguments, and sizes or networks that do not fit.

    Example:
        >>> model = LSGAN(image_shape=(16, 16, 1), width=8)
        >>> model.compile()
        >>> model.objective
        LeastSquares()
        >>> model.generate(5).shape
        (5, 16, 16, 1)
    """

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=None,
        width=128,
        batch_norm=True,
        name=None,
        **networks,
    ):
        super().__init__(
            image_shape, latent_dim, width, name=name, batch_norm=batch_norm, **networks
        )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 64, "width": 64} if len(image_shape) == 3 else {}

    def recipe(self):
        """Paper: Adam(2e-4, .5) for both; for points 1e-3."""
        rate = 2e-4 if len(self.image_shape) == 3 else 1e-3
        return {"objective": LeastSquares(), "optimizers": self.adam(rate)}

    bound = 1.0  # z ~ U(-1, 1)

    def build_generator(self):
        if len(self.image_shape) != 3:
            return super().build_generator()
        return conv.generator(
            self.image_shape, self.latent_dim, self.width, batch_norm=self.batch_norm
        )

    def build_discriminator(self):
        if len(self.image_shape) != 3:
            return super().build_discriminator()
        return conv.discriminator(self.image_shape, self.width, batch_norm=self.batch_norm)
