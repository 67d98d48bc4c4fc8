"""SemiSupervisedGAN: a classifier with few labels, which is also the discriminator of a GAN.

Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen (2016), "Improved Techniques for Training
GANs", §5, https://arxiv.org/abs/1606.03498

    D(x) = Z/(Z + 1), Z = Σₖ exp lₖ(x): the logit of "real" is log Z, of the K class logits
    D: -E log softmax(l(x))_y + ½ (-E log D(x) - E log(1 - D(G(z)))),  G: ‖E f(x) - E f(G(z))‖²

f is the input of D's last layer. All terms but the first are means over the samples without a label
(over all where every sample has one): the few labelled ones would make up half of them. The
networks are those for MNIST: weight-normalised layers of 1000, 500, 250, 250 and 250 units with
noise of .3 and .5 before each; Adam(3e-3, .5), batches of 100, and the EMA weights (.9999)
classify. The best classifier is not the best generator (Dai et al. 2017).

Differences from the authors' release: f is read behind the noise before the last layer, theirs
before that noise; the squared distance is summed over features, theirs averaged, which Adam does
not see; G matches the unlabelled images of D's turn, theirs others; all lengths of D's weights are
trained, theirs the last layer's only; He's initial weights, theirs N(0, .1) and data-dependent; the
EMA begins at the first weights, theirs at 0; and G's batch norm has a gain, theirs none.
"""

import math

import keras
from keras import layers, ops

from trainers import noise
from trainers.engine import batch_spec, shape_checks
from trainers.losses import cross_entropy, feature_matching, realness
from trainers.objectives import Minimax, NonSaturating
from zoo.gan import GAN
from zoo.layers import GaussianNoise, WeightNormalization
from zoo.networks.label_conditioning import unlabelled_rows


class SemiSupervisedGAN(GAN):
    """Trains on batches of (x, y): x, shape (batch, *image_shape), images in [-1, 1] or points; y,
    class numbers, shape (batch,), -1 where the class is unknown. Calling the model maps latents
    (batch, latent_dim) to samples like x; `classify` maps x to class logits. Each replica averages
    over the labels of its own samples.

    Args:
        image_shape: (height, width, channels), or (d,) for points.
        latent_dim: dimension of z ~ U(0, 1); None: the paper's 100, for points 2.
        width: units of D's widest layer, twice those of G's layers; None: the paper's 1000, for
            points 128.
        noises: standard deviations of the noise on D's input and before each of its other layers.
        classes: number of classes.
        generator: a Keras model, (latent_dim,) -> image_shape.
        discriminator: a Keras model, image_shape -> class logits (classes,).

    Raises:
        TypeError, ValueError: for unknown arguments, networks that do not fit the sizes, and
            objectives that do not take logits.

    Example:
        >>> model = SemiSupervisedGAN(image_shape=(8, 8, 1), width=64)
        >>> model.compile()
        >>> x, y = model.generate(100), [3] + 99 * [-1]  # one of a hundred has a label
        >>> history = model.fit(x, y, verbose=0)
        >>> model.classify(x).shape
        (100, 10)
    """

    family = "semi_supervised"
    objectives = (NonSaturating, Minimax)

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=None,
        width=None,
        noises=(0.3, 0.5),
        classes=10,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(classes=classes)
        if not isinstance(noises, (tuple, list)) or len(noises) != 2:
            raise ValueError(
                f"`noises` should be (at the input, elsewhere). Received: noises={noises!r}"
            )
        kinds = {"noises": tuple(noises), "classes": classes}
        super().__init__(image_shape, latent_dim, width, name=name, **kinds, **networks)

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores. Layers of a
        quarter of the units bear less noise."""
        if len(image_shape) != 3:
            return {}
        return {"latent_dim": 50, "width": 256, "noises": (0.3, 0.3)}

    def default_sizes(self, image_shape, **sizes):
        images = len(image_shape) == 3
        return {"latent_dim": 100 if images else 2, "width": 1000 if images else 128}

    def shapes(self):
        return {"discriminator": ([self.image_shape], [(self.classes,)])}

    def batch_format(self):
        x, _ = super().batch_format()
        return [x, batch_spec.labels("y", self.classes, hidden=True)]

    def forward(self, batch):
        x, _ = batch
        return self.generator(self.latents(ops.shape(x)[0]), training=True)

    def discriminator_loss(self, batch, outputs):
        x, y = batch
        unlabelled = ops.take(x, unlabelled_rows(y), axis=0)
        return {
            "labelled": cross_entropy(y, self.discriminator(x, training=True)),
            "unlabelled": self.discriminator_objective(self.real_logit, unlabelled, outputs),
        }

    def generator_loss(self, batch, outputs):
        x, y = batch
        unlabelled = ops.take(x, unlabelled_rows(y), axis=0)
        features = self.view("features", self.build_features)
        return feature_matching(
            features(unlabelled, training=True), features(outputs, training=True)
        )

    def real_logit(self, x, training=False):
        """Returns log Z(x), the logit of "real" that follows from the class logits."""
        return realness(self.discriminator(x, training=training))

    def recipe(self):
        """Paper: Adam(3e-3, .5); the labelled loss of D weighs 1, each unlabelled term ½."""
        return self._recipe_with(momentum=0.9999)

    def modern_recipe(self, steps=10_000):
        """The same with a learning rate that decays, and an EMA as long as steps allow."""
        return self._recipe_with(steps=steps)

    def _recipe_with(self, **changes):
        """Returns compile arguments with an EMA of D and these changes to `adam`."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(3e-3, averaged=["discriminator"], **changes),
            "loss_weights": {"discriminator_unlabelled": 0.5},
        }

    def latents(self, n):
        """Samples z ~ U(0, 1), shape (n, latent_dim)."""
        return noise.uniform((n, self.latent_dim))

    def classify(self, x):
        """Returns class logits of the EMA discriminator: a NumPy array (n, classes)."""
        return self.predict_checked(self.averaged().discriminator, x)

    def signatures(self):
        return {
            "classify": self.discriminator,
            "features": self.features_network(),
            "generate": self.generator,
        }

    def build_generator(self):
        """z -> w/2 -> w/2, batch norm, softplus -> image."""
        inputs = x = keras.Input((self.latent_dim,), name="latent")
        for _ in range(2):
            x = layers.Dense(self.width // 2, use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
            x = layers.Activation("softplus")(x)
        points = len(self.image_shape) != 3
        output_activation = None if points else "sigmoid"
        last = layers.Dense(math.prod(self.image_shape), output_activation, dtype="float32")
        x = WeightNormalization(last)(x)
        if not points:
            x = layers.Rescaling(2.0, -1.0, dtype="float32")(x)  # the authors' pixels: [0, 1]
        x = layers.Reshape(self.image_shape, dtype="float32", name="images")(x)
        return keras.Model(inputs, x, name="generator")

    def build_discriminator(self):
        """x -> w -> w/2 -> w/4 -> w/4 -> w/4, ReLU -> class logits, noise before each."""
        at_input, elsewhere = self.noises
        inputs = keras.Input(self.image_shape, name="images")
        x = GaussianNoise(at_input)(layers.Flatten()(inputs))
        for share in (1, 2, 4, 4, 4):
            layer = layers.Dense(self.width // share, kernel_initializer="he_normal")
            x = GaussianNoise(elsewhere)(layers.ReLU()(WeightNormalization(layer)(x)))
        logits = layers.Dense(self.classes, dtype="float32")
        logits = WeightNormalization(logits, name="classes")(x)
        return keras.Model(inputs, logits, name="discriminator")
