"""GANs small enough for theory: a discriminator between two fixed distributions, and DiracGAN."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

import zoo
from benchmarks.shared import densities
from trainers import noise, runs
from trainers.schedules import LinearDecay


def network(dimensions, width=64, depth=2, activation=None):
    """x (dimensions,) -> width x depth, LeakyReLU .2 unless told otherwise -> (1,)."""
    x = inputs = keras.Input((dimensions,))
    for _ in range(depth):
        x = layers.Dense(width, activation=activation)(x)
        x = x if activation else layers.LeakyReLU(0.2)(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def fixed_generator_model(fake, dimensions=1, family=zoo.GAN, discriminator=None, **arguments):
    """A model whose generator is the function `fake` of normal numbers, with nothing to learn."""
    z = keras.Input((dimensions,))
    return family(
        image_shape=(dimensions,),
        latent_dim=dimensions,
        generator=keras.Model(z, fake(z)),
        discriminator=discriminator or network(dimensions),
        **arguments,
    )


def sample(of, n, seed, dimensions=1):
    """n samples of a function of normal numbers."""
    z = np.random.default_rng(seed).standard_normal((n, dimensions)).astype("float32")
    return ops.convert_to_numpy(of(ops.convert_to_tensor(z)))


def train(model, real, steps, seed, batch=512, rate=2e-3, **compile_args):
    """Trains the discriminator alone, under a rate that falls over the second half.

    Args:
        model: of `fixed_generator_model`.
        real: an array of real samples.
        steps: how many.
        seed: of the order of the samples.
        batch, rate: how many samples in a step, and Adam's rate at first.
        **rules: of `compile`, such as `objective`.
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
    """What the discriminator says on X, float64."""
    logits = model.discriminator.predict(
        np.float32(densities.X)[:, None], batch_size=4096, verbose=0
    )
    return logits[:, 0].astype(float)


class DiracGAN(zoo.GAN):
    """Mescheder's Dirac-GAN: the only real point is 0, the only fake one θ, and D(x) = ψx.

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
        """Moves both."""
        self.generator.set_weights([np.full((1, 1), theta)])
        self.discriminator.set_weights([np.full((1, 1), psi)])


def trajectory(model, steps, rate=0.1, start=(1.0, 1.0), **compile_args):
    """Places (steps + 1, 2) of a Dirac-GAN, (θ, ψ), that descends at a rate."""
    model.compile(optimizers={p: keras.optimizers.SGD(rate) for p in model.players}, **compile_args)
    model.put(*start)
    theta, psi = model.generator.trainable_variables[0], model.discriminator.trainable_variables[0]
    batch = tf.zeros((256, 1))  # all the same, but for the noise that a game may add

    @tf.function
    def descend():
        places = tf.TensorArray("float32", steps + 1).write(0, [theta.value[0, 0], psi.value[0, 0]])
        for step in tf.range(steps):
            model.train_step((batch,))
            places = places.write(step + 1, [theta.value[0, 0], psi.value[0, 0]])
        return places.stack()

    return descend().numpy()


def instance_noise(deviation):
    """An augmentation that adds N(0, deviation²) to all that the judge is shown."""
    return lambda x: x + deviation * noise.normal((ops.shape(x)[0], *x.shape[1:]))
