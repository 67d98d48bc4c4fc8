import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import tree

from tests.trainers.duel import Duel, duel
from trainers.penalties import (
    DRAGAN,
    R1,
    R2,
    GradientPenalty,
    HistoricalAverage,
    Penalty,
    squared_gradient_norm,
)

WEIGHTS = tf.constant([[3.0], [4.0]])  # of norm 5


def linear(x):
    return x @ WEIGHTS


def parabola(x):
    return 0.5 * tf.reduce_sum(tf.square(x), axis=1, keepdims=True)


def leaves_of_one_linear_function(x):
    """w·x with |w| = 5, whose coordinates are spread over the leaves of x."""
    weights = iter([3.0, 4.0])
    return sum(tf.reshape(leaf, (-1, 1)) * next(weights) for leaf in tree.flatten(x))


def columns(values):
    return [tf.constant(values[:, :1]), tf.constant(values[:, 1:])]


def samples(n=6, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2)).astype("float32")


NESTINGS = {
    "one tensor": (linear, lambda v: tf.constant(v)),
    "a list": (leaves_of_one_linear_function, columns),
    "a tuple": (leaves_of_one_linear_function, lambda v: tuple(columns(v))),
    "a dict": (leaves_of_one_linear_function, lambda v: dict(zip("xz", columns(v), strict=True))),
    "leaves of two ranks": (
        leaves_of_one_linear_function,
        lambda v: [tf.reshape(v[:, :1], (-1, 1, 1, 1)), tf.constant(v[:, 1:])],
    ),
}
nestings = pytest.mark.parametrize("nesting", NESTINGS)


@nestings
def test_the_gradient_penalty_of_a_linear_critic_is_its_norm_less_1_squared(nesting):
    critic, nest = NESTINGS[nesting]
    penalty = GradientPenalty(1.0)
    found = penalty.on_discriminator(critic, nest(samples(seed=0)), nest(samples(seed=1)))
    assert float(found) == pytest.approx(16.0, rel=1e-5)


@nestings
@pytest.mark.parametrize("penalty", [R1(10.0), R2(10.0)], ids=repr)
def test_r1_and_r2_of_a_linear_critic_are_half_gamma_times_its_squared_norm(penalty, nesting):
    critic, nest = NESTINGS[nesting]
    found = penalty.on_discriminator(critic, nest(samples(seed=0)), nest(samples(seed=1)))
    assert float(found) == pytest.approx(0.5 * 10.0 * 25.0, rel=1e-5)


def test_slopes_are_of_each_sample_and_over_all_that_belongs_to_it():
    slopes = squared_gradient_norm(parabola, tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_allclose(slopes, [5.0, 25.0], rtol=1e-6)


def test_r1_looks_at_real_samples_and_r2_at_fakes():
    real, fake = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.zeros((2, 2))
    assert float(R1(10.0).on_discriminator(parabola, real, fake)) == pytest.approx(75.0)
    assert float(R2(10.0).on_discriminator(parabola, real, fake)) == pytest.approx(0.0)
    assert float(R2(10.0).on_discriminator(parabola, fake, real)) == pytest.approx(75.0)


def test_the_gradient_penalty_averages_norms_of_single_samples():
    # Slopes are 1 and 5 where real and fake agree: (0² + 4²) / 2, while the batch's norm is √26.
    x = tf.constant([[1.0, 0.0], [3.0, 4.0]])
    assert float(GradientPenalty(1.0).on_discriminator(parabola, x, x)) == pytest.approx(8.0)


def test_it_is_taken_between_real_and_fake_at_one_place_for_each_sample():
    seen = []

    def critic(x):
        seen.append(x)
        return tf.reduce_sum(x, axis=(1, 2, 3))[:, None]

    n = 400
    GradientPenalty().on_discriminator(critic, tf.ones((n, 2, 2, 1)), tf.zeros((n, 2, 2, 1)))
    (x,) = seen
    alpha = x.numpy().reshape(n, 4)
    np.testing.assert_array_equal(alpha, np.repeat(alpha[:, :1], 4, axis=1))
    alpha = alpha[:, 0]
    assert alpha.min() >= 0.0
    assert alpha.max() <= 1.0
    assert alpha.mean() == pytest.approx(0.5, abs=0.06)
    assert alpha.std() == pytest.approx(np.sqrt(1 / 12), abs=0.03)
    assert len(np.unique(alpha)) > n - 5


def test_all_leaves_of_a_sample_share_their_place():
    seen = []

    def critic(x):
        seen.append(x)
        return x[0] + tf.reduce_sum(x[1], axis=1, keepdims=True)

    real, fake = [tf.ones((9, 1)), tf.ones((9, 3))], [tf.zeros((9, 1)), tf.zeros((9, 3))]
    GradientPenalty().on_discriminator(critic, real, fake)
    np.testing.assert_array_equal(seen[0][1], np.repeat(seen[0][0], 3, axis=1))


def test_the_slope_of_a_critic_of_patches_is_that_of_the_sum_of_its_outputs():
    def patches(x):
        return tf.stack([2.0 * x, 3.0 * x], axis=1)

    np.testing.assert_allclose(squared_gradient_norm(patches, tf.ones((4, 1))), 25.0, rtol=1e-6)


ALL = (GradientPenalty(1.0), GradientPenalty(1.0, one_sided=True), DRAGAN(1.0), R1(1.0), R2(1.0))
every_penalty_of_slopes = pytest.mark.parametrize("penalty", ALL, ids=repr)


@every_penalty_of_slopes
def test_a_flat_critic_gives_no_nan_nor_do_its_gradients(penalty):
    weights = tf.Variable([[0.0], [0.0]])
    with tf.GradientTape() as tape:
        value = penalty.on_discriminator(lambda x: x @ weights, samples(), samples())
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, weights)).all()


