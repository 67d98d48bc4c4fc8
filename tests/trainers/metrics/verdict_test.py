import numpy as np
import pytest

from trainers.metrics import verdict


@pytest.mark.parametrize(
    ("value", "reference", "expected"),
    [
        (0.8, 0.7, "beats"),
        (0.7, 0.8, "loses to"),
        (0.8, 0.8, "ties with"),
        (0.80001, 0.8, "ties with"),  # both print as 0.8
        (0.8001, 0.8, "beats"),
        (-0.0, 0.0, "ties with"),
        (np.nan, 0.8, "loses to"),
        (np.nan, np.nan, "loses to"),
    ],
)
def test_figures_that_look_alike_tie(value, reference, expected):
    assert verdict(value, reference) == expected


def test_less_is_better_where_it_is_said():
    assert verdict(1.0, 2.0, lower=True) == "beats"
    assert verdict(1.004, 1.0, lower=True, form=".2f") == "ties with"
