"""Where class labels enter a network."""

from keras import layers, ops


def one_hot(labels, classes):
    """Class numbers (batch,) -> one-hot (batch, classes)."""
    return ops.one_hot(labels, classes)


def append(x, code):
    """x ⊕ code: as further features, or as constant maps beside those of an image.

    Source: Mirza & Osindero 2014, §3.1; for every layer of both networks, Radford et al. 2016.
    """
    if len(x.shape) == 4:
        height, width, _ = x.shape[1:]
        code = layers.UpSampling2D((height, width))(layers.Reshape((1, 1, -1))(code))
    return layers.Concatenate()([x, code])
