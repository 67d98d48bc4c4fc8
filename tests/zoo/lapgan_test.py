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
def test_an_image_is_reconstructed_from_its_pyramid_exactly(levels):
    model = zoo.LAPGAN(image_shape=(16, 16, 3), width=16, levels=levels)
    image, details = model.pyramid(X)
    assert image.shape == (4, 16 // 2**levels, 16 // 2**levels, 3)
    for detail in details:
        image = up(image) + detail
    np.testing.assert_allclose(image, X, atol=1e-6)


def test_downsampling_averages_and_upsampling_keeps_constants_and_the_mean():
    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    np.testing.assert_allclose(down(x)[0, ..., 0], [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_allclose(up(np.full((1, 2, 2, 1), 3.0, "float32")), 3.0, rtol=1e-6)
    assert float(ops.mean(up(down(x)))) == pytest.approx(7.5)


def test_each_level_adds_detail_to_the_upsampled_coarser_image(model):
    latents = model.latents(3)
    z, first, second = ops.split(latents, model.cuts(), axis=1)
    assert (z.shape[1], first.shape[1], second.shape[1]) == (100, 64, 256)
    image = model.level("generator", 0)(z)
    assert image.shape == (3, 4, 4, 3)
    for k, plane in enumerate((first, second), start=1):
        image = up(image) + model.level("generator", k)([up(image), plane])
    np.testing.assert_allclose(model(latents), ops.clip(image, -1.0, 1.0), atol=1e-6)


def test_in_training_a_level_is_conditioned_on_the_real_coarser_image(model):
    outputs = model.forward(X)
    low = down(X)
    np.testing.assert_allclose(outputs[2]["condition"], up(low), atol=1e-6)
    np.testing.assert_allclose(outputs[2]["real"], X - up(low), atol=1e-6)
    np.testing.assert_allclose(outputs[1]["condition"], up(down(low)), atol=1e-6)
    np.testing.assert_allclose(outputs[0]["real"], down(low), atol=1e-6)


def test_a_discriminator_takes_the_sum_of_detail_and_blurred_image(model):
    discriminator = model.level("discriminator", 2)
    detail, blurred = X - up(down(X)), up(down(X))
    swapped = discriminator([blurred, detail], training=False)
    np.testing.assert_allclose(discriminator([detail, blurred], training=False), swapped, atol=1e-5)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_each_level_gets_gradients_from_its_own_loss_only(model, player):
    with tf.GradientTape(persistent=True) as tape:
        losses = getattr(model, f"{player}_loss")(X, model.forward(X))
    for name, loss in losses.items():
        for level in range(3):
            variables = model.level(player, level).trainable_variables
            found = tape.gradient(loss, variables)
            own_loss = name == f"level_{level}"
            assert all((gradient is not None) == own_loss for gradient in found)


def test_the_learning_rate_decays_slowly(model):
    rate = model.optimizers["generator"]._learning_rate
    assert float(rate(0)) == pytest.approx(0.02)
    assert float(rate(391)) == pytest.approx(0.02 / 1.00004)


def test_sizes_follow_from_custom_networks_and_survive_from_config(model):
    networks = {name: getattr(model, name) for name in ("generator", "discriminator")}
    custom = zoo.LAPGAN(**networks)
    assert (custom.image_shape, custom.latent_dim) == ((16, 16, 3), 420)
    assert type(custom).from_config(custom.get_config()).image_shape == (16, 16, 3)


def test_networks_without_levels_are_refused(model):
    network = keras.Sequential(
        [keras.Input((420,)), layers.Dense(768), layers.Reshape((16, 16, 3))]
    )
    with pytest.raises(ValueError, match="`generator` should have layers level_0, level_1"):
        zoo.LAPGAN(generator=network)


def test_features_are_the_input_of_the_finest_discriminators_last_layer(model):
    discriminator = model.level("discriminator", 2)
    logits = discriminator([X - up(down(X)), up(down(X))])
    last = discriminator.layers[-1]
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
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.LAPGAN(**arguments)
