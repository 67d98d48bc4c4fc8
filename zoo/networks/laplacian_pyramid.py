"""The networks of LAPGAN (Denton et al. 2015): one for each level of a pyramid, combined."""

import math

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from zoo.layers import Dropout


def down(x):
    """Downsampling d: halves the sides, by means of 2x2 pixels.

    Example:
        >>> down(ops.ones((5, 8, 8, 1))).shape
        TensorShape([5, 4, 4, 1])
    """
    return ops.average_pool(x, 2, 2)


def up(x):
    """Upsampling u: doubles the sides, bilinear.

    Example:
        >>> up(ops.ones((5, 4, 4, 1))).shape
        TensorShape([5, 8, 8, 1])
    """
    return layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")(x)


def sides_of(image_shape, levels):
    """Returns (height, width) of each level, the base first.

    Raises:
        ValueError: for shapes of no image, or sides that cannot be halved `levels` times.

    Example:
        >>> sides_of((32, 32, 3), levels=2)
        [(8, 8), (16, 16), (32, 32)]
    """
    shape_checks.check_image_shape(image_shape, image_ranks=(3,))
    shape_checks.check_multiples(image_shape, 2**levels, levels=levels)
    height, width, _ = image_shape
    return [(height // 2**k, width // 2**k) for k in reversed(range(levels + 1))]


def parts_of(image_shape, levels):
    """Returns the number of latent dimensions of each level, the base first.

    Example:
        >>> parts_of((16, 16, 3), levels=1)
        [100, 256]
    """
    return [100] + [height * width for height, width in sides_of(image_shape, levels)[1:]]


def cuts(parts):
    """Returns the indices at which `ops.split` separates parts of these lengths.

    Example:
        >>> cuts([100, 64, 256])
        [100, 164]
    """
    return [sum(parts[:k]) for k in range(1, len(parts))]


def generator(image_shape, levels, width):
    """z -> [base, plane …] -> x̃: G_0 of the base, then u(x̃) + G_k(u(x̃), plane) for each level.

    Example:
        >>> generator((16, 16, 3), levels=1, width=16).output_shape
        (None, 16, 16, 3)
    """
    parts, channels = parts_of(image_shape, levels), image_shape[-1]
    base, *finer = sides_of(image_shape, levels)
    inputs = keras.Input((sum(parts),), name="latent")
    z, *planes = ops.split(inputs, cuts(parts), axis=1)
    x = _base_generator((*base, channels), width)(z)
    for k, (sides, plane) in enumerate(zip(finer, planes, strict=True), start=1):
        blurred = up(x)
        detail = _detail_generator((*sides, channels), width, name=f"level_{k}")
        x = layers.Add(dtype="float32")([blurred, detail([blurred, plane])])
    images = layers.Identity(dtype="float32", name="images")(ops.clip(x, -1.0, 1.0))
    return keras.Model(inputs, images, name="generator")


def discriminator(image_shape, levels, width):
    """[base, [h, l] of each level …] -> the logits of all levels, each (1,).

    Example:
        >>> [x.name for x in discriminator((16, 16, 3), levels=1, width=16).inputs]
        ['base', 'detail_1', 'blurred_1']
    """
    channels = image_shape[-1]
    base, *finer = sides_of(image_shape, levels)
    inputs = [keras.Input((*base, channels), name="base")]
    logits = [_base_discriminator((*base, channels), width)(inputs[0])]
    for k, sides in enumerate(finer, start=1):
        shape = (*sides, channels)
        pair = [keras.Input(shape, name=f"{part}_{k}") for part in ("detail", "blurred")]
        logits.append(_detail_discriminator(shape, width, name=f"level_{k}")(pair))
        inputs += pair
    return keras.Model(inputs, logits, name="discriminator")


def _base_generator(shape, width):
    """z (100,) -> 1200 -> 1200, ReLU -> image, tanh."""
    inputs = x = keras.Input((100,), name="latent")
    for _ in range(2):
        x = layers.Dense(int(18.75 * width), activation="relu")(x)
    x = layers.Dense(math.prod(shape), activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape(shape, dtype="float32")(x), name="level_0")


def _base_discriminator(shape, width):
    """x -> 600 -> 600, ReLU, dropout ½ -> logit (1,)."""
    inputs = keras.Input(shape, name="images")
    x = layers.Flatten()(inputs)
    for _ in range(2):
        x = Dropout(0.5)(layers.Dense(int(9.375 * width), activation="relu")(x))
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="level_0")


def _detail_generator(shape, width, name):
    """[l, a plane of noise] -> 7x7xw -> 7x7xw, ReLU -> 5x5xc: h."""
    blurred = keras.Input(shape, name="blurred")
    drawn = keras.Input((shape[0] * shape[1],), name="noise")
    x = layers.Concatenate()([blurred, layers.Reshape((*shape[:2], 1))(drawn)])
    for _ in range(2):
        x = layers.Conv2D(width, 7, padding="same", activation="relu")(x)
    detail = layers.Conv2D(shape[-1], 5, padding="same", dtype="float32")(x)
    return keras.Model([blurred, drawn], detail, name=name)


def _detail_discriminator(shape, width, name):
    """[h, l] -> h + l -> 5x5xw -> 5x5xw, halved, ReLU, not padded where sides allow -> dropout ½ ->
    logit (1,)."""
    detail, blurred = keras.Input(shape, name="detail"), keras.Input(shape, name="blurred")
    padding = "valid" if min(shape[:2]) > 8 else "same"
    x = layers.Conv2D(width, 5, padding=padding, activation="relu")(layers.Add()([detail, blurred]))
    x = layers.Conv2D(width, 5, 2, padding, activation="relu")(x)
    x = Dropout(0.5)(layers.Flatten()(x))
    logit = layers.Dense(1, dtype="float32")(x)
    return keras.Model([detail, blurred], logit, name=name)
