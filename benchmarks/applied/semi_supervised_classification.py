"""From 50 labels on, a classifier learns more from unlabelled digits than label spreading.

As the script trains by default: SemiSupervisedGAN, small networks, the modern recipe, 2,000 steps
of 100, half of a batch labelled; 1,297 digits for training, 500 held out, whose labels are used for
scores only. For 10, 50 and 100 labels (1, 5 and 10 of each class) five sets of labels are drawn;
the figure is the mean of their accuracies, and the notes have each accuracy with the calibration
error. Required is the mean of the same network trained on the labels only, for as many steps, plus
8, 2.5 and 2.5 points; the target is label spreading on the same labels, which is the reference too.
"""

import keras
import numpy as np

import zoo
from benchmarks.shared import acceptance
from trainers import datasets, metrics
from trainers.imaging import grids
from trainers.tasks import semi_supervised

STEPS, BATCH, DRAWS = 2_000, 100, 5
MARGINS = {10: 0.08, 50: 0.025, 100: 0.025}
ABLATIONS = """
With ten labels the gain of 7.4 points misses the required 8. On the first set of labels, where the
row has .780: noise of .5 on the input .618, a weight of 1 for the unlabelled half .750, 6,000 steps
.758.
Translated digits were not tried.
"""


def labelled(labels, seed):
    """Returns the digits, `labels` of which have a label."""
    given = {"dataset": "digits", "image_size": None, "seed": seed}
    return semi_supervised.LabelledData.of(given | {"labels_per_class": labels // 10})


@acceptance.cache_trained
def trained(labels, seed, supervised_only=False):
    """Returns a classifier after `STEPS` steps, with `supervised_only` from the labels only."""
    keras.utils.set_random_seed(seed)
    model = zoo.create("semi_supervised", scale="small", image_shape=(8, 8, 1))
    changes = semi_supervised.SUPERVISED_ONLY["semi_supervised"] if supervised_only else {}
    data = labelled(labels, seed).batches(BATCH, seed=seed)
    acceptance.train(model, "modern", data, STEPS, **changes)
    return model


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    figures, notes = {}, {}
    for labels, margin in MARGINS.items():
        found = {"ours": [], "labels alone": [], "label spreading": [], "calibration": []}
        for draw in range(DRAWS * seed, DRAWS * (seed + 1)):
            data = labelled(labels, draw)
            ours, supervised = (
                semi_supervised.class_probabilities(trained(labels, draw, supervised_only))(
                    data.test
                )
                for supervised_only in (False, True)
            )
            for name, probabilities in (("ours", ours), ("labels alone", supervised)):
                found[name].append(semi_supervised.accuracy(data, probabilities))
            found["label spreading"].append(semi_supervised.label_spreading_accuracy(data))
            found["calibration"].append(metrics.calibration_error(ours, data.test_labels))
        means = {name: float(np.mean(values)) for name, values in found.items()}
        required = round(means["labels alone"] + margin, 4)
        baseline = means["label spreading"]
        figures[f"accuracy_{labels}_labels"] = acceptance.gate(
            means["ours"], baseline, required, max(baseline, required)
        )
        deviations = {name: float(np.std(values, ddof=1)) for name, values in found.items()}
        notes[str(labels)] = {"each": found, "mean": means, "deviation": deviations}
    return "modern", figures, notes, 2 * len(MARGINS) * DRAWS * BATCH * STEPS


def notes_table(notes):
    """Table of means and standard deviations over the sets of labels."""
    kinds = ("ours", "labels alone", "label spreading", "calibration")
    lines = ["| labels | ours | labels alone | label spreading | calibration error |"]
    lines.append("|---|---|---|---|---|")
    for labels in MARGINS:
        found = notes[str(labels)]
        each = (f"{found['mean'][kind]:.3f} ± {found['deviation'][kind]:.3f}" for kind in kinds)
        lines.append(f"| {labels} | {' | '.join(each)} |")
    return lines


def picture(seed=0):
    """Held-out digits by the class that a classifier with ten labels predicts."""
    test, _ = datasets.arrays("digits", "test")
    found = trained(10, DRAWS * seed).classify(test).argmax(axis=1)
    rows = grids.by_class(test, found, 10, columns=16)
    return grids.grid(rows, labels=[f"taken for {k}" for k in range(10)])


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"semi_supervised_digits": trained(100, DRAWS * seed)}
