"""What `compile` takes, checked in one place before anything is changed."""

import numbers
import warnings

import keras

from trainers.engine import replicas
from trainers.objectives import Objective
from trainers.penalties import Penalty

SCHEDULES = ("alternating", "simultaneous")


def defaults():
    """The rules of a game of which nothing was said."""
    return {
        "objective": None,
        "optimizers": {},
        "loss_weights": {},
        "penalties": [],
        "turns": {},
        "augment": None,
        "schedule": "alternating",
    }


def merge(rules, changes):
    """The rules with your changes to them; of a dict, the entries you give replace the others.

    Raises:
        TypeError: for an unknown rule, or for what should be a dict and is none.
    """
    unknown = sorted(set(changes) - set(rules))
    if unknown:
        raise TypeError(f"`compile` takes {', '.join(rules)}. Received: {', '.join(unknown)}.")
    rules = dict(rules)
    for rule, value in changes.items():
        if not isinstance(rules[rule], dict):
            rules[rule] = value
        elif isinstance(value, dict):
            rules[rule] = rules[rule] | value
        else:
            raise TypeError(f"`{rule}` should be a dict. Received: {value!r}")
    return rules


def validate(rules, players, game, objectives=()):
    """Raises a TypeError or ValueError in one sentence for rules that make no sense.

    Args:
        rules: a dict as `defaults()`, filled in.
        players: the names of those who play.
        game: the name of the class, for the messages.
        objectives: classes, the only ones that the game takes; () for all.
    """
    for rule in ("optimizers", "turns"):
        strangers = sorted(set(rules[rule]) - set(players))
        if strangers:
            raise ValueError(
                f"`{rule}` should name players of {game}: {', '.join(players)}. "
                f"Received: {', '.join(strangers)}."
            )
    strangers = [name for name in rules["loss_weights"] if not name.startswith(tuple(players))]
    if strangers:
        raise ValueError(
            f"`loss_weights` should name losses, which begin with a player: {', '.join(players)}. "
            f"Received: {', '.join(strangers)}."
        )
    _check_optimizers(rules["optimizers"], players)
    _check_turns(rules["turns"], players, rules["schedule"])
    if rules["objective"] is not None and not isinstance(rules["objective"], Objective):
        raise TypeError(
            "`objective` should be one of trainers.objectives, for example NonSaturating(). "
            f"Received: {rules['objective']!r}"
        )
    if objectives and not isinstance(rules["objective"], objectives):
        takes = " or ".join(f"{cls.__name__}()" for cls in objectives)
        raise ValueError(
            f"`objective` should be {takes} for {game}, whose judge is read as a logit. "
            f"Received: {rules['objective']!r}"
        )
    penalties = rules["penalties"]
    listed = isinstance(penalties, (list, tuple))
    if not listed or not all(isinstance(p, Penalty) for p in penalties):
        raise TypeError(
            "`penalties` should be a list from trainers.penalties, for example [R1(1.0)]. "
            f"Received: {penalties!r}"
        )
    if rules["augment"] is not None and not callable(rules["augment"]):
        raise TypeError(f"`augment` should be a function. Received: {rules['augment']!r}")


def _check_optimizers(optimizers, players):
    missing = [p for p in players if p not in optimizers]
    if missing:
        raise ValueError(f"`optimizers` should have one for each player: {', '.join(missing)}?")
    given = [o for o in optimizers.values() if not isinstance(o, str)]
    if len({id(o) for o in given}) < len(given):
        raise ValueError("`optimizers` should be one object for each player: they keep state.")


def _check_turns(turns, players, schedule):
    for player, number in turns.items():
        if not isinstance(number, numbers.Integral) or number < 0:
            raise ValueError(
                f"`turns` should be integers from 0. Received: {{{player!r}: {number!r}}}"
            )
    if not any(turns.get(p, 1) for p in players):
        raise ValueError("`turns` should let at least one player move. Received: all 0.")
    if schedule not in SCHEDULES:
        raise ValueError(
            f"`schedule` should be {' or '.join(map(repr, SCHEDULES))}. "
            f"Received: schedule={schedule!r}"
        )
    if schedule == "simultaneous" and any(number > 1 for number in turns.values()):
        raise ValueError(
            "`turns` should be 0 or 1 with schedule='simultaneous', where all move at once. "
            f"Received: turns={turns}"
        )


def warn_of_batch_norm(judges, penalties):
    """Warns of slopes that are penalised where a sample's slope depends on its neighbours."""
    slopes = [p for p in penalties if type(p).on_discriminator is not Penalty.on_discriminator]
    normed = any(
        isinstance(layer, keras.layers.BatchNormalization)
        for network in judges
        for layer in network._flatten_layers()
    )
    if slopes and normed:
        warnings.warn(
            f"Batch normalisation in the discriminator makes a sample's slope depend on its "
            f"batch, which {slopes[0]!r} takes for the sample's own. Build it without, such as "
            "with batch_norm=False.",
            stacklevel=5,
        )


def optimizer_for(networks, optimizer):
    """The optimizer of a player who owns these networks, in the current strategy.

    Small gradients are 0 in float16: there it is wrapped in one that multiplies the loss by a
    number, which is halved at every overflow, whose step is skipped, and doubled after 2,000 steps
    without one.
    """
    optimizer = keras.optimizers.get(optimizer)
    if replicas.num_replicas() > 1:  # it belongs to the strategy that it is made in
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    halved = any(
        layer.compute_dtype == "float16"
        for network in networks
        for layer in network._flatten_layers()
    )
    if not halved or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
