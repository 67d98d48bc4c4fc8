import keras
import numpy as np
import pytest
from keras import layers

import zoo


@pytest.mark.parametrize("shape", [(28, 28), (0, 8, 1), (8, 8, 1, 1), ()])
def test_what_is_no_image_shape_is_refused(shape):
    with pytest.raises(ValueError, match="should be \\(height, width, channels\\), or \\(2,\\)"):
        zoo.create("dcgan", image_shape=shape)


@pytest.mark.parametrize("scale", ["paper", "small"])
@pytest.mark.parametrize("shape", [(8.0, 8, 1), "a", None, 5])
@pytest.mark.parametrize("name", ["dcgan", "bigan", "srgan"])
def test_what_is_no_tuple_of_integers_is_refused(name, shape, scale):
    with pytest.raises(ValueError, match="`image_shape` should be a tuple of integers. Received"):
        zoo.create(name, scale=scale, image_shape=shape)


@pytest.mark.parametrize("name", ["cgan", "acgan", "semi_supervised"])
def test_a_conditional_family_has_a_class(name):
    with pytest.raises(ValueError, match="`classes` should be an integer from 1. Received: .*=0"):
        zoo.create(name, image_shape=(2,), classes=0)


def small_generator(latent_dim=3, shape=(8, 8, 1)):
    units = int(np.prod(shape))
    return keras.Sequential(
        [keras.Input((latent_dim,)), layers.Dense(units, "tanh"), layers.Reshape(shape)]
    )


def small_discriminator(shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(1)])


def test_given_networks_are_used_and_determine_the_sizes():
    generator, discriminator = small_generator(), small_discriminator()
    model = zoo.DCGAN(generator=generator, discriminator=discriminator)
    assert model.generator is generator
    assert model.discriminator is discriminator
    assert (model.image_shape, model.latent_dim) == ((8, 8, 1), 3)
    model.compile()
    model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)
    assert model.generate(2).shape == (2, 8, 8, 1)
    assert model.features(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 64)


@pytest.mark.parametrize("family", [zoo.GAN, zoo.WGANGP, zoo.R3GAN])
def test_sizes_are_those_of_the_networks_when_they_are_not_given(family):
    model = family(generator=small_generator(), discriminator=small_discriminator())
    assert (model.image_shape, model.latent_dim) == ((8, 8, 1), 3)


def test_one_given_network_shapes_the_other():
    model = zoo.DCGAN(discriminator=small_discriminator((12, 12, 2)), width=4)
    assert model.generator.output_shape == (None, 12, 12, 2)


def test_networks_of_ones_own_are_saved(tmp_path):
    model = zoo.DCGAN(generator=small_generator(), discriminator=small_discriminator())
    model.compile()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            {"generator": small_generator(3), "latent_dim": 5},
            "`generator` should fit latent_dim=5. Received: a network with latent_dim=3.",
        ),
        (
            {"generator": small_generator(3), "image_shape": (16, 16, 1)},
            r"`generator` should fit image_shape=\(16, 16, 1\). Received: .*=\(8, 8, 1\)",
        ),
        (
            {"discriminator": small_discriminator(), "image_shape": (16, 16, 1)},
            r"`discriminator` should fit image_shape=\(16, 16, 1\)",
        ),
        (
            {"generator": small_generator(), "discriminator": small_discriminator((16, 16, 1))},
            r"`discriminator` should fit image_shape=\(8, 8, 1\)",
        ),
    ],
)
def test_networks_that_do_not_fit_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        zoo.DCGAN(**arguments)


def test_a_network_that_is_none_is_refused():
    with pytest.raises(TypeError, match="`generator` should be a Keras model. Received: 3"):
        zoo.DCGAN(generator=3)


def test_an_unknown_argument_is_refused_with_the_known_ones():
    with pytest.raises(TypeError, match=r"GAN takes .*generator. Received: depth, encoder."):
        zoo.GAN(encoder=small_discriminator(), depth=3)


def test_a_fully_convolutional_discriminator_fits_any_sides():
    patches = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3)])
    model = zoo.DCGAN(image_shape=(8, 8, 1), discriminator=patches, width=4)
    assert model.image_shape == (8, 8, 1)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.dense = layers.Flatten(), layers.Dense(1)

    def call(self, x):
        return self.dense(self.flatten(x))


def test_a_subclassed_model_may_be_a_network():
    discriminator = Subclassed()
    with pytest.raises(ValueError, match="`discriminator` should be built: call it once"):
        zoo.DCGAN(image_shape=(8, 8, 1), discriminator=discriminator, width=4)
    discriminator(np.zeros((1, 8, 8, 1), "float32"))
    model = zoo.DCGAN(image_shape=(8, 8, 1), discriminator=discriminator, width=4)
    model.compile()
    model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)


@pytest.mark.parametrize("size", [{"latent_dim": 0}, {"width": -3}, {"width": 2.5}])
def test_sizes_that_are_no_counts_are_refused(size):
    (name,) = size
    with pytest.raises(ValueError, match=f"`{name}` should be an integer from 1. Received: {name}"):
        zoo.create("dcgan", **({"image_shape": (8, 8, 1)} | size))


def test_sizes_of_numpy_are_taken_and_saved_as_those_of_python():
    shape = tuple(np.array([8, 8, 1]))
    model = zoo.create("dcgan", image_shape=shape, latent_dim=np.int64(4), width=np.int32(4))
    assert model.generate(np.int64(2), truncation=np.float32(0.5)).shape == (2, 8, 8, 1)
    assert {type(v) for v in [*model.sizes["image_shape"], model.sizes["width"]]} == {int}
    assert type(model).from_config(model.get_config()).latent_dim == 4
