import numpy as np
import pytest
from sklearn.neighbors import KernelDensity

from trainers.metrics import neighbours, parzen_log_likelihood, parzen_sigma


@pytest.fixture
def sets():
    rng = np.random.default_rng(0)
    return rng.standard_normal((60, 5)), rng.standard_normal((80, 5))


def test_one_point_between_two_centres_has_the_likelihood_computed_on_paper():
    assert parzen_log_likelihood([[1.0]], [[0.0], [2.0]], 0.5) == pytest.approx(-2.22579135)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_it_equals_scikit_learns_kernel_density(sets, sigma, offset):
    real, fake = (offset + x for x in sets)
    expected = KernelDensity(bandwidth=sigma).fit(fake).score_samples(real).mean()
    assert parzen_log_likelihood(real, fake, sigma) == pytest.approx(expected, rel=1e-6)


def test_it_does_not_depend_on_how_many_distances_are_held_at_once(sets, monkeypatch):
    whole = parzen_log_likelihood(*sets, 0.3)
    monkeypatch.setattr(neighbours, "PAIRS", 200)
    assert parzen_log_likelihood(*sets, 0.3) == pytest.approx(whole, rel=1e-12)


def test_samples_that_no_kernel_reaches_have_a_finite_likelihood():
    expected = -(1e6**2) / (2 * 0.01**2)
    assert parzen_log_likelihood([[1e6]], [[0.0]], 0.01) == pytest.approx(expected, rel=1e-9)


def test_the_chosen_sigma_is_the_likeliest_of_those_offered(sets):
    real, fake = sets
    sigmas = [0.1, 0.4, 0.6, 2.0]
    found = [parzen_log_likelihood(real, fake, sigma) for sigma in sigmas]
    assert parzen_sigma(real, fake, sigmas) == sigmas[int(np.argmax(found))]
    assert 0.3 < parzen_sigma(real, fake) < 1.0


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.nan])
def test_a_sigma_that_is_none_is_refused(sets, sigma):
    with pytest.raises(ValueError, match="`sigma` should be greater than 0. Received: sigma="):
        parzen_log_likelihood(*sets, sigma)
