"""--set: arguments of a model's constructor and numbers of its recipe, by name.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import ast
import contextlib
import difflib
import inspect
import keyword
import math
import numbers
import re

from trainers import command_line

FIRST_RATES = ("rate", "initial_learning_rate")  # names of the first rate in schedules
FRACTIONS = ("beta_1", "beta_2", "momentum", "rho", "ema_momentum")  # from 0, and below 1


def parse(texts):
    """Returns the values of --set, a dict name -> value.

    Args:
        texts: a list of text, each NAME=VALUE or several with commas between them. A value is a
            literal of Python, or a word, which is a string.

    Raises:
        ValueError: for text of another form, and a name that is given twice.

    Example:
        >>> parse(["gamma=.7,noises=(0.3,0.5)", "objective=Hinge"])
        {'gamma': 0.7, 'noises': (0.3, 0.5), 'objective': 'Hinge'}
    """
    values = {}
    with command_line.flag_errors("set"):
        for text in (part for one in texts for part in re.split(r",(?=\s*\w+\s*=)", one)):
            name, _, literal = (part.strip() for part in text.partition("="))
            try:
                value = literal if _is_word(literal) else ast.literal_eval(literal)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                name = ""
            if not name.isidentifier():
                raise ValueError(
                    f"should be NAME=VALUE, such as width=32,rate=1e-4. Received: {text!r}"
                )
            if name in values:
                raise ValueError(f"should name each argument once. Received: {name} twice.")
            values[name] = value
    return values


def text_of(values):
    """Returns the text from which `parse` reads these values, the same whatever their order.

    Example:
        >>> text_of({"width": 32, "objective": "Hinge", "gamma": 0.7})
        'gamma=0.7,objective=Hinge,width=32'
    """
    texts = {name: value if _is_word(value) else repr(value) for name, value in values.items()}
    return ",".join(f"{name}={texts[name]}" for name in sorted(texts))


def split(values, family, fixed=()):
    """Returns (values of the constructor, the other values), two dicts.

    Args:
        values: as `parse` returns them.
        family: the class of the model.
        fixed: arguments of the constructor that the data determine.

    Raises:
        ValueError: for a value of another kind than the argument's default.

    Example:
        >>> import zoo
        >>> split({"width": 8, "rate": 1e-3}, zoo.GAN)
        ({'width': 8}, {'rate': 0.001})
    """
    defaults = _defaults(family, fixed)
    for name in values.keys() & defaults:
        _check_kind(name, values[name], defaults[name])
    return (
        {name: value for name, value in values.items() if name in defaults},
        {name: value for name, value in values.items() if name not in defaults},
    )


@contextlib.contextmanager
def constructor_errors(values):
    """Names --set in a ValueError of a constructor that is about one of these values.

    Example:
        >>> with constructor_errors({"width": 0}):
        ...     raise ValueError("`width` should be an integer from 1. Received: width=0")
        Traceback (most recent call last):
        ValueError: --set: `width` should be an integer from 1. Received: width=0
    """
    try:
        yield
    except ValueError as error:
        about = tuple(f"`{name}`" for name in values)
        if not str(error).startswith(about):
            raise
        raise ValueError(f"--set: {error}") from None


def recipe_changes(model, values, fixed=()):
    """Returns the arguments of `compile` that give a model's recipe these values.

    Args:
        model: a compiled model, whose recipe is changed.
        values: numbers of its optimizers, penalties and objective by their names, each for all that
            have one; the learning rate is "rate", the first one where it falls; and "objective",
            the name of a class of `trainers.objectives`.
        fixed: as of `split`, for the message.

    Raises:
        ValueError: for unknown names, and values of another kind or out of range.

    Example:
        >>> import zoo
        >>> changes = recipe_changes(zoo.create("wgan_gp", image_shape=(2,)), {"weight": 5.0})
        >>> changes["penalties"]
        [GradientPenalty(weight=5.0, one_sided=False)]
    """
    values, objective = dict(values), model.objective
    with command_line.flag_errors("set"):
        if objective is not None and "objective" in values:
            objective = _objective(model, values.pop("objective"))
        optimizers = {
            player: getattr(optimizer, "inner_optimizer", optimizer)  # behind the loss scale
            for player, optimizer in model.optimizers.items()
        }
        parts = [*optimizers.values(), *model.penalties, *([objective] if objective else [])]
        known = {name for part in parts for name in _numbers(part)}
        _check_names(model, values, known, fixed)
        return {
            "objective": objective and _with(objective, values),
            "penalties": [_with(penalty, values) for penalty in model.penalties],
            "optimizers": {player: _with(one, values) for player, one in optimizers.items()},
        }


def _defaults(family, fixed):
    """The arguments of a constructor that --set may name, with their defaults."""
    parameters = inspect.signature(family.__init__).parameters.values()
    return {
        p.name: p.default
        for p in parameters
        if p.kind is not p.VAR_KEYWORD and p.name not in ("self", "name", *fixed)
    }


def _check_kind(name, value, default):
    if isinstance(default, bool):
        fits, kind = isinstance(value, bool), "True or False"
    elif isinstance(default, str):
        fits, kind = isinstance(value, str), f"text, such as {default}"
    elif isinstance(default, tuple):
        fits = isinstance(value, (tuple, list)) and all(map(_is_number, value))
        kind = f"numbers, such as {default}"
    elif default is None:  # a count that follows from others
        fits = value is None or (_is_number(value) and isinstance(value, int))
        kind = "an integer"
    else:
        fits, kind = _is_number(value), f"a number, such as {default:g}"
    if not fits:
        raise ValueError(f"--set: `{name}` should be {kind}. Received: {name}={value!r}")


def _is_word(value):
    return isinstance(value, str) and value.isidentifier() and not keyword.iskeyword(value)


def _is_number(value):
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return real and math.isfinite(value)


def _check_names(model, values, known, fixed):
    everything = {*known, *_defaults(type(model), fixed), "objective"}
    everything -= set() if model.objective else {"objective"}
    for name, value in values.items():
        if name not in known:
            similar = difflib.get_close_matches(name, everything, n=1)
            hint = f"Did you mean {similar[0]}? " if similar else ""
            raise ValueError(
                f"should name arguments of {type(model).__name__} or of its recipe. {hint}"
                f"Received: {name}. There are {', '.join(sorted(everything))}."
            )
        _check_kind(name, value, 0.5)
        if name in FRACTIONS and not 0.0 <= value < 1.0:
            raise ValueError(f"`{name}` should be from 0, and below 1. Received: {name}={value!r}")


def _objective(model, name):
    """The objective of that name, with its defaults."""
    from trainers import objectives

    known = {
        key: value
        for key, value in vars(objectives).items()
        if inspect.isclass(value)
        and issubclass(value, model.objectives or objectives.Objective)
        and value is not objectives.Objective
        and all(p.default is not p.empty for p in inspect.signature(value).parameters.values())
    }
    if name not in known:
        raise ValueError(
            f"`objective` should be {' or '.join(sorted(known))} for {type(model).__name__}. "
            f"Received: objective={name}"
        )
    return known[name]()


def _numbers(part):
    """The numbers of an optimizer, a penalty or an objective, by the names that --set has."""
    config = part.get_config()
    if "learning_rate" in config:
        schedule = config.pop("learning_rate")
        rates = schedule["config"] if isinstance(schedule, dict) else {"rate": schedule}
        config["rate"] = next((rates[name] for name in FIRST_RATES if name in rates), None)
    if not config.get("use_ema"):
        config.pop("ema_momentum", None)  # of an average that is not kept
    return {name: value for name, value in config.items() if _is_number(value)}


def _with(part, values):
    """A copy of an optimizer, a penalty or an objective with those of the values that it has."""
    config, changed = part.get_config(), {k: v for k, v in values.items() if k in _numbers(part)}
    rate = changed.pop("rate", None)
    if rate is not None and isinstance(config["learning_rate"], dict):
        schedule = config["learning_rate"]["config"]
        schedule |= {name: rate for name in FIRST_RATES if name in schedule}
    elif rate is not None:
        config["learning_rate"] = float(rate)  # Keras takes no integer
    return type(part).from_config(config | changed)
