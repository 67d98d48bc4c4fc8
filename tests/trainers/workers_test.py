"""Two processes that train together end where one does, and a cluster that lost one goes on."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.trainers import worker

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.thorough  # two processes for each test


def addresses(n=2):
    """Free ports of this machine."""
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for s in sockets:
        s.close()
    return found


def start(folder, how, *, steps=30, resume=False, seeds=(0, 0)):
    """The processes of two workers that train in `folder`; `how` passes them their addresses."""
    workers = addresses()
    started = []
    for i in range(2):
        arguments = {"folder": str(folder), "steps": steps, "resume": resume, "seed": seeds[i]}
        env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        if how == "TF_CONFIG":
            task = {"type": "worker", "index": i}
            env["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
        else:
            arguments |= {"workers": workers, "worker": i}
        command = [sys.executable, "-m", "tests.trainers.worker", json.dumps(arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, **pipes))
    return started


def end(processes):
    """What they print, when all have ended."""
    printed = [p.communicate(timeout=600) for p in processes]
    for process, (_, error) in zip(processes, printed, strict=True):
        assert process.returncode == 0, error[-3000:]
    return [out for out, _ in printed]


def assert_ended_as_one_process(folder, alone):
    found = keras.saving.load_model(folder / "model.keras")
    assert len(found.weights) == len(alone.weights)
    for a, b in zip(found.weights, alone.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6, err_msg=a.path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The model that one process has trained, and its log."""
    folder = tmp_path_factory.mktemp("alone")
    model = worker.play(folder, steps=30)
    return model, (folder / "losses.csv").read_text()


def without_seconds(log):
    return [[float(cell) for cell in line.split(",")[2:]] for line in log.split("\n")[1:] if line]


@pytest.mark.parametrize("how", ["workers", pytest.param("TF_CONFIG", marks=pytest.mark.slow)])
def test_two_workers_end_with_the_weights_of_one_process(how, alone, tmp_path):
    model, log = alone
    reports = [json.loads(out.splitlines()[-1]) for out in end(start(tmp_path, how))]
    assert_ended_as_one_process(tmp_path, model)
    ours = without_seconds((tmp_path / "losses.csv").read_text())
    np.testing.assert_allclose(ours, without_seconds(log), atol=1e-5)
    # Only the first one writes, and they see each sample of an epoch once.
    assert [s["writes"] for s in reports] == [True, False]
    seen = [row for s in reports for row in s["epoch"]]
    assert len(reports[0]["epoch"]) == len(reports[1]["epoch"]) == len(seen) / 2
    assert sorted(seen) == sorted(worker.epoch(None))
    assert len({tuple(row) for row in seen}) == len(seen)


@pytest.mark.slow
def test_a_cluster_that_lost_a_worker_goes_on_from_the_last_checkpoint(alone, tmp_path):
    folder = tmp_path / "run"
    first, second = start(folder, "workers", steps=30, resume=True)
    for _ in range(600):
        if list(folder.glob("checkpoints/*.json")):
            break
        time.sleep(0.1)
    second.kill()
    second.wait()
    _, error = first.communicate(timeout=600)
    assert first.returncode != 0
    assert "Another worker was lost. Start all of them again, with --resume if" in error
    assert not (folder / "model.keras").exists()
    end(start(folder, "workers", steps=30, resume=True))
    assert_ended_as_one_process(folder, alone[0])


def test_a_refusal_of_the_first_worker_ends_the_other_too(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    first, second = start(tmp_path, "workers")
    errors = [p.communicate(timeout=600)[1] for p in (first, second)]
    assert "which holds other files" in errors[0]
    assert "The chief worker refused to begin and reports why." in errors[1]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_workers_with_different_flags_are_refused_in_one_line_each(tmp_path):
    workers = start(tmp_path / "run", "workers", seeds=(0, 1))
    for process in workers:
        _, error = process.communicate(timeout=600)
        assert process.returncode != 0
        last = "ValueError: Workers should be given the same flags. Received: different --seed."
        assert error.splitlines()[-1] == last
        assert "Waiting until all workers are connected: 127.0.0.1:" in error
    assert not (tmp_path / "run").exists()
