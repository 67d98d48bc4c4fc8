import numpy as np
import pytest

from trainers.metrics import calibration_error, reliability


def answers(confidence, n=20_000, seed=0):
    """Two classes, the first always with this probability, and labels that follow it."""
    rng = np.random.default_rng(seed)
    return np.tile([confidence, 1.0 - confidence], (n, 1)), rng.uniform(size=n) > confidence


@pytest.mark.parametrize("confidence", [0.55, 0.75, 0.95])
def test_who_is_right_as_often_as_sure_has_no_error(confidence):
    assert calibration_error(*answers(confidence)) < 0.01


def test_the_error_is_the_gap_between_confidence_and_accuracy():
    """All sure by .9, and half of them right: |.5 - .9|."""
    probabilities = np.tile([0.9, 0.1], (10, 1))
    assert calibration_error(probabilities, [0, 1] * 5) == pytest.approx(0.4)


def test_bins_are_weighed_by_what_is_in_them():
    """Three of four answers are off by .1, one by .4: .75 · .1 + .25 · .4."""
    probabilities = np.array([[0.9, 0.1]] * 3 + [[0.6, 0.4]])
    assert calibration_error(probabilities, [0, 0, 0, 0]) == pytest.approx(0.175)


def test_certainty_is_in_the_last_bin():
    confidence, accuracy, share = reliability([[1.0, 0.0], [0.95, 0.05]], [0, 0])
    assert (confidence, accuracy, share) == (pytest.approx([0.975]), [1.0], [1.0])


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        ([[0.9, 0.1]], [0, 1], r"Received: \(1, 2\) and \(2,\)"),
        ([[2.0, -1.0]], [0], "rows of sum 1"),
        ([[3.0, 1.0]], [0], "rows of sum 1"),
        (np.zeros((0, 2)), [], "n at least 1"),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        calibration_error(probabilities, np.array(labels, int))
