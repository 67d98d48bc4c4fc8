"""Figures with pass/fail bounds, and training for a number of steps, for acceptance rows."""

import functools
import inspect

import numpy as np

from trainers import runs


def gate(value, reference, A, B, higher=True):
    """Returns a figure with its bounds, as a dict for JSON.

    Args:
        value: float. The measured value.
        reference: float. The value of the best baseline in the same run.
        A: float. The required value: without it the claim of the row does not hold.
        B: float. The target: with it the claim holds clearly.
        higher: bool. Whether more is better.

    Returns:
        A dict with the arguments, and the bools `meets_A` and `meets_B`.
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
    """Returns whether more is better, from the bounds or, where both are equal, from `meets_A`.

    Example:
        >>> more_is_better(gate(0.1, reference=0.0, A=1.0, B=1.0, higher=False))
        False
    """
    if figure["A"] != figure["B"]:
        return figure["B"] > figure["A"]
    return (figure["value"] >= figure["A"]) == figure["meets_A"]


def verdict(figure):
    """Returns whether a figure of `gate` "beats", "ties with" or "loses to" its reference."""
    from trainers import metrics

    return metrics.verdict(figure["value"], figure["reference"], lower=not more_is_better(figure))


def cache_trained(trained):
    """Decorates a function that trains a model, to cache the model for each set of arguments.

    A row and its picture then share one training. Arguments are compared by their `repr`.

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
    """Compiles a model with a recipe and changes to the recipe, and fits it for `steps` steps.

    Args:
        model: an `AdversarialModel`.
        recipe: "paper" or "modern".
        data: a `tf.data.Dataset` of one epoch.
        steps: how many train steps.
        **changes: arguments of `compile` that replace those of the recipe.
    """
    model.compile(recipe, steps, **runs.fast_options(model, steps), **changes)
    model.fit(data.repeat(), steps_per_epoch=steps, verbose=0)


def flat(x):
    """Returns samples (n, ...) as a matrix (n, numbers), float32.

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
    """Returns the `coverage` of a Gaussian mixture fitted by EM to a dataset of points.

    The mixture is given the number of modes, which a GAN is not.
    """
    from sklearn.mixture import GaussianMixture

    from trainers import datasets

    info, (points, _) = datasets.info(name), datasets.arrays(name)
    mixture = GaussianMixture(info.classes, random_state=seed).fit(points[:samples])
    return coverage(mixture.sample(samples)[0], info)


def coverage(points, info):
    """Returns (modes with at least 20 of 10,000 samples, share of high quality, reverse KL).

    Args:
        points: samples (n, d), in the units of the dataset.
        info: `datasets.info` of a built-in dataset of points.
    """
    from trainers import metrics

    return metrics.mode_coverage(points, info.centers, info.std, min_hits=20)