def test_a_critic_that_ignores_its_input_has_no_slope():
    np.testing.assert_array_equal(
        squared_gradient_norm(lambda x: tf.ones((6, 1)), samples()), np.zeros(6)
    )


@every_penalty_of_slopes
def test_the_gradient_reaches_the_critics_weights(penalty):
    weights = tf.Variable([[3.0], [4.0]])
    with tf.GradientTape() as tape:
        value = penalty.on_discriminator(lambda x: x @ weights, samples(), samples())
    gradient = tape.gradient(value, weights).numpy().ravel()
    # d(|w| - 1)²/dw = 2(|w| - 1) w/|w|;  d½|w|²/dw = w
    expected = [4.8, 6.4] if isinstance(penalty, GradientPenalty) else [3.0, 4.0]
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


@every_penalty_of_slopes
def test_it_works_in_a_graph_with_a_keras_network_and_in_lower_precision(penalty):
    network = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(4, activation="tanh", dtype="mixed_bfloat16"),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    graph = tf.function(lambda x: penalty.on_discriminator(network, x, 2.0 * x))
    value = graph(tf.cast(samples(), "bfloat16"))
    assert value.dtype == "float32"
    assert np.isfinite(value)


def test_a_penalty_says_nothing_where_it_has_nothing_to_say():
    assert Penalty().on_discriminator(linear, samples(), samples()) == 0.0
    assert GradientPenalty().on_generator(linear, samples(), samples()) == 0.0
    assert R1().on_weights("discriminator", []) == 0.0


