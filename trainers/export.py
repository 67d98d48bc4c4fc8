"""Export of SavedModels for TF Serving: <name>/<version>/, with one signature per request.

The exported networks are those of `model.averaged()`, in inference mode: EMA weights where there
are any, with the batch statistics that belong to them. The noise of a network that draws some, such
as the dropout of pix2pix, is new at each request, as it is at each call of `predict`.
"""

from trainers import files
from trainers.adversarial import AdversarialModel
from trainers.engine import serving


def save(model, folder):
    """Writes a SavedModel with the signatures of a model.

    Args:
        model: a model of the zoo. `model.signatures()` names the signatures, such as "generate";
            the first is "serving_default" too. A signature takes the inputs of its network by their
            names, such as "latent", with any batch size, 0 included, and returns the outputs by
            their names. Class numbers and images out of their range, and NaN, are an
            InvalidArgumentError whose message names the input.
        folder: a path on this machine that ends in a version number, as TF Serving requires:
            "models/digits/1".

    Returns:
        The `pathlib.Path` of the folder, which is complete: it is written under another name first.

    Raises:
        TypeError: for no model of the zoo.
        ValueError: for a folder whose name is no version number, the address of a remote folder, a
            model without signatures, or a subclassed network, whose inputs have no names.
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
    if not isinstance(model, AdversarialModel):
        raise TypeError(f"`model` should be a model of the zoo. Received: {model!r}")
    folder = files.local_path(folder, "folder")
    version = _version(folder.name)
    if version is None or str(version) != folder.name:  # of 007 a server would make 7
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
    folder = files.local_path(folder, "folder")
    versions = [_version(path.name) for path in folder.glob("*")]
    return folder / str(max((v for v in versions if v is not None), default=0) + 1)


def _version(name):
    """The number that TF Serving reads in the name of a folder; None where it is no version."""
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 20 else 2**63
    return number if number < 2**63 else None  # 64 bits
