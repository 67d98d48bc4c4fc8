"""SavedModels that TF Serving loads: <name>/<version>/, one signature for each thing a client asks.

Exported are the networks that `generate` shows: inference mode, averaged weights where there are
any, with the batch statistics that belong to them.
"""

from pathlib import Path

import keras
import tensorflow as tf
from keras import tree

from trainers import files, noise


def save(model, folder):
    """Writes a SavedModel with the signatures of a model.

    Args:
        model: one of the zoo. `model.signatures()` names what it offers, such as "generate"; the
            first is "serving_default" too. A signature takes the inputs of its network by their
            names, such as "latent", with any batch size, and returns the outputs by theirs.
        folder: a path that ends in a version number, as TF Serving wants it: "models/digits/1".

    Returns:
        The `pathlib.Path` of the folder, which is written aside and renamed when it is whole.

    Raises:
        ValueError: for a folder whose name is no version number, or a model without signatures.
        FileExistsError: when the folder is there already.

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
    """The path of the version after the highest in `folder`: folder/1 for the first.

    Example:
        >>> print(next_version("saved_models/ring"))  # none is there yet
        saved_models/ring/1
    """
    folder = Path(folder)
    versions = [int(p.name) for p in folder.glob("*") if p.name.isdecimal()]
    return folder / str(max(versions, default=0) + 1)


def _endpoint(network):
    """A function from named inputs to named outputs, and its input signature."""
    if isinstance(network, keras.Sequential):
        network = keras.Model(network.inputs, network.outputs)
    signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype, name=x.name) for x in network.inputs]

    def answer(*inputs):
        # A network that draws noise of its own draws other noise at each request.
        with noise.stream(tf.random.uniform((), maxval=2**31 - 1, dtype="int64"), label="served"):
            outputs = network(tree.pack_sequence_as(network.input, inputs), training=False)
        return dict(zip(network.output_names, tree.flatten(outputs), strict=True))

    return answer, signature
