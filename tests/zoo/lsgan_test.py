import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from trainers.objectives import LeastSquares


@pytest.mark.parametrize("shape, rate", [((8, 8, 1), 2e-4), ((2,), 1e-3)])
def test_the_recipe_is_that_of_the_paper(shape, rate):
    model = zoo.create("lsgan", image_shape=shape, width=2)
    assert isinstance(model.objective, LeastSquares)
    assert model.penalties == []
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert optimizer.beta_1 == 0.5


def test_batch_norm_is_optional():
    for batch_norm, count in ((True, 3), (False, 0)):
        model = zoo.LSGAN(image_shape=(8, 8, 1), width=2, batch_norm=batch_norm)
        found = [
            layer
            for network in (model.generator, model.discriminator)
            for layer in network._flatten_layers()
            if isinstance(layer, layers.BatchNormalization)
        ]
        assert len(found) == count


def test_the_optimal_discriminator_is_the_fraction_of_real_samples_at_a_point():
    """½E(D - 1)² + ½E D² is least at D = p/(p + q), and where p = q it is ¼ and G's loss ⅛."""
    inputs = keras.Input((1,))
    critic = keras.Model(inputs, layers.Dense(1)(inputs))
    latents = keras.Input((1,))
    fair = keras.Model(latents, keras.ops.cast(latents > 0.0, "float32"))  # 0 or 1
    model = zoo.LSGAN(image_shape=(1,), latent_dim=1, generator=fair, discriminator=critic)
    model.compile(turns={"generator": 0}, optimizers={"discriminator": keras.optimizers.SGD(0.2)})
    biased = np.float32([[1.0], [1.0], [1.0], [0.0]] * 500)
    model.fit(tf.data.Dataset.from_tensors(biased).repeat(300), verbose=0)
    found = critic(np.float32([[0.0], [1.0]])).numpy().ravel()
    np.testing.assert_allclose(found, [0.25 / 0.75, 0.75 / 1.25], atol=0.01)

    half = np.full((4, 1), 0.5, "float32")
    assert float(model.objective.discriminator_loss(half, half)) == 0.25
    assert float(model.objective.generator_loss(None, half)) == 0.125
