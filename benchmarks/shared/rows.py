"""One row: the code that it is made of, running it, its file, and its report.

TensorFlow is not imported before a row is run.
"""

import json
import pkgutil
import time
from pathlib import Path

from benchmarks.shared import code_hash
from trainers import files

ROOT = Path(__file__).parents[2]
LARGE = {"vaegan3d_32": "vaegan3d"}  # rows that take hours, and those that they enlarge
KEYS = {"system", "seed", "recipe", "figures", "notes", "seconds", "images_per_second"}


def path_of(folder, system, seed):
    """The file of one row."""
    return folder / f"{system}-{seed}.json"


def report(row, folder, draw=False, package="systems"):
    """Prints a row and writes it to its file; `draw`: and the picture of its models."""
    from benchmarks.shared import acceptance  # brings TensorFlow

    for name, figure in row["figures"].items():
        met = "B" if figure["meets_B"] else "A" if figure["meets_A"] else "missed"
        print(
            f"{name:>20} {figure['value']:8.4f}  needed {figure['A']:g}, aimed at {figure['B']:g}: "
            f"{met}; {acceptance.verdict(figure)} the reference ({figure['reference']:.4f})"
        )
    files.write_json(path_of(folder, row["system"], row["seed"]), row)
    if draw:
        path = ROOT / "docs" / "gallery" / f"{row['system']}.png"
        picture_of(row["system"], row["seed"], package).save(path, optimize=True)
        print(path)
    print(json.dumps(row, ensure_ascii=False))


def picture_of(system, seed=0, package="systems"):
    """What the models of a row learn, as its module draws it."""
    row = pkgutil.resolve_name(f"benchmarks.{package}.{system}")
    if not hasattr(row, "picture"):
        raise ValueError(f"There is no picture of {system}: its row has no function `picture`.")
    return row.picture(seed)


def row_of(system, seed, package="systems"):
    """The JSON object of one system, or what else a package of `benchmarks` measures, and seed."""
    made_by = source(system, package)  # before it is run: the files may change meanwhile
    module = pkgutil.resolve_name(f"benchmarks.{package}.{system}")
    from trainers import runs

    start = time.perf_counter()
    recipe, figures, notes, images = module.run(seed)
    seconds = time.perf_counter() - start
    notes |= {
        "versions": runs.versions(),
        "machine": runs.machine(),
        "source": made_by,
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
    """The modules whose code makes the figures of a row, relative to the project's root: the row's
    own, and the page of its family."""
    rows = [system, LARGE[system]] if system in LARGE else [system]
    return [f"{folder}/{row}.py" for row in rows for folder in (f"benchmarks/{package}", "zoo")]


def source(system, package="systems"):
    """The hash of the code of a row."""
    pages = [ROOT / page for page in pages_of(system, package)]
    return code_hash.hash_of(page.read_text(encoding="utf-8") for page in pages if page.exists())
