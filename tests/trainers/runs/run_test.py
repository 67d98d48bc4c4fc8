"""A run that is interrupted ends like one that is not."""

import fcntl
import json
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import runs
from trainers.imaging import grids
from trainers.runs import loss_log, run_folder
from trainers.runs.run import LOG_INTERVALS

SETTINGS = {"model": "gan", "seed": 0, "batch_size": 16}
BATCHES = 7  # in an epoch


def load(start):
    """A stream that is a function of (epoch, batch)."""
    epoch, batch = start

    def make(number):
        seed = tf.stack([number, tf.constant(5, tf.int64)])
        return tf.random.stateless_uniform((16, 8, 8, 1), seed, -1.0, 1.0)

    # An epoch is 7 batches; the stream goes on with the next, as a repeated dataset does.
    return tf.data.Dataset.range(epoch * BATCHES + batch, 10**6).map(make)


def fresh(steps, stride, recipe="modern"):
    model = zoo.create("gan", image_shape=(8, 8, 1), width=8, latent_dim=4)
    model.noise_seed.assign(3)
    options = runs.fast_options(model, stride) | {"jit_compile": False}
    model.compile(recipe, steps, **options)
    return model


def draw(model, step):
    return grids.grid([model.generate(3, seed=0)], title=f"step {step}")


def same(model, seed=1):
    for network in (model.generator, model.discriminator):
        for i, weights in enumerate(network.weights):
            weights.assign(tf.random.stateless_normal(weights.shape, [seed, i]) * 0.1)


def go(folder, steps, stop=None, **how):
    """Trains up to `steps`, or is killed after `stop` of them."""
    run = runs.Run(folder, SETTINGS, steps, **how)
    model = fresh(40, run.stride)
    same(model)
    if stop is None:
        run.train(model, load, BATCHES, draw)
        return run, model

    class Kill(Exception):
        pass

    def killed(model, step):
        if step > stop:
            raise Kill
        return draw(model, step)

    with pytest.raises(Kill):
        run.train(model, load, BATCHES, killed)
    return run, model


