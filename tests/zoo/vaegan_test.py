import numpy as np
import pytest
import tensorflow as tf

import zoo
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


def test_the_feature_reconstruction_error_is_that_of_the_input_of_ds_last_layer(model, x):
    outputs = model.forward(x)
    features = model.build_similarity()
    gap = features(x, training=True) - features(outputs["reconstructed"], training=True)
    expected = 0.5 * np.square(gap).sum(axis=1).mean()
    np.testing.assert_allclose(
        model.feature_reconstruction(x, outputs["reconstructed"]), expected, rtol=1e-4
    )


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
