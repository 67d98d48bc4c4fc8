"""Large images piece by piece: what fits into memory does not depend on how large they are.

    margin = tiling.receptive_radius(generator)
    large = tiling.map_tiles(enlarge, photograph, factor=4, side=256, margin=margin)

A piece is cut with a margin, as wide as the network sees, and what it is made into is cropped by
it: so there is no seam, and the whole is what the network would have made at once.
"""

import numpy as np
import tensorflow as tf

LOOK = 64  # pixels that `receptive_radius` looks into each direction


def map_tiles(function, image, factor=1, side=256, margin=0, progress=iter):
    """function(image), computed by pieces.

    Args:
        function: maps (h, w, c) to (factor h, factor w, c'), and each place by no more than what is
            within `margin` pixels of it.
        image: (height, width, c).
        factor: by which sides are enlarged.
        side: of the pieces, before the margin is added.
        margin: pixels of the image.
        progress: what a list is wrapped in, such as a bar.

    Returns:
        An array (factor height, factor width, c') of the function's dtype.

    Raises:
        ValueError: for a side or margin that is too small.

    Example:
        >>> image = np.arange(12.0).reshape(3, 4, 1)
        >>> bool((map_tiles(lambda piece: 2.0 * piece, image, side=2) == 2.0 * image).all())
        True
    """
    if side < 1 or margin < 0:
        raise ValueError(
            "`side` should be at least 1 and `margin` at least 0. "
            f"Received: side={side!r}, margin={margin!r}"
        )
    rows, columns = (_spans(length, side, margin) for length in image.shape[:2])
    made = None
    for top, left in progress([(top, left) for top in rows for left in columns]):
        (y, (above, below)), (x, (before, behind)) = top, left
        piece = function(image[above:below, before:behind])
        if made is None:
            sides = (factor * length for length in image.shape[:2])
            made = np.empty((*sides, piece.shape[-1]), piece.dtype)
        inner = (
            slice(factor * (start - first), factor * (end - first))
            for (start, end), first in ((y, above), (x, before))
        )
        place = (slice(factor * start, factor * end) for start, end in (y, x))
        made[tuple(place)] = piece[tuple(inner)]
    return made


def _spans(length, side, margin):
    """((start, end), (first, last)) of each piece along a side: what is kept of it, and what it is
    cut from, which is equally long for all, so that a network is traced once."""
    whole = min(length, side + 2 * margin)
    found = []
    for start in range(0, length, side):
        end = min(start + side, length)
        first = min(max(start - margin, 0), length - whole)
        found.append(((start, end), (first, first + whole)))
    return found


def receptive_radius(network):
    """How many pixels of its input, into any direction, what a network says of a place depends on;
    of a network that enlarges, the place of a pixel of the input.

    Found by what moves the answer to an image of noise: the slope.

    Args:
        network: a Keras model, (h, w, c) -> (factor h, factor w, c').

    Raises:
        ValueError: when it sees farther than 64 pixels, such as all of an image.

    Example:
        >>> import keras
        >>> x = keras.Input((None, None, 1))
        >>> receptive_radius(keras.Model(x, keras.layers.Conv2D(1, 7, padding="same")(x)))
        3
    """
    channels = network.inputs[0].shape[-1]
    side = 2 * LOOK + 1
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, (1, side, side, channels))
    x = tf.constant(noise, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        made = network(x, training=False)
        factor = made.shape[1] // side
        cell = made[:, LOOK * factor : (LOOK + 1) * factor, LOOK * factor : (LOOK + 1) * factor]
        said = tf.reduce_sum(tf.square(cell))
    slope = np.abs(tape.gradient(said, x).numpy()).max(axis=(0, 3))
    seen = np.abs(np.argwhere(slope > 0.0) - LOOK).max(initial=0)
    if seen >= LOOK:
        raise ValueError(
            f"`network` should see less than {LOOK} pixels far. Received: one that sees more, so "
            "that its image cannot be made by pieces."
        )
    return int(seen)
