"""AAE: an autoencoder whose codes are matched to a prior by a discriminator.

Makhzani, Shlens, Jaitly, Goodfellow, Frey (2016), "Adversarial Autoencoders",
https://arxiv.org/abs/1511.05644

    autoencoder: min_{E,G} E‖x - G(E(x))‖²
    discriminator: max_D E log σ(D(z)) + E log(1 - σ(D(E(x)))),  encoder: max_E E log σ(D(E(x)))

Four of the paper's uses are arguments:

    AAE()                                              # codes match N(0, I), §2
    AAE(prior="swiss_roll", classes=10)                # one part of the prior per class, §2.3
    AAE(classes=10, categories=10)                     # class and style codes, few labels, §5
    AAE(categories=16)                                 # class and style, no labels: clusters, §6

With few labels the classification is learned from the samples with a label, and all else from those
without.

Layers of 1000 units, as in the paper. The encoder is deterministic, the first of the three kinds of
§2. No code was released.

Differences from the paper: it trains by SGD with momentum, at learning rates that we could not
read, here it is Adam(1e-4, .1), as in a port; LeakyReLU in E and D; no input noise or batch norm in
E for few labels; and for codes of category and style, which have a discriminator each in the paper,
one discriminator has two logits and the mean of their two losses.
"""

from keras import ops

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec, shape_checks
from trainers.losses import cross_entropy, squared_error
from trainers.objectives import NonSaturating
from trainers.penalties import R1
from zoo.mixins.encoder import EncoderMixin
from zoo.networks import mlp, priors
from zoo.networks.label_conditioning import resolve_labels, unlabelled_rows

PRIORS = ("normal", "mixture", "swiss_roll")


