"""Without a download: Keras' architecture with random weights, and what happens without any."""

import threading

import keras
import numpy as np
import pytest

from trainers import metrics
from trainers.metrics import inception_network


@pytest.fixture(scope="module")
def small():
    """A network with the two layers that count: colours are averaged, then weighed."""
    image = keras.Input((299, 299, 3))
    pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(image)
    logits = keras.layers.Dense(5, name="predictions")(pooled)
    return metrics.Inception(keras.Model(image, logits))


def test_features_are_of_images_in_the_unit_they_come_in(small):
    shades = np.full((3, 16, 24, 3), [-1.0, 0.25, 1.0]) * np.reshape([1.0, 0.5, 9.0], (3, 1, 1, 1))
    expected = np.clip([[-1.0, 0.25, 1.0], [-0.5, 0.125, 0.5], [-9, 2.25, 9]], -1, 1)
    found = small.features(shades)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.dtype == np.float32


def test_grey_images_are_repeated_over_three_channels(small):
    grey = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 1))
    found = small.features(grey)
    np.testing.assert_allclose(found, small.features(grey.repeat(3, axis=3)), atol=1e-6)


def test_large_images_are_averaged_and_not_sampled(small):
    stripes = np.ones((1, 1196, 1196, 1)) * np.where(np.arange(1196) % 4 == 0, 1.0, -1.0)[:, None]
    resized = []
    small_body, small.body = small.body, lambda x, training: resized.append(x) or x[:, 0, 0]
    small.features(stripes)
    small.body = small_body
    inside = np.asarray(resized[0])[:, 4:-4]
    np.testing.assert_allclose(inside, -0.5, atol=0.2)


def test_batches_give_what_all_at_once_do_and_a_head_the_logits(small):
    images = np.random.default_rng(0).uniform(-1, 1, (5, 16, 16, 3))
    np.testing.assert_allclose(small.features(images, 2), small.features(images), atol=1e-6)
    logits = small.logits(images)
    expected = small.features(images) @ small.kernel + small.bias
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)
    assert small.classify(images).tolist() == logits.argmax(axis=1).tolist()


def test_it_scores_as_other_evaluators_do(small):
    real, fake = np.random.default_rng(0).uniform(-1, 1, (2, 12, 16, 16, 3))
    found = metrics.score(real, fake, small)
    assert found["protocol"]["feature_network"] == "inception"
    assert len(found["classes"]) == 5


@pytest.mark.parametrize("shape", [(5, 64), (5, 8, 8), (5, 8, 8, 2), (0, 8, 8, 3)])
def test_images_of_other_shapes_are_refused(small, shape):
    with pytest.raises(ValueError, match=r"`images` should be of shape"):
        small.features(np.zeros(shape))


@pytest.mark.slow
def test_keras_network_has_2048_features_and_1000_classes():
    network = keras.applications.InceptionV3(weights=None, classifier_activation=None)
    evaluator = metrics.Inception(network)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 299, 299, 3)).astype("float32")
    assert evaluator.features(images).shape == (2, 2048)
    np.testing.assert_allclose(
        evaluator.logits(images), network(images, training=False), rtol=1e-3, atol=1e-5
    )


def test_without_weights_or_a_network_it_says_where_they_belong(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(inception_network, "URL", "https://weights.invalid/inception.h5")
    monkeypatch.setattr(inception_network, "TIMEOUT", 0.2)
    sentence = rf"should be at {tmp_path}/models/{inception_network.FILE}.*copy them there from"
    with pytest.raises(ValueError, match=sentence):
        metrics.evaluator("inception")


def test_a_file_that_is_damaged_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / inception_network.FILE).write_bytes(b"half of it")
    with pytest.raises(ValueError, match=rf"{inception_network.FILE} should hold the weights"):
        metrics.evaluator("inception")


def test_a_network_that_never_answers_is_left_after_a_while(monkeypatch):
    over = threading.Event()

    def silent(*args, **settings):
        over.wait(600.0)
        ended.append(True)
        raise TimeoutError

    ended = []

    monkeypatch.setattr(inception_network, "TIMEOUT", 0.2)
    monkeypatch.setattr(inception_network.urllib.request, "urlopen", silent)
    assert not inception_network._answers("https://weights.invalid/inception.h5")
    assert not ended
    over.set()