def weights_of(model):
    slots = [v for optimizer in model.optimizers.values() for v in optimizer.variables]
    return [np.asarray(v) for v in [*model.weights, *slots]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A run of 40 steps that nothing has stopped: its folder and its weights."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, weights_of(go(folder, 40)[1])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Folders of runs of 40 steps that were killed after so many, and of a whole one of 4."""
    folders = {n: tmp_path_factory.mktemp(f"stopped_{n}") for n in (4, 9, 27)}
    go(folders[4], 4)
    for n in (9, 27):
        go(folders[n], 40, stop=n)
    return folders


@pytest.fixture
def killed(stopped, tmp_path):
    """Copies one of these into the folder of a test."""
    return lambda n, folder=tmp_path: shutil.copytree(stopped[n], folder, dirs_exist_ok=True)


def test_a_killed_run_that_is_resumed_ends_like_one_left_alone(tmp_path, alone, killed):
    killed(9, tmp_path / "killed")
    run, _ = go(tmp_path / "killed", 40, stop=27, resume=True)
    assert run.done == 8
    run, resumed = go(tmp_path / "killed", 40, resume=True)
    assert run.done == 40
    for a, b in zip(alone[1], weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)
    logs = [loss_log.read_log(f / "losses.csv") for f in (alone[0], tmp_path / "killed")]
    steps, losses = ([[row[k] for row in log] for log in logs] for k in ("step", "generator_loss"))
    assert steps[0] == steps[1] == list(range(2, 41, 2))
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    "steps", [53, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 7))]
)
def test_the_number_of_steps_is_kept_whatever_divides_it(steps, tmp_path):
    run, model = go(tmp_path, steps)
    assert int(model.optimizers["generator"].iterations) == steps
    assert run.interval <= max(1, -(-steps // LOG_INTERVALS))


@pytest.mark.thorough
def test_a_finished_run_goes_on_when_asked_for_more(tmp_path):
    run, model = go(tmp_path, 10)
    run.finish(model, {"scores": {}})
    assert runs.Run(tmp_path, SETTINGS, 10, resume=True).finished
    run, more = go(tmp_path, 25, resume=True)
    assert not run.finished
    assert int(more.optimizers["generator"].iterations) == 25
    run.finish(more, {})
    _, alone = go(tmp_path / "alone", 25)
    for a, b in zip(weights_of(alone), weights_of(more), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_finished_run_holds_one_model_and_its_figures(tmp_path):
    run, model = go(tmp_path, 10)
    figures = run.finish(model, {"answer": 42})
    assert [p.name for p in tmp_path.rglob("*.keras")] == ["model.keras"]
    assert not (tmp_path / "checkpoints").exists()
    assert json.loads((tmp_path / "metrics.json").read_text()) == figures
    assert figures["answer"] == 42
    assert figures["seed"] == 0
    assert figures["steps"] == 10
    assert figures["images_per_second"] > 0
    assert set(figures["losses"]) == {"discriminator_loss", "generator_loss"}
    assert figures["versions"]["tensorflow"] == tf.__version__


def test_a_run_that_is_there_is_refused_and_kept(tmp_path, killed):
    killed(4)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    with pytest.raises(ValueError, match="Continue it with --resume, replace it with --overwrite"):
        runs.Run(tmp_path, SETTINGS, 4)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_run_with_other_settings_is_not_resumed(tmp_path, killed):
    killed(4)
    with pytest.raises(ValueError, match="other settings. Resume it with --seed=0"):
        runs.Run(tmp_path, SETTINGS | {"seed": 1}, 4, resume=True)


def contents(folder):
    """Relative path -> bytes, of all files of a folder but its lock."""
    found = [p for p in folder.rglob("*") if p.is_file() and p.name != run_folder.LOCK]
    return {p.relative_to(folder): p.read_bytes() for p in found}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a finished run, with a file of its user."""
    folder = tmp_path_factory.mktemp("whole")
    run, model = go(folder, 4)
    run.finish(model, {"answer": 42})
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture
def finished(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "finished")


def test_a_run_is_replaced_when_the_new_one_is_finished(finished):
    before = contents(finished)
    run = runs.Run(finished, SETTINGS | {"seed": 1}, 4, overwrite=True)
    assert (run.done, run.finished) == (0, False)
    assert contents(finished) == before  # the command may still be refused
    model = fresh(40, run.stride)
    run.train(model, load, BATCHES)
    assert runs.load_settings(finished)["seed"] == 1
    kept = contents(finished / ".replaced-1")
    assert kept == {path: data for path, data in before.items() if path.name != "notes.txt"}
    run.finish(model, {})
    after = sorted(p.name for p in finished.iterdir())
    files = ["losses.csv", "metrics.json", "model.keras", "notes.txt", "settings.json"]
    assert after == [".lock", *files, "tensorboard"]


def test_after_ctrl_c_the_run_that_was_to_be_replaced_is_still_there(finished):
    run = runs.Run(finished, SETTINGS | {"seed": 1}, 40, overwrite=True)
    with pytest.raises(KeyboardInterrupt, match=r"before is in .*\.replaced-1 until"):
        run.train(asking(fresh(40, 1)), load, BATCHES)
    assert (finished / ".replaced-1" / "model.keras").exists()
    run = runs.Run(finished, SETTINGS | {"seed": 1}, 40, resume=True)
    assert run.done == 11


def test_a_run_is_trained_once_and_not_over_another(tmp_path):
    one, other = (runs.Run(tmp_path, SETTINGS | {"seed": seed}, 4) for seed in (0, 1))
    model = fresh(40, one.stride)
    one.train(model, load, BATCHES)
    with pytest.raises(ValueError, match="A run is trained once"):
        one.train(model, load, BATCHES)
    with pytest.raises(ValueError, match="holds a run that began after this one was opened"):
        other.train(fresh(40, one.stride), load, BATCHES)
    assert runs.Run(tmp_path, SETTINGS, 4, resume=True).done == 4


def test_the_lock_goes_with_the_training(tmp_path):
    run, model = go(tmp_path, 2)
    run.finish(model, {})
    with pytest.raises(ValueError, match="Continue it"):
        runs.Run(tmp_path, SETTINGS, 2)
    with open(tmp_path / run_folder.LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Refused(Exception):
    pass


def refuse(start):
    raise Refused


def refuse_first_batch(start):
    return load(start).map(lambda x: tf.debugging.check_numerics(x / 0.0, "NaN"))


@pytest.mark.parametrize("load", [refuse, refuse_first_batch])
def test_a_run_is_kept_if_the_one_that_replaces_it_is_refused(load, finished, tmp_path):
    before = contents(finished)
    for folder, how in ((finished, {"overwrite": True}), (tmp_path / "new", {})):
        run = runs.Run(folder, SETTINGS | {"seed": 1}, 4, **how)
        with pytest.raises((Refused, tf.errors.InvalidArgumentError)):
            run.train(fresh(40, run.stride), load, BATCHES)
    assert contents(finished) == before
    assert contents(tmp_path / "new") == {}


def test_a_model_without_its_metrics_is_not_trained_over(finished):
    for damage in ("{}", None):
        path = finished / "metrics.json"
        path.write_text(damage) if damage else path.unlink()
        before = contents(finished)
        with pytest.raises(ValueError, match=r"without its metrics\.json\. Put the file back"):
            runs.Run(finished, SETTINGS, 8, resume=True)
        assert contents(finished) == before


class Diverge(keras.callbacks.Callback):
    """A weight is NaN after the eleventh step."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizers["generator"].iterations) == 11:
            weight = self.model.generator.weights[self.weight]
            weight.assign(np.nan * weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [(-1, "discriminator_loss is nan"), (0, "/kernel is not finite")],  # ReLU makes 0 of NaN
)
def test_a_training_that_diverges_stops_and_keeps_what_is_finite(weight, message, tmp_path):
    run = runs.Run(tmp_path / "run", SETTINGS, 40)
    model = fresh(40, 1)
    fit = model.fit
    model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[Diverge(weight), *callbacks], **k)
    message = f"diverged by step 12: .*{message}.* keeps step 10, the last that is finite"
    with pytest.raises(FloatingPointError, match=message):
        run.train(model, load, BATCHES, draw)
    assert runs.Run(tmp_path / "run", SETTINGS, 40, resume=True).done == 10
    assert loss_log.read_log(tmp_path / "run" / "losses.csv")[-1]["step"] == 10
    assert not (tmp_path / "run" / "frames" / "00000012.png").exists()


HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1] + "/.lock", os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_folder_in_which_another_process_trains_is_refused(finished):
    before = contents(finished)
    command = [sys.executable, "-c", HOLD, str(finished)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        for how in ({"overwrite": True}, {"resume": True}):
            with pytest.raises(ValueError, match="which another process uses"):
                runs.Run(finished, SETTINGS, 8, **how)
        other.kill()  # and the kernel releases the lock
        other.wait()
    assert runs.Run(finished, SETTINGS, 4, resume=True).finished
    assert contents(finished) == before


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ValueError, match=r"should be a folder that can be written. Received: .*file"
    ):
        runs.Run(tmp_path / "file", SETTINGS, 4)


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_of_something_else_is_left_alone(how, tmp_path):
    (tmp_path / "model.keras").write_text("the thesis")
    with pytest.raises(ValueError, match="which holds other files"):
        runs.Run(tmp_path, SETTINGS, 4, **how)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "suffix, how",
    [
        ("weights.h5", "truncated"),
        ("json", "flipped"),
        pytest.param("weights.h5", "flipped", marks=pytest.mark.thorough),
        pytest.param("json", "truncated", marks=pytest.mark.thorough),
    ],
)
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_it_used(
    how, suffix, tmp_path, alone, killed
):
    killed(27, tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / f"00000026.{suffix}"
    damage(newest, how)
    run, resumed = go(tmp_path / "run", 40, resume=True)
    assert [path.name for path in run.damaged] == ["00000026.weights.h5"]
    assert run.checkpoint.step == 24
    for a, b in zip(alone[1], weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_when_all_checkpoints_are_damaged_it_begins_again(tmp_path, killed):
    killed(9)
    for path in (tmp_path / "checkpoints").glob("*.h5"):
        damage(path, "flipped")
    run = runs.Run(tmp_path, SETTINGS, 40, resume=True)
    assert run.done == 0
    assert len(run.damaged) == 2
    go(tmp_path, 40, stop=5, resume=True)  # and keeps what it does then, not what was damaged
    run = runs.Run(tmp_path, SETTINGS, 40, resume=True)
    assert (run.done, run.damaged) == (4, [])


@pytest.mark.parametrize("what", ["step", "epoch", "batch"])
def test_a_changed_number_of_a_checkpoint_is_noticed(what, tmp_path, killed):
    killed(9)
    path = tmp_path / "checkpoints" / "00000008.json"
    recorded = json.loads(path.read_text())
    path.write_text(json.dumps(recorded | {what: recorded[what] + 1}))
    assert runs.Run(tmp_path, SETTINGS, 40, resume=True).done == 6


def test_fewer_steps_than_are_done_are_refused(tmp_path, killed):
    killed(27)
    with pytest.raises(ValueError, match="`steps` should be at least 26, which are done already"):
        runs.Run(tmp_path, SETTINGS, 10, resume=True)


def test_a_corrupt_model_of_a_finished_run_is_reported(tmp_path):
    run, model = go(tmp_path, 4)
    run.finish(model, {})
    damage(tmp_path / "model.keras", "flipped")
    with pytest.raises(ValueError, match="is not the file that the run saved. Start"):
        runs.Run(tmp_path, SETTINGS, 8, resume=True)


@pytest.mark.parametrize("key", ["data_position", "place"])  # as earlier versions called it
def test_a_finished_run_knows_its_position_in_the_data(tmp_path, key):
    run, model = go(tmp_path, 9)
    metrics = run.finish(model, {})
    metrics[key] = metrics.pop("data_position")
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    checkpoint = runs.Run(tmp_path, SETTINGS, 12, resume=True).checkpoint
    assert (checkpoint.epoch, checkpoint.batch) == divmod(9, BATCHES)


def test_a_run_is_not_resumed_with_data_of_another_length(tmp_path, killed):
    killed(27)
    run = runs.Run(tmp_path, SETTINGS, 40, resume=True)
    with pytest.raises(ValueError, match="`dataset` should be the one that the run began with"):
        run.train(fresh(40, run.stride), load, BATCHES + 1)


class Ask(keras.callbacks.Callback):
    """Ctrl-C in the eleventh step."""

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.optimizers["generator"].iterations) == 10:
            signal.raise_signal(signal.SIGINT)


def asking(model):
    fit = model.fit
    model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[Ask(), *callbacks], **k)
    return model


