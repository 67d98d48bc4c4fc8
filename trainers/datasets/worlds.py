"""Mixtures of Gaussians in the plane, on which dropped modes can be counted.

Each has 100,000 points, always the same ones: the first 90,000 are `train`, the rest `test`.
"""

import dataclasses

import numpy as np

SAMPLES = 100_000
SPLITS = {"train": (0, 90_000), "test": (90_000, SAMPLES), "all": (0, SAMPLES)}  # rows from, to
SEED = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """Equally likely Gaussians, of means `centers`, shape (modes, 2), and of one `std`."""

    name: str
    centers: np.ndarray
    std: float

    def read(self, split):
        """The points of a split, float32 (n, 2), and the number of each one's mode, int32 (n,)."""
        rng = np.random.default_rng(SEED)
        modes = rng.integers(len(self.centers), size=SAMPLES)
        points = self.centers[modes] + self.std * rng.standard_normal((SAMPLES, 2))
        rows = slice(*SPLITS[split])
        return points[rows].astype(np.float32), modes[rows].astype(np.int32)


def _ring(modes, radius):
    """Centres on a circle, counter-clockwise from (radius, 0)."""
    angles = 2 * np.pi * np.arange(modes) / modes  # linspace would count the first one twice
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid(side, spacing):
    """Centres on a square grid around the origin, row by row from its lower left corner."""
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


RING = Mixture("ring", _ring(modes=8, radius=2.0), std=0.02)
GRID = Mixture("grid", _grid(side=5, spacing=2.0), std=0.05)
