import numpy as np
import pytest
import tensorflow as tf

import zoo


@pytest.fixture
def model():
    model = zoo.InfoGAN(image_shape=(8, 8, 1), latent_dim=4, width=8, categories=3, codes=2)
    model.compile()
    return model


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 1)).astype("float32"))


def test_both_players_minimise_the_negative_log_likelihood_of_the_codes(model, x):
    """-E log Q: cross-entropy of the category, ½‖c - μ‖² + log 2π of two codes under N(μ, 1)."""
    outputs = model.forward(x)
    _, logits, mean = model.discriminator(outputs["fake"], training=True)
    log_q = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    category = -np.take_along_axis(log_q.numpy(), outputs["category"].numpy()[:, None], 1).mean()
    codes = 0.5 * np.square(outputs["codes"] - mean).sum(axis=1).mean() + np.log(2 * np.pi)
    for player in ("discriminator", "generator"):
        terms = getattr(model, f"{player}_loss")(x, outputs)
        np.testing.assert_allclose(terms["category"], category, rtol=1e-4)
        np.testing.assert_allclose(terms["codes"], codes, rtol=1e-4)


def test_the_adversarial_loss_uses_the_first_head_only(model, x):
    outputs = model.forward(x)
    real, fake = (model.discriminator(v, training=True)[0] for v in (x, outputs["fake"]))
    expected = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean()
    np.testing.assert_allclose(
        model.discriminator_loss(x, outputs)["adversarial"], expected, rtol=1e-4
    )


def test_a_certain_and_correct_q_attains_the_entropy_of_the_category():
    """I ≥ H(c) - E(-log Q) = log K when Q is certain and right, 0 when Q is uniform."""
    from trainers.losses import cross_entropy

    category = np.arange(9) % 3
    certain = 50.0 * np.eye(3)[category]
    assert np.log(3) - float(cross_entropy(category, certain)) == pytest.approx(np.log(3))
    assert np.log(3) - float(cross_entropy(category, 0.0 * certain)) == pytest.approx(0, abs=1e-6)


def test_noise_category_and_codes_are_sampled_from_their_priors(model):
    z, category, codes = (v.numpy() for v in model.prior(30_000))
    assert (z.shape, codes.shape) == ((30_000, 4), (30_000, 2))
    np.testing.assert_allclose(np.bincount(category) / 30_000, 1 / 3, atol=0.02)
    np.testing.assert_allclose(z.var(axis=0), 1.0, atol=0.05)
    assert np.abs(codes).max() <= 1.0
    np.testing.assert_allclose(codes.var(axis=0), 1 / 3, atol=0.02)  # of U(-1, 1)
    z = zoo.InfoGAN().latents(1_000).numpy()  # the paper's noise
    assert np.abs(z).max() <= 1.0


def test_categories_and_codes_can_be_chosen(model):
    z, category, codes = model.draw(4, categories=2, codes=[0.5, -2.0])
    np.testing.assert_array_equal(category, np.tile([0, 0, 1], (4, 1)))
    np.testing.assert_array_equal(codes, np.tile(np.float32([0.5, -2.0]), (4, 1)))
    assert z.shape == (4, 4)
    np.testing.assert_array_equal(np.argmax(model.draw(4)[1], axis=1), [0, 1, 2, 0])


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"categories": 3}, "`categories` should be in 0 … 2"),
        ({"codes": [0.0]}, r"`codes` should have shape \(4, 2\) or \(2,\)"),
    ],
)
def test_invalid_categories_and_codes_are_refused(model, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.generate(4, **arguments)


def test_it_predicts_category_and_codes_of_images(model, x):
    _, logits, mean = model.discriminator(x)
    np.testing.assert_allclose(model.classify(x), logits, atol=1e-5)
    np.testing.assert_allclose(model.encode(x), mean, atol=1e-5)
    assert sorted(model.signatures()) == ["classify", "encode", "generate"]


def test_the_papers_generator_has_five_times_the_learning_rate(model):
    rates = {p: float(o.learning_rate.numpy()) for p, o in model.optimizers.items()}
    assert rates["generator"] == pytest.approx(5 * rates["discriminator"])
    assert model.loss_weights == {}  # λ = 1
