"""Similarity of two images, pixel for pixel, and of the images of one set.

Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment: From Error Visibility to Structural
Similarity (2004), eq. 13
Wang, Simoncelli, Bovik: Multi-scale Structural Similarity for Image Quality Assessment (2003),
eq. 7
Odena, Olah, Shlens: Conditional Image Synthesis with Auxiliary Classifier GANs (2017), §4.2,
https://arxiv.org/abs/1610.09585, on pairs of one set

Images are (n, h, w, c), from 0 to `max_val`: scale a generator's, in [-1, 1], to [0, 1] first. Each
channel is compared separately; figures are means over channels, then over images.
"""

import numpy as np

from trainers.metrics.arrays import as_matrices, chunks, row_chunks, validate

SIGMA, WINDOW = 1.5, 11  # standard deviation and side of the Gaussian window, pixels
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # exponents, the finest first


def psnr(x, y, max_val=1.0):
    """Peak signal-to-noise ratio, 10 log₁₀(max_val² / E (x - y)²) in dB, the mean over images.

    Args:
        x: images, shape (n, h, w, c).
        y: images to compare with, of the same shape.
        max_val: the largest value that a pixel can have.

    Returns:
        A float; infinite where two images are equal.

    Raises:
        ValueError: shapes that differ, no image, a NaN or an infinity, or max_val <= 0.

    >>> import numpy as np
    >>> round(psnr(np.zeros((1, 8, 8, 3)), np.full((1, 8, 8, 3), 0.1)), 6)
    20.0
    """
    x, y = _aligned(x, y, max_val)
    errors = np.concatenate(
        [np.mean((np.float64(x[part]) - y[part]) ** 2, axis=(1, 2, 3)) for part in row_chunks(x)]
    )
    with np.errstate(divide="ignore"):
        return float(np.mean(10.0 * np.log10(max_val**2 / errors)))


def ssim(x, y, max_val=1.0):
    """Structural similarity (SSIM), the mean over all places of a window in the image:

        (2 μ_x μ_y + C₁)(2 σ_xy + C₂) / ((μ_x² + μ_y² + C₁)(σ_x² + σ_y² + C₂))

    The window is Gaussian, 11 x 11 and σ = 1.5, or of the side of a smaller image; C₁ and C₂ are
    (.01 max_val)² and (.03 max_val)².

    Args:
        x: images, shape (n, h, w, c).
        y: images to compare with, of the same shape.
        max_val: the largest value that a pixel can have.

    Returns:
        A float from -1 to 1; 1 for equal images.

    Raises:
        ValueError: shapes that differ, no image, a NaN or an infinity, or max_val <= 0.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).random((2, 16, 16, 1))
    >>> round(ssim(x, x), 6), round(ssim(x, 1.0 - x), 2)
    (1.0, -0.97)
    """
    x, y = _aligned(x, y, max_val)
    values = [
        _ssim_and_contrast(_part(x, p), _part(y, p), max_val)[0] for p in row_chunks(x, 2**20)
    ]
    return float(np.mean(np.concatenate(values)))


def ms_ssim(x, y=None, max_val=1.0, max_pairs=1000, seed=0):
    """Multi-scale structural similarity (MS-SSIM) over five scales, each half as large as before.

        (SSIM at the coarsest)^.1333 · Π (contrast and structure, SSIM's second factor, at the
        others)^(.0448, .2856, .3001, .2363), the finest first; negative factors count as 0

    As in `ssim` the window is cut to the side of the image, so that sides from 16 on are possible.

    Args:
        x: images, shape (n, h, w, c).
        y: images to compare with, of the same shape. None compares the images of x with one
            another: a measure of variety, near 1 where a generator makes one image only. Compute
            it per class, and compare it with that of real images.
        max_val: the largest value that a pixel can have.
        max_pairs: largest number of pairs where y is None; of more pairs so many are drawn.
        seed: of the drawn pairs.

    Returns:
        A float from 0 to 1: the mean over images, or over pairs.

    Raises:
        ValueError: shapes that differ, no image, only one image without y, sides below 16, a NaN
            or an infinity, or max_val <= 0.

    >>> import numpy as np
    >>> shades = np.ones((3, 64, 64, 3)) * np.reshape([1.0, 0.7, 0.0], (3, 1, 1, 1))
    >>> round(ms_ssim(shades, max_val=255), 6)
    0.989989
    """
    if y is None:
        x, _ = _aligned(x, x, max_val, minimum=2)
        first, second = _pairs(len(x), max_pairs, seed)
    else:
        x, y = _aligned(x, y, max_val)
        first = second = np.arange(len(x))
    y = x if y is None else y
    if min(x.shape[1:3]) < 16:
        raise ValueError(f"`x` should have sides of 16 or more. Received: x.shape={x.shape}")
    values = [
        _multiscale(_part(x, first[p]), _part(y, second[p]), max_val)
        for p in chunks(len(first), x[0].size, 2**20)
    ]
    return float(np.mean(np.concatenate(values)))


