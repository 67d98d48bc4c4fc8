"""Verdict: whether a figure beats a reference."""


def verdict(value, reference, lower=False):
    """Returns whether a figure beats a reference, equals it or loses to it.

    A value that is not a number loses.

    Args:
        value: the figure.
        reference: the same figure of a baseline.
        lower: whether less is better.

    Returns:
        "beats", "equals" or "loses to".

    >>> verdict(27.0, 25.0), verdict(27.0, 25.0, lower=True), verdict(25.0, 25.0)
    ('beats', 'loses to', 'equals')
    """
    if value == reference:
        return "equals"
    better = value < reference if lower else value > reference
    return "beats" if better else "loses to"
