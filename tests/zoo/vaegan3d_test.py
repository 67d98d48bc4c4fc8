import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from trainers.losses import gaussian_kl

SIZES = {"image_shape": (8, 8, 8, 1), "view_shape": (16, 16, 1), "latent_dim": 4, "width": 4}
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (5, 16, 16, 1)).astype("float32")
Y = RNG.integers(0, 2, (5, 8, 8, 8, 1)).astype("float32")


@pytest.fixture(scope="module")
def model():
    model = zoo.VAEGAN3D(**SIZES, batch_norm=False)
    model.compile()
    return model


def test_losses_are_those_of_its_docstring(model):
    outputs = model.forward((tf.constant(X), tf.constant(Y)))
    error = np.square(np.asarray(outputs["reconstructed"]) - Y).sum(axis=(1, 2, 3, 4)).mean()
    prior = float(gaussian_kl(outputs["mean"], outputs["log_std"]))
    losses = model.losses_of("encoder", (X, Y), outputs)
    assert float(losses["encoder_loss"]) == pytest.approx(5.0 * prior + 1e-4 * error, rel=1e-5)
    losses = model.losses_of("generator", (X, Y), outputs)
    adversarial = float(losses["generator_adversarial"])
    logits = np.asarray(model.discriminator(outputs["fake"]))
    assert adversarial == pytest.approx(np.log1p(np.exp(-logits)).mean(), rel=1e-5)
    assert float(losses["generator_loss"]) == pytest.approx(adversarial + 1e-4 * error, rel=1e-5)


def test_the_discriminator_never_sees_reconstructions(model):
    outputs = model.forward((X, Y))
    other = outputs | {"reconstructed": outputs["reconstructed"] * 0.0}
    losses = [model.losses_of("discriminator", (X, Y), m) for m in (outputs, other)]
    assert float(losses[0]["discriminator_loss"]) == float(losses[1]["discriminator_loss"])


def test_the_adversarial_loss_has_no_gradient_in_the_encoder(model):
    with tf.GradientTape() as tape:
        terms = model.generator_loss((X, Y), model.forward((X, Y)))
    found = tape.gradient(terms["adversarial"], model.variables_of("encoder"))
    assert all(gradient is None for gradient in found)


def test_reconstructions_are_generated_from_the_mean_code(model):
    code = model.encode(X)
    assert code.shape == (5, 4)
    np.testing.assert_allclose(model.reconstruct(X), model.generator(code), atol=1e-6)


def test_latents_are_normal(model):
    z = np.asarray(model.latents(2000))
    assert z.mean() == pytest.approx(0.0, abs=0.05)
    assert z.std() == pytest.approx(1.0, abs=0.05)


def test_initial_samples_have_the_given_occupancy():
    assert zoo.VAEGAN3D(**SIZES, occupancy=0.1).generate(8).mean() == pytest.approx(0.1, rel=0.1)


def test_the_paper_s_encoder_halves_a_picture_to_4x4():
    convolutions = [
        n for n in zoo.create("vaegan3d").encoder.layers if isinstance(n, layers.Conv2D)
    ]
    assert [n.filters for n in convolutions] == [64, 128, 256, 512, 512, 512]
    assert convolutions[-1].output.shape == (None, 4, 4, 512)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (8, 8, 1)}, "`image_shape` should be "),
        ({"view_shape": (16, 8, 1)}, "`view_shape` should be .side, side, channels."),
        ({"view_shape": (24, 24, 1)}, "side 8, 16, 32"),
        ({"occupancy": 1.0}, "`occupancy` should be in"),
        ({"encoder": keras.Sequential([keras.Input((16, 16, 1)), layers.Flatten()])}, "`encoder`"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.VAEGAN3D(**(SIZES | arguments))


def test_pairs_of_the_wrong_shape_are_refused(model):
    with pytest.raises(ValueError, match="`y` should have shape"):
        model.fit(X, Y[:, :4], verbose=0)
