"""Luminances of three photographs of textures, in halves.

Models learn from the left half of a photograph and are compared with the right half. The distance
is the patch-SWD, the mean of three levels.
"""

from trainers.datasets.builtin import photos
from trainers.imaging import ycbcr

NAMES = ("brick", "grass", "gravel")  # 512x512 each
SIDE = 64  # of training crops, pixels


def halves(name):
    """Returns the (left, right) half of a texture, luminances (512, 256, 1) in [-1, 1].

    Example:
        >>> [half.shape for half in halves("brick")]
        [(512, 256, 1), (512, 256, 1)]
    """
    grey = ycbcr.network_luminance(photos.photographs("train")[name])
    return grey[:, :256], grey[:, 256:]
