"""Wasserstein distances along random directions, of features or of patches of images.

Rabin, Peyré, Delon, Bernot: Wasserstein Barycenter and Its Application to Texture Mixing (2011)
Karras, Aila, Laine, Lehtinen: Progressive Growing of GANs for Improved Quality, Stability, and
Variation (2018), §5, https://arxiv.org/abs/1710.10196
"""

import numpy as np

from trainers.metrics.arrays import as_matrices, chunks, validate

BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0  # the blur of a Laplacian pyramid


def sliced_wasserstein(real, fake, directions=512, seed=0):
    """E_θ W₁(θ·real, θ·fake), over unit vectors θ.

    Along one direction W₁ is the mean distance between the samples in order: exact, also where
    n ≠ m.

    Args:
        real: real samples or features, shape (n, d).
        fake: generated ones, shape (m, d).
        directions: how many θ are drawn.
        seed: of θ.

    Returns:
        A float >= 0, in units of the features. A shift by δ in d dimensions gives about
        |δ| (2 / (π d))^½.

    Raises:
        ValueError: no sample, a NaN or an infinity, different d, or no direction.

    >>> round(sliced_wasserstein([[0.0], [1.0]], [[2.0], [3.0]]), 6)  # in one dimension W₁ itself
    2.0
    """
    real, fake = as_matrices(real=real, fake=fake)
    if directions < 1:
        raise ValueError(f"`directions` should be at least 1. Received: directions={directions!r}")
    theta = np.random.default_rng(seed).standard_normal((real.shape[1], directions))
    theta /= np.linalg.norm(theta, axis=0)
    total = 0.0
    for part in chunks(directions, len(real) + len(fake)):
        total += _wasserstein(real @ theta[:, part], fake @ theta[:, part]).sum()
    return float(total / directions)


def patch_sliced_wasserstein(real, fake, patch=7, levels=3, patches=8192, directions=512, seed=0):
    """`sliced_wasserstein` of small patches, at each level of a Laplacian pyramid.

    A level holds what is lost when an image is halved; the last one what is left. Of each channel
    of the patches the mean of the real ones is subtracted, and the rest divided by their standard
    deviation, so that a level's figure is in units of real variation.

    Args:
        real: real images, shape (n, h, w, c), sides a multiple of 2^(levels - 1) and not below
            `patch` at the last level.
        fake: generated ones, shape (m, h', w', c).
        patch: side of a patch in pixels.
        levels: of the pyramid.
        patches: how many are drawn from each set at each level, evenly over the images, at random
            places.
        directions: how many are drawn, of patch · patch · c dimensions.
        seed: of places and directions.

    Returns:
        A tuple of floats >= 0, one for each level, the finest first: textures are judged by the
        first, layout by the last. That of other patches of the same images is not 0: hold a figure
        against it.

    Raises:
        ValueError: no image, a NaN or an infinity, different numbers of channels, or images too
            small or not even enough for so many levels.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).standard_normal((2, 8, 64, 64, 1))
    >>> swd = patch_sliced_wasserstein(noise[0], 2 * noise[1], patches=1024, directions=128)
    >>> [round(level, 1) for level in swd]  # |2 - 1| E |N(0, 1)| = .8, contrast being doubled
    [0.8, 0.8, 0.8]
    """
    rng = np.random.default_rng(seed)
    sets = [
        _descriptors(images, patch, levels, patches, rng)
        for images in _images(real, fake, patch, levels)
    ]
    found = []
    for ours, theirs in zip(*sets, strict=True):  # each (patches, patch · patch, c)
        mean, std = ours.mean(axis=(0, 1)), ours.std(axis=(0, 1))
        std = np.where(std > 0, std, 1.0)  # nothing varies: in units of the images
        found.append(
            sliced_wasserstein((ours - mean) / std, (theirs - mean) / std, directions, seed)
        )
    return tuple(found)


def _wasserstein(x, y):
    """W₁ of each column of x (n, k) and of y (m, k): (k,)."""
    x, y = np.sort(x, axis=0), np.sort(y, axis=0)
    if len(x) == len(y):
        return np.abs(x - y).mean(axis=0)
    # Both quantile functions are constant between the levels i/n and j/m; exact in whole numbers.
    n, m = len(x), len(y)
    levels = np.union1d(np.arange(0, n + 1) * m, np.arange(0, m + 1) * n)  # of n·m
    starts, widths = levels[:-1], np.diff(levels)
    return widths @ np.abs(x[starts // m] - y[starts // n]) / (n * m)


def _images(real, fake, patch, levels):
    real, fake = np.asarray(real), np.asarray(fake)
    if real.ndim != 4 or fake.ndim != 4 or real.shape[3] != fake.shape[3]:
        raise ValueError(
            "`real` and `fake` should be of shape (n, h, w, c), with one c. "
            f"Received: real.shape={real.shape}, fake.shape={fake.shape}"
        )
    validate(real=real), validate(fake=fake)
    factor = 2 ** (levels - 1)
    for images in (real, fake):
        sides = images.shape[1:3]
        if any(side % factor or side < patch * factor for side in sides):
            raise ValueError(
                f"`real` and `fake` should have sides that are multiples of {factor} and at least "
                f"{patch * factor}, for {levels} levels of patches of {patch}. "
                f"Received: {sides[0]} x {sides[1]}"
            )
    return real, fake


def _descriptors(images, side, levels, count, rng):
    """So many patches of each level: a list of (count, side · side, c)."""
    # The image that each patch is of, among those that any is of.
    used, whose = np.unique(np.arange(count) * len(images) // count, return_inverse=True)
    found = [np.empty((count, side * side, images.shape[3])) for _ in range(levels)]
    for part in chunks(len(used), images[0].size, 2**20):
        drawn = slice(*np.searchsorted(whose, (part.start, part.stop)))
        pyramid = _pyramid(images[used[part]].astype(np.float64), levels)
        for level, patches in zip(pyramid, found, strict=True):
            patches[drawn] = _patches(level, whose[drawn] - part.start, side, rng)
    return found


def _pyramid(images, levels):
    """Laplacian levels, the finest first, and what is left."""
    found = []
    for _ in range(levels - 1):
        smaller = _blur(images)[:, ::2, ::2]
        found.append(images - _enlarged(smaller))
        images = smaller
    return [*found, images]


def _blur(images):
    for axis in (1, 2):
        margin = [(2, 2) if i == axis else (0, 0) for i in range(4)]
        wide, n = np.pad(images, margin, mode="reflect"), images.shape[axis]
        images = sum(w * wide.take(range(i, i + n), axis=axis) for i, w in enumerate(BINOMIAL))
    return images


def _enlarged(images):
    n, h, w, c = images.shape
    apart = np.zeros((n, 2 * h, 2 * w, c))
    apart[:, ::2, ::2] = 4.0 * images  # of four pixels three are 0
    return _blur(apart)


def _patches(images, whose, side, rng):
    """One patch of each image named, at a random place: (len(whose), side · side, c)."""
    _, h, w, c = images.shape
    views = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    top, left = (rng.integers(size - side + 1, size=len(whose)) for size in (h, w))
    found = views[whose, top, left]  # (len(whose), c, side, side)
    return np.moveaxis(found, 1, -1).reshape(len(whose), side * side, c)
