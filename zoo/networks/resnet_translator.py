"""The residual generator of CycleGAN (Zhu et al. 2017, §7.2), that of Johnson et al."""

import keras
from keras import layers, ops
from keras.initializers import RandomNormal

from zoo.networks.feature_taps import penultimate_tensor, with_fresh_input


def generator(
    source_channels, channels, width=64, stages=2, blocks=9, outer_kernel=7, name="generator"
):
    """x (h, w, c) -> 7x7 w -> 3x3 2w, halved -> 3x3 4w, halved -> residual blocks -> the reverse
    -> 7x7 c', tanh -> y (h, w, c'). Instance norm and ReLU between; reflection padding except
    where sides are halved or doubled. Sides of any multiple of 2**stages.

    Args:
        source_channels, channels: of x and of y.
        width: channels at full size.
        stages: how often the sides are halved.
        blocks: of two 3x3 convolutions, at the smallest size.
        outer_kernel: side of the first and the last kernel.

    Example:
        >>> generator(1, 3, width=8, blocks=2).output_shape
        (None, None, None, 3)
    """
    inputs = keras.Input((None, None, source_channels), name="source")
    x = _normed(_reflect_conv(inputs, width, outer_kernel))
    for i in range(stages):
        x = _normed(layers.Conv2D(width * 2 ** (i + 1), 3, 2, "same", **_options())(x))
    for _ in range(blocks):
        filters = width * 2**stages
        inner = _reflect_conv(_normed(_reflect_conv(x, filters, 3)), filters, 3)
        x = layers.Add()([x, _norm(inner)])
    for i in reversed(range(stages)):
        x = _normed(layers.Conv2DTranspose(width * 2**i, 3, 2, "same", **_options())(x))
    x = _reflect_conv(x, channels, outer_kernel, use_bias=True)
    x = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def min_side(stages, outer_kernel):
    """Returns the smallest side that allows reflection padding at every resolution.

    Example:
        >>> min_side(stages=2, outer_kernel=7)
        8
    """
    multiple = 2**stages
    return -(-max(2 * multiple, outer_kernel // 2 + 1) // multiple) * multiple


def middle(network):
    """Builds x -> output of the last residual block of a `generator`, or of another network the
    input of its last layer, averaged over positions.

    Example:
        >>> middle(generator(3, 3, width=8, stages=1, blocks=1)).output_shape
        (None, 16)
    """
    blocks = [layer.output for layer in network.layers if isinstance(layer, layers.Add)]
    features = blocks[-1] if blocks else penultimate_tensor(network.outputs[0])
    x, features = with_fresh_input(network.inputs[0], features)
    return keras.Model(x, layers.GlobalAveragePooling2D()(features))


def _reflect_conv(x, filters, kernel, use_bias=False):
    """Convolution of the same size with reflection padding: zero padding leaves artifacts."""
    sides = ((kernel - 1) // 2, kernel // 2)
    x = ops.pad(x, ((0, 0), sides, sides, (0, 0)), mode="reflect")
    return layers.Conv2D(filters, kernel, **(_options() | {"use_bias": use_bias}))(x)


def _normed(x):
    return layers.ReLU()(_norm(x))


def _norm(x):
    return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)


def _options():
    return {"use_bias": False, "kernel_initializer": RandomNormal(stddev=0.02)}
