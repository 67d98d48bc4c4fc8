"""Tiny models of every family: one line for images and one for points, and a few variants.

A new family adds its line to `IMAGES` (and to `POINTS`, where it has networks for them); all tests
in `every_family_test.py`, `every_mode_test.py` and `every_size_test.py` then hold it too.

`make test` runs them on the rows of `QUICK`, and on all rows of a family whose code was changed.
"""

import functools
import inspect

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests import affected
from zoo.mixins.image_to_image import ImageToImage
from zoo.srgan import SRGAN

SMALL = {"image_shape": (8, 8, 1), "latent_dim": 4}
IMAGES = {
    "aae": SMALL | {"width": 8},
    "acgan": SMALL | {"width": 4, "classes": 3},
    "ali": SMALL | {"width": 8},
    "alice": SMALL | {"width": 8},
    "avb": SMALL | {"width": 8, "noise_dim": 3},
    "began": SMALL | {"width": 4},
    "bigan": SMALL | {"width": 8},
    "cgan": SMALL | {"classes": 3},
    "conv_gan": SMALL | {"width": 5},
    "cyclegan": {
        "image_shape": (8, 8, 1),
        "source_channels": 2,
        "width": 4,
        "stages": 1,
        "blocks": 1,
        "patch_stages": 1,
    },
    "dcgan": SMALL | {"width": 4},
    "fgan": SMALL,
    "gan": SMALL,
    "gan3d": {"image_shape": (8, 8, 8, 1), "latent_dim": 4, "width": 4, "gate": 1.0},
    "infogan": SMALL | {"width": 8, "categories": 3},
    "lapgan": {"image_shape": (8, 8, 1), "width": 16, "levels": 1},
    "lsgan": SMALL | {"width": 4},
    "mgan": {"image_shape": (8, 8, 1), "width": 4, "stages": 1, "blocks": 1, "patch_stages": 1},
    "pix2pix": {
        "image_shape": (8, 8, 1),
        "source_channels": 2,
        "width": 4,
        "stages": 3,
        "patch_stages": 1,
    },
    "r3gan": SMALL | {"width": 4, "cardinality": 1, "blocks": 1},
    "semi_supervised": SMALL | {"width": 16, "classes": 3},
    "sngan": SMALL | {"width": 4, "residual": False},
    "spatial_gan": SMALL | {"width": 4, "stages": 2},
    "srgan": {"image_shape": (8, 8, 1), "width": 4, "blocks": 1, "factor": 2},
    "vaegan": SMALL | {"width": 4},
    "vaegan3d": {
        "image_shape": (8, 8, 8, 1),
        "view_shape": (8, 8, 1),
        "latent_dim": 4,
        "width": 4,
    },
    "wgan": SMALL | {"width": 4},
    "wgan_gp": SMALL | {"width": 4, "residual": False},
}
PLANE = {"image_shape": (2,), "latent_dim": 2}
POINTS = {
    "aae": PLANE | {"width": 8},
    "acgan": PLANE | {"width": 8, "classes": 3},
    "ali": PLANE | {"width": 8},
    "alice": PLANE | {"width": 8},
    "avb": PLANE | {"width": 8, "noise_dim": 3},
    "bigan": PLANE | {"width": 8},
    "cgan": PLANE | {"width": 8, "classes": 3},
    "conv_gan": PLANE | {"width": 8},
    "dcgan": PLANE | {"width": 8},
    "fgan": PLANE | {"width": 8},
    "gan": PLANE | {"width": 8},
    "infogan": PLANE | {"width": 8, "categories": 3},
    "lsgan": PLANE | {"width": 8},
    "r3gan": PLANE,
    "semi_supervised": PLANE | {"width": 16, "classes": 3},
    "sngan": PLANE | {"width": 8},
    "vaegan": PLANE | {"width": 8},
    "wgan": PLANE | {"width": 8},
    "wgan_gp": PLANE | {"width": 8},
}
VARIANTS = {  # other networks of a family, and switches of its page
    "aae, categories": ("aae", SMALL | {"width": 8, "categories": 3}),
    "aae, few labels": ("aae", SMALL | {"width": 8, "categories": 3, "classes": 3}),
    "aae, shaped": (
        "aae",
        SMALL | {"width": 8, "latent_dim": 2, "prior": "mixture", "classes": 3},
    ),
    "acgan, dense": ("acgan", SMALL | {"width": 8, "dense": True, "classes": 3}),
    "cgan, one width": ("cgan", SMALL | {"width": 8}),
    "cgan, convolutional": ("cgan", SMALL | {"width": 4, "convolutional": True, "classes": 3}),
    "dcgan, no rules": (
        "dcgan",
        SMALL
        | {
            "width": 4,
            "strided": False,
            "batch_norm": False,
            "hidden_dense": True,
            "generator_activation": "tanh",
            "output_activation": "linear",
            "discriminator_activation": "relu",
        },
    ),
    "gan, one width": ("gan", SMALL | {"width": 8}),
    "infogan, convolutional": ("infogan", SMALL | {"categories": 3}),
    "r3gan, dense": ("r3gan", SMALL | {"width": 8, "dense": True}),
    "r3gan, groups": ("r3gan", SMALL | {"width": 4, "cardinality": 4, "blocks": 1}),
    "sngan, residual": ("sngan", SMALL | {"width": 4}),
    "wgan_gp, residual": ("wgan_gp", SMALL | {"width": 4}),
}
BATCHED = {  # rows whose samples see their batch, and by what
    "acgan": "batch normalisation in the generator",
    "cgan, convolutional": "batch normalisation in both networks",
    "dcgan": "batch normalisation in both networks",
    "fgan": "batch normalisation in the generator",
    "gan3d": "batch normalisation in both networks",
    "infogan, convolutional": "batch normalisation in both networks",
    "lsgan": "batch normalisation in both networks",
    "semi_supervised": "batch normalisation in the generator, feature matching",
    "semi_supervised, points": "batch normalisation in the generator, feature matching",
    "sngan": "batch normalisation in the generator",
    "sngan, residual": "batch normalisation in the generator",
    "spatial_gan": "batch normalisation in both networks",
    "srgan": "batch normalisation in both networks",
    "vaegan": "batch normalisation in all three networks",
    "vaegan3d": "batch normalisation in all three networks",
    "wgan": "batch normalisation in both networks",
    "wgan_gp": "batch normalisation in the generator",
    "wgan_gp, residual": "batch normalisation in the generator",
}
TURNS = {  # fewer than the paper's, since each one is traced
    "sngan": {"discriminator": 2},
    "sngan, points": {"discriminator": 2},
    "sngan, residual": {"discriminator": 1},
    "wgan": {"discriminator": 2},
    "wgan, points": {"discriminator": 2},
    "wgan_gp": {"discriminator": 2},
    "wgan_gp, points": {"discriminator": 2},
    "wgan_gp, residual": {"discriminator": 1},
}
ROWS = (
    {name: (name, arguments) for name, arguments in IMAGES.items()}
    | {f"{name}, points": (name, arguments) for name, arguments in POINTS.items()}
    | VARIANTS
)
MAIN = [row for row in ROWS if row not in VARIANTS]
CONVOLUTIONAL = {  # one constructor per kind of convolutional network, for images of any size
    "conv_gan": ("conv_gan", {"width": 5}),
    "dcgan": ("dcgan", {"width": 2}),
    "r3gan": ("r3gan", {"width": 4, "cardinality": 2, "blocks": 1}),
    "sngan": ("sngan", {"width": 2, "residual": False}),
    "sngan, residual": ("sngan", {"width": 2}),
    "wgan_gp": ("wgan_gp", {"width": 2, "residual": False}),
    "wgan_gp, residual": ("wgan_gp", {"width": 2}),
}

