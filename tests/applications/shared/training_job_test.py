"""What a job takes from the flags, from the run that it goes on with, and its messages."""

import contextlib
import json
from pathlib import Path

import pytest
from absl import flags
from absl.testing import flagsaver

from applications import image_synthesis, super_resolution
from applications.shared import training_job
from tests.applications import scripts
from trainers import command_line

SETTINGS = {
    "model": "r3gan",
    "dataset": "digits",
    "recipe": "modern",
    "scale": "small",
    "image_size": 16,
    "batch_size": 32,
    "seed": 7,
    "precision": "float32",
}


@contextlib.contextmanager
def given(script, *given_flags):
    with flagsaver.flagsaver():
        script.define_flags()
        flags.FLAGS([script.__name__, *given_flags])
        yield


def write_run(folder, settings=SETTINGS):
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings))


def job_of(*given_flags):
    names, name = image_synthesis.SETTINGS, "dcgan_digits"
    with given(image_synthesis, *given_flags):
        training_job.resume_flags(names, name)
        return training_job.TrainingJob.from_flags(names, name)


def test_a_resumed_run_needs_none_of_its_settings(tmp_path):
    write_run(tmp_path / "run")
    assert job_of(f"--out={tmp_path / 'run'}", "--resume").settings == SETTINGS
    other = job_of(f"--out={tmp_path / 'run'}", "--resume", "--seed=8").settings
    assert other == SETTINGS | {"seed": 8}  # which `Run` refuses


def test_the_folder_of_a_run_without_a_name_is_looked_up_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs/dcgan_digits", SETTINGS | {"model": "dcgan"})
    assert job_of("--resume").settings == SETTINGS | {"model": "dcgan"}


def test_a_new_run_and_workers_have_the_defaults(tmp_path, monkeypatch):
    write_run(tmp_path / "run")
    out = f"--out={tmp_path / 'run'}"
    assert job_of(out, "--overwrite").settings["seed"] == 0
    assert job_of(out, "--resume", "--workers=a:1,b:1").settings["seed"] == 0
    monkeypatch.setenv("TF_CONFIG", "{}")
    assert job_of(out, "--resume").settings["seed"] == 0


def test_a_run_goes_on_to_the_steps_that_it_was_to_take(tmp_path):
    write_run(tmp_path / "run", SETTINGS | {"steps": 20_000})
    out = f"--out={tmp_path / 'run'}"
    assert job_of(out, "--resume").steps == 20_000
    assert job_of(out, "--resume", "--steps=30000").steps == 30_000
    assert "steps" not in job_of(out, "--resume").settings
    write_run(tmp_path / "run/srresnet", {"steps": 7})
    write_run(tmp_path / "run/srgan", {"steps": 9})
    with given(super_resolution, out, "--resume"):
        training_job.resume_flags((), "srgan_photos", "srresnet")
        training_job.resume_flags((), "srgan_photos", "srgan", steps="srgan_steps")
        assert (super_resolution.FLAGS.steps, super_resolution.FLAGS.srgan_steps) == (7, 9)


def test_a_stage_goes_on_with_its_own_settings(tmp_path):
    write_run(tmp_path / "run/srresnet", {"factor": 2, "seed": 3, "image_size": 32})
    with given(super_resolution, f"--out={tmp_path / 'run'}", "--resume"):
        training_job.resume_flags(super_resolution.SETTINGS, "srgan_photos", "srresnet")
        found = training_job.values_of(super_resolution.SETTINGS)
    assert (int(found["factor"]), found["seed"], found["image_size"]) == (2, 3, 32)


def test_a_folder_is_stored_by_its_absolute_path(tmp_path, monkeypatch):
    (tmp_path / "scans").mkdir()
    monkeypatch.chdir(tmp_path)
    found = job_of("--dataset=scans", "--out=run").settings["dataset"]
    assert Path(found) == tmp_path / "scans"
    assert job_of("--dataset=digits", "--out=run").settings["dataset"] == "digits"
    assert job_of("--dataset=cifar10", "--out=run").settings["dataset"] == "cifar10"


def test_a_run_that_began_with_a_relative_path_is_resumed_by_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    write_run(tmp_path / "run", SETTINGS | {"dataset": "scans"})
    assert job_of("--dataset=scans", "--out=run", "--resume").settings["dataset"] == "scans"


def test_the_advice_after_a_stop_is_what_the_run_can_do(tmp_path):
    out = tmp_path / "run"
    write_run(out)
    assert job_of(f"--out={out}").stopped_advice() == ""  # nothing is saved yet
    (out / "checkpoints").mkdir()
    (out / "checkpoints/00000004.json").touch()
    assert "--resume continues the run" in job_of(f"--out={out}").stopped_advice()
    stopped = pytest.raises(KeyboardInterrupt, match="Stopped: step 3")  # of the run itself
    with stopped, command_line.when_stopped(lambda: "Another advice."):
        raise KeyboardInterrupt("Stopped: step 3")


def test_a_stop_without_a_training_speaks_of_no_resume(monkeypatch, tmp_path):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(image_synthesis, "use_finished_run", stop)
    code, _, errors = scripts.here(image_synthesis, f"--out={tmp_path}", "--sample=3")
    assert (code, errors.splitlines()) == (130, ["image_synthesis: Stopped."])
