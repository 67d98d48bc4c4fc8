"""Sizes of a model: from arguments and given networks, with checks that they fit together."""

import numbers
import operator

import keras
import numpy as np
import tensorflow as tf
from keras import tree


def resolve_sizes(sizes, networks, parameters, input_sizes, output_sizes):
    """Returns the sizes, with `image_shape` and `latent_dim` taken from the given networks.

    A size that has its default value is replaced; any other must be that of the networks.

    Args:
        sizes: a dict, name -> value of the constructor's argument.
        networks: a dict, name -> network that was given.
        parameters: a dict, name -> `inspect.Parameter` of the constructor.
        input_sizes: a dict, name of a network -> name of the size of its first input.
        output_sizes: a dict, name of a network -> name of the size of its first output.

    Raises:
        TypeError: for a network that is no Keras model.
        ValueError: for a network that is not built, or does not fit a size.
    """
    for name, network in networks.items():
        if not isinstance(network, keras.layers.Layer):
            raise TypeError(f"`{name}` should be a Keras model. Received: {network!r}")
        if not network.built:
            raise ValueError(
                f"`{name}` should be built: call it once on a batch. Received: {network.name}."
            )
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()}
    # Keras takes and saves Python's numbers only.
    sizes = tree.map_structure(lambda v: v.item() if isinstance(v, np.generic) else v, sizes)
    claims = {}
    for name in input_sizes:
        if _has_static_shapes(network := networks.get(name)):
            ends = (
                (input_sizes.get(name), network.inputs[0]),
                (output_sizes.get(name), network.outputs[0]),
            )
            claims[name] = {size: tensor.shape[1:] for size, tensor in ends if size}
    for network, shapes in claims.items():
        for size, claim in shapes.items():
            if size not in sizes:
                continue
            value = sizes[size]
            if size == "latent_dim" and len(claim) != 1:
                raise ValueError(
                    f"`{network}` should have latents of shape (latent_dim,) first. "
                    f"Received: {tuple(claim)}."
                )
            if value is not None and tf.TensorShape(value).is_compatible_with(claim):
                continue
            claimed = claim[0] if size == "latent_dim" else tuple(claim)
            if value is not None and value != parameters[size].default:
                raise ValueError(
                    f"`{network}` should fit {size}={value}. Received: a network with "
                    f"{size}={claimed}."
                )
            if None not in claim:
                sizes[size] = claimed
    return sizes