QUICK = {  # rows that `make test` holds, and the mechanism that each stands for
    "dcgan": "batch normalisation",
    "cgan": "labels",
    "wgan_gp, points": "several turns, a penalty on gradients",
    "r3gan": "pairs of real and fake, R1 and R2",
    "bigan": "one loss of two networks",
    "began": "state that moves after each step",
    "aae": "three players, labels that are hidden",
    "vaegan": "all players at once",
    "infogan": "codes, two heads",
    "semi_supervised": "matched features",
    "lapgan": "levels",
    "cyclegan": "a pool of the past, two networks a player",
    "srgan": "a frozen network",
}
FEW = (
    "dcgan",
    "wgan_gp, points",
    "cgan",
)  # on which `make test-thorough` holds what takes many seconds
SOME = (*FEW, "aae", "gan", "infogan", "r3gan")  # and these what takes a few
MOST = (*IMAGES, *FEW)  # and these the rest
certain = "cyclegan", "mgan", "srgan"  # whose images are of images alone, without noise
random = [r for r in MAIN if r not in certain]
drawn = [r for r in MAIN if not issubclass(zoo.family(ROWS[r][0]), (SRGAN, ImageToImage))]


@functools.cache
def changed():
    """The rows of families whose code was changed."""
    pages = {row: zoo.family(name).__module__ for row, (name, _) in ROWS.items()}
    found = affected.affected(set(pages.values()), affected.changes())
    return {row for row, page in pages.items() if page in found}


