import keras
import numpy as np
import pytest

import zoo
from trainers.latents import inversion

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def linear():
    """x = A z + b, of which the latent is known in closed form."""
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(16, bias_initializer=keras.initializers.Constant(0.1))
    image = keras.layers.Reshape((4, 4, 1))(dense(inputs))
    return zoo.GAN(generator=keras.Model(inputs, image), image_shape=(4, 4, 1), latent_dim=3)


def least_squares(model, x):
    kernel, bias = model.generator.get_weights()
    return np.linalg.lstsq(kernel.T, (x.reshape(len(x), -1) - bias).T, rcond=None)[0].T


def test_of_a_linear_generator_it_finds_least_squares(linear):
    z = RNG.uniform(-0.5, 0.5, (5, 3)).astype("float32")
    x = linear.predict(z, verbose=0) + RNG.normal(0.0, 0.05, (5, 4, 4, 1)).astype("float32")
    found, errors = inversion.invert(linear, x, steps=400, restarts=2)
    np.testing.assert_allclose(found, least_squares(linear, x), atol=1e-3)
    generated, x = (np.clip(a, -1.0, 1.0) / 2.0 for a in (linear.predict(found, verbose=0), x))
    assert np.abs(x).max() <= 0.5  # nothing was cut
    np.testing.assert_allclose(errors, np.square(generated - x).mean(axis=(1, 2, 3)), rtol=1e-4)


def test_latents_stay_where_draws_are():
    """White is the image of z = 10, and draws are in [-1, 1]."""
    inputs = keras.Input((4,))
    images = keras.layers.Reshape((2, 2, 1))(keras.layers.Rescaling(0.1)(inputs))
    model = zoo.GAN(generator=keras.Model(inputs, images), image_shape=(2, 2, 1), latent_dim=4)
    found, _ = inversion.invert(model, np.ones((1, 2, 2, 1), "float32"), steps=300, restarts=1)
    drawn = np.asarray(model.draw(4_096))
    assert np.abs(found).max() <= np.abs(drawn).max() + 0.01


def test_a_near_start_needs_fewer_steps(linear):
    z = RNG.uniform(-0.5, 0.5, (4, 3)).astype("float32")
    x = linear.predict(z, verbose=0)
    _, near = inversion.invert(linear, x, start=z + 0.01, steps=20)
    _, far = inversion.invert(linear, x, steps=20, restarts=1)
    assert near.mean() < 0.1 * far.mean()


def test_it_keeps_the_best_of_several_places():
    """x = |z - 1/2| has a valley on each side of 1/2, one of them cut off at 1."""
    inputs = keras.Input((1,))
    image = keras.layers.Reshape((1, 1, 1))(keras.ops.abs(inputs - 0.5))
    model = zoo.GAN(generator=keras.Model(inputs, image), image_shape=(1, 1, 1), latent_dim=1)
    x = np.full((20, 1, 1, 1), 0.9, "float32")
    _, errors = inversion.invert(model, x, steps=300, restarts=8)
    assert errors.max() < 1e-4  # at -.4; at 1 it is .04


@pytest.mark.parametrize(
    "name, sizes",
    [
        ("cgan", {"image_shape": (2,), "classes": 3}),
        ("acgan", {"image_shape": (8, 8, 1), "classes": 3, "width": 4}),
        ("spatial_gan", {"image_shape": (8, 8, 1), "stages": 2, "width": 2, "latent_dim": 2}),
    ],
)
def test_models_of_more_than_a_latent_are_refused(name, sizes):
    model = zoo.create(name, **sizes)
    with pytest.raises(ValueError, match="should take only latents"):
        inversion.invert(model, np.zeros((1, *model.image_shape)))


def test_a_start_of_another_shape_is_refused(linear):
    with pytest.raises(ValueError, match=r"`start` should have the shape \(2, 3\)"):
        inversion.invert(linear, np.zeros((2, 4, 4, 1)), start=np.zeros((2, 5)))


def test_painted_pixels_come_and_the_rest_stays_as_far_as_it_can(linear):
    start = np.zeros((2, 3), "float32")
    before = linear.predict(start, verbose=0)
    wanted = linear.predict(np.full((2, 3), 0.4, "float32"), verbose=0)
    mask = np.zeros((2, 4, 4), bool)
    mask[:, :2] = True
    free = inversion.paint(linear, start, wanted, mask, proximity_weight=0.0, steps=400)
    after = linear.predict(free, verbose=0)
    np.testing.assert_allclose(after[:, :2], wanted[:, :2], atol=1e-2)
    held = inversion.paint(linear, start, wanted, mask, proximity_weight=100.0, steps=400)
    assert np.abs(held).max() < 0.05 * np.abs(free).max()
    np.testing.assert_allclose(
        inversion.transfer_edit(wanted, before, before), np.clip(wanted, -1.0, 1.0)
    )


@pytest.mark.parametrize("mask", [np.zeros((1, 4, 4), bool), np.ones((1, 3, 4), bool)])
def test_a_mask_that_is_empty_or_of_another_shape_is_refused(linear, mask):
    with pytest.raises(ValueError, match="`mask` should be"):
        inversion.paint(linear, np.zeros((1, 3)), np.zeros((1, 4, 4, 1)), mask)


def test_parts_that_are_drawn_together_are_found_together():
    """x = [z, c], of which z is N(0, I) and the category one-hot: c stays from 0 to 1."""
    z, category, code = keras.Input((2,)), keras.Input((3,)), keras.Input((1,))
    joined = keras.layers.Concatenate()([z, category, code])
    image = keras.layers.Reshape((6, 1, 1))(joined)
    model = zoo.InfoGAN(
        generator=keras.Model([z, category, code], image),
        image_shape=(6, 1, 1),
        latent_dim=2,
        categories=3,
        codes=1,
        width=8,
    )
    assert inversion.latent_widths(model) == (2, 3, 1)
    x = np.array([[0.5, -0.5, 0.0, 1.0, -0.4, 0.3]], "float32").reshape(1, 6, 1, 1)
    found, _ = inversion.invert(model, x, steps=300, restarts=2)
    np.testing.assert_allclose(found, [[0.5, -0.5, 0.0, 1.0, 0.0, 0.3]], atol=0.01)
