"""How large a model is: what its user, its networks and its family say of it, made to agree."""

import keras
import tensorflow as tf


def agreed(sizes, networks, known, reads):
    """The sizes, with `image_shape` and `latent_dim` as the given networks have them.

    A size that the user left at its default gives way to the networks; another one must agree.

    Args:
        sizes: name -> value, as the user told them.
        networks: name -> a given network.
        known: name -> parameter of the constructor.
        reads: name of a network -> which size is that of its first input.
    """
    for name, network in networks.items():
        if not isinstance(network, keras.layers.Layer):
            raise TypeError(f"`{name}` should be a Keras model. Received: {network!r}")
        if not network.built:
            raise ValueError(
                f"`{name}` should be built: call it once on a batch. Received: {network.name}."
            )
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()}
    said = {}
    for name, size in reads.items():
        if _says_its_shapes(networks.get(name)):
            said[name] = {size: networks[name].inputs[0].shape[1:]}
    if "generator" in said:
        said["generator"]["image_shape"] = networks["generator"].outputs[0].shape[1:]
    for network, claims in said.items():
        for size, claim in claims.items():
            if size not in sizes:
                continue
            told = sizes[size]
            if told is not None and tf.TensorShape(told).is_compatible_with(claim):
                continue
            claimed = claim[0] if size == "latent_dim" else tuple(claim)
            if told is not None and told != known[size].default:
                raise ValueError(
                    f"`{network}` should fit {size}={told}. Received: a network with "
                    f"{size}={claimed}."
                )
            if None not in claim:
                sizes[size] = claimed
    return sizes


def check_image_shape(shape):
    if shape is not None and (len(shape) not in (1, 3) or any(n is None or n < 1 for n in shape)):
        raise ValueError(
            "`image_shape` should be (height, width, channels), or (2,) for points. "
            f"Received: image_shape={shape}"
        )


def _says_its_shapes(network):
    """Whether inputs and outputs are known before a call: not of subclassed models."""
    return bool(getattr(network, "inputs", None))
