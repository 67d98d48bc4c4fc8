"""Files of a finished run that were damaged: one line that names the file, and no traceback."""

import json
import shutil

import keras
import pytest
import tensorflow as tf

import zoo  # noqa: F401 (the class that is loaded)
from applications import image_synthesis
from tests.applications import scripts
from tests.damages import DAMAGES

TRAINING = ("--model=gan", "--steps=2", "--batch_size=32", "--features=none")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def finished(mode, tmp_path_factory, data_dir):
    out = tmp_path_factory.mktemp("runs") / "gan"
    flags = (*TRAINING, f"--out={out}", f"--data_dir={data_dir}")
    assert scripts.here(image_synthesis, *flags)[0] == 0
    return out


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def error_of(*flags):
    """The line with which the script ends."""
    code, output, errors = scripts.here(image_synthesis, *flags)
    assert (code, output) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith("image_synthesis: ")
    return line


def some(kinds, quick):
    """Each kind of damage, those of `quick` in the quick tests."""
    thorough = pytest.mark.thorough
    return [pytest.param(kind, marks=() if kind in quick else thorough) for kind in kinds]


@pytest.mark.parametrize("how", some([*DAMAGES, "other entries"], quick=["cut", "a list"]))
@pytest.mark.parametrize("name", ["settings.json", "metrics.json", "model.keras"])
def test_a_damaged_file_is_named_whoever_reads_it(name, how, run):
    damage = DAMAGES.get(how, lambda data: b'{"steps": "many"}')
    (run / name).write_bytes(damage((run / name).read_bytes()))
    assert name in error_of(f"--out={run}", "--sample=2")
    if (name, how) != ("settings.json", "other entries"):  # there they name the flags
        assert name in error_of(*TRAINING, "--resume", f"--out={run}")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"place": None, "data_position": None}, "its data_position is None"),
        ({"data_position": [1]}, "its data_position is [1]"),
        ({"data_position": ["a", 1]}, "its data_position is ['a', 1]"),
        ({"steps": "2"}, "its steps are 2"),
        ({"model_sha256": 5}, "is not the file that the run saved"),
    ],
)
def test_figures_that_were_edited_are_refused(damage, message, run):
    figures = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(figures | damage))
    for flags in (["--sample=2"], [*TRAINING, "--resume", "--steps=4"]):
        assert message in error_of(*flags, f"--out={run}")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: text.rindex(",")],
        lambda text: text.replace("seconds", "minutes"),
        lambda text: text.replace("0.", "0.x"),
        lambda text: "",
        lambda text: text + "1,2,3,4,5,6,7,8,9\n",
        lambda text: f'{text}"',
    ],
)
def test_damaged_losses_are_refused_before_the_training_goes_on(damage, run):
    path = run / "losses.csv"
    path.write_text(damage(path.read_text()))
    line = error_of(*TRAINING, "--resume", "--steps=4", f"--out={run}")
    assert "losses.csv should be a CSV" in line and "Put the file back, or delete it" in line


def test_a_model_of_another_version_is_named(run, monkeypatch):
    def load_model(path):
        raise TypeError("GAN.__init__() got an unexpected keyword argument 'taste'")

    monkeypatch.setattr(keras.saving, "load_model", load_model)
    line = error_of("--sample=2", f"--out={run}")
    assert "model.keras should be a model of this version of the zoo" in line and "taste" in line


def test_a_full_disk_at_the_export_is_one_line_and_the_training_is_kept(
    mode, tmp_path, data_dir, monkeypatch
):
    def save(resource, folder, **options):
        raise tf.errors.ResourceExhaustedError(None, None, f"{folder}; No space left on device")

    flags = (*TRAINING, f"--out={tmp_path}", f"--data_dir={data_dir}")
    with monkeypatch.context() as patch:
        patch.setattr(tf.saved_model, "save", save)
        code, _, errors = scripts.here(image_synthesis, *flags)
    assert code == 1
    path = tmp_path / "saved_models" / "gan_digits" / "1"
    message = f"image_synthesis: [Errno 28] No space left on device: '{path}'"
    assert errors.splitlines()[-1] == message
    code, output, _ = scripts.here(image_synthesis, *flags, "--resume")
    assert code == 0 and "going on at step 2" in output and (path / "saved_model.pb").exists()


def test_settings_without_an_entry_are_named(run):
    settings = json.loads((run / "settings.json").read_text())
    (run / "settings.json").write_text(json.dumps({"seed": settings["seed"]}))
    assert "settings.json should have model, " in error_of("--sample=2", f"--out={run}")


def test_a_home_that_there_is_not_is_no_folder():
    line = error_of("--out=~nobody-has-this-name/x")
    assert "--out: should not begin with the ~ of no user" in line
    line = error_of("--dataset=~nobody-has-this-name/x")
    assert "is a path where there is nothing" in line