@pytest.mark.parametrize(
    "make, name",
    [
        (GradientPenalty, "weight"),
        (DRAGAN, "weight"),
        (functools.partial(DRAGAN, 1.0), "deviation"),
        (R1, "gamma"),
        (R2, "gamma"),
        (HistoricalAverage, "weight"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_negative_weight_is_refused(make, name):
    with pytest.raises(
        ValueError, match=f"`{name}` should be a finite number from 0. Received: {name}=-1"
    ):
        make(-1.0)


@pytest.mark.parametrize(
    "penalty",
    [
        GradientPenalty(3.0, one_sided=True),
        DRAGAN(2.0, deviation=0.1, one_sided=True),
        R1(0.2),
        R2(0.3),
        HistoricalAverage(0.4),
    ],
    ids=repr,
)
def test_it_comes_back_from_its_config(penalty):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert type(again) is type(penalty)
    assert again.get_config() == penalty.get_config()


@pytest.mark.parametrize("make", [GradientPenalty, DRAGAN])
@pytest.mark.parametrize("slope, both, one", [(5.0, 16.0, 16.0), (0.5, 0.25, 0.0), (1.0, 0.0, 0.0)])
def test_a_one_sided_penalty_leaves_slopes_below_1_alone(make, slope, both, one):
    def critic(x):
        return slope * x[:, :1]

    found = [
        float(make(1.0, one_sided=side).on_discriminator(critic, samples(), samples()))
        for side in (False, True)
    ]
    np.testing.assert_allclose(found, [both, one], atol=1e-5)


@nestings
def test_dragans_penalty_of_a_linear_critic_is_its_norm_less_1_squared(nesting):
    critic, nest = NESTINGS[nesting]
    found = DRAGAN(1.0).on_discriminator(critic, nest(samples(seed=0)), nest(samples(seed=1)))
    assert float(found) == pytest.approx(16.0, rel=1e-5)


def test_dragan_looks_around_real_samples_at_its_deviation():
    seen = []

    def critic(x):
        seen.append(x)
        return x[:, :1]

    real = 7.0 * tf.ones((4000, 2))
    DRAGAN(deviation=0.25).on_discriminator(critic, real, tf.zeros((3, 2)))
    assert seen[0].numpy().mean() == pytest.approx(7.0, abs=0.02)
    assert seen[0].numpy().std() == pytest.approx(0.25, rel=0.05)


def history(values, weight=1.0):
    """The penalty at the last of these values of one weight, and its gradient there."""
    theta = keras.Variable([values[0]])
    penalty = HistoricalAverage(weight)
    penalty.prepare({"generator": [theta]})
    for value in values:
        theta.assign([value])
        with tf.GradientTape() as tape:
            found = penalty.on_weights("generator", [theta])
    return float(found), float(tape.gradient(found, theta.value)[0])


def test_the_historical_average_counts_the_present_and_is_held_fixed():
    assert history([1.0, 2.0, 3.0]) == (1.0, 2.0)  # (3 - 2)², and 2 (3 - 2)
    assert history([1.0, 2.0, 3.0], weight=0.5) == (0.5, 1.0)
    assert history([4.0]) == (0.0, 0.0)


@pytest.mark.parametrize(
    "weight, least, most", [(0.0, 2e4, 4e4), (0.1, 0.0, 0.01), (1.0, 0.1, 1.0)]
)
def test_it_pulls_a_game_that_circles_outwards_to_its_middle(weight, least, most):
    """min_θ max_ψ θψ by simultaneous descent at rate .1: the radius grows by √1.01 at each of 2,000
    steps from (1, 1); with a weight of .1 it falls below .01, with 1 the average itself drags."""
    theta, psi = tf.Variable([1.0]), tf.Variable([1.0])
    penalty = HistoricalAverage(weight)
    penalty.prepare({"theta": [theta], "psi": [psi]})

    @tf.function
    def play():
        for _ in tf.range(2000):
            with tf.GradientTape(persistent=True) as tape:
                loss = tf.reduce_sum(theta * psi) + penalty.on_weights("theta", [theta])
                other = -tf.reduce_sum(theta * psi) + penalty.on_weights("psi", [psi])
            one, two = tape.gradient(loss, theta), tape.gradient(other, psi)
            theta.assign_sub(0.1 * one)
            psi.assign_sub(0.1 * two)

    play()
    radius = np.hypot(theta.numpy(), psi.numpy())[0]
    assert least <= radius <= most


def test_the_history_is_saved_with_the_model_and_goes_on(tmp_path):
    x = samples(16)
    model = duel(Duel, penalties=[HistoricalAverage(0.5)])
    model.fit(x, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = duel(Duel, penalties=[HistoricalAverage(0.5)])
    again.load_weights(tmp_path / "model.weights.h5")
    expected = model.fit(x, batch_size=4, verbose=0).history
    assert loaded.fit(x, batch_size=4, verbose=0).history == expected
    assert again.fit(x, batch_size=4, verbose=0).history == expected
    assert [int(v) for v in model.penalties[0].variables if v.dtype == "int64"] == [8, 8]


def test_evaluating_adds_nothing_to_the_history():
    model = duel(Duel, penalties=[HistoricalAverage(0.5)])
    model.fit(samples(8), batch_size=4, verbose=0)
    before = [v.numpy() for v in model.penalties[0].variables]
    model.evaluate(samples(8), verbose=0)
    for variable, old in zip(model.penalties[0].variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_compiled_again_the_history_begins_anew_and_of_another_model_it_is_refused():
    model = duel(Duel, penalties=[HistoricalAverage(0.5)])
    (penalty,) = model.penalties
    model.fit(samples(8), batch_size=4, verbose=0)
    count = len(model.weights)
    model.compile(penalties=[penalty])
    assert len(model.weights) == count
    assert not any(v.numpy().any() for v in penalty.variables)
    with pytest.raises(
        ValueError, match="`penalties` should have a new HistoricalAverage for each model"
    ):
        penalty.prepare({"generator": [tf.Variable([1.0])]})


def test_the_history_is_kept_under_xla_too():
    x, found = samples(16), []
    for compiled in (False, True):
        keras.utils.set_random_seed(0)
        model = duel(Duel, penalties=[HistoricalAverage(0.5)], jit_compile=compiled)
        model.fit(x, batch_size=4, shuffle=False, verbose=0)
        found.append([v.numpy() for v in model.penalties[0].variables])
    for uncompiled, compiled in zip(*found, strict=True):
        np.testing.assert_allclose(compiled, uncompiled, atol=1e-6)


@pytest.mark.parametrize("penalty", [R1, R2, GradientPenalty, DRAGAN, HistoricalAverage])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), "1"])
def test_weights_that_are_no_finite_numbers_are_refused(penalty, number):
    with pytest.raises(ValueError, match="should be a finite number from 0. Received: "):
        penalty(number)
