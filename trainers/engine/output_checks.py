"""Warnings of networks whose last activation function does not fit what the losses expect."""

import warnings

import keras
from keras import layers

PASSED = (layers.Flatten, layers.Identity, layers.Reshape)  # layers that leave values as they are


def warn_of_sigmoids(model):
    """Warns of a discriminator, or a generator of images in [-1, 1], that ends in a sigmoid.

    Args:
        model: an `AdversarialModel` whose networks are built.
    """
    for name in model.network_names:
        network = getattr(model, name)
        if not _ends_in_sigmoid(network):
            continue
        if "discriminator" in name:
            warnings.warn(
                f"`{name}` should return logits, to which objectives apply the sigmoid. "
                "Received: a network that ends in a sigmoid. Remove that activation function.",
                stacklevel=4,
            )
        elif model.output_sizes.get(name) == "image_shape" and _has_negative_images(model):
            warnings.warn(
                f"`{name}` should return images in [-1, 1]. Received: a network that ends in a "
                "sigmoid, in [0, 1]. Use tanh, or add a Rescaling(2.0, -1.0).",
                stacklevel=4,
            )


def _has_negative_images(model):
    shape = tuple(model.image_shape)
    return any(part.low == -1.0 and part.shape == shape for part in model.batch_format())


def _ends_in_sigmoid(network):
    """Whether the first output is that of a sigmoid; False where layers are not known."""
    if not getattr(network, "outputs", None):
        return False
    layer, tensor = None, network.outputs[0]
    while True:
        layer = tensor._keras_history.operation  # private, as in `zoo.networks.feature_taps`
        if not isinstance(layer, PASSED):
            break
        tensor = layer.input
    if isinstance(layer, keras.Model):
        return _ends_in_sigmoid(layer)
    return getattr(layer, "activation", None) is keras.activations.sigmoid
