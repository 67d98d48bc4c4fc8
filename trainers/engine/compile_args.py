"""The arguments of `compile`: defaults, merging and checks, before anything is changed."""

import math
import numbers
import warnings

import keras
from keras import ops

from trainers.engine import replicas, shape_checks
from trainers.objectives import Objective
from trainers.penalties import Penalty

SCHEDULES = ("alternating", "simultaneous")


def defaults():
    """Returns a dict of all compile arguments with their defaults."""
    return {
        "objective": None,
        "optimizers": {},
        "loss_weights": {},
        "penalties": [],
        "turns": {},
        "augment": None,
        "schedule": "alternating",
    }


def merge(arguments, changes):
    """Returns the compile arguments with changes; of a dict, only the entries given are replaced.

    Raises:
        TypeError: for an unknown argument, or a value that should be a dict and is none.
    """
    unknown = sorted(set(changes) - set(arguments))
    if unknown:
        raise TypeError(f"`compile` takes {', '.join(arguments)}. Received: {', '.join(unknown)}.")
    arguments = dict(arguments)
    for name, value in changes.items():
        if not isinstance(arguments[name], dict):
            arguments[name] = value
        elif isinstance(value, dict):
            arguments[name] = arguments[name] | value
        else:
            raise TypeError(f"`{name}` should be a dict. Received: {value!r}")
    return arguments


def validate(arguments, players, class_name, objectives=()):
    """Raises an error for compile arguments that make no sense.

    Args:
        arguments: a dict with the keys of `defaults()`.
        players: the names of the players.
        class_name: name of the model's class, for the messages.
        objectives: the classes of objectives that the model can be trained with; () for all; None
            for a model whose losses are its own, and read neither objective, penalties on the
            discriminator nor `augment`.

    Raises:
        TypeError: for a value of the wrong type.
        ValueError: for an unknown player, a number out of range, or values that exclude each other.
    """
    for name in ("optimizers", "turns"):
        unknown = sorted(set(arguments[name]) - set(players))
        if unknown:
            raise ValueError(
                f"`{name}` should name players of {class_name}: {', '.join(players)}. "
                f"Received: {', '.join(unknown)}."
            )
    _check_loss_weights(arguments["loss_weights"], players)
    _check_optimizers(arguments["optimizers"], players)
    _check_turns(arguments["turns"], players, arguments["schedule"])
    if arguments["objective"] is not None and not isinstance(arguments["objective"], Objective):
        raise TypeError(
            "`objective` should be one of trainers.objectives, for example NonSaturating(). "
            f"Received: {arguments['objective']!r}"
        )
    if objectives is None:
        _refuse_unread(arguments, class_name)
    if objectives and not isinstance(arguments["objective"], objectives):
        accepted = " or ".join(f"{cls.__name__}()" for cls in objectives)
        raise ValueError(
            f"`objective` should be {accepted} for {class_name}, whose discriminator returns "
            f"logits. Received: {arguments['objective']!r}"
        )
    penalties = arguments["penalties"]
    listed = isinstance(penalties, (list, tuple))
    if not listed or not all(isinstance(p, Penalty) for p in penalties):
        raise TypeError(
            "`penalties` should be a list from trainers.penalties, for example [R1(1.0)]. "
            f"Received: {penalties!r}"
        )
    if arguments["augment"] is not None and not callable(arguments["augment"]):
        raise TypeError(f"`augment` should be a function. Received: {arguments['augment']!r}")


def _refuse_unread(arguments, class_name):
    for name in ("objective", "penalties", "augment"):
        if arguments[name]:
            raise ValueError(
                f"`{name}` should not be given for {class_name}, whose losses are its own. "
                f"Received: {name}={arguments[name]!r}"
            )


def validate_options(options):
    """Raises a ValueError for options of Keras' `compile` that make no sense: those of `compile`
    that are no part of a recipe, as a dict."""
    shape_checks.check_counts(steps_per_execution=options["steps_per_execution"])
    if options["jit_compile"] not in (True, False, "auto"):
        raise ValueError(
            "`jit_compile` should be True, False or 'auto'. "
            f"Received: jit_compile={options['jit_compile']!r}"
        )


