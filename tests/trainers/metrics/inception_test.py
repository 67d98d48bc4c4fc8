import numpy as np
import pytest

from trainers.metrics import inception_score


def test_the_score_of_two_nearly_equal_samples_is_the_one_known():
    logits = [[1, 2] * 500 + [4], [4, 5] * 500 + [6]]
    assert inception_score(logits) == pytest.approx(1.00080878, abs=1e-8)


def test_sure_and_even_classes_score_their_number():
    assert inception_score(1000.0 * np.eye(10)) == pytest.approx(10.0)


def test_equal_samples_score_1():
    assert inception_score(np.tile([0.3, -2.0, 5.0], (20, 1))) == pytest.approx(1.0)


def test_it_equals_the_formula_on_probabilities():
    logits = np.random.default_rng(0).standard_normal((50, 4))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = np.exp(np.mean(np.sum(p * np.log(p / p.mean(axis=0)), axis=1)))
    assert inception_score(logits) == pytest.approx(expected, rel=1e-12)


def test_splits_are_scored_each_with_its_own_marginal_and_averaged():
    logits = np.random.default_rng(0).standard_normal((50, 4))
    parts = [inception_score(logits[:25]), inception_score(logits[25:])]
    assert inception_score(logits, splits=2) == pytest.approx(np.mean(parts), rel=1e-12)


@pytest.mark.parametrize("splits", [0, 6])
def test_more_splits_than_samples_are_refused(splits):
    sentence = f"`splits` should be from 1 to 5.*Received: splits={splits}"
    with pytest.raises(ValueError, match=sentence):
        inception_score(np.zeros((5, 3)), splits=splits)


def test_logits_that_are_not_finite_are_refused_with_their_count():
    with pytest.raises(ValueError, match="`logits` should hold finite.*Received: 2 of 6"):
        inception_score([[0.0, np.nan, 1.0], [np.inf, 0.0, 0.0]])
