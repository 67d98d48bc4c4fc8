"""Two folders of images, scored against each other."""

import json

import numpy as np
import pytest
from PIL import Image

from applications import image_scores as script
from tests.applications import scripts
from trainers import metrics
from trainers.tasks import image_scores as task


@pytest.fixture
def folders(tmp_path):
    """40 images of noise of 4x4 pixels, the same 40, and 40 black ones."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 4, 4), "uint8")
    for name, images in {"real": noise, "same": noise, "black": 0 * noise}.items():
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{i:02d}.png")
    return tmp_path


def scored(folders, fake):
    flags = [f"--real={folders / 'real'}", f"--fake={folders / fake}", "--image_size=4"]
    flags += [f"--data_dir={folders / 'data'}"]
    code, printed, errors = scripts.here(script, *flags, f"--out={folders / 'scores.json'}")
    assert code == 0, errors
    return json.loads((folders / "scores.json").read_text()), printed


def test_equal_folders_are_at_distance_0_and_cover_each_other(folders):
    found, printed = scored(folders, "same")
    assert found["frechet"] == pytest.approx(0.0, abs=1e-6)
    assert found["precision"] == found["recall"] == found["coverage"] == 1.0
    assert "40 real and 40 generated" in printed
    assert "two halves of the real images have" in printed


def test_images_that_are_all_alike_cover_little(folders):
    found, _ = scored(folders, "black")
    assert found["frechet"] > 1.0 and found["recall"] == 0.0 and found["coverage"] < 0.5


def test_pixels_are_those_of_the_metrics_from_0_to_1():
    real, fake = np.random.default_rng(1).uniform(-1.0, 1.0, (2, 60, 4, 4, 1))
    expected = metrics.pixel_score(real, fake)
    found = task.scores(real, fake)
    for name in script.FIGURES:
        assert found[name] == pytest.approx(expected[name], rel=1e-6)


def test_a_file_that_is_there_is_replaced_only_on_demand_and_a_folder_never(folders):
    kept = folders / "kept.json"
    kept.write_text("precious")
    flags = [f"--real={folders / 'real'}", f"--fake={folders / 'same'}", "--image_size=4"]
    flags += [f"--data_dir={folders / 'data'}"]
    code, _, errors = scripts.here(script, *flags, f"--out={kept}")
    assert code == 2 and "--out: " in errors and "Replace it with --overwrite" in errors
    assert kept.read_text() == "precious"
    assert scripts.here(script, *flags, f"--out={kept}", "--overwrite")[0] == 0
    assert json.loads(kept.read_text())["coverage"] == 1.0
    code, _, errors = scripts.here(script, *flags, f"--out={folders}", "--overwrite")
    assert code == 2 and "--out: should be a file. Received: the folder" in errors


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--real=nowhere/", "--fake=digits"], "--real: "),
        (["--real=digits", "--fake=ring", "--image_size=8"], "--fake: "),
        (["--real=digits", "--fake=glyphs", "--features=none"], "features"),
        (["--real=digits"], "fake"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(flags, message, tmp_path):
    code, _, errors = scripts.here(script, *flags, f"--data_dir={tmp_path}")
    assert code == 2 and message in errors.splitlines()[-1]


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="`fake` should hold more than 5 images"):
        task.scores(np.zeros((9, 4, 4, 1)), np.zeros((5, 4, 4, 1)))