def _check_loss_weights(weights, players):
    unknown = [name for name in weights if not name.startswith(tuple(players))]
    if unknown:
        raise ValueError(
            f"`loss_weights` should name losses, which begin with a player: {', '.join(players)}. "
            f"Received: {', '.join(unknown)}."
        )
    for name, weight in weights.items():
        if not isinstance(weight, numbers.Real) or not math.isfinite(weight):
            raise ValueError(
                f"`loss_weights` should be finite numbers. Received: {{{name!r}: {weight!r}}}"
            )


def _check_optimizers(optimizers, players):
    missing = [p for p in players if p not in optimizers]
    if missing:
        raise ValueError(f"`optimizers` should have one for each player: {', '.join(missing)}?")
    given = {player: o for player, o in optimizers.items() if not isinstance(o, str)}
    for player, optimizer in given.items():
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise TypeError(
                "`optimizers` should be Keras optimizers or their names. "
                f"Received: {{{player!r}: {optimizer!r}}}"
            )
        rate = float(ops.convert_to_numpy(optimizer.learning_rate))  # of a schedule: of now
        if not 0.0 <= rate < math.inf:
            raise ValueError(
                "`optimizers` should have a finite learning rate from 0. "
                f"Received: learning_rate={rate:g} of '{player}'."
            )
    if len(set(map(id, given.values()))) < len(given):
        raise ValueError("`optimizers` should be one object for each player: they keep state.")


def _check_turns(turns, players, schedule):
    for player, number in turns.items():
        if not isinstance(number, numbers.Integral) or number < 0:
            raise ValueError(
                f"`turns` should be integers from 0. Received: {{{player!r}: {number!r}}}"
            )
    if not any(turns.get(p, 1) for p in players):
        raise ValueError("`turns` should train at least one player. Received: all 0.")
    if schedule not in SCHEDULES:
        raise ValueError(
            f"`schedule` should be {' or '.join(map(repr, SCHEDULES))}. "
            f"Received: schedule={schedule!r}"
        )
    if schedule == "simultaneous" and any(number > 1 for number in turns.values()):
        raise ValueError(
            "`turns` should be 0 or 1 with schedule='simultaneous', where all players step at "
            f"once. Received: turns={turns}"
        )


def warn_of_batch_norm(discriminators, penalties):
    """Warns of a gradient penalty where batch normalisation couples the samples of a batch."""
    gradient_penalties = [
        p for p in penalties if type(p).on_discriminator is not Penalty.on_discriminator
    ]
    normalised = any(
        isinstance(layer, keras.layers.BatchNormalization)
        for network in discriminators
        for layer in network._flatten_layers()
    )
    if gradient_penalties and normalised:
        warnings.warn(
            "Batch normalisation in the discriminator makes a sample's gradient depend on the "
            f"other samples of its batch, which {gradient_penalties[0]!r} ignores. Build the "
            "discriminator without it, for example with batch_norm=False.",
            stacklevel=5,
        )


def warn_of_unregistered(arguments):
    """Warns of functions and classes that Keras saves and will not load."""
    for value in (arguments["objective"], arguments["augment"], *arguments["penalties"]):
        kind = value if hasattr(value, "__name__") else type(value)
        own = kind.__module__.partition(".")[0] == "keras"
        registered = keras.saving.get_registered_name(kind) != kind.__name__
        if value is None or own or registered:
            continue
        warnings.warn(
            f"{kind.__name__} should be registered, or the saved model cannot be loaded: decorate "
            "it with @keras.saving.register_keras_serializable().",
            stacklevel=3,
        )


def optimizer_for(networks, optimizer):
    """Returns the optimizer of a player with these networks, created in the current strategy.

    Small gradients are 0 in float16. For networks that compute in float16 the optimizer is wrapped
    in a `keras.optimizers.LossScaleOptimizer`, which multiplies the loss by a number. At each
    overflow the number is halved and the step skipped; after 2,000 steps without an overflow it is
    doubled.

    Args:
        networks: a list of Keras models.
        optimizer: a Keras optimizer, or its name.
    """
    optimizer = keras.optimizers.get(optimizer)
    if replicas.num_replicas() > 1:  # an optimizer belongs to the strategy that it was created in
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    in_float16 = any(
        layer.compute_dtype == "float16"
        for network in networks
        for layer in network._flatten_layers()
    )
    if not in_float16 or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
