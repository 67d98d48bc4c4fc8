"""Runs the theorems about GANs: compares each with this library's numbers, and draws a figure.

    python -m benchmarks.theory                           # all of them, some minutes
    python -m benchmarks.theory --only=saturation,saddle

Prints a line for each claim, writes docs/theory/NAME.png and NAME.json, and exits with 1 when a
claim does not hold.
"""

import json
import pkgutil
import sys
import time
from pathlib import Path

from absl import flags

from benchmarks.theorems import READING as THEOREMS
from trainers import command_line

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("only", None, "Names of theorems; by default all.")
    flags.DEFINE_integer("seed", 0, "Seed of weights, noise and samples.", lower_bound=0)
    flags.DEFINE_string("out", "docs/theory", "Folder of the figures and of the JSON files.")


def main():
    """Runs the theorems."""
    with command_line.flag_errors("only"):
        unknown = sorted(set(FLAGS.only or []) - set(THEOREMS))
        if unknown:
            raise ValueError(f"should be of {', '.join(THEOREMS)}. Received: {unknown}")
    all_hold = [report(name, FLAGS.seed, Path(FLAGS.out)) for name in FLAGS.only or THEOREMS]
    if not all(all_hold):
        sys.exit(1)


def report(name, seed, folder):
    """Runs one theorem, writes its claims and figure, and returns whether all claims hold."""
    module = pkgutil.resolve_name(f"benchmarks.theorems.{name}")
    from benchmarks.shared import figure_style  # these import TensorFlow and matplotlib
    from trainers import runs

    start = time.perf_counter()
    found, drawn = module.run(seed)
    seconds = time.perf_counter() - start
    title = module.__doc__.splitlines()[0]
    print(f"\n{title} ({seconds:.0f} s)")
    for one in found:
        should = "" if one["theory"] is None else f"theory {one['theory']:.5g}, "
        verdict = "holds" if one["holds"] else "DOES NOT HOLD"
        print(f"  {one['text']}: {one['value']:.5g} ({should}{one['bound']}): {verdict}")
    figure_style.save(drawn, folder / f"{name}.png")
    facts = {
        "name": name,
        "title": title,
        "seed": seed,
        "claims": found,
        "seconds": round(seconds, 1),
        "machine": runs.machine(),
        "versions": runs.versions(),
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    return all(one["holds"] for one in found)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
