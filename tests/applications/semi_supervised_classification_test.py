"""The script as its user meets it, in a few steps."""

import csv
import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from applications import semi_supervised_classification as script
from applications.shared import image_files, training_job
from tests.applications import scripts
from trainers import datasets, metrics
from trainers.tasks import semi_supervised

SETTINGS = {
    "model": "semi_supervised",
    "dataset": "digits",
    "recipe": "modern",
    "scale": "small",
    "image_size": None,
    "batch_size": 100,
    "seed": 0,
    "precision": "float32",
    "labels_per_class": 5,
}
PICTURES = ["classified.png", "reliability.png", "loss.png"]


def train(*job, **how):
    return script.train(training_job.TrainingJob(*job, **how))


@pytest.fixture(scope="module")
def run(mode, tmp_path_factory):
    """A folder with a finished run, and its figures."""
    out = tmp_path_factory.mktemp("runs") / "few"
    return out, train(SETTINGS, 150, out, out / "saved_models")


def test_a_run_leaves_its_pictures_figures_model_and_export(run):
    out, figures = run
    assert all((out / name).exists() for name in PICTURES)
    assert json.loads((out / "metrics.json").read_text()) == figures
    assert figures["labels"] == 50
    assert figures["class_names"] == [str(k) for k in range(10)]


def test_its_figures_are_those_of_the_saved_model_on_what_is_held_out(run):
    out, figures = run
    x, labels = datasets.arrays("digits", "test")
    probabilities = semi_supervised.class_probabilities(
        keras.saving.load_model(out / "model.keras")
    )(x)
    assert figures["accuracy"] == np.mean(probabilities.argmax(axis=1) == labels)
    expected = metrics.calibration_error(probabilities, labels)
    assert figures["calibration_error"] == pytest.approx(expected)
    assert figures["accuracy"] > 0.4  # of a chance of .1


def test_what_beats_what_is_said_by_the_numbers(run):
    _, figures = run
    assert set(figures["references"]) == {"label spreading", "labels alone"}
    assert figures["references"]["label spreading"] > 0.85
    for name, accuracy in figures["references"].items():
        wins = figures["accuracy"] > accuracy
        assert figures["verdicts"][name] == ("beats" if wins else "loses to")


def test_the_export_classifies_and_gives_features(run):
    out, figures = run
    x, _ = datasets.arrays("digits", "test", count=7)
    model = keras.saving.load_model(out / "model.keras")
    served = tf.saved_model.load(figures["saved_model"]).signatures
    answers = served["serving_default"](images=tf.constant(x))
    np.testing.assert_allclose(*answers.values(), model.classify(x), atol=1e-4)
    found = served["features"](images=tf.constant(x))
    np.testing.assert_allclose(*found.values(), model.features(x), atol=1e-4)


def test_a_finished_run_is_left_as_it_is(run, capsys):
    out, figures = run
    assert train(SETTINGS, 150, out, out / "saved_models", resume=True) == figures
    assert "is finished, 150 steps are done: nothing is changed" in capsys.readouterr().out


@pytest.mark.slow
def test_an_aae_learns_from_few_labels_too(tmp_path):
    settings = SETTINGS | {"model": "aae"}
    figures = train(settings, 100, tmp_path / "run", tmp_path / "exports")
    assert figures["accuracy"] > 0.4


