"""Small runs, shared by the tests of this folder."""

import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import runs
from trainers.imaging import grids

SETTINGS = {"model": "gan", "seed": 0, "batch_size": 16}
BATCHES = 7  # in an epoch


def load(start):
    """A stream that is a function of (epoch, batch)."""
    epoch, batch = start

    def make(number):
        seed = tf.stack([number, tf.constant(5, tf.int64)])
        return tf.random.stateless_uniform((16, 8, 8, 1), seed, -1.0, 1.0)

    # An epoch is 7 batches; the stream goes on with the next, as a repeated dataset does.
    return tf.data.Dataset.range(epoch * BATCHES + batch, 10**6).map(make)


def fresh(steps, stride, recipe="modern"):
    model = zoo.create("gan", image_shape=(8, 8, 1), width=8, latent_dim=4)
    model.noise_seed.assign(3)
    options = runs.fast_options(model, stride) | {"jit_compile": False}
    model.compile(recipe, steps, **options)
    return model


def draw(model, step):
    return grids.grid([model.generate(3, seed=0)], title=f"step {step}")


def same(model, seed=1):
    for network in (model.generator, model.discriminator):
        for i, weights in enumerate(network.weights):
            weights.assign(tf.random.stateless_normal(weights.shape, [seed, i]) * 0.1)


def go(folder, steps, stop=None, **how):
    """Trains up to `steps`, or is killed after `stop` of them."""
    run = runs.Run(folder, SETTINGS, steps, **how)
    model = fresh(40, run.stride)
    same(model)
    if stop is None:
        run.train(model, load, BATCHES, draw)
        return run, model

    class Kill(Exception):
        pass

    def killed(model, step):
        if step > stop:
            raise Kill
        return draw(model, step)

    with pytest.raises(Kill):
        run.train(model, load, BATCHES, killed)
    return run, model


def weights_of(model):
    slots = [v for optimizer in model.optimizers.values() for v in optimizer.variables]
    return [np.asarray(v) for v in [*model.weights, *slots]]


class Ask(keras.callbacks.Callback):
    """Ctrl-C in the eleventh step."""

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.optimizers["generator"].iterations) == 10:
            signal.raise_signal(signal.SIGINT)


def asking(model):
    fit = model.fit
    model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[Ask(), *callbacks], **k)
    return model
