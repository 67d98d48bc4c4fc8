import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint

import zoo
from tests.trainers.duel import Duel, Terms, assert_same, duel, points, stream


def test_labels_beside_a_dataset_are_refused():
    with pytest.raises(ValueError, match="`y` should be given with arrays only"):
        duel().fit(stream(points()), np.zeros(8, "int32"), verbose=0)


def test_what_comes_past_the_checks_of_fit_is_checked_by_the_step():
    def batches():
        yield (np.zeros((4, 3), "float32"),)

    with pytest.raises(ValueError, match="`x` should have shape"):
        duel().fit(batches(), verbose=0)


@pytest.mark.parametrize("name", ["batch_size", "epochs", "steps_per_epoch"])
@pytest.mark.parametrize("value", [-1, 2.5, float("nan"), "a"])
def test_a_number_of_batches_or_epochs_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` should be an integer from [01]. Received"):
        duel().fit(points(), verbose=0, **{name: value})


def test_a_split_keeps_the_last_part_of_the_arrays_for_validation():
    model = duel(Terms)
    x = np.concatenate([np.zeros((12, 2)), np.ones((4, 2))]).astype("float32")
    history = model.fit(x, batch_size=4, validation_split=0.25, epochs=2, verbose=0).history
    assert history["discriminator_loss"] == [0.0, 0.0]
    assert history["val_discriminator_loss"] == [1.0, 1.0]
    assert history["val_generator_loss"] == [pytest.approx(11.0)] * 2


@pytest.mark.parametrize("given", [tf.constant, lambda x: stream(x), lambda x: x.tolist()])
def test_a_split_of_what_cannot_be_split_is_refused_or_done(given):
    model = duel(Terms)
    try:
        history = model.fit(given(points(16)), validation_split=0.25, verbose=0).history
    except ValueError:
        return
    assert "val_discriminator_loss" in history


@pytest.mark.parametrize("given", [lambda x: x, lambda x: (x,), stream])
def test_validation_data_may_be_arrays_or_a_dataset(given):
    model = duel(Terms)
    x = np.ones((8, 2), "float32")
    history = model.fit(0.0 * x, validation_data=given(x), verbose=0).history
    assert history["val_discriminator_loss"] == [pytest.approx(1.0)]


def test_validation_moves_nothing():
    a, b = duel(), duel()
    b.set_weights(a.get_weights())
    x = points()
    a.fit(stream(x), epochs=2, verbose=0)
    b.fit(stream(x), epochs=2, validation_data=stream(points(seed=1)), verbose=0)
    assert_same(a.get_weights(), b.get_weights())


def test_fit_before_compile_is_refused():
    with pytest.raises(ValueError, match="compile"):
        Duel().fit(points(), verbose=0)


def test_checkpoints_hold_what_resumes_the_training(tmp_path):
    model = duel(optimizers={"generator": "adam"})
    model.fit(
        stream(points()),
        epochs=2,
        callbacks=[
            ModelCheckpoint(tmp_path / "{epoch}.keras"),
            ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
        ],
        verbose=0,
    )
    whole = keras.saving.load_model(tmp_path / "1.keras")
    weights = duel(optimizers={"generator": "adam"})
    weights.load_weights(tmp_path / "1.weights.h5")
    for resumed in (whole, weights):
        resumed.fit(stream(points()), verbose=0)
        assert_same(resumed.get_weights(), model.get_weights())


def test_the_best_checkpoint_is_chosen_by_a_players_loss(tmp_path):
    model = duel(Terms)
    best = ModelCheckpoint(
        tmp_path / "a.keras", "val_generator_loss", save_best_only=True, mode="min"
    )
    model.fit(points(), validation_split=0.5, epochs=2, callbacks=[best], verbose=0)
    assert (tmp_path / "a.keras").exists()
    assert np.isfinite(best.best)


def test_training_stops_early_on_a_players_loss():
    model = duel(Terms)  # whose losses never change
    stop = EarlyStopping(monitor="generator_loss", patience=2, mode="min")
    history = model.fit(stream(points()), epochs=10, callbacks=[stop], verbose=0).history
    assert len(history["generator_loss"]) == 3


def test_losses_are_logged_as_csv(tmp_path):
    model = duel()
    log = tmp_path / "log.csv"
    history = model.fit(stream(points()), epochs=2, callbacks=[CSVLogger(log)], verbose=0).history
    with open(log) as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["epoch", "discriminator_loss", "generator_loss"]
    assert [float(r["generator_loss"]) for r in rows] == pytest.approx(history["generator_loss"])


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
def test_one_batch_is_checked_as_those_of_fit(method):
    model = duel()
    for x, message in [
        (np.full((4, 2), np.nan, "float32"), "finite values"),
        (np.zeros((4, 2), "int64"), "should hold floats"),
        (np.zeros((4, 3), "float32"), "should have shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            getattr(model, method)(x)
    with pytest.raises(ValueError, match="`sample_weight` should not be given"):
        getattr(model, method)(points(4), sample_weight=np.ones(4))
    assert len(getattr(model, method)(points(4))) == 2


def test_a_loss_that_returns_nothing_is_refused():
    class Forgot(Duel):
        def generator_loss(self, x, outputs):
            super().generator_loss(x, outputs)

    with pytest.raises(ValueError, match="generator_loss of None"):
        duel(Forgot).fit(points(8), verbose=0)


def test_a_constructor_that_hides_the_arguments_of_its_base_is_named():
    class Hiding(zoo.GAN):
        def __init__(self, gamma=0.5, **arguments):
            super().__init__(**arguments)

    with pytest.raises(TypeError, match="should list all arguments that it passes on"):
        Hiding(image_shape=(2,))
