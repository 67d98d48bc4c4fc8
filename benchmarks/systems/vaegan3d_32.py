"""VAEGAN3D at twice the resolution: 32x32x32 voxels from the same pictures.

Everything else as in the row vaegan3d, with eight times the voxels and the survey's bounds for
them; hours on two cores, so that a job of all rows skips it without --full.
"""

from benchmarks.systems import vaegan3d


def run(seed):
    """Returns (recipe, figures, notes, number of pictures seen)."""
    return vaegan3d.run(seed, side=32, A=0.75, B=0.85)


def picture(seed=0):
    """Held-out pictures, reconstructed voxels, and real voxels."""
    return vaegan3d.picture(seed, side=32)
