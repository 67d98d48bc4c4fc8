"""Figures of methods beside each other: verdicts, printed lines, and pictures in rows."""

import numpy as np

from trainers import files
from trainers.imaging import grids


def verdicts(found, ours="ours", lower=()):
    """Whether ours beats, equals or loses to each other method, by each figure that both have.

    Args:
        found: name of the method -> kind of figure -> number.
        ours: the method that is judged.
        lower: kinds of which less is better.

    Returns:
        The other methods' names -> kind -> "beats", "equals" or "loses to".

    Example:
        >>> verdicts({"ours": {"psnr": 27.0}, "bicubic": {"psnr": 25.0}})
        {'bicubic': {'psnr': 'beats'}}
    """
    said = {}
    for name, figures in found.items():
        if name != ours:
            both = [kind for kind in figures if kind in found[ours]]
            said[name] = {
                kind: _verdict(found[ours][kind] - figures[kind], kind in lower) for kind in both
            }
    return said


def _verdict(gap, lower):
    if not gap:
        return "equals"
    return "beats" if (gap > 0) != lower else "loses to"


def report(found, ours="ours", lower=()):
    """Prints the figures of each method and how ours stand to them; returns these `verdicts`."""
    said = verdicts(found, ours, lower)
    for name, figures in found.items():
        verdict = said.get(name, {})
        values = (
            f"{kind} {value:.3f}" + (f" ({ours} {verdict[kind]} it)" if kind in verdict else "")
            for kind, value in figures.items()
        )
        print(f"{name:>24}: {', '.join(values)}")
    return said


def save_pairs(path, rows):
    """Writes a picture of rows of pixels, grey or not, all of one size, with their names.

    Raises:
        ValueError: there are none: no image could be read.

    Example:
        >>> from pathlib import Path
        >>> save_pairs(Path("pairs.png"), {"before": [np.zeros((8, 8, 1), np.uint8)]})
        pairs.png
    """
    if not all(rows.values()):
        raise ValueError("--images: should name an image that can be read. Received: none.")
    shown = [
        np.stack([np.broadcast_to(x, (*x.shape[:2], 3)) for x in images]) / 127.5 - 1.0
        for images in rows.values()
    ]
    with files.atomic_path(path) as draft:
        grids.grid(shown, labels=list(rows)).save(draft)
    print(path)
