import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from tests.trainers.duel import Duel, duel, points
from trainers.engine.critic import Critic, shared_outputs
from trainers.objectives import Objective


def test_a_layer_augments_in_training_mode():
    critic = Critic(lambda x, training: x, augment=layers.GaussianNoise(1.0))
    assert float(ops.std(critic(np.zeros((100, 100), "float32")))) == pytest.approx(1.0, abs=0.1)


def test_a_bound_method_is_shared_by_its_function_and_object():
    class Counting:
        calls = 0

        def critic(self, x, training):
            self.calls += 1
            return x

    one, other, x = Counting(), Counting(), ops.ones((2, 1))
    with shared_outputs():
        for owner in (one, one, other):
            Critic(owner.critic).shared_call(x)
    assert (one.calls, other.calls) == (1, 1)


def test_a_loss_for_each_sample_is_refused_with_the_cure():
    class Forgetful(Duel):
        def generator_loss(self, x, outputs):
            return ops.sum(outputs["fake"], axis=1)

    with pytest.raises(ValueError, match="`generator_loss` should return scalars: take `ops.mean`"):
        duel(Forgetful).fit(points(), verbose=0)


class Needy(Objective):
    def discriminator_loss(self, real, fake):
        return ops.mean(fake - real)

    def generator_loss(self, real, fake):
        return ops.mean(real - fake)


def test_an_objective_that_reads_real_is_told_to_be_relativistic():
    with pytest.raises(ValueError, match="`Needy` should have `relativistic = True`"):
        duel(objective=Needy()).fit(points(), verbose=0)


def test_an_unregistered_objective_or_augment_warns_when_the_model_is_saved(tmp_path):
    for rules, name in ({"objective": Needy()}, "Needy"), ({"augment": lambda x: x}, "<lambda>"):
        model = duel(**rules)
        with pytest.warns(UserWarning, match=f"{name} should be registered, or the saved model"):
            model.save(tmp_path / "model.keras")


def networks(activation, *ending):
    x, z = keras.Input((8, 8, 1)), keras.Input((4,))
    logit = layers.Dense(1, activation=activation)(layers.Flatten()(x))
    y = layers.Reshape((8, 8, 1))(layers.Dense(64, activation=activation)(z))
    for layer in ending:
        y = layer(y)
    return {"discriminator": keras.Model(x, logit), "generator": keras.Model(z, y)}


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("discriminator", "`discriminator` should return logits, .* Remove that activation"),
        ("generator", r"`generator` should return images in \[-1, 1\]. .* Use tanh, or add"),
    ],
)
def test_a_network_that_ends_in_a_sigmoid_warns(name, sentence):
    with pytest.warns(UserWarning, match=sentence):
        zoo.create("dcgan", image_shape=(8, 8, 1), width=4, **{name: networks("sigmoid")[name]})


@pytest.mark.filterwarnings("error::UserWarning")
def test_sigmoids_of_voxels_and_rescaled_ones_do_not_warn():
    generator = networks("sigmoid", layers.Rescaling(2.0, -1.0))["generator"]
    zoo.create("dcgan", image_shape=(8, 8, 1), width=4, generator=generator)
    zoo.create("gan3d", image_shape=(8, 8, 8, 1), latent_dim=4, width=4)
    zoo.create("gan", image_shape=(8, 8, 1))
