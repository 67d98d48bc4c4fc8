"""VAEGAN3D sees in one picture what stands behind it.

Views of chairs, tables and cars, 32x32 grey pixels, and their 16x16x16 voxels, 3,600 pairs to train
on and 900 of other objects held out: small networks, the modern recipe, 1,500 steps of 32, some
minutes. `iou` is the mean, over the held-out pictures, of the voxels that are full in both over
those that are full in either; the reference is the better of two cheap methods: the voxels of the
nearest training picture, and a ridge regression from pixels to 64 principal components of the
voxels. `unseen_drop` is how much of it is lost on pictures of the same objects from an azimuth that
training has none of; its reference is the smaller of the drops of the same two.
"""

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import KNeighborsClassifier

from benchmarks import measure
from trainers import datasets, pictures, voxels
from zoo.vaegan3d import VAEGAN3D

SHAPE, STEPS, BATCH = (16, 16, 16, 1), 1_500, 32


@measure.kept
def trained(seed):
    """A small model after so many steps."""
    keras.utils.set_random_seed(seed)
    model = VAEGAN3D(SHAPE, **VAEGAN3D.small(SHAPE))
    data = datasets.load("furniture_views", batch_size=BATCH, labels=True, seed=seed)
    measure.train(model, "modern", data, STEPS)
    return model


def iou(real, found):
    """Mean intersection over union of voxels that are full above .5.

    Example:
        >>> one, other = np.zeros((2, 1, 4, 4, 4, 1))
        >>> one[0, 0, 0, :2] = other[0, 0, 0, 1:3] = 1.0
        >>> round(iou(one, other), 3)
        0.333
    """
    real, found = (a.reshape(len(a), -1) > 0.5 for a in (real, found))
    return float(np.mean((real & found).sum(axis=1) / (real | found).sum(axis=1)))


def flat(x):
    return x.reshape(len(x), -1).astype("float32")


def methods(seed):
    """Name -> a function from pictures to voxels."""
    x, y = datasets.arrays("furniture_views", "train")
    nearest = KNeighborsClassifier(1).fit(flat(x), np.arange(len(x)))
    components = PCA(64, random_state=0).fit(flat(y))
    ridge = RidgeCV(np.logspace(-1, 4, 6)).fit(flat(x), components.transform(flat(y)))
    return {
        "vaegan3d": trained(seed).reconstruct,
        "nearest picture": lambda views: y[nearest.predict(flat(views))],
        "ridge": lambda views: components.inverse_transform(ridge.predict(flat(views))),
    }


def run(seed):
    """(recipe, figures, notes, pictures seen)."""
    splits = {name: datasets.arrays("furniture_views", name) for name in ("test", "unseen")}
    found = {
        method: {name: iou(y, shapes(x)) for name, (x, y) in splits.items()}
        for method, shapes in methods(seed).items()
    }
    ours, *cheap = found.values()
    drop, *drops = (f["test"] - f["unseen"] for f in (ours, *cheap))
    best = max(f["test"] for f in cheap)
    figures = {
        "iou": measure.gate(ours["test"], best, 0.82, 0.90),
        "unseen_drop": measure.gate(drop, min(drops), 0.10, 0.05, higher=False),
    }
    return "modern", figures, {"iou": found}, BATCH * STEPS


def picture(seed=0):
    """Held-out pictures, the voxels that were found, and the real ones."""
    x, y = (part[::37][:12] for part in datasets.arrays("furniture_views", "test"))
    again = np.repeat(np.repeat(x, 3, axis=1), 3, axis=2)
    rows = {
        "a picture": np.repeat(again, 3, axis=-1),
        "its voxels, found": voxels.render(trained(seed).reconstruct(x)),
        "and real": voxels.render(y),
    }
    return pictures.grid(list(rows.values()), labels=list(rows))
