"""The folder of a run: one process at a time, and a run in it goes when another is finished.

A run that is to be replaced is moved into `.replaced-1`, and removed when the new one is finished.
A new run that is refused, fails or is killed before its first checkpoint leaves the folder as it
was.
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
    *("settings.json", "metrics.json", "losses.csv", "model.keras", "first.json"),
    *("checkpoints", "frames", "tensorboard"),
)
LOCK = ".lock"
REPLACED = ".replaced-"  # a whole run; with a number, as the new one may be replaced too
MOVING = ".moving"  # a part of a run, the rest of which is in its place
REMOVED = ".removed"
_locks = weakref.WeakValueDictionary()  # of this process: (pid, device, inode) -> FolderLock


class FolderLock:
    """A lock on a folder, which the kernel releases when the process ends.

    Where locks are not supported nothing is locked.

    Raises:
        ValueError: another process has locked the folder.
    """

    def __init__(self, folder):
        self.release = lambda: None
        if fcntl is None:
            return
        descriptor = os.open(Path(folder) / LOCK, os.O_RDWR | os.O_CREAT)  # NFS: for writing
        self.release = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise ValueError(
                f"`out` should be a folder in which nothing else is training. Received: {folder}, "
                "which another process uses. Wait for its end, or choose another --out."
            ) from None
        except OSError:  # a file system without locks
            self.release()


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
    status = os.stat(folder)
    key = os.getpid(), status.st_dev, status.st_ino  # a forked process has no lock of its own
    held = _locks.get(key)
    if held is None:
        held = _locks[key] = FolderLock(folder)
    return held


def holds_run(folder):
    """Whether a folder holds a run, or a part of one that `recover` puts in its place."""
    names = ("settings.json", MOVING)
    return any((Path(folder) / name).exists() for name in names) or bool(replaced(folder))


def recover(folder):
    """Completes what a process that was killed had begun.

    A new run without a checkpoint goes, and the one that it was to replace is put back.
    """
    folder = Path(folder)
    shutil.rmtree(folder / REMOVED, ignore_errors=True)
    if replaced(folder):
        if (folder / "metrics.json").exists():
            remove_replaced(folder)
        elif checkpoints.latest_valid(folder / "checkpoints")[0] is None:
            put_back(folder)
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
        (folder / MOVING).mkdir(exist_ok=True)
        _move_contents(folder, folder / MOVING)
        os.replace(folder / MOVING, folder / f"{REPLACED}{len(replaced(folder)) + 1}")


def put_back(folder):
    """Removes the run in a folder, and moves the one that was set aside last into its place."""
    folder = Path(folder)
    if not (folder / MOVING).exists():  # else a part of the old run is in its place
        for name in CONTENTS:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        for last in replaced(folder)[-1:]:
            os.replace(last, folder / MOVING)
    _move_contents(folder / MOVING, folder)


def remove_replaced(folder):
    """Removes the runs that were set aside."""
    folder = Path(folder)
    for earlier in replaced(folder):
        shutil.rmtree(folder / REMOVED, ignore_errors=True)
        os.replace(earlier, folder / REMOVED)
    shutil.rmtree(folder / REMOVED, ignore_errors=True)


def replaced(folder):
    """Returns the folders of the runs that were set aside, the oldest first."""
    return sorted(
        Path(folder).glob(f"{REPLACED}*"), key=lambda path: int(path.name[len(REPLACED) :])
    )


def _move_contents(source, target):
    for name in CONTENTS:
        if (source / name).exists():
            os.replace(source / name, target / name)
    if source.name == MOVING:  # what else is in it, a file manager has left there
        shutil.rmtree(source, ignore_errors=True)
