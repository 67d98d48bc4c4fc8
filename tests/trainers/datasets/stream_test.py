"""The stream as a pure function of (seed, epoch, number of the batch), and under `fit`."""

import hashlib
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers import datasets

ROOT = Path(__file__).parents[3]
KINDS = {
    "points": dict(name="ring", split="test", batch_size=700, turns=2),  # 7 batches
    "noisy images": dict(name="digits", split="test", batch_size=70, image_size=16),  # 7 batches
}


@pytest.fixture(params=KINDS)
def load(request, data_dir):
    def load(**changes):
        return datasets.load(data_dir=data_dir, labels=True, **(KINDS[request.param] | changes))

    return load


def epoch(stream):
    """The next epoch: a list of batches, each a list of arrays."""
    return [list(batch) for batch in stream.as_numpy_iterator()]


def assert_same(a, b):
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        for part, other_part in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, other_part)


def differ(a, b):
    return any(not np.array_equal(one[0], other[0]) for one, other in zip(a, b, strict=True))


def test_batches_have_a_static_shape_and_their_number_is_known(load):
    x, y = load().element_spec
    assert x.shape.is_fully_defined() and y.shape == (x.shape[0],)
    assert x.dtype == tf.float32 and y.dtype == tf.int32
    assert load().cardinality() == len(epoch(load())) == 7


def test_without_labels_batches_are_the_same_samples(data_dir):
    for kind in KINDS.values():
        unlabelled = datasets.load(data_dir=data_dir, **kind)
        labelled = datasets.load(data_dir=data_dir, labels=True, **kind)
        for x, (same, _) in zip(unlabelled, labelled, strict=True):
            np.testing.assert_array_equal(x, same)


def test_the_same_seed_gives_the_same_epochs_and_another_one_others(load):
    one, same, other = load(), load(), load(seed=1)
    for _ in range(2):
        batches = epoch(one)
        assert_same(batches, epoch(same))
        assert differ(batches, epoch(other))


def test_each_iteration_is_another_epoch(load):
    stream = load()
    first, second, third = epoch(stream), epoch(stream), epoch(stream)
    assert differ(first, second) and differ(second, third) and differ(first, third)


def test_two_iterations_at_once_are_two_epochs(load):
    stream, reference = load(), load()
    pairs = list(zip(stream.as_numpy_iterator(), stream.as_numpy_iterator(), strict=True))
    assert_same([list(a) for a, _ in pairs], epoch(reference))
    assert_same([list(b) for _, b in pairs], epoch(reference))


@pytest.mark.parametrize("batch", [0, 3, 6])
def test_a_stream_from_the_middle_is_the_rest_of_the_whole_one(load, batch):
    whole, part = load(), load(start=(1, batch))
    epoch(whole)
    assert_same(epoch(whole)[batch:], epoch(part))
    assert_same(epoch(whole), epoch(part))  # and the next epochs are whole


def test_the_number_of_batches_is_not_claimed_where_epochs_differ_in_length(load):
    assert load(start=(3, 0)).cardinality() == 7
    assert load(start=(0, 3)).cardinality() == tf.data.UNKNOWN_CARDINALITY


def test_repeated_it_goes_through_the_same_epochs(load):
    stream = load()
    assert_same(epoch(load().repeat(3)), [batch for _ in range(3) for batch in epoch(stream)])
    endless = load(start=(1, 5)).repeat()
    assert endless.cardinality() == tf.data.INFINITE_CARDINALITY
    stream = load()
    flat = [batch for _ in range(4) for batch in epoch(stream)]
    assert_same(epoch(endless.take(12)), flat[7 + 5 :][:12])


def test_every_epoch_has_every_sample_once():
    x, _ = datasets.arrays("ring", "test")
    stream = datasets.load("ring", "test", batch_size=500)
    for _ in range(2):
        points = np.concatenate([x for x in stream.as_numpy_iterator()])
        assert sorted(map(tuple, points)) == sorted(map(tuple, x))


def test_what_does_not_fill_a_batch_is_left_out_other_samples_in_each_epoch():
    stream = datasets.load("ring", "test", batch_size=600)
    epochs = [{tuple(p) for x in stream.as_numpy_iterator() for p in x} for _ in range(2)]
    assert [len(points) for points in epochs] == [9600, 9600]
    assert len(epochs[0] | epochs[1]) > 9900


