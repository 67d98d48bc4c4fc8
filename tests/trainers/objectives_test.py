import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers.objectives import (
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Objective,
    Relativistic,
    Wasserstein,
)

REAL = np.array([-5.0, 1.4, 12.5, 2.7], "float32")
FAKE = np.array([10.0, 4.4, -5.5, 3.6], "float32")
ALL = [
    Hinge(),
    LeastSquares(),
    Minimax(),
    NonSaturating(),
    NonSaturating(real_label=0.9),
    Relativistic(),
    Wasserstein(),
]
KNOWN = [  # objective, generator's loss, discriminator's loss
    (Wasserstein(), -3.125, 0.225),
    (Hinge(), -3.125, 6.75),
    (LeastSquares(), 17.69625, 41.73375),
    (NonSaturating(), 1.385821, 5.833866),
    (NonSaturating(real_label=0.75), 1.385821, 6.558865),
    (Minimax(), -4.510821, 5.833866),
    (Relativistic(), 4.597435, 4.822435),
]


def softplus(t):
    return np.logaddexp(0.0, t)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 2), (1, 2, 2, 1)])
@pytest.mark.parametrize("objective, generator, discriminator", KNOWN, ids=repr)
def test_the_losses_are_the_known_numbers_in_any_shape(objective, generator, discriminator, shape):
    real, fake = REAL.reshape(shape), FAKE.reshape(shape)
    assert float(objective.generator_loss(real, fake)) == pytest.approx(generator, abs=1e-5)
    assert float(objective.discriminator_loss(real, fake)) == pytest.approx(discriminator, abs=1e-5)


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_only_a_relativistic_generator_looks_at_the_real_outputs(objective):
    if objective.relativistic:
        with pytest.raises((TypeError, ValueError)):
            objective.generator_loss(None, FAKE)
    else:
        alone = float(objective.generator_loss(None, FAKE))
        assert alone == float(objective.generator_loss(REAL, FAKE))


@pytest.mark.parametrize(
    "objective, expected",
    [
        (NonSaturating(), softplus(-FAKE).mean() + softplus(REAL).mean()),
        (NonSaturating(real_label=0.75), softplus(-FAKE).mean() + softplus(REAL).mean()),
        (Minimax(), -5.833866),
        (Wasserstein(), -0.225),
        (LeastSquares(), 0.5 * ((FAKE - 1) ** 2).mean() + 0.5 * (REAL**2).mean()),
        (Hinge(), REAL.mean() - FAKE.mean()),
        (Relativistic(), softplus(REAL - FAKE).mean()),
    ],
    ids=repr,
)
def test_the_maker_of_both_sides_wants_them_to_be_taken_for_each_other(objective, expected):
    assert float(objective.joint_loss(REAL, FAKE)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_a_discriminator_gains_when_real_goes_up_and_fake_goes_down(objective):
    real, fake = tf.zeros((4, 1)), tf.zeros((4, 1))
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = objective.discriminator_loss(real, fake)
    on_real, on_fake = tape.gradient(loss, [real, fake])
    assert (on_real < 0).numpy().all()
    assert (on_fake >= 0).numpy().all()  # at 0 the least squares are indifferent


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_a_generator_gains_when_its_fakes_are_judged_higher(objective):
    fake = tf.zeros((4, 1))
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = objective.generator_loss(tf.zeros((4, 1)), fake)
    assert (tape.gradient(loss, fake) < 0).numpy().all()


def slope_when_the_discriminator_wins(objective):
    fake = tf.constant([[-20.0]])
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = objective.generator_loss(None, fake)
    return abs(float(tape.gradient(loss, fake)[0, 0]))


def test_minimax_saturates_when_the_discriminator_wins_and_non_saturating_does_not():
    assert slope_when_the_discriminator_wins(Minimax()) < 1e-8
    assert slope_when_the_discriminator_wins(NonSaturating()) == pytest.approx(1.0, abs=1e-6)


def test_the_minimax_value_at_the_best_discriminator_is_twice_the_jensen_shannon_less_log_4():
    p, q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.4, 0.1, 0.1])
    draws = 10_000
    logits = np.log(p / q)  # D = p / (p + q)
    real = np.repeat(logits, (p * draws).round().astype(int)).astype("float32")
    fake = np.repeat(logits, (q * draws).round().astype(int)).astype("float32")
    middle = (p + q) / 2
    divergence = 0.5 * (p * np.log(p / middle)).sum() + 0.5 * (q * np.log(q / middle)).sum()
    value = -float(Minimax().discriminator_loss(real, fake))
    assert value == pytest.approx(2 * divergence - np.log(4.0), abs=1e-5)


