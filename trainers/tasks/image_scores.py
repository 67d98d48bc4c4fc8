"""Image scores: two sets of images compared by the statistics of their features."""

import numpy as np

from trainers import datasets, metrics

MAX_SCORED = 10_000  # images of either set that are compared
K = 5  # neighbours of precision, recall, density and coverage


def load(name, image_size=None, data_dir=None):
    """Returns at most `MAX_SCORED` images of a dataset, evenly spaced: (n, h, w, c) in [-1, 1].

    Args:
        name, image_size, data_dir: as for `datasets.load`.

    Raises:
        ValueError: there is no such dataset, or it holds no images.

    Example:
        >>> load("digits").shape
        (1797, 8, 8, 1)
    """
    source = datasets.open(name, image_size, data_dir)
    info = source.info()
    if len(info.shape) != 3:
        raise ValueError(f"`name` should hold images. {info.name} holds other samples.")
    return source.arrays("all" if "all" in info.splits else "train", MAX_SCORED)[0]


def scores(real, fake, features="pixels"):
    """Returns how alike two sets of images are.

    Args:
        real: (n, h, w, c) in [-1, 1], n > 5; the better n = m, of which the figures depend.
        fake: (m, h, w, c) in [-1, 1], m > 5; grey images are compared with RGB as RGB.
        features: "pixels", or the name of an evaluator: see `metrics.evaluator`.

    Returns:
        A dict of `frechet`, 0 for equal sets, and of `precision`, `recall`, `density` and
        `coverage`, about 1 for samples of one distribution; and of `protocol`, what was compared.

    Raises:
        ValueError: too few images, images of several shapes, or an evaluator that does not take
            them.

    Example:
        >>> x = load("digits")
        >>> found = scores(x[::2], x[1::2])
        >>> found["frechet"] < 0.1, found["recall"] > 0.9
        (True, True)
    """
    if real.shape[1:3] != fake.shape[1:3]:
        raise ValueError(
            f"`image_size` should be given: images are {real.shape[1:3]} and {fake.shape[1:3]}."
        )
    if min(len(real), len(fake)) <= K:
        raise ValueError(
            f"`fake` should hold more than {K} images, and so should `real`. "
            f"Received: {len(fake)} and {len(real)}."
        )
    channels = max(real.shape[-1], fake.shape[-1])
    real, fake = (np.broadcast_to(x, (*x.shape[:3], channels)) for x in (real, fake))
    about = metrics.Protocol(features, len(real), len(fake), K)
    if features == "pixels":
        real, fake = (x.reshape(len(x), -1) / 2.0 + 0.5 for x in (real, fake))
    else:
        evaluator = metrics.evaluator(features)
        real, fake = evaluator.features(real), evaluator.features(fake)
    precision, recall = metrics.precision_recall(real, fake, K)
    density, coverage = metrics.density_coverage(real, fake, K)
    return {
        "frechet": metrics.frechet_distance(real, fake),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "protocol": about.as_dict(),
    }
