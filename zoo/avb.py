"""AVB: a variational autoencoder with an implicit posterior, z = E(x, ε).

Mescheder, Nowozin, Geiger (2017), "Adversarial Variational Bayes: Unifying Variational Autoencoders
and Generative Adversarial Networks", https://arxiv.org/abs/1701.04722

    T: max E log σ(T(x, z_q)) + E log(1 - σ(T(x, z_p))),  z_q = E(x, ε), z_p ~ N(0, I)
    E and G: min E T(x, z_q) - E log p(x|z_q)

T* = log q(z|x) - log p(z), so that E T* is the KL term, which has no closed form for a posterior
without a density (§3.1). p(x|z) is Gaussian. The hyperparameters are those of the authors' toy
experiment: T a residual network of ELUs plus ½‖z‖², ε of 64, two turns of T for each of E and G,
Adam at 1e-4 and 2e-5. Adaptive contrast (§3.3) is omitted.

Differences from the authors' release, the notebook of that experiment: p(x|z) is Gaussian, theirs
Bernoulli; E and G step after T, theirs before; and T adds ½‖z‖², the known part of the ratio,
theirs ‖z‖². For images it has networks in which ε enters each layer, β₁ .5, and one turn of
T, at once with that of E and G.
"""

import contextlib
import numbers

import keras
from keras import layers, ops

from trainers import noise
from trainers.adversarial import AdversarialModel
from trainers.engine import shape_checks
from trainers.engine.inference import predict_in_batches
from trainers.losses import squared_error
from trainers.objectives import Minimax, NonSaturating
from zoo.mixins.encoder import EncoderMixin
from zoo.networks.feature_taps import penultimate_tensor


