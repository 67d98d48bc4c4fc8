"""How near pictures are to a style, what is left of their layout, and the cheapest ways to both.

Pictures are (h, w, c) in [-1, 1]. A style is what small patches of a picture have in common.
"""

import numpy as np
from scipy import ndimage

from trainers import metrics
from trainers.datasets import crops

SMOOTH = 2.0  # pixels over which edges are blurred, so that texture is none


def distance(real, other, seed=0):
    """How far a picture is from the style of a real one: the mean patch-SWD of three levels, and
    that of each. Sides are cut to multiples of 4, and should be 28 at least.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1.0, 1.0, (64, 64, 1))
        >>> mean, levels = distance(noise, noise)
        >>> mean < 0.1, len(levels)
        (True, 3)
    """
    cut = (picture[tuple(slice(n - n % 4) for n in picture.shape[:2])] for picture in (real, other))
    levels = metrics.patch_sliced_wasserstein(*(picture[None] for picture in cut), seed=seed)
    return float(np.mean(levels)), levels


def agreement(picture, other):
    """The correlation of the edges of two pictures of one size: Sobel's, of brightness; 0 where one
    has none.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1.0, 1.0, (64, 64, 3))
        >>> round(agreement(noise, -noise), 3)
        1.0
    """
    ours, theirs = (_edges(image) for image in (picture, other))
    if not ours.std() or not theirs.std():
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def alike(found, real):
    """Mean absolute error and mean SSIM of pictures (n, h, w, c) beside the real ones, pixels taken
    to [0, 1].

    Example:
        >>> alike(np.zeros((2, 16, 16, 1)), np.ones((2, 16, 16, 1)))["l1"]
        0.5
    """
    ours, theirs = (np.clip(a / 2.0 + 0.5, 0.0, 1.0) for a in (found, real))
    gap = float(np.abs(ours - theirs).mean())
    return {"l1": gap, "ssim": float(np.mean(metrics.ssim(theirs, ours)))}


def compared(photograph, before, made, style, seed=0):
    """What is told of a photograph that was redrawn: `style`, the share by which its distance to
    the style, `before`, has fallen, and `edges`, the agreement with what it was.

    Example:
        >>> x, style = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 64, 64, 1))
        >>> compared(x, 1.0, x, style)["edges"]
        1.0
    """
    after, _ = distance(style, made, seed)
    return {"style": 1.0 - after / before, "edges": agreement(photograph, made)}


def matched(picture, style):
    """A picture with the histogram of each channel of a style, and its own layout.

    Example:
        >>> matched(np.array([[[0.1], [0.2]]]), np.array([[[1.0], [-1.0], [0.0]]])).ravel()
        array([-1.,  1.], dtype=float32)
    """
    found = np.empty(picture.shape, "float32")
    for channel in range(picture.shape[-1]):
        order = np.argsort(picture[..., channel], axis=None)
        known = np.sort(style[..., channel], axis=None)  # np.quantile takes minutes for it
        places = np.linspace(0.0, known.size - 1.0, order.size)
        greys = np.empty(order.size)
        greys[order] = np.interp(places, np.arange(known.size), known)
        found[..., channel] = greys.reshape(picture.shape[:2])
    return found


def shuffled(picture, side=32, seed=0):
    """The squares of a picture in another order: the cheapest texture there is.

    Example:
        >>> shuffled(np.zeros((64, 96, 1))).shape
        (64, 96, 1)
    """
    rows, columns = (n // side for n in picture.shape[:2])
    mixed = np.random.default_rng(seed).permutation(crops.squares(picture, side))
    mixed = mixed.reshape(rows, columns, side, side, -1).swapaxes(1, 2)
    return mixed.reshape(rows * side, columns * side, -1)


def _edges(picture):
    """Where a picture changes, fine texture left out."""
    smooth = ndimage.gaussian_filter(picture.mean(axis=-1), SMOOTH)
    return np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)).ravel()
