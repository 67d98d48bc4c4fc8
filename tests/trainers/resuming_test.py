"""What was saved brings back everything that moves: a training that was stopped ends as if not."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from keras.callbacks import BackupAndRestore, Callback

from tests.trainers.duel import Duel, assert_same, points, stream
from tests.zoo import families
from trainers import datasets
from trainers.penalties import Penalty


@keras.saving.register_keras_serializable("tests")
class Memory(Penalty, layers.Layer):
    """Pulls the generator's weights to their mean over the training, which it keeps."""

    def __init__(self, size=17):
        layers.Layer.__init__(self)
        self.size = size
        self.mean = self.add_weight(shape=(size,), initializer="zeros", trainable=False)

    def on_weights(self, player, variables):
        if player != "generator":
            return 0.0
        flat = ops.concatenate([ops.reshape(v, (-1,)) for v in variables])
        self.mean.assign(0.5 * self.mean + 0.5 * ops.stop_gradient(flat))
        return ops.sum(ops.square(flat - self.mean))

    def get_config(self):
        return {"size": self.size}


@keras.saving.register_keras_serializable("tests")
class Grows(layers.Layer):
    """An augmentation with a state."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.size = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, x):
        self.size.assign(self.size * 1.1)
        return x * self.size


class Everything(Duel):
    """Averages, slots, Dropout of Keras, batch statistics, a penalty and an augmentation that
    remember."""

    def build_generator(self):
        x = keras.Input((2,))
        hidden = layers.Dropout(0.5)(layers.Dense(3, activation="tanh")(x))
        return keras.Model(x, layers.Dense(2)(hidden), name="generator")

    def build_discriminator(self):
        x = keras.Input((2,))
        hidden = layers.BatchNormalization()(layers.Dense(3)(x))
        return keras.Model(x, layers.Dense(1)(hidden), name="discriminator")

    def recipe(self):
        adam = keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.9)
        momentum = keras.optimizers.SGD(1e-2, momentum=0.9)
        return super().recipe() | {
            "optimizers": {"generator": adam, "discriminator": momentum},
            "penalties": [Memory()],
            "augment": Grows(),
        }


def everything():
    model = Everything()
    model.compile()
    return model


def test_every_state_is_moved_by_training_so_that_the_tests_below_mean_something():
    model = everything()
    before = families.state(model)
    model.fit(stream(points()), verbose=0)
    names = [v.path for v in families.variables(model)]
    assert any("seed_generator_state" in name for name in names)
    still = [
        name
        for name, old, new in zip(names, before, families.state(model), strict=False)
        if np.array_equal(old, new)
    ]
    assert [name.split("/")[-1] for name in still] == ["noise_seed"]


@pytest.mark.parametrize(
    "file", ["model.keras", pytest.param("model.weights.h5", marks=pytest.mark.thorough)]
)
def test_what_was_saved_goes_on_exactly(file, tmp_path):
    model = everything()
    model.fit(stream(points()), verbose=0)
    if file.endswith(".keras"):
        model.save(tmp_path / file)
        resumed = keras.saving.load_model(tmp_path / file)
    else:
        model.save_weights(tmp_path / file)
        resumed = everything()
        resumed.fit(stream(points(seed=5)), verbose=0)  # what it had learned is forgotten
        resumed.load_weights(tmp_path / file)
    families.assert_same(families.state(resumed), families.state(model))
    rest = stream(points(seed=1))
    assert resumed.fit(rest, verbose=0).history == model.fit(rest, verbose=0).history
    families.assert_same(families.state(resumed), families.state(model))
    np.testing.assert_array_equal(resumed.generate(4, seed=0), model.generate(4, seed=0))


class Kill(Callback):
    """Ends a training at the beginning of an epoch, after what other callbacks did before it."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise InterruptedError


def world(tmp_path, **where):
    return datasets.load("ring", batch_size=2500, data_dir=tmp_path / "data", **where)


@pytest.mark.parametrize(
    "given",
    [pytest.param(lambda _: points(12), marks=pytest.mark.thorough), world],
    ids=["arrays", "a world"],
)
def test_a_backup_at_the_end_of_an_epoch_is_restored_exactly(given, tmp_path):
    alone, killed = everything(), everything()
    start = alone.get_weights()
    families.assign(killed, alone)
    alone.fit(given(tmp_path), epochs=4, verbose=0)
    for kill in (1, 3, None):
        resumed = everything()  # a new process: nothing is left but the files
        families.assign(resumed, killed)
        assert_same(resumed.get_weights(), start)
        watching = [BackupAndRestore(tmp_path / "backup"), *([Kill(kill)] if kill else [])]
        try:
            resumed.fit(given(tmp_path), epochs=4, callbacks=watching, verbose=0)
        except InterruptedError:
            continue
    families.assert_same(families.state(resumed), families.state(alone))


def test_the_order_of_arrays_follows_from_what_was_saved(tmp_path):
    model = everything()
    x = points(64)
    model.fit(x, batch_size=4, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    resumed = keras.saving.load_model(tmp_path / "model.keras")
    for m in (model, resumed):
        m.fit(x, batch_size=4, epochs=2, verbose=0)
    families.assert_same(families.state(resumed), families.state(model))


def test_trainings_one_after_another_go_on_with_the_next_epoch_of_the_data(tmp_path):
    """As does one in the middle of which an epoch is looked at."""
    seen = []
    data = world(tmp_path)

    class Look(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(data.epochs.pinned)

    model = everything()
    model.fit(data, epochs=2, callbacks=[Look()], verbose=0)
    model.fit(data, epochs=1, callbacks=[Look()], verbose=0)
    model.fit(data, epochs=7, initial_epoch=6, callbacks=[Look()], verbose=0)
    assert seen == [0, 1, 2, 6]
    np.testing.assert_array_equal(next(iter(data)), next(iter(world(tmp_path, start=(7, 0)))))


def test_compiled_again_a_model_forgets_the_state_of_its_old_rules():
    model = everything()
    count = len(model.weights)
    model.compile()
    assert len(model.weights) == count
    model.compile(penalties=[], augment=None)
    assert len(model.weights) == count - 2
    assert tf.reduce_all([v is not None for v in model.weights])