def test_equal_distributions_leave_the_minimax_value_at_minus_log_4():
    value = -float(Minimax().discriminator_loss(np.zeros((4, 1)), np.zeros((4, 1))))
    assert value == pytest.approx(-np.log(4.0), abs=1e-6)


def test_the_least_squares_at_the_best_discriminator_are_a_quarter_of_pearsons_divergence():
    p, q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.4, 0.1, 0.1])
    best = p / (p + q)  # of ½E(real - 1)² + ½E fake²
    real = np.repeat(best, (p * 1000).round().astype(int)).astype("float32")
    fake = np.repeat(best, (q * 1000).round().astype(int)).astype("float32")
    expected = 0.5 * (p * q / (p + q)).sum()
    assert float(LeastSquares().discriminator_loss(real, fake)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("objective", [Minimax(), NonSaturating(), Relativistic()], ids=repr)
def test_a_large_logit_neither_overflows_nor_is_clipped(objective):
    real, fake = np.full((2, 1), -300.0, "float32"), np.full((2, 1), 300.0, "float32")
    loss = float(objective.discriminator_loss(real, fake))
    assert loss == pytest.approx(600.0)


def test_smoothing_moves_the_best_real_logit_from_infinity_to_that_of_the_label():
    logit = np.log(0.9 / 0.1).astype("float32")
    real = tf.fill((4, 1), logit)
    with tf.GradientTape() as tape:
        tape.watch(real)
        loss = NonSaturating(real_label=0.9).discriminator_loss(real, tf.zeros((4, 1)))
    np.testing.assert_allclose(tape.gradient(loss, real), 0.0, atol=1e-7)


@pytest.mark.parametrize("label", [0.0, -0.1, 1.1])
def test_a_smoothed_label_out_of_range_is_refused(label):
    with pytest.raises(ValueError, match=r"`real_label` should be in \(0, 1\]"):
        NonSaturating(real_label=label)


@pytest.mark.parametrize("objective", ALL, ids=repr)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_outputs_of_lower_precision_are_computed_in_float32(objective, dtype):
    real, fake = (tf.cast(scale * x, dtype) for scale, x in ((1.7, REAL), (1.3, FAKE)))
    for name in ("discriminator_loss", "generator_loss", "joint_loss"):
        loss = getattr(objective, name)
        found, expected = loss(real, fake), loss(*(tf.cast(x, "float32") for x in (real, fake)))
        assert found.dtype == "float32"
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_large_outputs_of_float16_do_not_overflow():
    large = tf.constant([300.0, -300.0], "float16")  # squared 9e4, of which float16 has 6.5e4
    assert float(LeastSquares().generator_loss(None, large)) == pytest.approx(45_000.5)


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_it_comes_back_from_its_config(objective):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(objective))
    assert type(again) is type(objective)
    assert repr(again) == repr(objective)
    assert float(again.discriminator_loss(REAL, FAKE)) == float(
        objective.discriminator_loss(REAL, FAKE)
    )


def test_its_name_shows_its_arguments():
    assert repr(NonSaturating(real_label=0.9)) == "NonSaturating(real_label=0.9)"
    assert repr(Hinge()) == "Hinge()"


def test_a_new_objective_needs_two_losses_only():
    class Gap(Objective):
        def discriminator_loss(self, real, fake):
            return tf.reduce_mean(fake) - tf.reduce_mean(real)

        def generator_loss(self, real, fake):
            return -tf.reduce_mean(fake)

    assert float(Gap().joint_loss(REAL, FAKE)) == pytest.approx(-0.225, abs=1e-6)
