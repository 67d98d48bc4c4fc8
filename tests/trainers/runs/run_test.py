"""A run that is interrupted ends like one that is not."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.trainers.runs import small_runs
from trainers import runs
from trainers.runs import loss_log
from trainers.runs.run import LOG_INTERVALS


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A run of 40 steps that nothing has stopped: its folder and its weights."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, small_runs.weights_of(small_runs.go(folder, 40)[1])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Folders of runs of 40 steps that were killed after so many, and of a whole one of 4."""
    folders = {n: tmp_path_factory.mktemp(f"stopped_{n}") for n in (4, 9, 27)}
    small_runs.go(folders[4], 4)
    for n in (9, 27):
        small_runs.go(folders[n], 40, stop=n)
    return folders


@pytest.fixture
def killed(stopped, tmp_path):
    """Copies one of these into the folder of a test."""
    return lambda n, folder=tmp_path: shutil.copytree(stopped[n], folder, dirs_exist_ok=True)


def test_a_killed_run_that_is_resumed_ends_like_one_left_alone(tmp_path, alone, killed):
    killed(9, tmp_path / "killed")
    run, _ = small_runs.go(tmp_path / "killed", 40, stop=27, resume=True)
    assert run.done == 8
    run, resumed = small_runs.go(tmp_path / "killed", 40, resume=True)
    assert run.done == 40
    for a, b in zip(alone[1], small_runs.weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)
    logs = [loss_log.read_log(f / "losses.csv") for f in (alone[0], tmp_path / "killed")]
    steps, losses = ([[row[k] for row in log] for log in logs] for k in ("step", "generator_loss"))
    assert steps[0] == steps[1] == list(range(2, 41, 2))
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    "steps", [53, *(pytest.param(n, marks=pytest.mark.thorough) for n in (1, 7))]
)
def test_the_number_of_steps_is_kept_whatever_divides_it(steps, tmp_path):
    run, model = small_runs.go(tmp_path, steps)
    assert int(model.optimizers["generator"].iterations) == steps
    assert run.interval <= max(1, -(-steps // LOG_INTERVALS))


@pytest.mark.thorough
def test_a_finished_run_goes_on_when_asked_for_more(tmp_path):
    run, model = small_runs.go(tmp_path, 10)
    run.finish(model, {"scores": {}})
    assert runs.Run(tmp_path, small_runs.SETTINGS, 10, resume=True).finished
    run, more = small_runs.go(tmp_path, 25, resume=True)
    assert not run.finished
    assert int(more.optimizers["generator"].iterations) == 25
    run.finish(more, {})
    _, alone = small_runs.go(tmp_path / "alone", 25)
    for a, b in zip(small_runs.weights_of(alone), small_runs.weights_of(more), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_finished_run_holds_one_model_and_its_figures(tmp_path):
    run, model = small_runs.go(tmp_path, 10)
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
        runs.Run(tmp_path, small_runs.SETTINGS, 4)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_a_run_with_other_settings_is_not_resumed(tmp_path, killed):
    killed(4)
    with pytest.raises(ValueError, match="other settings. Resume it with --seed=0"):
        runs.Run(tmp_path, small_runs.SETTINGS | {"seed": 1}, 4, resume=True)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ValueError, match=r"should be a folder that can be written. Received: .*file"
    ):
        runs.Run(tmp_path / "file", small_runs.SETTINGS, 4)


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_of_something_else_is_left_alone(how, tmp_path):
    (tmp_path / "model.keras").write_text("the thesis")
    with pytest.raises(ValueError, match="which holds other files"):
        runs.Run(tmp_path, small_runs.SETTINGS, 4, **how)
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
    run, resumed = small_runs.go(tmp_path / "run", 40, resume=True)
    assert [path.name for path in run.damaged] == ["00000026.weights.h5"]
    assert run.checkpoint.step == 24
    for a, b in zip(alone[1], small_runs.weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_when_all_checkpoints_are_damaged_it_begins_again(tmp_path, killed):
    killed(9)
    for path in (tmp_path / "checkpoints").glob("*.h5"):
        damage(path, "flipped")
    run = runs.Run(tmp_path, small_runs.SETTINGS, 40, resume=True)
    assert run.done == 0
    assert len(run.damaged) == 2
    small_runs.go(
        tmp_path, 40, stop=5, resume=True
    )  # and keeps what it does then, not what was damaged
    run = runs.Run(tmp_path, small_runs.SETTINGS, 40, resume=True)
    assert (run.done, run.damaged) == (4, [])


@pytest.mark.parametrize("what", ["step", "epoch", "batch"])
def test_a_changed_number_of_a_checkpoint_is_noticed(what, tmp_path, killed):
    killed(9)
    path = tmp_path / "checkpoints" / "00000008.json"
    recorded = json.loads(path.read_text())
    path.write_text(json.dumps(recorded | {what: recorded[what] + 1}))
    assert runs.Run(tmp_path, small_runs.SETTINGS, 40, resume=True).done == 6


def test_fewer_steps_than_are_done_are_refused(tmp_path, killed):
    killed(27)
    with pytest.raises(ValueError, match="`steps` should be at least 26, which are done already"):
        runs.Run(tmp_path, small_runs.SETTINGS, 10, resume=True)


def test_a_corrupt_model_of_a_finished_run_is_reported(tmp_path):
    run, model = small_runs.go(tmp_path, 4)
    run.finish(model, {})
    damage(tmp_path / "model.keras", "flipped")
    with pytest.raises(ValueError, match="is not the file that the run saved. Start"):
        runs.Run(tmp_path, small_runs.SETTINGS, 8, resume=True)


@pytest.mark.parametrize("key", ["data_position", "place"])  # as earlier versions called it
def test_a_finished_run_knows_its_position_in_the_data(tmp_path, key):
    run, model = small_runs.go(tmp_path, 9)
    metrics = run.finish(model, {})
    metrics[key] = metrics.pop("data_position")
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    checkpoint = runs.Run(tmp_path, small_runs.SETTINGS, 12, resume=True).checkpoint
    assert (checkpoint.epoch, checkpoint.batch) == divmod(9, small_runs.BATCHES)


def test_a_run_is_not_resumed_with_data_of_another_length(tmp_path, killed):
    killed(27)
    run = runs.Run(tmp_path, small_runs.SETTINGS, 40, resume=True)
    with pytest.raises(ValueError, match="`dataset` should be the one that the run began with"):
        run.train(small_runs.fresh(40, run.stride), small_runs.load, small_runs.BATCHES + 1)


def test_a_run_that_is_asked_to_stop_says_how_it_goes_on_and_does(tmp_path, alone):
    run = runs.Run(tmp_path / "run", small_runs.SETTINGS, 40)
    # Steps one by one, so that it can stop inside a stretch.
    model = small_runs.asking(small_runs.fresh(40, 1))
    small_runs.same(model)
    with pytest.raises(KeyboardInterrupt, match="Stopped: step 11 of 40 is saved in .*--resume"):
        run.train(model, small_runs.load, small_runs.BATCHES, small_runs.draw)
    run, resumed = small_runs.go(tmp_path / "run", 40, resume=True)
    assert run.checkpoint.step == 11
    assert (run.checkpoint.epoch, run.checkpoint.batch) == (1, 4)
    for a, b in zip(alone[1], small_runs.weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_asked_to_stop_at_the_end_of_a_stretch_it_leaves_its_losses_and_picture_too(tmp_path):
    run = runs.Run(tmp_path, small_runs.SETTINGS, 40)
    model = small_runs.asking(small_runs.fresh(40, run.stride))  # a stretch in one call
    with pytest.raises(KeyboardInterrupt, match="Stopped: step 12 of 40 is saved"):
        run.train(model, small_runs.load, small_runs.BATCHES, small_runs.draw)
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
        runs.Run(tmp_path / "run", small_runs.SETTINGS, 10, resume=True, overwrite=True)
    assert not (tmp_path / "run").exists()
