"""GAN3D: shapes as voxels, drawn by a volumetric DCGAN.

Wu, Zhang, Xue, Freeman, Tenenbaum (2016), "Learning a Probabilistic Latent Space of Object Shapes
via 3D Generative-Adversarial Modeling", https://arxiv.org/abs/1610.07584

    the game of GAN; D rests where it tells more than 80 % of a batch right (§3.1)
    z ~ U(0, 1)^200, Adam(β₁ = .5): 2.5e-3 for G, 1e-5 for D; batches of 100

The networks are the paper's for 64x64x64 (five layers of 4x4x4 kernels, batch norm, LeakyReLU .2 in
D, σ at G's end), and shorter for less; the first transposed convolution, of a single voxel, is a
dense layer. z is drawn from N(0, I), as in ports. It is the present batch that is looked at, where
ports take the last one, and a resting D is a loss times 0: what Adam's momentum still moves of it,
moves.
"""

import keras
from keras import layers, ops

from trainers.engine import batch_spec
from trainers.objectives import Hinge, Minimax, NonSaturating
from zoo.gan import GAN
from zoo.networks import conv3d
from zoo.networks.feature_taps import with_fresh_input


class GAN3D(GAN):
    """Fits batches of x, shape (batch, *image_shape), voxels in [0, 1]; labels beside x are passed
    over. Calling the model maps latents (batch, latent_dim) to voxels: full where above .5.

    Args:
        image_shape: (side, side, side, channels), side 8, 16, 32 ….
        latent_dim: of z ~ N(0, I).
        width: channels of the largest feature maps.
        generator_norm, discriminator_norm: whether there is batch norm in G, and in D.
        gate: the share of its batch told right beyond which D rests; 1: it never does, nor under
            objectives by which D does not say of a shape alone, by its sign, that it is real. Of
            several replicas each looks at its own samples.
        occupancy: how full the voxels are that G draws at first.
        generator: a Keras model, (latent_dim,) -> image_shape.
        discriminator: a Keras model, image_shape -> logits (1,).

    Raises:
        TypeError, ValueError: for unknown arguments, a gate or occupancy out of range, and networks
            that do not fit the sizes.

    Example:
        >>> model = GAN3D(image_shape=(8, 8, 8, 1), latent_dim=8, width=4)
        >>> model.compile()
        >>> history = model.fit(ops.ones((32, 8, 8, 8, 1)), verbose=0)
        >>> model.generate(3).shape
        (3, 8, 8, 8, 1)
    """

    image_ranks = (4,)

    def __init__(
        self,
        image_shape=(64, 64, 64, 1),
        latent_dim=200,
        width=64,
        generator_norm=True,
        discriminator_norm=True,
        gate=0.8,
        occupancy=0.5,
        name=None,
        **networks,
    ):
        if not 0.0 <= gate <= 1.0:
            raise ValueError(f"`gate` should be in [0, 1]. Received: gate={gate!r}")
        conv3d.check_occupancy(occupancy)
        super().__init__(
            image_shape,
            latent_dim,
            width,
            name=name,
            generator_norm=generator_norm,
            discriminator_norm=discriminator_norm,
            gate=gate,
            occupancy=occupancy,
            **networks,
        )

    @classmethod
    def small(cls, image_shape):
        """Constructor arguments that are quick on two cores, for the modern recipe."""
        norms = {"generator_norm": False, "discriminator_norm": False}
        return norms | {"latent_dim": 64, "width": 16, "occupancy": 0.1}

    def batch_format(self):
        return [batch_spec.voxels("x", self.image_shape)]

    def discriminator_loss(self, x, outputs):
        said = []

        def judge(samples, training):
            said.append(self.discriminator(samples, training=training))
            return said[-1]

        loss = self.discriminator_objective(judge, **outputs)
        if not isinstance(self.objective, (NonSaturating, Minimax, Hinge)):
            return loss
        real, fake = (ops.cast(logits > 0.0, "float32") for logits in said[:2])
        right = 0.5 * (ops.mean(real) + 1.0 - ops.mean(fake))
        return loss * ops.cast(right <= self.gate, loss.dtype)

    def recipe(self):
        """Paper: D learns 250 times slower than G."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam({"discriminator": 1e-5, "generator": 2.5e-3}),
        }

    def build_generator(self):
        sizes = self.latent_dim, self.width, self.generator_norm
        return conv3d.generator(self.image_shape, *sizes, self.occupancy)

    def build_discriminator(self):
        return conv3d.discriminator(self.image_shape, self.width, self.discriminator_norm)

    def build_features(self):
        """What every convolution but the first says, max-pooled to 2x2x2, flattened and joined
        (§4.2)."""
        maps = [n.input for n in self.discriminator.layers if isinstance(n, READERS)]
        read = [said for said in maps if len(said.shape) == 5][2:]
        if not read:
            return super().build_features()
        x, read = with_fresh_input(self.discriminator.inputs[0], read)
        pools = [layers.MaxPooling3D(max(1, said.shape[1] // 2)) for said in read]
        pooled = [pool(said) for pool, said in zip(pools, read, strict=True)]
        flat = [layers.Flatten()(said) for said in pooled]
        return keras.Model(x, layers.Concatenate()(flat) if len(flat) > 1 else flat[0])


READERS = (layers.Conv3D, layers.Flatten, layers.GlobalAveragePooling3D, layers.GlobalMaxPooling3D)
