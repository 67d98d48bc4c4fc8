"""Random numbers of a training: different for each turn, draw and replica, and repeatable.

Inside a `stream` every draw is a pure function of (seed, position, label, number of the draw), so
only the position has to be saved, and any `steps_per_execution` gets the same numbers. They are
drawn for the global batch and a replica takes its own rows: two replicas get the numbers of one.
Outside a stream (a penalty called by hand, `generate` without a seed) the numbers come from Keras'
global generator, which `keras.utils.set_random_seed` sets.

XLA draws other numbers from the same seed than TensorFlow's own kernels do: runs repeat per compile
mode, not across.
"""

import contextlib
import numbers
import threading
import zlib

import keras
import numpy as np
import tensorflow as tf

_current = threading.local()  # replicas of a MirroredStrategy are traced in threads of their own


class _Stream:
    def __init__(self, seed, position, label):
        self.seed, self.position, self.label = seed, position, label
        self.draws = 0

    def next_seed(self):
        """The stateless seed, shape (2,), of the next draw."""
        tag = zlib.crc32(f"{self.label}/{self.draws}".encode())
        self.draws += 1
        position = tf.cast(self.position, tf.int64) * 2**32 + tag
        return tf.stack([tf.cast(self.seed, tf.int64), position])


def _checked_seed(seed):
    """A number that TensorFlow's generators take; tensors and variables as they are."""
    if hasattr(seed, "dtype") and not isinstance(seed, (np.generic, np.ndarray)):
        return seed
    if not isinstance(seed, numbers.Integral) or not -(2**63) <= seed < 2**63:
        raise ValueError(f"`seed` should be an integer of 64 bits. Received: seed={seed!r}")
    return int(seed)


@contextlib.contextmanager
def stream(seed, position=0, label=""):
    """Inside, draws are a function of `seed`, `position` and `label` only.

    Args:
        seed, position: integers, or scalar integer tensors; `position` below 2**31.
        label: a string that distinguishes several streams of one position.

    Raises:
        ValueError: for a seed that is no integer.

    Example:
        >>> with stream(seed=0, position=3, label="forward"):
        ...     z, other = normal((2, 8)), normal((2, 8))
        >>> with stream(seed=0, position=3, label="forward"):
        ...     again = normal((2, 8))
        >>> bool(tf.reduce_all(z == again)), bool(tf.reduce_all(z == other))
        (True, False)
    """
    outer = getattr(_current, "stream", None)
    _current.stream = _Stream(_checked_seed(seed), position, label)
    try:
        yield
    finally:
        _current.stream = outer


def normal(shape):
    """Draws from N(0, 1), float32.

    Args:
        shape: a tuple that begins with the (replica's) batch size, which may be a tensor.

    Example:
        >>> normal((64, 100)).shape
        TensorShape([64, 100])
    """
    return _draw(tf.random.stateless_normal, keras.random.normal, shape)


def uniform(shape, minval=0.0, maxval=1.0):
    """Draws from U(minval, maxval), float32.

    Args:
        shape: a tuple that begins with the (replica's) batch size, which may be a tensor.
        minval, maxval: the ends of the interval.

    Example:
        >>> z = uniform((64, 100), -1.0, 1.0)
        >>> bool(tf.reduce_all(abs(z) <= 1.0))
        True
    """
    return _draw(
        tf.random.stateless_uniform, keras.random.uniform, shape, minval=minval, maxval=maxval
    )


def _draw(stateless, stateful, shape, **bounds):
    current = getattr(_current, "stream", None)
    if current is None:
        return stateful(shape, dtype="float32", **bounds)
    seed = current.next_seed()
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return stateless(shape, seed=seed, alg="philox", **bounds)
    rows, rest = shape[0], tuple(shape[1:])
    global_batch = stateless(
        (rows * replica.num_replicas_in_sync, *rest), seed=seed, alg="philox", **bounds
    )
    first = replica.replica_id_in_sync_group * rows
    own = tf.slice(global_batch, [first] + [0] * len(rest), [rows, *rest])
    return tf.ensure_shape(own, (rows if isinstance(rows, int) else None, *rest))
