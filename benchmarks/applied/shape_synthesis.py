"""VAEGAN3D builds shapes from pictures, and adds and interpolates their latents.

The model is that of the row vaegan3d of the survey, on views of chairs, tables and cars. `iou` is
the mean intersection over union of the occupied voxels over 900 held-out pictures; the reference is
the better of two baselines, the nearest training picture and a ridge regression. The other figures
start from pictures, too. For `arithmetic` 100 chairs are drawn, each with arms and without, and 100
others: the latents of a chair with arms, minus those of the chair without, plus those of another
chair are compared with that other chair, built with these arms. The reference is the better of the
shape that the model builds of the other chair, unchanged, and the same sum of voxels instead of
latents. For `between` the mean of the latents of two chairs is compared with the chair whose
measures are the means of theirs; the reference is the mean of their voxels. For both, the reference
is also what is required, and the target is the shape that the model builds from a picture of the
true chair.
"""

import numpy as np

from benchmarks.shared import acceptance
from benchmarks.systems import vaegan3d
from trainers.datasets.builtin import furniture
from trainers.imaging import grids, voxels
from trainers.tasks import shape_synthesis

COUNT, AZIMUTH = 100, furniture.AZIMUTHS[1]
ARMS = list(furniture.PARAMETERS["chair"]).index("arm_height")


def chairs(seed, arms):
    """Returns the measures of random chairs, with arms or without: (n, 7)."""
    bounds = np.array(list(furniture.PARAMETERS["chair"].values()))
    found = np.random.default_rng(seed).uniform(*bounds.T, (COUNT, len(bounds)))
    if not arms:
        found[:, ARMS] = 0.0
    return found


def built(measures):
    """Returns (pictures, voxels) of chairs with these measures."""
    cubes = furniture.build(np.zeros(len(measures), int), measures)
    views = grids.from_uint8(furniture.view(cubes, AZIMUTH))
    return views, furniture.coarse(cubes)[..., None].astype("float32")


def sums(model, seed):
    """Returns name -> IoU for `arithmetic`."""
    with_arms, other = chairs((seed, 0), arms=True), chairs((seed, 1), arms=False)
    without, wanted = with_arms.copy(), other.copy()
    without[:, ARMS], wanted[:, ARMS] = 0.0, with_arms[:, ARMS]
    views, real = built(wanted)
    a, b, c = (model.encode(built(x)[0]) for x in (with_arms, without, other))
    shapes = [shape_synthesis.generate_shapes(model, z) for z in (a, b, c)]
    results = {
        "ours": shape_synthesis.generate_shapes(model, a - b + c),
        "as it is": shapes[2],
        "of voxels": shapes[0] - shapes[1] + shapes[2],
        "of its picture": model.reconstruct(views),
    }
    return {name: voxels.iou(real, generated) for name, generated in results.items()}


def middles(model, seed):
    """Returns name -> IoU for `between`."""
    ends = chairs((seed, 2), arms=False), chairs((seed, 3), arms=False)
    views, real = built((ends[0] + ends[1]) / 2.0)
    start, end = (model.encode(built(x)[0]) for x in ends)
    path = np.stack(
        [shape_synthesis.interpolate(a, b, 3)[1] for a, b in zip(start, end, strict=True)]
    )
    results = {
        "ours": shape_synthesis.generate_shapes(model, path),
        "of voxels": (
            shape_synthesis.generate_shapes(model, start)
            + shape_synthesis.generate_shapes(model, end)
        )
        / 2.0,
        "of its picture": model.reconstruct(views),
    }
    return {name: voxels.iou(real, generated) for name, generated in results.items()}


def run(seed):
    """Returns (recipe, figures, notes, number of pictures seen)."""
    x, y = vaegan3d.pairs("test")
    found = {name: voxels.iou(y, shapes(x)) for name, shapes in vaegan3d.methods(seed).items()}
    ours, *baselines = found.values()
    figures, notes = {"iou": acceptance.gate(ours, max(baselines), 0.82, 0.90)}, {"iou": found}
    model = vaegan3d.trained(seed)
    for name, each in (("arithmetic", sums(model, seed)), ("between", middles(model, seed))):
        best = max(each[way] for way in ("as it is", "of voxels") if way in each)
        figures[name] = acceptance.gate(each["ours"], best, best, each["of its picture"])
        notes[name] = each
    return "modern, other rates", figures, notes, vaegan3d.BATCH * vaegan3d.STEPS


def notes_table(notes):
    """Table of the IoU of all methods."""
    lines = ["| | way | IoU |", "|---|---|---|"]
    return lines + [
        f"| {kind} | {name} | {value:.3f} |"
        for kind in ("iou", "arithmetic", "between")
        for name, value in notes[kind].items()
    ]


def picture(seed=0):
    """A chair with arms (a), without (b), another (c), a - b + c, and the true chair; and
    interpolations between chairs."""
    model = vaegan3d.trained(seed)
    with_arms, other = chairs((seed, 0), arms=True)[:6], chairs((seed, 1), arms=False)[:6]
    without, wanted = with_arms.copy(), other.copy()
    without[:, ARMS], wanted[:, ARMS] = 0.0, with_arms[:, ARMS]
    a, b, c = (model.encode(built(x)[0]) for x in (with_arms, without, other))
    rows = {
        "a": shape_synthesis.generate_shapes(model, a),
        "b": shape_synthesis.generate_shapes(model, b),
        "c": shape_synthesis.generate_shapes(model, c),
        "a - b + c": shape_synthesis.generate_shapes(model, a - b + c),
        "should be": built(wanted)[1],
        "from c 0": shape_synthesis.generate_shapes(
            model, shape_synthesis.interpolate(c[0], c[1], 6)
        ),
        "to c 1, 2": shape_synthesis.generate_shapes(
            model, shape_synthesis.interpolate(c[1], c[2], 6)
        ),
    }
    return grids.grid([voxels.render(shapes) for shapes in rows.values()], labels=list(rows))
