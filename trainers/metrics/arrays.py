"""What every metric asks of the arrays it is given."""

import numpy as np


def rows(minimum=1, **arrays):
    """Returns the named arrays as float64 matrices (n, d), one sample a row.

    Axes after the first are flattened, so that images are vectors of pixels.

    Raises:
        ValueError: an array has fewer than `minimum` samples, samples of no size, a NaN or an
            infinity; or samples of one array differ in shape from another's.
    """
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}
    for name, value in arrays.items():
        if value.ndim < 2 or len(value) < minimum or value[0].size == 0:
            raise ValueError(
                f"`{name}` should be of shape (n, d) with n >= {minimum}, d >= 1. "
                f"Received: {name}.shape={value.shape}"
            )
        broken = value.size - np.count_nonzero(np.isfinite(value))
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
