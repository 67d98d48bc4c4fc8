"""The SavedModel of a model's signatures, which `model.export` and `trainers.export` write."""

import dataclasses

import keras
import tensorflow as tf
from keras import tree

from trainers import noise
from trainers.engine import batch_spec


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
    endpoints = {name: _endpoint(model, name, network) for name, network in networks.items()}
    for name, endpoint in endpoints.items():
        archive.add_endpoint(name, *endpoint)
    archive.add_endpoint("serving_default", *next(iter(endpoints.values())))
    return archive


def _endpoint(model, name, network):
    """A function from named inputs to named outputs, and the input signature of the function."""
    if isinstance(network, keras.Sequential):
        network = keras.Model(network.inputs, network.outputs)
    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype, name=x.name) for x in network.inputs]
    images = signature[0].name if name != "generate" else None
    fields = [_field(model, spec, is_image=spec.name == images) for spec in signature]

    def serve(*inputs):
        for field, values in zip(fields, inputs, strict=True):
            field.check_values(values)
        n = tf.shape(inputs[0])[0]
        inputs = [_at_least_one_row(*pair) for pair in zip(inputs, signature, strict=True)]
        # A network that draws noise draws new noise at each request.
        with noise.stream(tf.random.uniform((), maxval=2**31 - 1, dtype="int64"), label="served"):
            outputs = network(tree.pack_sequence_as(network.input, inputs), training=False)
        outputs = [output[:n] for output in tree.flatten(outputs)]
        return dict(zip(network.output_names, outputs, strict=True))

    return serve, signature


def _field(model, spec, is_image):
    """The `FieldSpec` of an input: class numbers, images as the model infers from, or floats."""
    shape = spec.shape[1:]
    if spec.dtype.is_integer:
        labels = [part for part in model.batch_format() if part.integer]
        high = labels[0].high if labels else None
        return batch_spec.FieldSpec(spec.name, shape, low=0, high=high, integer=True)
    if is_image:
        x = model.batch_format()[0]
        return dataclasses.replace(x, name=spec.name, shape=shape, overshoot=model.overshoot)
    return batch_spec.FieldSpec(spec.name, shape)


def _at_least_one_row(values, spec):
    """Adds a row of zeros to an empty batch: many an operation fails on one, or loses its shape."""
    missing = tf.cast(tf.shape(values)[0] == 0, tf.int32)
    padding = tf.pad([[0, missing]], [[0, spec.shape.rank - 1], [0, 0]])
    return tf.ensure_shape(tf.pad(values, padding), spec.shape)
