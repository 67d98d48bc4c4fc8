import keras
import numpy as np
import pytest

import zoo
from trainers import inversion

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def linear():
    """x = A z + b, of which the latent is known in closed form."""
    inputs = keras.Input((3,))
    image = keras.layers.Reshape((4, 4, 1))(keras.layers.Dense(16, bias_initializer="ones")(inputs))
    return zoo.GAN(generator=keras.Model(inputs, image), image_shape=(4, 4, 1), latent_dim=3)


def least_squares(model, x):
    kernel, bias = model.generator.get_weights()
    return np.linalg.lstsq(kernel.T, (x.reshape(len(x), -1) - bias).T, rcond=None)[0].T


def test_of_a_linear_generator_it_finds_least_squares(linear):
    z = RNG.uniform(-0.5, 0.5, (5, 3)).astype("float32")
    x = linear.predict(z, verbose=0) + RNG.normal(0.0, 0.05, (5, 4, 4, 1)).astype("float32")
    found, errors = inversion.invert(linear, x, steps=400, restarts=2)
    np.testing.assert_allclose(found, least_squares(linear, x), atol=1e-3)
    gap = np.square(linear.predict(found, verbose=0) - x).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(errors, gap, rtol=1e-4)


def test_latents_stay_where_draws_are(linear):
    far = linear.predict(np.full((1, 3), 40.0, "float32"), verbose=0)
    found, _ = inversion.invert(linear, far, steps=300, restarts=1)
    drawn = np.asarray(linear.draw(4_096))
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
    x = np.full((20, 1, 1, 1), 1.2, "float32")
    _, errors = inversion.invert(model, x, steps=300, restarts=8)
    assert errors.max() < 1e-4


def test_labels_are_held(linear):
    model = zoo.create("cgan", image_shape=(8, 8, 1), classes=3, latent_dim=4, width=16)
    labels = np.array([2, 0])
    z = np.full((2, 4), 0.3, "float32")
    x = model.predict([z, labels], verbose=0)
    _, right = inversion.invert(model, x, start=z, steps=1, rate=0.0, labels=labels)
    _, wrong = inversion.invert(model, x, start=z, steps=1, rate=0.0, labels=1)
    assert right.max() < 1e-10 < wrong.min()


def test_a_start_of_another_shape_is_refused(linear):
    with pytest.raises(ValueError, match=r"`start` should have the shape \(2, 3\)"):
        inversion.invert(linear, np.zeros((2, 4, 4, 1)), start=np.zeros((2, 5)))
