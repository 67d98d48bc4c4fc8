"""Runs, reports and stores one acceptance row, and finds the code that it depends on.

TensorFlow is not imported before a row is run.
"""

import json
import pkgutil
import time
from pathlib import Path

from benchmarks.shared import code_hash, progress
from trainers import files

ROOT = Path(__file__).parents[2]
LARGE = {"vaegan3d_32": "vaegan3d"}  # rows that take hours -> the small row of the same code
KEYS = {"system", "seed", "recipe", "figures", "notes", "seconds", "images_per_second"}


def path_of(folder, system, seed):
    """Returns the path of the JSON file of one row."""
    return folder / f"{system}-{seed}.json"


def report(row, folder, draw=False, package="systems"):
    """Prints a row and writes its JSON file.

    Args:
        row: a dict of `row_of`.
        folder: of the JSON file, a `Path`.
        draw: whether to write the picture of the row's models to docs/gallery too.
        package: of the row's module, within `benchmarks`.
    """
    from benchmarks.shared import acceptance  # brings TensorFlow

    for name, figure in row["figures"].items():
        result = "target" if figure["meets_B"] else "required" if figure["meets_A"] else "failed"
        print(
            f"{name:>20} {figure['value']:8.4f}  required {figure['A']:g}, target {figure['B']:g}: "
            f"{result}; {acceptance.verdict(figure)} the reference ({figure['reference']:.4f})"
        )
    files.write_json(path_of(folder, row["system"], row["seed"]), row)
    if draw:
        path = ROOT / "docs" / "gallery" / f"{row['system']}.png"
        picture_of(row["system"], row["seed"], package).save(path, optimize=True)
        print(path)
    print(json.dumps(row, ensure_ascii=False))


def picture_of(system, seed=0, package="systems"):
    """Returns the picture of a row's trained models, a `PIL.Image.Image`.

    Raises:
        ValueError: where the row's module has no function `picture`.
    """
    row = pkgutil.resolve_name(f"benchmarks.{package}.{system}")
    if not hasattr(row, "picture"):
        raise ValueError(f"There is no picture of {system}: its row has no function `picture`.")
    return row.picture(seed)


def row_of(system, seed, package="systems"):
    """Measures one row; returns its JSON object, a dict with the keys `KEYS`.

    Each training prints a line on stderr: see `progress.reported_trainings`.
    """
    stamp = source(system, package)  # before it is run: the files may change meanwhile
    module = pkgutil.resolve_name(f"benchmarks.{package}.{system}")
    from trainers import runs

    start = time.perf_counter()
    with progress.reported_trainings():
        recipe, figures, notes, images = module.run(seed)
    seconds = time.perf_counter() - start
    notes |= {
        "versions": runs.versions(),
        "machine": runs.machine(),
        "source": stamp,
    }
    return {
        "system": system,
        "seed": seed,
        "recipe": recipe,
        "figures": figures,
        "notes": notes,
        "seconds": round(seconds, 1),
        "images_per_second": round(images / seconds),
    }


def pages_of(system, package="systems"):
    """Returns the files whose code makes the figures of a row, relative to the project's root.

    These are the row's own module and the module of the family of the same name.
    """
    rows = [system, LARGE[system]] if system in LARGE else [system]
    return [f"{folder}/{row}.py" for row in rows for folder in (f"benchmarks/{package}", "zoo")]


def source(system, package="systems"):
    """Returns the hash of the code of a row: see `benchmarks.shared.code_hash`."""
    pages = [ROOT / page for page in pages_of(system, package)]
    return code_hash.hash_of(page.read_text(encoding="utf-8") for page in pages if page.exists())
