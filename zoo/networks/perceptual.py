"""Frozen networks for perceptual losses, which compare images by features instead of pixels."""

import keras
from keras import layers
from keras.initializers import Orthogonal


def vgg19(layer="block5_conv4"):
    """VGG19 trained on ImageNet: x (h, w, 3) in [-1, 1] -> activations of a layer, after its ReLU,
    divided by 12.75, as in SRGAN (§3.2). The layer is named as in Keras; "block5_conv4" is the φ₅,₄
    of SRGAN.

    The weights, 80 MB, are downloaded at the first call.

    Raises:
        ConnectionError: if the weights cannot be downloaded.
        ValueError: for an unknown layer.

    Source: Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556

    Example:
        >>> import zoo
        >>> model = zoo.SRGAN(content=vgg19())  # doctest: +SKIP
    """
    try:
        vgg = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception if a download fails
        raise ConnectionError(
            "VGG19's weights could not be downloaded; `perceptual.random_filters` needs none. "
            f"Keras' error: {error}"
        ) from error
    known = [named.name for named in vgg.layers]
    if layer not in known:
        raise ValueError(f"`layer` should be one of {', '.join(known)}. Received: layer={layer!r}")
    return from_vgg(keras.Model(vgg.inputs[0], vgg.get_layer(layer).output))


def from_vgg(network):
    """Wraps a part of VGG for images in [-1, 1], its activations divided by 12.75.

    Example:
        >>> inputs = keras.Input((None, None, 3))
        >>> from_vgg(keras.Model(inputs, layers.Conv2D(8, 3)(inputs))).output_shape
        (None, None, None, 8)
    """
    inputs = keras.Input((None, None, 3), name="images")
    pixels = layers.Rescaling(127.5, offset=127.5, dtype="float32")(inputs)
    # As Keras' `preprocess_input`: BGR channels, minus the mean colour of ImageNet.
    pixels = keras.ops.flip(pixels, axis=-1)
    mean = {"mean": [103.939, 116.779, 123.68], "variance": [1.0, 1.0, 1.0]}
    activations = network(layers.Normalization(**mean, dtype="float32")(pixels))
    features = layers.Rescaling(1.0 / 12.75, dtype="float32")(activations)
    return keras.Model(inputs, features, name="content")


def average_pooling(channels, side=4, name="content"):
    """x (h, w, c) -> (h / side, w / side, c), the mean of each square of pixels, which keeps the
    layout but no texture.

    Example:
        >>> average_pooling(3)(keras.ops.zeros((5, 16, 24, 3))).shape
        TensorShape([5, 4, 6, 3])
    """
    inputs = keras.Input((None, None, channels), name="images")
    return keras.Model(inputs, layers.AveragePooling2D(side, dtype="float32")(inputs), name=name)


def random_filters(channels, width=32, levels=3, seed=0, name="content"):
    """Randomly initialised filters: x (h, w, c) -> a map (h / 2**i, w / 2**i, width) for each
    level, of 3x3 convolutions with ReLU on 2x2 means of the previous map.

    The receptive fields are 3, 8 and 18 pixels wide. Orthogonal filters preserve distances: if the
    first map has at least as many filters as a patch has values, it loses no direction of a patch.
    Sides of any multiple of 2**(levels - 1). Source: Ustyuzhaninov et al. 2016,
    https://arxiv.org/abs/1606.00021, for textures.

    Args:
        channels: of x.
        width: filters per level.
        levels: number of maps.
        seed: of the filters.

    Example:
        >>> [m.shape[-1] for m in random_filters(3, width=8)(keras.ops.zeros((5, 16, 16, 3)))]
        [8, 8, 8]
    """
    inputs = x = keras.Input((None, None, channels), name="images")
    maps = []
    for i in range(levels):
        x = layers.AveragePooling2D(2)(x) if i else x
        initializer = Orthogonal(gain=2.0**0.5, seed=seed + i)
        options = {"use_bias": False, "kernel_initializer": initializer}
        x = layers.Conv2D(width, 3, padding="same", **options)(x)
        x = layers.ReLU(dtype="float32")(x)
        maps.append(x)
    return keras.Model(inputs, maps, name=name)


def from_network(network, name="content"):
    """Feature maps of a trained network: x (h, w, c) of any size -> each of its spatial
    activations, for φ from a model that was trained without labels.

    Args:
        network: a functional model with one image input, such as `model.discriminator` of a DCGAN.

    Raises:
        ValueError: for a network with several inputs, without an image input, or without
            convolutions.

    Example:
        >>> import zoo
        >>> network = zoo.DCGAN(image_shape=(8, 8, 1), width=4).discriminator
        >>> [m.shape for m in from_network(network)(keras.ops.zeros((5, 16, 24, 1)))]
        [TensorShape([5, 8, 12, 4]), TensorShape([5, 4, 6, 8])]
        >>> model = zoo.SRGAN((16, 16, 1), width=4, blocks=1, content=from_network(network))
    """
    convolutions = [n for n in network.layers if isinstance(n, layers.Conv2D)]
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4 or not convolutions:
        raise ValueError(
            "`network` should have one image input and convolutions. "
            f"Received: {network.name}, with {len(network.inputs)} inputs and "
            f"{len(convolutions)} convolutions."
        )
    activations = (layers.Activation, layers.LeakyReLU, layers.ReLU)
    maps = [n.output for n in network.layers if isinstance(n, activations)]
    maps = [x for x in maps if len(x.shape) == 4 and x is not network.outputs[0]]
    maps = maps or [convolutions[-1].output]
    trunk = keras.Model(network.inputs[0], maps)
    anywhere = keras.Input((None, None, network.inputs[0].shape[-1]), name="images")
    copy = keras.models.clone_model(trunk, input_tensors=anywhere)
    copy.set_weights(trunk.get_weights())
    return keras.Model(anywhere, copy.outputs, name=name)
