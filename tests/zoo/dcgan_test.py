import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.networks import conv

SHAPE = (32, 32, 3)


def model(**options):
    return zoo.DCGAN(image_shape=SHAPE, latent_dim=8, width=4, **options)


def kinds(network, kind):
    return [n for n in network.layers if isinstance(n, kind)]


def activations(network):
    return [n.activation.__name__ for n in kinds(network, layers.Activation)]


def test_guideline_1_strided_convolutions_or_pooling_and_upsampling():
    strided, pooled = model(), model(strided=False)
    assert {n.strides for n in kinds(strided.discriminator, layers.Conv2D)} == {(2, 2)}
    assert {n.strides for n in kinds(strided.generator, layers.Conv2DTranspose)} == {(2, 2)}
    assert not kinds(strided.discriminator, layers.MaxPooling2D)

    assert {n.strides for n in kinds(pooled.discriminator, layers.Conv2D)} == {(1, 1)}
    assert not kinds(pooled.generator, layers.Conv2DTranspose)
    assert len(kinds(pooled.discriminator, layers.MaxPooling2D)) == 3
    assert len(kinds(pooled.generator, layers.UpSampling2D)) == 3
    assert pooled.generate(1).shape == (1, *SHAPE)


def test_guideline_2_batch_norm_is_everywhere_except_at_the_image():
    normed, bare = model(), model(batch_norm=False)
    norms = kinds(normed.generator, layers.BatchNormalization)
    assert [n.gamma.shape[0] for n in norms] == [16, 8, 4]
    norms = kinds(normed.discriminator, layers.BatchNormalization)
    assert [n.gamma.shape[0] for n in norms] == [8, 16]
    assert {(n.momentum, n.epsilon) for n in norms} == {(0.9, 1e-5)}
    for network in (bare.generator, bare.discriminator):
        assert not kinds(network, layers.BatchNormalization)


def test_guideline_2_a_convolution_has_a_bias_where_no_norm_follows():
    for network in (model().generator, model().discriminator):
        convolutions = kinds(network, (layers.Conv2D, layers.Conv2DTranspose))
        assert sum(n.use_bias for n in convolutions) == 1
    for network in (model(batch_norm=False).generator, model(batch_norm=False).discriminator):
        assert all(n.use_bias for n in kinds(network, (layers.Conv2D, layers.Conv2DTranspose)))


def test_guideline_3_no_fully_connected_hidden_layer():
    lean, dense = model(), model(hidden_dense=True)
    assert [n.units for n in kinds(lean.generator, layers.Dense)] == [4 * 4 * 16]
    assert [n.units for n in kinds(lean.discriminator, layers.Dense)] == [1]
    assert [n.units for n in kinds(dense.generator, layers.Dense)] == [1024, 4 * 4 * 16]
    assert [n.units for n in kinds(dense.discriminator, layers.Dense)] == [1024, 1]


def test_guideline_4_relu_in_the_generator_and_tanh_at_its_output():
    assert activations(model().generator) == ["relu", "relu", "relu", "tanh"]
    other = model(generator_activation="elu", output_activation="linear")
    assert activations(other.generator) == ["elu", "elu", "elu", "linear"]


def test_guideline_5_leaky_relu_in_the_discriminator():
    slopes = [n.negative_slope for n in kinds(model().discriminator, layers.LeakyReLU)]
    assert slopes == [pytest.approx(0.2)] * 3
    assert activations(model(discriminator_activation="tanh").discriminator) == ["tanh"] * 3


@pytest.mark.parametrize(
    "side, count, smallest",
    [(8, 2, 2), (16, 2, 4), (28, 2, 7), (32, 3, 4), (64, 4, 4), (128, 5, 4)],
)
def test_sides_are_halved_down_to_4_but_at_least_twice(side, count, smallest):
    assert conv.stages((side, side, 1)) == count
    assert side // 2**count == smallest


def test_channels_double_up_to_eightfold():
    assert conv.widths((128, 128, 3), 16) == [16, 32, 64, 128, 128]


@pytest.mark.parametrize("shape", [(30, 32, 1), (6, 6, 1), (27, 27, 3)])
def test_sides_that_cannot_be_halved_twice_are_refused(shape):
    with pytest.raises(ValueError, match="`image_shape` should have sides that are multiples of 4"):
        zoo.DCGAN(image_shape=shape)


def test_initial_weights_are_those_of_the_paper():
    wide = zoo.DCGAN(image_shape=SHAPE, latent_dim=100, width=16)
    for network in (wide.generator, wide.discriminator):
        for layer in network.layers:
            for weight in layer.trainable_weights:
                values = weight.numpy()
                if "kernel" in weight.path:
                    assert values.std() == pytest.approx(0.02, rel=0.2), weight.path
                    assert abs(values.mean()) < 0.005
                elif "gamma" in weight.path:
                    assert values.mean() == pytest.approx(1.0, abs=0.02)
                    assert 0.005 < values.std() < 0.04
                else:
                    np.testing.assert_array_equal(values, 0.0)


def test_the_recipe_is_that_of_the_paper():
    for optimizer in zoo.create("dcgan", image_shape=(8, 8, 1), width=2).optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.999)


def test_latents_are_uniform_between_minus_1_and_1():
    z = np.asarray(model().latents(1000))
    assert z.shape == (1000, 8)
    assert -1.0 <= z.min() < -0.99
    assert 0.99 < z.max() <= 1.0


def test_features_are_the_activations_of_all_convolutions_max_pooled_to_4x4():
    net = model()
    x = np.random.default_rng(0).uniform(-1, 1, (2, *SHAPE)).astype("float32")
    outputs = [n.output for n in kinds(net.discriminator, layers.LeakyReLU)]
    maps = keras.Model(net.discriminator.inputs, outputs)(x)
    pooled = []
    for values in maps:
        n, side, _, channels = values.shape
        cells = np.asarray(values).reshape(n, 4, side // 4, 4, side // 4, channels)
        pooled.append(cells.max(axis=(2, 4)).reshape(n, -1))
    assert [tuple(m.shape[1:]) for m in maps] == [(16, 16, 4), (8, 8, 8), (4, 4, 16)]
    np.testing.assert_allclose(net.features(x), np.concatenate(pooled, axis=1), atol=1e-6)
    assert net.features(x).shape == (2, 4 * 4 * (4 + 8 + 16))


@pytest.mark.parametrize("side", [8, 12, 16, 28])
def test_features_of_other_sizes_are_pooled_to_at_most_4x4(side):
    net = zoo.DCGAN(image_shape=(side, side, 1), latent_dim=2, width=2)
    features = net.features(np.zeros((1, side, side, 1), "float32"))
    assert features.ndim == 2
    assert features.shape[1] <= 4 * 4 * (2 + 4)


def test_features_of_a_discriminator_without_convolutions_are_the_input_of_its_last_layer():
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(1)])
    net = zoo.DCGAN(image_shape=(8, 8, 1), width=2, discriminator=discriminator)
    assert net.features(np.zeros((3, 8, 8, 1), "float32")).shape == (3, 64)
