"""Furniture: chairs, tables and cars of boxes, as voxels, and as views of voxels.

A small stand-in for the models of

    Wu, Zhang, Xue, Freeman, Tenenbaum (2016), "Learning a Probabilistic Latent Space of Object
    Shapes via 3D Generative-Adversarial Modeling", https://arxiv.org/abs/1610.07584

    furniture        16x16x16 voxels, each full where any of 2x2x2 finer ones is
    furniture_views  (x) a view of 32x32 grey pixels, (y) the voxels that it shows

Axes of voxels are width, depth (the front first) and height (the floor first). Lengths are shares
of the side of the cube.
"""

import numpy as np

from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples, splits, stream

FINE, COARSE, VIEW = 32, 16, 32  # sides: of a cube as built, as stored, of a view
# class -> parameter -> low, high of a uniform distribution
PARAMETERS = {
    "chair": {
        "width": (0.40, 0.60),
        "depth": (0.40, 0.60),
        "seat_height": (0.32, 0.45),
        "back_height": (0.35, 0.50),  # above the seat
        "thickness": (0.05, 0.10),
        "leg": (0.06, 0.11),
        "arm_height": (0.14, 0.22),  # above the seat; 0 without arms
    },
    "table": {
        "width": (0.55, 0.90),
        "depth": (0.45, 0.90),
        "height": (0.30, 0.60),
        "thickness": (0.04, 0.09),
        "leg": (0.05, 0.11),
        "pedestal": (1.0, 1.0),  # one foot in the middle; 0 with four legs
        "unused": (0.0, 0.0),
    },
    "car": {
        "length": (0.75, 0.95),
        "width": (0.34, 0.46),
        "body_height": (0.16, 0.22),
        "cabin_height": (0.13, 0.20),
        "cabin_length": (0.40, 0.60),  # a share of the length
        "cabin_offset": (-0.08, 0.08),  # to the back
        "wheel_radius": (0.07, 0.10),
    },
}
CLASSES = tuple(PARAMETERS)
# Parameter that an object may lack, and the share of objects that have it.
OPTIONAL = {"chair": ("arm_height", 0.4), "table": ("pedestal", 0.3)}
AZIMUTHS = (0.3, 0.6, 0.9)  # radians
UNSEEN_AZIMUTH = 0.45
ELEVATION = 0.35  # of the camera, radians

FURNITURE = splits(train=3_000, test=600)
OBJECTS = {"train": 1_200, "test": 300, "unseen": 300}  # behind the views
VIEWS = splits(
    train=len(AZIMUTHS) * OBJECTS["train"],
    test=len(AZIMUTHS) * OBJECTS["test"],
    unseen=OBJECTS["unseen"],
)


def voxels(kind, parameters, size=FINE):
    """Builds an object, uint8 (size, size, size), 1 where it is.

    Args:
        kind: one of `CLASSES`.
        parameters: 7 numbers, in the order of `PARAMETERS`.
        size: side of the cube in voxels.

    >>> low = [low for low, high in PARAMETERS["car"].values()]
    >>> int(voxels("car", low).sum())
    1634
    """
    cube = np.zeros((size, size, size), np.uint8)
    BUILDERS[kind](cube, *(float(value) for value in parameters))
    return cube


def coarse(cubes):
    """Halves the resolution of cubes, (…, 2s, 2s, 2s) -> (…, s, s, s): the largest of 2x2x2.

    >>> coarse(np.ones((5, 32, 32, 32), np.uint8)).shape
    (5, 16, 16, 16)
    """
    cubes = np.maximum(cubes[..., ::2, :, :], cubes[..., 1::2, :, :])
    cubes = np.maximum(cubes[..., ::2, :], cubes[..., 1::2, :])
    return np.maximum(cubes[..., ::2], cubes[..., 1::2])


def view(cubes, azimuth):
    """Renders cubes from one side and above, uint8 (n, 32, 32, 1).

    The cubes turn about the vertical, to the nearest voxel, and are seen from the front, without
    perspective. Nearer voxels are brighter, from 255 down to 30 % of it at the back, on black.

    Args:
        cubes: uint8 (n, size, size, size).
        azimuth: radians by which the camera moves round to the left.

    >>> view(np.ones((2, 32, 32, 32), np.uint8), azimuth=0.0).shape
    (2, 32, 32, 1)
    """
    size = cubes.shape[-1]
    room = int(
        np.ceil((np.sqrt(2.0) - 1.0) / 2.0 * size)
    )  # for corners that leave the cube when it turns
    side = size + 2 * room
    cubes = _turned(cubes, azimuth, side)
    # Seen from above, what lies behind is higher in the view.
    rise = np.rint(np.tan(ELEVATION) * np.arange(side)).astype(int)
    canvas = np.zeros((len(cubes), side, size + rise[-1]), np.float32)  # x, rows from the floor up
    for depth in reversed(range(side)):  # near voxels cover far ones
        rows = canvas[:, :, rise[depth] : rise[depth] + size]
        light = 1.0 - 0.7 * min(max((depth - room) / size, 0.0), 1.0)
        np.copyto(rows, np.float32(light), where=cubes[:, :, depth] > 0)
    squeeze = _averages(VIEW, side)
    pictures = squeeze[::-1] @ canvas[:, :, :side].transpose(0, 2, 1) @ squeeze.T
    return np.rint(255.0 * pictures).astype(np.uint8)[..., None]


