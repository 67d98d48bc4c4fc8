"""Claims of theorems: numbers with a bound, and whether the bound holds."""


def claim(text, value, theory=None, tolerance=None, at_least=None, at_most=None):
    """Returns a claim about a number, as a dict for JSON.

    Args:
        text: str. The name of the number.
        value: float. The measured value.
        theory: float. The theoretical value, where a tolerance is given.
        tolerance: float. The largest allowed distance to `theory`.
        at_least, at_most: floats. Bounds used without a tolerance.

    Returns:
        A dict with `text`, `value`, `theory`, `bound` (str) and `holds` (bool).
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
