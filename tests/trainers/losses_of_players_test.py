import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from keras.optimizers import SGD

from tests.trainers.duel import Terms, assert_same, duel, points, stream, values
from trainers.objectives import Objective, Wasserstein
from trainers.penalties import R1, R2, GradientPenalty, Penalty


def test_metrics_are_the_means_of_an_epoch():
    model = duel(Terms)
    x = np.repeat([[1.0, 2.0], [2.0, 6.0], [6.0, 4.0]], 4, axis=0).astype("float32")
    history = model.fit(stream(x), epochs=2, verbose=0).history
    assert history == {
        "discriminator_loss": [pytest.approx(3.5)] * 2,
        "generator_width": [pytest.approx(3.0)] * 2,
        "generator_height": [pytest.approx(4.0)] * 2,
        "generator_loss": [pytest.approx(43.0)] * 2,
    }


def test_evaluation_looks_at_every_sample_once():
    model = duel(Terms, turns={"discriminator": 3})
    x = np.arange(70.0, dtype="float32").reshape(35, 2)
    losses = model.evaluate(x, batch_size=8, verbose=0, return_dict=True)
    assert losses["generator_width"] == pytest.approx(x[:, 0].mean())
    x = np.repeat([[1.0, 2.0], [2.0, 6.0], [6.0, 4.0]], 4, axis=0).astype("float32")
    history = model.fit(x, validation_data=x[:7], batch_size=12, verbose=0).history
    assert history["val_generator_width"] == [pytest.approx(x[:7, 0].mean())]


def test_a_loss_weight_of_no_term_is_refused():
    model = duel(Terms, loss_weights={"generator_depth": 1.0})
    with pytest.raises(ValueError, match="name terms: generator_width, generator_height"):
        model.fit(stream(points()), verbose=0)


def test_a_resting_player_has_no_loss():
    model = duel(turns={"discriminator": 0})
    history = model.fit(stream(points()), verbose=0).history
    assert set(history) == {"generator_loss"}


def test_a_loss_weight_scales_its_term_in_the_loss_that_is_minimised():
    x = np.ones((4, 2), "float32")
    model = duel(Terms, loss_weights={"generator_width": 5.0, "discriminator_loss": 2.0})
    history = model.fit(stream(x), verbose=0).history
    assert history["generator_loss"] == [pytest.approx(15.0)]  # the recipe's 10 stays
    assert history["discriminator_loss"] == [pytest.approx(2.0)]
    assert history["generator_width"] == [pytest.approx(1.0)]


def test_a_loss_weight_scales_the_step():
    model, doubled = duel(), duel(loss_weights={"generator_loss": 2.0}, turns={"discriminator": 0})
    model.compile(
        optimizers={"generator": SGD(0.4)}, turns={"discriminator": 0}
    )  # twice the recipe's rate
    doubled.set_weights(model.get_weights())
    for m in (model, doubled):
        m.fit(stream(points(4)), verbose=0)
    assert_same(values(doubled), values(model), rtol=0, atol=1e-6)


def test_terms_are_known_again_after_loading(tmp_path):
    model = duel(Terms)
    x = points()
    model.fit(stream(x), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.loss_weights == model.loss_weights
    assert loaded.fit(stream(x), verbose=0).history == model.fit(stream(x), verbose=0).history


def test_evaluating_gives_the_losses_of_training_with_its_weights():
    model = duel(Terms)
    x = np.ones((4, 2), "float32")
    losses = model.evaluate(stream(x), verbose=0, return_dict=True)
    assert losses["discriminator_loss"] == pytest.approx(1.0)
    assert losses["generator_loss"] == pytest.approx(11.0)


def test_evaluating_after_training_gives_the_terms_too():
    model = duel(Terms)
    x = np.ones((4, 2), "float32")
    model.fit(stream(x), verbose=0)
    losses = model.evaluate(stream(x), verbose=0, return_dict=True)
    assert losses["generator_width"] == pytest.approx(1.0)


class WeightDecay(Penalty):
    def on_weights(self, player, variables):
        if player == "generator":
            return 0.0
        return 0.5 * sum(ops.sum(ops.square(v)) for v in variables)


def test_a_penalty_on_weights_adds_to_its_players_loss():
    undecayed = duel(Terms)
    decayed = duel(Terms, penalties=[WeightDecay()])
    weights = sum((w**2).sum() for w in decayed.discriminator.get_weights())
    x = np.ones((4, 2), "float32")
    a, b = (m.evaluate(stream(x), verbose=0, return_dict=True) for m in (undecayed, decayed))
    assert b["discriminator_loss"] - a["discriminator_loss"] == pytest.approx(weights / 2, rel=1e-5)
    assert b["generator_loss"] == a["generator_loss"]


def regular():
    inputs = keras.Input((2,))
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))(inputs)
    model = Terms(discriminator=keras.Model(inputs, outputs, name="discriminator"))
    model.compile()
    return model, 1.0 + 0.5 * (model.discriminator.get_weights()[0] ** 2).sum()


def test_regularizers_of_a_players_layers_add_to_its_loss():
    model, expected = regular()
    history = model.fit(stream(np.ones((4, 2), "float32")), verbose=0).history
    assert history["discriminator_loss"] == [pytest.approx(expected, rel=1e-5)]
    assert history["generator_loss"] == [pytest.approx(11.0)]


def test_regularizers_of_a_players_layers_count_in_its_evaluation():
    model, expected = regular()
    losses = model.evaluate(stream(np.ones((4, 2), "float32")), verbose=0, return_dict=True)
    assert losses["discriminator_loss"] == pytest.approx(expected, rel=1e-5)


class Spy(Objective):
    """Records which samples each loss receives."""

    def __init__(self, relativistic):
        self.relativistic, self.calls = relativistic, {}

    def _note(self, name, real, fake):
        self.calls[name] = (real is not None, fake is not None)
        return ops.mean(fake)

    def discriminator_loss(self, real, fake):
        return self._note("discriminator", real, fake)

    def generator_loss(self, real, fake):
        return self._note("generator", real, fake)

    def joint_loss(self, real, fake):
        return self._note("joint", real, fake)


@pytest.mark.parametrize("relativistic", [True, False])
def test_a_relativistic_objective_sees_the_real_samples_and_no_other_does(relativistic):
    spy = Spy(relativistic)
    model = duel(objective=spy, run_eagerly=True)
    model.fit(stream(points()), verbose=0)
    assert spy.calls == {"discriminator": (True, True), "generator": (relativistic, True)}


def test_the_generator_of_both_sides_minimises_the_joint_loss():
    spy = Spy(False)
    model = duel(objective=spy)
    x = tf.constant(points())
    model.generator_objective(model.discriminator, real=x, fake=x, two_sided=True)
    assert spy.calls == {"joint": (True, True)}


@pytest.mark.parametrize("penalty", [R1(), R2(), GradientPenalty()], ids=repr)
def test_scored_and_penalised_samples_are_augmented_in_their_first_leaf_only(penalty):
    model = duel(objective=Wasserstein(), penalties=[penalty], augment=lambda x: x + 100.0)
    seen = []

    def critic(x, training):
        (first, second), condition = x
        assert training
        seen.append([float(ops.mean(t)) for t in (first, second, condition)])
        return first + second

    zeros = tf.zeros((4, 1))
    model.discriminator_objective(critic, real=[zeros, zeros], fake=[zeros, zeros], condition=zeros)
    assert len(seen) == 3  # real, fake, and what is penalised
    assert seen == [[100.0, 0.0, 0.0]] * 3
