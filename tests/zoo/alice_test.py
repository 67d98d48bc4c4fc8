import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

import zoo


def tiny(**networks):
    model = zoo.ALICE((2,), 2, width=8, **networks)
    model.compile()
    return model


def test_the_cycle_discriminator_gets_pairs_of_x_with_itself_and_with_its_reconstruction():
    image = keras.Input((2,), name="images")
    other = keras.Input((2,), name="reconstructions")
    apart = ops.sum(ops.square(image - other), axis=1, keepdims=True)
    model = tiny(cycle_discriminator=keras.Model([image, other], layers.Identity()(-apart)))
    x = tf.constant(np.random.default_rng(0).normal(size=(5, 2)).astype("float32"))
    outputs = model.forward(x)
    error = np.square(x - outputs["reconstructed"]).sum(axis=1)
    np.testing.assert_allclose(  # the logits are 0 for (x, x) and -‖x - x̂‖² for (x, x̂)
        model.cycle_discriminator_loss(x, outputs),
        np.log(2.0) + np.log1p(np.exp(-error)).mean(),
        rtol=1e-5,
    )
    terms = model.generator_loss(x, outputs)
    np.testing.assert_allclose(terms["cycle"], np.log1p(np.exp(error)).mean(), rtol=1e-5)
    np.testing.assert_allclose(terms["reconstruction"], error.mean(), rtol=1e-5)


def test_the_cycle_loss_has_gradients_in_encoder_and_generator():
    model = tiny()
    x = tf.random.normal((4, 2))
    with tf.GradientTape(persistent=True) as tape:
        loss = model.generator_loss(x, model.forward(x))["cycle"]
    for network in (model.encoder, model.generator):
        gradient = tape.gradient(loss, network.trainable_variables[0])
        assert np.abs(gradient).max() > 0.0


def test_the_explicit_cost_can_replace_the_adversarial_cycle_loss():
    model = tiny()
    assert model.loss_weights == {"generator_cycle": 0.3, "generator_reconstruction": 0.0}
    model.compile(
        turns={"cycle_discriminator": 0},
        loss_weights={"generator_cycle": 0.0, "generator_reconstruction": 0.02},
    )
    before = [v.numpy() for v in model.cycle_discriminator.trainable_variables]
    model.fit(np.zeros((8, 2), "float32"), verbose=0)
    for variable, old in zip(model.cycle_discriminator.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_an_exact_reconstruction_is_indistinguishable_from_the_image():
    """With G(E(x)) = x the pairs are the same, and the cycle discriminator's best loss is log 4."""
    z, x = keras.Input((2,), name="latent"), keras.Input((2,), name="images")
    model = tiny(generator=keras.Model(z, z * 1.0), encoder=keras.Model(x, x * 1.0))
    points = tf.random.normal((4, 2))
    outputs = model.forward(points)
    pairs = ([points, points], [points, outputs["reconstructed"]])
    real, fake = (model.cycle_discriminator(pair) for pair in pairs)
    np.testing.assert_array_equal(real, fake)
    assert model.cycle_discriminator_loss(points, outputs) >= np.log(4.0) - 1e-6
