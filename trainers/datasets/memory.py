"""How much of a file may be read into memory, checked before it is read."""

import os
from pathlib import Path

FALLBACK = 8 * 2**30  # bytes of memory, where the system does not tell


def check(n_bytes, name, cure=""):
    """Raises an error where so much would take more than half of the machine's memory.

    Args:
        n_bytes: what is to be read, decoded.
        name: of it, for the message.
        cure: the end of the message.

    Raises:
        ValueError: it is too much.

    Example:
        >>> check(10**15, "x of images.npz")
        Traceback (most recent call last):
        ValueError: x of images.npz should take at most half of the memory, ... 1,000,000,000 MB.
    """
    if n_bytes > limit():
        raise ValueError(
            f"{name} should take at most half of the memory, {limit() // 10**6:,} MB. "
            f"Received: {n_bytes // 10**6:,} MB.{cure}"
        )


def limit():
    """Returns half of the machine's memory, or of what a container may use of it, in bytes."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        machine = FALLBACK
    return min([machine, *container_limits()]) // 2


def container_limits(groups="/proc/self/cgroup", root="/sys/fs/cgroup"):
    """Returns the limits in bytes of the control groups that this process is in, a list.

    Args:
        groups: the file of the kernel that names them.
        root: the folder of their limits; inside a container that of its own group.

    Example:
        >>> container_limits("no/cgroup", "no/folder")
        []
    """
    found = {Path(root, "memory.max"), Path(root, "memory", "memory.limit_in_bytes")}
    try:
        lines = Path(groups).read_text().splitlines()
    except OSError:  # no Linux
        lines = []
    for line in lines:
        _, kinds, group = line.split(":", 2)
        if not kinds:  # version 2 of control groups
            top, name = Path(root), "memory.max"
        elif "memory" in kinds.split(","):
            top, name = Path(root, "memory"), "memory.limit_in_bytes"
        else:
            continue
        own = top / group.lstrip("/")
        found |= {folder / name for folder in (own, *own.parents) if folder.is_relative_to(top)}
    return [limit for path in found if (limit := _number(path)) is not None]


def _number(path):
    """The number in a file; None where there is no such file, or "max" in it."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
