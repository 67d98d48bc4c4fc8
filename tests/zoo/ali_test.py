import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import zoo
from zoo import ali


def shapes(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


def test_encoder_and_generator_have_the_shapes_of_table_6():
    sides = [(28, 28, 32), (13, 13, 64), (10, 10, 128), (4, 4, 256), (1, 1, 512), (1, 1, 512)]
    assert shapes(ali.encoder((32, 32, 3), 64), keras.layers.Conv2D) == sides
    up = [(4, 4, 256), (10, 10, 128), (13, 13, 64), (28, 28, 32), (32, 32, 32)]
    assert shapes(ali.generator((32, 32, 3), 64), keras.layers.Conv2DTranspose) == up


def test_the_discriminator_has_maxout_of_two_maps_and_joins_both_paths():
    network = ali.discriminator((32, 32, 3), 64)
    doubled = [n for _, _, n in shapes(network, keras.layers.Conv2D)]
    assert doubled == [64, 128, 256, 512, 1024]  # two pieces of 32 … 512 units
    assert network([np.zeros((2, 32, 32, 3)), np.zeros((2, 64))]).shape == (2, 1)


def test_codes_are_sampled_with_the_encoders_mean_and_standard_deviation():
    x = keras.Input((2,), name="images")
    model = zoo.ALI(
        (2,), 2, encoder=keras.Model(x, [x * 3.0, x * 0.0 + float(np.log(0.5))]), width=8
    )
    codes = model.inferred(ops.ones((20_000, 2))).numpy()
    np.testing.assert_allclose(codes.mean(axis=0), 3.0, atol=0.02)
    np.testing.assert_allclose(codes.std(axis=0), 0.5, atol=0.01)
    np.testing.assert_array_equal(model.encode(np.ones((2, 2), "float32")), 3.0)  # its mean


def test_mean_and_deviation_get_gradients_through_the_sample():
    model = zoo.ALI((2,), 2, width=8)
    model.compile()
    x = tf.random.normal((8, 2))
    with tf.GradientTape() as tape:
        loss = model.generator_loss(x, model.forward(x))
    heads = [model.encoder.get_layer(name).kernel for name in ("mean", "log_std")]
    for gradient in tape.gradient(loss, heads):
        assert np.abs(gradient).max() > 0.0


def test_both_players_update_simultaneously():
    model = zoo.ALI((2,), 2, width=8)
    model.compile()
    assert model.schedule == "simultaneous"


def test_the_papers_networks_take_32x32_only():
    with pytest.raises(ValueError, match="`image_shape` should be 32x32"):
        zoo.ALI(image_shape=(28, 28, 1))
    assert zoo.ALI(image_shape=(28, 28, 1), width=8).generate(1).shape == (1, 28, 28, 1)
