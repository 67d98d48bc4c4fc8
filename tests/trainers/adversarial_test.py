import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainers.duel import Duel, TwoPasses, assert_same, duel, points, stream, values
from tests.zoo import families
from trainers.objectives import NonSaturating, Relativistic
from trainers.penalties import R1, R2, GradientPenalty


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


def test_players_share_the_latents_of_a_step_and_draw_anew_for_a_turn_on_its_own():
    drawn = []

    class Drawing(Duel):
        def forward(self, x):
            drawn.append(self.latents(4))
            return {"real": x, "fake": self.generator(drawn[-1], training=True)}

    model = Drawing()
    model.compile()
    model.train_step(points(4))
    assert len(drawn) == 1
    for player in model.players:
        model.take_turn(player, points(4))
    assert len(drawn) == 3
    assert len({z.numpy().tobytes() for z in drawn}) == 3


def test_outputs_of_a_network_that_was_updated_are_not_used_again():
    model = duel()
    outputs = model.run_forward(points())
    first = np.array(outputs.values["fake"])
    model.take_turn("discriminator", points(), outputs)
    assert not outputs.stale
    model.take_turn("generator", points(), outputs)
    assert outputs.stale
    passes = model.passes
    model.take_turn("discriminator", points(), outputs)  # generates its own
    assert model.passes == passes + 1
    assert not np.array_equal(model.run_forward(points()).values["fake"], first)


@pytest.mark.parametrize("turns, passes", [((1, 1), 1), ((3, 1), 3), ((1, 3), 4), ((2, 0), 2)])
def test_no_fakes_are_generated_without_need(turns, passes):
    model = duel(turns=dict(zip(Duel.players, turns, strict=True)), run_eagerly=True)
    model.train_step((points(6),))
    assert model.passes == passes


class Watch(Duel):
    """Notes which samples each turn sees."""

    def discriminator_loss(self, x, outputs):
        self.seen.append(("discriminator", x[:, 0].numpy().tolist()))
        return super().discriminator_loss(x, outputs)

    def generator_loss(self, x, outputs):
        self.seen.append(("generator", x[:, 0].numpy().tolist()))
        return super().generator_loss(x, outputs)


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
            first, second = self.split_batch(data)
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


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_simultaneous_step_moves_all_players_from_the_same_point(jit_compile):
    together = duel(schedule="simultaneous", jit_compile=jit_compile)
    d, g = (keras.models.clone_model(n) for n in (together.discriminator, together.generator))
    d.set_weights(together.discriminator.get_weights())
    g.set_weights(together.generator.get_weights())
    x = points(4)
    history = together.fit(stream(x), verbose=0).history
    with tf.GradientTape(persistent=True) as tape:
        on_real, on_fake = d(x), d(g(x[:, ::-1]))
        d_loss = tf.reduce_mean(tf.math.softplus(-on_real) + tf.math.softplus(on_fake))
        g_loss = tf.reduce_mean(tf.math.softplus(-on_fake))
    slopes = tape.gradient(d_loss, d.trainable_variables)
    slopes += tape.gradient(g_loss, g.trainable_variables)
    rates = [0.1] * len(d.trainable_variables) + [0.2] * len(g.trainable_variables)
    variables = d.trainable_variables + g.trainable_variables
    for v, slope, rate in zip(variables, slopes, rates, strict=True):
        v.assign_sub(rate * slope)
    assert_same(together.discriminator.get_weights(), d.get_weights(), rtol=0, atol=1e-6)
    assert_same(together.generator.get_weights(), g.get_weights(), rtol=0, atol=1e-6)
    assert history["discriminator_loss"] == [pytest.approx(float(d_loss))]
    assert history["generator_loss"] == [pytest.approx(float(g_loss))]


class Counts(Duel):
    """Counts the forward passes of its discriminator."""

    def __init__(self, image_shape=(2,), latent_dim=2, name=None, **networks):
        super().__init__(image_shape, latent_dim, name, **networks)
        original, self.discriminator_calls = self.discriminator.call, 0

        def call(*args, **kwargs):
            self.discriminator_calls += 1
            return original(*args, **kwargs)

        self.discriminator.call = call


@pytest.mark.parametrize(
    "schedule, objective, discriminator_calls",
    [
        ("alternating", NonSaturating, 3),  # D: real and fake, G: fake
        ("simultaneous", NonSaturating, 2),
        ("alternating", Relativistic, 4),
        ("simultaneous", Relativistic, 2),
    ],
)
def test_a_simultaneous_step_shares_the_outputs_of_the_discriminator(
    schedule, objective, discriminator_calls
):
    model = duel(Counts, schedule=schedule, objective=objective(), run_eagerly=True)
    model.train_step((points(4),))
    assert model.discriminator_calls == discriminator_calls


def test_a_penalty_has_a_pass_of_its_own_in_a_simultaneous_step():
    """The tape of a penalty does not record a shared pass, and the gradient would be 0."""
    model = duel(Counts, schedule="simultaneous", penalties=[R1(2.0), R2(2.0)], run_eagerly=True)
    unpenalised = duel(Counts, schedule="simultaneous", run_eagerly=True)
    families.assign(unpenalised, model)
    losses = [float(m.train_step((points(4),))["discriminator_loss"]) for m in (model, unpenalised)]
    assert model.discriminator_calls == 4
    assert losses[0] > losses[1]


def test_a_player_may_rest_in_a_simultaneous_step():
    model = duel(schedule="simultaneous", turns={"discriminator": 0})
    before = model.discriminator.get_weights(), model.generator.get_weights()
    history = model.fit(stream(points()), verbose=0).history
    assert_same(model.discriminator.get_weights(), before[0])
    assert not np.array_equal(model.generator.get_weights()[0], before[1][0])
    assert set(history) == {"generator_loss"}


def test_a_player_without_a_loss_is_refused_when_the_class_is_defined():
    with pytest.raises(
        TypeError, match=r"Broken should define `encoder_loss\(self, batch, outputs\)`"
    ):

        class Broken(Duel):
            players = Duel.players | {"encoder": ["encoder"]}
