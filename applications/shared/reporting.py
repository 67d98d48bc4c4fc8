"""Scores of a method compared with baselines: verdicts, printed lines, and pictures in rows.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import numpy as np

from trainers import files
from trainers.imaging import grids


def verdicts(scores, ours="ours", lower=()):
    """Compares a method with each other method, by each score that both have.

    Args:
        scores: name of a method -> kind of score -> number.
        ours: name of the method that is compared with the others.
        lower: kinds of which less is better.

    Returns:
        name of another method -> kind -> "beats", "ties with" or "loses to".

    Example:
        >>> verdicts({"ours": {"psnr": 27.0}, "bicubic": {"psnr": 25.0}})
        {'bicubic': {'psnr': 'beats'}}
    """
    from trainers import metrics

    return {
        name: {
            kind: metrics.verdict(scores[ours][kind], figures[kind], lower=kind in lower)
            for kind in figures
            if kind in scores[ours]
        }
        for name, figures in scores.items()
        if name != ours
    }


def report(scores, ours="ours", lower=()):
    """Prints the scores of each method and their verdicts; returns the `verdicts`."""
    compared = verdicts(scores, ours, lower)
    for name, figures in scores.items():
        verdict = compared.get(name, {})
        values = (
            f"{kind} {value:.4g}" + (f" ({ours} {verdict[kind]} it)" if kind in verdict else "")
            for kind, value in figures.items()
        )
        print(f"{name:>24}: {', '.join(values)}")
    return compared


def save_pairs(path, rows):
    """Writes a picture of rows of images of one size, with the names of the rows.

    Args:
        path: of the picture.
        rows: name -> a list of images (h, w, 1 or 3), from 0 to 255.

    Raises:
        ValueError: for no image: none could be read.

    Example:
        >>> from pathlib import Path
        >>> save_pairs(Path("pairs.png"), {"before": [np.zeros((8, 8, 1), np.uint8)]})
        pairs.png
    """
    if not all(rows.values()):
        raise ValueError("--images: should name an image that can be read. Received: none.")
    columns = [
        grids.from_uint8([np.broadcast_to(x, (*x.shape[:2], 3)) for x in images])
        for images in rows.values()
    ]
    with files.atomic_path(path) as draft:
        grids.grid(columns, labels=list(rows)).save(draft)
    print(path)
