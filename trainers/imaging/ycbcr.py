"""Conversion between RGB and YCbCr, luminance and colour, by BT.601 (television).

    Y = 16 + 65.481 R + 128.553 G + 24.966 B,  R, G and B from 0 to 1

and likewise Cb and Cr, around 128. A model of luminances can be used for images of any colour.
"""

import numpy as np

WEIGHTS = np.array(
    [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]
)
OFFSETS = np.array([16.0, 128.0, 128.0])


def luminance(pixels):
    """Returns Y of RGB from 0 to 255: float32 (…, h, w, 1), from 16/255 to 235/255.

    Example:
        >>> round(luminance(np.full((1, 1, 3), 255)).item(), 4)
        0.9216
    """
    return _ycbcr(pixels)[..., :1]


def network_luminance(pixels):
    """Returns Y of RGB from 0 to 255 in the range of the networks: float32 (…, h, w, 1) in [-1, 1],
    from -0.87 to 0.84.

    Example:
        >>> round(network_luminance(np.full((1, 1, 3), 255)).item(), 4)
        0.8431
    """
    return 2.0 * luminance(pixels) - 1.0


def split(pixels):
    """Splits RGB or grey into luminance (…, h, w, 1) and colour (…, h, w, 2), as shares of 255.

    Args:
        pixels: from 0 to 255, (…, h, w, 3) or (…, h, w, 1).

    Example:
        >>> y, color = split(np.full((2, 3, 1), 255))
        >>> y.shape, bool(np.allclose(color, 128.0 / 255.0))  # grey has no colour
        ((2, 3, 1), True)
    """
    channels = _ycbcr(np.broadcast_to(pixels, (*pixels.shape[:-1], 3)))
    return channels[..., :1], channels[..., 1:]


def joined(luminance, color):
    """Converts luminance and colour to RGB, uint8 (…, h, w, 3).

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 3))
        >>> bool((joined(*split(pixels)) == pixels).all())
        True
    """
    centered = np.concatenate([luminance, color], axis=-1) * 255.0 - OFFSETS
    rgb = centered @ np.linalg.inv(WEIGHTS).T.astype("float32")
    return np.rint(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)


def _ycbcr(pixels):
    shares = np.asarray(pixels, np.float64) / 255.0
    return ((shares @ WEIGHTS.T + OFFSETS) / 255.0).astype("float32")
