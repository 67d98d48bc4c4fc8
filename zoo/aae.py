"""AAE: an autoencoder whose codes a discriminator makes look like draws of a prior.

Makhzani, Shlens, Jaitly, Goodfellow, Frey (2016), "Adversarial Autoencoders",
https://arxiv.org/abs/1511.05644

    autoencoder: min_{E,G} E‖x - G(E(x))‖²
    discriminator: max_D E log σ(D(z)) + E log(1 - σ(D(E(x)))),  encoder: max_E E log σ(D(E(x)))

Four of the paper's uses are arguments:

    AAE()                                              # codes look like N(0, I), §2
    AAE(latent_dim=2, prior="swiss_roll", classes=10)  # each class has its part of the prior, §2.3
    AAE(classes=10, categories=10)                     # a code of class and style, few labels, §5
    AAE(categories=16)                                 # the same without any: clusters, §6

Layers of 1000 units as in the paper, whose momentum SGD we only recall: the rate is Adam(1e-4, .1),
that of a port. The encoder is deterministic, the first of the three kinds of §2.
"""

import keras
from keras import layers, ops

from trainers import batches
from trainers.adversarial import AdversarialModel, LinearDecay, in_batches
from trainers.losses import cross_entropy, squared_error
from trainers.objectives import NonSaturating
from trainers.penalties import R1
from zoo.bidirectional import Bidirectional
from zoo.networks import mlp, priors
from zoo.networks.labels import asked

PRIORS = ("normal", "mixture", "swiss_roll")


