"""A run that is replaced is kept until the new one is finished; one process trains in a folder."""

import fcntl
import shutil
import subprocess
import sys

import pytest
import tensorflow as tf

from tests.trainers.runs import small_runs
from trainers import runs
from trainers.runs import run_folder


def contents(folder):
    """Relative path -> bytes, of all files of a folder but its lock."""
    found = [p for p in folder.rglob("*") if p.is_file() and p.name != run_folder.LOCK]
    return {p.relative_to(folder): p.read_bytes() for p in found}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a finished run, with a file of its user."""
    folder = tmp_path_factory.mktemp("whole")
    run, model = small_runs.go(folder, 4)
    run.finish(model, {"answer": 42})
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture
def finished(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "finished")


def test_a_run_is_replaced_when_the_new_one_is_finished(finished):
    before = contents(finished)
    run = runs.Run(finished, small_runs.SETTINGS | {"seed": 1}, 4, overwrite=True)
    assert (run.done, run.finished) == (0, False)
    assert contents(finished) == before  # the command may still be refused
    model = small_runs.fresh(40, run.stride)
    run.train(model, small_runs.load, small_runs.BATCHES)
    assert runs.load_settings(finished)["seed"] == 1
    kept = contents(finished / ".replaced-1")
    assert kept == {path: data for path, data in before.items() if path.name != "notes.txt"}
    run.finish(model, {})
    after = sorted(p.name for p in finished.iterdir())
    files = ["losses.csv", "metrics.json", "model.keras", "notes.txt", "settings.json"]
    assert after == [".lock", *files, "tensorboard"]


def test_after_ctrl_c_the_run_that_was_to_be_replaced_is_still_there(finished):
    run = runs.Run(finished, small_runs.SETTINGS | {"seed": 1}, 40, overwrite=True)
    with pytest.raises(KeyboardInterrupt, match=r"before is in .*\.replaced-1 until"):
        run.train(small_runs.asking(small_runs.fresh(40, 1)), small_runs.load, small_runs.BATCHES)
    assert (finished / ".replaced-1" / "model.keras").exists()
    run = runs.Run(finished, small_runs.SETTINGS | {"seed": 1}, 40, resume=True)
    assert run.done == 11


def test_a_run_is_trained_once_and_not_over_another(tmp_path):
    one, other = (runs.Run(tmp_path, small_runs.SETTINGS | {"seed": seed}, 4) for seed in (0, 1))
    model = small_runs.fresh(40, one.stride)
    one.train(model, small_runs.load, small_runs.BATCHES)
    with pytest.raises(ValueError, match="A run is trained once"):
        one.train(model, small_runs.load, small_runs.BATCHES)
    with pytest.raises(ValueError, match="holds a run that began after this one was opened"):
        other.train(small_runs.fresh(40, one.stride), small_runs.load, small_runs.BATCHES)
    assert runs.Run(tmp_path, small_runs.SETTINGS, 4, resume=True).done == 4


def test_the_lock_goes_with_the_training(tmp_path):
    run, model = small_runs.go(tmp_path, 2)
    run.finish(model, {})
    with pytest.raises(ValueError, match="Continue it"):
        runs.Run(tmp_path, small_runs.SETTINGS, 2)
    with open(tmp_path / run_folder.LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Refused(Exception):
    pass


def refuse(start):
    raise Refused


def refuse_first_batch(start):
    return small_runs.load(start).map(lambda x: tf.debugging.check_numerics(x / 0.0, "NaN"))


@pytest.mark.parametrize("load", [refuse, refuse_first_batch])
def test_a_run_is_kept_if_the_one_that_replaces_it_is_refused(load, finished, tmp_path):
    before = contents(finished)
    for folder, how in ((finished, {"overwrite": True}), (tmp_path / "new", {})):
        run = runs.Run(folder, small_runs.SETTINGS | {"seed": 1}, 4, **how)
        with pytest.raises((Refused, tf.errors.InvalidArgumentError)):
            run.train(small_runs.fresh(40, run.stride), load, small_runs.BATCHES)
    assert contents(finished) == before
    assert contents(tmp_path / "new") == {}


def test_a_model_without_its_metrics_is_not_trained_over(finished):
    for damage in ("{}", None):
        path = finished / "metrics.json"
        path.write_text(damage) if damage else path.unlink()
        before = contents(finished)
        with pytest.raises(ValueError, match=r"without its metrics\.json\. Put the file back"):
            runs.Run(finished, small_runs.SETTINGS, 8, resume=True)
        assert contents(finished) == before


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
                runs.Run(finished, small_runs.SETTINGS, 8, **how)
        other.kill()  # and the kernel releases the lock
        other.wait()
    assert runs.Run(finished, small_runs.SETTINGS, 4, resume=True).finished
    assert contents(finished) == before
