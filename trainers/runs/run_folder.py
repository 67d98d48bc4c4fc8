"""The folder of a run: one process at a time, and a run in it is replaced when another has begun.

A run that is to be replaced is moved into `.replaced`, and removed once the new one has saved a
checkpoint. A new run that is refused or killed before leaves the folder as it was.
"""

import os
import shutil
import weakref
from pathlib import Path

from trainers.runs import checkpoints

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

CONTENTS = (  # settings.json first: without it a folder holds no run
    *("settings.json", "metrics.json", "losses.csv", "model.keras"),
    *("checkpoints", "frames", "tensorboard"),
)
REPLACED = ".replaced"  # a whole run
MOVING = ".moving"  # a part of a run, the rest of which is in its place
REMOVED = ".removed"
_locks = weakref.WeakValueDictionary()  # of this process: real path -> FolderLock


class FolderLock:
    """A lock on a folder, which the kernel releases when the process ends.

    Where locks are not supported nothing is locked.

    Raises:
        ValueError: another process has locked the folder.
    """

    def __init__(self, folder):
        if fcntl is None:
            return
        descriptor = os.open(folder, os.O_RDONLY)
        self._release = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise ValueError(
                f"`out` should be a folder in which nothing else is training. Received: {folder}, "
                "which another process uses. Wait for its end, or choose another --out."
            ) from None
        except OSError:  # a file system without locks
            self._release()


def lock(folder):
    """Returns the `FolderLock` of a folder, of which a process has one: it is released when the
    last of those who share it is gone.

    Raises:
        ValueError: another process has locked the folder.

    Example:
        >>> Path("runs").mkdir()
        >>> lock("runs") is lock("runs")
        True
    """
    path = os.path.realpath(folder)
    held = _locks.get(path)
    if held is None:
        held = _locks[path] = FolderLock(path)
    return held


def recover(folder):
    """Completes what a process that was killed had begun: leaves the run that was there before it,
    or the new one if it has a checkpoint."""
    folder = Path(folder)
    shutil.rmtree(folder / REMOVED, ignore_errors=True)
    if (folder / REPLACED).exists():
        begun = checkpoints.latest_valid(folder / "checkpoints")[0] is not None
        remove_replaced(folder) if begun else put_back(folder)
    _move_contents(folder / MOVING, folder)


def set_aside(folder):
    """Moves the run in a folder, if there is one, to where `put_back` finds it.

    Example:
        >>> Path("settings.json").touch()
        >>> set_aside("."), Path("settings.json").exists()
        (None, False)
        >>> put_back("."), Path("settings.json").exists()
        (None, True)
    """
    folder = Path(folder)
    if any((folder / name).exists() for name in CONTENTS):
        (folder / MOVING).mkdir()
        _move_contents(folder, folder / MOVING)
        os.replace(folder / MOVING, folder / REPLACED)


def put_back(folder):
    """Removes the run in a folder, and moves the one that was set aside into its place."""
    folder = Path(folder)
    for name in CONTENTS:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    if (folder / REPLACED).exists():
        os.replace(folder / REPLACED, folder / MOVING)
        _move_contents(folder / MOVING, folder)


def remove_replaced(folder):
    """Removes the run that was set aside, if there is one."""
    folder = Path(folder)
    if (folder / REPLACED).exists():
        os.replace(folder / REPLACED, folder / REMOVED)
        shutil.rmtree(folder / REMOVED)


def _move_contents(source, target):
    for name in CONTENTS:
        if (source / name).exists():
            os.replace(source / name, target / name)
    if source.name == MOVING and source.exists():
        source.rmdir()