def level(row, quick, thorough, changed):
    """The marks of a row: none where `make test` runs it, as it does where its code was changed.
    What changes all families, as the engine does, leaves slow ones slow: they take an hour."""
    usual = row in thorough or row in quick
    if row in quick or (row in changed and (usual or len(changed) < len(ROWS))):
        return ()
    return (pytest.mark.thorough if usual else pytest.mark.slow,)


def rows(of=MAIN, quick=QUICK, thorough=MOST):
    """Rows as parameters: `quick` ones for `make test`, `thorough` ones for `make test-thorough`,
    the rest for `make test-all`."""
    return [pytest.param(r, marks=level(r, quick, thorough, changed())) for r in of]


def each(*args, **settings):
    """Runs a test on `rows`. All tests of one row share what is of the module."""
    return pytest.mark.parametrize("row", rows(*args, **settings), scope="module")


def each_with(names, choices, of=MAIN, thorough=FEW):
    """Runs a test on rows and on choices of other parameters: (values, quick rows of each)."""
    found = [
        pytest.param(row.values[0], *values, marks=row.marks)
        for values, quick in choices
        for row in rows(of, quick, thorough)
    ]
    return pytest.mark.parametrize(f"row, {names}", found)


def conditions(model, n):
    """Keyword arguments of `draw` for n samples: the classes in turn, if it takes labels."""
    taken = inspect.signature(model.draw).parameters
    conditional = "labels" in taken and getattr(model, "classes", 0)
    return {"labels": np.arange(n) % model.classes} if conditional else {}


def generate_samples(model, n, seed=None):
    """n samples: of noise, or of images where the family translates or enlarges."""
    if isinstance(model, (SRGAN, ImageToImage)):
        source = drawn_of(model.batch_format()[0], n, np.random.default_rng(0))
        if isinstance(model, SRGAN):
            return model.enlarge(source[:, :: model.factor, :: model.factor])
        return model.translate(source, seed)
    return model.generate(n, seed=seed)


def create(row, **changes):
    """The model of a row, compiled with its paper's recipe."""
    name, arguments = ROWS[row]
    model = zoo.create(name, **(arguments | changes))
    return recompile(model, row) if row in TURNS else model


@functools.lru_cache(maxsize=1)
def fresh(row):
    """The same, for tests that only read it: one at a time is kept."""
    return create(row)


def recompile(model, row, **rules):
    model.compile(**({"turns": TURNS.get(row, {})} | rules))
    return model


def parts(model):
    """Number of sub-batches that a batch is split into, one per turn."""
    return max(model.turns.values())


def arrays(model, steps=1, rows=4, seed=0):
    """(x,) or (x, y) for so many steps of `rows` samples per turn."""
    rng = np.random.default_rng(seed)
    n = steps * rows * parts(model)
    return tuple(drawn_of(part, n, rng) for part in model.batch_format())


def drawn_of(part, n, rng):
    """n values of a part of a batch, in its range."""
    if part.integer:
        return rng.integers(max(part.low, 0), part.high + 1, n)
    low, high = (-1.0, 1.0) if part.low is None else (part.low, part.high)
    return rng.uniform(low, high, (n, *part.shape)).astype("float32")


def dataset(model, steps=1, rows=4, seed=0):
    """The same as a stream of batches, one for each step."""
    given = arrays(model, steps, rows, seed)
    batches = tf.data.Dataset.from_tensor_slices(given if len(given) > 1 else given[0])
    return batches.batch(rows * parts(model), drop_remainder=True)


def batch(model, rows=4, seed=0):
    """What one turn sees: x, or (x, y)."""
    given = tuple(tf.constant(a[:rows]) for a in arrays(model, 1, rows, seed))
    return given if len(given) > 1 else given[0]


def state(model):
    """Everything that training moves, as a list of arrays."""
    optimizers = [v for o in model.optimizers.values() for v in o.variables]
    return [v.numpy() for v in variables(model) + optimizers]


def variables(model):
    """Weights and random states, without the metrics."""
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


def twin(model):
    """A model of its own, not compiled, with the same weights, noise and random states."""
    copy = type(model).from_config(model.get_config())
    assign(copy, model)
    return copy


def assign(target, source):
    for ours, theirs in zip(variables(target), variables(source), strict=True):
        ours.assign(theirs)


def assert_same(found, expected, exactly=True, **tolerance):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        if exactly:
            np.testing.assert_array_equal(a, b)
        else:
            np.testing.assert_allclose(a, b, **tolerance)
