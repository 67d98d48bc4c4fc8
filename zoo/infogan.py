"""InfoGAN: latent codes that can be predicted from the image become interpretable without labels.

Chen, Duan, Houthooft, Schulman, Sutskever, Abbeel (2016), "InfoGAN: Interpretable Representation
Learning by Information Maximizing Generative Adversarial Nets", https://arxiv.org/abs/1606.03657

    min_{G,Q} max_D  V(D, G) - λ L_I,  L_I = E log Q(c|G(z, c)) + H(c) ≤ I(c; G(z, c))

Q is a second head of D's network, and both players minimise the term, as in the authors' code. Its
hyperparameters for MNIST: a category of 10, two codes U(-1, 1) under Q = N(μ, 1), noise
U(-1, 1)^62; Adam with β₁ = .5, 2e-4 for D and 1e-3 for G. A large L_I means that the codes can be
predicted, not that they have a meaning.

Differences from the authors' release: the negative slope of LeakyReLU is .2, theirs .01 (the
paper's .1); D's dense layer has no batch norm; pixels are in [-1, 1] and G ends in tanh, theirs in
[0, 1] and in σ; and a step draws one z, theirs a new one for G. Fully connected networks are ours.
"""

import keras
import numpy as np
from keras import layers, ops

from trainers import noise
from trainers.adversarial import AdversarialModel
from trainers.engine import shape_checks
from trainers.losses import mutual_information
from trainers.objectives import NonSaturating
from trainers.penalties import R1
from zoo.gan import GAN
from zoo.networks import conv, mlp, priors
from zoo.networks.label_conditioning import resolve_labels


class InfoGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps [latents, categories one-hot, codes] to samples
    like x.

    Args:
        image_shape: (height, width, channels), sides multiples of 4 for the paper's networks; (2,)
            builds small networks for points.
        latent_dim: dimension of the noise z; None: the paper's 62, for points 2.
        width: units of each hidden layer of fully connected networks; None: the paper's.
        categories: number of values of the category, from 1.
        codes: number of continuous codes, from 1.
        generator: a Keras model, [(latent_dim,), (categories,), (codes,)] -> image_shape.
        discriminator: a Keras model, image_shape -> [logit (1,), category logits (categories,),
            means of the codes (codes,)].

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = InfoGAN(image_shape=(8, 8, 1), latent_dim=16, width=32)
        >>> model.compile()
        >>> x = model.generate(4, categories=3, codes=[[-1, 0], [0, 0], [1, 0], [2, 0]])
        >>> model.classify(x).shape, model.encode(x).shape
        ((4, 10), (4, 2))
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=None,
        width=None,
        categories=10,
        codes=2,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(categories=categories, codes=codes)
        kinds = {"categories": categories, "codes": codes}
        super().__init__(image_shape, latent_dim, width, name=name, **kinds, **networks)

    def default_sizes(self, image_shape, **sizes):
        return {"latent_dim": 62 if len(image_shape) == 3 else 2}

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 16, "width": 256} if len(image_shape) == 3 else {}

    def shapes(self):
        input_shapes = [(self.latent_dim,), (self.categories,), (self.codes,)]
        output_shapes = [(1,), (self.categories,), (self.codes,)]
        return {
            "generator": (input_shapes, None),
            "discriminator": ([self.image_shape], output_shapes),
        }

    def forward(self, x):
        z, category, codes = self.prior(ops.shape(x)[0])
        one_hot = ops.one_hot(category, self.categories)
        fake = self.generator([z, one_hot, codes], training=True)
        return {"real": x, "fake": fake, "category": category, "codes": codes}

    def discriminator_loss(self, x, outputs):
        adversarial = self.discriminator_objective(self.real_logit, x, outputs["fake"])
        return {"adversarial": adversarial} | self.information(outputs)

    def generator_loss(self, x, outputs):
        adversarial = self.generator_objective(self.real_logit, x, outputs["fake"])
        return {"adversarial": adversarial} | self.information(outputs)

    def information(self, outputs):
        """Returns -E log Q(c|x) of the category and of the codes: the trainable terms of -L_I."""
        _, logits, mean = self.discriminator(outputs["fake"], training=True)
        return {
            "category": mutual_information([outputs["category"]], [logits]),
            "codes": mutual_information([outputs["codes"]], [(mean, ops.zeros_like(mean))]),
        }

    def real_logit(self, x, training=False):
        """Returns the logit of D, without the outputs of Q."""
        return self.discriminator(x, training=training)[0]

    rates = {"discriminator": 2e-4, "generator": 1e-3}

    def recipe(self):
        """Paper: λ = 1; five times the learning rate for the generator."""
        return {"objective": NonSaturating(), "optimizers": self.adam(self.rates)}

    def modern_recipe(self, steps=10_000):
        """The paper's learning rates with decay, R1 (γ ½ for pixels in [0, 1] is 2 for [-1, 1]) and
        an EMA of G; the codes weigh .2, since a small image carries little information about
        them."""
        return {
            "objective": NonSaturating(),
            "penalties": [R1(2.0)],
            "optimizers": self.adam(self.rates, steps=steps, averaged=["generator"]),
            "loss_weights": {f"{player}_codes": 0.2 for player in self.players},
        }

    def latents(self, n):
        """Samples z ~ U(-1, 1), shape (n, latent_dim); N(0, I) for fully connected networks."""
        if self.width or len(self.image_shape) != 3:
            return AdversarialModel.latents(self, n)
        return noise.uniform((n, self.latent_dim), -1.0, 1.0)

    def prior(self, n):
        """Samples z; a category in 0 … categories - 1, shape (n,); codes ~ U(-1, 1), (n, codes)."""
        category = priors.categories(n, self.categories)
        return self.latents(n), category, noise.uniform((n, self.codes), -1.0, 1.0)

    def draw(self, n, categories=None, codes=None):
        """Samples [latents, categories one-hot, codes]. `categories`: n, or one for all; default:
        each in turn. `codes`: n rows, or one for all; default: samples of the prior."""
        z, _, drawn = self.prior(n)
        if codes is not None:
            codes = np.asarray(codes, "float32")
            if codes.shape not in ((self.codes,), (n, self.codes)):
                raise ValueError(
                    f"`codes` should have shape ({n}, {self.codes}) or ({self.codes},). "
                    f"Received: shape={codes.shape}"
                )
            drawn = np.broadcast_to(codes, (n, self.codes))
        category = resolve_labels(categories, n, self.categories, "categories")
        return [z, ops.one_hot(category, self.categories), drawn]

    def classify(self, x):
        """Returns the logits of Q(category|x): a NumPy array (n, categories)."""
        return self.predict_checked(self.averaged().output_of("discriminator", 1), x)

    def encode(self, x):
        """Returns the means of Q(codes|x): a NumPy array (n, codes)."""
        return self.predict_checked(self.averaged().output_of("discriminator", 2), x)

    def signatures(self):
        return {
            "generate": self.generator,
            "classify": self.output_of("discriminator", 1),
            "encode": self.output_of("discriminator", 2),
        }

    def build_generator(self):
        entries = self.latent_dim + self.categories + self.codes
        if self.width or len(self.image_shape) != 3:
            inner = mlp.generator(self.image_shape, entries, **self.mlp_sizes())
        else:
            inner = conv.generator(self.image_shape, entries, **PAPER)
        shapes = {"latent": self.latent_dim, "category": self.categories, "codes": self.codes}
        return mlp.joint_generator(inner, **{entry: (n,) for entry, n in shapes.items()})

    def build_discriminator(self):
        fully_connected = self.width or len(self.image_shape) != 3
        if fully_connected:
            trunk = mlp.discriminator(self.image_shape, **self.mlp_sizes())
        else:
            trunk = conv.discriminator(self.image_shape, **PAPER)
        x = layers.Dense(128, use_bias=bool(fully_connected))(trunk.get_layer("logit").input)
        if not fully_connected:
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        x = layers.LeakyReLU(0.2)(x)
        category = layers.Dense(self.categories, dtype="float32", name="category")(x)
        codes = layers.Dense(self.codes, dtype="float32", name="codes")(x)
        return keras.Model(trunk.input, [trunk.output, category, codes], name="discriminator")


PAPER = {"width": 64, "kernel_size": 4, "hidden_dense": True}  # table 1, for MNIST
