"""Shapes follow from pictures, and their latents can be added and mixed.

VAEGAN3D as the row vaegan3d of the survey trains it, on views of chairs, tables and cars. `iou` is
the mean, over 900 held-out pictures, of the voxels that are full in both over those full in either;
the reference is the better of the nearest training picture and a ridge regression. All else is read
from pictures, too. For `arithmetic` 100 chairs are drawn, each with arms and without, and 100
others: the latents of one with arms, less those without, plus another's, are compared with that
other chair, built with these arms. The reference is the better of what the model finds of the other
chair, as it is, and the same sum of voxels that it finds. For `between` the middle of the latents
of two chairs is compared with the chair whose measures are the means of theirs; the reference is
the middle of their voxels. Of both the reference is what is needed, and aimed at is what the model
makes of a picture of the true chair.
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
    """Measures of random chairs, with arms or without: (n, 7)."""
    bounds = np.array(list(furniture.PARAMETERS["chair"].values()))
    found = np.random.default_rng(seed).uniform(*bounds.T, (COUNT, len(bounds)))
    if not arms:
        found[:, ARMS] = 0.0
    return found


def built(measures):
    """(pictures, voxels) of chairs."""
    cubes = furniture.build(np.zeros(len(measures), int), measures)
    views = grids.from_uint8(furniture.view(cubes, AZIMUTH))
    return views, furniture.coarse(cubes)[..., None].astype("float32")


def sums(model, seed):
    """What `arithmetic` tells: name -> IoU."""
    with_arms, other = chairs((seed, 0), arms=True), chairs((seed, 1), arms=False)
    without, wanted = with_arms.copy(), other.copy()
    without[:, ARMS], wanted[:, ARMS] = 0.0, with_arms[:, ARMS]
    views, real = built(wanted)
    a, b, c = (model.encode(built(x)[0]) for x in (with_arms, without, other))
    shapes = [shape_synthesis.generate_shapes(model, z) for z in (a, b, c)]
    found = {
        "ours": shape_synthesis.generate_shapes(model, a - b + c),
        "as it is": shapes[2],
        "of voxels": shapes[0] - shapes[1] + shapes[2],
        "of its picture": model.reconstruct(views),
    }
    return {name: voxels.iou(real, made) for name, made in found.items()}


def middles(model, seed):
    """What `between` tells: name -> IoU."""
    ends = chairs((seed, 2), arms=False), chairs((seed, 3), arms=False)
    views, real = built((ends[0] + ends[1]) / 2.0)
    start, end = (model.encode(built(x)[0]) for x in ends)
    path = np.stack(
        [shape_synthesis.interpolate(a, b, 3)[1] for a, b in zip(start, end, strict=True)]
    )
    found = {
        "ours": shape_synthesis.generate_shapes(model, path),
        "of voxels": (
            shape_synthesis.generate_shapes(model, start)
            + shape_synthesis.generate_shapes(model, end)
        )
        / 2.0,
        "of its picture": model.reconstruct(views),
    }
    return {name: voxels.iou(real, made) for name, made in found.items()}


def run(seed):
    """(recipe, figures, notes, pictures seen)."""
    x, y = vaegan3d.pairs("test")
    found = {name: voxels.iou(y, shapes(x)) for name, shapes in vaegan3d.methods(seed).items()}
    ours, *cheap = found.values()
    figures, notes = {"iou": acceptance.gate(ours, max(cheap), 0.82, 0.90)}, {"iou": found}
    model = vaegan3d.trained(seed)
    for name, each in (("arithmetic", sums(model, seed)), ("between", middles(model, seed))):
        best = max(each[way] for way in ("as it is", "of voxels") if way in each)
        figures[name] = acceptance.gate(each["ours"], best, best, each["of its picture"])
        notes[name] = each
    return "modern, other rates", figures, notes, vaegan3d.BATCH * vaegan3d.STEPS


def notes_table(notes):
    """Every way, by IoU."""
    lines = ["| | way | IoU |", "|---|---|---|"]
    return lines + [
        f"| {kind} | {name} | {value:.3f} |"
        for kind in ("iou", "arithmetic", "between")
        for name, value in notes[kind].items()
    ]


def picture(seed=0):
    """A chair with arms, without, another, their sum, and what it should be; chairs from one to
    another."""
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
