import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from keras.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint
from keras.optimizers import SGD

import zoo
from trainers.adversarial import AdversarialModel, LinearDecay, in_batches
from trainers.objectives import NonSaturating, Objective, Relativistic, Wasserstein
from trainers.penalties import R1, R2, GradientPenalty, Penalty


def network(inputs, outputs, name):
    x = keras.Input((inputs,))
    hidden = layers.Dense(3, activation="tanh")(x)
    return keras.Model(x, layers.Dense(outputs, name="last")(hidden), name=name)


class Duel(AdversarialModel):
    """Points against points, by plain gradient descent; the latents are those of the batch, so that
    nothing is left to chance."""

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}

    def __init__(self, image_shape=(2,), latent_dim=2, name=None, **networks):
        super().__init__(name, image_shape=tuple(image_shape), latent_dim=latent_dim, **networks)
        self.passes = 0

    def build_generator(self):
        return network(2, 2, "generator")

    def build_discriminator(self):
        return network(2, 1, "discriminator")

    def forward(self, x):
        self.passes += 1
        return {"real": x, "fake": self.generator(x[:, ::-1], training=True)}

    def discriminator_loss(self, x, made):
        return self.discriminator_objective(self.discriminator, **made)

    def generator_loss(self, x, made):
        return self.generator_objective(self.discriminator, **made)

    def recipe(self):
        return {
            "objective": NonSaturating(),
            "optimizers": {"discriminator": SGD(0.1), "generator": SGD(0.2)},
        }

    def call(self, latents, training=False):
        return self.generator(latents, training=training)


class TwoPasses(Duel):
    """Makes the fakes anew for each player."""

    def train_step(self, data):
        (batch,) = self.deal(data)
        for player in self.players:
            self.take_turn(player, batch)
        return self.get_metrics_result()


class Terms(Duel):
    """The generator has two terms, and each loss is a plain function of the batch."""

    def recipe(self):
        optimizers = {"discriminator": SGD(0.0), "generator": SGD(0.0)}
        return {"optimizers": optimizers, "loss_weights": {"generator_height": 10.0}}

    def discriminator_loss(self, x, made):
        return ops.mean(x) + 0.0 * ops.sum(self.discriminator(x))

    def generator_loss(self, x, made):
        nothing = 0.0 * ops.sum(made["fake"])
        return {"width": ops.mean(x[:, 0]) + nothing, "height": ops.mean(x[:, 1])}


def duel(kind=Duel, **rules):
    model = kind()
    model.compile(**rules)
    return model


def points(n=8, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2)).astype("float32")


def stream(x, size=4):
    return tf.data.Dataset.from_tensor_slices(x).batch(size, drop_remainder=True)


def values(model):
    return [v.numpy() for v in model.trainable_variables]


def assert_same(found, expected, **tolerance):
    for a, b in zip(found, expected, strict=True):
        if tolerance:
            np.testing.assert_allclose(a, b, **tolerance)
        else:
            np.testing.assert_array_equal(a, b)


