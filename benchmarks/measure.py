"""What acceptance rows share: training for a number of steps, and figures with their bounds."""

import functools

import keras
from keras import layers

from trainers import datasets, metrics, training
from trainers.metrics.classifier import Classifier


def gate(value, reference, A, B, higher=True):
    """A figure with its bounds.

    Args:
        value: what was measured.
        reference: what the best cheap method reaches in the same run.
        A, B: the value that is needed, and the one aimed at.
        higher: whether more is better.
    """
    sign = 1 if higher else -1
    return {
        "value": value,
        "reference": reference,
        "A": A,
        "B": B,
        "meets_A": bool(sign * value >= sign * A),
        "meets_B": bool(sign * value >= sign * B),
    }


def verdict(figure):
    """Whether a figure of `gate` beats, equals or loses to its reference."""
    higher = figure["B"] >= figure["A"]
    if figure["value"] == figure["reference"]:
        return "equals"
    return "beats" if (figure["value"] > figure["reference"]) == higher else "loses to"


def kept(trained):
    """Decorates a function that trains a model: each is trained once in a process, so that a row
    and its picture share it. Arguments should be told apart by their `repr`.

    Example:
        >>> @kept
        ... def trained(seed):
        ...     return [seed]
        >>> trained(0) is trained(0), trained(0) is trained(1)
        (True, False)
    """
    models = {}

    @functools.wraps(trained)
    def once(*args, **kwargs):
        key = repr((args, sorted(kwargs.items())))
        if key not in models:
            models[key] = trained(*args, **kwargs)
        return models[key]

    return once


def train(model, recipe, data, steps, **changes):
    """Compiles with a recipe and changes to it, and fits for so many steps of a stream, quietly."""
    model.compile(recipe, steps, **training.fast_options(model, steps), **changes)
    model.fit(data.repeat(), steps_per_epoch=steps, verbose=0)


def coverage(points, world):
    """Modes with at least 20 of 10,000 samples, share of high quality, reverse KL.

    Args:
        points: samples, unscaled.
        world: `datasets.info` of a world of points.
    """
    return metrics.mode_coverage(points, world.centers, world.std, min_hits=20)


def glyph_features(seed):
    """A judge of glyphs: a small convolutional network, two epochs on their train split, 8 s. Of
    the test split it classifies about 99 %.

    Returns:
        What `metrics.score` takes as an evaluator: `features(images)`, images (n, 28, 28, 1) in
        [-1, 1] -> (n, 64); `classify(images)` -> (n,). Figures of different seeds do not compare.
    """
    return Glyphs(seed)


class Glyphs(Classifier):
    """See `glyph_features`."""

    name = "glyphs"

    def __init__(self, seed):
        keras.utils.set_random_seed(seed)
        images = x = keras.Input((28, 28, 1))
        for filters in (16, 32):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
        logits = layers.Dense(10)
        network = keras.Model(images, logits(x))
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(keras.optimizers.Adam(2e-3), entropy)
        network.fit(*datasets.arrays("glyphs", "train"), batch_size=64, epochs=2, verbose=0)
        self.network = keras.Model(images, x)
        self.kernel, self.bias = logits.get_weights()

    def features(self, images):
        return self.network.predict(images, batch_size=500, verbose=0)