def _chair(cube, width, depth, seat, back, thick, leg, arm):
    x0, x1, y0, y1 = 0.5 - width / 2, 0.5 + width / 2, 0.5 - depth / 2, 0.5 + depth / 2
    top = seat + thick
    _box(cube, (x0, x1), (y0, y1), (seat, top))
    _box(cube, (x0, x1), (y1 - thick, y1), (seat, top + back))
    _legs(cube, (x0, x1), (y0, y1), leg, seat)
    if arm:
        for x in (x0, x1 - thick):
            _box(cube, (x, x + thick), (y0, y1), (seat + arm, seat + arm + thick))
            _box(cube, (x, x + thick), (y0, y0 + thick), (seat, seat + arm))


def _table(cube, width, depth, height, thick, leg, pedestal, unused):
    x0, x1, y0, y1 = 0.5 - width / 2, 0.5 + width / 2, 0.5 - depth / 2, 0.5 + depth / 2
    _box(cube, (x0, x1), (y0, y1), (height, height + thick))
    if pedestal:
        post = (0.5 - leg, 0.5 + leg)
        foot = [(0.5 - side / 3, 0.5 + side / 3) for side in (width, depth)]
        _box(cube, post, post, (FLOOR, height))
        _box(cube, *foot, (FLOOR, FLOOR + thick))
    else:
        _legs(cube, (x0, x1), (y0, y1), leg, height)


def _car(cube, length, width, body, cabin, cabin_length, cabin_offset, wheel):
    x0, x1, y0, y1 = 0.5 - width / 2, 0.5 + width / 2, 0.5 - length / 2, 0.5 + length / 2
    bottom = 0.9 * wheel
    top = bottom + body
    middle, half = 0.5 + cabin_offset, cabin_length * length / 2
    _box(cube, (x0, x1), (y0, y1), (bottom, top))
    _box(cube, (x0 + 0.02, x1 - 0.02), (middle - half, middle + half), (top, top + cabin))
    centers = (np.arange(len(cube)) + 0.5) / len(cube)  # of voxels
    for axle in (y0 + 0.18 * length, y1 - 0.18 * length):
        disc = (centers[:, None] - axle) ** 2 + (centers - wheel) ** 2 < wheel**2
        for x in (x0, x1 - 0.07):
            first = int(x * len(cube))
            last = max(int((x + 0.07) * len(cube)), first + 1)
            cube[first:last] |= disc


BUILDERS = {"chair": _chair, "table": _table, "car": _car}
FLOOR = 0.02  # where legs begin


def _legs(cube, x, y, leg, top):
    for left in (x[0], x[1] - leg):
        for front in (y[0], y[1] - leg):
            _box(cube, (left, left + leg), (front, front + leg), (FLOOR, top))


def _box(cube, *spans):
    """Fills a box to the nearest voxel, at least one thick, inside the cube."""
    index = []
    for start, end in spans:
        first = round(min(max(start, 0.0), 1.0) * len(cube))
        last = round(min(max(end, 0.0), 1.0) * len(cube))
        index.append(slice(first, max(last, first + 1)))
    cube[tuple(index)] = 1


def _turned(cubes, azimuth, side):
    """Turns cubes about the vertical through their middle: (n, side, side, height)."""
    size = cubes.shape[-1]
    x, y = np.indices((side, side)) - (side - 1) / 2
    sin, cos = np.sin(azimuth), np.cos(azimuth)
    from_x = np.rint(cos * x + sin * y + (size - 1) / 2).astype(int)
    from_y = np.rint(cos * y - sin * x + (size - 1) / 2).astype(int)
    inside = (from_x >= 0) & (from_x < size) & (from_y >= 0) & (from_y < size)
    turned = cubes[:, from_x.clip(0, size - 1), from_y.clip(0, size - 1)]
    return turned * inside[None, :, :, None]


