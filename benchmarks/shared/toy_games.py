"""Toy GANs for theory: a discriminator between two fixed distributions, and the Dirac-GAN."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

import zoo
from benchmarks.shared import densities
from trainers import noise, runs
from trainers.schedules import LinearDecay


def network(dimensions, width=64, depth=2, activation=None):
    """Returns a fully connected network, (dimensions,) -> (1,), with LeakyReLU .2 by default."""
    x = inputs = keras.Input((dimensions,))
    for _ in range(depth):
        x = layers.Dense(width, activation=activation)(x)
        x = x if activation else layers.LeakyReLU(0.2)(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def fixed_generator_model(fake, dimensions=1, family=zoo.GAN, discriminator=None, **arguments):
    """Returns a model whose generator is the function `fake` of normal numbers, without weights."""
    z = keras.Input((dimensions,))
    return family(
        image_shape=(dimensions,),
        latent_dim=dimensions,
        generator=keras.Model(z, fake(z)),
        discriminator=discriminator or network(dimensions),
        **arguments,
    )


def sample(of, n, seed, dimensions=1):
    """Returns n samples of a function of normal numbers, (n, dimensions) as the function has it."""
    z = np.random.default_rng(seed).standard_normal((n, dimensions)).astype("float32")
    return ops.convert_to_numpy(of(ops.convert_to_tensor(z)))


def train(model, real, steps, seed, batch=512, rate=2e-3, **compile_args):
    """Trains only the discriminator, at a rate that falls over the second half.

    Args:
        model: a model of `fixed_generator_model`.
        real: real samples, (n, dimensions).
        steps: how many train steps.
        seed: of the order of the samples.
        batch: how many samples in a step.
        rate: Adam's initial learning rate.
        **compile_args: arguments of `compile`, such as `objective`.

    Returns:
        Keras' history, a dict.
    """
    adam = keras.optimizers.Adam(LinearDecay(rate, steps), 0.5, 0.9)
    defaults = {
        "turns": {"discriminator": 1, "generator": 0},
        "optimizers": {"discriminator": adam},
    }
    model.compile(**defaults | {"penalties": [], **compile_args}, **runs.fast_options(model, steps))
    stream = tf.data.Dataset.from_tensor_slices(np.float32(real)).shuffle(len(real), seed=seed)
    batches = stream.repeat().batch(batch, drop_remainder=True)
    return model.fit(batches, steps_per_epoch=steps, verbose=0).history


def on_grid(model):
    """Returns the discriminator's logits on `densities.X`, float64."""
    logits = model.discriminator.predict(
        np.float32(densities.X)[:, None], batch_size=4096, verbose=0
    )
    return logits[:, 0].astype(float)


class DiracGAN(zoo.GAN):
    """Dirac-GAN of Mescheder et al. 2018: one real point 0, one fake point θ, and D(x) = ψx.

    Fits batches of zeros, (batch, 1).
    """

    def __init__(self, image_shape=(1,), latent_dim=1, width=None, name=None, **networks):
        super().__init__(image_shape, latent_dim, width, name=name, **networks)

    def latents(self, n):
        return ops.ones((n, 1))

    def build_generator(self):
        return self._line("theta")

    def build_discriminator(self):
        return self._line("psi")

    def _line(self, name):
        x = keras.Input((1,))
        weight = layers.Dense(1, use_bias=False, kernel_initializer="ones", name=name)
        return keras.Model(x, weight(x))

    def put(self, theta, psi):
        """Sets θ and ψ."""
        self.generator.set_weights([np.full((1, 1), theta)])
        self.discriminator.set_weights([np.full((1, 1), psi)])


def trajectory(model, steps, rate=0.1, start=(1.0, 1.0), **compile_args):
    """Returns the points (θ, ψ) of a Dirac-GAN under gradient descent, (steps + 1, 2)."""
    model.compile(optimizers={p: keras.optimizers.SGD(rate) for p in model.players}, **compile_args)
    model.put(*start)
    theta, psi = model.generator.trainable_variables[0], model.discriminator.trainable_variables[0]
    batch = tf.zeros((256, 1))  # equal samples, except for instance noise

    @tf.function
    def descend():
        places = tf.TensorArray("float32", steps + 1).write(0, [theta.value[0, 0], psi.value[0, 0]])
        for step in tf.range(steps):
            model.train_step((batch,))
            places = places.write(step + 1, [theta.value[0, 0], psi.value[0, 0]])
        return places.stack()

    return descend().numpy()


def instance_noise(deviation):
    """Returns an augmentation that adds N(0, deviation²) to all inputs of the discriminator."""
    return lambda x: x + deviation * noise.normal((ops.shape(x)[0], *x.shape[1:]))
