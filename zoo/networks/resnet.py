"""The residual networks of WGAN-GP's CIFAR experiment (Gulrajani et al. 2017, appendix F)."""

import keras
from keras import layers


def stages(image_shape):
    """Returns how often sides are halved, to 4 (32 -> 4: 3) or as long as they are even.

    Raises:
        ValueError: for sides that are odd.

    Example:
        >>> stages((32, 32, 3))
        3
    """
    height, width = image_shape[:2]
    count = 0
    while height % 2 ** (count + 1) == 0 and width % 2 ** (count + 1) == 0:
        if min(height, width) // 2**count <= 4:
            break
        count += 1
    if not count:
        raise ValueError(
            "`image_shape` should have even sides above 4. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    return count


def generator(image_shape, latent_dim, width=128, name="generator"):
    """z (latent_dim,) -> 4x4xw -> up block -> … -> hxwxw -> BN, ReLU, 3x3, tanh -> image.

    Example:
        >>> generator((16, 16, 3), latent_dim=128, width=8).output_shape
        (None, 16, 16, 3)
    """
    count = stages(image_shape)
    base_height, base_width = (side // 2**count for side in image_shape[:2])
    inputs = keras.Input((latent_dim,), name="latent")
    x = layers.Dense(base_height * base_width * width)(inputs)
    x = layers.Reshape((base_height, base_width, width))(x)
    for _ in range(count):
        x = _up_block(x, width)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    x = _conv(image_shape[-1])(x)
    x = layers.Activation("tanh", dtype="float32", name="images")(x)
    return keras.Model(inputs, x, name=name)


def discriminator(
    image_shape, width=128, pool="mean", wrap=lambda layer: layer, name="discriminator"
):
    """x image -> two down blocks -> two blocks -> mean over positions -> critic value (1,).

    No batch normalisation, so that the gradient of each sample is independent of the others. Larger
    images are halved more often.

    Args:
        image_shape, width: as for the generator.
        pool: over positions, "mean", or "sum" as in SNGAN.
        wrap: applied to each layer with weights, a wrapper such as SpectralNormalization.

    Example:
        >>> discriminator((16, 16, 3), width=8).output_shape
        (None, 1)
    """
    inputs = keras.Input(image_shape, name="images")
    x = _first_block(inputs, width, wrap)
    for _ in range(max(1, stages(image_shape) - 2)):
        x = _block(x, width, wrap, down=True)
    for _ in range(2):
        x = _block(x, width, wrap)
    x = layers.ReLU()(x)
    positions = x.shape[1] * x.shape[2]
    x = layers.GlobalAveragePooling2D(name="features")(x)
    if pool == "sum":
        x = layers.Rescaling(positions)(x)
    logit = wrap(layers.Dense(1, dtype="float32", name="logit"))
    return keras.Model(inputs, logit(x), name=name)


def _conv(filters, size=3):
    initializer = "he_normal" if size == 3 else "glorot_normal"
    return layers.Conv2D(filters, size, padding="same", kernel_initializer=initializer)


def _up_block(x, width):
    shortcut = _conv(width, 1)(layers.UpSampling2D()(x))
    for i in range(2):
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
        x = _conv(width)(layers.UpSampling2D()(x) if i == 0 else x)
    return layers.Add()([x, shortcut])


def _first_block(x, width, wrap):
    shortcut = wrap(_conv(width, 1))(layers.AveragePooling2D(2)(x))
    x = wrap(_conv(width))(layers.ReLU()(wrap(_conv(width))(x)))
    return layers.Add()([layers.AveragePooling2D(2)(x), shortcut])


def _block(x, width, wrap, down=False):
    shortcut = layers.AveragePooling2D(2)(wrap(_conv(width, 1))(x)) if down else x
    x = wrap(_conv(width))(layers.ReLU()(x))
    x = wrap(_conv(width))(layers.ReLU()(x))
    return layers.Add()([layers.AveragePooling2D(2)(x) if down else x, shortcut])
