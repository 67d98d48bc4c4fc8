import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import zoo
from zoo.networks.laplacian_pyramid import down, up

X = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 16, 16, 3)).astype("float32")


@pytest.fixture(scope="module")
def model():
    model = zoo.LAPGAN(image_shape=(16, 16, 3), width=16, levels=2)
    model.compile()
    return model


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_an_image_is_rebuilt_from_its_pyramid_exactly(levels):
    model = zoo.LAPGAN(image_shape=(16, 16, 3), width=16, levels=levels)
    image, details = model.pyramid(X)
    assert image.shape == (4, 16 // 2**levels, 16 // 2**levels, 3)
    for detail in details:
        image = up(image) + detail
    np.testing.assert_allclose(image, X, atol=1e-6)


def test_halving_takes_means_and_doubling_keeps_a_constant_and_the_mean():
    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    np.testing.assert_allclose(down(x)[0, ..., 0], [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_allclose(up(np.full((1, 2, 2, 1), 3.0, "float32")), 3.0, rtol=1e-6)
    assert float(ops.mean(up(down(x)))) == pytest.approx(7.5)


def test_a_drawing_is_what_each_level_adds_to_the_one_below(model):
    latents = model.latents(3)
    z, first, second = ops.split(latents, model.cuts(), axis=1)
    assert (z.shape[1], first.shape[1], second.shape[1]) == (100, 64, 256)
    image = model.level("generator", 0)(z)
    assert image.shape == (3, 4, 4, 3)
    for k, plane in enumerate((first, second), start=1):
        image = up(image) + model.level("generator", k)([up(image), plane])
    np.testing.assert_allclose(model(latents), ops.clip(image, -1.0, 1.0), atol=1e-6)


def test_in_training_a_level_draws_over_the_real_image_below_it(model):
    made = model.forward(X)
    low = down(X)
    np.testing.assert_allclose(made[2]["condition"], up(low), atol=1e-6)
    np.testing.assert_allclose(made[2]["real"], X - up(low), atol=1e-6)
    np.testing.assert_allclose(made[1]["condition"], up(down(low)), atol=1e-6)
    np.testing.assert_allclose(made[0]["real"], down(low), atol=1e-6)


def test_a_judge_sees_the_sum_of_detail_and_blurred_image(model):
    judge = model.level("discriminator", 2)
    detail, blurred = X - up(down(X)), up(down(X))
    swapped = judge([blurred, detail], training=False)
    np.testing.assert_allclose(judge([detail, blurred], training=False), swapped, atol=1e-5)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_the_levels_learn_from_their_own_losses_alone(model, player):
    with tf.GradientTape(persistent=True) as tape:
        losses = getattr(model, f"{player}_loss")(X, model.forward(X))
    for name, loss in losses.items():
        for level in range(3):
            variables = model.level(player, level).trainable_variables
            found = tape.gradient(loss, variables)
            alone = name == f"level_{level}"
            assert all((gradient is not None) == alone for gradient in found)


def test_the_rate_hardly_falls(model):
    rate = model.optimizers["generator"]._learning_rate
    assert float(rate(0)) == pytest.approx(0.02)
    assert float(rate(391)) == pytest.approx(0.02 / 1.00004)


def test_networks_of_ones_own_say_the_sizes_and_are_loaded_again(model):
    networks = {name: getattr(model, name) for name in ("generator", "discriminator")}
    own = zoo.LAPGAN(**networks)
    assert (own.image_shape, own.latent_dim) == ((16, 16, 3), 420)
    assert type(own).from_config(own.get_config()).image_shape == (16, 16, 3)


def test_networks_without_levels_are_refused(model):
    plain = keras.Sequential([keras.Input((420,)), layers.Dense(768), layers.Reshape((16, 16, 3))])
    with pytest.raises(ValueError, match="`generator` should have layers level_0, level_1"):
        zoo.LAPGAN(generator=plain)


def test_the_features_are_what_the_finest_judge_reads(model):
    judge = model.level("discriminator", 2)
    logits = judge([X - up(down(X)), up(down(X))])
    last = judge.layers[-1]
    read = model.features(X) @ last.kernel.numpy() + last.bias.numpy()
    np.testing.assert_allclose(read, logits, atol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (28, 28, 1), "levels": 3}, "multiples of 8 for levels=3"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"levels": 0}, "`levels` should be an integer from 1"),
        ({"image_shape": (16, 16, 1), "latent_dim": 7}, "`latent_dim` should be 420, or None"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.LAPGAN(**arguments)
