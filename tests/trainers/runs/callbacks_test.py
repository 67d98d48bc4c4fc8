"""The callbacks of a run, in an ordinary `fit`."""

import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from trainers.runs import callbacks, checkpoints, loss_log


@pytest.fixture
def model():
    return zoo.create("gan", image_shape=(8, 8, 1), width=8, latent_dim=4)


def fit(model, epochs, *watching):
    x = np.zeros((16, 8, 8, 1), "float32")
    return model.fit(x, batch_size=8, epochs=epochs, callbacks=list(watching), verbose=0).history


def step_of(epoch):
    return 2 * (epoch + 1)


def test_a_log_has_a_row_of_losses_for_each_epoch(model, tmp_path):
    history = fit(model, 3, loss_log.LossCsvLogger(tmp_path / "losses.csv", step_of))
    rows = loss_log.read_log(tmp_path / "losses.csv")
    assert [row["step"] for row in rows] == [2, 4, 6]
    for name, values in history.items():
        assert [row[name] for row in rows] == pytest.approx(values)
    seconds = [row["seconds"] for row in rows]
    assert 0 < seconds[0] <= seconds[1] <= seconds[2]  # to a thousandth


def test_a_log_goes_on_and_drops_what_was_not_reached(model, tmp_path):
    path = tmp_path / "losses.csv"
    fit(model, 3, loss_log.LossCsvLogger(path, step_of))
    before = loss_log.read_log(path)
    fit(model, 1, loss_log.LossCsvLogger(path, lambda epoch: 6, done=4))
    rows = loss_log.read_log(path)
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert rows[:2] == before[:2]
    assert rows[2] != before[2]
    assert rows[2] != before[2]
    assert rows[2]["seconds"] >= rows[1]["seconds"] > 0


def test_there_is_no_log_before_the_first_row(tmp_path):
    assert loss_log.read_log(tmp_path / "losses.csv") == []


def test_frames_are_named_after_their_step(model, tmp_path):
    def draw(model, step):
        return Image.new("L", (4, 4), step)

    fit(model, 2, callbacks.SampleGrids(tmp_path / "frames", draw, step_of))
    paths = sorted((tmp_path / "frames").iterdir())
    assert [path.name for path in paths] == ["00000002.png", "00000004.png"]
    assert Image.open(paths[1]).getpixel((0, 0)) == 4


def test_a_board_has_the_losses_and_the_frames_by_train_steps(model, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    frames = callbacks.SampleGrids(
        tmp_path / "frames", lambda model, step: Image.new("RGB", (6, 4)), step_of
    )
    history = fit(
        model,
        2,
        frames,
        callbacks.StepTensorBoard(tmp_path / "board", step_of, tmp_path / "frames"),
    )
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    assert sorted(events.Tags()["tensors"]) == sorted([*history, "samples"])
    for name, values in history.items():
        found = events.Tensors(name)
        assert [event.step for event in found] == [2, 4]
        seen = [tf.make_ndarray(event.tensor_proto).item() for event in found]
        assert seen == pytest.approx(values)
    width, height, picture = events.Tensors("samples")[1].tensor_proto.string_val
    assert (int(width), int(height)) == (6, 4)
    assert tf.io.decode_png(picture).shape == (4, 6, 3)


def place_of(step):
    return divmod(step, 5)


def test_the_newest_checkpoints_are_kept_and_hold_everything(model, tmp_path):
    fit(model, 3, callbacks.CheckpointSaver(tmp_path, step_of, place_of, keep=2))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"0000000{n}.{s}" for n in (4, 6) for s in ("json", "weights.h5")]
    saved, damaged = checkpoints.latest_valid(tmp_path)
    assert (saved.step, saved.epoch, saved.batch, damaged) == (6, 1, 1, [])
    other = zoo.create("gan", image_shape=(8, 8, 1), width=8, latent_dim=4)
    other.load_weights(saved.weights)
    for a, b in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    for player, optimizer in model.optimizers.items():
        for a, b in zip(optimizer.variables, other.optimizers[player].variables, strict=True):
            np.testing.assert_array_equal(a, b)


class Ask(keras.callbacks.Callback):
    """Sends a signal to this process after so many steps."""

    def __init__(self, number, step):
        super().__init__()
        self.number, self.left = number, step

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            signal.raise_signal(self.number)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)]
)
def test_asked_to_stop_it_saves_after_the_step_it_is_in(number, model, tmp_path, capsys):
    saving = callbacks.CheckpointSaver(tmp_path, step_of, place_of)
    handler = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), saving:
        fit(model, 3, Ask(number, step=3), saving)
    assert signal.getsignal(number) is handler
    assert int(model.optimizers["generator"].iterations) == 3
    assert checkpoints.latest_valid(tmp_path)[0].step == saving.saved == 3
    assert "Stopping after this step" in capsys.readouterr().err


def test_asked_twice_it_stops_at_once(model, tmp_path):
    saving = callbacks.CheckpointSaver(tmp_path, step_of, place_of)
    with pytest.raises(KeyboardInterrupt), saving:
        fit(model, 3, Ask(signal.SIGINT, step=3), Ask(signal.SIGINT, step=3), saving)
    assert int(model.optimizers["generator"].iterations) == 2
    assert saving.saved == 2