class AAE(Bidirectional, AdversarialModel):
    """Fits batches of x, shape (batch, *image_shape), images in [-1, 1] or points; with `classes`
    of (x, y), y class numbers (batch,), -1 where the class is not known. Calling the model maps
    latents (batch, latent_dim), with `categories` [latents, categories one-hot], to samples like x;
    `encode` maps x to latents, `classify` to category logits.

    Args:
        image_shape: (height, width, channels); (2,) builds small networks for points.
        latent_dim: of z; None: the paper's 8, for points 2.
        width: units of each hidden layer; None: the paper's 1000, for points 128.
        prior: of z: "normal", or of two dimensions and with a part for each class "mixture", of
            Gaussians, and "swiss_roll".
        classes: how many y there are; 0: batches are x alone.
        categories: values of a categorical code beside z; with `classes` as many, since they are
            then the classes.
        generator: a Keras model, (latent_dim,) -> image_shape; with `categories` of both inputs.
        encoder: a Keras model, image_shape -> (latent_dim,), or [that, category logits].
        discriminator: a Keras model, (latent_dim,) -> logits (1,); with `categories` of both,
            (categories,) beside it, -> a logit for each, (2,); with `classes` alone [(latent_dim,),
            (classes + 1,)] -> (1,), the last entry where the class is not known.

    Raises:
        TypeError, ValueError: for unknown arguments, a prior or categories that do not fit, and
            networks that do not fit the sizes.

    Example:
        >>> model = AAE(image_shape=(8, 8, 1), width=32)
        >>> model.compile()
        >>> model.encode(model.generate(5)).shape
        (5, 8)
        >>> model = AAE(image_shape=(8, 8, 1), width=32, categories=16)
        >>> model.compile()
        >>> model.classify(model.generate(5, categories=3)).shape
        (5, 16)
    """

    players = {
        "autoencoder": ["encoder", "generator"],
        "discriminator": ["discriminator"],
        "encoder": ["encoder"],
    }
    reads = AdversarialModel.reads | {"discriminator": "latent_dim"}

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
        if prior not in PRIORS:
            raise ValueError(f"`prior` should be one of {PRIORS}. Received: prior={prior!r}")
        if prior != "normal" and (latent_dim != 2 or categories):
            raise ValueError(
                f"`prior` should be 'normal' unless latent_dim=2 and categories=0. "
                f"Received: prior={prior!r}, latent_dim={latent_dim}, categories={categories}"
            )
        if classes and categories and classes != categories:
            raise ValueError(
                "`categories` should be as many as `classes`. "
                f"Received: categories={categories}, classes={classes}"
            )
        kinds = {"prior": prior, "classes": classes, "categories": categories}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)

    @property
    def shaped(self):
        """Whether y says which part of the prior a code belongs to."""
        return bool(self.classes) and not self.categories

    @classmethod
    def small(cls, image_shape):
        """Constructor arguments that train in minutes on two cores."""
        return {"width": 256} if len(image_shape) == 3 else {}

    def defaults(self, image_shape, **sizes):
        images = len(image_shape) == 3
        return {"latent_dim": 8 if images else 2, "width": 1000 if images else 128}

    def batch_format(self):
        x, *y = super().batch_format()
        return [x, batches.labels("y", self.classes, hidden=True)] if y else [x]

    def forward(self, batch):
        x, y = batch if self.classes else (batch, None)
        code = self.encoder(x, training=True)
        made = {"real": self.prior_codes(ops.shape(x)[0], y), "fake": code}
        if self.categories:
            z, logits = code
            made |= {"fake": [z, ops.softmax(logits)], "logits": logits}
        if self.shaped:
            made["given"] = ops.one_hot(ops.where(y < 0, self.classes, y), self.classes + 1)
        return made | {"again": self.generator(made["fake"], training=True)}

    def autoencoder_loss(self, batch, made):
        x, y = batch if self.classes else (batch, None)
        loss = {"reconstruction": squared_error(x, made["again"])}
        named = self.classes and self.categories
        return loss | ({"classification": cross_entropy(y, made["logits"])} if named else {})

    def discriminator_loss(self, batch, made):
        return self.discriminator_objective(self.discriminator, *self.codes(made))

    def encoder_loss(self, batch, made):
        return self.generator_objective(self.discriminator, *self.codes(made))

    def codes(self, made):
        return made["real"], made["fake"], made.get("given")

    def recipe(self):
        """Adam(1e-4, .1) for all three phases."""
        adam = {p: keras.optimizers.Adam(1e-4, 0.1, 0.999, epsilon=1e-8) for p in self.players}
        return {"objective": NonSaturating(), "optimizers": adam}

    def modern_recipe(self, steps=10_000):
        """Rates of 1e-3 that decay, averaged weights, and slopes of D penalised a little."""
        averaged = {"use_ema": True, "ema_momentum": 0.999}
        rates = {p: LinearDecay(1e-3, steps) for p in self.players}
        return {
            "objective": NonSaturating(),
            "penalties": [R1(0.1)],
            "optimizers": {
                "autoencoder": keras.optimizers.Adam(rates["autoencoder"], 0.9, 0.999, **averaged),
                "discriminator": keras.optimizers.Adam(rates["discriminator"], 0.5, 0.999),
                "encoder": keras.optimizers.Adam(rates["encoder"], 0.5, 0.999, **averaged),
            },
        }

    def prior_codes(self, n, y=None):
        """z of the prior, shape (n, latent_dim), where it is shaped the part of class y; with
        `categories` [z, one-hot categories]."""
        if self.categories:
            which = priors.categories(n, self.categories)
            return [self.latents(n), ops.one_hot(which, self.categories)]
        if self.prior == "normal":
            return self.latents(n)
        parts = self.classes or 10
        part = priors.categories(n, parts)
        part = part if y is None else ops.where(y < 0, part, ops.cast(y, "int32"))
        return getattr(priors, self.prior)(part, parts)

    def draw(self, n, categories=None, labels=None):
        """Codes of the prior: with `categories` n of them, or one for all, by default in turn; of a
        prior shaped by classes the part of `labels`, alike."""
        if self.categories:
            which = asked(categories, n, self.categories, "categories")
            return [self.latents(n), ops.one_hot(which, self.categories)]
        return self.prior_codes(n, asked(labels, n, self.classes) if self.shaped else None)

    def classify(self, x):
        """Category logits: a NumPy array (n, categories).

        Raises:
            ValueError: without `categories`.
        """
        if not self.categories:
            raise ValueError("`categories` should be given, for a code that names a class.")
        shown = self.averaged()
        return in_batches(shown.view("category", shown.build_classifier), x)

    def signatures(self):
        found = super().signatures()
        if self.categories:
            found["classify"] = self.view("category", self.build_classifier)
        return found

    def build_classifier(self):
        """x -> category logits."""
        return keras.Model(self.encoder.input, self.encoder.outputs[1])

    def build_reconstruction(self):
        if not self.categories:
            return super().build_reconstruction()
        z, logits = self.encoder.outputs
        images = self.generator([z, layers.Softmax(dtype="float32")(logits)])
        images = layers.Identity(dtype="float32", name="reconstructions")(images)
        return keras.Model(self.encoder.input, images)

    def build_generator(self):
        if not self.categories:
            return super().build_generator()
        shapes = {"latent": (self.latent_dim,), "category": (self.categories,)}
        entries = self.latent_dim + self.categories
        inner = mlp.generator(self.image_shape, entries, **self.plain())
        return mlp.joint_generator(inner, **shapes)

    def build_encoder(self):
        sizes = {"categories": self.categories, **self.plain()}
        return mlp.encoder(self.image_shape, self.latent_dim, **sizes)

    def build_discriminator(self):
        shapes = {"latent": (self.latent_dim,)}
        if self.shaped:
            shapes["labels"] = (self.classes + 1,)
        judge = mlp.joint_discriminator(**self.plain(), **shapes)
        if not self.categories:
            return judge
        z = keras.Input((self.latent_dim,), name="latent")
        category = keras.Input((self.categories,), name="category")
        shape = {"category": (self.categories,)}
        other = mlp.joint_discriminator(**self.plain(), **shape, name="of_categories")
        both = layers.Concatenate(dtype="float32")([judge(z), other(category)])
        return keras.Model([z, category], both, name="discriminator")