def _averages(pixels, length):
    """Returns the matrix (pixels, length) that averages `length` samples to `pixels`."""
    step = length / pixels
    start = step * np.arange(pixels)[:, None]
    samples = np.arange(length)
    overlap = np.minimum(start + step, samples + 1) - np.maximum(start, samples)
    return (overlap.clip(min=0.0) / step).astype(np.float32)


def objects(rng, count):
    """Draws random objects: class int32 (count,) and parameters float32 (count, 7).

    >>> kinds, parameters = objects(np.random.default_rng(0), 5)
    >>> kinds.shape, parameters.shape
    ((5,), (5, 7))
    """
    kinds = rng.integers(len(CLASSES), size=count).astype(np.int32)
    ranges = np.array([list(named.values()) for named in PARAMETERS.values()])[kinds]
    parameters = rng.uniform(ranges[..., 0], ranges[..., 1]).astype(np.float32)
    chance = rng.random(count)
    for name, (parameter, share) in OPTIONAL.items():
        column = list(PARAMETERS[name]).index(parameter)
        parameters[(kinds == CLASSES.index(name)) & (chance >= share), column] = 0.0
    return kinds, parameters


def build(kinds, parameters):
    """Builds the voxels of many objects, uint8 (n, 32, 32, 32).

    >>> build(*objects(np.random.default_rng(0), 5)).shape
    (5, 32, 32, 32)
    """
    rows = zip(kinds, parameters.tolist(), strict=True)
    return np.stack([voxels(CLASSES[kind], row) for kind, row in rows])


def _chunks(count, part=256):
    """Returns slices of a range: many cubes at once would take too much memory."""
    return [slice(start, min(start + part, count)) for start in range(0, count, part)]


def _draw_furniture(split, count):
    kinds, parameters = objects(stream("furniture", split), FURNITURE[split])
    kinds, parameters = kinds[:count], parameters[:count]
    parts = [coarse(build(kinds[rows], parameters[rows])) for rows in _chunks(count)]
    factors = {"class": kinds, "parameters": parameters}
    return Samples(np.concatenate(parts)[..., None], kinds, factors)


def _draw_views(split, count):
    azimuths = (UNSEEN_AZIMUTH,) if split == "unseen" else AZIMUTHS
    objects_of = "test" if split == "unseen" else split  # test objects, from an unseen side
    kinds, parameters = objects(stream("furniture_views", objects_of), OBJECTS[objects_of])
    needed = -(-count // len(azimuths))
    kinds, parameters = kinds[:needed], parameters[:needed]
    views, volumes = [], []
    for rows in _chunks(needed):
        cubes = build(kinds[rows], parameters[rows])
        sides = np.stack([view(cubes, azimuth) for azimuth in azimuths], axis=1)
        views.append(sides.reshape(-1, VIEW, VIEW, 1))
        volumes.append(coarse(cubes)[..., None])

    def per_view(rows):  # each object once for each of its views
        return np.repeat(rows, len(azimuths), axis=0)[:count]

    factors = {
        "class": per_view(kinds),
        "parameters": per_view(parameters),
        "azimuth": np.tile(np.float32(azimuths), needed)[:count],
    }
    return Samples(np.concatenate(views)[:count], per_view(np.concatenate(volumes)), factors)


FACTORS = {
    "class": Factor("0 chair, 1 table, 2 car", dtype="int32"),
    "parameters": Factor("as furniture.PARAMETERS names them, shares of the cube", shape=(7,)),
}

DATASETS = (
    BuiltinDataset(
        name="furniture",
        description=(
            "Chairs, tables and cars of boxes, 16x16x16 voxels, after the models of 3D-GAN (Wu, "
            "Zhang, Xue, Freeman, Tenenbaum 2016, https://arxiv.org/abs/1610.07584)."
        ),
        shape=(COARSE, COARSE, COARSE, 1),
        levels=1,
        y_shape=(),
        class_names=CLASSES,
        splits=FURNITURE,
        factors=FACTORS,
        draw=_draw_furniture,
    ),
    BuiltinDataset(
        name="furniture_views",
        description=(
            "Views of chairs, tables and cars (x, 32x32 grey pixels) with the 16x16x16 voxels "
            "that they show (y), after 3D-VAE-GAN (Wu, Zhang, Xue, Freeman, Tenenbaum 2016, "
            "https://arxiv.org/abs/1610.07584). `unseen` shows the test objects from a side that "
            "`train` has none from."
        ),
        shape=(VIEW, VIEW, 1),
        y_shape=(COARSE, COARSE, COARSE, 1),
        y_levels=1,
        splits=VIEWS,
        factors={
            **FACTORS,
            "azimuth": Factor("radians, .3 .6 .9; .45 in `unseen`"),
        },
        draw=_draw_views,
    ),
)
