"""Three grey photographs of textures, in halves, and random crops of images.

Models learn from the left half of a photograph and are compared with the right half. The distance
is the patch-SWD, the mean of three levels.
"""

import numpy as np
import tensorflow as tf

from trainers.datasets.builtin import photos
from trainers.imaging import ycbcr

NAMES = ("brick", "grass", "gravel")  # 512x512 each
SIDE = 64  # of training crops, pixels


def halves(name):
    """Returns the (left, right) half of a texture, each (512, 256, 1) in [-1, 1].

    Example:
        >>> [half.shape for half in halves("brick")]
        [(512, 256, 1), (512, 256, 1)]
    """
    grey = grey_of(photos.photographs("train")[name])
    return grey[:, :256], grey[:, 256:]


def grey_of(pixels):
    """Returns the luminance of RGB pixels from 0 to 255, as (h, w, 1) in [-1, 1]."""
    return 2.0 * ycbcr.luminance(pixels) - 1.0


def crops(images, seed):
    """Returns an endless dataset of crops of images (h, w, 1), SIDE x SIDE, at random places.

    Example:
        >>> next(iter(crops(halves("grass"), seed=0))).shape
        TensorShape([64, 64, 1])
    """
    images = list(images)

    def drawn():
        rng = np.random.default_rng(seed)
        while True:
            image = images[rng.integers(len(images))]
            top, left = (rng.integers(n - SIDE + 1) for n in image.shape[:2])
            yield image[top : top + SIDE, left : left + SIDE]

    shape = tf.TensorSpec((SIDE, SIDE, 1), "float32")
    return tf.data.Dataset.from_generator(drawn, output_signature=shape)
