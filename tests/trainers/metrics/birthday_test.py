import numpy as np
import pytest

from trainers.metrics import birthday_test


def uniform_on(members, n, seed=0):
    """n draws from so many far points, each with a little noise."""
    rng = np.random.default_rng(seed)
    points = 10.0 * rng.standard_normal((members, 16))
    return points[rng.integers(members, size=n)] + 1e-3 * rng.standard_normal((n, 16))


@pytest.fixture
def real():
    return 10.0 * np.random.default_rng(9).standard_normal((1000, 16))


@pytest.mark.parametrize("members", [1, 100, 1000])
def test_the_support_of_a_uniform_distribution_is_the_number_of_its_members(real, members):
    found = birthday_test(real, uniform_on(members, 1000))
    assert found.support == pytest.approx(members, rel=0.1)
    assert found.support < 0.2 * found.real_support


def test_23_birthdays_have_a_pair_with_probability_one_half(real):
    found = birthday_test(real, uniform_on(365, 5000))
    assert found.batch == pytest.approx(23.0, abs=0.5)
    twice = [birthday_test(real, uniform_on(365, 23, seed)).pairs > 0 for seed in range(100)]
    assert np.mean(twice) == pytest.approx(0.5, abs=0.15)


def test_pairs_are_counted_once_and_no_sample_with_itself(real):
    fake = real[[0, 1, 2, 2, 2]]
    assert birthday_test(real, fake).pairs == 3


def test_without_a_pair_the_support_is_infinite(real):
    found = birthday_test(real, 100.0 * np.eye(16))
    assert (found.pairs, found.support, found.batch) == (0, np.inf, np.inf)


def test_a_percentile_that_is_none_is_refused(real):
    with pytest.raises(ValueError, match="`percentile` should be from 0 to 100.*=101"):
        birthday_test(real, real, percentile=101)