# The step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_is_the_textbooks_alternating_step(jit_compile):
    model = duel(jit_compile=jit_compile)
    d, g = (keras.models.clone_model(n) for n in (model.discriminator, model.generator))
    d.set_weights(model.discriminator.get_weights())
    g.set_weights(model.generator.get_weights())
    x = points(12)
    model.fit(stream(x), verbose=0)

    for real in tf.split(x, 3):
        z = real[:, ::-1]
        with tf.GradientTape() as tape:
            on_real, on_fake = d(real), d(g(z))
            loss = tf.reduce_mean(tf.math.softplus(-on_real) + tf.math.softplus(on_fake))
        for v, slope in zip(
            d.trainable_variables, tape.gradient(loss, d.trainable_variables), strict=True
        ):
            v.assign_sub(0.1 * slope)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.math.softplus(-d(g(z))))
        for v, slope in zip(
            g.trainable_variables, tape.gradient(loss, g.trainable_variables), strict=True
        ):
            v.assign_sub(0.2 * slope)

    assert_same(model.discriminator.get_weights(), d.get_weights(), rtol=0, atol=1e-6)
    assert_same(model.generator.get_weights(), g.get_weights(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rules", [{}, {"penalties": [GradientPenalty(), R1(), R2()]}])
def test_one_pass_for_two_turns_equals_two_passes_bit_for_bit(rules):
    one, two = duel(**rules), duel(TwoPasses, **rules)
    two.set_weights(one.get_weights())
    # The penalty's noise: each pass and each turn opens a stream, so the second model, which makes
    # the fakes twice, would be one ahead after a step. One step tells enough.
    x = points(4)
    one.fit(stream(x), verbose=0)
    two.fit(stream(x), verbose=0)
    assert (one.passes, two.passes) == (1, 2)
    assert_same(values(one), values(two))


def test_what_a_moved_network_made_is_not_used_again():
    model = duel()
    made = model.make(points())
    first = np.array(made.values["fake"])
    model.take_turn("discriminator", points(), made)
    assert not made.stale
    model.take_turn("generator", points(), made)
    assert made.stale
    passes = model.passes
    model.take_turn("discriminator", points(), made)  # makes its own
    assert model.passes == passes + 1
    assert not np.array_equal(model.make(points()).values["fake"], first)


@pytest.mark.parametrize("turns, passes", [((1, 1), 1), ((3, 1), 3), ((1, 3), 4), ((2, 0), 2)])
def test_no_fakes_are_made_without_need(turns, passes):
    model = duel(turns=dict(zip(Duel.players, turns, strict=True)), run_eagerly=True)
    model.train_step((points(6),))
    assert model.passes == passes


class Watch(Duel):
    """Notes which samples each turn sees."""

    def discriminator_loss(self, x, made):
        self.seen.append(("discriminator", x[:, 0].numpy().tolist()))
        return super().discriminator_loss(x, made)

    def generator_loss(self, x, made):
        self.seen.append(("generator", x[:, 0].numpy().tolist()))
        return super().generator_loss(x, made)


@pytest.mark.parametrize(
    "discriminator, generator, expected",
    [
        (1, 1, [("discriminator", [0, 1, 2, 3, 4, 5]), ("generator", [0, 1, 2, 3, 4, 5])]),
        (
            3,
            1,
            [
                ("discriminator", [0, 1]),
                ("discriminator", [2, 3]),
                ("discriminator", [4, 5]),
                ("generator", [4, 5]),
            ],
        ),
        (
            1,
            2,
            [
                ("discriminator", [3, 4, 5]),
                ("generator", [0, 1, 2]),
                ("generator", [3, 4, 5]),
            ],
        ),
        (0, 1, [("generator", [0, 1, 2, 3, 4, 5])]),
    ],
)
def test_each_turn_sees_a_part_of_its_own_of_the_batch(discriminator, generator, expected):
    model = duel(
        Watch, turns={"discriminator": discriminator, "generator": generator}, run_eagerly=True
    )
    model.seen = []
    model.fit(stream(np.arange(12, dtype="float32").reshape(6, 2) // 2, 6), verbose=0)
    assert model.seen == expected


def test_a_player_without_turns_rests():
    model = duel(turns={"discriminator": 0})
    before = model.discriminator.get_weights(), model.generator.get_weights()
    model.fit(stream(points()), verbose=0)
    assert_same(model.discriminator.get_weights(), before[0])
    assert not np.array_equal(model.generator.get_weights()[0], before[1][0])


def test_a_family_may_play_in_an_order_of_its_own():
    class GeneratorFirst(Duel):
        def train_step(self, data):
            first, second = self.deal(data)
            self.take_turn("generator", first)
            self.take_turn("discriminator", second)
            return self.get_metrics_result()

    model = duel(GeneratorFirst, turns={"discriminator": 2})
    by_hand = duel()
    by_hand.set_weights(model.get_weights())
    x = points(8)
    history = model.fit(stream(x, 8), verbose=0).history
    by_hand.take_turn("generator", x[:4])
    by_hand.take_turn("discriminator", x[4:])
    assert_same(values(model), values(by_hand), rtol=0, atol=1e-6)
    assert set(history) == {"discriminator_loss", "generator_loss"}


def test_two_replicas_take_the_same_step_as_one(two_replicas):
    def make():
        model = zoo.GAN(image_shape=(2,), width=4)
        model.compile(
            objective=Wasserstein(),
            penalties=[GradientPenalty(10.0)],
            optimizers={"discriminator": SGD(0.1), "generator": SGD(0.1)},
        )
        return model

    alone = make()
    with two_replicas.scope():
        together = make()
    together.set_weights(alone.get_weights())
    x = points(12)
    for model in (alone, together):
        model.fit(stream(x), verbose=0)
    assert_same(values(together), values(alone), rtol=0, atol=1e-6)


def test_two_replicas_show_and_evaluate_what_one_does(two_replicas):
    def make():
        model = zoo.GAN(image_shape=(2,), width=4)
        model.noise_seed.assign(3)
        model.compile("modern")
        return model

    alone = make()
    with two_replicas.scope():
        together = make()
    together.set_weights(alone.get_weights())
    for model in (alone, together):
        model.fit(stream(points(12)), verbose=0)
    for model in (alone, together):
        assert model.generate(6).shape == (6, 2)
    found, expected = (
        model.evaluate(stream(points(8)), verbose=0, return_dict=True)
        for model in (together, alone)
    )
    assert set(found) == set(expected)


def test_what_keras_cannot_do_on_replicas_is_refused(two_replicas):
    with two_replicas.scope():
        model = zoo.GAN(image_shape=(2,), width=4)
        with pytest.raises(ValueError, match="should be left alone on several replicas"):
            model.compile(steps_per_execution=2)


# Losses and metrics -------------------------------------------------------------------------------


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


def test_a_penalty_on_a_discriminator_with_batch_norm_warns():
    with pytest.warns(UserWarning, match="Build it without, such as with batch_norm=False"):
        zoo.create("dcgan", image_shape=(8, 8, 1), width=2, recipe="modern")


@pytest.mark.parametrize("shape", [(28, 28), (0, 8, 1), (8, 8, 1, 1), ()])
def test_what_is_no_image_shape_is_refused(shape):
    with pytest.raises(ValueError, match="should be \\(height, width, channels\\), or \\(2,\\)"):
        zoo.create("dcgan", image_shape=shape)


def test_labels_beside_a_dataset_are_refused():
    with pytest.raises(ValueError, match="`y` should be given with arrays only"):
        duel().fit(stream(points()), np.zeros(8, "int32"), verbose=0)


def test_what_comes_past_the_checks_of_fit_is_checked_by_the_step():
    def batches():
        yield (np.zeros((4, 3), "float32"),)

    with pytest.raises(ValueError, match="`x` should have shape"):
        duel().fit(batches(), verbose=0)


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
    plain = duel(Terms)
    decayed = duel(Terms, penalties=[WeightDecay()])
    weights = sum((w**2).sum() for w in decayed.discriminator.get_weights())
    x = np.ones((4, 2), "float32")
    a, b = (m.evaluate(stream(x), verbose=0, return_dict=True) for m in (plain, decayed))
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


def test_a_loss_weight_of_no_player_is_refused():
    with pytest.raises(ValueError, match="`loss_weights`"):
        duel(loss_weights={"generater_loss": 3.0})


class Spy(Objective):
    """Notes what it is shown."""

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


def test_the_maker_of_both_sides_minimises_the_joint_loss():
    spy = Spy(False)
    model = duel(objective=spy)
    x = tf.constant(points())
    model.generator_objective(model.discriminator, real=x, fake=x, two_sided=True)
    assert spy.calls == {"joint": (True, True)}


@pytest.mark.parametrize("penalty", [R1(), R2(), GradientPenalty()], ids=repr)
def test_what_is_judged_and_penalised_is_augmented_in_its_first_leaf_only(penalty):
    model = duel(objective=Wasserstein(), penalties=[penalty], augment=lambda x: x + 100.0)
    seen = []

    def critic(x, training):
        (first, second), condition = x
        assert training
        seen.append([float(ops.mean(t)) for t in (first, second, condition)])
        return first + second

    zeros = tf.zeros((4, 1))
    model.discriminator_objective(critic, real=[zeros, zeros], fake=[zeros, zeros], given=zeros)
    assert len(seen) == 3  # real, fake, and what is penalised
    assert seen == [[100.0, 0.0, 0.0]] * 3


# Rules --------------------------------------------------------------------------------------------


def test_changes_replace_the_recipes_entries_one_by_one():
    mine = SGD(0.7)
    model = duel(optimizers={"generator": mine}, turns={"discriminator": 3}, penalties=[R1(2.0)])
    assert model.optimizers["generator"] is mine
    assert float(model.optimizers["discriminator"].learning_rate) == pytest.approx(0.1)
    assert model.turns == {"discriminator": 3, "generator": 1}
    assert [repr(p) for p in model.penalties] == ["R1(gamma=2.0)"]
    assert repr(model.objective) == "NonSaturating(real_label=1.0)"


def test_optimizers_may_be_given_by_name():
    model = duel(optimizers={"generator": "adam", "discriminator": "adam"})
    assert model.optimizers["generator"] is not model.optimizers["discriminator"]


def test_compiling_again_starts_from_the_recipe():
    model = duel(turns={"discriminator": 3})
    model.compile()
    assert model.turns == {"discriminator": 1, "generator": 1}


def test_the_modern_recipe_averages_the_makers_and_decays_the_rates():
    model = duel(recipe="modern", steps=100)
    assert isinstance(model.objective, Relativistic)
    assert [repr(p) for p in model.penalties] == ["R1(gamma=1.0)", "R2(gamma=1.0)"]
    assert model.optimizers["generator"].use_ema
    assert not model.optimizers["discriminator"].use_ema


@pytest.mark.parametrize(
    "error, sentence, rules",
    [
        (TypeError, "`compile` takes objective, .* Received: loss, optimizer.", "unknown rules"),
        (ValueError, "`recipe` should be 'paper' or 'modern'. Received: recipe='old'", "recipe"),
        (ValueError, "`turns` should name players of Duel: .* Received: critic.", "turns of none"),
        (ValueError, "`optimizers` should name players .* Received: critic", "optimizer of none"),
        (ValueError, "`optimizers` should be one object for each player", "shared optimizer"),
        (ValueError, r"`turns` should be integers from 0. Received: {'generator': -1}", "negative"),
        (ValueError, "`turns` should be integers from 0", "half a turn"),
        (ValueError, "`turns` should let at least one player move", "no turns"),
        (TypeError, "`objective` should be one of trainers.objectives", "objective"),
        (TypeError, "`penalties` should be a list from trainers.penalties", "penalties"),
        (TypeError, "`augment` should be a function. Received: 3", "augment"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(error, sentence, rules):
    shared = SGD()
    given = {
        "unknown rules": {"loss": 1, "optimizer": 2},
        "recipe": {"recipe": "old"},
        "turns of none": {"turns": {"critic": 5}},
        "optimizer of none": {"optimizers": {"critic": SGD()}},
        "shared optimizer": {"optimizers": {"discriminator": shared, "generator": shared}},
        "negative": {"turns": {"generator": -1}},
        "half a turn": {"turns": {"generator": 0.5}},
        "no turns": {"turns": {"generator": 0, "discriminator": 0}},
        "objective": {"objective": "hinge"},
        "penalties": {"penalties": [1.0]},
        "augment": {"augment": 3},
    }
    with pytest.raises(error, match=sentence):
        Duel().compile(**given[rules])


def test_one_optimizer_for_all_players_is_refused_in_a_sentence():
    with pytest.raises(TypeError, match="`optimizers` should be"):
        Duel().compile(optimizers=SGD())


def test_a_player_without_an_optimizer_is_refused():
    class Forgetful(Duel):
        def recipe(self):
            return {"objective": NonSaturating(), "optimizers": {"generator": SGD()}}

    with pytest.raises(ValueError, match="one for each player: discriminator?"):
        Forgetful().compile()


def test_a_player_without_a_loss_is_refused_when_the_class_is_defined():
    with pytest.raises(
        TypeError, match=r"Broken should define `encoder_loss\(self, batch, made\)`"
    ):

        class Broken(Duel):
            players = Duel.players | {"encoder": ["encoder"]}


def test_rules_survive_saving(tmp_path):
    rules = dict(
        objective=Relativistic(), penalties=[R1(0.5)], turns={"discriminator": 2}, jit_compile=False
    )
    model = duel(loss_weights={"generator_loss": 3.0}, **rules)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.objective, Relativistic)
    assert [repr(p) for p in loaded.penalties] == ["R1(gamma=0.5)"]
    assert loaded.turns == {"discriminator": 2, "generator": 1}
    assert loaded.loss_weights == {"generator_loss": 3.0}
    assert loaded.compile_options == model.compile_options
    for player, optimizer in model.optimizers.items():
        assert loaded.optimizers[player].get_config() == optimizer.get_config()


def test_no_loss_weights_survive_saving(tmp_path):
    model = duel(Terms, recipe="modern")
    assert model.loss_weights == {}
    model.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").loss_weights == {}


def test_a_config_can_be_used_twice():
    config = Duel().get_config()
    Duel.from_config(config)
    assert config == Duel().get_config() or Duel.from_config(config)


def test_linear_decay_is_constant_then_falls_to_a_hundredth():
    rate = LinearDecay(2.0, 100)
    found = [float(rate(step)) for step in (0, 25, 50, 60, 75, 99, 99.5, 100, 1000)]
    assert found == pytest.approx([2.0, 2.0, 2.0, 1.6, 1.0, 0.04, 0.02, 0.02, 0.02])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(rate))
    assert again.get_config() == {"rate": 2.0, "steps": 100}


# Optimizers ---------------------------------------------------------------------------------------


def test_gradients_are_clipped_by_the_players_optimizer():
    model = duel(
        optimizers={"discriminator": SGD(1.0, clipnorm=1e-4), "generator": SGD(1.0)},
    )
    before = [w.copy() for w in model.discriminator.get_weights()]
    other = [w.copy() for w in model.generator.get_weights()]
    model.fit(stream(points(4)), verbose=0)
    steps = [
        np.linalg.norm(w - old)
        for w, old in zip(model.discriminator.get_weights(), before, strict=True)
    ]
    assert steps == pytest.approx([1e-4] * len(steps), rel=1e-2)
    assert np.linalg.norm(model.generator.get_weights()[0] - other[0]) > 1e-3


def test_accumulated_gradients_take_one_step_with_their_mean():
    model = duel(
        turns={"generator": 0},
        optimizers={"discriminator": SGD(0.1, gradient_accumulation_steps=2)},
    )
    whole = duel(turns={"generator": 0})
    whole.set_weights(model.get_weights())
    before = model.discriminator.get_weights()
    x = points(8)
    model.fit(stream(x[:4]), verbose=0)
    assert_same(model.discriminator.get_weights(), before)
    model.fit(stream(x[4:]), verbose=0)
    whole.fit(stream(x, 8), verbose=0)  # the mean of both halves is that of the whole
    assert_same(
        model.discriminator.get_weights(), whole.discriminator.get_weights(), rtol=0, atol=1e-6
    )


# Averages -----------------------------------------------------------------------------------------


class Record(Callback):
    def __init__(self, values):
        super().__init__()
        self.read, self.values = values, []

    def on_train_batch_end(self, batch, logs=None):
        self.values.append([v.numpy() for v in self.read])


def averaging(momentum=0.5):
    return {"generator": SGD(0.5, use_ema=True, ema_momentum=momentum)}


def test_the_model_to_show_has_the_moving_average_of_the_generators_weights():
    model = duel(optimizers=averaging())
    record = Record(model.generator.trainable_variables)
    model.fit(stream(points(16)), callbacks=[record], verbose=0)
    expected = record.values[0]  # Keras' average starts at the weights after the first step
    for step in record.values[1:]:
        expected = [0.5 * a + 0.5 * v for a, v in zip(expected, step, strict=True)]
    before = [v.numpy() for v in model.variables]
    shown = model.averaged()
    assert shown is not model
    assert_same(values(shown.generator), expected, rtol=0, atol=1e-6)
    assert_same(values(shown.discriminator), values(model.discriminator))
    assert_same([v.numpy() for v in model.variables], before)
    x = points(5)
    np.testing.assert_allclose(model.predict(x, verbose=0), shown.generator(x), atol=1e-6)
    np.testing.assert_allclose(model.generate(5, seed=0), shown.generate(5, seed=0))


def test_without_averages_or_before_the_first_step_the_model_shows_itself():
    model = Duel()
    assert model.averaged() is model
    assert duel().averaged() is not None
    model = duel(optimizers=averaging())
    assert model.averaged() is model


def test_the_averages_shown_follow_the_training():
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    first = values(model.averaged())
    assert model.averaged() is model.averaged()
    model.fit(stream(points()), verbose=0)
    assert not np.array_equal(values(model.averaged())[-1], first[-1])


def test_averages_are_saved_and_loaded(tmp_path):
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same(values(loaded.averaged()), values(model.averaged()))


def test_the_averages_shown_follow_weights_that_are_loaded(tmp_path):
    one, other = duel(optimizers=averaging()), duel(optimizers=averaging())
    for model in (one, other):
        model.fit(stream(points()), verbose=0)
        model.averaged()
    other.save_weights(tmp_path / "other.weights.h5")
    one.load_weights(tmp_path / "other.weights.h5")
    assert_same(values(one.averaged()), values(other.averaged()))


def test_batch_statistics_are_estimated_anew_for_the_averages():
    model = zoo.DCGAN(image_shape=(8, 8, 1), latent_dim=4, width=4)
    model.compile(optimizers=averaging())
    x = np.zeros((16, 8, 8, 1), "float32")
    model.fit(stream(x), verbose=0)
    before = [v.numpy() for v in model.variables]
    shown = model.averaged()
    assert_same([v.numpy() for v in model.variables], before)
    dense = next(n for n in shown.generator.layers if isinstance(n, layers.Dense))
    norm = next(n for n in shown.generator.layers if isinstance(n, layers.BatchNormalization))
    # z ~ U(-1, 1) has variance 1/3; each channel has its places' units.
    variance = (dense.kernel.numpy() ** 2).sum(axis=0) / 3.0
    expected = variance.reshape(-1, norm.moving_variance.shape[0]).mean(axis=0)
    np.testing.assert_allclose(norm.moving_variance, expected, rtol=0.2)
    np.testing.assert_allclose(norm.moving_mean, 0.0, atol=0.1 * np.sqrt(expected.max()))
    assert norm.momentum == 0.9


# Data and callbacks -------------------------------------------------------------------------------


def test_a_split_keeps_the_last_part_of_the_arrays_for_validation():
    model = duel(Terms)
    x = np.concatenate([np.zeros((12, 2)), np.ones((4, 2))]).astype("float32")
    history = model.fit(x, batch_size=4, validation_split=0.25, epochs=2, verbose=0).history
    assert history["discriminator_loss"] == [0.0, 0.0]
    assert history["val_discriminator_loss"] == [1.0, 1.0]
    assert history["val_generator_loss"] == [pytest.approx(11.0)] * 2


@pytest.mark.parametrize("given", [tf.constant, lambda x: stream(x), lambda x: x.tolist()])
def test_a_split_of_what_cannot_be_split_is_refused_or_done(given):
    model = duel(Terms)
    try:
        history = model.fit(given(points(16)), validation_split=0.25, verbose=0).history
    except ValueError:
        return
    assert "val_discriminator_loss" in history


@pytest.mark.parametrize("given", [lambda x: x, lambda x: (x,), stream])
def test_validation_data_may_be_arrays_or_a_dataset(given):
    model = duel(Terms)
    x = np.ones((8, 2), "float32")
    history = model.fit(0.0 * x, validation_data=given(x), verbose=0).history
    assert history["val_discriminator_loss"] == [pytest.approx(1.0)]


def test_validation_moves_nothing():
    a, b = duel(), duel()
    b.set_weights(a.get_weights())
    x = points()
    a.fit(stream(x), epochs=2, verbose=0)
    b.fit(stream(x), epochs=2, validation_data=stream(points(seed=1)), verbose=0)
    assert_same(a.get_weights(), b.get_weights())


def test_fit_before_compile_is_refused():
    with pytest.raises(ValueError, match="compile"):
        Duel().fit(points(), verbose=0)


def test_checkpoints_hold_what_resumes_the_training(tmp_path):
    model = duel(optimizers={"generator": "adam"})
    model.fit(
        stream(points()),
        epochs=2,
        callbacks=[
            ModelCheckpoint(tmp_path / "{epoch}.keras"),
            ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
        ],
        verbose=0,
    )
    whole = keras.saving.load_model(tmp_path / "1.keras")
    weights = duel(optimizers={"generator": "adam"})
    weights.load_weights(tmp_path / "1.weights.h5")
    for resumed in (whole, weights):
        resumed.fit(stream(points()), verbose=0)
        assert_same(resumed.get_weights(), model.get_weights())


def test_the_best_checkpoint_is_chosen_by_a_players_loss(tmp_path):
    model = duel(Terms)
    best = ModelCheckpoint(
        tmp_path / "a.keras", "val_generator_loss", save_best_only=True, mode="min"
    )
    model.fit(points(), validation_split=0.5, epochs=2, callbacks=[best], verbose=0)
    assert (tmp_path / "a.keras").exists()
    assert np.isfinite(best.best)


def test_training_stops_early_on_a_players_loss():
    model = duel(Terms)  # whose losses never change
    stop = EarlyStopping(monitor="generator_loss", patience=2, mode="min")
    history = model.fit(stream(points()), epochs=10, callbacks=[stop], verbose=0).history
    assert len(history["generator_loss"]) == 3


def test_losses_are_logged_as_csv(tmp_path):
    model = duel()
    log = tmp_path / "log.csv"
    history = model.fit(stream(points()), epochs=2, callbacks=[CSVLogger(log)], verbose=0).history
    with open(log) as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["epoch", "discriminator_loss", "generator_loss"]
    assert [float(r["generator_loss"]) for r in rows] == pytest.approx(history["generator_loss"])


# Networks of one's own ----------------------------------------------------------------------------


def maker(latent_dim=3, shape=(8, 8, 1)):
    units = int(np.prod(shape))
    return keras.Sequential(
        [keras.Input((latent_dim,)), layers.Dense(units, "tanh"), layers.Reshape(shape)]
    )


def judge(shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(1)])


def test_given_networks_are_used_and_say_the_sizes():
    generator, discriminator = maker(), judge()
    model = zoo.DCGAN(generator=generator, discriminator=discriminator)
    assert model.generator is generator
    assert model.discriminator is discriminator
    assert (model.image_shape, model.latent_dim) == ((8, 8, 1), 3)
    model.compile()
    model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)
    assert model.generate(2).shape == (2, 8, 8, 1)
    assert model.features(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 64)


@pytest.mark.parametrize("family", [zoo.GAN, zoo.WGANGP, zoo.R3GAN])
def test_sizes_are_those_of_the_networks_when_they_are_not_given(family):
    model = family(generator=maker(), discriminator=judge())
    assert (model.image_shape, model.latent_dim) == ((8, 8, 1), 3)


def test_one_given_network_shapes_the_other():
    model = zoo.DCGAN(discriminator=judge((12, 12, 2)), width=4)
    assert model.generator.output_shape == (None, 12, 12, 2)


def test_networks_of_ones_own_are_saved(tmp_path):
    model = zoo.DCGAN(generator=maker(), discriminator=judge())
    model.compile()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(2, seed=0), model.generate(2, seed=0))


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (
            {"generator": maker(3), "latent_dim": 5},
            "`generator` should fit latent_dim=5. Received: a network with latent_dim=3.",
        ),
        (
            {"generator": maker(3), "image_shape": (16, 16, 1)},
            r"`generator` should fit image_shape=\(16, 16, 1\). Received: .*=\(8, 8, 1\)",
        ),
        (
            {"discriminator": judge(), "image_shape": (16, 16, 1)},
            r"`discriminator` should fit image_shape=\(16, 16, 1\)",
        ),
        (
            {"generator": maker(), "discriminator": judge((16, 16, 1))},
            r"`discriminator` should fit image_shape=\(8, 8, 1\)",
        ),
    ],
)
def test_networks_that_do_not_fit_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        zoo.DCGAN(**arguments)


