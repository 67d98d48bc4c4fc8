import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import zoo
from trainers.objectives import LeastSquares, Wasserstein


def linear(name, inputs, units, seed):
    """A network without biases, and its matrix: inputs are concatenated and multiplied."""
    matrix = np.random.default_rng(seed).normal(size=(sum(inputs.values()), units))
    entries = [keras.Input((n,), name=entry) for entry, n in inputs.items()]
    joined = layers.Concatenate()(entries) if len(entries) > 1 else entries[0]
    dense = layers.Dense(units, use_bias=False)
    network = keras.Model(entries if len(entries) > 1 else entries[0], dense(joined), name=name)
    dense.set_weights([matrix])
    return network, matrix.astype("float32")


@pytest.fixture
def linear_model():
    """A BiGAN of linear networks, a batch, and the four matrices' pieces."""
    generator, g = linear("generator", {"latent": 3}, 2, 0)
    encoder, e = linear("encoder", {"images": 2}, 3, 1)
    discriminator, d = linear("discriminator", {"images": 2, "latent": 3}, 1, 2)
    model = zoo.BiGAN((2,), 3, generator=generator, encoder=encoder, discriminator=discriminator)
    model.compile()
    x = np.random.default_rng(3).normal(size=(5, 2)).astype("float32")
    return model, x, g, e, d


def softplus(t):
    return np.log1p(np.exp(t))


def test_it_classifies_x_with_its_code_against_samples_with_their_latents(linear_model):
    model, x, g, e, d = linear_model
    outputs = model.forward(tf.constant(x))
    (real, code), (fake, z) = outputs["real"], outputs["fake"]
    np.testing.assert_array_equal(real, x)
    np.testing.assert_allclose(code, x @ e, rtol=1e-5)
    np.testing.assert_allclose(fake, z.numpy() @ g, rtol=1e-5)
    q = np.concatenate([x, code], axis=1) @ d
    p = np.concatenate([fake, z], axis=1) @ d
    np.testing.assert_allclose(
        model.discriminator_loss(x, outputs), softplus(-q).mean() + softplus(p).mean(), rtol=1e-5
    )


def test_generator_and_encoder_minimise_the_loss_with_exchanged_labels(linear_model):
    """E softplus(D(x, E(x))) + E softplus(-D(G(z), z)), §3.4."""
    model, x, _, _, d = linear_model
    outputs = model.forward(tf.constant(x))
    q = np.concatenate(outputs["real"], axis=1) @ d
    p = np.concatenate(outputs["fake"], axis=1) @ d
    np.testing.assert_allclose(
        model.generator_loss(x, outputs), softplus(q).mean() + softplus(-p).mean(), rtol=1e-5
    )


