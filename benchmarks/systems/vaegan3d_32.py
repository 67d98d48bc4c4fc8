"""VAEGAN3D at twice the sides: 32x32x32 voxels of the same pictures.

As the row vaegan3d in all else, with eight times the voxels and the bounds of the survey for them;
hours on two cores, so that a job of all rows passes it over without --full.
"""

from benchmarks.systems import vaegan3d


def run(seed):
    """(recipe, figures, notes, pictures seen)."""
    return vaegan3d.run(seed, side=32, A=0.75, B=0.85)


def picture(seed=0):
    """Held-out pictures, the voxels that were found, and the real ones."""
    return vaegan3d.picture(seed, side=32)