def test_a_network_that_is_none_is_refused():
    with pytest.raises(TypeError, match="`generator` should be a Keras model. Received: 3"):
        zoo.DCGAN(generator=3)


def test_an_unknown_argument_is_refused_with_the_known_ones():
    with pytest.raises(TypeError, match=r"GAN takes .*generator. Received: depth, encoder."):
        zoo.GAN(encoder=judge(), depth=3)


def test_a_fully_convolutional_judge_fits_any_sides():
    patches = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3)])
    model = zoo.DCGAN(image_shape=(8, 8, 1), discriminator=patches, width=4)
    assert model.image_shape == (8, 8, 1)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.dense = layers.Flatten(), layers.Dense(1)

    def call(self, x):
        return self.dense(self.flatten(x))


def test_a_subclassed_model_may_be_a_network():
    judge = Subclassed()
    with pytest.raises(ValueError, match="`discriminator` should be built: call it once"):
        zoo.DCGAN(image_shape=(8, 8, 1), discriminator=judge, width=4)
    judge(np.zeros((1, 8, 8, 1), "float32"))
    model = zoo.DCGAN(image_shape=(8, 8, 1), discriminator=judge, width=4)
    model.compile()
    model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)


def test_many_inputs_pass_a_network_batch_by_batch():
    x = [points(7), points(7, seed=1)]
    a, b = keras.Input((2,)), keras.Input((2,))
    two = keras.Model([a, b], {"sum": layers.Add()([a, b]), "first": layers.Identity()(a)})
    found = in_batches(two, x, batch_size=3)
    np.testing.assert_allclose(found["sum"], x[0] + x[1], atol=1e-6)
    np.testing.assert_array_equal(found["first"], x[0])
