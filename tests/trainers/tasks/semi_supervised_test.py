import itertools

import numpy as np
import pytest
import tensorflow as tf

from trainers import metrics
from trainers.tasks import semi_supervised

LABELS = np.array([0, 1, 2, 2, 1, 0, 2, 1, 0, 2])


def others(n=12):
    """Batches of four, numbered from 100."""
    x = np.arange(100, 100 + n, dtype="float32")[:, None]
    return tf.data.Dataset.from_tensor_slices(x).batch(4)


def first(data, n):
    return [tuple(part.numpy() for part in batch) for batch in itertools.islice(data, n)]


def test_each_class_keeps_as_many_labels_and_no_sample_is_drawn_twice():
    rows = semi_supervised.choose_labelled(LABELS, labels_per_class=3, seed=1)
    assert sorted(LABELS[rows]) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(set(rows)) == 9


def test_the_seed_says_which_samples_keep_their_label():
    draws = [semi_supervised.choose_labelled(np.arange(1000) % 10, 1, seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize("per_class", [0, 4])
def test_more_labels_than_the_rarest_class_has_are_refused(per_class):
    with pytest.raises(
        ValueError, match=rf"from 1 to 3, .* Received: labels_per_class={per_class}"
    ):
        semi_supervised.choose_labelled(LABELS, per_class)


def test_labelled_and_unlabelled_samples_take_turns_and_keep_their_labels():
    x, y = np.array([[7.0], [8.0], [9.0]], "float32"), np.array([7, 8, 9])
    for images, labels in first(semi_supervised.mixed_batches(others(), x, y), 5):
        np.testing.assert_array_equal(labels[1::2], -1)
        np.testing.assert_array_equal(images[::2, 0], labels[::2])
        assert images[1::2].min() >= 100


def test_every_label_is_seen_and_so_is_every_sample_without():
    x, y = np.arange(5, dtype="float32")[:, None], np.arange(5)
    images = np.concatenate(
        [batch for batch, _ in first(semi_supervised.mixed_batches(others(), x, y), 30)]
    )
    assert set(images[:, 0]) == {*range(5), *range(100, 112)}


def test_batches_that_begin_later_are_those_that_would_have_come():
    x, y = np.arange(5, dtype="float32")[:, None], np.arange(5)
    whole = first(semi_supervised.mixed_batches(others(), x, y, seed=3), 6)
    resumed = first(
        semi_supervised.mixed_batches(others(), x, y, seed=3, first=3), 3
    )  # an epoch has three
    for (images, labels), (later, later_labels) in zip(whole[3:], resumed, strict=True):
        np.testing.assert_array_equal(images, later)
        np.testing.assert_array_equal(labels, later_labels)


class Pixels:
    """A model whose features are the pixels."""

    def features(self, x):
        return x.reshape(len(x), -1)


@pytest.mark.parametrize(("per_class", "most"), [(1, 1.0), (10, 0.15)])
def test_an_svm_is_about_as_sure_as_it_is_right_where_labels_can_be_left_out(per_class, most):
    settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
    data = semi_supervised.LabelledData.of(settings | {"labels_per_class": per_class})
    found = semi_supervised.linear_probe(Pixels(), data)(data.test)
    assert metrics.calibration_error(found, data.test_labels) < most
    right = np.mean(found.argmax(axis=1) == data.test_labels)
    svm = semi_supervised.linear_svm(Pixels().features(data.x), data.y)
    assert right == svm.score(Pixels().features(data.test), data.test_labels)