def check_networks(networks, shapes):
    """Raises a ValueError for a given network whose inputs or outputs do not fit.

    Args:
        networks: name -> network.
        shapes: name -> (shapes of the inputs, shapes of the outputs), without the batch; None for
            any.
    """
    for name, expected in shapes.items():
        if not _has_static_shapes(networks.get(name)):
            continue
        ends = networks[name].inputs, networks[name].outputs
        for end, tensors, wanted in zip(("inputs", "outputs"), ends, expected, strict=True):
            if wanted is None:
                continue
            received = [tuple(tensor.shape[1:]) for tensor in tensors]
            fits = len(received) == len(wanted) and all(
                tf.TensorShape(a).is_compatible_with(b)
                for a, b in zip(received, wanted, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"`{name}` should have {end} of shape {' and '.join(map(str, wanted))}. "
                    f"Received: {' and '.join(map(str, received))}."
                )


def check_counts(least=1, **counts):
    """Raises a ValueError for a value that is no integer from `least`.

    Example:
        >>> check_counts(codes=0)
        Traceback (most recent call last):
        ValueError: `codes` should be an integer from 1. Received: codes=0
    """
    for name, value in counts.items():
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
            raise ValueError(
                f"`{name}` should be an integer from {least}. Received: {name}={value!r}"
            )


POSITIVE = ("latent_dim", "width", "kernel_size")


def check_sizes(sizes, parameters):
    """Raises a ValueError for a size that should be a count or a bool and is none.

    Args:
        sizes: a dict, name -> value of the constructor's argument; a count may be None.
        parameters: a dict, name -> `inspect.Parameter` of the constructor. Sizes whose default is
            an integer are counts from 0; those of `POSITIVE` are counts from 1; those whose default
            is True or False are one of these.
    """
    for name, value in sizes.items():
        if type(parameters[name].default) is bool and value not in (True, False):
            raise ValueError(f"`{name}` should be True or False. Received: {name}={value!r}")
        if name in POSITIVE and value is not None:
            check_counts(**{name: value})
        elif type(parameters[name].default) is int and value is not None:
            check_counts(least=0, **{name: value})


def check_scalars(player, terms):
    """Raises a ValueError for a term of a player's loss, of a dict, that is no scalar.

    Example:
        >>> check_scalars("generator", {"generator_loss": tf.zeros((8,))})
        Traceback (most recent call last):
        ValueError: `generator_loss` should return scalars: take `ops.mean` over the batch. \
Received: generator_loss of shape (8,).
    """
    for name, value in terms.items():
        if value is None:
            raise ValueError(f"`{player}_loss` should return scalars. Received: {name} of None.")
        shape = tuple(getattr(value, "shape", ()))
        if shape:
            raise ValueError(
                f"`{player}_loss` should return scalars: take `ops.mean` over the batch. "
                f"Received: {name} of shape {shape}."
            )


def check_step_metrics(metrics, players):
    """Raises an error for what `after_step` returned, unless it is a dict from name to scalar whose
    names begin with no player: those are the losses'.

    Raises:
        TypeError, ValueError: for no dict; for a name or value that does not fit.

    Example:
        >>> check_step_metrics({"balance": 0.5}, players=["discriminator", "generator"])
        >>> check_step_metrics({"generator_balance": 0.5}, players=["discriminator", "generator"])
        Traceback (most recent call last):
        ValueError: `after_step` should return names that begin with no player, since losses do. \
Received: generator_balance.
    """
    if not isinstance(metrics, dict):
        raise TypeError(
            "`after_step` should return a dict from the name of a metric to a scalar. "
            f"Received: {metrics!r}"
        )
    for name, value in metrics.items():
        if name.startswith(tuple(f"{player}_" for player in players)):
            raise ValueError(
                "`after_step` should return names that begin with no player, since losses do. "
                f"Received: {name}."
            )
        if shape := tuple(getattr(value, "shape", ())):
            raise ValueError(
                f"`after_step` should return scalars. Received: {name} of shape {shape}."
            )


SHAPE_HINTS = {  # number of axes of an `image_shape` -> their meaning
    3: "(height, width, channels)",
    4: "(depth, height, width, channels)",
    1: "(2,) for points",
}


def as_shape(shape, name="image_shape"):
    """Returns a tuple of Python's integers.

    Args:
        shape: any iterable of integers.
        name: of the argument, for the message.

    Raises:
        ValueError: for anything else.

    Example:
        >>> as_shape(np.array([8, 8, 1]))
        (8, 8, 1)
    """
    try:
        return tuple(operator.index(n) for n in shape)
    except TypeError:
        raise ValueError(
            f"`{name}` should be a tuple of integers. Received: {name}={shape!r}"
        ) from None


def check_image_shape(shape, image_ranks=(1, 3)):
    """Raises a ValueError for a shape with another number of axes, or with an axis below 1."""
    if shape is not None and (
        len(shape) not in image_ranks or any(n is None or n < 1 for n in shape)
    ):
        wanted = ", or ".join(SHAPE_HINTS[rank] for rank in SHAPE_HINTS if rank in image_ranks)
        raise ValueError(f"`image_shape` should be {wanted}. Received: image_shape={shape}")


def check_multiples(image_shape, multiple, **why):
    """Raises a ValueError for images whose height or width is no multiple of a number.

    Args:
        image_shape: (height, width, channels).
        multiple: the number.
        why: the argument that implies the multiple, as name=value.

    Example:
        >>> check_multiples((20, 16, 3), 8, stages=3)
        Traceback (most recent call last):
        ValueError: `image_shape` should have sides that are multiples of 8 for stages=3. \
Received: image_shape=(20, 16, 3)
    """
    if any(side % multiple for side in image_shape[:2]):
        reasons = ", ".join(f"{name}={value}" for name, value in why.items())
        raise ValueError(
            f"`image_shape` should have sides that are multiples of {multiple} for {reasons}. "
            f"Received: image_shape={tuple(image_shape)}"
        )


def _has_static_shapes(network):
    """Whether inputs and outputs are known before a call; those of subclassed models are not."""
    return bool(getattr(network, "inputs", None))
