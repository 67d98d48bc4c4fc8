"""A command that is refused leaves the disk as it was, in every application."""

import importlib
import json

import numpy as np
import pytest

import zoo
from applications.shared import image_files
from tests.applications import scripts

REFUSED = [  # application, flags, a part of the message; DIR is the folder of all files
    ("image_synthesis", ["--dataset=ring"], "--dataset"),
    ("image_synthesis", ["--model=cgan", "--dataset=photos"], "no labels"),
    ("image_synthesis", ["--export_dir=DIR/a.png/exports"], "export_dir"),
    ("image_synthesis", ["--batch_size=5000"], "--batch_size"),
    ("semantic_editing", ["--preset=halves"], "--images"),
    ("semantic_editing", ["--preset=halves", "--images=DIR/empty"], "--images"),
    ("semantic_editing", ["--preset=halves", "--images=DIR/a.png", "--edit=morph"], "2 images"),
    ("semantic_editing", ["--preset=halves", "--edit=discover", "--method=code"], "--method"),
    ("semantic_editing", ["--preset=voxels", "--edit=discover"], "--preset"),
    ("semi_supervised_classification", ["--preset=halves", "--dataset=ring"], "--dataset"),
    ("semi_supervised_classification", ["--preset=halves", "--dataset=photos"], "--dataset"),
    ("semi_supervised_classification", ["--model=gan"], "--model"),
    ("semi_supervised_classification", ["--labels_per_class=1000"], "--labels_per_class"),
    ("shape_synthesis", ["--preset=halves"], "--preset"),
    ("shape_synthesis", ["--preset=voxels", "--images=DIR/a.png"], "--images"),
    ("shape_synthesis", ["--dataset=digits"], "--dataset"),
    ("style_transfer", ["--preset=halves", "--images=DIR/a.png"], "--preset"),
    ("style_transfer", ["--preset=halves", "--size=8x8"], "--size"),
    ("style_transfer", ["--model=mgan"], "--style"),
    ("style_transfer", ["--model=pix2pix", "--source=DIR/empty", "--target=DIR/empty"], "source"),
    ("super_resolution", ["--preset=halves", "--images=DIR/a.png"], "should enlarge"),
    ("super_resolution", ["--preset=halves", "--evaluate", "--dataset=DIR/empty"], "enlarge"),
    ("super_resolution", ["--dataset=DIR/empty"], "--dataset"),
    ("super_resolution", ["--factor=2", "--tile=8"], "--tile"),
]


@pytest.fixture(scope="module")
def models():
    return {
        "halves": zoo.create("gan", image_shape=(8, 8, 1), width=8),
        "voxels": zoo.GAN3D((8, 8, 8, 1), latent_dim=6, width=4),
    }


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize(("name", "flags", "message"), REFUSED)
def test_a_refused_command_leaves_nothing(name, flags, message, presets, data_dir, tmp_path):
    (tmp_path / "empty").mkdir()
    image_files.save_image(np.zeros((8, 8, 1)), tmp_path / "a.png")
    before = sorted(tmp_path.rglob("*"))
    script = importlib.import_module(f"applications.{name}")
    flags = [flag.replace("DIR", str(tmp_path)) for flag in flags]
    out = tmp_path / "out/run"
    known = {"GAN_ZOO_PRESETS": str(presets), "TFDS_DATA_DIR": str(data_dir)}
    code, _, errors = scripts.here(script, f"--out={out}", *flags, **known)
    assert code == 2, errors
    assert message in errors.splitlines()[-1]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_refused_second_stage_leaves_no_first(presets, tmp_path):
    from applications import super_resolution

    out = tmp_path / "run"
    (out / "srgan").mkdir(parents=True)
    (out / "srgan/settings.json").write_text(json.dumps({"seed": 0}))
    code, _, errors = scripts.here(super_resolution, f"--out={out}", "--scale=small")
    assert code == 2 and "which holds a run" in errors
    assert [path.name for path in out.iterdir()] == ["srgan"]
