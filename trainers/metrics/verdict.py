"""Verdict: whether a figure beats a reference."""

import math


def verdict(value, reference, lower=False, form=".4g"):
    """Returns whether a figure beats a reference, ties with it or loses to it.

    A value that is not a number loses.

    Args:
        value: the figure.
        reference: the same figure of a baseline.
        lower: whether less is better.
        form: the format in which both are displayed: figures that look alike tie.

    Returns:
        "beats", "ties with" or "loses to".

    >>> verdict(27.0, 25.0), verdict(27.0, 25.0, lower=True), verdict(25.0, 25.0)
    ('beats', 'loses to', 'ties with')
    >>> verdict(0.8938, 0.8942), verdict(0.8938, 0.8942, form=".3g")
    ('loses to', 'ties with')
    """
    alike = f"{value:{form}}" == f"{reference:{form}}"
    if value == reference or (alike and not math.isnan(value)):
        return "ties with"
    better = value < reference if lower else value > reference
    return "beats" if better else "loses to"
