"""Compares the scores of the same training in float32 and in half precision.

    python -m benchmarks.precision              # three seeds of two precisions, about ten minutes

Trains R3GAN, whose penalties need second derivatives, on one half of the digits, and scores its
samples against the other half. The last line is one JSON object, which is also written to
docs/precision.json.
"""

import json
import statistics
import time
from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("precisions", ["float32", "mixed_bfloat16"], "The compared precisions.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of weights, noise and order.")
    flags.DEFINE_integer("steps", 20_000, "Train steps.", lower_bound=1)
    flags.DEFINE_string("out", "docs/precision.json", "JSON file of the figures.")


def main():
    """Trains and scores each precision on each seed."""
    from trainers import datasets, metrics, runs

    evaluator = metrics.evaluator("digits")
    train, held_out = (datasets.arrays("digits", half)[0] for half in ("half_a", "half_b"))
    references = metrics.references(train, held_out, evaluator)
    found = {precision: [] for precision in FLAGS.precisions}
    for seed in map(int, FLAGS.seeds):
        for precision, each in found.items():
            start = time.perf_counter()
            fake = samples(precision, seed, len(held_out))
            seconds = time.perf_counter() - start
            scores = metrics.score(held_out, fake, evaluator)
            verdict = metrics.verdicts(scores, references)["frechet"]
            each.append({"seed": seed, "seconds": round(seconds, 1), **verdict})
            print(f"{precision} {each[-1]}", flush=True)
    figures = {
        "frechet": found,
        "median": {
            name: statistics.median(run["value"] for run in each) for name, each in found.items()
        },
        "steps": FLAGS.steps,
        "versions": runs.versions(),
        "machine": runs.machine(),
    }
    Path(FLAGS.out).write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


def samples(precision, seed, n):
    """Returns n samples of a model trained in one precision."""
    import keras

    import zoo
    from benchmarks.shared import acceptance
    from trainers import datasets, devices

    devices.set_precision(precision)
    keras.utils.set_random_seed(seed)
    model = zoo.create("r3gan", scale="small", image_shape=(8, 8, 1))
    acceptance.train(model, "modern", datasets.load("digits", "half_a", seed=seed), FLAGS.steps)
    devices.set_precision("float32")  # for the models that score the samples
    return model.generate(n, seed=seed)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
