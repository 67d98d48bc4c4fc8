import pytest

import zoo
from tests.zoo import families
from trainers.objectives import Relativistic


def test_models_are_listed_in_alphabetical_order():
    names = zoo.list_models()
    assert names == sorted(names)
    assert {"gan", "dcgan", "cgan", "wgan_gp", "r3gan"} <= set(names)


@families.each(zoo.list_models(), thorough=families.IMAGES)
def test_every_name_creates_its_family_compiled(row):
    name = row
    model = zoo.create(name, **families.IMAGES[name])
    assert type(model).family == name
    assert model.compiled
    assert type(model).__name__ in zoo.__all__
    assert getattr(zoo, type(model).__name__) is type(model)


@pytest.mark.parametrize(
    "name, near",
    [("dc_gan", "dcgan"), ("DCGAN", "Did you mean dcgan "), ("wgangp", "wgan_gp"), ("r3", "r3gan")],
)
def test_an_unknown_name_is_refused_with_similar_ones(name, near):
    with pytest.raises(ValueError, match=f"`name` should be one of the models. .*{near}") as error:
        zoo.create(name)
    assert f"Received: name={name!r}" in str(error.value)
    for known in zoo.list_models():
        assert known in str(error.value)


def test_a_name_without_similar_ones_gets_no_hint():
    with pytest.raises(ValueError, match="`name` should be one of the models. Received: name='x'"):
        zoo.create("x")


def test_an_unknown_recipe_is_refused():
    with pytest.raises(ValueError, match="`recipe` should be 'paper' or 'modern'"):
        zoo.create("gan", image_shape=(2,), recipe="best")


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="`scale` should be 'paper' or 'small'. Received: .*'big'"):
        zoo.create("gan", scale="big")


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="GAN takes .* Received: depth"):
        zoo.create("gan", depth=3)


def test_arguments_override_those_of_the_small_scale():
    model = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1), width=3)
    assert model.width == 3
    assert model.latent_dim == 64


def test_the_modern_recipe_decays_over_the_given_steps():
    model = zoo.create("gan", image_shape=(2,), recipe="modern", steps=40)
    assert isinstance(model.objective, Relativistic)
    rates = [o._learning_rate for o in model.optimizers.values()]
    assert [rate.steps for rate in rates] == [40, 40]
    assert float(rates[0](40)) == pytest.approx(5e-6)


@pytest.mark.parametrize("value", ["False", 2, "yes"])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(ValueError, match="`batch_norm` should be True or False. Received: batch_n"):
        zoo.create("dcgan", scale="small", image_shape=(8, 8, 1), width=4, batch_norm=value)


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
def test_a_model_is_not_saved_in_the_older_format(suffix, tmp_path):
    model = zoo.create("gan", image_shape=(2,), width=4)
    with pytest.raises(ValueError, match="`filepath` should end in .keras"):
        model.save(tmp_path / f"model{suffix}")
    assert not list(tmp_path.iterdir())