def test_the_order_does_not_depend_on_the_batch_size():
    fine = datasets.load("ring", "test", batch_size=100)
    coarse = datasets.load("ring", "test", batch_size=200, turns=5)
    for _ in range(2):
        a, b = (np.concatenate(list(s.as_numpy_iterator())) for s in (fine, coarse))
        np.testing.assert_array_equal(a, b)


def test_noise_is_other_noise_in_each_epoch_and_in_each_batch(data_dir):
    """A batch of all the samples, put into their order, differs only by the noise."""

    def in_order(batch):
        flat = np.rint((batch.reshape(500, 64) + 1) * 8)
        return batch[np.lexsort(flat.T)]

    stream = datasets.load("digits", "test", batch_size=500, data_dir=data_dir)
    one, other = (in_order(next(iter(stream)).numpy()) for _ in range(2))
    assert np.abs(one - other).max() <= 2 / 16 + 1e-6
    assert (one != other).mean() > 0.5
    batches = datasets.load("digits", "test", batch_size=250, data_dir=data_dir)
    a, b = ((x + 1) * 8 for x in batches.as_numpy_iterator())  # levels 0 … 16 and noise
    grey = (a > 0.5) & (a < 15.5) & (b > 0.5) & (b < 15.5)  # where no noise is clipped
    assert abs(np.corrcoef((a - np.rint(a))[grey], (b - np.rint(b))[grey])[0, 1]) < 0.05


@pytest.mark.parametrize("seed", [2**31, 2**63 - 1, np.int64(7)])
def test_any_seed_of_its_range_is_taken(seed):
    assert len(epoch(datasets.load("ring", "test", batch_size=5000, seed=seed, labels=True))) == 2


OTHER_PROCESS = """
import hashlib, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.config.experimental.enable_op_determinism()
from trainers import datasets
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    stream = datasets.load("digits", "test", 70, image_size=16, data_dir=sys.argv[1], start=(2, 1))
digest, shared = hashlib.sha256(), hashlib.sha256()
for x in stream:
    digest.update(x.numpy().tobytes())
with strategy.scope():
    stream = datasets.load("digits", "test", 70, image_size=16, data_dir=sys.argv[1], start=(2, 1))
for x in strategy.experimental_distribute_dataset(stream):
    for part in strategy.experimental_local_results(x):
        shared.update(part.numpy().tobytes())
print(digest.hexdigest(), shared.hexdigest())
"""


@pytest.mark.thorough  # starts TensorFlow
def test_another_process_under_op_determinism_and_two_replicas_get_the_same_numbers(data_dir):
    digest = hashlib.sha256()
    for x in datasets.load("digits", "test", 70, image_size=16, data_dir=data_dir, start=(2, 1)):
        digest.update(x.numpy().tobytes())
    command = [sys.executable, "-c", OTHER_PROCESS, str(data_dir)]
    done = subprocess.run(
        command, cwd=ROOT, timeout=600, check=True, text=True, stdout=subprocess.PIPE
    )
    assert done.stdout.split()[-2:] == [digest.hexdigest()] * 2


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.steps = []

    def on_epoch_begin(self, epoch, logs=None):
        self.steps.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.steps[-1] += 1


@pytest.fixture
def classifier():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    return model


def test_fit_takes_an_epoch_an_epoch_and_skips_none(classifier, data_dir):
    stream = datasets.load("digits", "test", 100, labels=True, data_dir=data_dir)
    recorder = Recorder()
    history = classifier.fit(stream, epochs=2, verbose=0, callbacks=[recorder])
    assert recorder.steps == [5, 5] and recorder.params["steps"] == 5
    assert np.isfinite(history.history["loss"]).all()
    later = datasets.load("digits", "test", 100, labels=True, data_dir=data_dir, start=(2, 0))
    assert_same(epoch(stream), epoch(later))


def test_fit_resumes_within_an_epoch_when_it_is_repeated(classifier, data_dir):
    start = (1, 3)
    stream = datasets.load("digits", "test", 100, labels=True, data_dir=data_dir, start=start)
    recorder = Recorder()
    classifier.fit(stream.repeat(), steps_per_epoch=5, epochs=2, verbose=0, callbacks=[recorder])
    assert recorder.steps == [5, 5]
