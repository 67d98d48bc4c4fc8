"""Export of SavedModels for TF Serving: <name>/<version>/, with one signature per request.

The exported networks are those of `model.averaged()`, in inference mode: EMA weights where there
are any, with the batch statistics that belong to them.
"""

from pathlib import Path

from trainers import files
from trainers.engine import serving


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
        >>> import tensorflow as tf
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
    archive = serving.archive_of(model)
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
