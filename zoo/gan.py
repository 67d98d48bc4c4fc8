"""GAN: a generator trained against a discriminator, both fully connected.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio (2014), "Generative
Adversarial Nets", https://arxiv.org/abs/1406.2661

    min_G max_D  E log σ(D(x)) + E log(1 - σ(D(G(z)))),  G in practice: max E log σ(D(G(z)))

The networks and hyperparameters are those of the authors' MNIST release. For points, and with a
width, they are ours.

Differences from the authors' release: D's loss is not halved, so that SGD trains D twice as fast; D
steps before G, where both step at once and share D's dropout mask; the momentum stays at .5, where
theirs rises to .7 over 250 epochs; the learning rate falls without a lower bound, theirs to 1e-6;
the last bias of G starts at 0, theirs at the log odds of the mean image; and pixels are in [-1, 1],
theirs in [0, 1], so that those that D's first dropout sets to 0 are grey instead of black.
"""

import math

import keras
from keras import layers, ops
from keras.initializers import RandomUniform

from trainers import noise
from trainers.adversarial import AdversarialModel
from trainers.engine import shape_checks
from trainers.objectives import NonSaturating
from zoo.layers import Dropout, Maxout
from zoo.networks import mlp
from zoo.networks.feature_taps import penultimate_tensor, with_fresh_input


class GAN(AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x.

    Args:
        image_shape: (height, width, channels); (2,) builds small networks for points.
        latent_dim: dimension of z; None: the paper's 100, for points 2.
        width: units of each hidden layer of fully connected ReLU and LeakyReLU networks; None: the
            paper's networks, with maxout units and dropout in D.
        generator: a Keras model, (latent_dim,) -> image_shape.
        discriminator: a Keras model, image_shape -> logits, (1,) or (h, w, 1).

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> from trainers import datasets
        >>> model = GAN(image_shape=(2,))
        >>> model.compile()
        >>> history = model.fit(datasets.load("ring", "test", batch_size=100), verbose=0)
        >>> model.generate(3).shape
        (3, 2)
    """

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}

    def __init__(
        self, image_shape=(28, 28, 1), latent_dim=None, width=None, name=None, **arguments
    ):
        super().__init__(
            name,
            image_shape=shape_checks.as_shape(image_shape),
            latent_dim=latent_dim,
            width=width,
            **arguments,
        )

    def default_sizes(self, image_shape, **sizes):
        return {"latent_dim": 100 if len(image_shape) == 3 else 2}

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 32, "width": 256} if len(image_shape) == 3 else {}

    def forward(self, x):
        return {"real": x, "fake": self.generator(self.latents(ops.shape(x)[0]), training=True)}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, **outputs)

    def generator_loss(self, x, outputs):
        return self.generator_objective(self.discriminator, **outputs)

    decay = 1.000004  # divisor of the paper's learning rate at each step

    def recipe(self):
        """Paper: momentum SGD at .1, divided by `decay` at each step. Other networks: Adam."""

        def optimizer():
            if self.width or len(self.image_shape) != 3:
                return keras.optimizers.Adam(5e-4, 0.0, 0.99)
            rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 1.0 / self.decay)
            return keras.optimizers.SGD(rate, momentum=0.5)

        return {
            "objective": NonSaturating(),
            "optimizers": {"discriminator": optimizer(), "generator": optimizer()},
        }

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    bound = math.sqrt(3.0)  # of the latents of images, for unit variance

    def latents(self, n):
        """Samples z ~ U(-bound, bound), shape (n, latent_dim); for points and voxels N(0, I)."""
        if len(self.image_shape) != 3:
            return super().latents(n)
        return noise.uniform((n, self.latent_dim), -self.bound, self.bound)

    def build_features(self):
        """Builds the network x -> input of the discriminator's last layer, flattened."""
        network = self.discriminator
        x, hidden = with_fresh_input(network.inputs[0], penultimate_tensor(network.outputs[0]))
        return keras.Model(x, layers.Flatten()(hidden))

    def signatures(self):
        return {"generate": self.generator}

    def build_generator(self):
        if self.width or len(self.image_shape) != 3:
            return mlp.generator(self.image_shape, self.latent_dim, **self.mlp_sizes())
        return generator(self.image_shape, self.latent_dim)

    def build_discriminator(self):
        if self.width or len(self.image_shape) != 3:
            return mlp.discriminator(self.image_shape, **self.mlp_sizes())
        return discriminator(self.image_shape)

    def mlp_sizes(self):
        """Returns sizes of fully connected networks: 2 layers for images, 3 of 128 for points."""
        points = len(self.image_shape) != 3
        classes = self.sizes.get("classes", 0)
        return {"width": self.width or 128, "depth": 3 if points else 2, "classes": classes}


def generator(image_shape, latent_dim, units=1200):
    """z (latent_dim,) -> 1200 -> 1200, ReLU -> image, 2σ - 1."""
    inputs = x = keras.Input((latent_dim,), name="latent")
    for _ in range(2):
        x = layers.Dense(units, activation="relu", kernel_initializer=RandomUniform(-0.05, 0.05))(x)
    last = layers.Dense(
        math.prod(image_shape),
        activation="sigmoid",
        kernel_initializer=RandomUniform(-0.05, 0.05),
        dtype="float32",
    )
    x = layers.Rescaling(2.0, -1.0, dtype="float32")(last(x))  # the authors' pixels: [0, 1]
    x = layers.Reshape(image_shape, dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name="generator")


def discriminator(image_shape, units=240, pieces=5):
    """x image -> keep .8 -> maxout 240x5 -> keep .5 -> maxout 240x5 -> keep .5 -> logit (1,)."""
    inputs = keras.Input(image_shape, name="images")
    x = Dropout(0.2)(layers.Flatten()(inputs))
    for _ in range(2):
        x = Maxout(units, pieces, kernel_initializer=RandomUniform(-0.005, 0.005))(x)
        x = Dropout(0.5)(x)
    logit = layers.Dense(
        1, kernel_initializer=RandomUniform(-0.005, 0.005), dtype="float32", name="logit"
    )
    return keras.Model(inputs, logit(x), name="discriminator")
