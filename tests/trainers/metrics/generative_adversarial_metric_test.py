import numpy as np
import pytest

from trainers.metrics import generative_adversarial_metric


def near(radius):
    """A discriminator that takes for real what is nearer to 0."""
    return lambda x: radius - np.abs(x)


REAL = np.linspace(-1.0, 1.0, 11)[:, None]
GOOD, POOR = 0.5 * REAL, 3.0 * REAL


def test_the_generator_whose_samples_fool_the_other_wins():
    found = generative_adversarial_metric(REAL, GOOD, POOR, near(1.1), near(1.1))
    assert (found.winner, found.test_ratio) == (1, 1.0)
    assert found.sample_ratio == pytest.approx(3 / 11)  # of POOR 3 are near 0, of GOOD all 11
    back = generative_adversarial_metric(REAL, POOR, GOOD, near(1.1), near(1.1))
    assert back.winner == 2 and back.sample_ratio == pytest.approx(11 / 3)


def test_discriminators_of_different_strength_settle_nothing():
    found = generative_adversarial_metric(REAL, GOOD, POOR, near(0.3), near(0.5))
    assert found.winner is None
    assert found.test_ratio == pytest.approx(8 / 6)
    lenient = generative_adversarial_metric(REAL, GOOD, POOR, near(0.3), near(0.5), tolerance=0.5)
    assert lenient.winner == 1


def test_equal_errors_are_a_draw_and_none_in_the_denominator_is_infinite():
    assert generative_adversarial_metric(REAL, GOOD, GOOD, near(1.1), near(1.1)).winner is None
    perfect = generative_adversarial_metric(REAL, 9.0 + GOOD, GOOD, near(1.1), near(1.1))
    assert (perfect.winner, perfect.sample_ratio) == (2, np.inf)


def test_maps_of_logits_are_averaged():
    def maps(x):
        return np.stack([x + 1.0, x - 2.0], axis=1).reshape(-1, 2, 1, 1)  # of mean x - ½

    found = generative_adversarial_metric([[1.0], [0.2]], [[1.0]], [[0.0]], maps, maps)
    assert found == (1, 1.0, 0.0)


def test_a_discriminator_of_another_number_of_logits_is_refused():
    with pytest.raises(ValueError, match=r"a logit for each of 11 samples\. Received: shape \(3,"):
        generative_adversarial_metric(REAL, GOOD, POOR, lambda x: x[:3], near(1.0))
