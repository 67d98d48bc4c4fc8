"""3D convolutions of stride 2 with fast gradients on CPUs.

TensorFlow's CPU kernels are some hundred times slower for the gradients of a strided 3D convolution
than with stride 1: a step of 3D-GAN takes half a minute. A kernel of 4 with stride 2 is equivalent
to a kernel of 2 with stride 1 on blocks of 2x2x2 voxels, which these layers compute. Weights and
outputs are those of the Keras layers they derive from.
"""

import keras
from keras import layers, ops

PADS = ((0, 0), (1, 1), (1, 1), (1, 1), (0, 0))


@keras.saving.register_keras_serializable("gan_zoo")
class HalvingConv3D(layers.Conv3D):
    """`Conv3D(filters, 4, strides=2, padding="same")`: (n, 2d, 2h, 2w, c) -> (n, d, h, w, filters).

    Args:
        filters: channels of the output.
        **kwargs: as for Conv3D, except kernel size, strides, padding, data format and dilation,
            which are fixed, and groups.

    Raises:
        ValueError: for groups, and for sides that are odd or unknown.

    Example:
        >>> HalvingConv3D(16)(ops.zeros((5, 8, 8, 8, 1))).shape
        TensorShape([5, 4, 4, 4, 16])
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, **(kwargs | FIXED))
        if self.groups != 1:
            raise ValueError(f"`groups` should be 1. Received: groups={self.groups}")

    def build(self, input_shape):
        _check_sides(self, input_shape, "even")
        super().build(input_shape)

    def convolution_op(self, inputs, kernel):
        blocks = into_blocks(ops.pad(inputs, PADS))
        return ops.conv(blocks, kernel_of_blocks(kernel), 1, "valid")


@keras.saving.register_keras_serializable("gan_zoo")
class DoublingConv3D(layers.Conv3DTranspose):
    """`Conv3DTranspose(filters, 4, strides=2, padding="same")`: (n, d, h, w, c) -> (n, 2d, 2h, 2w,
    filters).

    Args:
        filters: channels of the output.
        **kwargs: as for Conv3DTranspose, except kernel size, strides, padding, data format and
            dilation, which are fixed.

    Raises:
        ValueError: for unknown sides.

    Example:
        >>> DoublingConv3D(16)(ops.zeros((5, 4, 4, 4, 1))).shape
        TensorShape([5, 8, 8, 8, 16])
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, **(kwargs | FIXED))

    def build(self, input_shape):
        _check_sides(self, input_shape, "known")
        super().build(input_shape)

    def call(self, inputs):
        # The adjoint of HalvingConv3D: flip the kernel, and swap its inputs and outputs.
        kernel = ops.flip(kernel_of_blocks(self.kernel), axis=(0, 1, 2))
        blocks = ops.conv(ops.pad(inputs, PADS), ops.swapaxes(kernel, 3, 4), 1, "valid")
        outputs = out_of_blocks(blocks)[:, 1:-1, 1:-1, 1:-1]
        if self.use_bias:
            outputs = outputs + ops.cast(self.bias, outputs.dtype)
        return self.activation(outputs) if self.activation is not None else outputs


FIXED = {"kernel_size": 4, "strides": 2, "padding": "same", "data_format": "channels_last"}


def _check_sides(layer, shape, required):
    if any(side is None or (required == "even" and side % 2) for side in shape[1:4]):
        raise ValueError(
            f"{type(layer).__name__} should get voxels whose sides are {required}. "
            f"Received: shape={tuple(shape)}"
        )


def into_blocks(x):
    """Gathers 2x2x2 voxels into channels: (n, 2d, 2h, 2w, c) -> (n, d, h, w, 8c).

    Example:
        >>> into_blocks(ops.zeros((5, 8, 8, 8, 3))).shape
        TensorShape([5, 4, 4, 4, 24])
    """
    depth, height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, depth // 2, 2, height // 2, 2, width // 2, 2, channels))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4, 6, 7))
    return ops.reshape(x, (-1, depth // 2, height // 2, width // 2, 8 * channels))


def out_of_blocks(x):
    """Inverse of `into_blocks`.

    Example:
        >>> x = ops.reshape(ops.arange(64), (1, 4, 4, 4, 1))
        >>> bool(ops.all(out_of_blocks(into_blocks(x)) == x))
        True
    """
    depth, height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, depth, height, width, 2, 2, 2, channels // 8))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3, 6, 7))
    return ops.reshape(x, (-1, 2 * depth, 2 * height, 2 * width, channels // 8))


def kernel_of_blocks(kernel):
    """Rearranges a kernel for voxels into one for blocks: (4, 4, 4, c, f) -> (2, 2, 2, 8c, f).

    Example:
        >>> kernel_of_blocks(ops.zeros((4, 4, 4, 3, 16))).shape
        TensorShape([2, 2, 2, 24, 16])
    """
    *_, channels, filters = kernel.shape
    kernel = ops.reshape(kernel, (2, 2, 2, 2, 2, 2, channels, filters))
    kernel = ops.transpose(kernel, (0, 2, 4, 1, 3, 5, 6, 7))
    return ops.reshape(kernel, (2, 2, 2, 8 * channels, filters))
