"""Measures the applications against their required and target figures, and writes JSON files.

    python -m benchmarks.applications --application=semantic_editing --seed=0
    python -m benchmarks.applications --application=all --picture

Each prints a line for each figure and, last, one JSON object, which it also writes to
docs/applications/NAME-SEED.json. A bound that is missed is reported, not an error. Then `python -m
benchmarks.document` writes docs/applications.md.
"""

import pkgutil
import sys

from absl import flags

from benchmarks import applied
from benchmarks.shared import presets, rows
from trainers import command_line, files

FLAGS = flags.FLAGS
APPLICATIONS = sorted(module.name for module in pkgutil.iter_modules(applied.__path__))


def define_flags():
    """Defines the flags of this script."""
    names = ["all", *APPLICATIONS]
    flags.DEFINE_enum("application", "all", names, "Which application.")
    flags.DEFINE_integer("seed", 0, "Seed of weights, noise and order.", lower_bound=0)
    flags.DEFINE_string("out", "docs/applications", "Folder of the JSON files.")
    flags.DEFINE_bool("picture", False, "Also draw its picture, in docs/gallery.")
    flags.DEFINE_bool("preset", False, "Also save its models, in saved_models.")


def main():
    """Runs one row, or all rows."""
    with command_line.flag_errors("preset"):
        if FLAGS.preset and FLAGS.application != "all" and not keeps(FLAGS.application):
            raise ValueError(f"should be a row that keeps a model. Received: {FLAGS.application}")
    folder = files.ensure_folder(FLAGS.out, "out")
    for name in APPLICATIONS if FLAGS.application == "all" else [FLAGS.application]:
        row = rows.row_of(name, FLAGS.seed, "applied")
        rows.report(row, folder, FLAGS.picture, "applied")
        if FLAGS.preset and keeps(name):
            print(*presets.write(row, package="applied"), sep="\n", file=sys.stderr)


def keeps(name):
    """Returns whether a row saves models."""
    return hasattr(pkgutil.resolve_name(f"benchmarks.applied.{name}"), "presets")


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