def test_a_run_that_is_asked_to_stop_says_how_it_goes_on_and_does(tmp_path, alone):
    run = runs.Run(tmp_path / "run", SETTINGS, 40)
    model = asking(fresh(40, 1))  # steps one by one, so that it can stop inside a stretch
    same(model)
    with pytest.raises(KeyboardInterrupt, match="Stopped: step 11 of 40 is saved in .*--resume"):
        run.train(model, load, BATCHES, draw)
    run, resumed = go(tmp_path / "run", 40, resume=True)
    assert run.checkpoint.step == 11
    assert (run.checkpoint.epoch, run.checkpoint.batch) == (1, 4)
    for a, b in zip(alone[1], weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_asked_to_stop_at_the_end_of_a_stretch_it_leaves_its_losses_and_picture_too(tmp_path):
    run = runs.Run(tmp_path, SETTINGS, 40)
    model = asking(fresh(40, run.stride))  # a stretch in one call
    with pytest.raises(KeyboardInterrupt, match="Stopped: step 12 of 40 is saved"):
        run.train(model, load, BATCHES, draw)
    assert loss_log.read_log(tmp_path / "losses.csv")[-1]["step"] == 12
    assert (tmp_path / "frames" / "00000012.png").exists()


def test_dense_networks_run_many_steps_a_call_and_never_too_many():
    dense = zoo.create("gan", image_shape=(8, 8, 1), width=8)
    convolutional = zoo.create("dcgan", image_shape=(8, 8, 1), width=8)
    assert runs.fast_options(dense, 600)["steps_per_execution"] == 25
    assert runs.fast_options(dense, 7)["steps_per_execution"] == 7
    assert runs.fast_options(dense, 53)["steps_per_execution"] == 1
    if not tf.config.list_physical_devices("GPU"):
        assert runs.fast_options(convolutional, 600)["jit_compile"] is False


def test_a_run_is_not_both_resumed_and_replaced(tmp_path):
    with pytest.raises(ValueError, match="`resume` should be given without `overwrite`"):
        runs.Run(tmp_path / "run", SETTINGS, 10, resume=True, overwrite=True)
    assert not (tmp_path / "run").exists()
