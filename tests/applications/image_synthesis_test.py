"""The script as its user meets it, in a few steps."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from applications import image_synthesis
from applications.shared import training_job
from tests.applications import scripts
from trainers import metrics

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
PICTURES = {"samples.png", "nearest.png", "progress.gif", "interpolation.png", "loss.png"}


def synthesize(*job, features="auto", **how):
    return image_synthesis.synthesize(training_job.TrainingJob(*job, **how), features)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(mode, tmp_path_factory, data_dir):
    """A folder with a finished run of a conditional model, and its figures."""
    out = tmp_path_factory.mktemp("runs") / "cgan"
    settings = SETTINGS | {"model": "cgan", "seed": 5}
    figures = synthesize(settings, 30, out, out / "exports", data_dir=data_dir)
    return out, figures


def test_a_run_leaves_its_pictures_figures_model_and_export(run):
    out, figures = run
    files = {path.name for path in out.iterdir()}
    assert files >= PICTURES | {"metrics.json", "model.keras", "losses.csv", "tensorboard"}
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
    assert figures["memorisation"]["ratio"] > 1 and not figures["memorisation"]["alarm"]


def test_pictures_are_as_large_as_what_they_show(run):
    out, _ = run
    with Image.open(out / "progress.gif") as film:
        assert film.n_frames == len(list((out / "frames").iterdir())) == 15
    strip = Image.open(out / "interpolation.png")
    assert strip.size == (12 * 50 + 2, 24 + 8 * 50 + 2)  # below a title
    samples = np.asarray(Image.open(out / "samples.png"))
    assert samples.min() < 50 < 200 < samples.max()


def test_the_saved_model_draws_what_the_export_draws(run):
    out, figures = run
    model = keras.saving.load_model(out / "model.keras")
    latents, labels = model.draw(4)
    served = tf.saved_model.load(figures["saved_model"]).signatures["serving_default"]
    images = served(latent=tf.constant(latents), labels=tf.constant(labels))["images"]
    np.testing.assert_allclose(images, model.predict([latents, labels], verbose=0), atol=1e-5)


def test_a_finished_run_is_left_as_it_is(run, data_dir, capsys):
    out, figures = run
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = synthesize(
        SETTINGS | {"model": "cgan", "seed": 5},
        30,
        out,
        out / "exports",
        data_dir=data_dir,
        resume=True,
    )
    assert again == figures
    assert "is finished, 30 steps are done: nothing is changed" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_a_run_is_resumed_up_to_more_steps(mode, tmp_path, data_dir, capsys):
    def go(steps, **how):
        return synthesize(
            SETTINGS,
            steps,
            tmp_path / "run",
            tmp_path / "exports",
            data_dir=data_dir,
            features="none",
            **how,
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


def test_a_small_folder_has_a_full_picture_of_samples(mode, tmp_path, data_dir):
    (tmp_path / "photos").mkdir()
    for i in range(3):
        Image.new("L", (8, 8), 80 * i).save(tmp_path / f"photos/{i}.png")
    settings = SETTINGS | {"dataset": str(tmp_path / "photos"), "batch_size": 2}
    synthesize(settings, 2, tmp_path / "run", tmp_path / "exports", data_dir=data_dir)
    picture = Image.open(tmp_path / "run" / "samples.png")
    assert picture.size == (12 * 50 + 2, 24 + 12 * 50 + 2)


def test_without_an_evaluator_there_are_samples_but_no_scores(mode, tmp_path, data_dir):
    settings = SETTINGS | {"image_size": 12}
    figures = synthesize(settings, 2, tmp_path / "run", tmp_path / "exports", data_dir=data_dir)
    assert "scores" not in figures
    assert (tmp_path / "run" / "samples.png").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "ring"}, "--dataset: should hold images. ring holds points."),
        ({"dataset": "furniture"}, "should hold images. furniture holds voxels."),
        ({"dataset": "photos", "model": "cgan"}, "--model: .* photos has no labels"),
        ({"dataset": "./none"}, "--dataset: `name` is a path where there is nothing"),
        ({"dataset": "digit"}, "--dataset: `name` should be one of .* did you mean 'digits'"),
        ({"model": "dc_gan"}, "--model: .*Did you mean dcgan"),
        ({"batch_size": 5000}, "--batch_size: should be at most"),
        ({"model": "dcgan", "image_size": 10}, "sides that are multiples of 4"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, message, tmp_path, data_dir
):
    out = tmp_path / "run"
    with pytest.raises(ValueError, match=message):
        synthesize(SETTINGS | changes, 3, out, out, data_dir=data_dir)
    assert not out.exists()


def test_help_names_every_flag_and_does_without_tensorflow():
    _, output, _ = scripts.alone(image_synthesis, "--help", without_tensorflow=True)
    names = "model dataset data_dir out steps batch_size seed device precision resume export_dir "
    names += "sample interpolate grid labels truncation evaluate features"
    flags = output.replace("[no]", "")
    assert [name for name in names.split() if f"--{name}:" not in flags] == []


def test_wrong_flags_are_answered_in_one_line_without_tensorflow():
    code, _, errors = scripts.alone(image_synthesis, "--labels=3", without_tensorflow=True)
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert "--labels and --truncation should be given with --sample" in errors


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--sample=2", "--steps=9"], "--steps should be given without --sample: nothing would"),
        (["--grid=2", "--features=none"], "--features should be given without --grid"),
        (["--resume", "--overwrite"], "--resume: should be given without --overwrite. Received: b"),
        ([f"--seed={2**32}"], "flag --seed=4294967296"),
        (["--sample=2", "--truncation=nan"], "--truncation=nan: should be a finite number"),
        (["--sample=2", "--labels=12"], "--labels: should be in 0"),
    ],
)
def test_the_wrong_flag_is_named(run, flags, message):
    before = sorted(run[0].rglob("*"))
    code, _, errors = scripts.here(image_synthesis, f"--out={run[0]}", "--seed=77", *flags)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert message in errors
    assert sorted(run[0].rglob("*")) == before


def test_a_finished_run_is_scored_again_without_training(run, data_dir, capsys, monkeypatch):
    out, figures = run
    before = (out / "model.keras").read_bytes()
    again = image_synthesis.use_finished_run(out, evaluate=True, data_dir=data_dir)
    for name in ("scores", "verdicts", "references", "memorisation"):
        assert again[name] == figures[name]
    assert "898 real and 898 generated" in capsys.readouterr().out
    monkeypatch.setattr(metrics, "references", lambda *_: figures["references"])  # of no samples
    other = image_synthesis.use_finished_run(out, evaluate=True, seed=1, data_dir=data_dir)
    assert other["scores"]["frechet"] != figures["scores"]["frechet"]
    assert (out / "model.keras").read_bytes() == before


def test_a_finished_run_draws_images_and_paths(run, capsys):
    out, _ = run
    image_synthesis.use_finished_run(out, sample=5, interpolate=3, seed=7)
    drawn = sorted(path.name for path in (out / "drawn" / "7").iterdir())
    assert drawn == [*(f"0000{i}.png" for i in range(5)), "samples.npz"]
    expected = keras.saving.load_model(out / "model.keras").generate(5, seed=7)
    images = np.load(out / "drawn" / "7" / "samples.npz")["images"]
    np.testing.assert_allclose(images / 127.5 - 1, expected, atol=0.5 / 127.5 + 1e-6)
    np.testing.assert_array_equal(Image.open(out / "drawn/7/00003.png"), images[3, ..., 0])
    assert Image.open(out / "interpolation-7.png").size == (12 * 50 + 2, 24 + 3 * 50 + 2)
    with pytest.raises(ValueError, match=r"drawn/7 exists already\. Replace it with --overwrite"):
        image_synthesis.use_finished_run(out, sample=2, seed=7)
    image_synthesis.use_finished_run(out, sample=2, seed=7, overwrite=True)
    assert len(list((out / "drawn" / "7").iterdir())) == 3


def test_a_finished_run_draws_the_classes_that_are_asked_for(run):
    out, _ = run
    image_synthesis.use_finished_run(out, sample=4, seed=11, labels=["3", "7"], truncation=0.5)
    model = keras.saving.load_model(out / "model.keras")
    expected = model.generate(4, seed=11, truncation=0.5, labels=np.array([3, 7, 3, 7]))
    images = np.load(out / "drawn" / "11" / "samples.npz")["images"]
    np.testing.assert_allclose(images / 127.5 - 1, expected, atol=0.5 / 127.5 + 1e-6)


def test_classes_can_be_named():
    model = zoo.create("cgan", image_shape=(8, 8, 1), classes=2, width=8)
    found = image_synthesis.label_conditions(model, ["dog", "0", "cat"], 4, ("cat", "dog"))
    np.testing.assert_array_equal(found["labels"], [1, 0, 0, 1])
    with pytest.raises(ValueError, match="--labels: .* or names: cat, dog. Received: dog,cow"):
        image_synthesis.label_conditions(model, ["dog", "cow"], 4, ("cat", "dog"))
    settings = {"dataset": "sprites", "image_size": None}
    assert len(image_synthesis.dataset_class_names(settings)) > 1


def test_a_grid_has_a_row_for_each_class(run):
    out, _ = run
    image_synthesis.use_finished_run(out, grid=5, seed=2)
    width, height = Image.open(out / "attributes-2.png").size
    assert height == 24 + 10 * 50 + 2 and width > 5 * 50
    with pytest.raises(ValueError, match=r"attributes-2.png exists already"):
        image_synthesis.use_finished_run(out, grid=5, seed=2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["3", "ten"], "--labels: should be class numbers"), (["10"], "--labels: .* in 0 … 9")],
)
def test_classes_that_there_are_not_are_refused(run, labels, message):
    with pytest.raises(ValueError, match=message):
        image_synthesis.use_finished_run(run[0], sample=2, seed=12, labels=labels)
    assert not (run[0] / "drawn" / "12").exists()


@pytest.mark.parametrize(
    "way, seed", [(scripts.here, 8), pytest.param(scripts.alone, 9, marks=pytest.mark.thorough)]
)
def test_the_script_draws_from_a_run(way, seed, run):
    """Also in a process that has created no model, so that no class is registered."""
    code, output, errors = way(image_synthesis, f"--out={run[0]}", "--sample=2", f"--seed={seed}")
    assert code == 0, errors
    assert "2 images, and samples.npz: " in output
    assert Image.open(run[0] / f"samples-{seed}.png").size[1] == 24 + 50 + 2
    assert (run[0] / "drawn" / str(seed) / "00001.png").exists()


def test_another_evaluator_is_compared_with_real_images(run, data_dir, monkeypatch, capsys):
    class Halves(metrics.Evaluator):
        name = "halves"

        def __init__(self):
            pass

        def features(self, images):
            return images.reshape(len(images), -1)[:, ::2]

        def head(self, features):
            return features[:, :3]

    monkeypatch.setattr(metrics, "evaluator", lambda name: Halves())
    out, _ = run
    figures = image_synthesis.use_finished_run(
        out, evaluate=True, features="inception", data_dir=data_dir
    )
    assert list(figures["references"]) == ["other_half"] and "verdicts" not in figures
    assert figures["references"]["other_half"]["frechet"] < figures["scores"]["frechet"]
    assert "compared with no baseline; real images have" in capsys.readouterr().out


def test_an_evaluator_that_is_not_available_is_refused_before_the_training(tmp_path, data_dir):
    def none(name):
        raise ValueError("no weights")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(ValueError, match="no weights"):
        patch.setattr(metrics, "evaluator", none)
        synthesize(SETTINGS, 3, tmp_path / "run", tmp_path, data_dir=data_dir, features="inception")
    assert not (tmp_path / "run").exists()


def test_a_training_that_diverges_exports_nothing(mode, tmp_path, data_dir, monkeypatch):
    monkeypatch.setattr(zoo.GAN, "generate", lambda self, n, **how: np.full((n, 8, 8, 1), np.nan))
    out = tmp_path / "run"
    with pytest.raises(FloatingPointError, match="the training has diverged"):
        synthesize(SETTINGS, 3, out, out / "exports", data_dir=data_dir)
    assert {path.name for path in out.iterdir()}.isdisjoint({"metrics.json", "model.keras"})
    assert not (out / "exports").exists()


def test_a_folder_of_copies_has_no_memorisation_ratio(mode, tmp_path, capsys):
    (tmp_path / "same").mkdir()
    for i in range(20):
        Image.new("L", (8, 8), 100).save(tmp_path / "same" / f"{i}.png")
    settings = SETTINGS | {"dataset": str(tmp_path / "same"), "batch_size": 8}
    figures = synthesize(settings, 2, tmp_path / "run", tmp_path / "exports", data_dir=tmp_path)
    assert figures["memorisation"]["ratio"] is None
    assert "most held-out images are copies of training images" in capsys.readouterr().out


def test_what_is_no_finished_run_is_not_revisited(tmp_path, run, data_dir):
    with pytest.raises(ValueError, match="^--out: should be that of a run. Received: "):
        image_synthesis.use_finished_run(tmp_path / "none", sample=1)
    (tmp_path / "settings.json").write_text(json.dumps(SETTINGS))
    with pytest.raises(ValueError, match=r"not finished\. Continue it with --resume"):
        image_synthesis.use_finished_run(tmp_path, sample=1)
    with pytest.raises(ValueError, match=r"other settings\. It has --model=cgan\.$"):
        image_synthesis.use_finished_run(run[0], {"model": "dcgan", "seed": 6}, sample=1)
    for path in run[0].glob("*.*"):
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.keras").write_bytes(b"altered")
    with pytest.raises(ValueError, match="is not the file that the run saved"):
        image_synthesis.use_finished_run(tmp_path, sample=1)


def test_anyones_photographs_are_trained_on(mode, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "my pets" / name).mkdir(parents=True)
        for i in range(20):
            size = rng.integers(20, 60, 2)
            pixels = rng.integers(0, 255, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "my pets" / name / f"{i}.jpg")
    (tmp_path / "my pets" / "cat" / "bad.jpg").write_bytes(b"bad")
    settings = SETTINGS | {
        "model": "cgan",
        "dataset": str(tmp_path / "my pets"),
        "image_size": 8,
        "batch_size": 8,
    }
    with pytest.warns(UserWarning, match=r"1 of 41 files .* are skipped: cat/bad\.jpg"):
        figures = synthesize(settings, 3, tmp_path / "run", tmp_path / "exports", data_dir=tmp_path)
    assert "scores" not in figures and figures["memorisation"]["ratio"] > 0
    assert (tmp_path / "exports" / "cgan_my pets" / "1").is_dir()
