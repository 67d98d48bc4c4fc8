"""What a network has made of its input just before it says something: features for probes."""


def read_by(output):
    """The tensor that the last layer with weights on the way to an output reads.

    Args:
        output: a symbolic output of a functional model.

    Example:
        >>> from zoo.networks import mlp
        >>> read_by(mlp.discriminator((8, 8, 1), width=256).output).shape
        (None, 256)
    """
    layer = output._keras_history.operation
    while not getattr(layer, "weights", []) and not isinstance(layer.input, list):
        previous = layer.input._keras_history.operation
        if previous is layer or not hasattr(previous, "input"):
            break
        layer = previous
    return layer.input[0] if isinstance(layer.input, list) else layer.input
