"""Export of SavedModels for TF Serving: <name>/<version>/, with one signature per request.

The exported networks are those of `model.averaged()`, in inference mode: EMA weights where there
are any, with the batch statistics that belong to them.
"""

from pathlib import Path

import keras
import tensorflow as tf
from keras import tree

from trainers import files, noise


def save(model, folder):
    """Writes a SavedModel with the signatures of a model.

    Args:
        model: a model of the zoo. `model.signatures()` names the signatures, such as "generate";
            the first is "serving_default" too. A signature takes the inputs of its network by their
            names, such as "latent", with any batch size, and returns the outputs by their names.
        folder: a path that ends in a version number, as TF Serving requires: "models/digits/1".

    Returns:
        The `pathlib.Path` of the folder, which is complete: it is written under another name first.

    Raises:
        ValueError: for a folder whose name is no version number, a model without signatures, or a
            subclassed network, whose inputs have no names.
        FileExistsError: when the folder exists already.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> folder = save(model, "saved_models/ring/1")
        >>> generate = tf.saved_model.load(folder).signatures["generate"]
        >>> generate(latent=tf.zeros((5, 2)))["images"].shape
        TensorShape([5, 2])
    """
    folder = Path(folder)
    if not folder.name.isdecimal():
        raise ValueError(
            "`folder` should end in a version number, such as saved_models/digits/1. "
            f"Received: folder={str(folder)!r}"
        )
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
    with files.atomic_path(folder) as draft:
        archive.write_out(draft, verbose=False)
    return folder


def next_version(folder):
    """Returns the path of the next version in `folder`: folder/1 for the first.

    Example:
        >>> print(next_version("saved_models/ring"))  # no version exists yet
        saved_models/ring/1
    """
    folder = Path(folder)
    versions = [int(p.name) for p in folder.glob("*") if p.name.isdecimal()]
    return folder / str(max(versions, default=0) + 1)


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
