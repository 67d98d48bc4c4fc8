"""Atomic writes: files are written under another name, synced, then renamed."""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
from pathlib import Path

LONG = (
    100  # bytes of a name, from which on the name of its draft is a hash; systems take 143 or 255
)
FULL = "No space left on device"  # in the messages of Python, HDF5 and TensorFlow alike


def expanded(path):
    """Returns the `pathlib.Path` of a path, with ~ replaced by the home folder. A ~name that is no
    user's stays: it is not found, and `local_path` refuses it; `Path.expanduser` would raise a
    RuntimeError.

    Example:
        >>> print(expanded("~nobody-of-that-name/runs"))
        ~nobody-of-that-name/runs
    """
    return Path(os.path.expanduser(path))


def local_path(path, name):
    """Returns the `pathlib.Path` of a path on this machine, with ~ as in `expanded`.

    Args:
        path: a string or a path.
        name: of the argument, for the message.

    Raises:
        ValueError: for an address, such as gs://bucket/runs, which would name a local folder "gs:",
            and for the home folder of a user that there is not, which would name a folder "~user".

    Example:
        >>> local_path("gs://bucket/runs", "out")
        Traceback (most recent call last):
        ValueError: `out` should be a path on this machine. Received: gs://bucket/runs
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", os.fspath(path)):  # `Path` drops the second slash
        raise ValueError(f"`{name}` should be a path on this machine. Received: {path}")
    found = expanded(path)
    if str(found).startswith("~"):
        raise ValueError(f"`{name}` should not begin with the ~ of no user. Received: {path}")
    return found


def ensure_folder(path, name):
    """Creates a folder with its parents if it does not exist, and returns the `pathlib.Path`.

    Args:
        path: of the folder.
        name: of the argument, for the message.

    Raises:
        ValueError: when the folder is not on this machine, or cannot be created or written to.

    Example:
        >>> print(ensure_folder("runs/digits", "out"))
        runs/digits
    """
    path = local_path(path, name)
    try:
        path.mkdir(parents=True, exist_ok=True)
        reason = None if os.access(path, os.W_OK) else "Permission denied"
    except OSError as error:
        reason = error.strerror
    if reason:
        raise ValueError(_unusable(path, name, reason))
    return path


def check_folder(path, name):
    """Raises a ValueError where `ensure_folder` would, but leaves no folder.

    Args:
        path: of the folder.
        name: of the argument, for the message.

    Example:
        >>> check_folder("runs/digits", "out")
        >>> Path("runs").exists()
        False
    """
    path = local_path(path, name)
    created = []
    try:
        for folder in reversed((path.absolute(), *path.absolute().parents)):
            if _makes_folder(folder):  # shows more than any rule on names, links and rights
                created.append(folder)
        reason = None if os.access(path, os.W_OK) else "Permission denied"
    except OSError as error:
        reason = error.strerror
    finally:
        for folder in reversed(created):
            with contextlib.suppress(OSError):  # another process has written there meanwhile
                folder.rmdir()
    if reason:
        raise ValueError(_unusable(path, name, reason))


def _makes_folder(path):
    """Creates a folder; returns False where there is one, perhaps by another process just now."""
    try:
        path.mkdir()
    except OSError:
        if path.is_dir():
            return False
        raise
    return True


def _unusable(path, name, reason):
    return f"`{name}` should be a folder that can be written. Received: {path} ({reason})"


@contextlib.contextmanager
def atomic_path(path):
    """Yields a path in the folder of `path` to write to, which is renamed to `path` on success.

    The suffix is kept, since Keras recognises formats by it. An existing file is replaced in one
    step; an existing folder is not replaced. A crash leaves an existing file unchanged.

    Raises:
        FileExistsError: when `path` is an existing folder.
        OSError: when the disk is full, whatever the writer raises then.

    Example:
        >>> with atomic_path("note.txt") as draft:
        ...     size = draft.write_text("complete")
        >>> Path("note.txt").read_text()
        'complete'
    """
    path = Path(path)
    if path.is_dir():
        raise FileExistsError(f"{path} exists already.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path)
    try:
        yield draft
        for file in [draft, *draft.rglob("*")] if draft.is_dir() else [draft]:
            if file.is_file():
                with open(file, "rb") as written:
                    os.fsync(written.fileno())
        os.replace(draft, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:  # the new name must survive a crash too
            os.fsync(folder)
        finally:
            os.close(folder)
    except Exception as error:
        if FULL not in str(error):
            raise
        raise OSError(errno.ENOSPC, FULL, str(path)) from error  # HDF5 tells a dozen numbers
    finally:
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)


def _draft(path):
    """Returns the path to write to. Its name is not the longer one where names have little room."""
    name = path.name
    if len(os.fsencode(name)) > LONG:
        name = f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}{path.suffix}"
    return path.with_name(f".{os.getpid()}-{name}")


def remove_partial_files(folder):
    """Removes the unfinished files of `atomic_path` that a killed process left in a folder.

    Example:
        >>> Path(".123-model.keras").touch()  # by a process that was killed while it saved
        >>> remove_partial_files(".")
        >>> Path(".123-model.keras").exists()
        False
    """
    for draft in Path(folder).rglob(".[0-9]*-*.*"):
        if draft.is_file():
            draft.unlink()


def write_json(path, content):
    """Writes a JSON file atomically. JSON has no NaN and no infinity: they are written as null.

    Example:
        >>> write_json("metrics.json", {"fréchet": 0.69, "ratio": float("nan")})
        >>> print(Path("metrics.json").read_text(encoding="utf-8"))
        {
          "fréchet": 0.69,
          "ratio": null
        }
    """
    text = json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as draft:
        # the bytes of a path that are no UTF-8 become escapes of JSON, which are read as they were
        draft.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def _finite(content):
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def read_json(path):
    """Returns the dict of a JSON file; None if the file does not exist.

    Raises:
        ValueError: when the file is corrupt, or holds something else.

    Example:
        >>> write_json("settings.json", {"model": "dcgan"})
        >>> read_json("settings.json"), read_json("metrics.json")
        ({'model': 'dcgan'}, None)
    """
    if not Path(path).exists():
        return None
    with reading(path, "a JSON object"):
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"it holds {json.dumps(content):.40}")
    return content


@contextlib.contextmanager
def reading(path, expected, remedy=""):
    """Names the file in an error that its reader raises.

    Args:
        path: of the file.
        expected: what the file should be.
        remedy: a sentence that ends the message.

    Raises:
        ValueError: for any exception, since a reader of damaged bytes may raise all kinds of them;
            but a MemoryError and a PermissionError are raised as they are.

    Example:
        >>> with reading("table.csv", "a CSV of numbers", "Write it anew."):
        ...     float("1.2.3")
        Traceback (most recent call last):
        ValueError: table.csv should be a CSV of numbers. It cannot be read: could not convert ...
    """
    try:
        yield
    except (MemoryError, PermissionError):
        raise
    except Exception as error:
        message = " ".join(str(error).split())[:200] or type(error).__name__
        end = f" {remedy}" if remedy else ""
        raise ValueError(
            f"{path} should be {expected}. It cannot be read: {message.rstrip('.')}.{end}"
        ) from None
