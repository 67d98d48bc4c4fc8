import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from trainers.objectives import FDivergence


@pytest.mark.parametrize("shape, rate, trick", [((8, 8, 1), 2e-4, True), ((2,), 1e-3, False)])
def test_the_recipe_is_that_of_the_paper(shape, rate, trick):
    model = zoo.create("fgan", image_shape=shape, width=2)
    assert isinstance(model.objective, FDivergence)
    assert model.objective.non_saturating is trick
    assert model.schedule == "simultaneous"
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert optimizer.beta_1 == 0.5


@pytest.mark.parametrize(
    "divergence, expected",  # of a coin (¾, ¼) from a fair one, in nats where that has a meaning
    [
        ("kl", 0.75 * np.log(1.5) + 0.25 * np.log(0.5)),
        ("reverse_kl", -0.5 * np.log(1.5) - 0.5 * np.log(0.5)),
        ("pearson", 0.25),
        ("squared_hellinger", 0.5 * (1.5**0.5 - 1) ** 2 + 0.5 * (0.5**0.5 - 1) ** 2),
        ("total_variation", 0.25),
    ],
)
def test_the_variational_function_attains_and_never_exceeds_the_divergence(divergence, expected):
    coin, latents = keras.Input((1,)), keras.Input((1,))
    value = keras.Model(coin, layers.Dense(1, kernel_initializer="zeros")(coin))
    fair = keras.Model(latents, keras.ops.cast(latents > 0.0, "float32"))
    model = zoo.FGAN(image_shape=(1,), latent_dim=1, generator=fair, discriminator=value)
    adam = keras.optimizers.Adam(0.1)
    model.compile(
        objective=FDivergence(divergence),
        turns={"generator": 0},
        optimizers={"discriminator": adam},
    )
    biased = np.float32([[1.0], [1.0], [1.0], [0.0]] * 1000)
    model.fit(tf.data.Dataset.from_tensors(biased).repeat(120), verbose=0)
    real = value(biased[:4])
    assert float(model.objective.bound(real, value(np.float32([[0.0], [1.0]])))) == pytest.approx(
        expected, rel=0.02
    )
    assert float(model.objective.bound(real, value(np.float32([[0.0], [1.0]])))) <= expected + 1e-6


def test_for_images_the_generator_has_batch_norm_and_the_variational_function_elu():
    model = zoo.FGAN(image_shape=(8, 8, 1))
    norms = [n for n in model.generator.layers if isinstance(n, layers.BatchNormalization)]
    assert len(norms) == 2
    kinds = [n.activation.__name__ for n in model.discriminator.layers if hasattr(n, "activation")]
    assert kinds == ["elu", "elu", "linear"]
