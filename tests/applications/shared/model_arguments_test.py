"""--set names arguments of the model and numbers of its recipe."""

import json

import keras
import pytest

import zoo
from applications import image_synthesis, shape_synthesis, style_transfer
from applications.shared import model_arguments, training_job
from tests.applications import scripts
from trainers import objectives, penalties

SETTINGS = {
    **{"model": "wgan_gp", "recipe": "modern", "scale": "small", "batch_size": 8},
    **{"seed": 0, "precision": "float32"},
}


def changed(model, text):
    model.compile(**model_arguments.recipe_changes(model, model_arguments.parse([text])))
    return model


def rates(model, step=0):
    rates = [getattr(o, "inner_optimizer", o)._learning_rate for o in model.optimizers.values()]
    rates = [rate(step) if callable(rate) else rate for rate in rates]
    return [float(keras.ops.convert_to_numpy(rate)) for rate in rates]


def gan(recipe="paper", **arguments):
    return zoo.create("gan", recipe, "small", 100, image_shape=(2,), **arguments)


def test_values_are_literals_and_words():
    found = model_arguments.parse(["a=.7, b=[1,2],c=(0.3,0.5)", "d=True,e=ring,f='x,y',g=1e-4"])
    assert found == {
        **{"a": 0.7, "b": [1, 2], "c": (0.3, 0.5), "d": True},
        **{"e": "ring", "f": "x,y", "g": 1e-4},
    }
    assert model_arguments.parse([model_arguments.text_of(found)]) == found


@pytest.mark.parametrize("text", ["gamma", "=1", "gamma=", "gamma=1+", "gamma=f(2)", "2=3", ""])
def test_what_is_no_name_and_value_is_refused(text):
    with pytest.raises(ValueError, match="--set: should be NAME=VALUE, .* Received: "):
        model_arguments.parse([text])


def test_a_name_that_is_given_twice_is_refused():
    with pytest.raises(ValueError, match="--set: should name each argument once. Received: width"):
        model_arguments.parse(["width=3", "width=4"])


def test_arguments_of_the_constructor_are_told_from_numbers_of_the_recipe():
    values = {"width": 8, "classes": 3, "gamma": 0.7}
    taken, left = model_arguments.split(values, zoo.CGAN, fixed=("image_shape", "classes"))
    assert taken == {"width": 8}
    assert left == {"classes": 3, "gamma": 0.7}  # follows from the data: no argument of --set


@pytest.mark.parametrize(
    ("family", "values", "message"),
    [
        (zoo.SNGAN, {"residual": "false"}, "`residual` should be True or False. Received: residua"),
        (zoo.SNGAN, {"residual": 1}, "`residual` should be True or False"),
        (zoo.GAN, {"width": 8.5}, "`width` should be an integer. Received: width=8.5"),
        (zoo.GAN, {"width": True}, "`width` should be an integer"),
        (zoo.AAE, {"prior": 3}, "`prior` should be text, such as normal"),
        (zoo.WGAN, {"clip": "small"}, "`clip` should be a number, such as 0.01"),
        (zoo.WGAN, {"clip": float("inf")}, "`clip` should be a number"),
        (zoo.SemiSupervisedGAN, {"noises": 0.3}, "`noises` should be numbers, such as .0.3, 0.5."),
    ],
)
def test_a_value_of_another_kind_is_refused(family, values, message):
    with pytest.raises(ValueError, match=f"--set: {message}"):
        model_arguments.split(values, family)


def test_a_number_is_that_of_all_parts_that_have_one():
    model = changed(gan("modern"), "gamma=.7,beta_1=.5,rate=1e-4")
    assert [repr(p) for p in model.penalties] == ["R1(gamma=0.7)", "R2(gamma=0.7)"]
    assert {o.beta_1 for o in model.optimizers.values()} == {0.5}
    assert {o.beta_2 for o in model.optimizers.values()} == {0.99}
    assert rates(model) == pytest.approx([1e-4, 1e-4])
    assert rates(model, 100) == pytest.approx([1e-6, 1e-6])  # falls as before, to a hundredth
    assert [o.use_ema for o in model.optimizers.values()] == [False, True]


def test_an_objective_has_its_defaults_and_numbers():
    assert isinstance(changed(gan(), "objective=Hinge").objective, objectives.Hinge)
    model = changed(gan("modern"), "real_label=.9,objective=NonSaturating")
    assert repr(model.objective) == "NonSaturating(real_label=0.9)"
    assert isinstance(model.penalties[0], penalties.R1)


def test_a_rate_may_be_an_integer():
    dcgan = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1), width=4)
    assert rates(changed(dcgan, "rate=1")) == [1.0, 1.0]
    with pytest.raises(ValueError, match="should have a finite learning rate from 0"):
        changed(dcgan, "rate=-1")


