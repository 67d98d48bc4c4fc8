import keras
import numpy as np
import pytest
from keras import layers

import zoo
from trainers.objectives import NonSaturating, Wasserstein


def custom_critic():
    inputs = keras.Input((2,))
    hidden = layers.Dense(3, activation="relu", kernel_initializer="ones")(inputs)
    return keras.Model(inputs, layers.Dense(1, bias_initializer="ones")(hidden))


def largest(network):
    return max(np.abs(v.numpy()).max() for v in network.trainable_variables)


@pytest.mark.parametrize("clip", [-0.1, 0.0, float("nan")])
def test_a_clip_that_is_not_positive_is_refused(clip):
    with pytest.raises(ValueError, match=f"`clip` should be positive. Received: clip={clip}"):
        zoo.WGAN(image_shape=(2,), clip=clip)


@pytest.mark.parametrize(
    "given", [{}, {"discriminator": custom_critic()}], ids=["its own", "given"]
)
def test_only_the_weights_of_the_critic_are_clipped(given):
    model = zoo.create("wgan", image_shape=(2,), width=8, clip=0.05, **given)
    assert largest(model.discriminator) > 0.05
    model.fit(np.zeros((20, 2), "float32"), batch_size=20, verbose=0)
    assert largest(model.discriminator) <= np.float32(0.05)
    assert largest(model.generator) > 0.05


def test_a_loaded_model_clips_too(tmp_path):
    zoo.create("wgan", image_shape=(2,), width=8, clip=0.05).save(tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    model.fit(np.zeros((20, 2), "float32"), batch_size=20, verbose=0)
    assert largest(model.discriminator) <= np.float32(0.05)


@pytest.mark.parametrize("changes", [{"recipe": "modern"}, {"objective": NonSaturating()}])
def test_under_another_objective_the_critic_is_not_clipped(changes):
    model = zoo.WGAN(image_shape=(2,), width=8, clip=0.05)
    model.compile(**changes)
    before = largest(model.discriminator)
    model.fit(np.zeros((20, 2), "float32"), batch_size=20, verbose=0)
    assert largest(model.discriminator) > 0.9 * before
    model.compile()
    model.fit(np.zeros((20, 2), "float32"), batch_size=20, verbose=0)
    assert largest(model.discriminator) <= np.float32(0.05)


def test_a_small_gradient_moves_a_weight_as_far_as_a_large_one():
    """Step 1 of RMSprop is rate · g / (√.01 |g| + 1e-8) in the authors' PyTorch: here g is 1e-5."""
    weight = keras.Variable(0.0)
    rmsprop = zoo.WGAN(image_shape=(2,)).recipe()["optimizers"]["generator"]
    rmsprop.apply([keras.ops.array(1e-5)], [weight])
    assert float(weight) == pytest.approx(-5e-5 * 1e-5 / (0.1 * 1e-5 + 1e-8), rel=0.02)


def test_the_recipe_is_that_of_the_paper():
    model = zoo.create("wgan", image_shape=(8, 8, 1), width=2)
    assert model.clip == 0.01
    assert isinstance(model.objective, Wasserstein)
    assert model.penalties == []
    assert model.turns == {"discriminator": 5, "generator": 1}
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)
        assert optimizer.momentum == 0.0


def test_a_linear_critic_converges_to_the_corner_that_separates_the_means():
    """f(x) = w·x with |w_i| <= c attains c·|E x - E G(z)|₁, which is not W₁ but √2 c W₁ here."""
    inputs = keras.Input((2,))
    critic = keras.Model(inputs, layers.Dense(1, use_bias=False)(inputs))
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(2, use_bias=False)])
    generator.set_weights([np.zeros((2, 2))])  # all fakes are at 0
    model = zoo.WGAN(image_shape=(2,), clip=0.1, generator=generator, discriminator=critic)
    model.compile(turns={"discriminator": 1, "generator": 0}, optimizers={"discriminator": "sgd"})
    x = np.tile(np.float32([[3.0, -3.0]]), (400, 1))
    loss = model.fit(x, batch_size=4, epochs=2, verbose=0).history["discriminator_loss"][-1]
    np.testing.assert_allclose(critic.get_weights()[0].ravel(), [0.1, -0.1], rtol=1e-6)
    assert loss == pytest.approx(-0.6, rel=1e-5)
