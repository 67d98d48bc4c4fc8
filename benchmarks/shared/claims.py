"""Claims of theorems, which hold or do not."""


def claim(text, value, theory=None, tolerance=None, at_least=None, at_most=None):
    """A statement about a number, and whether it holds.

    Args:
        text: what is claimed.
        value: what was measured.
        theory: what it should be, when a tolerance is given.
        tolerance: how far it may be from that.
        at_least, at_most: bounds instead.
    """
    if tolerance is not None:
        bound, holds = f"± {tolerance:g}", abs(value - theory) <= tolerance
    elif at_least is not None:
        bound, holds = f"≥ {at_least:g}", value >= at_least
    else:
        bound, holds = f"≤ {at_most:g}", value <= at_most
    theory = None if theory is None else float(theory)
    return {
        "text": text,
        "value": float(value),
        "theory": theory,
        "bound": bound,
        "holds": bool(holds),
    }
