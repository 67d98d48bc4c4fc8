import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers.losses import cross_entropy

FAKE = [[10, 4.4, -5.5, 3.6], [-4, 4.4, 5.2, 4.6], [1.1, 2.4, -3.5, 5.6], [1.1, 2.4, -3.5, 5.6]]
REAL = [[-2, 0.4, 12.5, 2.7], [-1.2, 1.9, 12.3, 2.6], [-2.4, -1.7, 2.5, 2.7], [1.1, 2.4, -3.5, 5.6]]


@pytest.fixture
def model():
    model = zoo.ACGAN(image_shape=(8, 8, 1), latent_dim=4, width=8, dense=True, classes=4)
    model.compile()
    return model


def test_the_class_loss_has_the_published_values():
    """The inputs and values of TF-GAN's own test of its ACGAN losses."""
    labels = [1, 2, 0, 0]
    assert float(cross_entropy(labels, FAKE)) == pytest.approx(3.84974, abs=1e-4)
    assert float(cross_entropy(labels, REAL)) == pytest.approx(5.58976, abs=1e-4)


def test_d_classifies_real_and_generated_images_and_g_only_generated_ones(model, monkeypatch):
    logits = iter([np.float32(REAL), np.float32(FAKE), np.float32(FAKE)])
    y = tf.constant([1, 2, 0, 0])
    outputs = {"real": tf.zeros((4, 8, 8, 1)), "fake": tf.zeros((4, 8, 8, 1))}
    monkeypatch.setattr(model, "discriminator_objective", lambda *args, **kwargs: 0.0)
    monkeypatch.setattr(model, "generator_objective", lambda *args, **kwargs: 0.0)

    class FixedLogits:
        def __call__(self, x, training):
            return None, next(logits)

    object.__setattr__(model, "discriminator", FixedLogits())
    d = model.discriminator_loss((outputs["real"], y), outputs)["class"]
    g = model.generator_loss((outputs["real"], y), outputs)["class"]
    assert float(d) == pytest.approx(9.43950, abs=1e-4)
    assert float(g) == pytest.approx(3.84974, abs=1e-4)


def test_the_discriminator_is_not_conditioned_on_the_class(model):
    assert [x.name for x in model.discriminator.inputs] == ["images"]
    x = model.generate(4, labels=2)
    logit, class_logits = model.discriminator(x)
    np.testing.assert_allclose(model.source(x), logit, atol=1e-6)
    np.testing.assert_allclose(model.classify(x), class_logits, atol=1e-5)


def test_source_and_class_losses_have_equal_weights(model):
    assert model.loss_weights == {}
    model.fit(np.zeros((8, 8, 8, 1), "float32"), np.zeros(8, int), batch_size=8, verbose=0)
    losses = {k: float(v) for k, v in model.get_metrics_result().items()}
    for player in ("discriminator", "generator"):
        total = losses[f"{player}_source"] + losses[f"{player}_class"]
        assert losses[f"{player}_loss"] == pytest.approx(total, rel=1e-5)


def test_its_signatures_generate_and_classify(model):
    assert sorted(model.signatures()) == ["classify", "generate"]
    assert [x.name for x in model.signatures()["generate"].inputs] == ["latent", "labels"]


def test_labels_out_of_range_are_refused(model):
    with pytest.raises(ValueError, match="`labels` should be in 0 … 3"):
        model.generate(2, labels=4)


def test_the_ema_copy_estimates_batch_statistics_with_labels():
    model = zoo.ACGAN(image_shape=(8, 8, 1), latent_dim=4, width=4, classes=3)
    model.compile("modern")
    model.fit(np.zeros((16, 8, 8, 1)), np.arange(16) % 3, verbose=0)
    assert model.averaged() is not model
    assert np.isfinite(model.generate(6)).all()
