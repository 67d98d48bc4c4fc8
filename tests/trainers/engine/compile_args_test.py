import keras
import numpy as np
import pytest
from keras.optimizers import SGD

import zoo
from tests.trainers.duel import Duel, Terms, assert_same, duel, points, stream
from trainers.objectives import NonSaturating, Relativistic
from trainers.penalties import R1
from trainers.schedules import LinearDecay


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


def test_the_modern_recipe_averages_the_generators_weights_and_decays_the_rates():
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
        (ValueError, "`turns` should train at least one player", "no turns"),
        (ValueError, "`schedule` should be 'alternating' or 'simultaneous'. Rec", "schedule"),
        (ValueError, "`turns` should be 0 or 1 with schedule='simultaneous'", "turns at once"),
        (TypeError, "`objective` should be one of trainers.objectives", "objective"),
        (TypeError, "`penalties` should be a list from trainers.penalties", "penalties"),
        (TypeError, "`augment` should be a function. Received: 3", "augment"),
        (TypeError, "`optimizers` should be Keras optimizers or their names. Rec", "no optimizer"),
        (ValueError, "finite learning rate from 0. Received: learning_rate=nan of 'gen", "nan"),
        (ValueError, "finite learning rate from 0. Received: learning_rate=-1 of 'gen", "uphill"),
        (ValueError, "finite learning rate .* learning_rate=-0.5 of 'gen", "schedule of rates"),
        (ValueError, "`loss_weights` should be finite numbers. Received: .* nan", "nan weight"),
        (ValueError, "`loss_weights` should be finite numbers. Received: .* 'a'", "no weight"),
        (ValueError, "`steps_per_execution` should be an integer from 1. Rec", "no steps"),
        (ValueError, "`steps_per_execution` should be an integer from 1. .*=-1", "steps back"),
        (ValueError, "`jit_compile` should be True, False or 'auto'. Rec", "jit"),
        (ValueError, "`steps` should be an integer from 1. Received: steps=0", "decay over none"),
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
        "schedule": {"schedule": "both"},
        "turns at once": {"schedule": "simultaneous", "turns": {"discriminator": 5}},
        "objective": {"objective": "hinge"},
        "penalties": {"penalties": [1.0]},
        "augment": {"augment": 3},
        "no optimizer": {"optimizers": {"generator": 0.1}},
        "nan": {"optimizers": {"generator": SGD(float("nan"))}},
        "uphill": {"optimizers": {"generator": SGD(-1.0)}},
        "schedule of rates": {"optimizers": {"generator": SGD(LinearDecay(-0.5, 10))}},
        "nan weight": {"loss_weights": {"generator_loss": float("nan")}},
        "no weight": {"loss_weights": {"generator_loss": "a"}},
        "no steps": {"steps_per_execution": 0},
        "steps back": {"steps_per_execution": -1},
        "jit": {"jit_compile": "yes"},
        "decay over none": {"recipe": "modern", "steps": 0},
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


def test_rules_survive_saving(tmp_path):
    rules = dict(
        objective=Relativistic(),
        penalties=[R1(0.5)],
        turns={"discriminator": 0},
        jit_compile=False,
        schedule="simultaneous",
    )
    model = duel(loss_weights={"generator_loss": 3.0}, **rules)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.objective, Relativistic)
    assert [repr(p) for p in loaded.penalties] == ["R1(gamma=0.5)"]
    assert loaded.turns == {"discriminator": 0, "generator": 1}
    assert loaded.schedule == "simultaneous"
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


def test_a_penalty_on_a_discriminator_with_batch_norm_warns():
    with pytest.warns(UserWarning, match="without it, for example with batch_norm=False"):
        zoo.create("dcgan", image_shape=(8, 8, 1), width=2, recipe="modern")


def test_a_loss_weight_of_no_player_is_refused():
    with pytest.raises(ValueError, match="`loss_weights`"):
        duel(loss_weights={"generater_loss": 3.0})


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


def test_a_file_of_a_version_without_schedules_is_played_in_turns():
    model = zoo.create("gan", image_shape=(2,))
    model.compile(schedule="simultaneous", synchronized=True)
    config = model.get_compile_config()
    del config["rules"]["schedule"], config["options"]["synchronized"]
    other = zoo.create("gan", image_shape=(2,))
    other.compile_from_config(config)
    assert other.schedule == "alternating"
    assert other.compile_options["synchronized"] is None


@pytest.mark.parametrize(
    "part, change, sentence",
    [
        ("rules", {"turns": {"generator": -1}}, "`turns` should be integers from 0. Received: "),
        ("rules", {"schedule": "nonsense"}, "`schedule` should be 'alternating' or"),
        ("rules", {"loss": "mse"}, "`compile` takes objective, .* Received: loss."),
        ("options", {"steps_per_execution": -1}, "`steps_per_execution` should be an integer fr"),
    ],
)
def test_the_rules_of_a_file_are_checked_as_those_of_compile(part, change, sentence):
    config = duel().get_compile_config()
    config[part] |= change
    with pytest.raises((TypeError, ValueError), match=sentence):
        Duel().compile_from_config(config)
