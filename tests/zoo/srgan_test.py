import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import export
from zoo.networks import perceptual

SIZES = {"image_shape": (16, 16, 3), "width": 4, "blocks": 1, "batch_norm": False}
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (4, 16, 16, 3)).astype("float32")


def create(**changes):
    model = zoo.SRGAN(**(SIZES | changes))
    model.compile()
    return model


@pytest.fixture(scope="module")
def model():
    return create()


def test_losses_are_those_of_the_paper(model):
    outputs = model.forward(X)
    real, fake = (np.asarray(model.discriminator(images)) for images in (X, outputs["fake"]))
    d_loss = model.losses_of("discriminator", X, outputs)["discriminator_loss"]
    expected = np.logaddexp(0.0, -real).mean() + np.logaddexp(0.0, fake).mean()
    assert float(d_loss) == pytest.approx(expected, rel=1e-5)
    gaps = [
        np.square(np.asarray(a) - np.asarray(b)).mean()
        for a, b in zip(model.content(X), model.content(outputs["fake"]), strict=True)
    ]
    g_loss = model.losses_of("generator", X, outputs)["generator_loss"]
    expected = np.mean(gaps) + 1e-3 * np.logaddexp(0.0, -fake).mean()
    assert float(g_loss) == pytest.approx(expected, rel=1e-5)


