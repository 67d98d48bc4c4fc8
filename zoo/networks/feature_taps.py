"""Access to the features of a network, for linear probes and feature losses."""

import keras


def penultimate_tensor(output):
    """Returns the input of the last layer, or nested model, with weights before an output.

    Args:
        output: a symbolic output of a functional model.

    Example:
        >>> from zoo.networks import mlp
        >>> penultimate_tensor(mlp.discriminator((8, 8, 1), width=256).output).shape
        (None, 256)
    """
    layer, inputs = _source(output)
    while not getattr(layer, "weights", []) and len(inputs) == 1:
        previous, previous_inputs = _source(inputs[0])
        if not previous_inputs:
            break
        layer, inputs = previous, previous_inputs
    return inputs[0]


def _source(tensor):
    """Returns (the layer that outputs a tensor, its inputs in this call): a layer, or a model that
    is used as one, has other inputs in each call."""
    history = tensor._keras_history
    node = history.operation._inbound_nodes[history.node_index]
    return history.operation, node.input_tensors


def with_fresh_input(images, outputs):
    """Returns (a new input like `images`, the outputs for it), for models with further layers.

    Layers appended to a network directly can clash in name: a loaded network has names that Keras
    assigns again.

    Args:
        images: the input of a functional model.
        outputs: one or several symbolic tensors computed from it.

    Example:
        >>> from zoo.networks import mlp
        >>> d = mlp.discriminator((8, 8, 1), width=256)
        >>> x, hidden = with_fresh_input(d.input, penultimate_tensor(d.output))
        >>> x.shape, hidden.shape
        ((None, 8, 8, 1), (None, 256))
    """
    x = keras.Input(images.shape[1:], dtype=images.dtype, name=images.name)
    return x, keras.Model(images, outputs)(x)
