import numpy as np
import pytest
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier

from trainers.metrics import two_sample, two_sample_test


@pytest.mark.parametrize("classifier", ["knn", "mlp"])
def test_equal_distributions_cannot_be_told_apart_and_shifted_ones_can(classifier):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 300, 4))
    accuracy, p = two_sample_test(real, fake, classifier)
    assert 0.4 < accuracy < 0.6 and p > 0.01
    accuracy, p = two_sample_test(real, fake + 2.0, classifier)
    assert accuracy > 0.95 and p < 1e-9


def test_p_values_of_equal_distributions_are_below_5_percent_as_often_as_that():
    rng = np.random.default_rng(0)
    p = [two_sample_test(*rng.standard_normal((2, 100, 2)))[1] for _ in range(200)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.05)
    assert np.mean(p) == pytest.approx(0.5, abs=0.1)


def test_the_p_value_is_two_sided_under_the_normal_null():
    rng = np.random.default_rng(0)
    found = two_sample_test(rng.standard_normal((50, 2)), rng.standard_normal((50, 2)) + 0.5)
    z = abs(found.accuracy - 0.5) * np.sqrt(4 * 50)
    assert found.p_value == pytest.approx(2 * norm.sf(z), rel=1e-12)


def test_neighbours_vote_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    seen, unseen = rng.standard_normal((81, 3)), rng.standard_normal((40, 3))  # of 9: no tie
    kind = rng.integers(2, size=81)
    expected = KNeighborsClassifier(9).fit(seen, kind).predict(unseen)
    found = two_sample.CLASSIFIERS["knn"](seen, kind, unseen, 0)
    np.testing.assert_array_equal(found, expected)


def test_sets_of_two_sizes_are_no_easier_to_tell_apart():
    rng = np.random.default_rng(0)
    found = two_sample_test(rng.standard_normal((3000, 2)), rng.standard_normal((300, 2)))
    assert 0.4 < found.accuracy < 0.6


def test_the_answer_is_the_same_for_the_same_seed_and_another_for_another():
    rng = np.random.default_rng(0)
    sets = rng.standard_normal((2, 100, 2))
    assert two_sample_test(*sets, seed=1) == two_sample_test(*sets, seed=1)
    assert len({two_sample_test(*sets, seed=seed).accuracy for seed in range(5)}) > 1


def test_an_unknown_classifier_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"one of \['knn', 'mlp'\]\. Received: classifier='svm'"):
        two_sample_test(np.zeros((4, 2)), np.zeros((4, 2)), "svm")
