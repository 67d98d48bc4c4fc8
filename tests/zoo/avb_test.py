import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import zoo
from trainers.objectives import Hinge, Minimax, Relativistic


@pytest.fixture
def model():
    model = zoo.AVB(image_shape=(4,), noise_dim=3, width=8)
    model.compile()
    return model


X = tf.eye(4)


def test_t_classifies_codes_of_x_against_samples_of_the_prior_given_x(model):
    outputs = model.forward(X)
    q, p = (model.discriminator([outputs[k], X]) for k in ("inferred", "prior"))
    np.testing.assert_allclose(
        model.discriminator_loss(X, outputs),
        np.log1p(np.exp(-q)).mean() + np.log1p(np.exp(p)).mean(),
        rtol=1e-5,
    )


def test_the_autoencoder_minimises_t_and_the_error_over_two_variances(model):
    outputs = model.forward(X)
    terms = model.autoencoder_loss(X, outputs)
    t = model.discriminator([outputs["inferred"], X])
    np.testing.assert_allclose(terms["kl"], np.mean(t), rtol=1e-5)
    error = np.square(X - outputs["reconstructed"]).sum(axis=1).mean()
    np.testing.assert_allclose(terms["reconstruction"], error / (2 * 0.3**2), rtol=1e-5)


def test_the_divergence_has_gradients_in_the_encoder_through_t(model):
    with tf.GradientTape() as tape:
        kl = model.autoencoder_loss(X, model.forward(X))["kl"]
    for gradient in tape.gradient(kl, model.encoder.trainable_variables):
        assert np.abs(gradient).max() > 0.0


def test_t_contains_the_log_density_of_the_prior_up_to_a_constant(model):
    """T is ½‖z‖² plus a learned part: with weights of 0 only ½‖z‖² is left."""
    model.discriminator.get_layer("logit").kernel.assign(np.zeros((256, 1), "float32"))
    z = tf.constant([[3.0, 4.0]] * 4)
    np.testing.assert_allclose(model.discriminator([z, X]), 12.5, rtol=1e-6)


def test_the_best_t_is_the_log_ratio_of_densities_whose_mean_is_the_divergence():
    """At T* = log q(z|x) - log p(z) the gradient of T's loss vanishes, and E T* = KL."""
    mean, std = 0.5, 0.8
    z_q = mean + std * np.random.default_rng(0).normal(size=(200_000, 1))
    log_q = -0.5 * ((z_q - mean) / std) ** 2 - np.log(std)
    t = log_q + 0.5 * z_q**2
    exact = 0.5 * (mean**2 + std**2 - 1.0) - np.log(std)
    assert t.mean() == pytest.approx(exact, abs=5e-3)
    # dL/dT = -q σ(-T) + p σ(T) = 0, as σ(T*) = q / (q + p): for samples of both, at T*.
    z_p = np.random.default_rng(1).normal(size=(200_000, 1))
    t_p = -0.5 * ((z_p - mean) / std) ** 2 - np.log(std) + 0.5 * z_p**2
    gradient = -(1 / (1 + np.exp(t))).mean() + (1 / (1 + np.exp(-t_p))).mean()
    assert gradient == pytest.approx(0.0, abs=3e-3)


def test_t_has_two_turns(model):
    assert model.turns == {"discriminator": 2, "autoencoder": 1}


@pytest.mark.parametrize("objective", [Hinge(), Relativistic()], ids=["hinge", "relativistic"])
def test_objectives_without_a_log_density_ratio_are_refused(model, objective):
    with pytest.raises(ValueError, match=r"`objective` should be NonSaturating\(\) or Minimax\(\)"):
        model.compile(objective=objective)
    model.compile(objective=Minimax())


def test_codes_are_random_and_reproducible_by_a_seed(model):
    x = np.repeat(X[:1], 50, axis=0)
    codes = model.encode(x, seed=1)
    assert codes.std(axis=0).min() > 0.0
    np.testing.assert_array_equal(model.encode(x, seed=1), codes)
    assert not np.array_equal(model.encode(x), codes)
    np.testing.assert_allclose(
        model.reconstruct(x, seed=1), ops.convert_to_numpy(model.generator(codes)), atol=1e-6
    )


def test_features_are_deterministic(model):
    np.testing.assert_array_equal(model.features(X), model.features(X))


def test_a_deviation_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="`deviation` should be positive"):
        zoo.AVB(image_shape=(4,), deviation=0.0)


def test_its_export_takes_the_noise_as_an_input(model):
    assert [x.name for x in model.signatures()["encode"].inputs] == ["images", "noise"]
    assert isinstance(model.signatures()["reconstruct"], keras.Model)
