"""Padding for networks that need sides of some multiple."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("gan_zoo")
class AnySize(layers.Layer):
    """Applies a network to images of any size: the lower and right edges are padded by reflection
    until the network can take them, and its outputs are cropped. (n, h, w, c) -> (n, h, w, c').

    Args:
        network: a Keras model, (h, w, c) -> (h, w, c').
        multiple: number that divides the sides of the network's inputs.
        least: smallest side of the network's inputs, a multiple of it too.

    Example:
        >>> inputs = keras.Input((None, None, 1))
        >>> halved = keras.Model(inputs, layers.UpSampling2D()(layers.AveragePooling2D(2)(inputs)))
        >>> AnySize(halved, multiple=2)(ops.ones((1, 5, 7, 1))).shape
        TensorShape([1, 5, 7, 1])
    """

    def __init__(self, network, multiple, least=1, **kwargs):
        super().__init__(**kwargs)
        self.network, self.multiple, self.least = network, multiple, least

    def call(self, x, training=False):
        height, width = ops.shape(x)[1:3]
        for axis, side in ((1, height), (2, width)):
            x = ops.take(x, self._reflected_indices(side), axis=axis)
        return self.network(x, training=training)[:, :height, :width]

    def _reflected_indices(self, side):
        """Returns indices 0 … side - 1, back to 0, and so on, up to the next multiple."""
        padded_side = ops.maximum(-(-side // self.multiple) * self.multiple, self.least)
        place = ops.arange(padded_side) % (2 * side)
        return ops.minimum(place, 2 * side - 1 - place)

    def compute_output_shape(self, input_shape):
        outputs = self.network.compute_output_spec(keras.KerasTensor(input_shape))
        return (*input_shape[:-1], outputs.shape[-1])

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        sides = {"multiple": self.multiple, "least": self.least}
        return super().get_config() | {"network": network} | sides

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**(config | {"network": network}))