class AAE(EncoderMixin, AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points; with
    `classes` of (x, y), y class numbers (batch,), -1 where the class is unknown. Calling the model
    maps latents (batch, latent_dim), with `categories` [latents, categories one-hot], to samples
    like x; `encode` maps x to latents, `classify` to category logits.

    Args:
        image_shape: (height, width, channels); (2,) builds small networks for points.
        latent_dim: dimension of z; None: the paper's 8, for points and priors with parts 2.
        width: units of each hidden layer; None: the paper's 1000, for points 128.
        prior: distribution of z: "normal", or, two-dimensional and with one part per class,
            "mixture" (of Gaussians) and "swiss_roll".
        classes: number of classes of y; 0: batches are x only. Each replica averages over the
            labels of its own samples.
        categories: number of values of a categorical code next to z; with `classes`, which are then
            the categories, the same number.
        generator: a Keras model, (latent_dim,) -> image_shape; with `categories` [(latent_dim,),
            (categories,)] -> image_shape.
        encoder: a Keras model, image_shape -> (latent_dim,), or [(latent_dim,), category logits].
        discriminator: a Keras model, codes as those of the encoder -> one logit for each code; with
            `classes` but no `categories` a further input is (classes + 1,), whose last entry means
            that the class is unknown.

    Raises:
        TypeError, ValueError: for unknown arguments, a prior or categories that do not fit, and
            networks that do not fit the sizes.

    Example:
        >>> model = AAE(image_shape=(8, 8, 1), width=32, categories=16)
        >>> model.compile()
        >>> model.classify(model.generate(5, categories=3)).shape
        (5, 16)
    """

    draws_all_inputs = False  # G reads codes of images too
    players = {
        "autoencoder": ["encoder", "generator"],
        "discriminator": ["discriminator"],
        "encoder": ["encoder"],
    }
    input_sizes = AdversarialModel.input_sizes | {"discriminator": "latent_dim"}

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=None,
        width=None,
        prior="normal",
        classes=0,
        categories=0,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(least=0, classes=classes, categories=categories)
        if prior not in PRIORS:
            raise ValueError(f"`prior` should be one of {PRIORS}. Received: prior={prior!r}")
        if classes and (classes != categories if categories else prior == "normal"):
            raise ValueError(
                "`classes` should come with as many `categories`, or with a `prior` with parts. "
                f"Received: classes={classes}, categories={categories}, prior={prior!r}"
            )
        kinds = {"prior": prior, "classes": classes, "categories": categories}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)
        if prior != "normal" and (self.latent_dim != 2 or categories):
            sizes = f"latent_dim={self.latent_dim}, categories={categories}"
            raise ValueError(f"`prior` should be 'normal' with {sizes}. Received: prior={prior!r}")

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"width": 256} if len(image_shape) == 3 else {}

    def default_sizes(self, image_shape, prior, **sizes):
        images = len(image_shape) == 3
        flat = prior != "normal" or not images
        return {"latent_dim": 2 if flat else 8, "width": 1000 if images else 128}

    def shapes(self):
        code = [(self.latent_dim,)] + [(self.categories,)] * bool(self.categories)
        labels = [(self.classes + 1,)] * bool(self.classes and not self.categories)
        return {
            "generator": (code, None),
            "encoder": (None, code),
            "discriminator": (code + labels, [(len(code),)]),
        }

    def batch_format(self):
        x, *y = super().batch_format()
        return [x, batch_spec.labels("y", self.classes, hidden=True)] if y else [x]

    def forward(self, batch):
        x, y = batch if self.classes else (batch, None)
        code = self.encoder(x, training=True)
        outputs = {"x": x, "real": self.prior_codes(ops.shape(x)[0], y), "fake": code}
        if self.categories:
            z, logits = code
            outputs |= {"fake": [z, ops.softmax(logits)], "logits": logits}
        if self.categories and self.classes:  # the labels serve the classification alone
            rows = unlabelled_rows(y)
            outputs["x"] = ops.take(x, rows, axis=0)
            outputs["fake"] = [ops.take(part, rows, axis=0) for part in outputs["fake"]]
        elif self.classes:
            outputs["condition"] = ops.one_hot(ops.where(y < 0, self.classes, y), self.classes + 1)
        return outputs | {"reconstructed": self.generator(outputs["fake"], training=True)}

    def autoencoder_loss(self, batch, outputs):
        loss = {"reconstruction": squared_error(outputs["x"], outputs["reconstructed"])}
        if self.classes and self.categories:
            loss["classification"] = cross_entropy(batch[1], outputs["logits"])
        return loss

    def discriminator_loss(self, batch, outputs):
        codes = outputs["real"], outputs["fake"], outputs.get("condition")
        return self.discriminator_objective(self.discriminator, *codes)

    def encoder_loss(self, batch, outputs):
        codes = outputs["real"], outputs["fake"], outputs.get("condition")
        return self.generator_objective(self.discriminator, *codes)

    def recipe(self):
        """Adam(1e-4, .1) for all three phases."""
        return {"objective": NonSaturating(), "optimizers": self.adam(1e-4, 0.1)}

    def modern_recipe(self, steps=10_000):
        """Learning rates of 1e-3 with decay, EMA weights, and R1 with γ .1."""
        betas = {"autoencoder": 0.9, "discriminator": 0.5, "encoder": 0.5}
        averaged_players = ["autoencoder", "encoder"]
        optimizers = self.adam(1e-3, betas, steps=steps, averaged=averaged_players)
        return self.recipe() | {"penalties": [R1(0.1)], "optimizers": optimizers}

    def prior_codes(self, n, y=None):
        """Samples z of the prior, shape (n, latent_dim), from the part of class y if the prior has
        parts; with `categories` [z, one-hot categories]."""
        if self.categories:
            category = priors.categories(n, self.categories)
            return [self.latents(n), ops.one_hot(category, self.categories)]
        if self.prior == "normal":
            return self.latents(n)
        parts = self.classes or 10
        part = priors.categories(n, parts)
        part = part if y is None else ops.where(y < 0, part, ops.cast(y, "int32"))
        return getattr(priors, self.prior)(part, parts)

    def draw(self, n, categories=None, labels=None):
        """Samples codes of the prior for `categories`, or from the parts of `labels`: n of them or
        one for all, by default each in turn."""
        if categories is not None and not self.categories:
            raise ValueError(
                f"`categories` should be None: the model has none. Received: {categories}"
            )
        if labels is not None and not self.classes:
            raise ValueError(f"`labels` should be None: the model has none. Received: {labels}")
        if self.categories:
            category = resolve_labels(categories if labels is None else labels, n, self.categories)
            return [self.latents(n), ops.one_hot(category, self.categories)]
        return self.prior_codes(
            n, resolve_labels(labels, n, self.classes) if self.classes else None
        )

    def classify(self, x):
        """Returns category logits, a NumPy array (n, categories); needs `categories`."""
        if not self.categories:
            raise ValueError("`categories` should be given: this model has no categorical code.")
        return self.predict_checked(self.averaged().output_of("encoder", 1), x)

    def signatures(self):
        named = {"classify": self.output_of("encoder", 1)} if self.categories else {}
        return super().signatures() | named

    def build_discriminator(self):
        shapes = {"latent": (self.latent_dim,)}
        if self.categories:
            shapes["category"] = (self.categories,)
        elif self.classes:
            shapes["labels"] = (self.classes + 1,)
        return mlp.joint_discriminator(**self.mlp_sizes(), apart=bool(self.categories), **shapes)
