import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainers.duel import Duel, duel, points
from trainers import noise

draws_of = pytest.mark.parametrize("draw", [noise.normal, noise.uniform])


def in_stream(draw, shape=(100_000,), before=0, **where):
    with noise.stream(**({"seed": 1, "position": 2, "label": "forward"} | where)):
        for _ in range(before):
            draw(shape)
        return draw(shape).numpy()


@draws_of
def test_a_stream_repeats(draw):
    np.testing.assert_array_equal(in_stream(draw), in_stream(draw))


@draws_of
def test_it_is_the_same_in_a_graph_whose_position_is_a_tensor(draw):
    @tf.function
    def graph(seed, position):
        with noise.stream(seed, position, "forward"):
            return draw((5, 3))

    found = graph(tf.constant(1, tf.int64), tf.constant(2, tf.int64))
    np.testing.assert_array_equal(found, in_stream(draw, (5, 3)))


@draws_of
def test_streams_differ_by_seed_position_label_and_number_of_the_draw(draw):
    streams = [
        in_stream(draw),
        in_stream(draw, before=1),
        in_stream(draw, before=2),
        in_stream(draw, label="generator"),
        in_stream(draw, position=3),
        in_stream(draw, position=2**31 - 1),
        in_stream(draw, seed=2),
        in_stream(draw, seed=2**31 - 1),
    ]
    for a, b in itertools.combinations(streams, 2):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.05


@draws_of
def test_neighbours_in_a_stream_are_not_correlated(draw):
    values = in_stream(draw)
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.05


def test_normal_numbers_have_mean_0_and_variance_1():
    values = in_stream(noise.normal)
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(0.0, abs=0.02)
    assert values.std() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("inside", [True, False])
def test_uniform_numbers_keep_their_bounds(inside):
    if inside:
        with noise.stream(0):
            values = noise.uniform((10_000,), -3.0, 5.0).numpy()
    else:
        values = noise.uniform((10_000,), -3.0, 5.0).numpy()
    assert values.dtype == np.float32
    assert values.min() >= -3.0
    assert values.max() < 5.0
    assert values.mean() == pytest.approx(1.0, abs=0.1)


@draws_of
def test_outside_a_stream_each_draw_differs_and_kerass_seed_repeats_them(draw):
    first, second = draw((8,)).numpy(), draw((8,)).numpy()
    assert not np.array_equal(first, second)
    keras.utils.set_random_seed(0)
    np.testing.assert_array_equal(draw((8,)), first)


def test_a_stream_ends_and_the_outer_one_goes_on():
    with noise.stream(1):
        first = noise.normal((4,)).numpy()
        with noise.stream(2):
            noise.normal((4,))
        second = noise.normal((4,)).numpy()
    with noise.stream(1):
        np.testing.assert_array_equal(noise.normal((4,)), first)
        np.testing.assert_array_equal(noise.normal((4,)), second)
    assert not np.array_equal(noise.normal((4,)), noise.normal((4,)))


def test_a_stream_ends_when_something_in_it_fails():
    with pytest.raises(RuntimeError), noise.stream(1):
        raise RuntimeError
    assert not np.array_equal(noise.normal((4,)), noise.normal((4,)))


@draws_of
@pytest.mark.parametrize("rows", ["a number", "a tensor"])
def test_two_replicas_draw_together_what_one_draws_alone(draw, rows, two_replicas):
    @tf.function
    def one(x):
        n = 3 if rows == "a number" else tf.shape(x)[0]
        with noise.stream(1, 2, "forward"):
            draw((n, 2))
            return draw((n, 2, 2))

    @tf.function
    def both(shares):
        return two_replicas.run(one, args=(shares,))

    shares = two_replicas.experimental_distribute_values_from_function(lambda _: tf.zeros((3, 5)))
    parts = two_replicas.experimental_local_results(both(shares))
    with noise.stream(1, 2, "forward"):
        draw((6, 2))
        alone = draw((6, 2, 2)).numpy()
    np.testing.assert_array_equal(np.concatenate([p.numpy() for p in parts]), alone)
    assert not np.array_equal(parts[0], parts[1])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_compiled_stream_repeats_and_moves_with_its_position(jit_compile):
    @tf.function(jit_compile=jit_compile)
    def graph(position):
        with noise.stream(1, position, "forward"):
            return noise.normal((100,))

    first = graph(tf.constant(0, tf.int64)).numpy()
    np.testing.assert_array_equal(graph(tf.constant(0, tf.int64)), first)
    assert abs(np.corrcoef(graph(tf.constant(1, tf.int64)), first)[0, 1]) < 0.4


class Draws(Duel):
    """Draws twice in the forward pass and in each loss, and records the draws."""

    def note(self, *of):
        for number in range(2):
            self.seen[(*of, number)] = noise.normal((100_000,)).numpy()

    def forward(self, x):
        self.note(self.step, "forward")
        return super().forward(x)

    def discriminator_loss(self, x, outputs):
        self.note(self.step, "discriminator")
        return super().discriminator_loss(x, outputs)

    def generator_loss(self, x, outputs):
        self.note(self.step, "generator")
        return super().generator_loss(x, outputs)


@pytest.mark.parametrize("schedule", ["alternating", "simultaneous"])
def test_no_two_draws_of_a_training_are_correlated_and_a_seed_repeats_them(schedule):
    def play(seed):
        model = duel(Draws, run_eagerly=True, schedule=schedule)
        model.noise_seed.assign(seed)
        model.seen = {}
        for model.step in range(2):
            model.train_step((points(4),))
        return dict(model.seen)

    first, again, other = play(1), play(1), play(2)
    assert len(first) == 2 * 3 * 2
    for name, values in first.items():
        np.testing.assert_array_equal(again[name], values)
    draws = [*first.values(), *other.values()]
    correlations = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlations).max() < 0.05


@draws_of
def test_replicas_draw_numbers_that_are_not_correlated(draw, two_replicas):
    def one():
        with noise.stream(1, 2, "forward"):
            return draw((100_000,))

    run = tf.function(lambda: two_replicas.run(one))
    first, second = two_replicas.experimental_local_results(run())
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
