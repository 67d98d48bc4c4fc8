"""The networks of every family: those of the paper, small ones, and images of many sizes."""

import numpy as np
import pytest

import zoo
from tests.zoo import families


def trainable(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def block(width):
    """A residual block of R3GAN: 1x1 to twice the width, 3x3 in 96 groups, 1x1 without bias."""
    wide = 2 * width
    return (width * wide + wide) + (9 * wide * wide // 96 + wide) + wide * width


# A first block of 128 channels, one block down, two level ones and a logit.
CRITIC = (
    (3 * 128 + 128)
    + (27 * 128 + 128)
    + (9 * 128 * 128 + 128)
    + 3 * 2 * (9 * 128 * 128 + 128)
    + (128 * 128 + 128)
    + 128
    + 1
)
PAPER_SIZES = {  # family: (image, latents), parameters of the generator and of the discriminator
    # 100-1200-1200-784; maxout 240x5 twice and a logit.
    "gan": (
        ((28, 28, 1), 100),
        100 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 * 784 + 784,
        784 * 1200 + 1200 + 240 * 1200 + 1200 + 240 + 1,
    ),
    # z 100-200, y 10-1000, joined 1200-1200-784; x maxout 240x5, y maxout 50x5, joined 240x4.
    "cgan": (
        ((28, 28, 1), 100),
        100 * 200 + 200 + 10 * 1000 + 1000 + 1200 * 1200 + 1200 + 1200 * 784 + 784,
        784 * 1200 + 1200 + 10 * 250 + 250 + 290 * 960 + 960 + 240 + 1,
    ),
    # 100 - 4x4x1024 - 512 - 256 - 128 - 3, all 5x5; biases only where no batch norm follows, a gain
    # and a shift where it does.
    "dcgan": (
        ((64, 64, 3), 100),
        100 * 16 * 1024
        + 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
        + 2 * (1024 + 512 + 256 + 128)
        + 3,
        25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024)
        + 128
        + 2 * (256 + 512 + 1024)
        + 16 * 1024
        + 1,
    ),
    # G: 128 - 4x4x128, three up blocks, BN, 3x3.
    "wgan_gp": (
        ((32, 32, 3), 128),
        (128 * 2048 + 2048)
        + 3 * (2 * (9 * 128 * 128 + 128) + (128 * 128 + 128) + 2 * 256)
        + 256
        + (9 * 128 * 3 + 3),
        CRITIC,
    ),
    # G as GAN's with batch norm for biases; V 784-240-240-1.
    "fgan": (
        ((28, 28, 1), 100),
        100 * 1200 + 1200 * 1200 + 2 * 2 * 1200 + 1200 * 784 + 784,
        784 * 240 + 240 + 240 * 240 + 240 + 240 + 1,
    ),
    # As WGAN-GP's, with a generator twice as wide.
    "sngan": (
        ((32, 32, 3), 128),
        (128 * 4096 + 4096)
        + 3 * (2 * (9 * 256 * 256 + 256) + (256 * 256 + 256) + 2 * 512)
        + 512
        + (9 * 256 * 3 + 3),
        CRITIC,
    ),
    # 100 - 4x4x512 - 256 - 128 - 64 - 3, all 4x4.
    "wgan": (
        ((64, 64, 3), 100),
        100 * 16 * 512
        + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
        + 2 * (512 + 256 + 128 + 64)
        + 3,
        16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
        + 64
        + 2 * (128 + 256 + 512)
        + 16 * 512
        + 1,
    ),
    # Four stages of two blocks, 768 wide, 96 groups; a 4x4 basis below, a 4x4 depthwise sum on top.
    # No biases outside the blocks.
    "r3gan": (
        ((32, 32, 3), 64),
        64 * 768 + 16 * 768 + 8 * block(768) + 768 * 3,
        3 * 768 + 8 * block(768) + 16 * 768 + 768,
    ),
}
PAPER_SIZES["lsgan"] = PAPER_SIZES["dcgan"]  # whose networks it has
PAPER_SIZES |= {
    # G: 8000 - 8000 - 10x10x80 - one 5x5. D: maxout of two, 8x8 to 32, 8x8 to 32, 5x5 to 192, and
    # of five to 500.
    "conv_gan": (
        ((32, 32, 3), 100),
        (100 * 8000 + 8000) + (8000 * 8000 + 8000) + (25 * 80 * 3 + 3),
        (64 * 3 * 64 + 64)
        + (64 * 32 * 64 + 64)
        + (25 * 32 * 384 + 384)
        + (25 * 192 * 2500 + 2500)
        + (500 + 1),
    ),
    # Two layers of 1024 units; D reads 784 pixels and 50 latents.
    "bigan": (
        ((28, 28, 1), 50),
        50 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 784 + 784,
        834 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 + 1,
    ),
    # G: 4x4s1, 4x4s2, 4x4s1, 4x4s2, 5x5s1, 1x1 without biases, BN, and 1x1. D: maxout of two, five
    # convolutions, two layers for z, two for both.
    "ali": (
        ((32, 32, 3), 64),
        16 * (64 * 256 + 256 * 128 + 128 * 64 + 64 * 32)
        + 25 * 32 * 32
        + 32 * 32
        + 2 * (256 + 128 + 64 + 32 + 32 + 32)
        + (32 * 3 + 3),
        (25 * 3 * 64 + 64)
        + (16 * 32 * 128 + 128)
        + (16 * 64 * 256 + 256)
        + (16 * 128 * 512 + 512)
        + (16 * 256 * 1024 + 1024)
        + (64 * 1024 + 1024)
        + (512 * 1024 + 1024)
        + 2 * (1024 * 2048 + 2048)
        + (1024 + 1),
    ),
    # Two layers of 1000 units; D reads the eight latents.
    "aae": (
        ((28, 28, 1), 8),
        8 * 1000 + 1000 + 1000 * 1000 + 1000 + 1000 * 784 + 784,
        8 * 1000 + 1000 + 1000 * 1000 + 1000 + 1000 + 1,
    ),
    # G: 62 + 10 + 2 entries, 1024, 7x7x128, 4x4 to 64 and to 1. D: the way back, and Q's 128.
    "infogan": (
        ((28, 28, 1), 62),
        (74 * 1024 + 2 * 1024)
        + (1024 * 49 * 128 + 2 * 128)
        + (16 * 128 * 64 + 2 * 64)
        + (16 * 64 + 1),
        (16 * 64 + 64)
        + (16 * 64 * 128 + 2 * 128)
        + (49 * 128 * 1024 + 1024)
        + (1024 + 1)
        + (1024 * 128 + 2 * 128)
        + (128 * 12 + 12),
    ),
    # G: ten maps of the class at every layer, 4x4. D: no batch norm, a logit and ten class logits.
    "acgan": (
        ((32, 32, 3), 100),
        (110 * 16 * 512 + 2 * 512)
        + (16 * 522 * 256 + 2 * 256)
        + (16 * 266 * 128 + 2 * 128)
        + (16 * 138 * 3 + 3),
        (16 * 3 * 128 + 128)
        + (16 * 128 * 256 + 256)
        + (16 * 256 * 512 + 512)
        + (16 * 512 * 11 + 11),
    ),
    # All 5x5. G: 8x8x256 - 192 - 128 - 32 - 3. D: 32 at full size - 128 - 192 - 256 - 512 - 1.
    "vaegan": (
        ((64, 64, 3), 128),
        (128 * 64 * 256 + 2 * 256)
        + 25 * (256 * 192 + 192 * 128 + 128 * 32)
        + 2 * (192 + 128 + 32)
        + (25 * 32 * 3 + 3),
        (25 * 3 * 32 + 32)
        + 25 * (32 * 128 + 128 * 192 + 192 * 256)
        + 2 * (128 + 192 + 256)
        + (64 * 256 * 512 + 2 * 512)
        + (512 + 1),
    ),
    # G: three layers of 256. T: 256, five residual blocks of two layers of 256, 1.
    "avb": (
        ((28, 28, 1), 8),
        (8 * 256 + 256) + 2 * (256 * 256 + 256) + (256 * 784 + 784),
        (792 * 256 + 256) + 10 * (256 * 256 + 256) + (256 + 1),
    ),
    # Weight normalisation adds a length to each unit's bias.
    "semi_supervised": (
        ((28, 28, 1), 100),
        (100 * 500 + 2 * 500) + (500 * 500 + 2 * 500) + (500 * 784 + 2 * 784),
        (784 * 1000 + 2 * 1000)
        + (1000 * 500 + 2 * 500)
        + (500 * 250 + 2 * 250)
        + 2 * (250 * 250 + 2 * 250)
        + (250 * 10 + 2 * 10),
    ),
}
PAPER_SIZES |= {
    # G: 4x4x4x512 - 256 - 128 - 64 - 1, all 4x4x4; D the way back.
    "gan3d": (
        ((64, 64, 64, 1), 200),
        200 * 64 * 512
        + 64 * (512 * 256 + 256 * 128 + 128 * 64 + 64)
        + 2 * (512 + 256 + 128 + 64)
        + 1,
        64 * (64 + 64 * 128 + 128 * 256 + 256 * 512) + 64 + 2 * (128 + 256 + 512) + (64 * 512 + 1),
    ),
    # G: 100-1200-1200-192, and twice 7x7 to 64, 7x7 to 64, 5x5 to 3, of an image and a plane.
    # D: 192-600-600-1, and twice 5x5 to 64, 5x5 to 64 halved, not padded, a logit.
    "lapgan": (
        ((32, 32, 3), 100 + 16 * 16 + 32 * 32),
        (100 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 * 192 + 192)
        + 2 * ((49 * 4 * 64 + 64) + (49 * 64 * 64 + 64) + (25 * 64 * 3 + 3)),
        (192 * 600 + 600 + 600 * 600 + 600 + 600 + 1)
        + 2 * ((25 * 3 * 64 + 64) + (25 * 64 * 64 + 64))
        + (4 * 4 * 64 + 1)
        + (12 * 12 * 64 + 1),
    ),
}
PAPER_SIZES["pix2pix"] = (
    # G: 64-128-256 and five of 512, seven on the way back that read twice as much, and 3. D: of six
    # channels, 64-128-256-512-1. All 4x4, a gain and a shift where a bias is not.
    ((256, 256, 3), None),
    16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 4 * 512 * 512)
    + (64 + 512)
    + 2 * (128 + 256 + 4 * 512)
    + 16 * (512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64)
    + 2 * (4 * 512 + 256 + 128 + 64)
    + (16 * 128 * 3 + 3),
    16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + (64 + 1) + 2 * (128 + 256 + 512),
)
PAPER_SIZES["cyclegan"] = (
    # G: 7x7 64, 3x3 128 and 256, nine blocks of two 3x3, 3x3 128 and 64, 7x7 3; a gain and a shift
    # where a bias is not. D: as pix2pix's, of three channels.
    ((256, 256, 3), None),
    49 * 3 * 64
    + 9 * (64 * 128 + 128 * 256 + 18 * 256 * 256 + 256 * 128 + 128 * 64)
    + 2 * (64 + 128 + 256 + 18 * 256 + 128 + 64)
    + (49 * 64 * 3 + 3),
    16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + (64 + 1) + 2 * (128 + 256 + 512),
)
PAPER_SIZES["spatial_gan"] = (
    # G: 100 - 512 - 256 - 128 - 64 - 3. D: 3 - 64 - 128 - 256 - 512 - 1. All 5x5.
    ((256, 256, 3), 100),
    25 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 2 * (512 + 256 + 128 + 64) + 3,
    25 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + (64 + 1) + 2 * (128 + 256 + 512),
)
PAPER_SIZES["srgan"] = (
    # G: 9x9 64, sixteen blocks of two 3x3, one more, two of 256, 9x9 3; a PReLU has 64 slopes. D:
    # two 3x3 each of 64, 128, 256 and 512, halved four times from 96, dense 1024.
    ((96, 96, 3), None),
    (81 * 3 * 64 + 64 + 64)
    + 16 * (2 * (9 * 64 * 64 + 2 * 64) + 64)
    + (9 * 64 * 64 + 2 * 64)
    + 2 * (9 * 64 * 256 + 256 + 64)
    + (81 * 64 * 3 + 3),
    (9 * 3 * 64 + 64)
    + 9 * (64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 512 * 512)
    + 2 * (64 + 2 * 128 + 2 * 256 + 2 * 512)
    + (36 * 512 * 1024 + 1024)
    + (1024 + 1),
)
PAPER_SIZES["vaegan3d"] = PAPER_SIZES["gan3d"]  # whose networks it has, apart from its encoder
PAPER_SIZES["alice"] = PAPER_SIZES["bigan"]  # the same, apart from its second discriminator


