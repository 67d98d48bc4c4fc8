"""PatchGAN (Isola et al. 2017, §3.2.2): a discriminator of independent patches."""

import keras
from keras import layers
from keras.initializers import RandomNormal


def discriminator(
    channels, width=64, stages=3, norm=True, condition_channels=0, name="discriminator"
):
    """x (h, w, c) [, a condition (h, w, k)] -> w -> 2w -> 4w, LeakyReLU .2, each halved by 4x4
    -> 8w -> logits (h', w', 1), one for each patch.

    Args:
        channels: of x.
        width: of the first stage.
        stages: how often the sides are halved; the receptive field of a logit is 16, 34, 70, 142,
            286 pixels for 1 to 5, and one pixel for 0, where all kernels are 1x1.
        norm: instance norm, except in the first and the last layer.
        condition_channels: channels of the condition; 0 for none.

    Example:
        >>> discriminator(3, width=8, stages=3)(keras.ops.zeros((5, 64, 64, 3))).shape
        TensorShape([5, 6, 6, 1])
        >>> discriminator(3, width=8, condition_channels=1).output_shape
        (None, None, None, 1)
    """
    inputs = x = keras.Input((None, None, channels), name="images")
    if condition_channels:
        inputs = [x, keras.Input((None, None, condition_channels), name="source")]
        x = layers.Concatenate()(inputs)
    kernel = 4 if stages else 1

    def convolution(x, filters, stride, normed):
        # PyTorch's padding of one on each side: n becomes n/2 with stride 2, n - 1 with stride 1.
        x = layers.ZeroPadding2D(1)(x) if kernel > 1 else x
        initializer = RandomNormal(stddev=0.02)
        options = {"use_bias": not normed, "kernel_initializer": initializer}
        x = layers.Conv2D(filters, kernel, stride, **options)(x)
        return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x) if normed else x

    widths = [width * min(2**i, 8) for i in range(stages + 1)] if stages else [width, 2 * width]
    for i, filters in enumerate(widths):
        stride = 2 if i < stages else 1
        x = layers.LeakyReLU(0.2)(convolution(x, filters, stride, normed=norm and i > 0))
    last = convolution(x, 1, 1, normed=False)
    logits = layers.Activation("linear", dtype="float32", name="logits")(last)
    return keras.Model(inputs, logits, name=name)


def min_side(stages):
    """Returns the smallest side of images that have a logit.

    Example:
        >>> [min_side(stages) for stages in range(4)]
        [1, 6, 12, 24]
    """
    return 3 * 2**stages if stages else 1


def receptive_field(stages):
    """Returns the receptive field of a logit: the side of its patch, in pixels.

    Example:
        >>> [receptive_field(stages) for stages in range(6)]
        [1, 16, 34, 70, 142, 286]
    """
    if not stages:
        return 1
    side = 1
    for stride in [1, 1] + [2] * stages:
        side = (side - 1) * stride + 4
    return side
