"""Arrays, datasets and loaders become batches: which samples, in which order."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.trainers.py_datasets import Batches
from trainers.engine import batch_spec, data_adapter

NUMBER = [batch_spec.FieldSpec("x", (1,))]


def rows_of(dataset):
    return [batch.numpy().ravel().astype(int).tolist() for batch in dataset]


def numbers(n):
    return (np.arange(n, dtype="float32").reshape(n, 1),)


def test_arrays_are_split_into_complete_batches_without_the_rest():
    stream = data_adapter.prepare(numbers(10), NUMBER, parts=1, batch_size=4)
    assert rows_of(stream) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert stream.element_spec.shape == (4, 1)


def test_shuffled_epochs_hold_each_sample_once_in_the_requested_order():
    place = [np.array([5, 0]), np.array([5, 1]), np.array([5, 0])]
    orders = iter(place)
    stream = data_adapter.prepare(numbers(8), NUMBER, 1, batch_size=4, order=lambda: next(orders))
    first, second, third = (np.concatenate(rows_of(stream)).tolist() for _ in place)
    assert sorted(first) == sorted(second) == list(range(8))
    assert first != second
    assert first == third
    assert stream.cardinality() == 2


def test_on_replicas_each_turn_sees_the_samples_that_one_replica_would_see():
    stream = data_adapter.prepare(numbers(12), NUMBER, parts=3, replicas=2, batch_size=12)
    (rows,) = rows_of(stream)
    first, second = (np.reshape(share, (3, -1)) for share in np.split(np.array(rows), 2))
    turns = np.concatenate([first, second], axis=1)
    assert turns.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_by_default_each_turn_gets_32_samples():
    stream = data_adapter.prepare(numbers(200), NUMBER, parts=3)
    assert [len(rows) for rows in rows_of(stream)] == [96, 96]


def test_a_small_array_is_one_batch_that_can_be_split_into_turns():
    stream = data_adapter.prepare(numbers(11), NUMBER, parts=3, batch_size=96)
    assert rows_of(stream) == [list(range(9))]


def test_samples_of_a_last_batch_that_do_not_fill_each_turn_are_left_out():
    data = tf.data.Dataset.range(10).batch(6).map(lambda x: tf.cast(x[:, None], "float32"))
    assert rows_of(data_adapter.prepare(data, NUMBER, parts=3)) == [[*range(6)], [6, 7, 8]]
    assert len(rows_of(data_adapter.prepare(data, NUMBER, parts=2))) == 2


def test_arrays_of_double_precision_become_float32():
    stream = data_adapter.prepare((np.zeros((4, 1)),), NUMBER, parts=1)
    assert stream.element_spec.dtype == tf.float32


def test_what_is_no_data_that_can_be_checked_is_passed_on():
    data = object()
    assert data_adapter.prepare(data, NUMBER, parts=1) is data


def test_a_sequence_keeps_its_batches_workers_and_ends_of_epochs():
    data = Batches([(np.full((2, 1), i, "float32"),) for i in range(3)], workers=2)
    checked = data_adapter.prepare(data, NUMBER, parts=1)
    assert (checked.num_batches, checked.workers) == (3, 2)
    assert [int(batch[0][0, 0]) for batch in checked] == [0, 1, 2]
    checked.on_epoch_end()
    assert data.ended == 1


def test_streams_are_not_autotuned():
    """The autotuner's thread holds up the end of every epoch for seconds."""
    stream = data_adapter.prepare(numbers(4), NUMBER, parts=1)
    assert stream.options().autotune.enabled is False


class Loader:
    """Batches as a loader of PyTorch or Grain gives them: each iteration is an epoch."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


class SizedLoader(Loader):
    def __len__(self):
        return len(self.batches)


@pytest.mark.parametrize("kind", [Loader, SizedLoader])
def test_a_loader_is_iterated_over_in_each_epoch_and_its_batches_are_checked(kind):
    loader = kind([[np.full((4, 1), i, "float32")] for i in range(3)])
    stream = data_adapter.prepare(loader, NUMBER, parts=2)
    assert rows_of(stream) == rows_of(stream) == [[i] * 4 for i in range(3)]
    loader.batches[1] = [np.full((4, 1), np.nan, "float32")]
    with pytest.raises(ValueError, match="`x` should hold finite"), data_adapter.one_line_errors():
        list(stream)
    with pytest.raises(ValueError, match="`x` should have shape"):
        data_adapter.prepare(Loader([[np.zeros((4, 2), "float32")]]), NUMBER, parts=1)


def test_fit_trains_on_a_loader_for_epochs_of_its_length():
    model = zoo.create("gan", image_shape=(2,), width=4)
    model.compile(run_eagerly=True)
    model.fit(SizedLoader([np.zeros((4, 2), "float32")] * 3), epochs=2, verbose=0)
    assert int(model.optimizers["generator"].iterations) == 6


def test_any_iterator_is_checked_batch_by_batch():
    batches = iter([np.zeros((2, 1), "float32"), np.full((2, 1), np.inf, "float32")])
    checked = data_adapter.prepare(batches, NUMBER, parts=1)
    next(checked)
    with pytest.raises(ValueError, match="`x` should hold finite"):
        next(checked)


def test_a_loader_without_batches_is_refused():
    with pytest.raises(ValueError, match="`x` should have batches"):
        data_adapter.prepare(Loader([]), NUMBER, parts=1)


IMAGES = [batch_spec.images("x", (2, 2, 1))]
HALF = np.full((4, 2, 2, 1), 0.5, "float32")


@pytest.mark.parametrize(
    "kind",
    [lambda x: (x,), tf.data.Dataset.from_tensors, lambda x: iter([x]), lambda x: Loader([x])],
)
def test_images_that_seem_to_be_in_0_to_1_are_warned_of(kind):
    with pytest.warns(UserWarning, match="without a value below 0. If its values are in"):
        list(data_adapter.prepare(kind(HALF), IMAGES, parts=1))


@pytest.mark.parametrize("x", [-HALF, np.concatenate([HALF, -HALF]), 0.0 * HALF])
def test_other_images_are_not_warned_of(x, recwarn):
    list(data_adapter.prepare((x,), IMAGES, parts=1))
    list(data_adapter.prepare(iter([x]), IMAGES, parts=1))
    voxels = [batch_spec.voxels("x", (2, 2, 1))]
    list(data_adapter.prepare((abs(x),), voxels, parts=1))
    assert not recwarn.list
