"""The SavedModel of a model's signatures, which `model.export` and `trainers.export` write."""

import keras
import tensorflow as tf
from keras import tree

from trainers import noise


def archive_of(model):
    """Returns a `keras.export.ExportArchive` of a model's signatures, to be written to a folder.

    Args:
        model: an `AdversarialModel`. The first of `model.signatures()` is "serving_default" too.

    Raises:
        ValueError: for a model without signatures, or a subclassed network, whose inputs have no
            names.
    """
    networks = model.averaged().signatures()
    shapeless = [name for name, network in networks.items() if not hasattr(network, "inputs")]
    if shapeless:
        raise ValueError(
            f"`model` should have functional networks, whose inputs have names: "
            f"{', '.join(shapeless)} is a subclassed one."
        )
    if not networks:
        raise ValueError(f"`model` should have signatures. Received: {type(model).__name__}.")
    archive = keras.export.ExportArchive()
    for name, network in networks.items():
        archive.add_endpoint(name, *_endpoint(network))
    archive.add_endpoint("serving_default", *_endpoint(next(iter(networks.values()))))
    return archive


def _endpoint(network):
    """A function from named inputs to named outputs, and the input signature of the function."""
    if isinstance(network, keras.Sequential):
        network = keras.Model(network.inputs, network.outputs)
    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype, name=x.name) for x in network.inputs]

    def serve(*inputs):
        # A network that draws noise draws new noise at each request.
        with noise.stream(tf.random.uniform((), maxval=2**31 - 1, dtype="int64"), label="served"):
            outputs = network(tree.pack_sequence_as(network.input, inputs), training=False)
        return dict(zip(network.output_names, tree.flatten(outputs), strict=True))

    return serve, signature
