"""Wasserstein distances along random directions, of features or of patches of images.

Rabin, Peyré, Delon, Bernot: Wasserstein Barycenter and Its Application to Texture Mixing (2011)
Karras, Aila, Laine, Lehtinen: Progressive Growing of GANs for Improved Quality, Stability, and
Variation (2018), §5, https://arxiv.org/abs/1710.10196
"""

import numpy as np

from trainers.metrics.arrays import as_matrices, chunks, validate

BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0  # the blur of a Laplacian pyramid


def sliced_wasserstein(real, fake, directions=512, seed=0):
    """Sliced Wasserstein distance E_θ W₁(θ·real, θ·fake), over unit vectors θ.

    Along one direction W₁ is the mean distance between the sorted samples: exact, also where n ≠ m.

    Args:
        real: real samples or features, shape (n, d).
        fake: generated ones, shape (m, d).
        directions: number of θ that are drawn.
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
    """Sliced Wasserstein distance of small patches, at each level of a Laplacian pyramid.

    A level holds what is lost when an image is halved; the last one the smallest image. Each
    channel of both sets is normalised by the mean and standard deviation of the real patches, so
    that a level's figure is in units of real variation. Karras et al. normalise each set by its
    own, so that images of half the contrast, or of another tint, have a distance of 0.

    Args:
        real: real images, shape (n, h, w, c), sides a multiple of 2^(levels - 1) and not below
            `patch` at the last level.
        fake: generated ones, shape (m, h', w', c).
        patch: side of a patch in pixels.
        levels: of the pyramid.
        patches: number of patches drawn from each set at each level, evenly over the images, at
            random places.
        directions: number of directions drawn, of patch · patch · c dimensions.
        seed: of places and directions.

    Returns:
        A tuple of floats >= 0, one for each level, the finest first: the first measures textures,
        the last layout. The distance of other patches of the same images is not 0: compare a
        figure with it.

    Raises:
        ValueError: no image, a NaN or an infinity, different numbers of channels, or images too
            small for the levels, or with sides that cannot be halved so often.

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
    distances = []
    for real_patches, fake_patches in zip(*sets, strict=True):  # each (patches, patch · patch, c)
        mean, std = real_patches.mean(axis=(0, 1)), real_patches.std(axis=(0, 1))
        std = np.where(std > 0, std, 1.0)  # constant patches: in units of the images
        normalized = [(some - mean) / std for some in (real_patches, fake_patches)]
        distances.append(sliced_wasserstein(*normalized, directions, seed))
    return tuple(distances)


def _wasserstein(x, y):
    """Returns W₁ of each column of x (n, k) and of y (m, k): (k,)."""
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
    """Returns `count` patches of each level: a list of (count, side · side, c)."""
    # The images that patches are cut from, and for each patch the index of its image among them.
    used, whose = np.unique(np.arange(count) * len(images) // count, return_inverse=True)
    descriptors = [np.empty((count, side * side, images.shape[3])) for _ in range(levels)]
    for part in chunks(len(used), images[0].size, 2**20):
        drawn = slice(*np.searchsorted(whose, (part.start, part.stop)))
        pyramid = _pyramid(images[used[part]].astype(np.float64), levels)
        for level, patches in zip(pyramid, descriptors, strict=True):
            patches[drawn] = _patches(level, whose[drawn] - part.start, side, rng)
    return descriptors


def _pyramid(images, levels):
    """Returns Laplacian levels, the finest first, and the smallest image."""
    pyramid = []
    for _ in range(levels - 1):
        smaller = _blur(images)[:, ::2, ::2]
        pyramid.append(images - _upsample(smaller))
        images = smaller
    return [*pyramid, images]


def _blur(images):
    for axis in (1, 2):
        margin = [(2, 2) if i == axis else (0, 0) for i in range(4)]
        wide, n = np.pad(images, margin, mode="reflect"), images.shape[axis]
        images = sum(w * wide.take(range(i, i + n), axis=axis) for i, w in enumerate(BINOMIAL))
    return images


def _upsample(images):
    n, h, w, c = images.shape
    spread = np.zeros((n, 2 * h, 2 * w, c))
    spread[:, ::2, ::2] = 4.0 * images  # of four pixels three are 0
    return _blur(spread)


def _patches(images, whose, side, rng):
    """Returns a patch of each image of `whose`, at a random place: (len(whose), side · side, c)."""
    _, h, w, c = images.shape
    views = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    top, left = (rng.integers(size - side + 1, size=len(whose)) for size in (h, w))
    patches = views[whose, top, left]  # (len(whose), c, side, side)
    return np.moveaxis(patches, 1, -1).reshape(len(whose), side * side, c)
