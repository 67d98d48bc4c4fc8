import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import export
from zoo.networks import fully_convolutional

SIZES = {"image_shape": (16, 16, 1), "latent_dim": 4, "width": 4, "stages": 2}


@pytest.fixture(scope="module")
def model():
    return zoo.create("spatial_gan", **SIZES)


def test_the_loss_is_the_mean_over_positions(model):
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 16, 16, 1)).astype("float32")
    outputs = model.forward(x)
    real, fake = (np.asarray(model.discriminator(outputs[k], training=True)) for k in outputs)
    assert real.shape == (4, 4, 4, 1)
    loss = model.losses_of("discriminator", x, outputs)["discriminator_loss"]
    expected = np.logaddexp(0.0, -real).mean() + np.logaddexp(0.0, fake).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_each_position_has_independent_noise(model):
    z = np.asarray(model.latents(200, size=(9, 16)))
    assert z.shape == (200, 3, 4, 4)  # a position for every 4x4 pixels, rounded up
    assert -1.0 <= z.min() < -0.99 and 0.99 < z.max() <= 1.0
    correlations = np.corrcoef(z.reshape(200, -1).T) - np.eye(48)
    assert np.abs(correlations).max() < 0.35


def test_distant_regions_are_independent(model):
    """Noise at one position changes pixels within the receptive field only."""
    z = np.zeros((1, 16, 16, 4), "float32")
    moved = z.copy()
    moved[0, 8, 8] = 1.0
    gap = np.abs(model.predict(moved, verbose=0) - model.predict(z, verbose=0))[0, ..., 0]
    rows = np.flatnonzero(gap.max(axis=1))
    assert gap[32:36, 32:36].max() > 0.0
    assert rows.max() - rows.min() < 4 * 5


def test_a_larger_texture_contains_the_smaller_one(model):
    z = np.random.default_rng(0).uniform(-1.0, 1.0, (1, 12, 12, 4)).astype("float32")
    large, small = model.predict(z, verbose=0), model.predict(z[:, :6, :6], verbose=0)
    np.testing.assert_allclose(large[:, :12, :12], small[:, :12, :12], atol=1e-6)


@pytest.mark.parametrize("size", [(16, 16), (5, 30), (33, 1)])
def test_it_generates_any_size(model, size):
    images = model.generate(3, seed=1, size=size)
    assert images.shape == (3, *size, 1)
    np.testing.assert_array_equal(model.generate(3, seed=1, size=size), images)


def test_its_export_takes_latents_of_any_size(model, tmp_path):
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["generate"]
    z = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 3, 7, 4)).astype("float32")
    found = served(latent=tf.constant(z))["images"]
    assert found.shape == (2, 12, 28, 1)
    np.testing.assert_allclose(found, model.predict(z, verbose=0), atol=1e-5)


def test_stages_set_the_depth_of_the_networks():
    for stages in (1, 3):
        generator = fully_convolutional.generator(3, 8, width=4, stages=stages)
        discriminator = fully_convolutional.discriminator(3, width=4, stages=stages)
        x = generator(np.zeros((1, 2, 3, 8), "float32"))
        assert x.shape == (1, 2 * 2**stages, 3 * 2**stages, 3)
        assert discriminator(x).shape == (1, 2, 3, 1)


@pytest.mark.parametrize("size", [8, (8,), (0, 8), (8.0, 8)])
def test_invalid_sizes_are_refused(model, size):
    with pytest.raises(ValueError, match="`size` should be"):
        model.generate(1, size=size)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (18, 16, 1)}, "sides that are multiples of 4 for stages=2"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"stages": 0}, "`stages` should be an integer from 1"),
        (
            {"stages": 2, "generator": fully_convolutional.generator(1, 4, width=4, stages=1)},
            "`generator` should output sides 4 times those of its latents for stages=2",
        ),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.SpatialGAN(**(SIZES | arguments))
