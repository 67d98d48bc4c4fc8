import keras
import numpy as np
import pytest
from keras import layers

import zoo
from trainers.objectives import Wasserstein
from trainers.penalties import GradientPenalty
from zoo.networks import resnet


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (2,)])
def test_the_critic_has_no_batch_norm(residual, shape):
    model = zoo.WGANGP(image_shape=shape, width=2, residual=residual)
    for layer in model.discriminator._flatten_layers():
        assert not isinstance(layer, layers.BatchNormalization)
    assert not model.discriminator.non_trainable_weights


@pytest.mark.parametrize("residual", [True, False])
def test_a_samples_value_does_not_depend_on_the_rest_of_the_batch(residual):
    critic = zoo.WGANGP(image_shape=(16, 16, 1), width=4, residual=residual).discriminator
    x = np.random.default_rng(0).uniform(-1, 1, (4, 16, 16, 1)).astype("float32")
    together = np.asarray(critic(x, training=True))
    np.testing.assert_allclose(critic(x[:1], training=True), together[:1], atol=1e-5)


@pytest.mark.parametrize("shape, weight, beta_1", [((8, 8, 1), 10.0, 0.0), ((2,), 0.1, 0.5)])
def test_the_recipe_is_that_of_the_paper(shape, weight, beta_1):
    model = zoo.create("wgan_gp", image_shape=shape, width=2)
    assert isinstance(model.objective, Wasserstein)
    assert [repr(p) for p in model.penalties] == [repr(GradientPenalty(weight))]
    assert model.turns == {"discriminator": 5, "generator": 1}
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(1e-4)
        assert (optimizer.beta_1, optimizer.beta_2) == (beta_1, 0.9)


def test_the_critic_takes_five_turns_to_the_generators_one():
    model = zoo.create("wgan_gp", image_shape=(2,), width=4)
    model.fit(np.zeros((40, 2), "float32"), batch_size=20, verbose=0)
    assert int(model.optimizers["discriminator"].iterations) == 10
    assert int(model.optimizers["generator"].iterations) == 2


def test_latents_are_normal():
    z = np.asarray(zoo.WGANGP(image_shape=(8, 8, 1), latent_dim=20, width=2).latents(1000))
    assert z.shape == (1000, 20)
    assert z.std() == pytest.approx(1.0, abs=0.03)
    assert np.abs(z).max() > 3.0


@pytest.mark.parametrize("side, count", [(6, 1), (8, 1), (16, 2), (32, 3), (64, 4), (128, 5)])
def test_residual_networks_halve_down_to_4(side, count):
    assert resnet.stages((side, side, 3)) == count


@pytest.mark.parametrize("shape", [(7, 7, 1), (4, 4, 1), (8, 9, 1)])
def test_sides_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="`image_shape` should have even sides above 4"):
        zoo.WGANGP(image_shape=shape)


def test_the_optimal_gradient_norm_exceeds_1_by_the_distance_over_twice_the_weight():
    """A critic f(x) = sx on points a distance W apart minimises -sW + λ(s - 1)², so that
    s = 1 + W/2λ; the loss without the penalty then overestimates W by that factor."""
    weight, distance = 10.0, 3.0
    inputs = keras.Input((1,))
    critic = keras.Model(inputs, layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs))
    generator = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    model = zoo.WGANGP(image_shape=(1,), latent_dim=1, generator=generator, discriminator=critic)
    generator.set_weights([np.zeros((1, 1))])  # all fakes are at 0
    model.compile(
        penalties=[GradientPenalty(weight)],
        turns={"discriminator": 1, "generator": 0},
        optimizers={"discriminator": keras.optimizers.SGD(0.02)},
    )
    model.fit(np.full((64, 1), distance, "float32"), batch_size=4, epochs=3, verbose=0)
    norm = critic.get_weights()[0].item()
    assert norm == pytest.approx(1.0 + distance / (2 * weight), rel=1e-4)
