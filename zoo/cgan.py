"""CGAN: generator and discriminator are conditioned on the class.

Mirza, Osindero (2014), "Conditional Generative Adversarial Nets", https://arxiv.org/abs/1411.1784

    min_G max_D  E log σ(D(x|y)) + E log(1 - σ(D(G(z|y)|y)))

The networks are the paper's for MNIST, as recalled: z 100 -> 200 and y -> 1000 join in 1200 units;
in D, x -> maxout 240x5 and y -> maxout 50x5 join in maxout 240x4. No code was released.

Differences from the paper: z ~ U(-1, 1), where it has the unit hypercube, which G's first layer can
map onto the other; the momentum stays at .5, theirs rises to .7; the learning rate falls without a
lower bound, theirs to 1e-6. The convolutional networks have 4x4 kernels and no dense hidden layer,
where those of Radford et al. for MNIST have 5x5 and one of 1024 units.
"""

import math

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.layers import Dropout, Maxout
from zoo.networks import conv
from zoo.networks.label_conditioning import one_hot, resolve_labels


class CGAN(GAN):
    """Trains on batches of (x, y): x, shape (batch, *image_shape), images in [-1, 1] or points; y,
    class numbers, shape (batch,). Calling the model maps [latents, labels] to samples like x.

    Args:
        image_shape: (height, width, channels), or (2,) for points.
        latent_dim: dimension of z; None: the paper's 100, for points 2.
        width: units of each hidden layer of fully connected networks; None: the paper's networks.
        convolutional: the networks of DCGAN, `width` channels next to the image, conditioned on the
            class at every layer (Radford et al. 2016); for images that fully connected networks are
            too weak for.
        classes: number of classes.
        generator: a Keras model, [(latent_dim,), ()] -> image_shape.
        discriminator: a Keras model, [image_shape, ()] -> logits.

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> from trainers import datasets
        >>> model = CGAN(image_shape=(2,), classes=8)
        >>> model.compile()
        >>> ring = datasets.load("ring", "test", batch_size=100, labels=True)
        >>> history = model.fit(ring, verbose=0)
        >>> model.generate(5, labels=3).shape
        (5, 2)
    """

    decay = 1.00004

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=None,
        width=None,
        convolutional=False,
        classes=10,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(classes=classes)
        super().__init__(
            image_shape,
            latent_dim,
            width,
            name=name,
            convolutional=convolutional,
            classes=classes,
            **networks,
        )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        sides = image_shape[:-1]
        if len(sides) == 2 and min(sides) > 8 and not any(side % 4 for side in sides):
            return {"latent_dim": 64, "width": 32, "convolutional": True}
        return super().small(image_shape)

    def default_sizes(self, convolutional, **sizes):
        return super().default_sizes(**sizes) | ({"width": 64} if convolutional else {})

    def recipe(self):
        """Paper: as GAN. Convolutional networks: Adam(2e-4, .5), as DCGAN."""
        if not self.convolutional:
            return super().recipe()
        return {"objective": NonSaturating(), "optimizers": self.adam(2e-4)}

    def forward(self, batch):
        x, y = batch
        z = self.latents(ops.shape(x)[0])
        return {"real": x, "fake": self.generator([z, y], training=True), "condition": y}

    bound = 1.0  # z ~ U(-1, 1)

    def draw(self, n, labels=None):
        """Samples [latents, labels]; `labels`: n class numbers or one for all; default: in turn."""
        return [self.latents(n), resolve_labels(labels, n, self.classes)]

    def build_generator(self):
        if self.convolutional and len(self.image_shape) == 3:
            return conv.generator(
                self.image_shape, self.latent_dim, self.width, 4, classes=self.classes
            )
        if self.width or len(self.image_shape) != 3:
            return super().build_generator()
        return generator(self.image_shape, self.latent_dim, self.classes)

    def build_discriminator(self):
        if self.convolutional and len(self.image_shape) == 3:
            return conv.discriminator(self.image_shape, self.width, 4, classes=self.classes)
        if self.width or len(self.image_shape) != 3:
            return super().build_discriminator()
        return discriminator(self.image_shape, self.classes)

    def build_features(self):
        """Builds the network x -> input of the discriminator's last layer, averaged over all
        classes: a representation must not need the label."""
        conditioned = keras.Model(self.discriminator.inputs, self.discriminator.layers[-1].input)
        images = keras.Input(self.image_shape, name="images")
        zeros = ops.sum(ops.cast(layers.Flatten()(images) * 0.0, "int32"), axis=1)
        features = [conditioned([images, zeros + k]) for k in range(self.classes)]
        return keras.Model(images, layers.Flatten()(layers.Average()(features)))


def generator(image_shape, latent_dim, classes):
    """z (latent_dim,) -> 200, y -> 1000, both -> 1200, ReLU -> image, 2σ - 1."""
    z = keras.Input((latent_dim,), name="latent")
    y = keras.Input((), dtype="int32", name="labels")
    parts = [
        layers.Dense(200, activation="relu")(z),
        layers.Dense(1000, activation="relu")(one_hot(y, classes)),
    ]
    x = Dropout(0.5)(layers.Concatenate()(parts))
    x = Dropout(0.5)(layers.Dense(1200, activation="relu")(x))
    x = layers.Dense(math.prod(image_shape), activation="sigmoid", dtype="float32")(x)
    x = layers.Rescaling(2.0, -1.0, dtype="float32")(x)
    x = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model([z, y], x, name="generator")


def discriminator(image_shape, classes):
    """x -> maxout 240x5, y -> maxout 50x5, both -> maxout 240x4 -> logit (1,)."""
    image = keras.Input(image_shape, name="images")
    y = keras.Input((), dtype="int32", name="labels")
    parts = [
        Maxout(240, 5)(layers.Flatten()(image)),
        Maxout(50, 5)(one_hot(y, classes)),
    ]
    x = Maxout(240, 4)(Dropout(0.5)(layers.Concatenate()(parts)))
    x = layers.Dense(1, dtype="float32", name="logit")(Dropout(0.5)(x))
    return keras.Model([image, y], x, name="discriminator")
