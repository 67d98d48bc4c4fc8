"""Validation of the arrays that metrics take, and chunks of large ones."""

import numpy as np

PAIRS = 2**23  # numbers of a matrix of pairs in memory at once, 64 MiB


def as_matrices(minimum=1, **arrays):
    """Returns the named arrays as float64 matrices (n, d), one sample a row.

    Axes after the first are flattened, so that images are vectors of pixels.

    Raises:
        ValueError: an array has fewer than `minimum` samples, samples of no size, a NaN or an
            infinity; or samples of one array differ in shape from another's.
    """
    return [value.astype(np.float64, copy=False) for value in validate(minimum, **arrays)]


def validate(minimum=1, **arrays):
    """As `as_matrices`, but without conversion to float64: for callers who convert chunks."""
    arrays = {name: np.asarray(value) for name, value in arrays.items()}
    for name, value in arrays.items():
        if value.ndim < 2 or len(value) < minimum or value[0].size == 0:
            raise ValueError(
                f"`{name}` should be of shape (n, d) with n >= {minimum}, d >= 1. "
                f"Received: {name}.shape={value.shape}"
            )
        broken = value.size - sum(
            np.count_nonzero(np.isfinite(value[p])) for p in row_chunks(value)
        )
        if broken:
            raise ValueError(
                f"`{name}` should hold finite numbers. "
                f"Received: {broken} of {value.size} are NaN or infinite"
            )
    if len({value.shape[1:] for value in arrays.values()}) > 1:
        names = " and ".join(f"`{name}`" for name in arrays)
        shapes = ", ".join(f"{name}.shape={value.shape}" for name, value in arrays.items())
        raise ValueError(f"{names} should hold samples of one shape. Received: {shapes}")
    return [value.reshape(len(value), -1) for value in arrays.values()]


def row_chunks(array, numbers=PAIRS):
    """Returns slices of an array's rows, each of at most `numbers` numbers, or of one row."""
    return chunks(len(array), array[0].size, numbers)


def chunks(n, width, numbers=PAIRS):
    """Returns slices of n rows of `width` numbers, each of at most `numbers`, or of one row."""
    step = max(1, numbers // width)
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def subsample_to_equal(real, fake, seed):
    """Subsamples the larger set to the size of the smaller: chance is then an accuracy of ½.

    Returns:
        The two matrices, the smaller one unchanged.
    """
    n = min(len(real), len(fake))
    rng = np.random.default_rng(seed)
    return [x if len(x) == n else x[rng.permutation(len(x))[:n]] for x in (real, fake)]