def test_pretraining_minimises_mean_squared_error_and_does_not_update_the_discriminator():
    model = create()
    model.compile(**model.pretraining())
    outputs = model.forward(X)
    loss = model.losses_of("generator", X, outputs)["generator_loss"]
    assert float(loss) == pytest.approx(np.square(X - outputs["fake"]).mean(), rel=1e-5)
    before, drawn = model.discriminator.get_weights(), model.generator.get_weights()
    history = model.fit(X, verbose=0).history
    assert history["generator_adversarial"] == [0.0]
    for old, new in zip(before, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert any((a != b).any() for a, b in zip(drawn, model.generator.get_weights(), strict=True))


def test_the_second_stage_continues_from_the_first():
    model = create(skip=True)
    model.compile(**model.pretraining())
    model.fit(X, verbose=0)
    drawn = model.generator.get_weights()
    model.compile()
    for old, new in zip(drawn, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert "discriminator_loss" in model.fit(X, verbose=0).history


def test_the_content_network_is_frozen(model):
    before = model.content.get_weights()
    create(content=model.content).fit(X, epochs=2, verbose=0)
    for old, new in zip(before, model.content.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not model.content.trainable_variables


def test_random_filters_preserve_distances_between_patches():
    """Orthogonal before the ReLU: f(x) - f(-x) has, per patch, the length of the patch times √2."""
    network = perceptual.random_filters(1, width=32, levels=1)
    x = RNG.normal(size=(1, 9, 9, 1)).astype("float32")
    response = np.asarray(network(x) - network(-x))[0, 4, 4]
    patch = x[0, 3:6, 3:6, 0]
    assert np.square(response).sum() == pytest.approx(2.0 * np.square(patch).sum(), rel=1e-4)


def test_vgg_gets_bgr_minus_the_mean_of_imagenet():
    inputs = keras.Input((None, None, 3))
    network = perceptual.from_vgg(keras.Model(inputs, keras.layers.Identity()(inputs)))
    x = np.array([[[[-1.0, 0.0, 1.0]]]], "float32")
    blue_green_red = np.array([255.0 - 103.939, 127.5 - 116.779, 0.0 - 123.68]) / 12.75
    np.testing.assert_allclose(np.ravel(network(x)), blue_green_red, rtol=1e-5)


@pytest.mark.thorough
def test_a_custom_content_network_is_saved_with_the_model(tmp_path):
    model = create(content=perceptual.random_filters(3, width=4, levels=2, seed=7))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.content.trainable_variables
    for old, new in zip(model.content.get_weights(), loaded.content.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert loaded.fit(X, verbose=0).history == model.fit(X, verbose=0).history


def test_a_refused_model_does_not_freeze_the_content_network():
    network = perceptual.random_filters(1, width=4)
    with pytest.raises(ValueError, match="`content` should have inputs of shape"):
        create(content=network)
    assert network.trainable


@pytest.mark.thorough
def test_the_ema_copy_keeps_the_batch_statistics_of_training():
    model = create(batch_norm=True)
    model.compile(optimizers=model.adam(1e-3, averaged=["generator"]))
    model.fit(X, epochs=3, verbose=0)
    averaged = model.averaged()
    assert averaged is not model and model.enlarge(X[:, :4, :4]).shape == (4, 16, 16, 3)
    raw, found = (
        [v.numpy() for v in net.non_trainable_variables]
        for net in (model.generator, averaged.generator)
    )
    for old, new in zip(raw, found, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_it_enlarges_images_of_any_height_and_width(factor, tmp_path):
    model = create(factor=factor, skip=True)
    x = RNG.uniform(-1.0, 1.0, (2, 7, 10, 3)).astype("float32")
    found = model.enlarge(x)
    assert found.shape == (2, 7 * factor, 10 * factor, 3)
    assert np.abs(found).max() <= 1.0
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["enlarge"]
    np.testing.assert_allclose(served(low=tf.constant(x))["images"], found, atol=1e-5)


def test_it_learns_detail_that_bicubic_upsampling_cannot_restore():
    """All x have the same checkerboard, which downsampling removes."""
    model = create(image_shape=(16, 16, 1), factor=2, skip=True)
    board = 0.2 * (np.indices((16, 16)).sum(axis=0) % 2 * 2.0 - 1.0)
    grey = RNG.uniform(-0.6, 0.6, (64, 1, 1, 1))
    x = (grey + board[None, :, :, None]).astype("float32")
    model.compile(**model.pretraining(), optimizers=model.adam(3e-3, 0.9))
    model.fit(x, epochs=20, verbose=0)
    low = np.broadcast_to(grey, (64, 8, 8, 1)).astype("float32")
    error = np.abs(model.enlarge(low) - x)[:, 3:-3, 3:-3]
    assert error.mean() < 0.05


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (18, 16, 3)}, "sides that are multiples of 4 for factor=4"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"factor": 3}, "`factor` should be a power of 2"),
        ({"blocks": 0}, "`blocks` should be an integer from 1"),
        ({"discriminator_width": 0}, "`discriminator_width` should be an integer from 1"),
        ({"patch_stages": 0}, "`patch_stages` should be an integer from 1"),
        ({"patch_stages": 3}, "sides from 24 on for patch_stages=3"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.SRGAN(**(SIZES | arguments))


def test_small_networks_classify_patches_where_a_crop_has_several():
    model = zoo.create("srgan", "modern", "small", steps=100, image_shape=(16, 16, 3))
    assert model.discriminator(X).shape == (4, 2, 2, 1)
    assert model.features(X).shape == (4, 5 * 5 * 128)  # padded, as the last layer reads it
    assert model.optimizers["generator"].use_ema
    tiny = zoo.create("srgan", scale="small", image_shape=(8, 8, 3))
    assert tiny.discriminator(X[:, :8, :8]).shape == (4, 2, 2, 1)


def test_both_stages_of_the_modern_recipe_have_their_learning_rates():
    model = create()
    model.compile("modern", 100, **model.pretraining(100))
    assert model.turns["discriminator"] == 0 and not model.optimizers["generator"].use_ema
    assert float(model.optimizers["generator"].learning_rate) == pytest.approx(1e-3)
    model.compile("modern", 100)
    rates = {player: float(o.learning_rate) for player, o in model.optimizers.items()}
    assert rates == pytest.approx({"discriminator": 5e-4, "generator": 2e-4})
    assert model.loss_weights["generator_adversarial"] == 0.1


def test_a_generator_of_another_factor_is_refused():
    with pytest.raises(ValueError, match="`generator` should enlarge by factor=4"):
        create(generator=create(factor=2).generator)


def test_invalid_images_are_refused(model):
    with pytest.raises(ValueError, match="`x` should have shape"):
        model.enlarge(X[..., :1])
    with pytest.raises(ValueError, match="`enlarge` should be called, with images"):
        model.generate(3)
