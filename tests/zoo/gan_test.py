import keras
import numpy as np
import pytest
from keras import layers
from scipy.stats import kstest

import zoo
from trainers.objectives import NonSaturating
from zoo.layers import Dropout, Maxout


def test_the_papers_latents_are_uniform_with_unit_variance():
    z = np.asarray(zoo.GAN(image_shape=(8, 8, 1)).latents(500)).ravel()
    assert kstest(z, "uniform", (-np.sqrt(3), 2 * np.sqrt(3))).pvalue > 1e-3
    assert z.std() == pytest.approx(1.0, abs=0.02)


def test_latents_of_points_are_normal():
    z = np.asarray(zoo.GAN(image_shape=(2,)).latents(500)).ravel()
    assert kstest(z, "norm").pvalue > 1e-3


def test_the_discriminator_has_maxout_units_after_dropout():
    kinds = [type(n) for n in zoo.GAN(image_shape=(8, 8, 1)).discriminator.layers]
    expected = [layers.Flatten, Dropout, Maxout, Dropout, Maxout, Dropout]
    assert kinds[1:] == [*expected, layers.Dense]
    rates = [
        n.rate for n in zoo.GAN(image_shape=(8, 8, 1)).discriminator.layers if hasattr(n, "rate")
    ]
    assert rates == [0.2, 0.5, 0.5]


def test_initial_weights_are_in_the_papers_intervals():
    model = zoo.GAN(image_shape=(8, 8, 1))
    for network, bound in ((model.generator, 0.05), (model.discriminator, 0.005)):
        kernels = [w.numpy() for w in network.trainable_weights if len(w.shape) == 2]
        assert len(kernels) == 3
        for kernel in kernels:
            assert np.abs(kernel).max() <= bound
            assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)


def test_the_recipe_is_the_papers_momentum_descent():
    model = zoo.create("gan", image_shape=(8, 8, 1))
    assert repr(model.objective) == repr(NonSaturating())
    assert model.penalties == []
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.SGD)
        assert optimizer.momentum == 0.5
        assert float(optimizer.learning_rate) == pytest.approx(0.1)
        assert float(optimizer._learning_rate(1_000_000)) == pytest.approx(
            0.1 / 1.000004**1_000_000, rel=1e-2
        )


def test_a_width_builds_fully_connected_relu_networks():
    model = zoo.GAN(image_shape=(8, 8, 1), width=16)
    for network in (model.generator, model.discriminator):
        units = [n.units for n in network.layers if isinstance(n, layers.Dense)]
        assert units[:-1] == [16, 16]
    assert isinstance(
        zoo.create("gan", image_shape=(2,)).optimizers["generator"], keras.optimizers.Adam
    )


def test_features_are_the_input_of_the_last_layer():
    model = zoo.GAN(image_shape=(8, 8, 1), width=16)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")
    last = model.discriminator.layers[-1]
    logits = model.features(x) @ last.kernel.numpy() + last.bias.numpy()
    np.testing.assert_allclose(logits, model.discriminator(x), atol=1e-5)


def test_its_signature_is_the_generator():
    model = zoo.GAN(image_shape=(2,))
    assert model.signatures() == {"generate": model.generator}


def test_it_learns_the_mean_of_points():
    """Two hundred steps take the mean of the samples from 0 to the data's, (2, -1)."""
    model = zoo.GAN(image_shape=(2,), width=32)
    model.compile(optimizers={p: keras.optimizers.Adam(3e-3, 0.0, 0.99) for p in model.players})
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((2000, 2)) * 0.5 + [2.0, -1.0]).astype("float32")
    model.fit(x, batch_size=100, epochs=15, verbose=0)
    np.testing.assert_allclose(model.generate(1000, seed=0).mean(axis=0), [2.0, -1.0], atol=0.5)
