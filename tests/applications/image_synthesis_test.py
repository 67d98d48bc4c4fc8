"""The script as its user meets it, in a few steps."""

import json
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from applications import image_synthesis

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "model": "gan",
    "dataset": "digits",
    "recipe": "paper",
    "scale": "small",
    "image_size": None,
    "batch_size": 32,
    "seed": 0,
    "precision": "float32",
}
PICTURES = {"samples.png", "progress.gif", "interpolation.png", "loss.png"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(tmp_path_factory, data_dir):
    """A folder with a finished run of a conditional model, and its figures."""
    out = tmp_path_factory.mktemp("runs") / "cgan"
    settings = SETTINGS | {"model": "cgan"}
    figures = image_synthesis.synthesize(settings, 30, out, out / "exports", data_dir=data_dir)
    return out, figures


def test_a_run_leaves_its_pictures_figures_model_and_export(run):
    out, figures = run
    files = {path.name for path in out.iterdir()}
    assert files >= PICTURES | {"metrics.json", "model.keras", "losses.csv"}
    assert [path.name for path in out.rglob("*.keras")] == ["model.keras"]
    assert json.loads((out / "metrics.json").read_text()) == figures
    assert figures["saved_model"] == str(out / "exports" / "cgan_digits" / "1")


def test_figures_say_what_was_compared_and_what_beats_what(run):
    _, figures = run
    protocol = figures["scores"]["protocol"]
    assert protocol["splits"] == {"train": "half_a", "held_out": "half_b"}
    assert (protocol["n_real"], protocol["n_fake"]) == (898, 898)
    # After 30 steps nothing is learned: noise must not pass for digits.
    assert figures["scores"]["frechet"] > figures["references"]["one_gaussian"]["frechet"]
    assert figures["verdicts"]["frechet"]["verdict"] == "loses to"
    assert figures["references"]["other_half"]["frechet"] < 0.5
    assert figures["images_per_second"] > 0


def test_pictures_are_as_large_as_what_they_show(run):
    out, _ = run
    with Image.open(out / "progress.gif") as film:
        assert film.n_frames == len(list((out / "frames").iterdir())) == 15
    strip = Image.open(out / "interpolation.png")
    assert strip.size == (12 * 50 + 2, 8 * 50 + 2)
    samples = np.asarray(Image.open(out / "samples.png"))
    assert samples.min() < 50 < 200 < samples.max()


def test_the_saved_model_draws_what_the_export_draws(run):
    out, figures = run
    model = keras.saving.load_model(out / "model.keras")
    latents, labels = model.draw(4)
    served = tf.saved_model.load(figures["saved_model"]).signatures["serving_default"]
    made = served(latent=tf.constant(latents), labels=tf.constant(labels))["images"]
    np.testing.assert_allclose(made, model.predict([latents, labels], verbose=0), atol=1e-5)


def test_a_finished_run_is_left_as_it_is(run, data_dir, capsys):
    out, figures = run
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = image_synthesis.synthesize(
        SETTINGS | {"model": "cgan"}, 30, out, out / "exports", data_dir=data_dir, resume=True
    )
    assert again == figures
    assert "is finished, 30 steps are done: nothing is changed" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_a_run_is_resumed_up_to_more_steps(tmp_path, data_dir, capsys):
    def go(steps, **how):
        return image_synthesis.synthesize(
            SETTINGS, steps, tmp_path / "run", tmp_path / "exports", data_dir=data_dir, **how
        )

    go(6, resume=True)
    assert "nothing yet, beginning" in capsys.readouterr().out
    figures = go(9, resume=True)
    assert "going on at step 6" in capsys.readouterr().out
    assert figures["steps"] == 9
    assert sorted(path.name for path in (tmp_path / "exports" / "gan_digits").iterdir()) == [
        "1",
        "2",
    ]


def test_without_an_evaluator_there_are_samples_but_no_scores(tmp_path, data_dir):
    settings = SETTINGS | {"image_size": 12}
    figures = image_synthesis.synthesize(
        settings, 2, tmp_path / "run", tmp_path / "exports", data_dir=data_dir
    )
    assert "scores" not in figures
    assert (tmp_path / "run" / "samples.png").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": "ring"}, "--dataset: The dataset should hold images. ring holds points."),
        ({"dataset": "digit"}, "--dataset: `name` should be one of .* did you mean 'digits'"),
        ({"model": "dc_gan"}, "--model: .*Did you mean dcgan"),
        ({"batch_size": 5000}, "`batch_size` should be at most"),
        ({"model": "dcgan", "image_size": 10}, "sides that are multiples of 4"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, said, tmp_path, data_dir
):
    out = tmp_path / "run"
    with pytest.raises(ValueError, match=said):
        image_synthesis.synthesize(SETTINGS | changes, 3, out, out, data_dir=data_dir)
    assert not out.exists()


def test_help_comes_at_once_and_names_every_flag():
    start = time.perf_counter()
    command = [sys.executable, "-m", "applications.image_synthesis", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    seconds = time.perf_counter() - start
    names = "model dataset data_dir out steps batch_size seed device precision resume export_dir"
    shown = result.stdout.replace("[no]", "")
    assert [name for name in names.split() if f"--{name}:" not in shown] == []
    assert seconds < 1.0


@pytest.mark.slow
def test_two_workers_train_one_model_that_the_first_shows_and_exports(tmp_path, data_dir):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "applications.image_synthesis", "--model=dcgan", "--steps=4"]
    command += ["--workers=127.0.0.1:23471,127.0.0.1:23472", f"--data_dir={data_dir}"]
    command += [f"--out={out}", "--batch_size=32"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    workers = [subprocess.Popen([*command, f"--worker={i}"], **pipes) for i in range(2)]
    said = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert f"pictures, metrics.json, model.keras: {out}" in said[0][0]
    assert said[1][0] == ""
    assert {path.name for path in out.iterdir()} >= PICTURES | {"metrics.json", "model.keras"}
    model = keras.saving.load_model(out / "model.keras")
    assert isinstance(model, zoo.DCGAN)
    latents = model.draw(4)
    served = tf.saved_model.load(out / "saved_models" / "dcgan_digits" / "1").signatures["generate"]
    made = served(latent=tf.constant(latents))["images"]
    np.testing.assert_allclose(made, model.predict(np.asarray(latents), verbose=0), atol=1e-5)
