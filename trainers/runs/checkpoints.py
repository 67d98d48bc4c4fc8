"""Checkpoints of a run: the weights after a step, with a checksum that shows they are complete.

`00000038.weights.h5` holds weights, optimizers' slots and the position of the noise;
`00000038.json`, written after it, holds the step, the position in the data and a SHA-256 of all of
them. A file without the other, or with another digest, is not a valid checkpoint.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

from trainers import files

SUFFIX = ".weights.h5"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A valid checkpoint.

    Args:
        weights: the `pathlib.Path` of the file that `model.load_weights` takes.
        step: train steps done.
        epoch, batch: position in the data of the next batch.

    Example:
        >>> Checkpoint(Path("00000038.weights.h5"), step=38, epoch=1, batch=6).step
        38
    """

    weights: Path
    step: int
    epoch: int
    batch: int


def save(model, folder, step, epoch, batch, keep=2):
    """Writes a checkpoint; removes all but the newest `keep`, and those of later steps.

    Args:
        model: a compiled model.
        folder: folder of the checkpoints.
        step: train steps done.
        epoch, batch: position in the data of the next batch.
        keep: number of newest checkpoints that are kept.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> save(model, "checkpoints", step=38, epoch=1, batch=6)
        >>> checkpoint, corrupt = latest_valid("checkpoints")
        >>> checkpoint.step, checkpoint.epoch, checkpoint.batch, corrupt
        (38, 1, 6, [])
        >>> model.load_weights(checkpoint.weights)
    """
    folder = Path(folder)
    name = f"{step:08d}"
    with files.atomic_path(folder / f"{name}{SUFFIX}") as draft:
        model.save_weights(draft)
    position = {"step": step, "epoch": epoch, "batch": batch}
    checksum = _checksum(folder / f"{name}{SUFFIX}", **position)
    files.write_json(folder / f"{name}.json", position | {"sha256": checksum})
    names = _names(folder)
    end = names.index(name) + 1
    for old in names[: max(0, end - keep)] + names[end:]:  # later ones were skipped as corrupt
        (folder / f"{old}{SUFFIX}").unlink(missing_ok=True)
        (folder / f"{old}.json").unlink(missing_ok=True)


def latest_valid(folder):
    """Returns the newest valid `Checkpoint` of a folder or None, and paths of corrupt later ones.

    Example:
        >>> size = Path("00000038.weights.h5").write_bytes(b"half of them")
        >>> checkpoint, corrupt = latest_valid(".")
        >>> checkpoint, [path.name for path in corrupt]
        (None, ['00000038.weights.h5'])
    """
    folder, corrupt = Path(folder), []
    for name in reversed(_names(folder)):
        weights = folder / f"{name}{SUFFIX}"
        try:
            position = json.loads((folder / f"{name}.json").read_text())
            checksum = position.pop("sha256")
            if checksum == _checksum(weights, **position) and position["step"] == int(name):
                return Checkpoint(weights, **position), corrupt
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # a file is missing or was altered
        corrupt.append(weights)
    return None, corrupt


def _checksum(weights, step, epoch, batch):
    """The digest of the weights and of their position."""
    return hashlib.sha256(f"{sha256(weights)} {step} {epoch} {batch}".encode()).hexdigest()


def sha256(path):
    """Returns the SHA-256 digest of a file, in hexadecimal.

    Example:
        >>> Path("empty").touch()
        >>> sha256("empty")
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder):
    """Names of all checkpoints, complete or not, oldest first."""
    return sorted({path.name.split(".")[0] for path in folder.glob("[0-9]*.*")})
