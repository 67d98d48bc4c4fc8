import keras
import numpy as np
import pytest
from keras import layers

import zoo
from trainers.objectives import Relativistic
from zoo.r3gan import stages

TINY = {"image_shape": (16, 16, 3), "latent_dim": 8, "width": 6, "cardinality": 3}


def kinds(network, kind):
    return [n for n in network._flatten_layers() if isinstance(n, kind)]


@pytest.fixture(scope="module")
def model():
    return zoo.R3GAN(**TINY)


def test_networks_have_no_normalisation(model):
    for network in (model.generator, model.discriminator):
        assert not kinds(network, (layers.BatchNormalization, layers.LayerNormalization))
        assert not kinds(network, (layers.GroupNormalization, layers.SpectralNormalization))
        assert not network.non_trainable_weights


def test_every_residual_branch_is_initialised_at_zero(model):
    """The last convolution of a block is 0, so that each block is initially the identity."""
    for network in (model.generator, model.discriminator):
        blocks = 2 * 3
        zeros = [
            n
            for n in kinds(network, layers.Conv2D)
            if not isinstance(n, layers.DepthwiseConv2D) and not n.kernel.numpy().any()
        ]
        assert len(zeros) == blocks == len(kinds(network, layers.Add))
        assert all(n.kernel_size == (1, 1) and not n.use_bias for n in zeros)


def test_other_convolutions_are_scaled_down_with_the_depth():
    """Variance 2 / (1 + .2²) · L^(-2 / (2·3 - 2)) / fan-in, L blocks deep, m = 3 to a block."""
    for blocks in (1, 4):
        net = zoo.R3GAN(image_shape=(8, 8, 1), latent_dim=4, width=64, cardinality=4, blocks=blocks)
        depth = 2 * blocks
        gain = 2.0 / (1.0 + 0.2**2) * depth**-0.5
        inner = [
            n
            for n in kinds(net.generator, layers.Conv2D)
            if n.filters == 128 and n.kernel.numpy().any()
        ]
        assert len(inner) == 2 * depth
        for conv in inner:
            fan_in = np.prod(conv.kernel.shape[:3])
            assert conv.kernel.numpy().var() == pytest.approx(gain / fan_in, rel=0.15)


def test_a_block_has_twice_the_width_inside_and_grouped_convolutions(model):
    for network in (model.generator, model.discriminator):
        grouped = [n for n in kinds(network, layers.Conv2D) if n.kernel_size == (3, 3)]
        assert len(grouped) == 2 * 3
        assert {(n.filters, n.groups) for n in grouped} == {(12, 3)}


def test_negative_slopes_are_a_fifth(model):
    for network in (model.generator, model.discriminator):
        slopes = {n.negative_slope for n in kinds(network, layers.LeakyReLU)}
        assert len(slopes) == 1
        assert slopes.pop() == pytest.approx(0.2)


def resampled(x, layers_of):
    for layer in layers_of:
        x = layer(x)
    return np.asarray(x)


def test_downsampling_uses_the_filter_1_2_1(model):
    pools = kinds(model.discriminator, layers.AveragePooling2D)[:2]
    impulse = np.zeros((1, 16, 16, 1), "float32")
    responses = []
    for column in range(4, 8):
        impulse[:] = 0.0
        impulse[0, :, column] = 1.0
        responses.append(resampled(impulse, pools)[0, 4])
    # Every column has the same total weight, and an output weighs three columns [1, 2, 1] / 4.
    weights = np.array(responses)[..., 0]
    np.testing.assert_allclose(weights.sum(axis=1), 0.5, atol=1e-6)
    assert sorted(np.unique(weights)) == [0.0, 0.25, 0.5]


def test_upsampling_is_interpolation(model):
    up = kinds(model.generator, layers.UpSampling2D)[0]
    smooth = kinds(model.generator, layers.AveragePooling2D)[0]
    ramp = np.arange(4, dtype="float32")[None, None, :, None] * np.ones((1, 4, 1, 1), "float32")
    found = resampled(ramp, [up, smooth])[0, 0, :, 0]
    np.testing.assert_allclose(found, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.0], atol=1e-6)


def test_the_image_layer_has_no_activation(model):
    last = model.generator.layers[-1]
    assert isinstance(last, layers.Conv2D)
    assert (last.kernel_size, last.activation.__name__) == ((1, 1), "linear")


def test_the_discriminator_ends_in_a_weighted_sum_over_positions(model):
    (positions,) = kinds(model.discriminator, layers.DepthwiseConv2D)
    assert positions.kernel_size == (4, 4)
    assert not positions.use_bias


@pytest.mark.parametrize("side, count", [(4, 0), (8, 1), (16, 2), (32, 3), (64, 4), (256, 6)])
def test_4x4_is_doubled_up_to_the_image(side, count):
    assert stages((side, side, 3)) == count


@pytest.mark.parametrize("shape", [(2, 2, 1), (12, 12, 1), (28, 28, 1), (8, 16, 1)])
def test_sides_other_than_4_times_a_power_of_2_are_refused_unless_dense(shape):
    with pytest.raises(ValueError, match="`image_shape` should be square with a side of 4, 8, 16"):
        zoo.R3GAN(image_shape=shape, width=4, cardinality=1)
    assert zoo.R3GAN(image_shape=shape, width=4, dense=True).generate(1).shape == (1, *shape)


@pytest.mark.parametrize(
    "arguments, rate, gamma",
    [
        ({"image_shape": (8, 8, 1), "width": 2, "cardinality": 1, "blocks": 1}, 2e-4, 0.05),
        ({"image_shape": (8, 8, 1), "width": 8, "dense": True}, 1e-3, 0.5),
        ({"image_shape": (2,)}, 1e-3, 0.02),
    ],
)
def test_the_recipe_is_that_of_the_paper(arguments, rate, gamma):
    model = zoo.create("r3gan", **arguments)
    assert isinstance(model.objective, Relativistic)
    assert [repr(p) for p in model.penalties] == [f"R1(gamma={gamma})", f"R2(gamma={gamma})"]
    assert model.turns == {"discriminator": 1, "generator": 1}
    for player, optimizer in model.optimizers.items():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.99)
        assert optimizer.use_ema == (player == "generator")


def test_before_training_more_blocks_change_nothing():
    shallow = zoo.R3GAN(**(TINY | {"blocks": 1}))
    deep = zoo.R3GAN(**(TINY | {"blocks": 8}))
    for a, b in zip(_ends(shallow.generator), _ends(deep.generator), strict=True):
        b.set_weights(a.get_weights())
    z = np.random.default_rng(0).standard_normal((4, 8)).astype("float32")
    np.testing.assert_allclose(shallow.generator(z), deep.generator(z), atol=1e-6)


def _ends(network):
    return [kinds(network, layers.Dense)[0], network.layers[2], network.layers[-1]]
