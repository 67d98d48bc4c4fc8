"""VAEGAN: a variational autoencoder with a reconstruction error in the features of a discriminator.

Larsen, Sønderby, Larochelle, Winther (2016), "Autoencoding beyond pixels using a learned similarity
metric", https://arxiv.org/abs/1512.09300

    L_llike = ½ E‖D_l(x) - D_l(G(E(x)))‖²,  D_l: D's last convolution that halves the sides
    L_GAN = E log σ(D(x)) + E log(1 - σ(D(G(z)))) + E log(1 - σ(D(G(E(x)))))
    E: KL(q(z|x) ‖ N(0, I)) + L_llike,  G: γ L_llike - L_GAN,  D: -L_GAN

The gradient of L_GAN never reaches E, and that of L_llike never D (§3.2, algorithm 1); all three
update simultaneously. As in the authors' code, D_l is read before batch norm, and x and G(E(x))
pass D together: apart, batch norm would remove the scale in which they differ.

Differences from the authors' release, which is for 64x64 faces: z of 128 and batches of 64 are its
own, the widths those of its 32x32 networks; γ is 1e-2, the default of its class, its script for
faces has 1e-6; D sees reconstructions, as in that default and the paper, the script's does not; D
reads real and generated images apart, theirs in one batch for batch norm; the real half of D's loss
counts once for each kind of fake, which keeps it balanced; G maximises log σ(D) of its fakes,
theirs minimises log(1 - σ(D)) with weight 1 - γ; Adam(2e-4, .5) at a constant rate for RMSProp at a
falling one; no weight decay, theirs 1e-5; and no player's update is skipped.
"""

import keras
from keras import layers, ops

from trainers.adversarial import AdversarialModel
from trainers.losses import gaussian_kl, squared_error
from trainers.objectives import NonSaturating
from zoo.mixins.encoder import EncoderMixin
from zoo.networks import conv, mlp, priors
from zoo.networks.feature_taps import penultimate_tensor


