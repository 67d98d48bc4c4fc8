import warnings

import numpy as np
import pytest
from scipy.linalg import sqrtm

from trainers.metrics import Moments, frechet_distance, frechet_distance_from_moments


def test_two_gaussians_known_exactly_are_27_apart():
    distance = frechet_distance_from_moments([0, 0], np.eye(2), [3, 4], 4 * np.eye(2))
    assert distance == pytest.approx(27.0, abs=1e-12)


def test_covariances_are_divided_by_n_minus_one():
    real, fake = np.ones((100, 2)), np.full((100, 2), 9.0)
    real[:50, 0] = 2
    fake[50:, 0] = 2
    assert frechet_distance(real, fake) == pytest.approx(89.0909, abs=1e-4)


def test_it_equals_the_formula_with_scipys_matrix_root():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6))
    fake = rng.standard_normal((150, 6)) @ rng.standard_normal((6, 6)) + 1.0
    a, b = np.cov(real.T), np.cov(fake.T)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    expected = shift @ shift + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-10)


def test_real_and_fake_can_be_exchanged():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((30, 8)), rng.standard_normal((40, 8)) ** 2
    there, back = frechet_distance(real, fake), frechet_distance(fake, real)
    assert there == pytest.approx(back, rel=1e-12)


@pytest.mark.parametrize("n", [5, 1000])
def test_equal_samples_are_0_apart_with_a_singular_covariance_or_a_regular_one(n):
    samples = np.random.default_rng(0).standard_normal((n, 64))
    assert 0.0 <= frechet_distance(samples, samples) < 1e-10


def test_fewer_samples_than_features_are_warned_of():
    rng = np.random.default_rng(0)
    few, many = rng.standard_normal((64, 64)), rng.standard_normal((65, 64))
    with pytest.warns(UserWarning, match="of 64 samples of 64 features is far too large"):
        assert frechet_distance(few, many) > 20.0  # of one Gaussian
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(many, many)


@pytest.mark.filterwarnings("ignore:The Fréchet distance of")
def test_singular_covariances_give_no_nan():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((5, 64)), rng.standard_normal((5, 64))
    fake[:, 32:] = 0.0
    assert 0.0 < frechet_distance(real, fake) < np.inf
    still = np.zeros((4, 4))
    found = frechet_distance_from_moments(np.zeros(4), still, np.ones(4), still)
    assert found == pytest.approx(4.0)


def test_directions_in_which_nothing_varies_add_nothing_but_rounding():
    rng = np.random.default_rng(0)
    real, fake = 3.0 * rng.standard_normal((200, 4)), rng.standard_normal((200, 4)) + 1.0
    embed = np.linalg.qr(rng.standard_normal((64, 4)))[0].T  # 4 features in a space of 64
    expected = frechet_distance(real, fake)
    assert frechet_distance(real @ embed, fake @ embed) == pytest.approx(expected, abs=1e-10)


def test_one_feature_is_enough():
    # N(1, 2) and N(5, 8): 16 + 2 + 8 - 2 * 4
    assert frechet_distance([[0.0], [2.0]], [[3.0], [7.0]]) == pytest.approx(18.0)


def test_one_sample_has_no_covariance_and_is_refused():
    with pytest.raises(ValueError, match=r"with n >= 2.*Received: real\.shape=\(1, 3\)"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))


@pytest.mark.parametrize(
    "moments",
    [
        (np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)),
        (np.zeros(2), np.eye(3), np.zeros(2), np.eye(2)),
        (0.0, 1.0, 0.0, 1.0),
    ],
)
def test_moments_that_do_not_fit_together_are_refused_with_their_shapes(moments):
    sentence = r"should be of shapes \(d,\), \(d, d\), \(d,\), \(d, d\)\. Received: \(\("
    with pytest.raises(ValueError, match=sentence):
        frechet_distance_from_moments(*moments)


def test_moments_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="`fake_cov` should hold finite numbers"):
        frechet_distance_from_moments(np.zeros(2), np.eye(2), np.zeros(2), np.full((2, 2), np.nan))


@pytest.mark.parametrize("sizes", [[300], [1, 2, 297], [100, 100, 100]])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_moments_of_batches_are_those_of_all_samples_however_far_from_the_origin(sizes, offset):
    noise = np.random.default_rng(0).standard_normal((300, 4)) @ np.diag([1.0, 2.0, 3.0, 4.0])
    moments = Moments()
    for batch in np.split(offset + noise, np.cumsum(sizes)[:-1]):
        moments.update(batch)
    assert moments.n == 300
    np.testing.assert_allclose(moments.mean - offset, noise.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(moments.covariance, np.cov(noise.T), atol=1e-6 if offset else 1e-12)


def test_moments_are_enough_for_the_distance():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((200, 6)), rng.standard_normal((300, 6)) + 1.0
    sets = []
    for features in (real, fake):
        moments = Moments()
        for batch in np.array_split(features.astype("float32"), 7):
            moments.update(batch)
        sets += [moments.mean, moments.covariance]
    assert frechet_distance_from_moments(*sets) == pytest.approx(
        frechet_distance(real, fake), rel=1e-5
    )


def test_too_few_samples_for_a_moment_and_batches_of_another_size_are_refused():
    moments = Moments()
    with pytest.raises(ValueError, match=r"`update` should have seen 1 samples.*Received: 0"):
        _ = moments.mean
    moments.update(np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"`update` should have seen 2 samples.*Received: 1"):
        _ = moments.covariance
    with pytest.raises(ValueError, match=r"3 features.*Received: batch\.shape=\(5, 4\)"):
        moments.update(np.zeros((5, 4)))