class AVB(EncoderMixin, AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points, with two
    turns of T (the `discriminator`) per batch. Labels in the batch are ignored. Calling the model
    maps latents (batch, latent_dim) to samples like x; `encode` samples from q(z|x).

    Args:
        image_shape: (height, width, channels), or (d,) for points.
        latent_dim: dimension of z ~ N(0, I); None: 8, for points 2.
        width: units of the hidden layers of E and G; None: 256, for points the paper's 64.
        noise_dim: dimension of ε ~ N(0, I).
        deviation: σ of p(x|z) = N(G(z), σ²); smaller values weigh the reconstruction more.
        generator: a Keras model, (latent_dim,) -> image_shape.
        encoder: a Keras model, [image_shape, (noise_dim,)] -> (latent_dim,).
        discriminator: T, a Keras model, [(latent_dim,), image_shape] -> logits (1,).

    Raises:
        TypeError, ValueError: for unknown arguments, networks that do not fit the sizes, and
            objectives whose optimal T is not a log density ratio.

    Example:
        >>> model = AVB(image_shape=(4,))
        >>> model.compile()
        >>> history = model.fit(ops.eye(4), batch_size=4, verbose=0)
        >>> model.encode(ops.eye(4)).shape
        (4, 2)
    """

    draws_all_inputs = False  # G reads codes of images too
    players = {"discriminator": ["discriminator"], "autoencoder": ["encoder", "generator"]}
    input_sizes = AdversarialModel.input_sizes | {"discriminator": "latent_dim"}
    objectives = (NonSaturating, Minimax)

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=None,
        width=None,
        noise_dim=64,
        deviation=0.3,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(noise_dim=noise_dim)
        if not isinstance(deviation, numbers.Real) or not deviation > 0.0:
            raise ValueError(f"`deviation` should be positive. Received: deviation={deviation!r}")
        kinds = {"noise_dim": noise_dim, "deviation": deviation}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {}

    def default_sizes(self, image_shape, **sizes):
        images = len(image_shape) == 3
        return {"latent_dim": 8 if images else 2, "width": 256 if images else 64}

    def shapes(self):
        code = (self.latent_dim,)
        return {
            "encoder": ([self.image_shape, (self.noise_dim,)], [code]),
            "discriminator": ([code, self.image_shape], [(1,)]),
        }

    def forward(self, x):
        n = ops.shape(x)[0]
        z = self.encoder([x, self.noise(n)], training=True)
        return {
            "inferred": z,
            "prior": self.latents(n),
            "reconstructed": self.generator(z, training=True),
        }

    def discriminator_loss(self, x, outputs):
        codes = outputs["inferred"], outputs["prior"]
        return self.discriminator_objective(self.discriminator, *codes, condition=x)

    def autoencoder_loss(self, x, outputs):
        ratio = self.discriminator([outputs["inferred"], x], training=True)
        error = squared_error(x, outputs["reconstructed"])
        return {"kl": ops.mean(ratio), "reconstruction": error / (2.0 * self.deviation**2)}

    def noise(self, n):
        """Samples ε ~ N(0, I), shape (n, noise_dim)."""
        return noise.normal((n, self.noise_dim))

    def recipe(self):
        """Paper, toy experiment: Adam, 1e-4 for T in two turns, 2e-5 for E and G."""
        rates = {"discriminator": 1e-4, "autoencoder": 2e-5}
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(rates, beta_1=0.9),
            "turns": {"discriminator": 2},
        }

    def modern_recipe(self, steps=10_000):
        """Twenty times the paper's learning rate for T and fifteen times for E and G, with decay,
        and EMA weights. E must learn more slowly than T: at the same rate E outruns T, and
        collapses."""
        rates = {"discriminator": 2e-3, "autoencoder": 3e-4}
        optimizers = self.adam(rates, beta_1=0.9, steps=steps, averaged=["autoencoder"])
        return self.recipe() | {"optimizers": optimizers}

    def encode(self, x, seed=None):
        """Samples from q(z|x) for each image: a NumPy array (n, latent_dim). An integer seed gives
        the same codes at each call."""
        x = self.validated(x)
        with noise.stream(seed, label="encode") if seed is not None else contextlib.nullcontext():
            drawn = self.noise(len(x))
        return predict_in_batches(self.averaged().encoder, [x, drawn])

    def reconstruct(self, x, seed=None):
        """Returns G(z), z ~ q(z|x): a NumPy array like x."""
        return predict_in_batches(self.averaged().generator, self.encode(x, seed))

    def build_features(self):
        """Builds the network x -> input of E's last layer, for ε = 0."""
        hidden = keras.Model(self.encoder.input, penultimate_tensor(self.encoder.outputs[0]))
        images = keras.Input(self.image_shape, name="images")
        zero_noise = layers.Flatten()(images)[:, :1] * ops.zeros((1, self.noise_dim))
        return keras.Model(images, hidden([images, zero_noise]))

    def mlp_sizes(self):
        return {"width": self.width, "depth": 3}

    def build_encoder(self):
        """[x, ε] -> w x 3, ELU -> z."""
        images = keras.Input(self.image_shape, name="images")
        drawn = keras.Input((self.noise_dim,), name="noise")
        x = layers.Concatenate()([layers.Flatten()(images), drawn])
        for _ in range(3):
            x = layers.Dense(self.width, activation="elu")(x)
        z = layers.Dense(self.latent_dim, dtype="float32", name="latent")(x)
        return keras.Model([images, drawn], z, name="encoder")

    def build_discriminator(self):
        """T: [z, x] -> 256, five residual blocks of two layers with ELUs -> 1, + ½‖z‖²."""
        latent = keras.Input((self.latent_dim,), name="latent")
        images = keras.Input(self.image_shape, name="images")
        x = layers.Dense(256)(layers.Concatenate()([latent, layers.Flatten()(images)]))
        for _ in range(5):
            inner = layers.Dense(256, activation="elu")(layers.Activation("elu")(x))
            x = layers.Add()([x, layers.Dense(256, kernel_initializer="zeros")(inner)])
        learned = layers.Dense(1, dtype="float32", name="logit")(layers.Activation("elu")(x))
        # -log p(z) is known up to a constant: only the rest, log q(z|x), has to be learned.
        known = 0.5 * ops.sum(ops.square(latent), axis=1, keepdims=True)
        ratio = layers.Add(dtype="float32")([learned, known])
        return keras.Model([latent, images], ratio, name="discriminator")
