"""A deterministic GAN whose samples are points, and helpers to train it."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from keras.optimizers import SGD

from trainers.adversarial import AdversarialModel
from trainers.objectives import NonSaturating


def network(inputs, outputs, name):
    x = keras.Input((inputs,))
    hidden = layers.Dense(3, activation="tanh")(x)
    return keras.Model(x, layers.Dense(outputs, name="last")(hidden), name=name)


class Duel(AdversarialModel):
    """GAN on points, trained by SGD without momentum; the latents are those of the batch, so that
    nothing is random."""

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}

    def __init__(self, image_shape=(2,), latent_dim=2, name=None, **networks):
        super().__init__(name, image_shape=tuple(image_shape), latent_dim=latent_dim, **networks)
        self.passes = 0

    def build_generator(self):
        return network(2, 2, "generator")

    def build_discriminator(self):
        return network(2, 1, "discriminator")

    def forward(self, x):
        self.passes += 1
        return {"real": x, "fake": self.generator(x[:, ::-1], training=True)}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, **outputs)

    def generator_loss(self, x, outputs):
        return self.generator_objective(self.discriminator, **outputs)

    def recipe(self):
        return {
            "objective": NonSaturating(),
            "optimizers": {"discriminator": SGD(0.1), "generator": SGD(0.2)},
        }

    def call(self, latents, training=False):
        return self.generator(latents, training=training)


class TwoPasses(Duel):
    """Makes the fakes anew for each player."""

    def train_step(self, data):
        (batch,) = self.split_batch(data)
        for player in self.players:
            self.take_turn(player, batch)
        return self.get_metrics_result()


class Terms(Duel):
    """The generator has two terms, and each loss is a simple function of the batch."""

    def recipe(self):
        optimizers = {"discriminator": SGD(0.0), "generator": SGD(0.0)}
        return {"optimizers": optimizers, "loss_weights": {"generator_height": 10.0}}

    def discriminator_loss(self, x, outputs):
        return ops.mean(x) + 0.0 * ops.sum(self.discriminator(x))

    def generator_loss(self, x, outputs):
        nothing = 0.0 * ops.sum(outputs["fake"])
        return {"width": ops.mean(x[:, 0]) + nothing, "height": ops.mean(x[:, 1])}


def duel(kind=Duel, **rules):
    model = kind()
    model.compile(**rules)
    return model


def points(n=8, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2)).astype("float32")


def stream(x, size=4):
    return tf.data.Dataset.from_tensor_slices(x).batch(size, drop_remainder=True)


def values(model):
    return [v.numpy() for v in model.trainable_variables]


def assert_same(found, expected, **tolerance):
    for a, b in zip(found, expected, strict=True):
        if tolerance:
            np.testing.assert_allclose(a, b, **tolerance)
        else:
            np.testing.assert_array_equal(a, b)
