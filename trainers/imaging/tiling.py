"""Large images computed in tiles: the memory needed does not depend on the size of an image.

    margin = tiling.receptive_radius(generator)
    large = tiling.map_tiles(enlarge, photograph, factor=4, side=256, margin=margin)

A tile is cut with a margin of the network's receptive radius, by which the output is cropped: so
there is no seam, and the result equals the output for the complete image.
"""

import numpy as np
import tensorflow as tf

LIMIT = 64  # pixels in each direction that `receptive_radius` examines by default


def map_tiles(function, image, factor=1, side=256, margin=0, progress=iter):
    """Computes function(image) in tiles.

    Args:
        function: maps (h, w, c) to (factor h, factor w, c'); each output pixel depends only on
            input within `margin` pixels.
        image: (height, width, c).
        factor: by which sides are enlarged.
        side: of the tiles in pixels of the image, without the margin.
        margin: pixels of the image.
        progress: wraps the list of tiles, such as `tqdm.tqdm`.

    Returns:
        An array (factor height, factor width, c') of the function's dtype.

    Raises:
        ValueError: for a side or margin that is too small.

    Example:
        >>> image = np.arange(12.0).reshape(3, 4, 1)
        >>> bool((map_tiles(lambda tile: 2.0 * tile, image, side=2) == 2.0 * image).all())
        True
    """
    if side < 1 or margin < 0:
        raise ValueError(
            "`side` should be at least 1 and `margin` at least 0. "
            f"Received: side={side!r}, margin={margin!r}"
        )
    rows, columns = (_spans(length, side, margin) for length in image.shape[:2])
    outputs = None
    for top, left in progress([(top, left) for top in rows for left in columns]):
        (y, (above, below)), (x, (before, behind)) = top, left
        tile = function(image[above:below, before:behind])
        if outputs is None:
            sides = (factor * length for length in image.shape[:2])
            outputs = np.empty((*sides, tile.shape[-1]), tile.dtype)
        inner = (
            slice(factor * (start - first), factor * (end - first))
            for (start, end), first in ((y, above), (x, before))
        )
        place = (slice(factor * start, factor * end) for start, end in (y, x))
        outputs[tuple(place)] = tile[tuple(inner)]
    return outputs


def _spans(length, side, margin):
    """Returns ((start, end), (first, last)) of each tile along a side: the part that is kept, and
    the input, equally long for all tiles, so that a network is traced once."""
    input_length = min(length, side + 2 * margin)
    spans = []
    for start in range(0, length, side):
        end = min(start + side, length)
        first = min(max(start - margin, 0), length - input_length)
        spans.append(((start, end), (first, first + input_length)))
    return spans


def receptive_radius(network, limit=LIMIT, multiple=1):
    """Returns the receptive radius of a network: how many pixels away in any direction the input
    still changes an output pixel (the output cell of one input pixel, where the network enlarges).

    Measured by the gradient of an output with respect to an image of noise.

    Args:
        network: a Keras model, (h, w, c) -> (factor h, factor w, c').
        limit: pixels in each direction that are examined.
        multiple: number that divides the sides of the network's inputs.

    Raises:
        ValueError: the radius is `limit` or more, for example the complete image.

    Example:
        >>> import keras
        >>> x = keras.Input((None, None, 1))
        >>> receptive_radius(keras.Model(x, keras.layers.Conv2D(1, 7, padding="same")(x)))
        3
    """
    channels = network.inputs[0].shape[-1]
    side = -(-(2 * limit + 1) // multiple) * multiple
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, (1, side, side, channels))
    x = tf.constant(noise, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = network(x, training=False)
        factor = outputs.shape[1] // side
        middle = slice(limit * factor, (limit + 1) * factor)
        total = tf.reduce_sum(tf.square(outputs[:, middle, middle]))
    gradient = np.abs(tape.gradient(total, x).numpy()).max(axis=(0, 3))
    radius = np.abs(np.argwhere(gradient > 0.0) - limit).max(initial=0)
    if radius >= limit:
        raise ValueError(
            f"`network` should have a receptive radius below {limit} pixels. Received: a larger "
            "one, so that images cannot be computed in tiles."
        )
    return int(radius)
