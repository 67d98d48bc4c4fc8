"""VAEGAN3D reconstructs the voxels of an object from one picture.

Views of chairs, tables and cars, 32x32 grey pixels, and their 16x16x16 voxels, 3,600 pairs for
training and 900 of other objects held out: small networks, the modern recipe at rates that fall
from 1e-3, 1,800 steps of 32, some minutes. `iou` is the mean intersection over union of the
occupied voxels over the held-out pictures; the reference is the better of two baselines: the voxels
of the nearest training picture, and a ridge regression from pixels to 64 principal components of
the voxels. `unseen_drop` is the decrease of `iou` on pictures of the same objects from an azimuth
that does not occur in training; the reference is the smaller decrease of the two baselines.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from benchmarks.shared import acceptance
from trainers import datasets
from trainers.datasets.builtin import furniture
from trainers.imaging import grids, voxels
from trainers.tasks import shape_synthesis
from zoo.vaegan3d import VAEGAN3D

SIDE, STEPS, BATCH = 16, 1_800, 32


@acceptance.cache_trained
def trained(seed, side=SIDE):
    """Returns a small trained model."""
    keras.utils.set_random_seed(seed)
    shape = (side, side, side, 1)
    model = VAEGAN3D(shape, **(VAEGAN3D.small(shape) | {"view_shape": (32, 32, 1)}))
    data = tf.data.Dataset.from_tensor_slices(pairs("train", side)).shuffle(3_600, seed=seed)
    adam = model.adam(1e-3, 0.0, 0.99, STEPS, averaged=["encoder", "generator"])
    data = data.batch(BATCH, drop_remainder=True)
    acceptance.train(model, "modern", data, STEPS, optimizers=adam)
    return model


@functools.cache
def pairs(split, side=SIDE):
    """Returns (pictures, voxels) of a split; voxels of another side are built from the factors."""
    x, y = datasets.arrays("furniture_views", split)
    if side == SIDE:
        return x, y
    known = datasets.factors("furniture_views", split)
    return x, furniture.build(known["class"], known["parameters"])[..., None].astype("float32")


def methods(seed, side=SIDE):
    """Returns a dict from name to a function from pictures to voxels."""
    ours = {"vaegan3d": trained(seed, side).reconstruct}
    return ours | shape_synthesis.view_baselines(*pairs("train", side))


def run(seed, side=SIDE, A=0.82, B=0.90):
    """Returns (recipe, figures, notes, number of pictures seen)."""
    splits = {name: pairs(name, side) for name in ("test", "unseen")}
    scores = {
        method: {name: voxels.iou(y, shapes(x)) for name, (x, y) in splits.items()}
        for method, shapes in methods(seed, side).items()
    }
    ours, *baselines = scores.values()
    drop, *drops = (f["test"] - f["unseen"] for f in (ours, *baselines))
    best = max(f["test"] for f in baselines)
    figures = {
        "iou": acceptance.gate(ours["test"], best, A, B),
        "unseen_drop": acceptance.gate(drop, min(drops), 0.10, 0.05, higher=False),
    }
    return "modern, other rates", figures, {"iou": scores}, BATCH * STEPS


def picture(seed=0, side=SIDE):
    """Held-out pictures, reconstructed voxels, and real voxels."""
    x, y = (part[::37][:12] for part in pairs("test", side))
    again = np.repeat(np.repeat(x, 3, axis=1), 3, axis=2)
    rows = {
        "a picture": np.repeat(again, 3, axis=-1),
        "its voxels, found": voxels.render(trained(seed, side).reconstruct(x)),
        "and real": voxels.render(y),
    }
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"vaegan3d_furniture": trained(seed)}
