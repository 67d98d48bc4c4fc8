"""Scores ten samplers of known quality, from nearly perfect to useless.

    python -m benchmarks.calibration            # 15 seconds

The samplers see one half of the digits and are scored against the other. The table is a
scale for the scores of a GAN: it shows which scores detect a missing class, noise, or a single
repeated image. The last line is one JSON object, which is also written to docs/calibration.json.
"""

import json
import time
from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
EVALUATED = ("frechet", "kernel", "inception_score", "precision", "recall", "density", "coverage")
PIXELS = (
    *("frechet", "precision", "recall", "density", "coverage", "two_sample_knn"),
    *("two_sample_mlp", "nearest_real", "nearest_fake", "parzen", "parzen_sigma", "pair_ssim"),
)


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_integer("seed", 0, "Seed of the samplers.")
    flags.DEFINE_string("out", "docs/calibration.json", "JSON file of the figures.")


def main():
    """Scores every sampler and writes the table."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from trainers import metrics, runs

    start = time.perf_counter()
    images, labels = load_digits(return_X_y=True)
    images = (images / 8 - 1).reshape(-1, 8, 8, 1)
    seen, unseen = train_test_split(images, test_size=0.5, random_state=0, stratify=labels)
    evaluator = metrics.evaluator("digits")
    table = metrics.references(seen, unseen, evaluator, seed=FLAGS.seed, pixels=True)
    for sampler, scores in table.items():
        figures = {**pick(scores, EVALUATED), "pixels": pick(scores["pixels"], PIXELS)}
        print(f"{sampler:14} {metrics.Protocol(**scores['protocol'])}: {figures}")
    found = {
        "real": {
            "inception_score": metrics.inception_score(evaluator.logits(unseen)),
            "pair_ssim": metrics.pair_ssim(unseen / 2 + 0.5),
        },
        "samplers": table,
        "seed": FLAGS.seed,
        "seconds": round(time.perf_counter() - start, 1),
        "versions": runs.versions(),
        "machine": runs.machine(),
    }
    Path(FLAGS.out).write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found))


def pick(figures, names):
    """Returns the named figures, rounded for printing."""
    return {name: round(figures[name], 3) for name in names}


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
