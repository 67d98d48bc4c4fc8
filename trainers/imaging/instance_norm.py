"""Instance normalisation of images that are too large to be computed at once."""

import keras
from keras import layers


class MeasuredNorm(layers.BatchNormalization):
    """Batch norm by the moments of the inputs of the last call while `measures` was True.

    Instance norm of an image is batch norm of its parts: after it has measured parts of the image,
    this norm computes any part as it would be computed within the image, but for edges.

    Example:
        >>> from keras import ops
        >>> norm = MeasuredNorm(momentum=0.0, epsilon=0.0)
        >>> norm.measures = True
        >>> _ = norm(ops.array([[1.0], [3.0]]))
        >>> norm.measures = False
        >>> float(norm(ops.array([[4.0]]))[0, 0])  # mean 2, deviation 1
        2.0
    """

    measures = False

    def call(self, inputs, training=None):
        return super().call(inputs, training=self.measures)


def with_measured_norm(network):
    """Returns a network with the weights of another, and `MeasuredNorm` for its instance norm.

    Other layers are shared.

    Args:
        network: a functional Keras model, (n, h, w, c) -> (n, h', w', c').

    Example:
        >>> import numpy as np
        >>> x = keras.Input((None, None, 1))
        >>> network = keras.Model(x, layers.GroupNormalization(groups=-1, epsilon=0.0)(x))
        >>> image = np.array([1.0, 3.0, 5.0, 7.0], "float32").reshape(1, 2, 2, 1)
        >>> measured = with_measured_norm(network)
        >>> measure(measured, image)
        >>> bool(np.allclose(measured(image[:, :1]), network(image)[:, :1]))
        True
    """

    def call(layer, *args, **kwargs):
        if not is_instance_norm(layer):
            return layer(*args, **kwargs)
        options = {"center": layer.center, "scale": layer.scale, "dtype": layer.dtype_policy}
        norm = MeasuredNorm(momentum=0.0, epsilon=layer.epsilon, **options)
        outputs = norm(*args)
        for name in ("gamma",) * layer.scale + ("beta",) * layer.center:
            getattr(norm, name).assign(getattr(layer, name))
        return outputs

    return keras.models.clone_model(network, clone_function=lambda x: x, call_function=call)


def measure(network, images):
    """Normalises from now on by the moments of images (n, h, w, c), parts of one image.

    Args:
        network: that of `with_measured_norm`.
        images: an array.

    Example: see `with_measured_norm`.

        >>> measure(keras.Sequential([layers.Identity()]), [[1.0]])  # without such layers
    """
    norms = [layer for layer in network.layers if isinstance(layer, MeasuredNorm)]
    for norm in norms:
        norm.measures = True
    try:
        if norms:
            network(images, training=False)
    finally:
        for norm in norms:
            norm.measures = False


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