@families.each(PAPER_SIZES, quick=(), thorough=PAPER_SIZES)
def test_without_arguments_it_has_the_networks_of_its_paper(row):
    (image_shape, latent_dim), generator, discriminator = PAPER_SIZES[row]
    model = zoo.family(row)()  # not compiled, which makes room for the steps of 64 million weights
    assert (model.image_shape, getattr(model, "latent_dim", None)) == (image_shape, latent_dim)
    assert trainable(model.generator) == generator
    assert trainable(model.discriminator) == discriminator


@families.each(thorough=families.MAIN)
def test_the_small_scale_is_small(row):
    name, arguments = families.ROWS[row]
    image_shape = arguments["image_shape"]
    model = zoo.create(name, scale="small", image_shape=image_shape)
    assert sum(trainable(getattr(model, n)) for n in model.network_names) < 1_000_000
    assert families.generate_samples(model, 2).shape == (2, *image_shape)


@pytest.mark.slow
@pytest.mark.parametrize("side", [8, 16, 32, 64, 128])
@pytest.mark.parametrize("row", families.CONVOLUTIONAL)
def test_its_convolutions_take_images_from_8_to_128(row, side):
    name, arguments = families.CONVOLUTIONAL[row]
    for channels in (1, 3):
        shape = (side, side, channels)
        model = zoo.create(name, image_shape=shape, latent_dim=4, **arguments)
        assert model.generate(1).shape == (1, *shape)
        assert model.discriminator(np.zeros((2, *shape), "float32")).shape == (2, 1)
        assert model.features(np.zeros((2, *shape), "float32")).shape[0] == 2


SIZED = "dcgan", "dcgan, no rules", "wgan_gp"


@pytest.mark.parametrize("shape", [(12, 8, 1), (28, 28, 1), (16, 48, 3)])
@families.each(SIZED, quick=("dcgan",), thorough=SIZED)
def test_images_need_not_be_square_nor_powers_of_2(row, shape):
    model = families.create(row, image_shape=shape)
    assert model.generate(1).shape == (1, *shape)
    assert model.discriminator(np.zeros((2, *shape), "float32")).shape == (2, 1)