def test_labels_of_what_is_held_out_are_not_among_those_that_are_learned():
    data = semi_supervised.LabelledData.of(SETTINGS | {"labels_per_class": 20})
    seen = {image.tobytes() for image in data.x}
    assert len(data.y) == 200
    assert not seen & {image.tobytes() for image in data.test}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "dcgan"}, "--model: should be one of semi_supervised, aae. Received: dcgan"),
        ({"batch_size": 33}, "--batch_size: should be even"),
        ({"dataset": "ring"}, "--dataset: should hold images of two classes or more"),
        ({"dataset": "photos"}, "--dataset: .* Received: photos"),
        ({"labels_per_class": 500}, "--labels_per_class: should be from 1 to"),
        ({"batch_size": 5000}, "--batch_size: should be at most"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, message, tmp_path
):
    with pytest.raises(ValueError, match=message):
        train(SETTINGS | changes, 3, tmp_path / "run", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_linear_svm_reads_what_a_model_learned_without_labels(tmp_path):
    model = zoo.create("dcgan", image_shape=(8, 8, 1), width=8, latent_dim=4)
    figures = script.probe(model, SETTINGS, tmp_path)
    assert set(figures["references"]) == {"label spreading", "the SVM on pixels"}
    assert figures["accuracy"] > 0.6  # even random convolutions tell digits
    assert json.loads((tmp_path / "metrics.json").read_text()) == figures


def test_a_model_of_other_images_is_refused(tmp_path):
    model = zoo.create("dcgan", image_shape=(8, 8, 3), width=8, latent_dim=4)
    with pytest.raises(ValueError, match=r"should be \(8, 8, 3\), as the model's"):
        script.probe(model, SETTINGS, tmp_path)


@pytest.mark.parametrize(
    "way", [scripts.here, pytest.param(scripts.alone, marks=pytest.mark.thorough)]
)
def test_a_folder_is_sorted_by_the_script_and_a_bad_file_is_named(way, run, tmp_path):
    x, _ = datasets.arrays("digits", "test", count=3)
    for k, image in enumerate(x):
        image_files.save_image(image, tmp_path / "images" / f"{k}.png")
    (tmp_path / "images" / "bad.png").write_text("no image")
    flags = [f"--run={run[0]}", f"--images={tmp_path / 'images'}", f"--out={tmp_path / 'out'}"]
    code, _, errors = way(script, *flags)
    assert code == 0, errors
    assert "bad.png is skipped: not an image" in errors
    with open(tmp_path / "out" / "predictions.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    model = keras.saving.load_model(run[0] / "model.keras")
    expected = semi_supervised.class_probabilities(model)(np.round(127.5 * x + 127.5) / 127.5 - 1.0)
    assert [line["file"] for line in lines] == ["0.png", "1.png", "2.png"]
    for line, row in zip(lines, expected, strict=True):
        assert [float(line[str(k)]) for k in range(10)] == pytest.approx(row, abs=1e-3)
        assert line["class"] == str(row.argmax())
    code, _, errors = way(script, *flags)
    assert code == 2
    assert "predictions.csv exists already. Replace it with --overwrite" in errors
    code, _, errors = way(script, *flags, "--overwrite", "--labels_per_class=2")
    assert code == 2
    assert "--labels_per_class should be given without a SemiSupervised" in errors
    odd = tmp_path / "images" / os.fsdecode(b"caf\xe9.png")  # is not UTF-8
    image_files.save_image(x[0], odd)
    code, output, errors = way(script, *flags, "--skip_existing")
    assert code == 0, errors
    assert "3 of 5 images have a result already: skipped." in output
    with open(tmp_path / "out" / "predictions.csv", newline="") as file:
        more = list(csv.DictReader(file))
    assert more[:3] == lines and [row["file"] for row in more[3:]] == [r"caf\xe9.png"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--images=x"], "--images: should be given with --preset or --run"),
        (["--run=runs/none"], "--out: should name a folder for the results"),
        (["--run=a", "--out=c", "--images=x", "--steps=3"], "--steps should be given without --im"),
        (["--run=a", "--out=c", "--scale=small"], "--scale should be given without --preset and -"),
        (["--run=a", "--out=none", "--images=x"], "--run: should be that of a run. Received: a"),
        (["--run=a", "--preset=b", "--out=c"], "Either --preset or --run should name"),
        (["--labels_per_class=0"], "--labels_per_class"),
    ],
)
def test_wrong_flags_are_answered_by_one_line(flags, message):
    code, _, errors = scripts.here(script, *flags)
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert message in errors


def test_wrong_flags_are_answered_without_tensorflow():
    code, _, errors = scripts.alone(script, "--run=runs/none", without_tensorflow=True)
    assert code == 2
    assert "--out: should name a folder for the results" in errors.splitlines()[-1]


def test_predictions_are_added_to_those_of_the_same_classes(tmp_path):
    path = tmp_path / "predictions.csv"
    script.write_predictions(path, ["a.png"], np.array([[0.25, 0.75]]), ["no", "yes"])
    known = script.read_predictions(path)
    script.write_predictions(path, ["b.png"], np.array([[1.0, 0.0]]), ["no", "yes"], known)
    assert path.read_text().splitlines()[1:] == [
        "a.png,yes,0.7500,0.2500,0.7500",
        "b.png,no,1.0000,1.0000,0.0000",
    ]
    with pytest.raises(ValueError, match="--out: should be another folder: .* other classes"):
        script.write_predictions(path, ["c.png"], np.ones((1, 1)), ["no"], known)
    path.write_text("name,class\na.png,yes\n")
    with pytest.raises(ValueError, match="--out: should hold a table of predictions"):
        script.read_predictions(path)
