"""Every snippet of the pages for users runs as it stands there, in a copy of the tree.

A page is read from the top: its Python is one program, its commands run one after another in one
shell of a reader, who has the files of `reader_files`. What is different from a reader's:

- a training that a command begins takes 4 steps, or a thousandth of the --steps that stand there
  (`PYTHON`), and `fit` in Python one epoch (`PROGRAM`);
- commands of `benchmarks` measure for minutes to hours: their flags are parsed here, and they have
  tests of their own;
- commands of `NOT_RUN` are not run, for the reason that stands there.
"""

import ast
import importlib
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver

from tests import reader_files, snippets
from tests.sources import ROOT, modules

WORKERS = "python -m applications.image_synthesis --workers=10.0.0.1:4000,10.0.0.2:4000 --worker="
NOT_RUN = {  # the beginning of a command -> why
    "make test": "these tests",
    f"{WORKERS}0": "two machines; tests/trainers/workers_test.py has two workers on one",
    f"{WORKERS}1": "two machines",
    "docker run": "an image from the network",
    "curl": "needs the server; what is sent is checked below",
}
TRAINERS = ("image_synthesis", "semi_supervised_classification", "shape_synthesis")
TRAINERS += ("style_transfer", "super_resolution")
# The `python` of the reader: a program that shortens trainings and runs Python.
PYTHON = f"""#!{sys.executable}
import os, re, sys
line = sys.argv[1:]
uses = ("preset", "run", "images", "evaluate", "sample", "interpolate", "grid")
trains = line[:1] == ["-m"] and line[1].removeprefix("applications.") in {TRAINERS!r}
if trains and not any(re.match(f"--({{'|'.join(uses)}})=", f"{{flag}}=") for flag in line):
    steps = [int(flag.split("=")[1]) for flag in line if flag.startswith("--steps=")]
    line.append(f"--steps={{max(1, steps[0] // 1000) if steps else 4}}")
    line += ["--srgan_steps=2"] * ("super_resolution" in line[1])
os.execv({sys.executable!r}, [{sys.executable!r}, *line])
"""
PROGRAM = """
import sys
from trainers.adversarial import AdversarialModel
fit = AdversarialModel.fit
AdversarialModel.fit = lambda *args, **kwargs: fit(*args, **{**kwargs, "epochs": 1})
exec(compile(sys.stdin.read(), "page", "exec"), {"__name__": "__main__"})
"""
TEXTS = {page: path.read_text() for page, path in snippets.PAGES.items()}
COMMANDS = {page: snippets.commands(text) for page, text in TEXTS.items()}
OURS = [(page, c) for page, found in COMMANDS.items() for c in found if c.startswith("python -m ")]
SCRIPTS = [m for m in modules(ROOT) if m.startswith(("applications.", "benchmarks."))]
SCRIPTS = [m for m in SCRIPTS if m.count(".") == 1]


def why_not(command):
    """Why a command is not run; None where it is."""
    if command.startswith("python -m benchmarks."):
        return "measures for minutes to hours"
    return next((why for begin, why in NOT_RUN.items() if command.startswith(begin)), None)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return reader_files.write_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def reader(home, tmp_path):
    """A function that runs a command as the reader does, in a copy of the tree with his files."""
    tree, programs = tmp_path / "tree", tmp_path / "bin"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    reader_files.write_images(tree)
    for python in (programs / "python", tree / ".venv/bin/python"):  # as `make` leaves it
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON)
        python.chmod(0o755)
    (tree / ".venv/installed").touch()
    path = (
        f"{programs}{os.pathsep}{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    )
    known = {"HOME": str(home), "PATH": path, "PYTHONPATH": str(tree), "TF_CPP_MIN_LOG_LEVEL": "3"}

    def run(command, **options):
        environment = {k: v for k, v in os.environ.items() if k != "TFDS_DATA_DIR"} | known
        options = {"capture_output": True, "text": True, "timeout": 900} | options
        ended = subprocess.run(command, cwd=tree, env=environment, **options)
        assert ended.returncode == 0, f"{command}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
        return ended.stdout

    return run


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in TEXTS if snippets.program(page)])
def test_the_python_of_a_page_runs(page, reader):
    reader(["python", "-c", PROGRAM], input=snippets.program(page))


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [p for p, found in COMMANDS.items() if not all(map(why_not, found))]
)
def test_the_commands_of_a_page_run(page, reader):
    for command in COMMANDS[page]:
        if not why_not(command):
            reader(["bash", "-c", command])


def test_each_block_is_python_commands_or_text():
    for page, text in TEXTS.items():
        found = snippets.blocks(text)
        assert text.count("\n```") == 2 * len(found), f"{page} has a block without an end"
        assert {block.language for block in found} <= {"", "python", "text"}, page
        for block in found:
            assert "python -m" not in block.text or block.language == "", page
        ast.parse(snippets.program(page))


def test_what_is_not_run_stands_in_a_page():
    found = [command for commands in COMMANDS.values() for command in commands]
    assert len(found) > 40
    for begin in NOT_RUN:
        assert any(command.startswith(begin) for command in found), begin


@pytest.mark.parametrize(("page", "command"), OURS)
def test_a_command_has_a_module_and_flags_that_there_are(page, command):
    name, *given = shlex.split(command)[2:]
    script = importlib.import_module(name)
    with flagsaver.flagsaver():
        script.define_flags()
        assert flags.FLAGS([name, *given]) == [name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_docstring_of_a_script_names_flags_that_there_are(name):
    script = importlib.import_module(name)
    with flagsaver.flagsaver():
        if hasattr(script, "define_flags"):
            script.define_flags()
        for flag in re.findall(r"(?<![\w-])--(\w+)", inspect.getdoc(script)):
            assert flag in flags.FLAGS, flag


def test_the_request_that_is_shown_fits_the_signature(tmp_path):
    (command,) = (c for c in COMMANDS["saved_models/README.md"] if c.startswith("python -c"))
    (start,) = (c for c in COMMANDS["saved_models/README.md"] if c.startswith("docker run"))
    (tmp_path / "python").symlink_to(sys.executable)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=os.environ | {"PATH": path}, check=True
    )
    request = json.loads((tmp_path / "request.json").read_text())
    served = ROOT / re.search(r"\$PWD/([\w/]+):/models/gan", start)[1] / "1"
    signature = tf.saved_model.load(served).signatures[request["signature_name"]]
    outputs = signature(**{name: tf.constant(v) for name, v in request["inputs"].items()})
    (images,) = outputs.values()
    assert images.shape == (4, 8, 8, 1)
    assert f"shape {tuple(images.shape)}" in TEXTS["saved_models/README.md"]
    assert abs(images.numpy()).max() <= 1.0
