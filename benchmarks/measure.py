"""What acceptance rows share: training for a number of steps, and figures with their bounds."""

from trainers import training


def gate(value, reference, A, B, higher=True):
    """A figure with its bounds.

    Args:
        value: what was measured.
        reference: what the best cheap method reaches in the same run.
        A, B: the value that is needed, and the one aimed at.
        higher: whether more is better.
    """
    sign = 1 if higher else -1
    return {
        "value": value,
        "reference": reference,
        "A": A,
        "B": B,
        "meets_A": bool(sign * value >= sign * A),
        "meets_B": bool(sign * value >= sign * B),
    }


def verdict(figure):
    """Whether a figure of `gate` beats, equals or loses to its reference."""
    higher = figure["B"] >= figure["A"]
    if figure["value"] == figure["reference"]:
        return "equals"
    return "beats" if (figure["value"] > figure["reference"]) == higher else "loses to"


def train(model, recipe, data, steps):
    """Compiles with a recipe and fits for so many steps of a stream, quietly."""
    model.compile(recipe, steps, **training.fast_options(model, steps))
    model.fit(data.repeat(), steps_per_epoch=steps, verbose=0)
