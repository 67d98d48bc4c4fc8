"""GAN3D: the share of generated furniture in one piece, and what D's features know of chairs.

Chairs, tables and cars of 16x16x16 voxels: small networks without batch norm, the modern recipe at
rates that fall from 1e-3, 3,200 steps of 32. Of 600 generated shapes, thresholded at .5: `whole` is
the share that is one connected piece (voxels that share a face); `least_class` is the share of the
rarest class, by the nearest neighbour among training shapes; `precision` and `coverage` are taken
in 64 principal components of the held-out shapes. The reference is a Gaussian mixture on as many
components of the training shapes, thresholded at .5. `measures` is the share of the variance of a
chair's width, depth, seat height and back height that a ridge regression on D's features explains
on held-out chairs; the reference is the same with features of the network before training, and the
notes have voxels as features. `svm_9_labels` is the accuracy of a linear SVM on the features with
three labels for each class, the mean of 20 choices of labels.
"""

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from benchmarks.shared import acceptance
from trainers import datasets, metrics
from trainers.datasets.builtin import furniture
from trainers.imaging import grids, voxels
from trainers.tasks import shape_synthesis
from zoo.gan3d import GAN3D

SHAPE, STEPS, BATCH = (16, 16, 16, 1), 3_200, 32
ABLATIONS = """
On seed 0, the non-saturating loss with the accuracy gate, batch norm in G, rates of 1e-3 for G and
2e-4 for D, 3,000 steps: results vary by chance. Once coverage was .70, precision .83, least class
.31 and whole .34, and once, with the same settings and another order in which threads add, only
cars were drawn; latents of U(0, 1), as in the paper's code, and of U(-1, 1) gave one class too. The
paper's rates, D 250 times slower: all shapes are empty after 600 steps. WGAN-GP with three turns of
D and 5e-4, G with batch norm: coverage .50 after 600 steps, .18 after 1,400. The modern recipe at
5e-4, 1,600 steps: .36, `whole` .37. At 1e-3 `whole` still rises when all other figures have
settled, .44 after 2,000 steps and .51 after 3,200: legs are learned last.
"""


@acceptance.cache_trained
def trained(seed, steps=STEPS):
    """Returns a small model after `steps` steps."""
    keras.utils.set_random_seed(seed)
    model = GAN3D(SHAPE, **GAN3D.small(SHAPE))
    if steps:
        data = datasets.load("furniture", batch_size=BATCH, seed=seed)
        adam = model.adam(1e-3, 0.0, 0.99, steps, averaged=["generator"])
        acceptance.train(model, "modern", data, steps, optimizers=adam)
    return model


def mixture(shapes, n, seed):
    """Returns n shapes of the baseline, a Gaussian mixture on 64 components."""
    projection = PCA(64, random_state=seed).fit(acceptance.flat(shapes))
    gaussians = GaussianMixture(12, covariance_type="diag", reg_covar=1e-3, random_state=seed)
    draws = gaussians.fit(projection.transform(acceptance.flat(shapes))).sample(n)[0]
    return projection.inverse_transform(draws).reshape(n, *SHAPE) > 0.5


def drawing(shapes, classifier, components, held_out):
    """Returns the scores of generated shapes."""
    shares = np.bincount(classifier.predict(acceptance.flat(shapes)), minlength=3) / len(shapes)
    sets = components.transform(held_out), components.transform(acceptance.flat(shapes))
    return {
        "whole": shape_synthesis.share_in_one_piece(shapes),
        "least_class": float(shares.min()),
        "precision": float(metrics.precision_recall(*sets)[0]),
        "coverage": float(metrics.density_coverage(*sets)[1]),
    }


def reading(features, split, seed):
    """Returns the scores of features of the train and test split."""
    (train, labels, sizes), (test, expected, true_sizes) = split
    chairs, held_out = (names == 0 for names in (labels, expected))
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    measures = list(furniture.PARAMETERS["chair"])[:4]
    ridge.fit(features(train[chairs]), sizes[chairs][:, : len(measures)])
    predicted = ridge.predict(features(test[held_out]))
    gap = np.square(predicted - true_sizes[held_out][:, : len(measures)]).sum(axis=0)
    spread = len(predicted) * true_sizes[held_out][:, : len(measures)].var(axis=0)
    scores, x, y = [], features(train), features(test)
    for draw in range(20):
        rng = np.random.default_rng((seed, draw))
        rows = [rng.choice(np.flatnonzero(labels == k), 3, False) for k in range(3)]
        machine = make_pipeline(StandardScaler(), LinearSVC(random_state=0))
        machine.fit(x[np.concatenate(rows)], labels[np.concatenate(rows)])
        scores.append(machine.score(y, expected))
    explained = dict(zip(measures, (1.0 - gap / spread).tolist(), strict=True))
    return {"measures": float(np.mean(list(explained.values()))), "each": explained} | {
        "svm_9_labels": float(np.mean(scores))
    }


def run(seed):
    """Returns (recipe, figures, notes, number of shapes seen)."""
    splits = [
        (*datasets.arrays("furniture", name), datasets.factors("furniture", name)["parameters"])
        for name in ("train", "test")
    ]
    (train, labels, _), (test, *_) = splits
    n = len(test)
    classifier = KNeighborsClassifier(1).fit(acceptance.flat(train), labels)
    components = PCA(64, random_state=0).fit(acceptance.flat(test))
    sets = {
        "gan3d": trained(seed).generate(n, seed=seed) > 0.5,
        "mixture": mixture(train, n, seed),
        "real": train[:n] > 0.5,
    }
    drawn = {
        name: drawing(s, classifier, components, acceptance.flat(test)) for name, s in sets.items()
    }
    read = {
        "gan3d": reading(trained(seed).features, splits, seed),
        "random weights": reading(trained(seed, 0).features, splits, seed),
        "voxels": reading(acceptance.flat, splits, seed),
    }
    bounds = {
        "whole": (0.8, 0.95),
        "least_class": (0.15, 0.25),
        "precision": (0.6, 0.8),
        "coverage": (0.5, 0.75),
    }
    figures = {
        name: acceptance.gate(drawn["gan3d"][name], drawn["mixture"][name], *pair)
        for name, pair in bounds.items()
    }
    for name, pair in {"measures": (0.6, 0.85), "svm_9_labels": (0.9, 0.97)}.items():
        figures[name] = acceptance.gate(read["gan3d"][name], read["random weights"][name], *pair)
    return "modern, other rates", figures, {"drawn": drawn, "read": read}, BATCH * STEPS


def picture(seed=0):
    """Shapes of the test split, and samples."""
    rows = {
        "held out": datasets.arrays("furniture", "test")[0][:12],
        "drawn": trained(seed).generate(24, seed=seed),
    }
    views = [voxels.render(shapes) for shapes in rows.values()]
    return grids.grid([views[0], *grids.split_rows(views[1])], labels=[*rows, ""])


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"gan3d_furniture": trained(seed)}
