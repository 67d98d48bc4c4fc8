"""How much of a file may be read into memory, checked before it is read."""

import os

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
    """Returns half of the machine's memory, in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # not on Windows
        return FALLBACK // 2
