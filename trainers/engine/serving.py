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
    served = networks | {"serving_default": next(iter(networks.values()))}
    for name, network in served.items():
        archive.add_endpoint(name, *_endpoint(network, _class_count(model)))
    return archive


def _class_count(model):
    """The number of classes that a batch of the model is labelled with; 0 without labels."""
    return max((int(part.high) + 1 for part in model.batch_format() if part.integer), default=0)


def _endpoint(network, classes):
    """A function from named inputs to named outputs, and the input signature of the function."""
    if isinstance(network, keras.Sequential):
        network = keras.Model(network.inputs, network.outputs)
    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype, name=x.name) for x in network.inputs]

    def serve(*inputs):
        for spec, values in zip(signature, inputs, strict=True):
            if spec.dtype.is_integer and classes:
                _assert_classes(spec.name, values, classes)
        n = tf.shape(inputs[0])[0]
        inputs = [_at_least_one_row(*pair) for pair in zip(inputs, signature, strict=True)]
        # A network that draws noise draws new noise at each request.
        with noise.stream(tf.random.uniform((), maxval=2**31 - 1, dtype="int64"), label="served"):
            outputs = network(tree.pack_sequence_as(network.input, inputs), training=False)
        outputs = [output[:n] for output in tree.flatten(outputs)]
        return dict(zip(network.output_names, outputs, strict=True))

    return serve, signature


def _assert_classes(name, labels, classes):
    """Adds an assertion to the graph that class numbers are in range: `one_hot` takes any."""
    in_range = tf.reduce_all((labels >= 0) & (labels < classes))
    text = f"`{name}` should be in 0 to {classes - 1}. Received:"
    tf.debugging.Assert(in_range, [text, labels])


def _at_least_one_row(values, spec):
    """Adds a row of zeros to an empty batch: many an operation fails on one, or loses its shape."""
    missing = tf.cast(tf.shape(values)[0] == 0, tf.int32)
    padding = tf.pad([[0, missing]], [[0, spec.shape.rank - 1], [0, 0]])
    return tf.ensure_shape(tf.pad(values, padding), spec.shape)
