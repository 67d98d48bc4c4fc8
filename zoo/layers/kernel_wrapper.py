"""Wrapper of layers that are called with a reparametrised kernel."""

import keras
from keras import layers, ops

TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
WRAPPABLE = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D, *TRANSPOSED)


class KernelWrapper(layers.Wrapper):
    """Base class of reparametrisations: `call` of a subclass computes the kernel to use.

    The kernel of the wrapped layer is read in float32, regardless of its precision, and never
    assigned.

    Args:
        layer: Dense, or a convolution, transposed or not; without another wrapper.

    Raises:
        TypeError: for another layer.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, WRAPPABLE) or isinstance(layer, layers.DepthwiseConv2D):
            raise TypeError(
                f"`layer` should be Dense, Conv1D, Conv2D, Conv3D or a transposed one. "
                f"Received: layer={layer!r}"
            )
        kwargs["dtype"] = layer.dtype_policy
        super().__init__(layer, autocast=False, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.built = True

    def num_outputs(self):
        """Returns the number of outputs of the layer, and of rows of `matrix()`."""
        return self.layer.kernel.shape[-2 if isinstance(self.layer, TRANSPOSED) else -1]

    def matrix(self):
        """Returns the kernel as a matrix with a row for each output: (out, in·h·w), float32."""
        kernel = ops.cast(self.layer.kernel, "float32")
        if isinstance(self.layer, TRANSPOSED):  # axes: outputs before inputs
            kernel = ops.swapaxes(kernel, -1, -2)
        return ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))

    def per_output(self, values):
        """Reshapes a value for each output to be multiplied with the kernel."""
        return values[:, None] if isinstance(self.layer, TRANSPOSED) else values

    def call_with_kernel(self, kernel, inputs):
        """Returns the outputs of the layer with this kernel."""
        # A scope hides an outer scope: its values of the other variables are passed on.
        values = {id(v): (v, v.value) for v in self.layer.variables}
        values[id(self.layer.kernel)] = self.layer.kernel, kernel
        with keras.StatelessScope(values.values(), collect_losses=True) as scope:
            outputs = self.layer(inputs)
        for loss in scope.losses:  # of an activity regularizer
            self.add_loss(loss)
        return outputs

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)
