"""The image files below a folder: one rule for datasets and for the images of an application.

A file counts by its suffix. Linked folders are followed, each folder once. Hidden files and
folders, other files, and what is no regular file (a pipe would be waited for) are passed over and
counted.
"""

import collections
import os
import stat
import sys
from pathlib import Path

from PIL import features

SUFFIXES = (  # in any case
    *(".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"),
    *(".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
    *((".avif",) if features.check("avif") else ()),  # Pillow may be built without these two
    *((".j2k", ".jp2", ".jpx") if features.check("jpg_2000") else ()),
)
KINDS = 4  # kinds of passed over files that are named
_reported = set()  # lines that this process has printed


def list_images(folder, argument="name"):
    """Lists the image files below a folder, and prints on stderr, once, what is passed over.

    Args:
        folder: a path.
        argument: the name of the argument, for the message.

    Returns:
        A sorted list of (name, (bytes, time)): the path inside the folder, and the size and the
        time of the last change, in nanoseconds. A link that leads nowhere is listed too, so that
        whoever reads it names it.

    Raises:
        ValueError: the folder, or one below it, cannot be read.

    Example:
        >>> for name in ("a.png", "notes.txt"):
        ...     Path(name).touch()
        >>> [name for name, _ in list_images(".")]
        ['a.png']
    """
    folder, found, passed_over = Path(folder), [], collections.Counter()
    folders, links, seen = collections.deque([folder]), collections.deque(), set()
    while folders or links:  # links last: what lies in the folder keeps the name it has there
        place = folders.popleft() if folders else links.popleft()
        real = os.path.realpath(place)
        if real in seen:  # links may lead in circles
            continue
        seen.add(real)
        for entry in _entries(place, argument):
            if entry.name.startswith("."):
                passed_over["hidden"] += 1
            elif _is_folder(entry):
                (links if entry.is_symlink() else folders).append(Path(entry.path))
            elif (suffix := Path(entry.name).suffix.lower()) not in SUFFIXES:
                passed_over[printable(suffix) or "without a suffix"] += 1
            elif (status := _status(entry)) is None:
                passed_over["not regular files"] += 1
            else:
                name = Path(entry.path).relative_to(folder).as_posix()
                found.append((name, (status.st_size, status.st_mtime_ns)))
    if passed_over:
        _report(folder, passed_over)
    return sorted(found)


def printable(path):
    r"""Returns a path as text that every encoding can hold: bytes of a name that are not UTF-8 are
    escaped.

    Example:
        >>> print(printable("caf\udce9.png"))
        caf\xe9.png
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _entries(place, argument):
    try:
        with os.scandir(place) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise ValueError(
            f"`{argument}` should be a folder that can be read, with all folders in it. "
            f"Received: {printable(place)} ({error.strerror})"
        ) from None


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _status(entry):
    """Returns the status of a file; None for what is no regular file."""
    try:
        status = entry.stat()
    except OSError:  # a link that leads nowhere
        return entry.stat(follow_symlinks=False)
    return status if stat.S_ISREG(status.st_mode) else None


def report_builtin(name):
    """Prints, once, that a built-in dataset is used where a folder of the same name stands.

    Args:
        name: of the built-in dataset.

    Example:
        >>> report_builtin("digits")  # prints nothing: there is no such folder here
    """
    if Path(name).is_dir():
        _print_once(f"{name} is the built-in dataset. The folder of this name is ./{name}")


def _report(folder, passed_over):
    count, kinds = passed_over.total(), passed_over.most_common()
    few = ", ".join(f"{number} {kind}" for kind, number in kinds[:KINDS])
    line = (
        f"{printable(folder)}: {count} {'file is' if count == 1 else 'files are'} passed over, "
        f"{few}{', …' if len(kinds) > KINDS else ''}."
    )
    _print_once(line)


def _print_once(line):
    if line not in _reported:
        _reported.add(line)
        print(line, file=sys.stderr)
