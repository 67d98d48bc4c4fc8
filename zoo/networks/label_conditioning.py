"""Conditioning of networks on class labels."""

import keras
import numpy as np
from keras import layers, ops


def one_hot(labels, classes):
    """Class numbers (batch,) -> one-hot (batch, classes).

    Example:
        >>> one_hot([2, 0], classes=3).numpy()
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
    """
    return ops.one_hot(labels, classes)


def append(x, code):
    """Concatenates x with a code: as features, or as constant feature maps of an image.

    Source: Mirza & Osindero 2014, §3.1; for every layer of both networks, Radford et al. 2016.

    Example:
        >>> append(ops.zeros((5, 8, 8, 1)), one_hot([0, 1, 2, 0, 1], classes=3)).shape
        TensorShape([5, 8, 8, 4])
    """
    if len(x.shape) == 4:
        height, width, _ = x.shape[1:]
        code = layers.UpSampling2D((height, width))(layers.Reshape((1, 1, -1))(code))
    return layers.Concatenate()([x, code])


def label_inputs(inputs, classes):
    """Returns (inputs of a conditional network, function x -> x ⊕ one-hot label).

    With `classes=0` the inputs are returned unchanged, and the function is the identity.

    Example:
        >>> inputs, with_labels = label_inputs(keras.Input((100,)), classes=10)
        >>> with_labels(inputs[0]).shape
        (None, 110)
    """
    if not classes:
        return inputs, lambda x: x
    y = keras.Input((), dtype="int32", name="labels")
    code = one_hot(y, classes)
    return [inputs, y], lambda x: append(x, code)


def resolve_labels(labels, n, classes, name="labels"):
    """Returns class numbers, int32 (n,), from the `labels` argument of `generate`.

    Args:
        labels: n class numbers, or one for all; None for each in turn.
        n, classes: number of samples and of classes.
        name: of the argument, for error messages.

    Raises:
        ValueError: for labels of another shape, dtype or range.

    Example:
        >>> resolve_labels(None, n=4, classes=3), resolve_labels(2, n=4, classes=3)
        (array([0, 1, 2, 0], dtype=int32), array([2, 2, 2, 2], dtype=int32))
    """
    numbers = np.arange(n) % classes if labels is None else np.asarray(labels)
    if numbers.shape not in ((), (n,)) or numbers.dtype.kind not in "iu":
        kind = f"{numbers.dtype} of shape {numbers.shape}" if numbers.ndim else repr(labels)
        raise ValueError(f"`{name}` should be {n} class numbers, or one. Received: {name}: {kind}")
    wrong = numbers[(numbers < 0) | (numbers >= classes)]
    if wrong.size:
        raise ValueError(f"`{name}` should be in 0 … {classes - 1}. Received: {wrong.flat[0]}")
    return np.broadcast_to(numbers, (n,)).astype("int32")


def unlabelled_rows(y):
    """Returns the rows of a batch whose class is unknown, or all rows where every class is known.

    They are repeated in turn until they are as many as the batch: a mean over them is that over
    the samples without a label, and shapes stay static.

    Args:
        y: class numbers (n,), -1 where the class is unknown.

    Returns:
        Integers (n,).

    Example:
        >>> unlabelled_rows(ops.array([3, -1, 5, -1])).numpy()
        array([1, 3, 1, 3], dtype=int32)
        >>> unlabelled_rows(ops.array([3, 1])).numpy()
        array([0, 1], dtype=int32)
    """
    n = ops.shape(y)[0]
    known = ops.cast(ops.convert_to_tensor(y) >= 0, "int32")
    first = ops.argsort(known * n + ops.arange(n))  # those without a label, then the others
    count = n - ops.sum(known)
    return ops.take(first, ops.arange(n) % ops.where(count == 0, n, count))
