"""The wheel as it is built here: what is in it, and that it works alone in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.sources import ROOT

pytestmark = pytest.mark.thorough  # builds, installs and starts TensorFlow

SHIPPED = ("zoo", "trainers", "applications")
KEPT_BACK = ("tests", "benchmarks", "docs", "saved_models")


def run(*command, **options):
    options = {"check": True, "capture_output": True, "text": True, "timeout": 900} | options
    return subprocess.run([sys.executable, *map(str, command)], **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built of a copy, since building leaves folders behind."""
    tree = tmp_path_factory.mktemp("wheel") / "tree"
    ignore = shutil.ignore_patterns("__pycache__")
    for name in (*SHIPPED, *KEPT_BACK):
        shutil.copytree(ROOT / name, tree / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", tree / "dist", tree)
    (path,) = (tree / "dist").iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel):
    """A folder that holds the wheel alone; what it needs comes from this environment."""
    site = wheel.parent / "site"
    run("-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", site, wheel)
    return site


def alone(installed, folder, *command, **options):
    """Runs Python in a folder where the tree is not to be found."""
    environment = os.environ | {"PYTHONPATH": str(installed), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return run(*command, cwd=folder, env=environment, **options).stdout


def test_the_wheel_holds_all_that_ships_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        inside = {name for name in names if ".dist-info/" not in name}
        tree = {
            path.relative_to(ROOT).as_posix(): path.read_bytes()
            for name in SHIPPED
            for path in (ROOT / name).rglob("*")
            if path.suffix in (".py", ".npz")
        }
        assert inside == set(tree)
        assert all(archive.read(name) == tree[name] for name in inside)
        (metadata,) = (archive.read(n).decode() for n in names if n.endswith("/METADATA"))
    wanted = re.findall(r"^Requires-Dist: ([\w-]+)(?!.*extra)", metadata, flags=re.MULTILINE)
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert sorted(name.replace("_", "-").lower() for name in wanted) == sorted(
        name.replace("_", "-").lower() for name in pinned
    )
    assert wheel.stat().st_size < 1_000_000


def test_a_model_is_made_and_trained_where_the_tree_is_not(installed, tmp_path):
    code = (
        "import pathlib, sys, tensorflow\n"
        "known = set(sys.modules)\n"
        "import zoo\n"
        "slow = {'sklearn', 'skimage', 'matplotlib', 'tensorflow_datasets', 'tensorboard'}\n"
        "assert not slow & (set(sys.modules) - known)\n"  # the import takes no time of its own
        "assert pathlib.Path(zoo.__file__).is_relative_to(sys.argv[1]), zoo.__file__\n"
        "from trainers import datasets\n"
        "model = zoo.create('gan', image_shape=(2,))\n"
        "model.fit(datasets.load('ring', 'test', batch_size=500), epochs=1, verbose=0)\n"
        "print(*model.generate(3).shape)\n"
    )
    assert alone(installed, tmp_path, "-c", code, installed).splitlines()[-1] == "3 2"


def test_scripts_answer_where_the_tree_is_not(installed, tmp_path):
    helped = alone(installed, tmp_path, "-m", "applications.image_synthesis", "--help", check=False)
    assert "--export_dir" in helped
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_script_trains_where_the_tree_is_not(installed, tmp_path):
    command = ["-m", "applications.image_synthesis", "--steps=3", "--data_dir=data", "--out=run"]
    assert "model.keras: run" in alone(installed, tmp_path, *command)
    assert (tmp_path / "run" / "samples.png").exists()
