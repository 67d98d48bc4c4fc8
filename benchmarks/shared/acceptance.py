"""What acceptance rows share: training for a number of steps, and figures with their bounds."""

import functools
import inspect

import numpy as np

from trainers import runs


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


def more_is_better(figure):
    """Which way a figure's bounds point; where both are one, what it meets tells.

    Example:
        >>> more_is_better(gate(0.1, reference=0.0, A=1.0, B=1.0, higher=False))
        False
    """
    if figure["A"] != figure["B"]:
        return figure["B"] > figure["A"]
    return (figure["value"] >= figure["A"]) == figure["meets_A"]


def verdict(figure):
    """Whether a figure of `gate` beats, equals or loses to its reference."""
    higher = more_is_better(figure)
    if figure["value"] == figure["reference"]:
        return "equals"
    return "beats" if (figure["value"] > figure["reference"]) == higher else "loses to"


def cache_trained(trained):
    """Decorates a function that trains a model: each is trained once in a process, so that a row
    and its picture share it. Arguments should be told apart by their `repr`.

    Example:
        >>> @cache_trained
        ... def trained(seed, steps=10):
        ...     return [seed, steps]
        >>> trained(0) is trained(0, steps=10), trained(0) is trained(1)
        (True, False)
    """
    models, signature = {}, inspect.signature(trained)

    @functools.wraps(trained)
    def once(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        key = repr(given.arguments)
        if key not in models:
            models[key] = trained(*args, **kwargs)
        return models[key]

    return once


def train(model, recipe, data, steps, **changes):
    """Compiles with a recipe and changes to it, and fits for so many steps of a stream, quietly."""
    model.compile(recipe, steps, **runs.fast_options(model, steps), **changes)
    model.fit(data.repeat(), steps_per_epoch=steps, verbose=0)


def flat(x):
    """Samples as rows of numbers.

    Example:
        >>> flat(np.zeros((5, 8, 8, 1))).shape
        (5, 64)
    """
    return np.reshape(x, (len(x), -1)).astype("float32")


def l1_and_ssim(found, real):
    """Returns `style_transfer.l1_and_ssim`, imported late: it brings datasets along, which a row
    that is refused does not need.

    Example:
        >>> l1_and_ssim(np.zeros((2, 16, 16, 1)), np.ones((2, 16, 16, 1)))["l1"]
        0.5
    """
    from trainers.tasks import style_transfer

    return style_transfer.l1_and_ssim(found, real)


def coverage_of_mixture(name, seed, samples=10_000):
    """The coverage of a Gaussian mixture fitted by EM to a world of points: it is told the number
    of modes, which a GAN is not."""
    from sklearn.mixture import GaussianMixture

    from trainers import datasets

    world, (points, _) = datasets.info(name), datasets.arrays(name)
    mixture = GaussianMixture(world.classes, random_state=seed).fit(points[:samples])
    return coverage(mixture.sample(samples)[0], world)


def coverage(points, world):
    """Modes with at least 20 of 10,000 samples, share of high quality, reverse KL.

    Args:
        points: samples, unscaled.
        world: `datasets.info` of a world of points.
    """
    from trainers import metrics

    return metrics.mode_coverage(points, world.centers, world.std, min_hits=20)
