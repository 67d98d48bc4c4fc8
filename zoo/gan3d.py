"""GAN3D: generates 3D shapes as voxels, with a volumetric DCGAN.

Wu, Zhang, Xue, Freeman, Tenenbaum (2016), "Learning a Probabilistic Latent Space of Object Shapes
via 3D Generative-Adversarial Modeling", https://arxiv.org/abs/1610.07584

    the loss of GAN; D skips batches that it classifies with over 80 % accuracy (§3.1)
    z ~ U(0, 1)^200, Adam(β₁ = .5): 2.5e-3 for G, 1e-5 for D; batches of 100

The networks are the paper's for 64x64x64 (five layers of 4x4x4 kernels, batch norm, LeakyReLU .2 in
D, σ at G's end), with fewer layers for smaller voxels; the first transposed convolution, of a
single voxel, is a dense layer. z is sampled from N(0, I), as in ports. The accuracy is that of the
current batch, where ports take the previous one, and a skipped update is a loss times 0: Adam's
momentum still moves the weights. The authors released trained generators, which take z ~ U(0, 1)
and have no biases, but no code of the training.
"""

import keras
from keras import layers, ops

from trainers.engine import batch_spec
from trainers.objectives import Hinge, Minimax, NonSaturating
from zoo.gan import GAN
from zoo.networks import conv3d
from zoo.networks.feature_taps import with_fresh_input


class GAN3D(GAN):
    """Trains on batches of x, shape (batch, *image_shape), voxels in [0, 1]. Labels in the batch
    are ignored. Calling the model maps latents (batch, latent_dim) to voxels: occupied where above
    .5.

    Args:
        image_shape: (side, side, side, channels), side 8, 16, 32 ….
        latent_dim: dimension of z ~ N(0, I).
        width: channels of the largest feature maps.
        generator_norm, discriminator_norm: whether G and D have batch norm.
        gate: accuracy on the batch above which D is not updated; 1: D is always updated, as it is
            under objectives for which the sign of a single logit does not mean real or fake. Each
            replica uses the accuracy on its own samples.
        occupancy: mean of the voxels that G generates before training.
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
        predictions = []

        def recording_discriminator(samples, training):
            predictions.append(self.discriminator(samples, training=training))
            return predictions[-1]

        loss = self.discriminator_objective(recording_discriminator, **outputs)
        if not isinstance(self.objective, (NonSaturating, Minimax, Hinge)):
            return loss
        real, fake = (ops.cast(logits > 0.0, "float32") for logits in predictions[:2])
        accuracy = 0.5 * (ops.mean(real) + 1.0 - ops.mean(fake))
        return loss * ops.cast(accuracy <= self.gate, loss.dtype)

    def recipe(self):
        """Paper: the learning rate of D is 250 times smaller than that of G."""
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
        """Builds the network x -> activations of all convolutions except the first, max-pooled to
        2x2x2, flattened and joined (§4.2)."""
        maps = [n.input for n in self.discriminator.layers if isinstance(n, READING_LAYERS)]
        feature_maps = [feature_map for feature_map in maps if len(feature_map.shape) == 5][2:]
        if not feature_maps:
            return super().build_features()
        x, feature_maps = with_fresh_input(self.discriminator.inputs[0], feature_maps)
        pools = [
            layers.MaxPooling3D(max(1, feature_map.shape[1] // 2)) for feature_map in feature_maps
        ]
        pooled = [pool(feature_map) for pool, feature_map in zip(pools, feature_maps, strict=True)]
        flat = [layers.Flatten()(feature_map) for feature_map in pooled]
        return keras.Model(x, layers.Concatenate()(flat) if len(flat) > 1 else flat[0])


READING_LAYERS = (
    layers.Conv3D,
    layers.Flatten,
    layers.GlobalAveragePooling3D,
    layers.GlobalMaxPooling3D,
)
