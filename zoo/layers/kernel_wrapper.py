"""Layers that are called with another kernel than the one that they keep."""

import keras
from keras import layers, ops

TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
TAKEN = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D, *TRANSPOSED)


class KernelWrapper(layers.Wrapper):
    """Base of reparametrisations: a subclass says in `call` which kernel to use instead.

    The kernel of the wrapped layer is read in float32, whatever its precision, and never assigned.

    Args:
        layer: Dense, or a convolution, transposed or not; not yet in another wrapper.

    Raises:
        TypeError: for another layer.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, TAKEN) or isinstance(layer, layers.DepthwiseConv2D):
            raise TypeError(
                f"`layer` should be Dense, Conv1D, Conv2D, Conv3D or a transposed one. "
                f"Received: layer={layer!r}"
            )
        kwargs["dtype"] = layer.dtype_policy
        super().__init__(layer, autocast=False, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.built = True

    def outputs(self):
        """How many outputs the layer has: rows of the matrix."""
        return self.layer.kernel.shape[-2 if isinstance(self.layer, TRANSPOSED) else -1]

    def matrix(self):
        """The kernel as a matrix, a row for each output: (out, in·height·width), float32."""
        kernel = ops.cast(self.layer.kernel, "float32")
        if isinstance(self.layer, TRANSPOSED):  # whose outputs come before their inputs
            kernel = ops.swapaxes(kernel, -1, -2)
        return ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))

    def along_outputs(self, values):
        """One number for each output, as it is multiplied with the kernel."""
        return values[:, None] if isinstance(self.layer, TRANSPOSED) else values

    def called_with(self, kernel, inputs):
        """What the layer answers when its kernel is this one."""
        # A scope hides the one around it: what that one says of the bias has to be said again.
        values = {id(v): (v, v.value) for v in self.layer.variables}
        values[id(self.layer.kernel)] = self.layer.kernel, kernel
        with keras.StatelessScope(values.values(), collect_losses=True) as scope:
            outputs = self.layer(inputs)
        for loss in scope.losses:  # of an activity regularizer
            self.add_loss(loss)
        return outputs

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
