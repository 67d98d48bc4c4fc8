import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from trainers import datasets, metrics
from trainers.losses import gaussian_kl


@pytest.fixture
def model():
    model = zoo.VAEGAN(image_shape=(8, 8, 1), latent_dim=3, width=4)
    model.compile()
    return model


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 1)).astype("float32"))


def test_the_prior_term_is_the_divergence_in_closed_form():
    """KL(N(1, 2²) ‖ N(0, 1)) = ½ (1 + 4 - 1) - log 2."""
    found = gaussian_kl([[1.0]], [[np.log(2.0)]])
    assert float(found) == pytest.approx(2.0 - np.log(2.0), abs=1e-6)


def test_the_feature_reconstruction_error_is_of_one_pass_over_both(model, x):
    outputs = model.forward(x)
    both = model.build_similarity()(tf.concat([x, outputs["reconstructed"]], 0), training=True)
    expected = 0.5 * np.square(both[:6] - both[6:]).sum(axis=1).mean()
    found = model.feature_reconstruction(x, outputs["reconstructed"])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_images_of_half_the_contrast_differ(model, x):
    """Normalised by batches of their own they would not: 0.000."""
    assert float(model.feature_reconstruction(x, x / 2.0)) > 0.01 * float(
        model.feature_reconstruction(x, -x)
    )


def test_features_are_read_before_batch_norm_of_the_last_convolution(model, x):
    convolutions = [n for n in model.discriminator.layers if isinstance(n, layers.Conv2D)]
    expected = keras.Model(model.discriminator.input, convolutions[-1].output)(x)
    np.testing.assert_allclose(
        model.build_similarity()(x), np.reshape(expected, (6, -1)), rtol=1e-5
    )


@pytest.mark.thorough
def test_the_ema_copy_reconstructs_as_with_the_batch_statistics_of_images():
    """With those of G(z) it was twice as far."""
    x, _ = datasets.arrays("digits", "train")
    keras.utils.set_random_seed(0)
    model = zoo.VAEGAN(image_shape=(8, 8, 1), latent_dim=16, width=8)
    steps = 300
    adam = model.adam(1e-3, steps=steps, averaged=["encoder", "generator"])
    weights = {"encoder_feature_reconstruction": 4.0, "generator_feature_reconstruction": 0.3}
    model.compile(optimizers=adam, loss_weights=weights)
    model.fit(datasets.load("digits").repeat(), steps_per_epoch=steps, verbose=0)
    evaluator = metrics.evaluator("digits")
    by_batch = model.averaged().build_reconstruction()(x, training=True)
    found, expected = (
        metrics.frechet_distance(evaluator.features(x), evaluator.features(np.asarray(images)))
        for images in (model.reconstruct(x), by_batch)
    )
    assert found < 1.3 * expected


def test_the_discriminator_classifies_samples_and_reconstructions_as_fake(model, x):
    outputs = model.forward(x)
    real, fake, reconstruction = (
        model.discriminator(v, training=True)
        for v in (x, outputs["fake"], outputs["reconstructed"])
    )
    terms = model.discriminator_loss(x, outputs)
    for name, other in (("fake", fake), ("reconstruction", reconstruction)):
        expected = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(other)).mean()
        np.testing.assert_allclose(terms[name], expected, rtol=1e-4)


def gradient_norm(model, x, player, term, network):
    with tf.GradientTape() as tape:
        loss = getattr(model, f"{player}_loss")(x, model.forward(x))[term]
    found = tape.gradient(loss, network.trainable_variables, unconnected_gradients="zero")
    return max(float(np.abs(g).max()) for g in found)


def test_the_encoder_has_no_adversarial_loss(model, x):
    assert sorted(model.encoder_loss(x, model.forward(x))) == ["feature_reconstruction", "prior"]
    for term in ("feature_reconstruction", "prior"):
        assert gradient_norm(model, x, "encoder", term, model.encoder) > 0.0
    logit = model.discriminator.get_layer("logit")
    with tf.GradientTape() as tape:
        loss = sum(model.encoder_loss(x, model.forward(x)).values())
    assert tape.gradient(loss, logit.trainable_variables) == [None, None]


def test_feature_reconstruction_does_not_update_d(model, x):
    before = [v.numpy() for v in model.discriminator.trainable_variables]
    for player in ("encoder", "generator"):
        model.take_turn(player, x)
    for variable, old in zip(model.discriminator.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_gamma_weighs_feature_reconstruction_in_the_generator_only(model):
    assert model.loss_weights == {"generator_feature_reconstruction": 1e-2}
    assert model.schedule == "simultaneous"
