"""Several replicas play as one; what holds for every family is in tests/zoo/on_replicas_test.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.optimizers import SGD

import zoo
from tests.trainers.duel import Duel, Terms, assert_same, points, stream, values
from trainers import datasets
from trainers.objectives import Wasserstein
from trainers.penalties import DRAGAN, GradientPenalty, HistoricalAverage


def both(kind, strategy, **rules):
    """The same model alone and on two replicas."""

    def make():
        model = kind()
        model.noise_seed.assign(3)
        model.compile(**{k: v() if callable(v) else v for k, v in rules.items()})
        return model

    alone = make()
    with strategy.scope():
        together = make()
    together.set_weights(alone.get_weights())
    return alone, together


def sgd():
    return {"discriminator": SGD(0.1), "generator": SGD(0.1)}


@pytest.mark.parametrize("turns", [pytest.param(1, marks=pytest.mark.thorough), 3])
def test_two_replicas_take_the_same_step_as_one(turns, two_replicas):
    alone, together = both(
        lambda: zoo.GAN(image_shape=(2,), width=4),
        two_replicas,
        objective=Wasserstein,
        penalties=lambda: [GradientPenalty(10.0)],
        optimizers=sgd,
        turns={"discriminator": turns},
    )
    for model in (alone, together):
        model.fit(stream(points(36), 12), verbose=0)
    assert_same(values(together), values(alone), rtol=0, atol=1e-6)


def test_two_replicas_have_the_history_and_the_noise_of_one(two_replicas):
    alone, together = both(
        Duel, two_replicas, penalties=lambda: [HistoricalAverage(0.5), DRAGAN()], optimizers=sgd
    )
    for model in (alone, together):
        model.fit(stream(points(16)), verbose=0)
    assert_same(values(together), values(alone), rtol=0, atol=1e-6)
    kept = [[v.numpy() for v in model.penalties[0].variables] for model in (together, alone)]
    assert_same(*kept, rtol=0, atol=1e-6)
    assert any(v.any() for v in kept[0])


def test_two_replicas_show_and_evaluate_what_one_does(two_replicas):
    alone, together = both(
        lambda: zoo.GAN(image_shape=(2,), width=4), two_replicas, recipe="modern"
    )
    for model in (alone, together):
        model.fit(stream(points(12)), verbose=0)
        assert model.generate(6).shape == (6, 2)
    found, expected = (
        model.evaluate(stream(points(8)), verbose=0, return_dict=True)
        for model in (together, alone)
    )
    assert found == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(together.generate(6, seed=1), alone.generate(6, seed=1), atol=1e-4)
    averages = together.averaged().generator.trainable_variables
    assert not np.array_equal(averages[0], keras.ops.convert_to_numpy(values(together)[0]))


@pytest.mark.parametrize(
    "steps_per_execution", [2, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 5))]
)
def test_losses_are_those_of_the_whole_batch_and_of_every_step(steps_per_execution, two_replicas):
    alone, together = both(Terms, two_replicas)
    with two_replicas.scope():
        together.compile(steps_per_execution=steps_per_execution)
    x = np.arange(24.0, dtype="float32").reshape(12, 2)  # three batches: one block is shorter
    found, expected = (m.fit(stream(x), epochs=2, verbose=0).history for m in (together, alone))
    assert found == expected


def test_evaluation_looks_at_every_sample_once(two_replicas):
    """The last batch is of one sample, of which the second replica gets nothing."""
    alone, together = both(Terms, two_replicas)
    x = np.arange(14.0, dtype="float32").reshape(7, 2)
    found, expected = (
        model.evaluate(x, batch_size=3, verbose=0, return_dict=True) for model in (together, alone)
    )
    assert found == pytest.approx(expected)


def test_a_batch_that_cannot_be_dealt_to_all_replicas_is_refused(two_replicas):
    _, together = both(Duel, two_replicas, turns={"discriminator": 3})
    with pytest.raises(
        ValueError, match="3 equal turns on 2 replicas. Received: batches of 9. Use a multiple of 6"
    ):
        together.fit(points(9), batch_size=9, verbose=0)


@pytest.mark.thorough
def test_epochs_of_arrays_and_of_our_data_are_those_of_one_replica(two_replicas, tmp_path):
    alone, together = both(Duel, two_replicas)
    given = {
        "arrays": lambda: points(16),
        "a world": lambda: datasets.load("ring", batch_size=2500, data_dir=tmp_path),
    }
    for data in given.values():
        for model in (alone, together):
            model.fit(data(), epochs=3, verbose=0)
        assert_same(values(together), values(alone), rtol=0, atol=1e-5)


class Norms(Duel):
    """Its generator has batch statistics."""

    def build_generator(self):
        x = keras.Input((2,))
        hidden = layers.BatchNormalization(momentum=0.5, scale=False, center=False)(x)
        return keras.Model(x, layers.Dense(2)(hidden), name="generator")


@pytest.mark.parametrize("synchronized", [False, True])
def test_batch_statistics_are_each_replicas_own_or_those_of_all(synchronized, two_replicas):
    _, together = both(Norms, two_replicas, synchronized=synchronized)
    x = np.array([[0, 0], [1, 1], [7, 7], [9, 9]], "float32")
    together.fit(stream(x), verbose=0)
    norm = together.generator.layers[1]
    variance = x[:, 0].var() if synchronized else (x[:2, 0].var() + x[2:, 0].var()) / 2
    np.testing.assert_allclose(norm.moving_mean.numpy(), [4.25 / 2] * 2, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance.numpy(), [(1 + variance) / 2] * 2, atol=1e-5)
    for variable in (norm.moving_mean, norm.moving_variance):
        first, second = two_replicas.experimental_local_results(variable.value)
        np.testing.assert_array_equal(first, second)


def test_synchronised_statistics_cannot_be_compiled(two_replicas):
    with two_replicas.scope():
        model = Norms()
        with pytest.raises(ValueError, match="`synchronized` should be False with jit_compile"):
            model.compile(synchronized=True, jit_compile=True)


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_regularizers_count_on_replicas_too(jit_compile, two_replicas):
    class Regular(Terms):
        def build_discriminator(self):
            x = keras.Input((2,))
            dense = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))
            return keras.Model(x, dense(x), name="discriminator")

    alone, together = both(Regular, two_replicas, jit_compile=jit_compile)
    x = np.ones((4, 2), "float32")
    found, expected = (m.fit(stream(x), verbose=0).history for m in (together, alone))
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5)


def test_an_overflow_on_one_replica_stops_them_all(two_replicas):
    class Overflows(Duel):
        def generator_loss(self, x, outputs):
            return super().generator_loss(x, outputs) * tf.reduce_max(x)

    optimizers = {"generator": keras.optimizers.LossScaleOptimizer(SGD(0.1), initial_scale=4.0)}
    with two_replicas.scope():
        model = Overflows()
        model.compile(optimizers=optimizers)
    before = model.generator.get_weights()
    x = points(4)
    x[3] = 3e38  # the second replica's
    model.fit(stream(x), verbose=0)
    assert_same(model.generator.get_weights(), before)
    assert float(model.optimizers["generator"].dynamic_scale.numpy()) == 2.0