def pair_ssim(images, max_val=1.0):
    """Mean SSIM of all pairs of different images, with the complete image as one window.

    A quick measure of variety for images of any size; it shows that images repeat, but not that a
    class is missing. Channels count as more pixels.

    Args:
        images: shape (n, h, w, c), n >= 2.
        max_val: the largest value that a pixel can have.

    Returns:
        A float from -1 to 1; 1 where all images are equal.

    Raises:
        ValueError: fewer than two images, a NaN or an infinity, or max_val <= 0.

    >>> import numpy as np
    >>> images = np.random.default_rng(0).random((3, 8, 8, 1))
    >>> round(pair_ssim(images), 2), round(pair_ssim(images[[0, 0]]), 6)
    (0.04, 1.0)
    """
    _positive(max_val)
    (x,) = as_matrices(minimum=2, images=images)
    n, pixels = x.shape
    means, variances = x.mean(axis=1), x.var(axis=1)
    centered = x - means[:, None]
    total = 0.0
    for part in chunks(n, n):
        covariances = centered[part] @ centered.T / pixels
        figures = (means[part, None], means, variances[part, None], variances, covariances)
        total += np.prod(_luminance_and_contrast(*figures, max_val), axis=0).sum()
    return float((total - n) / (n * (n - 1)))  # the SSIM of an image and itself is 1


def _positive(max_val):
    if not max_val > 0:
        raise ValueError(f"`max_val` should be greater than 0. Received: max_val={max_val!r}")


def _aligned(x, y, max_val, minimum=1):
    _positive(max_val)
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(
            "`x` and `y` should be of one shape (n, h, w, c). "
            f"Received: x.shape={x.shape}, y.shape={y.shape}"
        )
    validate(minimum, x=x, y=y)
    return x, y


def _part(images, which):
    return images[which].astype(np.float64)


def _pairs(n, most, seed):
    """Returns the indices of the first and of the second image of each pair."""
    if n * (n - 1) // 2 <= most:
        return np.triu_indices(n, 1)
    rng = np.random.default_rng(seed)
    first = rng.integers(n, size=most)
    return first, (first + rng.integers(1, n, size=most)) % n


def _luminance_and_contrast(mean_x, mean_y, variance_x, variance_y, covariance, max_val):
    """Returns the two factors of SSIM, from the moments in a window."""
    c1, c2 = (0.01 * max_val) ** 2, (0.03 * max_val) ** 2
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, (2.0 * covariance + c2) / (variance_x + variance_y + c2)


def _ssim_and_contrast(x, y, max_val):
    """Returns SSIM and contrast of each image and channel, means over windows: both (n, c)."""
    mean_x, mean_y = _window_means(x), _window_means(y)
    variance_x = _window_means(x * x) - mean_x**2
    variance_y = _window_means(y * y) - mean_y**2
    covariance = _window_means(x * y) - mean_x * mean_y
    luminance, contrast = _luminance_and_contrast(
        mean_x, mean_y, variance_x, variance_y, covariance, max_val
    )
    return (luminance * contrast).mean(axis=(1, 2)), contrast.mean(axis=(1, 2))


def _window_means(x):
    """Returns weighted means over all places of the Gaussian window: (n, h', w', c)."""
    for axis in (1, 2):
        size = min(WINDOW, x.shape[axis])
        weights = np.exp(-(((np.arange(size) - (size - 1) / 2) / SIGMA) ** 2) / 2.0)
        weights /= weights.sum()
        places = x.shape[axis] - size + 1
        x = sum(w * x.take(range(i, i + places), axis=axis) for i, w in enumerate(weights))
    return x


def _multiscale(x, y, max_val):
    """Returns the MS-SSIM of each image and channel: (n, c)."""
    product = 1.0
    for scale, exponent in enumerate(SCALES, 1):
        similarity, contrast = _ssim_and_contrast(x, y, max_val)
        factor = similarity if scale == len(SCALES) else contrast
        product *= np.maximum(factor, 0.0) ** exponent
        x, y = _halved(x), _halved(y)
    return product


def _halved(x):
    """Returns means of 2 x 2 pixels; the last pixel of an odd side is repeated."""
    n, h, w, c = x.shape
    x = np.pad(x, ((0, 0), (0, h % 2), (0, w % 2), (0, 0)), mode="edge")
    return x.reshape(n, (h + 1) // 2, 2, (w + 1) // 2, 2, c).mean(axis=(2, 4))