class VAEGAN(EncoderMixin, AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x;
    `encode` maps x to the mean of q(z|x).

    Args:
        image_shape: (height, width, channels), sides multiples of 4; (2,) builds small networks for
            points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 128, for points 2.
        width: channels of E's first stage; None: the paper's 64; for points units of every layer.
        batch_norm: in all three networks.
        generator: a Keras model, (latent_dim,) -> image_shape.
        encoder: a Keras model, image_shape -> [mean, log of the standard deviation of q(z|x)],
            each (latent_dim,).
        discriminator: a Keras model, image_shape -> logits (1,).

    Raises:
        TypeError, ValueError: for unknown arguments, sizes that cannot be halved twice, and
            networks that do not fit the sizes.

    Example:
        >>> model = VAEGAN(image_shape=(16, 16, 1), latent_dim=8, width=8)
        >>> model.compile()
        >>> model.reconstruct(model.generate(5)).shape
        (5, 16, 16, 1)
    """

    gaussian = True
    draws_all_inputs = False  # G reads codes of images too
    players = {
        "encoder": ["encoder"],
        "generator": ["generator"],
        "discriminator": ["discriminator"],
    }

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=None,
        width=None,
        batch_norm=True,
        name=None,
        **networks,
    ):
        super().__init__(image_shape, latent_dim, width, name, batch_norm=batch_norm, **networks)

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 32, "width": 32} if len(image_shape) == 3 else {}

    def default_sizes(self, image_shape, **sizes):
        images = len(image_shape) == 3
        return {"latent_dim": 128 if images else 2, "width": 64 if images else 128}

    def forward(self, x):
        mean, log_std = self.encoder(x, training=True)
        z = priors.gaussian(mean, log_std)
        return {
            "mean": mean,
            "log_std": log_std,
            "reconstructed": self.generator(z, training=True),
            "fake": self.generator(self.latents(ops.shape(x)[0]), training=True),
        }

    def encoder_loss(self, x, outputs):
        kl = gaussian_kl(outputs["mean"], outputs["log_std"])
        return {
            "prior": kl,
            "feature_reconstruction": self.feature_reconstruction(x, outputs["reconstructed"]),
        }

    def generator_loss(self, x, outputs):
        return {
            "feature_reconstruction": self.feature_reconstruction(x, outputs["reconstructed"]),
            "fake": self.generator_objective(self.discriminator, x, outputs["fake"]),
            "reconstruction": self.generator_objective(
                self.discriminator, x, outputs["reconstructed"]
            ),
        }

    def discriminator_loss(self, x, outputs):
        return {
            "fake": self.discriminator_objective(self.discriminator, x, outputs["fake"]),
            "reconstruction": self.discriminator_objective(
                self.discriminator, x, outputs["reconstructed"]
            ),
        }

    def feature_reconstruction(self, x, reconstruction):
        """Returns ½ E‖D_l(x) - D_l(x̃)‖², of one pass over both."""
        features = self.view("similarity", self.build_similarity)
        both = features(ops.concatenate([x, ops.cast(reconstruction, x.dtype)]), training=True)
        return 0.5 * squared_error(*ops.split(both, 2))

    def recipe(self):
        """Paper: γ 1e-2, simultaneous updates."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(2e-4),
            "loss_weights": {"generator_feature_reconstruction": 1e-2},
            "schedule": "simultaneous",
        }

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing loss, learning rate decay and EMA, with the paper's γ and schedule.
        R1 and R2 are added for each kind of fake, so that each weighs half."""
        kept = {name: self.recipe()[name] for name in ("loss_weights", "schedule")}
        return super().modern_recipe(steps, gamma=0.5) | kept

    def build_similarity(self):
        """Builds the network x -> D_l(x), flattened; without convolutions D_l is the input of D's
        last layer."""
        network = self.discriminator
        convolutions = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
        last = convolutions[-1].output if convolutions else penultimate_tensor(network.outputs[0])
        return keras.Model(network.input, layers.Flatten()(last))

    def build_generator(self):
        """z -> 8x8x4w -> 16x16x3w -> 32x32x2w -> 64x64xw/2 -> 5x5, tanh -> image."""
        if len(self.image_shape) != 3:
            return super().build_generator()
        count = self.halvings()
        base_height, base_width = (side // 2**count for side in self.image_shape[:2])
        first, *rest = [n * self.width // 2 for n in (8, 6, 4, 1)]
        inputs = keras.Input((self.latent_dim,), name="latent")
        x = layers.Dense(base_height * base_width * first, use_bias=not self.batch_norm)(inputs)
        x = self.norm_act(layers.Reshape((base_height, base_width, first))(x))
        for filters in rest[:count]:
            up = layers.Conv2DTranspose(filters, 5, 2, padding="same", use_bias=not self.batch_norm)
            x = self.norm_act(up(x))
        x = layers.Conv2D(self.image_shape[-1], 5, padding="same")(x)
        x = layers.Activation("tanh", dtype="float32", name="images")(x)
        return keras.Model(inputs, x, name="generator")

    def build_encoder(self):
        """x -> 32x32xw -> 16x16x2w -> 8x8x4w -> 16w -> mean, log σ."""
        if len(self.image_shape) != 3:
            return super().build_encoder()
        inputs = keras.Input(self.image_shape, name="images")
        x = self.down(inputs, [n * self.width for n in (1, 2, 4)])
        x = layers.Dense(16 * self.width, use_bias=not self.batch_norm)(layers.Flatten()(x))
        heads = mlp.heads(self.norm_act(x), self.latent_dim, gaussian=True)
        return keras.Model(inputs, heads, name="encoder")

    def build_discriminator(self):
        """x -> 64x64xw/2 -> 32x32x2w -> 16x16x3w -> 8x8x4w -> 8w -> logit (1,)."""
        if len(self.image_shape) != 3:
            return mlp.discriminator(self.image_shape, **self.mlp_sizes())
        inputs = keras.Input(self.image_shape, name="images")
        x = layers.ReLU()(layers.Conv2D(self.width // 2, 5, padding="same")(inputs))
        x = self.down(x, [n * self.width for n in (2, 3, 4)])
        x = layers.Dense(8 * self.width, use_bias=not self.batch_norm)(layers.Flatten()(x))
        logit = layers.Dense(1, dtype="float32", name="logit")
        return keras.Model(inputs, logit(self.norm_act(x)), name="discriminator")

    def halvings(self):
        """Returns how often the sides are halved: 3, or 2 where sides allow no more (28)."""
        return min(3, conv.stages(self.image_shape))

    def down(self, x, widths):
        """Appends 5x5 convolutions that halve the sides, with batch norm and ReLU."""
        for filters in widths[: self.halvings()]:
            halve = layers.Conv2D(filters, 5, 2, padding="same", use_bias=not self.batch_norm)
            x = self.norm_act(halve(x))
        return x

    def norm_act(self, x):
        """Appends batch norm, where enabled, and ReLU."""
        if self.batch_norm:
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        return layers.ReLU()(x)
