"""Frozen networks in whose features images are compared, rather than pixel by pixel."""

import keras
from keras import layers
from keras.initializers import Orthogonal


def vgg19(layer="block5_conv4"):
    """VGG19 trained on ImageNet: x (h, w, 3) in [-1, 1] -> what a layer says of it, behind its
    ReLU, over 12.75; the layer is named as in Keras, "block5_conv4" being the φ₅,₄ of SRGAN, whose
    scale it is (§3.2).

    Its weights, 80 MB, are fetched at the first call.

    Raises:
        ConnectionError: where they cannot be.
        ValueError: for a layer that it has not.

    Source: Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556

    Example:
        >>> import zoo
        >>> model = zoo.SRGAN(content=vgg19())  # doctest: +SKIP
    """
    try:
        whole = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception for what it cannot fetch
        raise ConnectionError(
            "VGG19's weights could not be fetched; `networks.content.filters` needs none. "
            f"Keras says: {error}"
        ) from error
    known = [named.name for named in whole.layers]
    if layer not in known:
        raise ValueError(f"`layer` should be of {', '.join(known)}. Received: layer={layer!r}")
    return from_vgg(keras.Model(whole.inputs[0], whole.get_layer(layer).output))


def from_vgg(network):
    """A part of VGG for images in [-1, 1], its answer over 12.75.

    Example:
        >>> inputs = keras.Input((None, None, 3))
        >>> from_vgg(keras.Model(inputs, layers.Conv2D(8, 3)(inputs))).output_shape
        (None, None, None, 8)
    """
    inputs = keras.Input((None, None, 3), name="images")
    pixels = layers.Rescaling(127.5, offset=127.5, dtype="float32")(inputs)
    # What Keras' `preprocess_input` does: blue first, less the mean colour of ImageNet.
    pixels = keras.ops.flip(pixels, axis=-1)
    mean = {"mean": [103.939, 116.779, 123.68], "variance": [1.0, 1.0, 1.0]}
    said = network(layers.Normalization(**mean, dtype="float32")(pixels))
    features = layers.Rescaling(1.0 / 12.75, dtype="float32")(said)
    return keras.Model(inputs, features, name="content")


def average_pooling(channels, side=4, name="content"):
    """x (h, w, c) -> (h / side, w / side, c), the mean of each square of pixels: where things are,
    and nothing of what they are made of.

    Example:
        >>> average_pooling(3)(keras.ops.zeros((5, 16, 24, 3))).shape
        TensorShape([5, 4, 6, 3])
    """
    inputs = keras.Input((None, None, channels), name="images")
    return keras.Model(inputs, layers.AveragePooling2D(side, dtype="float32")(inputs), name=name)


def random_filters(channels, width=32, levels=3, seed=0, name="content"):
    """x (h, w, c) -> a map (h / 2**i, w / 2**i, width) for each level: 3x3 filters that nobody has
    trained, ReLU, on the means of 2x2 of what the level before said.

    They look at 3, 8 and 18 pixels at a time. Orthogonal filters keep distances: of the first map,
    where there are at least as many as a patch has numbers, no direction of a patch is overlooked.
    Sides of any multiple of
    2**(levels - 1). Source: Ustyuzhaninov et al. 2016, https://arxiv.org/abs/1606.00021, for
    textures.

    Args:
        channels: of x.
        width: filters of a level.
        levels: how many maps.
        seed: of the filters.

    Example:
        >>> [m.shape[-1] for m in random_filters(3, width=8)(keras.ops.zeros((5, 16, 16, 3)))]
        [8, 8, 8]
    """
    inputs = x = keras.Input((None, None, channels), name="images")
    maps = []
    for i in range(levels):
        x = layers.AveragePooling2D(2)(x) if i else x
        start = Orthogonal(gain=2.0**0.5, seed=seed + i)
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=start)(x)
        x = layers.ReLU(dtype="float32")(x)
        maps.append(x)
    return keras.Model(inputs, maps, name=name)


def from_network(network, name="content"):
    """x (h, w, c) of any size -> what each activation of a trained network says of places of an
    image, up to where it says one thing of all: φ from a model that learned without labels.

    Args:
        network: a functional model of one image, such as `model.discriminator` of a DCGAN.

    Raises:
        ValueError: for a network of several inputs, of no image, or without convolutions.

    Example:
        >>> import zoo
        >>> judge = zoo.DCGAN(image_shape=(8, 8, 1), width=4).discriminator
        >>> [m.shape for m in from_network(judge)(keras.ops.zeros((5, 16, 24, 1)))]
        [TensorShape([5, 8, 12, 4]), TensorShape([5, 4, 6, 8])]
        >>> model = zoo.SRGAN((16, 16, 1), width=4, blocks=1, content=from_network(judge))
    """
    convolutions = [n for n in network.layers if isinstance(n, layers.Conv2D)]
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4 or not convolutions:
        raise ValueError(
            "`network` should read one image by convolutions. "
            f"Received: {network.name}, of {len(network.inputs)} inputs and "
            f"{len(convolutions)} convolutions."
        )
    activations = (layers.Activation, layers.LeakyReLU, layers.ReLU)
    maps = [n.output for n in network.layers if isinstance(n, activations)]
    maps = [said for said in maps if len(said.shape) == 4 and said is not network.outputs[0]]
    maps = maps or [convolutions[-1].output]
    trunk = keras.Model(network.inputs[0], maps)
    anywhere = keras.Input((None, None, network.inputs[0].shape[-1]), name="images")
    copy = keras.models.clone_model(trunk, input_tensors=anywhere)
    copy.set_weights(trunk.get_weights())
    return keras.Model(anywhere, copy.outputs, name=name)
