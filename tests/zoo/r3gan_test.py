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


FILTER = np.float32([1.0, 3.0, 3.0, 1.0])  # [1, 2, 1] * [1, 1], as the release pads and centres it


def resampled(x, first, last):
    """Passes one map through the layers of a network between two of its tensors."""
    return np.asarray(keras.Model(first, last)(np.repeat(x[None, ..., None], 6, -1)))[0, ..., 0]


def upsampled(model, x):
    up = kinds(model.generator, layers.UpSampling2D)[0]
    return resampled(x, up.input, kinds(model.generator, layers.AveragePooling2D)[1].output)


def downsampled(model, x):
    pad, pool = (
        kinds(model.discriminator, k) for k in (layers.ZeroPadding2D, layers.AveragePooling2D)
    )
    return resampled(x, pad[0].input, pool[2].output)


def centre_of_mass(x):
    return [float((x.sum(axis) * np.arange(len(x))).sum() / x.sum()) for axis in (1, 0)]


def test_upsampling_is_the_centred_filter_1_3_3_1(model):
    impulse = np.zeros((4, 4), "float32")
    impulse[1, 1] = 1.0
    found = upsampled(model, impulse)
    expected = np.zeros((8, 8), "float32")
    expected[1:5, 1:5] = np.outer(FILTER, FILTER) / 16.0  # pixel 1 of 4 is pixels 2 and 3 of 8
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_downsampling_is_the_centred_filter_1_3_3_1(model):
    x = np.random.default_rng(0).standard_normal((16, 16)).astype("float32")
    padded = np.pad(x, 1)  # zeros outside, as in the release
    windows = np.lib.stride_tricks.sliding_window_view(padded, (4, 4))[::2, ::2]
    expected = np.einsum("abij,i,j->ab", windows, FILTER, FILTER) / 64.0
    np.testing.assert_allclose(downsampled(model, x), expected, atol=1e-6)


def test_an_impulse_stays_in_its_place_when_resampled(model):
    """Pixel 2 of 4 covers the pixels 4 and 5 of 8, whose centre is at 4.5."""
    impulse = np.zeros((4, 4), "float32")
    impulse[2, 2] = 1.0
    assert centre_of_mass(upsampled(model, impulse)) == pytest.approx([4.5, 4.5])
    pair = np.zeros((16, 16), "float32")
    pair[8:10, 8:10] = 1.0  # together pixel 4 of 8
    assert centre_of_mass(downsampled(model, pair)) == pytest.approx([4.0, 4.0])


def with_mirrored_kernels(network):
    copy = keras.models.clone_model(network)
    # Across is axis 1 of convolutions (h, w, c, c') and of G's basis (h, w, c).
    copy.set_weights([w[:, ::-1] if w.ndim in (3, 4) else w for w in network.get_weights()])
    return copy


def test_networks_with_mirrored_kernels_mirror_their_images():
    """Then the resampling between the kernels prefers no side."""
    model, rng = zoo.R3GAN(**TINY), np.random.default_rng(0)
    for network in (model.generator, model.discriminator):
        weights = network.get_weights()  # those at the end of each block are 0 at first
        network.set_weights([w + 0.1 * rng.standard_normal(w.shape) for w in weights])
    z, x = rng.standard_normal((3, 8)), rng.standard_normal((3, 16, 16, 3))
    image = with_mirrored_kernels(model.generator)(z)
    np.testing.assert_allclose(image, model.generator(z)[:, :, ::-1], rtol=1e-3, atol=1e-4)
    logit = with_mirrored_kernels(model.discriminator)(x[:, :, ::-1])
    np.testing.assert_allclose(logit, model.discriminator(x), rtol=1e-3, atol=1e-4)


def test_weights_outside_residual_branches_have_the_variance_of_the_release():
    """N(0, 1 / fan-in), where the fan-in of the sum over positions is 16, and no bias."""
    net = zoo.R3GAN(image_shape=(4, 4, 3), latent_dim=64, width=256, cardinality=4, blocks=1)
    linear = [kinds(net.generator, layers.Dense)[0], net.generator.get_layer("images")]
    linear += [net.discriminator.layers[1], net.discriminator.get_layer("logit")]
    sums = kinds(net.discriminator, layers.DepthwiseConv2D)
    assert len(linear) == 4
    assert len(sums) == 1
    for layer in linear + sums:
        kernel = layer.kernel.numpy()
        fan_in = 16 if layer in sums else kernel[..., 0].size
        assert not layer.use_bias
        assert kernel.std() == pytest.approx(fan_in**-0.5, rel=0.2)


def test_the_first_logits_of_unit_images_are_of_unit_size():
    """Of pixels N(0, 1) the logit is a linear function, whose weights have variance 1 in sum."""
    keras.utils.set_random_seed(0)
    net = zoo.R3GAN(image_shape=(4, 4, 3), latent_dim=4, width=256, cardinality=4, blocks=1)
    x = np.random.default_rng(0).standard_normal((500, 4, 4, 3)).astype("float32")
    assert 0.6 < np.asarray(net.discriminator(x)).std() < 1.5


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
        assert optimizer.epsilon == 1e-8


def test_in_few_steps_the_average_forgets_the_first_weights():
    model = zoo.R3GAN(image_shape=(2,))
    model.compile(recipe="modern", steps=600)
    assert model.optimizers["generator"].ema_momentum ** 600 < 0.01  # .55 of .999


def test_before_training_more_blocks_change_nothing():
    shallow = zoo.R3GAN(**(TINY | {"blocks": 1}))
    deep = zoo.R3GAN(**(TINY | {"blocks": 8}))
    for a, b in zip(_ends(shallow.generator), _ends(deep.generator), strict=True):
        b.set_weights(a.get_weights())
    z = np.random.default_rng(0).standard_normal((4, 8)).astype("float32")
    np.testing.assert_allclose(shallow.generator(z), deep.generator(z), atol=1e-6)


def _ends(network):
    return [kinds(network, layers.Dense)[0], network.layers[2], network.layers[-1]]
