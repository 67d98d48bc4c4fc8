import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from trainers.objectives import Wasserstein

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.0, 1.0, 1.0], [-3.0, 0.0, 1.0]])


def lse(logits):
    return np.log(np.exp(logits).sum(axis=1))


def softplus(t):
    return np.log1p(np.exp(t))


@pytest.fixture
def model():
    """A linear classifier of three features, and a generator that outputs zeros."""
    x = keras.Input((3,), name="images")
    z = keras.Input((2,), name="latent")
    classifier = keras.Model(x, layers.Dense(3, kernel_initializer="identity")(layers.Flatten()(x)))
    generator = keras.Model(z, layers.Dense(3, kernel_initializer="zeros")(z))
    model = zoo.SemiSupervisedGAN((3,), 2, classes=3, discriminator=classifier, generator=generator)
    model.compile()
    return model


def test_discriminator_losses_are_those_of_the_paper(model):
    """L_lab = -l_y + lse(l); L_unl = ½ (-lse(l) + sp(lse(l)) + sp(lse(l_g)))."""
    x, y = tf.constant(LOGITS, "float32"), tf.constant([1, -1, 2, -1])
    terms = model.discriminator_loss((x, y), model.forward((x, y)))
    labelled = -LOGITS[[0, 2], [1, 2]] + lse(LOGITS[[0, 2]])
    np.testing.assert_allclose(terms["labelled"], labelled.mean(), rtol=1e-5)
    real, fake = lse(LOGITS[[1, 3]]), np.log(3.0)  # of the samples without a label
    unlabelled = 0.5 * (np.mean(-real + softplus(real)) + softplus(fake))
    weight = model.loss_weights["discriminator_unlabelled"]
    np.testing.assert_allclose(weight * terms["unlabelled"], unlabelled, rtol=1e-5)


@pytest.mark.parametrize(
    ("y", "rows"),
    [([0, -1, 0, -1], [1, 3]), ([-1, 2, 0, 1], [0]), ([0, 0, 0, 0], [0, 1, 2, 3])],
)
def test_the_generator_matches_the_mean_of_features_of_samples_without_a_label(model, y, rows):
    batch = tf.constant(LOGITS, "float32"), tf.constant(y)
    found = model.generator_loss(batch, model.forward(batch))
    np.testing.assert_allclose(found, np.square(LOGITS[rows].mean(axis=0)).sum(), rtol=1e-5)


def test_a_batch_without_labels_has_a_finite_loss(model):
    x, y = tf.constant(LOGITS, "float32"), tf.fill((4,), -1)
    terms = model.discriminator_loss((x, y), model.forward((x, y)))
    assert float(terms["labelled"]) == 0.0
    assert np.isfinite(terms["unlabelled"])


def test_it_classifies_with_ema_weights(model):
    y = np.array([0, 1, 2, -1])
    model.fit(LOGITS.astype("float32"), y, batch_size=4, epochs=3, verbose=0)
    averaged = model.averaged().discriminator
    assert not np.array_equal(averaged.weights[0], model.discriminator.weights[0])
    np.testing.assert_allclose(model.classify(LOGITS), averaged(LOGITS), atol=1e-6)
    assert next(iter(model.signatures())) == "classify"  # a server's default


def test_objectives_without_logits_are_refused(model):
    with pytest.raises(ValueError, match=r"`objective` should be NonSaturating\(\) or Minimax\(\)"):
        model.compile(objective=Wasserstein())


@pytest.mark.parametrize("label", [-2, 3])
def test_labels_out_of_range_are_refused(model, label):
    with pytest.raises(ValueError, match=r"`y` should hold values in \[-1, 2\]"):
        model.fit(LOGITS.astype("float32"), np.full(4, label), batch_size=4, verbose=0)


def test_batches_without_labels_are_refused(model):
    with pytest.raises(ValueError, match=r"A batch should be \(x, y\)"):
        model.fit(LOGITS.astype("float32"), batch_size=4, verbose=0)


def test_default_networks_are_those_for_mnist():
    model = zoo.SemiSupervisedGAN()
    widths = [
        layer.layer.units
        for layer in model.discriminator.layers
        if type(layer).__name__ == "WeightNormalization"
    ]
    assert widths == [1000, 500, 250, 250, 250, 10]
    noises = [
        layer.deviation
        for layer in model.discriminator.layers
        if type(layer).__name__ == "GaussianNoise"
    ]
    assert noises == [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]
    z = model.latents(1_000).numpy()
    assert 0.0 <= z.min() < 0.01 < 0.99 < z.max() <= 1.0


def test_a_classifier_of_another_number_of_classes_is_refused():
    x = keras.Input((3,), name="images")
    classifier = keras.Model(x, layers.Dense(5)(x))
    with pytest.raises(ValueError, match=r"`discriminator` should have outputs of shape \(3,\)"):
        zoo.SemiSupervisedGAN((3,), 2, classes=3, discriminator=classifier)


@pytest.mark.parametrize("noises", [0.3, (0.3,)])
def test_noises_that_are_no_pair_are_refused(noises):
    with pytest.raises(ValueError, match="`noises` should be"):
        zoo.SemiSupervisedGAN((3,), noises=noises)


def test_signatures_have_stable_output_names():
    model = zoo.SemiSupervisedGAN(image_shape=(8, 8, 1), width=16)
    assert {k: v.output_names for k, v in model.signatures().items()} == {
        "classify": ["classes"],
        "features": ["features"],
        "generate": ["images"],
    }
