"""VAEGAN3D: reconstructs the voxels of an object from one picture of it.

Wu, Zhang, Xue, Freeman, Tenenbaum (2016), "Learning a Probabilistic Latent Space of Object Shapes
via 3D Generative-Adversarial Modeling", §3.3, https://arxiv.org/abs/1610.07584

    E: α₁ KL(q(z|x) ‖ N(0, I)) + α₂ ‖G(E(x)) - y‖²,  x a picture, y the voxels
    G: α₂ ‖G(E(x)) - y‖² and the loss of GAN,  D: log D(y) + log(1 - D(G(z))), z ~ N(0, I)

α₁ = 5 and α₂ = 1e-4 (§3.3). D never sees reconstructions. G and D are those of 3D-GAN, without the
accuracy threshold for D. Three things differ: the distance between voxels is squared; E halves a
picture down to 4x4, where the paper's E begins with a kernel of 11 and a stride of 4 at 256x256;
and E, whose learning rate we could not read, has that of G. No code of the training was released.
"""

import keras
from keras import layers, ops

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec
from trainers.losses import gaussian_kl, squared_error
from trainers.objectives import NonSaturating
from zoo.mixins.encoder import EncoderMixin
from zoo.networks import conv3d, mlp, priors


class VAEGAN3D(EncoderMixin, AdversarialModel):
    """Trains on batches of (x, y): x pictures, shape (batch, *view_shape), in [-1, 1]; y voxels,
    shape (batch, *image_shape), in [0, 1]. Calling the model maps latents (batch, latent_dim) to
    voxels: occupied where above .5. `encode` maps pictures to the mean of q(z|x), `reconstruct` to
    voxels.

    Args:
        image_shape: (side, side, side, channels) of the voxels, side 8, 16, 32 ….
        latent_dim: dimension of z.
        width: channels of the largest feature maps of G, of D and of E.
        view_shape: (height, width, channels) of pictures, sides 4 times a power of 2.
        batch_norm: in all three networks.
        occupancy: mean of the voxels that G generates before training.
        generator: a Keras model, (latent_dim,) -> image_shape.
        encoder: a Keras model, view_shape -> [mean, log of the standard deviation of q(z|x)],
            each (latent_dim,).
        discriminator: a Keras model, image_shape -> logits (1,).

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved, and networks that
            do not fit the sizes.

    Example:
        >>> sizes = {"image_shape": (8, 8, 8, 1), "view_shape": (16, 16, 1)}
        >>> model = VAEGAN3D(**sizes, latent_dim=8, width=4)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((32, 16, 16, 1)), ops.ones((32, 8, 8, 8, 1)), verbose=0)
        >>> model.reconstruct(ops.zeros((3, 16, 16, 1))).shape
        (3, 8, 8, 8, 1)
    """

    gaussian = True
    draws_all_inputs = False  # G reads codes of images too
    players = {
        "discriminator": ["discriminator"],
        "encoder": ["encoder"],
        "generator": ["generator"],
    }
    image_ranks = (4,)
    input_sizes = AdversarialModel.input_sizes | {"encoder": "view_shape"}

    def __init__(
        self,
        image_shape=(64, 64, 64, 1),
        latent_dim=200,
        width=64,
        view_shape=(256, 256, 3),
        batch_norm=True,
        occupancy=0.5,
        name=None,
        **networks,
    ):
        conv3d.check_occupancy(occupancy)
        kinds = {"view_shape": tuple(view_shape), "batch_norm": batch_norm, "occupancy": occupancy}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        view = {"view_shape": (2 * image_shape[0], 2 * image_shape[0], 1)}
        return view | {"latent_dim": 64, "width": 16, "batch_norm": False, "occupancy": 0.1}

    def batch_format(self):
        return [
            batch_spec.images("x", self.view_shape),
            batch_spec.voxels("y", self.image_shape),
        ]

    def forward(self, batch):
        x, _ = batch
        mean, log_std = self.encoder(x, training=True)
        return {
            "mean": mean,
            "log_std": log_std,
            "reconstructed": self.generator(priors.gaussian(mean, log_std), training=True),
            "fake": self.generator(self.latents(ops.shape(x)[0]), training=True),
        }

    def discriminator_loss(self, batch, outputs):
        return self.discriminator_objective(self.discriminator, batch[1], outputs["fake"])

    def encoder_loss(self, batch, outputs):
        prior = gaussian_kl(outputs["mean"], outputs["log_std"])
        return {
            "prior": prior,
            "reconstruction": squared_error(batch[1], outputs["reconstructed"]),
        }

    def generator_loss(self, batch, outputs):
        adversarial = self.generator_objective(self.discriminator, batch[1], outputs["fake"])
        return {
            "adversarial": adversarial,
            "reconstruction": squared_error(batch[1], outputs["reconstructed"]),
        }

    def recipe(self):
        """Paper: α₁ 5, α₂ 1e-4."""
        rates = {"discriminator": 1e-5, "encoder": 2.5e-3, "generator": 2.5e-3}
        reconstruction = {f"{player}_reconstruction": 1e-4 for player in ("encoder", "generator")}
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(rates),
            "loss_weights": reconstruction | {"encoder_prior": 5.0},
        }

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing loss, learning rate decay and EMA; the reconstruction weighs 1 in E
        and G, the prior .1, for voxels that match the picture. An E with batch norm has no EMA:
        without pictures its batch statistics cannot be estimated again."""
        averaged = ["generator"] if self.batch_norm else ["encoder", "generator"]
        optimizers = self.adam(5e-4, 0.0, 0.99, steps, averaged)
        changes = {"optimizers": optimizers, "loss_weights": {"encoder_prior": 0.1}}
        return super().modern_recipe(steps) | changes

    def build_generator(self):
        sizes = self.latent_dim, self.width, self.batch_norm
        return conv3d.generator(self.image_shape, *sizes, self.occupancy)

    def build_discriminator(self):
        return conv3d.discriminator(self.image_shape, self.width, self.batch_norm)

    def build_encoder(self):
        """x -> 5x5, halved to 4x4, w, 2w … 8w channels, ReLU -> mean, log σ."""
        inputs = x = keras.Input(self.view_shape, name="images")
        for i in range(conv3d.halvings(self.view_shape, "view_shape")):
            filters = self.width * min(2**i, 8)
            x = layers.Conv2D(filters, 5, 2, "same", use_bias=not self.batch_norm)(x)
            if self.batch_norm:
                x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
            x = layers.ReLU()(x)
        heads = mlp.heads(layers.Flatten()(x), self.latent_dim, gaussian=True)
        return keras.Model(inputs, heads, name="encoder")
