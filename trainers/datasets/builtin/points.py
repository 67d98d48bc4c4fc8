"""Points: mixtures of Gaussians, on which dropped modes can be counted, and a spiral.

Each dataset has the same 100,000 points in every process: 90,000 are `train`, the rest `test`.

    ring          Metz, Poole, Pfau, Sohl-Dickstein (2017), "Unrolled Generative Adversarial
                  Networks", https://arxiv.org/abs/1611.02163
    grid          Lin, Khetan, Fanti, Oh (2018), "PacGAN", https://arxiv.org/abs/1712.04086
    swiss_roll    Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville (2017), "Improved Training of
                  Wasserstein GANs", https://arxiv.org/abs/1704.00028
    fgan_mixture  Nowozin, Cseke, Tomioka (2016), "f-GAN", https://arxiv.org/abs/1606.00709
"""

import dataclasses

import numpy as np

from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples, splits

SAMPLES = 100_000
SPLITS = {"train": (0, 90_000), "test": (90_000, SAMPLES), "all": (0, SAMPLES)}  # rows from, to
SEED = 0

ROLL_STD = 0.25 / 7.5
ARC = (1.5 * np.pi, 4.5 * np.pi)  # where the roll begins and ends, radians

# The best single Gaussian differs by divergence: that of KL has mean 1.01 and standard deviation
# 1.831, that of the reverse KL 1.578 and 1.632.
FGAN_WEIGHTS = (0.33, 0.67)
FGAN_MEANS = (-1.0, 2.0)
FGAN_STDS = (0.255, 1.415)


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """Mixture of equally likely Gaussians of means `centers`, (modes, 2), and of one `std`."""

    name: str
    centers: np.ndarray
    std: float

    def read(self, split):
        """Returns the points of a split, float32 (n, 2), and the mode of each, int32 (n,).

        >>> points, modes = RING.read("test")
        >>> points.shape, modes.shape
        ((10000, 2), (10000,))
        """
        rng = np.random.default_rng(SEED)
        modes = rng.integers(len(self.centers), size=SAMPLES)
        points = self.centers[modes] + self.std * rng.standard_normal((SAMPLES, 2))
        rows = slice(*SPLITS[split])
        return points[rows].astype(np.float32), modes[rows].astype(np.int32)


def swiss_roll():
    """Draws all points, float32 (100000, 2), and the arc of each along the roll, radians, float32.

    A point at arc t is (t cos t, t sin t)/7.5, t uniform from 1.5π to 4.5π, and noise of standard
    deviation .25/7.5.

    >>> points, arc = swiss_roll()
    >>> points.shape, arc.shape
    ((100000, 2), (100000,))
    """
    rng = np.random.default_rng(SEED)
    arc = rng.uniform(*ARC, SAMPLES)
    points = np.stack([arc * np.cos(arc), arc * np.sin(arc)], axis=1) / 7.5
    points += ROLL_STD * rng.standard_normal((SAMPLES, 2))
    return points.astype(np.float32), arc.astype(np.float32)


def fgan_mixture():
    """Draws all points, float32 (100000, 1), and the component of each, int32 (100000,).

    p = .33 N(-1, .255²) + .67 N(2, 1.415²)

    >>> points, component = fgan_mixture()
    >>> points.shape, component.max()
    ((100000, 1), np.int32(1))
    """
    rng = np.random.default_rng(SEED)
    component = (rng.random(SAMPLES) >= FGAN_WEIGHTS[0]).astype(np.int32)
    noise = rng.standard_normal(SAMPLES)
    points = np.take(FGAN_MEANS, component) + np.take(FGAN_STDS, component) * noise
    return points[:, None].astype(np.float32), component


def _ring(modes, radius):
    """Returns centres on a circle, counter-clockwise from (radius, 0)."""
    angles = 2 * np.pi * np.arange(modes) / modes  # linspace would count the first one twice
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid(side, spacing):
    """Returns centres on a square grid around the origin, by rows from the lower left corner."""
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


def _rows(split, count):
    start = SPLITS[split][0]
    return slice(start, start + count)


def _mixture(mixture, description):
    def draw(split, count):
        points, modes = mixture.read(split)
        return Samples(points[:count], modes[:count], {})

    return BuiltinDataset(
        name=mixture.name,
        description=description,
        shape=(2,),
        levels=None,
        y_shape=(),
        class_names=tuple(str(mode) for mode in range(len(mixture.centers))),
        splits=splits(train=90_000, test=10_000),
        factors={},  # the mode is the label
        centers=mixture.centers,
        std=mixture.std,
        draw=draw,
    )


def _draw_swiss_roll(split, count):
    points, arc = swiss_roll()
    rows = _rows(split, count)
    return Samples(points[rows], None, {"arc": arc[rows]})


def _draw_fgan_mixture(split, count):
    points, component = fgan_mixture()
    rows = _rows(split, count)
    return Samples(points[rows], component[rows], {})


RING = Mixture("ring", _ring(modes=8, radius=2.0), std=0.02)
GRID = Mixture("grid", _grid(side=5, spacing=2.0), std=0.05)

DATASETS = (
    _mixture(
        RING,
        "8 Gaussians of standard deviation .02, evenly spaced on a circle of radius 2 "
        "(Metz, Poole, Pfau, Sohl-Dickstein: Unrolled GAN, 2017, "
        "https://arxiv.org/abs/1611.02163).",
    ),
    _mixture(
        GRID,
        "25 Gaussians of standard deviation .05 at {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4} "
        "(Lin, Khetan, Fanti, Oh: PacGAN, 2018, https://arxiv.org/abs/1712.04086).",
    ),
    BuiltinDataset(
        name="swiss_roll",
        description=(
            "A spiral of one and a half turns in the plane, (t cos t, t sin t)/7.5 with t from "
            "1.5π to 4.5π, and noise of .25/7.5, after a toy problem of Gulrajani, Ahmed, "
            "Arjovsky, Dumoulin, Courville: Improved Training of Wasserstein GANs, 2017, "
            "https://arxiv.org/abs/1704.00028."
        ),
        shape=(2,),
        levels=None,
        splits=splits(train=90_000, test=10_000),
        factors={"arc": Factor("how far along the roll, radians, 1.5π … 4.5π")},
        draw=_draw_swiss_roll,
    ),
    BuiltinDataset(
        name="fgan_mixture",
        description=(
            "Two Gaussians on a line, .33 N(-1, .255²) + .67 N(2, 1.415²), to fit one Gaussian "
            "per divergence to, as in f-GAN (Nowozin, Cseke, Tomioka 2016, "
            "https://arxiv.org/abs/1606.00709)."
        ),
        shape=(1,),
        levels=None,
        y_shape=(),
        class_names=("narrow", "wide"),
        splits=splits(train=90_000, test=10_000),
        factors={},  # the component is the label
        draw=_draw_fgan_mixture,
    ),
)
