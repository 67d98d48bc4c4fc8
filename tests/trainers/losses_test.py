import numpy as np
import pytest
from scipy import stats

from trainers import losses
from trainers.objectives import NonSaturating

CLASS_LOGITS = {  # real: labels [1, 2, 0, 0]
    "fake": [
        [10, 4.4, -5.5, 3.6],
        [-4, 4.4, 5.2, 4.6],
        [1.1, 2.4, -3.5, 5.6],
        [1.1, 2.4, -3.5, 5.6],
    ],
    "real": [
        [-2, 0.4, 12.5, 2.7],
        [-1.2, 1.9, 12.3, 2.6],
        [-2.4, -1.7, 2.5, 2.7],
        [1.1, 2.4, -3.5, 5.6],
    ],
}


@pytest.mark.parametrize("side, expected", [("fake", 3.84974), ("real", 5.58976)])
def test_the_cross_entropy_of_class_logits(side, expected):
    found = losses.cross_entropy([1, 2, 0, 0], CLASS_LOGITS[side])
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_cross_entropy_neither_overflows_nor_loses_a_large_loss():
    assert float(losses.cross_entropy([1], [[1000.0, 0.0]])) == pytest.approx(1000.0)
    assert float(losses.cross_entropy([0], [[1000.0, 0.0]])) == 0.0


def test_a_gaussians_likelihood_is_scipys():
    rng = np.random.default_rng(0)
    x, mean, log_std = rng.normal(size=(3, 5, 2))
    expected = -stats.norm(mean, np.exp(log_std)).logpdf(x).sum(axis=1).mean()
    assert float(losses.gaussian_nll(x, mean, log_std)) == pytest.approx(expected, rel=1e-5)


def test_mutual_information_is_the_mean_over_categorical_and_continuous_codes():
    beliefs = [[[1.0, 2.0]], ([[0.0]], [[0.0]])]
    found = losses.mutual_information([[1], [[2.0]]], [np.array(beliefs[0]), beliefs[1]])
    assert float(found) == pytest.approx(np.mean([0.3132617, 2.9189385]), abs=1e-5)


@pytest.mark.parametrize("codes, beliefs", [([], []), ([[1]], []), ([[1]], [[[1.0]], [[1.0]]])])
def test_beliefs_that_do_not_match_the_codes_are_refused(codes, beliefs):
    with pytest.raises(ValueError, match="`beliefs` should be as many as `codes`"):
        losses.mutual_information(codes, beliefs)


def test_the_cycles_of_both_directions_have_the_mean_of_their_l1_distances():
    x, y = [[1, 2, 3], [4, 5, 6]], [1, 9]
    there, back = losses.l1(x, [[7, 8, 9], [10, 11, 12]]), losses.l1(y, [-2, 3])
    assert float(there + back) / 2.0 == pytest.approx(5.25)


def test_feature_matching_compares_means_and_not_pairs():
    real, fake = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]]
    assert float(losses.feature_matching(real, fake)) == pytest.approx(8.5)
    assert float(losses.feature_matching(real, real[::-1])) == pytest.approx(0.0, abs=1e-9)
    assert float(losses.feature_matching(real, real * 3)) == 0.0


def test_half_precision_is_raised_to_float32_before_anything_is_summed():
    x = np.full((4000, 1), 100.0, "float16")
    assert float(losses.feature_matching(x, 0 * x)) == pytest.approx(1e4, rel=1e-4)
    assert losses.l1(x, x).dtype == "float32"


def test_the_three_terms_of_semi_supervised_learning():
    """K = 2 classes, the fake class pinned at logit 0."""
    supervised = losses.cross_entropy([1, 0], [[1.0, 2.0], [0.0, -1.0]])
    assert float(supervised) == pytest.approx(0.31326169, abs=1e-6)
    unlabelled = losses.realness([[0.5, 0.5], [2.0, -2.0]])
    fake = losses.realness([[0.0, 0.0], [-1.0, 1.0]])
    game = NonSaturating()
    sure = np.full((2, 1), -100.0, "float32")  # of a fake that D is sure of, which costs nothing
    assert float(game.discriminator_loss(unlabelled, sure)) == pytest.approx(0.19482730, abs=1e-6)
    assert float(game.discriminator_loss(-sure, fake)) == pytest.approx(1.25310913, abs=1e-6)


def test_realness_is_the_share_of_the_real_classes_among_all():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    with_fake = np.exp(np.concatenate([logits, np.zeros((5, 1))], axis=1))
    share = 1.0 - with_fake[:, -1] / with_fake.sum(axis=1)
    found = 1.0 / (1.0 + np.exp(-losses.realness(logits).numpy()[:, 0]))
    np.testing.assert_allclose(found, share, rtol=1e-6)
