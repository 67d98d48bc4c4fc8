import pytest

import zoo

SMALL = {"image_shape": (8, 8, 1), "width": 8}


def test_an_adam_for_each_player_has_the_numbers_of_its_player():
    model = zoo.create("aae", **SMALL)
    rates = {"autoencoder": 1e-3, "discriminator": 2e-3, "encoder": 3e-3}
    betas = {"autoencoder": 0.9, "discriminator": 0.5, "encoder": 0.4}
    found = model.adam(rates, betas, 0.99, averaged=["encoder"], momentum=0.95)
    assert {p: round(float(a.learning_rate), 6) for p, a in found.items()} == rates
    assert {p: a.beta_1 for p, a in found.items()} == betas
    assert {a.beta_2 for a in found.values()} == {0.99}
    assert {a.epsilon for a in found.values()} == {1e-8}
    assert [p for p, a in found.items() if a.use_ema] == ["encoder"]
    assert found["encoder"].ema_momentum == 0.95


def test_its_rates_decay_over_the_second_half_of_the_steps():
    adam = zoo.create("gan", **SMALL).adam(1e-2, steps=100)["generator"]
    rates = [float(adam._learning_rate(step)) for step in (0, 50, 75, 100)]
    assert rates == pytest.approx([1e-2, 1e-2, 5e-3, 1e-4])


@pytest.mark.parametrize("steps, momentum", [(None, 0.999), (10_000, 0.999), (500, 0.99), (2, 0)])
def test_averages_of_few_steps_forget_where_they_began(steps, momentum):
    adam = zoo.create("gan", **SMALL).adam(1e-3, steps=steps, averaged=["generator"])["generator"]
    assert adam.ema_momentum == pytest.approx(momentum)
    assert steps in (None, 2) or adam.ema_momentum**steps < 0.01


@pytest.mark.parametrize(
    "arguments",
    [{"rate": {"generator": 1e-3}}, {"rate": 1e-3, "averaged": ["generater"]}],
)
def test_players_that_are_none_are_refused(arguments):
    with pytest.raises(ValueError, match="should name players of GAN"):
        zoo.create("gan", **SMALL).adam(**arguments)


MODERN = {  # family: rates, β₁, β₂, whose weights are averaged
    "aae": ({"autoencoder": 1e-3, "discriminator": 1e-3, "encoder": 1e-3}, 0.5, 0.999),
    "avb": ({"discriminator": 2e-3, "autoencoder": 3e-4}, 0.9, 0.999),
    "infogan": ({"discriminator": 2e-4, "generator": 1e-3}, 0.5, 0.999),
    "gan": ({"discriminator": 5e-4, "generator": 5e-4}, 0.0, 0.99),
    "bigan": ({"discriminator": 5e-4, "generator": 5e-4}, 0.5, 0.99),
}


@pytest.mark.parametrize("name", MODERN)
def test_modern_recipes_have_the_numbers_that_were_measured(name):
    rates, beta_1, beta_2 = MODERN[name]
    optimizers = zoo.create(name, recipe="modern", **SMALL).optimizers
    assert {p: round(float(o.learning_rate), 6) for p, o in optimizers.items()} == rates
    assert optimizers["discriminator"].beta_1 == beta_1
    assert {o.beta_2 for o in optimizers.values()} == {beta_2}
    assert [p for p, o in optimizers.items() if not o.use_ema] == ["discriminator"]
