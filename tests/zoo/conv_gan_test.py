import keras
import numpy as np
import pytest
from keras import layers
from scipy.stats import kstest

from trainers.objectives import NonSaturating
from zoo.conv_gan import ConvGAN, maxout_conv, uniform
from zoo.layers import Dropout, Maxout


def model(image_shape=(32, 32, 3), width=5):
    return ConvGAN(image_shape, latent_dim=4, width=width)


def shapes(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize(
    "shape, sides, surplus",
    [
        ((32, 32, 3), (10, 10), (0, 0)),
        ((28, 28, 1), (9, 9), (1, 1)),
        ((8, 8, 1), (2, 2), (0, 0)),
        ((16, 12, 3), (5, 4), (1, 2)),
    ],
)
def test_the_generator_outputs_patches_of_5_pixels_3_apart_and_crops_the_rest(
    shape, sides, surplus
):
    generator = model(shape).generator
    (maps,) = shapes(generator, layers.Reshape)
    assert maps == (*sides, 5)
    (drawn,) = shapes(generator, layers.Conv2DTranspose)
    assert drawn == (shape[0] + surplus[0], shape[1] + surplus[1], shape[2])
    assert generator.output_shape == (None, *shape)


def test_the_discriminator_has_maps_of_16_7_and_5_pixels_a_side_as_in_the_paper():
    discriminator = model(width=80).discriminator
    flat = [layer for layer in discriminator.layers if isinstance(layer, layers.Flatten)]
    pooled = [shape for shape in shapes(discriminator, Dropout) if len(shape) == 3]
    assert pooled == [(32, 32, 3), (16, 16, 32), (7, 7, 32), (5, 5, 192)]
    assert flat[0].output.shape == (None, 5 * 5 * 192)
    assert shapes(discriminator, Maxout) == [(500,)]
    rates = [layer.rate for layer in discriminator.layers if isinstance(layer, Dropout)]
    assert rates == [0.2, 0.5, 0.5, 0.5, 0.5]


def test_the_generator_is_dense_except_for_one_convolution_and_has_no_batch_norm():
    """No stack of strided convolutions, which DCGAN introduced."""
    kinds = [type(layer) for layer in model().generator.layers[1:]]
    dense, conv = layers.Dense, layers.Conv2DTranspose
    assert kinds == [dense, dense, layers.Reshape, conv, layers.Cropping2D, layers.Activation]
    names = [d.activation.__name__ for d in model().generator.layers if isinstance(d, dense)]
    assert names == ["relu", "sigmoid"]
    (conv,) = [layer for layer in model().generator.layers if isinstance(layer, conv)]
    assert (conv.kernel_size, conv.strides) == ((5, 5), (3, 3))


def test_a_width_scales_all_layers_in_proportion():
    narrow = model(width=20)
    units = [layer.units for layer in narrow.generator.layers if isinstance(layer, layers.Dense)]
    assert units == [2000, 2000]
    filters = [c.filters for c in narrow.discriminator.layers if isinstance(c, layers.Conv2D)]
    assert filters == [2 * 8, 2 * 8, 2 * 48]
    assert shapes(narrow.discriminator, Maxout) == [(125,)]


@pytest.mark.parametrize("kernel_size, pool, side", [(4, 2, 5), (4, 4, 4), (3, 2, 6), (3, 4, 5)])
def test_a_maxout_convolution_is_a_maximum_over_its_pieces_and_over_windows(
    kernel_size, pool, side
):
    """Computed by NumPy: of 10 or 11 pixels, windows that begin every 2nd; the last is cut off."""
    images = keras.Input((9, 9, 2))
    network = keras.Model(images, maxout_conv(images, 3, kernel_size, padding=2, pool=pool))
    rng = np.random.default_rng(0)
    kernel, bias = (rng.standard_normal(w.shape) for w in network.weights)
    network.set_weights([kernel, bias])
    x = rng.standard_normal((4, 9, 9, 2)).astype("float32")

    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (kernel_size,) * 2, axis=(1, 2))
    linear = np.einsum("nijcab,abck->nijk", patches, kernel) + bias
    best = linear.reshape(*linear.shape[:3], 3, 2).max(axis=4)  # of 3 channels, 2 pieces
    expected = np.zeros((4, side, side, 3))
    for i, j in np.ndindex(side, side):
        window = best[:, 2 * i : 2 * i + pool, 2 * j : 2 * j + pool]
        expected[:, i, j] = window.max(axis=(1, 2))
    np.testing.assert_allclose(network(x), expected, atol=1e-4)


def test_narrower_networks_have_larger_initial_weights():
    assert uniform(0.05, 80).maxval == pytest.approx(0.05)
    assert uniform(0.05, 20).maxval == pytest.approx(0.1)
    for network, bound in ((model().generator, 0.05 * 4), (model().discriminator, 0.005 * 4)):
        for weight in network.trainable_weights:
            if "bias" not in weight.path:
                assert np.abs(weight).max() <= bound
                assert np.std(weight) == pytest.approx(bound / np.sqrt(3), rel=0.15), weight.path


def test_the_recipe_is_the_papers_momentum_descent():
    net = model((8, 8, 1))
    net.compile()
    assert repr(net.objective) == repr(NonSaturating())
    assert net.penalties == []
    for optimizer in net.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.SGD)
        assert optimizer.momentum == 0.5
        assert float(optimizer.learning_rate) == pytest.approx(0.004)
        fallen = 0.004 / 1.000004**1_000_000
        assert float(optimizer._learning_rate(1_000_000)) == pytest.approx(fallen, rel=1e-2)


def test_latents_are_normal():
    z = np.asarray(model((8, 8, 1)).latents(500)).ravel()
    assert kstest(z, "norm").pvalue > 1e-3


def test_points_have_the_networks_of_gan():
    net = ConvGAN((2,), width=8)
    assert net.latent_dim == 2
    for network in (net.generator, net.discriminator):
        units = [layer.units for layer in network.layers if isinstance(layer, layers.Dense)]
        assert units[:-1] == [8, 8, 8]
    net.compile()
    assert isinstance(net.optimizers["generator"], keras.optimizers.Adam)


@pytest.mark.parametrize("shape", [(7, 8, 1), (16, 4, 3)])
def test_sides_below_8_are_refused(shape):
    with pytest.raises(ValueError, match="`image_shape` should have sides of at least 8. Rec"):
        ConvGAN(shape, width=2)


def test_it_trains():
    net = model((8, 8, 1), width=16)
    net.compile()
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (64, 8, 8, 1)).astype("float32")
    before = [v.numpy() for v in net.trainable_variables]
    net.fit(x, batch_size=16, epochs=1, verbose=0)
    for variable, old in zip(net.trainable_variables, before, strict=True):
        assert not np.array_equal(variable, old), variable.path


@pytest.mark.slow
def test_the_default_networks_are_those_of_the_paper():
    """100-8000-8000, 25 weights for each of 80 maps and 3 colours; kernels of 8, 8, 5."""
    net = ConvGAN()
    assert net.generator.count_params() == (
        100 * 8000 + 8000 + 8000 * 8000 + 8000 + 25 * 80 * 3 + 3
    )
    assert net.discriminator.count_params() == (
        (64 * 3 * 64 + 64)
        + (64 * 32 * 64 + 64)
        + (25 * 32 * 384 + 384)
        + (4800 * 2500 + 2500)
        + (500 + 1)
    )
