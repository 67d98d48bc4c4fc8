"""What a network has made of its input just before it says something: features for probes."""

import keras


def penultimate_tensor(output):
    """The tensor that the last layer with weights on the way to an output reads.

    Args:
        output: a symbolic output of a functional model.

    Example:
        >>> from zoo.networks import mlp
        >>> penultimate_tensor(mlp.discriminator((8, 8, 1), width=256).output).shape
        (None, 256)
    """
    layer = output._keras_history.operation
    while not getattr(layer, "weights", []) and not isinstance(layer.input, list):
        previous = layer.input._keras_history.operation
        if previous is layer or not hasattr(previous, "input"):
            break
        layer = previous
    return layer.input[0] if isinstance(layer.input, list) else layer.input


def with_fresh_input(images, said):
    """(an input like `images`, what is said of it), for layers that are put behind a network.

    Beside its own layers they would need names that it does not have, and a network that was loaded
    has names which Keras gives again.

    Args:
        images: the input of a functional model.
        said: one or several tensors of it.

    Example:
        >>> from zoo.networks import mlp
        >>> judge = mlp.discriminator((8, 8, 1), width=256)
        >>> x, hidden = with_fresh_input(judge.input, penultimate_tensor(judge.output))
        >>> x.shape, hidden.shape
        ((None, 8, 8, 1), (None, 256))
    """
    x = keras.Input(images.shape[1:], dtype=images.dtype, name=images.name)
    return x, keras.Model(images, said)(x)
