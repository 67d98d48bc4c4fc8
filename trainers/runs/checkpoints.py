"""Checkpoints of a run: the weights after a step, and beside them what says that they are whole.

`00000038.weights.h5` holds weights, optimizers' slots and the place in the noise;
`00000038.json`, written after it, the step, the place in the data and a SHA-256 of them all. One
without the other, or with another digest, is no checkpoint.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

from trainers import files

SUFFIX = ".weights.h5"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What is known of one.

    Args:
        weights: the `pathlib.Path` of the file that `model.load_weights` takes.
        step: train steps done.
        epoch, batch: the place in the data: what comes next.

    Example:
        >>> Checkpoint(Path("00000038.weights.h5"), step=38, epoch=1, batch=6).step
        38
    """

    weights: Path
    step: int
    epoch: int
    batch: int


def save(model, folder, step, epoch, batch, keep=2):
    """Writes a checkpoint and removes all but the newest `keep`, and those of later steps.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> save(model, "checkpoints", step=38, epoch=1, batch=6)
        >>> found, damaged = latest_valid("checkpoints")
        >>> found.step, found.epoch, found.batch, damaged
        (38, 1, 6, [])
        >>> model.load_weights(found.weights)
    """
    folder = Path(folder)
    name = f"{step:08d}"
    with files.atomic_path(folder / f"{name}{SUFFIX}") as draft:
        model.save_weights(draft)
    place = {"step": step, "epoch": epoch, "batch": batch}
    seal = _checksum(folder / f"{name}{SUFFIX}", **place)
    files.write_json(folder / f"{name}.json", place | {"sha256": seal})
    names = _names(folder)
    here = names.index(name) + 1
    for old in names[: max(0, here - keep)] + names[here:]:  # later ones were passed over: damaged
        (folder / f"{old}{SUFFIX}").unlink(missing_ok=True)
        (folder / f"{old}.json").unlink(missing_ok=True)


def latest_valid(folder):
    """The newest whole `Checkpoint` of a folder or None, and the paths of damaged ones after it.

    Example:
        >>> size = Path("00000038.weights.h5").write_bytes(b"half of them")
        >>> found, damaged = latest_valid(".")
        >>> found, [path.name for path in damaged]
        (None, ['00000038.weights.h5'])
    """
    folder, damaged = Path(folder), []
    for name in reversed(_names(folder)):
        weights = folder / f"{name}{SUFFIX}"
        try:
            found = json.loads((folder / f"{name}.json").read_text())
            seal = found.pop("sha256")
            if seal == _checksum(weights, **found) and found["step"] == int(name):
                return Checkpoint(weights, **found), damaged
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # there is no file, or it is not what it was
        damaged.append(weights)
    return None, damaged


def _checksum(weights, step, epoch, batch):
    """The digest of the weights and of their place."""
    return hashlib.sha256(f"{sha256(weights)} {step} {epoch} {batch}".encode()).hexdigest()


def sha256(path):
    """The digest of a file, in hexadecimal.

    Example:
        >>> Path("empty").touch()
        >>> sha256("empty")
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder):
    """Of those that were begun, oldest first."""
    return sorted({path.name.split(".")[0] for path in folder.glob("[0-9]*.*")})