def test_rates_that_fall_by_a_schedule_of_keras_begin_at_the_number():
    model = zoo.create("gan", image_shape=(28, 28, 1))  # SGD at .1, divided at each step
    assert rates(changed(model, "rate=0.02"), 0) == pytest.approx([0.02, 0.02])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gama=.7", "arguments of GAN or of its recipe. Did you mean gamma. Received: gama. There"),
        ("image_shape=(2,)", "Received: image_shape. There are beta_1, .*, rate, width.$"),
        ("objective=Hinges", "`objective` should be Hinge or .* for GAN. Received: objective=Hing"),
        ("objective=None", "`objective` should be Hinge or"),
        ("objective=FDivergence", "`objective` should be Hinge or"),
        ("gamma=high", "`gamma` should be a number, such as 0.5. Received: gamma='high'"),
        ("gamma=-1", "`gamma` should be .* Received: gamma=-1"),
        ("beta_1=1", "`beta_1` should be from 0, and below 1. Received: beta_1=1"),
    ],
)
def test_what_the_recipe_does_not_have_is_refused_in_one_line(text, message):
    model, values = gan("modern"), model_arguments.parse([text])
    with pytest.raises(ValueError, match=f"^--set: .*{message}") as error:
        model_arguments.recipe_changes(model, values, fixed=("image_shape",))
    assert "\n" not in str(error.value)


def test_a_family_for_some_objectives_takes_no_other():
    model = zoo.create("semi_supervised", scale="small", image_shape=(8, 8, 1))
    with pytest.raises(ValueError, match="--set: `objective` should be Minimax or NonS"):
        model_arguments.recipe_changes(model, {"objective": "Hinge"})


def test_rates_behind_a_loss_scale_and_on_replicas_are_set(two_replicas):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with two_replicas.scope():
            model = changed(gan(), "rate=2e-4,beta_1=.4")
    finally:
        keras.config.set_dtype_policy("float32")
    assert rates(model) == pytest.approx([2e-4, 2e-4])
    assert {o.inner_optimizer.beta_1 for o in model.optimizers.values()} == {0.4}


def job(tmp_path, text, **settings):
    settings = SETTINGS | settings | {"set": text}
    return training_job.TrainingJob(settings, 10, tmp_path, tmp_path / "exports")


def test_a_job_creates_and_compiles_its_model_with_the_values(tmp_path):
    one = job(tmp_path, "gamma=0.7,objective=Hinge,width=8")
    model = one.create_model({"width": 4, "residual": False}, image_shape=(8, 8, 1))
    assert (model.width, model.residual) == (8, False)  # --set is before the script's defaults
    one.compile(model, turns={"discriminator": 2}, optimizers=model.adam(1e-3))
    assert repr(model.objective) == "Hinge()" and repr(model.penalties[0]) == "R1(gamma=0.7)"
    assert model.turns["discriminator"] == 2 and rates(model) == pytest.approx([1e-3, 1e-3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width=0", "`width` should be an integer from 1. Received: width=0"),
        ("rate=-1", "should have a finite learning rate from 0. Received: learning_rate=-1"),
        ("image_shape=(2,)", "should name arguments of WGANGP or of its recipe"),
    ],
)
def test_a_job_refuses_values_that_do_not_fit(tmp_path, text, message):
    with pytest.raises(ValueError, match=f"^--set: .*{message}"):
        job(tmp_path, text).create_model(image_shape=(8, 8, 1))


@pytest.fixture
def settings_of(monkeypatch, tmp_path):
    """A function from flags to the settings of the job of image_synthesis, or the error line."""
    jobs = []
    monkeypatch.setattr(image_synthesis, "synthesize", lambda job, features: jobs.append(job))

    def settings(*flags):
        code, _, errors = scripts.here(image_synthesis, f"--out={tmp_path}", *flags)
        return errors.strip() if code else jobs.pop().settings

    return settings


def test_the_flag_is_repeated_or_a_list_and_is_a_setting_of_the_run(settings_of):
    found = settings_of("--set=width=8,objective=Hinge", "--set", "gamma=.7")
    assert found["set"] == "gamma=0.7,objective=Hinge,width=8"
    assert "set" not in settings_of()  # as the runs of earlier versions have it


def test_a_run_that_is_resumed_keeps_its_values(settings_of, tmp_path):
    recorded = settings_of() | {"set": "gamma=0.7,width=8"}
    (tmp_path / "settings.json").write_text(json.dumps(recorded))
    assert settings_of("--resume") == settings_of("--resume", "--set=width=8,gamma=.7") == recorded
    assert "set" not in settings_of("--overwrite")
    error = settings_of("--resume", "--set=gamma=.8")
    assert "--set: should be gamma=0.7,width=8, as the run in" in error
    assert error.endswith("Received: gamma=0.8")
    (tmp_path / "settings.json").write_text(json.dumps(settings_of("--overwrite")))
    assert "--set: should be left out, as the run" in settings_of("--resume", "--set=gamma=.8")


@pytest.mark.parametrize("script", [style_transfer, shape_synthesis])
def test_the_flag_is_of_a_training_only(script, tmp_path):
    code, _, errors = scripts.here(script, "--run=x", f"--out={tmp_path}", "--set=width=8")
    assert code == 2 and "--set applies to training only" in errors
