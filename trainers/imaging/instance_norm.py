"""Instance normalisation of images that are too large to be computed at once."""

import keras
from keras import layers


def as_batch_norm(network):
    """Returns a network with the weights of another and batch norm in the place of instance norm.

    Instance norm of an image is batch norm of its parts: called with the parts of an image and
    training=True, the network keeps their moments; then, with training=False, it computes any part
    as it would be computed within the image, but for edges. Other layers are shared.

    Args:
        network: a functional Keras model, (n, h, w, c) -> (n, h', w', c').

    Raises:
        ValueError: it has batch norm of its own, whose moments training=True would change.

    Example:
        >>> import numpy as np
        >>> x = keras.Input((None, None, 1))
        >>> network = keras.Model(x, layers.GroupNormalization(groups=-1, epsilon=0.0)(x))
        >>> image = np.array([1.0, 3.0, 5.0, 7.0], "float32").reshape(1, 2, 2, 1)
        >>> fixed = as_batch_norm(network)
        >>> _ = fixed(image, training=True)
        >>> bool(np.allclose(fixed(image[:, :1]), network(image)[:, :1]))
        True
    """

    if any(isinstance(layer, layers.BatchNormalization) for layer in network.layers):
        raise ValueError("`network` should have no batch norm of its own.")

    def call(layer, *args, **kwargs):
        if not is_instance_norm(layer):
            return layer(*args, **kwargs)
        norm = layers.BatchNormalization(
            momentum=0.0,
            epsilon=layer.epsilon,
            center=layer.center,
            scale=layer.scale,
            dtype=layer.dtype_policy,
        )
        outputs = norm(*args)
        for name, used in (("gamma", layer.scale), ("beta", layer.center)):
            if used:
                getattr(norm, name).assign(getattr(layer, name))
        return outputs

    return keras.models.clone_model(network, clone_function=lambda x: x, call_function=call)


def is_instance_norm(layer):
    """Whether a built layer is instance normalisation.

    Example:
        >>> norm = layers.GroupNormalization(groups=-1)
        >>> norm.build((None, 8, 8, 4))
        >>> is_instance_norm(norm)
        True
    """
    return isinstance(layer, layers.GroupNormalization) and (
        layer.groups == layer.input_spec.axes[layer.axis]
    )
