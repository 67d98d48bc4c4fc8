"""Keras' own callbacks set the learning rates of all players."""

import keras
import numpy as np
import pytest
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from keras.optimizers import SGD

import zoo
from tests.trainers.duel import assert_same, duel, points, stream
from trainers.schedules import LinearDecay


def rates(model):
    return [float(keras.ops.convert_to_numpy(o.learning_rate)) for o in model.optimizers.values()]


def plateau(factor):
    """Falls at every epoch from the second on: no epoch is better than the first by 1,000."""
    monitor = {"monitor": "generator_loss", "mode": "min"}
    return ReduceLROnPlateau(**monitor, factor=factor, patience=1, min_delta=1e3)


def test_reduce_lr_on_plateau_keeps_the_ratio_of_two_players():
    model = duel()  # SGD(0.1) and SGD(0.2)
    history = model.fit(stream(points()), epochs=3, callbacks=[plateau(0.5)], verbose=0).history
    assert rates(model) == pytest.approx([0.025, 0.05])
    assert history["learning_rate"] == pytest.approx([0.1, 0.1, 0.05])  # as each epoch had it


def test_a_scheduler_sets_the_first_players_rate_and_the_others_follow():
    model = zoo.create("aae", image_shape=(8, 8, 1), width=4)
    model.compile(optimizers=dict(zip(model.players, map(SGD, (0.1, 0.3, 0.2)), strict=True)))
    x = np.zeros((8, 8, 8, 1), "float32")
    warm_up = LearningRateScheduler(lambda epoch, rate: 0.04 * epoch)  # from 0
    model.fit(x, epochs=1, callbacks=[warm_up], verbose=0)
    assert rates(model) == [0.0, 0.0, 0.0]
    model.fit(x, epochs=2, initial_epoch=1, callbacks=[warm_up], verbose=0)
    assert rates(model) == pytest.approx([0.04, 0.12, 0.08])


def test_the_steps_are_those_of_the_rates_that_are_set():
    """Two epochs at half the rates from the second on, against two models compiled so."""
    scheduled, halved = duel(), duel()
    halved.set_weights(scheduled.get_weights())
    half = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch == 1 else rate)
    scheduled.fit(stream(points()), epochs=2, callbacks=[half], verbose=0)
    halved.fit(stream(points()), epochs=1, verbose=0)
    for optimizer in halved.optimizers.values():
        optimizer.learning_rate = float(optimizer.learning_rate) / 2
    halved.fit(stream(points()), epochs=2, initial_epoch=1, verbose=0)
    assert_same(scheduled.get_weights(), halved.get_weights(), rtol=1e-6, atol=1e-7)


def test_rates_behind_a_loss_scale_are_set():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = zoo.create("gan", image_shape=(2,), width=4)
    finally:
        keras.config.set_dtype_policy("float32")
    kinds = {type(o) for o in model.optimizers.values()}
    assert kinds == {keras.optimizers.LossScaleOptimizer}
    before = rates(model)
    model.fit(points(), epochs=2, callbacks=[plateau(0.1)], verbose=0)
    assert rates(model) == pytest.approx([0.1 * rate for rate in before])


def test_rates_of_replicas_are_set(two_replicas):
    with two_replicas.scope():
        model = duel()
    model.fit(stream(points()), epochs=2, callbacks=[plateau(0.5)], verbose=0)
    assert rates(model) == pytest.approx([0.05, 0.1])


@pytest.mark.parametrize("setter", [plateau(0.5), LearningRateScheduler(lambda epoch, rate: rate)])
def test_a_schedule_is_refused_before_the_first_step(setter):
    model = duel(optimizers={"generator": SGD(LinearDecay(0.1, 100))})
    with pytest.raises(ValueError, match="numbers, not schedules.*Received: schedules for generat"):
        model.fit(stream(points()), callbacks=[setter], verbose=0)
    assert int(model.optimizer.iterations) == 0
    assert model.optimizer.learning_rate == pytest.approx(0.1)


def test_a_first_rate_of_0_is_refused():
    model = duel(optimizers={"discriminator": SGD(0.0)})
    with pytest.raises(ValueError, match="above 0.* Received: 0 for 'discriminator'"):
        model.optimizer.learning_rate = 1e-3


def test_a_saved_model_keeps_the_rates_and_their_ratio(tmp_path):
    model = zoo.create("wgan", image_shape=(2,), width=4)
    model.compile(optimizers={"generator": SGD(0.4), "discriminator": SGD(0.1)})
    model.optimizer.learning_rate = 0.05
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert rates(loaded) == pytest.approx([0.05, 0.2])
    loaded.optimizer.learning_rate = 0.1
    assert rates(loaded) == pytest.approx([0.1, 0.4])


def test_a_training_that_is_stopped_and_resumed_has_the_rates_of_one_that_is_not(tmp_path):
    def fit(model, epochs):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
        half = LearningRateScheduler(lambda epoch, rate: rate / 2)
        model.fit(stream(points()), epochs=epochs, callbacks=[backup, half], verbose=0)

    first, resumed = duel(), duel()
    fit(first, 1)
    fit(resumed, 2)
    assert rates(resumed) == pytest.approx([0.025, 0.05])


def test_callbacks_that_count_steps_find_them(tmp_path):
    tensorboard = keras.callbacks.TensorBoard(tmp_path, write_steps_per_second=True)
    model = duel()
    model.fit(stream(points()), callbacks=[tensorboard], verbose=0)
    assert int(model.optimizer.iterations) == 2
