"""The script, `fit` in Python, and workers train the same model."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from applications import image_synthesis
from applications.shared import training_job
from trainers import datasets

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "model": "dcgan",
    "dataset": "digits",
    "recipe": "paper",
    "scale": "small",
    "image_size": None,
    "batch_size": 64,
    "seed": 3,
    "precision": "float32",
}


def test_fit_in_python_gives_the_weights_of_the_script(tmp_path):
    job = training_job.TrainingJob(SETTINGS, 20, tmp_path / "run", tmp_path, data_dir=str(tmp_path))
    image_synthesis.synthesize(job, "none")

    keras.utils.set_random_seed(3)
    digits = datasets.load("digits", "half_a", batch_size=64, seed=3, data_dir=str(tmp_path))
    model = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1))
    model.fit(digits.repeat(), steps_per_epoch=20, verbose=0)

    theirs = keras.saving.load_model(tmp_path / "run" / "model.keras")
    for a, b in zip(model.variables, theirs.variables, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_two_workers_train_one_model_that_the_first_shows_and_exports(tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "applications.image_synthesis", "--model=dcgan", "--steps=4"]
    command += ["--workers=127.0.0.1:23471,127.0.0.1:23472", f"--data_dir={tmp_path}"]
    command += [f"--out={out}", "--batch_size=32"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    workers = [subprocess.Popen([*command, f"--worker={i}"], **pipes) for i in range(2)]
    printed = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], printed
    assert f"pictures, metrics.json, model.keras: {out}" in printed[0][0]
    assert printed[1][0] == ""
    names = {path.name for path in out.iterdir()}
    assert names >= {"samples.png", "progress.gif", "metrics.json", "model.keras"}
    model = keras.saving.load_model(out / "model.keras")
    assert isinstance(model, zoo.DCGAN)
    latents = model.draw(4)
    served = tf.saved_model.load(out / "saved_models" / "dcgan_digits" / "1").signatures["generate"]
    images = served(latent=tf.constant(latents))["images"]
    np.testing.assert_allclose(images, model.predict(np.asarray(latents), verbose=0), atol=1e-5)
