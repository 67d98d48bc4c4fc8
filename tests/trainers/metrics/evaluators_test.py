import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from trainers import metrics
from trainers.metrics import evaluators
from trainers.metrics.arrays import row_chunks


def fresh(digits, epochs):
    """A new fit of the evaluator with scikit-learn, as an `Evaluator`."""
    images, labels = digits
    network = MLPClassifier((128, 64), alpha=1e-3, random_state=0, max_iter=epochs)
    network.fit(images.reshape(-1, 64) / 2 + 0.5, labels)
    layers = list(zip(network.coefs_, network.intercepts_, strict=True))
    return network, metrics.Evaluator("fresh", layers)


def test_every_digit_is_classified_without_an_error(digits, evaluator):
    images, labels = digits
    assert np.array_equal(evaluator.classify(images), labels)
    assert evaluator.name == "digits"
    assert evaluator.features(images).shape == (1797, 64)
    assert evaluator.features(images).min() == 0.0
    assert evaluator.logits(images).shape == (1797, 10)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # has not converged, as it need not
def test_numpy_computes_what_scikit_learn_does(digits):
    images = digits[0][:50]
    network, evaluator = fresh(digits, epochs=5)
    logits = evaluator.logits(images)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    expected = network.predict_proba(images.reshape(-1, 64) / 2 + 0.5)
    np.testing.assert_allclose(p, expected, atol=1e-12)


@pytest.mark.thorough  # fits for many seconds
def test_a_fresh_fit_gives_the_same_scores_within_10_percent(digits, halves, evaluator):
    train, test = halves
    _, other = fresh(digits, epochs=200)
    shipped, new = (metrics.score(test, train, network) for network in (evaluator, other))
    assert new.pop("protocol")["feature_network"] == "fresh"
    for figure in new:
        np.testing.assert_allclose(new[figure], shipped[figure], rtol=0.1, err_msg=figure)


def test_images_of_larger_sides_are_averaged_over_boxes(digits, evaluator):
    images = digits[0][:20]
    enlarged = images.repeat(4, axis=1).repeat(4, axis=2)
    ripple = 0.1 * (-1.0) ** np.arange(32)[:, None] * np.ones((32, 1))  # of mean 0 in each box
    safe = 0.8 * enlarged + ripple[..., None]  # nothing to clip
    found = evaluator.features(safe)
    np.testing.assert_allclose(found, evaluator.features(0.8 * images), rtol=1e-9, atol=1e-9)
    found = evaluator.logits(enlarged)
    np.testing.assert_allclose(found, evaluator.logits(images), rtol=1e-9, atol=1e-9)


def test_images_beyond_the_range_are_clipped(digits, evaluator):
    images = digits[0][:20]
    binary = np.where(images > 0, 1.0, -1.0)
    np.testing.assert_array_equal(evaluator.features(3 * binary), evaluator.features(binary))


@pytest.mark.parametrize(
    "shape", [(5, 64), (5, 8, 8), (5, 8, 8, 3), (5, 12, 12, 1), (5, 8, 16, 1), (5, 0, 0, 1)]
)
def test_images_of_other_shapes_are_refused(evaluator, shape):
    with pytest.raises(ValueError, match=r"side a multiple of 8\. Received: images\.shape=\(5,"):
        evaluator.features(np.zeros(shape))


def test_no_images_and_images_that_are_not_finite_are_refused(evaluator):
    with pytest.raises(ValueError, match=r"Received: images\.shape=\(0, 8, 8, 1\)"):
        evaluator.classify(np.zeros((0, 8, 8, 1)))
    with pytest.raises(ValueError, match="`images` should hold finite.*Received: 128 of 128"):
        evaluator.logits(np.full((2, 8, 8, 1), np.nan))


def test_an_unknown_evaluator_is_refused_with_the_names_there_are():
    with pytest.raises(
        ValueError, match=r"one of \['digits', 'inception'\]\. Received: name='vgg'"
    ):
        metrics.evaluator("vgg")


def test_logits_are_those_of_the_features(digits, evaluator):
    images = digits[0][:20]
    logits = evaluator.head(evaluator.features(images))
    np.testing.assert_array_equal(logits, evaluator.logits(images))


def test_images_are_taken_a_part_at_a_time_with_the_same_result(digits, evaluator, monkeypatch):
    images = digits[0][:20]
    whole = evaluator.features(images)
    monkeypatch.setattr(evaluators, "row_chunks", lambda images: row_chunks(images, 3 * 64))
    np.testing.assert_allclose(evaluator.features(images), whole, rtol=1e-12, atol=1e-12)
