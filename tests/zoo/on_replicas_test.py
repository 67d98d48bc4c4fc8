"""Every family on two replicas: they play as one would, and stay equal to each other."""

import keras
import numpy as np
import pytest
from keras.layers import BatchNormalization
from keras.optimizers import SGD

from tests.zoo import families
from trainers import noise
from zoo.layers import ImagePool

RATE = 0.01  # at which no step is larger than the weights: 1e-6 is near a float32's last digit
MODES = {
    "a step a call": {},
    "XLA": {"jit_compile": True},
    "at once": {"schedule": "simultaneous"},
    "two steps a call": {"steps_per_execution": 2},
}
EXACT = [row for row in families.ROWS if row not in families.BATCHED]
SYNCHRONISED = [row for row, why in families.BATCHED.items() if "matching" not in why]


def twins(row, strategy, **rules):
    """One model alone and one on two replicas, with the same weights and noise."""
    alone = families.create(row)
    with strategy.scope():
        together = families.create(row)
    families.assign(together, alone)
    # Each turn is compiled: two of five will do.
    rules = {"turns": {p: min(n, 2) for p, n in alone.turns.items()}} | rules
    for model in (alone, together):
        # Adam would hide a gradient that is wrong by a factor.
        rules["optimizers"] = {player: SGD(RATE) for player in model.players}
        if rules.get("schedule") == "simultaneous":
            rules["turns"] = dict.fromkeys(model.players, 1)
        with model.distribute_strategy.scope():
            families.recompile(model, row, **rules)
    return alone, together


def assert_equal_on_all_replicas(model):
    for variable in families.variables(model):
        first, second = model.distribute_strategy.experimental_local_results(variable.value)
        np.testing.assert_array_equal(first, second, err_msg=variable.path)


def pooled(model):
    """Variables of pools of the past, where those of the first replica are kept."""
    pools = [layer for layer in model._flatten_layers() if isinstance(layer, ImagePool)]
    return {id(variable) for pool in pools for variable in pool.variables}


def assert_close(found, expected):
    past = pooled(found)
    for a, b in zip(families.variables(found), families.variables(expected), strict=True):
        if id(a) in past:
            continue
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(a), b, rtol=0, atol=1e-6, err_msg=a.path
        )


@families.each_with(
    "mode",
    [
        (("a step a call",), ("cgan",)),
        *(((mode,), ()) for mode in ("XLA", "at once", "two steps a call")),
    ],
    EXACT,
)
def test_two_replicas_take_the_steps_of_one(row, mode, two_replicas):
    alone, together = twins(row, two_replicas, **MODES[mode])
    losses = [
        model.fit(families.dataset(model, steps=2), verbose=0).history
        for model in (alone, together)
    ]
    assert_close(together, alone)
    assert_equal_on_all_replicas(together)
    for name, values in losses[0].items():
        np.testing.assert_allclose(losses[1][name], values, rtol=1e-5, atol=1e-6)


@families.each(SYNCHRONISED, quick=(), thorough=families.FEW)
def test_with_synchronised_batch_statistics_they_do_too(row, two_replicas):
    alone, together = twins(row, two_replicas, synchronized=True)
    for model in (alone, together):
        model.fit(families.dataset(model, steps=2), verbose=0)
    assert_close(together, alone)
    assert_equal_on_all_replicas(together)


@families.each_with(
    "mode",
    [(("a step a call",), ("dcgan",)), *(((mode,), ()) for mode in ("XLA", "at once"))],
    families.BATCHED,
)
def test_replicas_with_statistics_of_their_own_move_by_the_mean_of_their_steps(
    row, mode, two_replicas, monkeypatch
):
    mode = MODES[mode]

    def draw(stateless, stateful, shape, **bounds):  # every replica, and each half, sees this
        return stateless(shape, seed=[1, 2], alg="philox", **bounds)

    monkeypatch.setattr(noise, "_draw", draw)
    if mode.get("schedule") == "simultaneous":
        turns = [{}]
    else:  # one at a time, or a second player would meet another first
        players = families.create(row).players
        turns = [dict.fromkeys(players, 0) | {player: 1} for player in players]
    for moving in turns:
        alone, together = twins(row, two_replicas, turns=moving, **mode)
        optimizers = {player: SGD(RATE) for player in alone.players}
        other = families.recompile(
            families.twin(alone), row, turns=alone.turns, optimizers=optimizers, **mode
        )
        whole = families.dataset(alone, steps=1, rows=8)
        halves = whole.unbatch().batch(4)
        together.fit(whole, verbose=0)
        alone.fit(halves.take(1), verbose=0)
        other.fit(halves.skip(1), verbose=0)
        for a, b, c in zip(*map(families.variables, (alone, other, together)), strict=True):
            expected = (a.numpy().astype("float64") + b.numpy()) / 2
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(c), expected, rtol=0, atol=1e-6, err_msg=a.path
            )
        assert_equal_on_all_replicas(together)


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param({}, marks=pytest.mark.thorough),
        pytest.param({"jit_compile": True}, marks=pytest.mark.slow),
    ],
    ids=["uncompiled", "XLA"],
)
def test_replicas_share_a_pool_of_the_past_that_is_full(mode, two_replicas):
    with two_replicas.scope():
        model = families.create("cyclegan", pool_size=3)
        model.compile(**mode)
    model.fit(families.dataset(model, steps=6), verbose=0)
    assert_equal_on_all_replicas(model)
    assert keras.ops.convert_to_numpy(model.pool.count) == 3
    kept = keras.ops.convert_to_numpy(model.pool.kept[0])
    assert len({image.tobytes() for image in kept}) == 3
    assert np.abs(kept).max() > 0.0


@families.each(families.ROWS, thorough=families.ROWS)
def test_it_is_listed_among_those_with_batch_statistics_where_it_has_some(row):
    layers = families.fresh(row)._flatten_layers()
    found = any(isinstance(layer, BatchNormalization) for layer in layers)
    assert found == (row in families.BATCHED)