def test_the_encoder_learns_from_the_real_term_and_the_generator_from_the_other(linear_model):
    """dL/dE = xᵀ σ(D(x, E(x))) v / n, v the weights of D for codes."""
    model, x, _, e, d = linear_model
    with tf.GradientTape() as tape:
        loss = model.generator_loss(x, model.forward(tf.constant(x)))
    found = tape.gradient(loss, model.encoder.trainable_variables[0])
    q = np.concatenate([x, x @ e], axis=1) @ d
    expected = x.T @ (1.0 / (1.0 + np.exp(-q)) @ d[2:].T) / len(x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("objective", [LeastSquares(), Wasserstein()], ids=["squares", "critic"])
def test_under_other_objectives_too_generator_and_encoder_have_gradients(linear_model, objective):
    model, x, *_ = linear_model
    model.compile(objective=objective)
    with tf.GradientTape() as tape:
        loss = model.generator_loss(x, model.forward(tf.constant(x)))
    for gradient in tape.gradient(loss, [*model.variables_of("generator")]):
        assert np.abs(gradient).max() > 0.0


def test_an_exact_inverse_gives_equal_joint_distributions():
    """With E = G⁻¹ and G onto the data the joints are the same: D at log ½ is at its best."""
    model = zoo.BiGAN((2,), 2, width=8)
    for network in (model.generator, model.encoder):
        assert network.output_shape == (None, 2)
    z = keras.Input((2,), name="latent")
    x = keras.Input((2,), name="images")
    model = zoo.BiGAN(
        (2,), 2, width=8, generator=keras.Model(z, z * 2.0), encoder=keras.Model(x, x / 2.0)
    )
    points = model.generate(4, seed=0)
    np.testing.assert_allclose(model.reconstruct(points), points, rtol=1e-6)
    np.testing.assert_allclose(model.encode(points) * 2.0, points, rtol=1e-6)


def test_it_reconstructs_by_encoding_and_generating():
    model = zoo.BiGAN(image_shape=(8, 8, 1), latent_dim=3, width=8)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(model.reconstruct(x), model.generator(model.encode(x)), atol=1e-6)
    assert model.features(x).shape == (5, 8)
    assert sorted(model.signatures()) == ["encode", "features", "generate", "reconstruct"]


def test_networks_of_other_sizes_are_refused():
    images = keras.Input((4,), name="images")
    with pytest.raises(ValueError, match="`encoder` should fit image_shape"):
        zoo.BiGAN(image_shape=(2,), encoder=keras.Model(images, layers.Dense(2)(images)))


def test_gradients_in_x_and_in_z_are_penalised_together(linear_model):
    """R1 of a linear discriminator is γ/2 ‖(u, v)‖², over both inputs."""
    model, x, _, _, d = linear_model
    model.compile("modern")
    outputs = model.forward(tf.constant(x))
    adversarial = model.objective.discriminator_loss(
        model.discriminator(outputs["real"]), model.discriminator(outputs["fake"])
    )
    found = model.discriminator_loss(x, outputs) - adversarial
    np.testing.assert_allclose(found, 2 * 0.15 * ops.sum(ops.square(d)), rtol=1e-4)


def test_latent_dim_follows_from_a_custom_encoder():
    images = keras.Input((8, 8, 1), name="images")
    encoder = keras.Model(images, layers.Dense(7)(layers.Flatten()(images)))
    model = zoo.BiGAN(image_shape=(8, 8, 1), width=8, encoder=encoder)
    assert model.latent_dim == 7
    assert model.generate(2).shape == (2, 8, 8, 1)
    assert model.features(model.generate(2)).shape == (2, 64)


def test_an_encoder_of_two_outputs_is_refused():
    images = keras.Input((2,), name="images")
    encoder = keras.Model(images, [layers.Dense(2)(images), layers.Dense(2)(images)])
    with pytest.raises(
        ValueError, match=r"`encoder` should have outputs of shape \(2,\)\. Received"
    ):
        zoo.BiGAN((2,), 2, encoder=encoder)


@pytest.mark.parametrize(
    "x, sentence",
    [
        ([], "`x` should hold at least one sample"),
        (np.zeros((8, 8, 1), "float32"), r"`x` should have shape \(None, 8, 8, 1\)"),
        (np.zeros((2, 8, 8, 1), "uint8"), "`x` should hold floats"),
    ],
    ids=["none", "one without a batch", "bytes"],
)
def test_invalid_images_are_refused(x, sentence):
    model = zoo.BiGAN(image_shape=(8, 8, 1), latent_dim=3, width=8)
    for method in (model.encode, model.reconstruct, model.features):
        with pytest.raises(ValueError, match=sentence):
            method(x)


def test_the_ema_copy_keeps_what_the_encoder_has_seen_of_images():
    images = keras.Input((2,), name="images")
    normed = layers.BatchNormalization(momentum=0.9)(layers.Dense(4)(images))
    encoder = keras.Model(images, layers.Dense(2)(normed))
    latent = keras.Input((2,), name="latent")
    hidden = layers.BatchNormalization(momentum=0.9)(layers.Dense(4)(latent))
    generator = keras.Model(latent, layers.Dense(2)(hidden))
    model = zoo.BiGAN((2,), 2, width=8, encoder=encoder, generator=generator)
    model.compile("modern")
    x = np.random.default_rng(0).normal(5.0, 1.0, (64, 2)).astype("float32")
    model.fit(x, batch_size=32, epochs=3, verbose=0)
    for network, same in (("encoder", True), ("generator", False)):  # whose inputs can be drawn
        live, averaged = (
            getattr(m, network).layers[2].moving_mean.numpy() for m in (model, model.averaged())
        )
        assert np.array_equal(live, averaged) == same
