"""Measures what a system of the survey has to reach, and writes it down.

    python -m benchmarks.survey --system=r3gan --seed=0

Prints a line for each figure and, last, one JSON object, which it also writes to
docs/survey/SYSTEM-SEED.json. A bound that is missed is reported, not an error: the exit code is 0.
"""

import json
import pkgutil
import time
from pathlib import Path

from absl import flags

from benchmarks import systems
from trainers import command_line

SYSTEMS = sorted(module.name for module in pkgutil.iter_modules(systems.__path__))

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_enum("system", "r3gan", SYSTEMS, "Which row.")
    flags.DEFINE_integer("seed", 0, "Of weights, noise and order.", lower_bound=0)
    flags.DEFINE_string("out", "docs/survey", "Folder of the JSON files.")


def main():
    """Runs one row."""
    report(row_of(FLAGS.system, FLAGS.seed), Path(FLAGS.out))


def report(row, folder):
    """Prints a row and writes it to its file."""
    from benchmarks import measure  # brings TensorFlow

    for name, figure in row["figures"].items():
        met = "B" if figure["meets_B"] else "A" if figure["meets_A"] else "missed"
        print(
            f"{name:>20} {figure['value']:8.4f}  needed {figure['A']:g}, aimed at {figure['B']:g}: "
            f"{met}; {measure.verdict(figure)} the reference ({figure['reference']:.4f})"
        )
    path = folder / f"{row['system']}-{row['seed']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(row, ensure_ascii=False))


def row_of(system, seed):
    """The JSON object of one system and seed."""
    module = pkgutil.resolve_name(f"benchmarks.systems.{system}")
    from trainers import training

    start = time.perf_counter()
    recipe, figures, notes, images = module.run(seed)
    seconds = time.perf_counter() - start
    notes |= {"versions": training.versions(), "machine": training.machine()}
    return {
        "system": system,
        "seed": seed,
        "recipe": recipe,
        "figures": figures,
        "notes": notes,
        "seconds": round(seconds, 1),
        "images_per_second": round(images / seconds),
    }


if __name__ == "__main__":
    command_line.run(define_flags, main)
