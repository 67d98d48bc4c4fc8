import keras
import numpy as np
import pytest
from keras import layers

import zoo
from trainers.objectives import Hinge
from zoo.layers import SpectralNormalization

KINDS = {
    "points": {"image_shape": (2,), "width": 8},
    "convolutional": {"image_shape": (8, 8, 1), "width": 4, "residual": False},
    "residual": {"image_shape": (8, 8, 1), "width": 4},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def wrapped(network):
    return [n for n in network._flatten_layers() if isinstance(n, SpectralNormalization)]


@every_kind
def test_every_kernel_of_the_discriminator_is_normalised_and_none_of_the_generator(kind):
    model = zoo.SNGAN(**KINDS[kind])
    with_kernel = (layers.Dense, layers.Conv2D)
    inside = {id(n.layer) for n in wrapped(model.discriminator)}
    found = {id(n) for n in model.discriminator._flatten_layers() if isinstance(n, with_kernel)}
    assert inside == found != set()
    assert not wrapped(model.generator)


@every_kind
def test_the_discriminator_has_no_batch_norm(kind):
    for layer in zoo.SNGAN(**KINDS[kind]).discriminator._flatten_layers():
        assert not isinstance(layer, layers.BatchNormalization)


@pytest.mark.thorough
def test_in_training_singular_values_stay_near_1():
    model = zoo.create("sngan", image_shape=(2,), width=16)
    x = np.random.default_rng(0).standard_normal((1000, 2)).astype("float32")
    model.fit(x, batch_size=100, epochs=5, verbose=0)
    for layer in wrapped(model.discriminator):
        kernel = layer.layer.kernel.numpy()
        estimate = np.linalg.norm(layer.u.numpy() @ kernel.T)
        assert np.linalg.svd(kernel, compute_uv=False)[0] / estimate == pytest.approx(1.0, abs=0.02)


def test_the_discriminator_is_1_lipschitz():
    model = zoo.create("sngan", image_shape=(2,), width=16)
    x, y = 3.0 * np.random.default_rng(0).standard_normal((2, 500, 2)).astype("float32")
    for _ in range(50):
        model.discriminator(x, training=True)
    far = np.abs(model.discriminator(x) - model.discriminator(y))[:, 0]
    assert (far <= 1.001 * np.linalg.norm(x - y, axis=1)).all()


def test_the_recipe_is_that_of_the_paper():
    model = zoo.create("sngan", image_shape=(2,), width=8)
    assert isinstance(model.objective, Hinge)
    assert model.penalties == []
    assert model.turns == {"discriminator": 5, "generator": 1}
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(2e-4)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)


def test_the_residual_discriminator_sums_over_positions():
    discriminator = zoo.SNGAN(**KINDS["residual"]).discriminator
    names = [type(n).__name__ for n in discriminator.layers[-3:]]
    assert names == ["GlobalAveragePooling2D", "Rescaling", "SpectralNormalization"]
    assert discriminator.layers[-2].scale == 4  # 8x8, halved twice
