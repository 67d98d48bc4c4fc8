"""ACGAN: the discriminator predicts the class instead of being conditioned on it.

Odena, Olah, Shlens (2017), "Conditional Image Synthesis with Auxiliary Classifier GANs",
https://arxiv.org/abs/1610.09585

    L_S = E log σ(S(x)) + E log(1 - σ(S(G(z, y)))),  L_C = E log C(y|x) + E log C(y|G(z, y))
    D maximises L_S + L_C, G maximises L_C - L_S

If L_C weighs too much, G generates little but typical samples of each class: watch the recall
within classes. The networks are DCGAN's, with G conditioned on the class at every layer; the
paper's for CIFAR-10, which drop half of the units of every layer of D, are omitted. Adam(2e-4, .5),
batches of 100. No code was released.
"""

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from trainers.losses import cross_entropy
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.networks import conv, mlp
from zoo.networks.label_conditioning import resolve_labels


class ACGAN(GAN):
    """Trains on batches of (x, y): x, shape (batch, *image_shape), images in [-1, 1] or points; y,
    class numbers, shape (batch,). Calling the model maps [latents, labels] to samples like x;
    `classify` maps x to class logits.

    Args:
        image_shape: (height, width, channels), sides multiples of 4; (2,) builds small networks for
            points.
        latent_dim: dimension of z; None: 100, for points 2.
        width: channels of the stage next to the image; with `dense` units of every layer.
        dense: fully connected networks, best for 8x8 images.
        classes: number of classes.
        generator: a Keras model, [(latent_dim,), ()] -> image_shape.
        discriminator: a Keras model, image_shape -> [logit (1,), class logits (classes,)].

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = ACGAN(image_shape=(8, 8, 1), width=32, dense=True)
        >>> model.compile()
        >>> model.classify(model.generate(5, labels=3)).shape
        (5, 10)
    """

    def __init__(
        self,
        image_shape=(32, 32, 3),
        latent_dim=None,
        width=128,
        dense=False,
        classes=10,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(classes=classes)
        super().__init__(
            image_shape, latent_dim, width, name=name, dense=dense, classes=classes, **networks
        )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        if len(image_shape) != 3:
            return {}
        if min(image_shape[:2]) <= 8:
            return {"latent_dim": 32, "width": 256, "dense": True}
        return {"latent_dim": 64, "width": 32}

    def shapes(self):
        output_shapes = [(1,), (self.classes,)]
        return {
            "generator": ([(self.latent_dim,), ()], None),
            "discriminator": ([self.image_shape], output_shapes),
        }

    def forward(self, batch):
        x, y = batch
        z = self.latents(ops.shape(x)[0])
        return {"real": x, "fake": self.generator([z, y], training=True)}

    def discriminator_loss(self, batch, outputs):
        _, y = batch
        class_logits = [
            self.discriminator(x, training=True)[1] for x in (outputs["real"], outputs["fake"])
        ]
        return {
            "source": self.discriminator_objective(self.source, **outputs),
            "class": sum(cross_entropy(y, logits) for logits in class_logits),
        }

    def generator_loss(self, batch, outputs):
        _, y = batch
        _, class_logits = self.discriminator(outputs["fake"], training=True)
        return {
            "source": self.generator_objective(self.source, **outputs),
            "class": cross_entropy(y, class_logits),
        }

    def source(self, x, training=False):
        """Returns S(x), the logit of "real"."""
        return self.discriminator(x, training=training)[0]

    def recipe(self):
        """Paper: Adam(2e-4, .5) for both, all terms with weight 1."""
        return {"objective": NonSaturating(), "optimizers": self.adam(2e-4)}

    bound = 1.0  # z ~ U(-1, 1)

    def draw(self, n, labels=None):
        """Samples [latents, labels]; `labels`: n class numbers or one for all; default: in turn."""
        return [self.latents(n), resolve_labels(labels, n, self.classes)]

    def classify(self, x):
        """Returns the class logits C(x): a NumPy array (n, classes)."""
        return self.predict_checked(self.averaged().output_of("discriminator", 1), x)

    def signatures(self):
        return {"generate": self.generator, "classify": self.output_of("discriminator", 1)}

    def build_generator(self):
        if self.dense or len(self.image_shape) != 3:
            return mlp.generator(self.image_shape, self.latent_dim, **self.mlp_sizes())
        sizes = {"width": self.width, "kernel_size": 4, "classes": self.classes}
        return conv.generator(self.image_shape, self.latent_dim, **sizes)

    def build_discriminator(self):
        if self.dense or len(self.image_shape) != 3:
            trunk = mlp.discriminator(self.image_shape, **self.mlp_sizes() | {"classes": 0})
        else:
            trunk = conv.discriminator(self.image_shape, self.width, 4, batch_norm=False)
        features = trunk.get_layer("logit").input
        class_logits = layers.Dense(self.classes, dtype="float32", name="classes")(features)
        return keras.Model(trunk.input, [trunk.output, class_logits], name="discriminator")
