"""Each flag is refused in one line, with exit code 2 and without a traceback."""

import subprocess
import sys

import pytest
import tensorflow as tf
from absl import app
from absl.testing import flagsaver

from trainers import command_line

SCRIPT = """
import warnings
from absl import flags
from trainers import command_line
def define():
    command_line.define_training_flags(model="gan", dataset="digits", steps=10, batch_size=64)
    flags.DEFINE_float("rate", 0.5, "A rate.", 0.0, 1.0)
def main():
    with command_line.flag_errors("model"):
        if command_line.FLAGS.model == "bad":
            raise ValueError("`name` should be\\nanother.")
    if command_line.FLAGS.out == "full":
        raise OSError(28, "No space left on device", "run/model.keras")
    if command_line.FLAGS.out == "diverged":
        raise FloatingPointError("The training has diverged by step 12.")
    if command_line.FLAGS.model == "warn":
        warnings.warn("Take care.", stacklevel=1)
        warnings.warn("Take care.", stacklevel=2)
    if command_line.FLAGS.out == "memory":
        raise MemoryError("Unable to allocate 730. GiB")
    if command_line.FLAGS.out == "bug":
        raise KeyError("gan")
    if command_line.FLAGS.model in ("stop", "key"):
        raise KeyboardInterrupt("Stopped: step 3" if command_line.FLAGS.model == "stop" else "")
    print("done", command_line.FLAGS.steps)
command_line.run_script(define, main)
"""

OF_PIPELINE = """Error in user-defined function passed to MapDataset:1: OSError: it began with this
Traceback (most recent call last):
  File "image_cache.py", line 2, in f

OSError: cache/pixels is shorter than it was

\t [[{{node PyFunc}}]] [Op:IteratorGetNext] name:
"""


def run(*flags):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *flags], capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(
    ("code", "flag", "message"),
    [
        (2, "--steps=0", "flag --steps=0: 0 is not a positive integer"),
        (2, "--steps=many", "flag --steps=many: invalid literal"),
        (2, "--batch_size=-1", "flag --batch_size=-1"),
        (2, "--seed=-1", "flag --seed=-1"),
        (2, f"--seed={2**32}", "flag --seed=4294967296"),
        (2, "--rate=nan", "flag --rate=nan: should be a finite number"),
        (2, "--out=", "flag --out=: should have a value"),
        (2, "--device=cuda", "value should be one of <auto|cpu|gpu|tpu>"),
        (2, "--precision=int8", "value should be one of <float32|mixed_bfloat16|mixed_float16>"),
        (2, "--resume=perhaps", "flag --resume=perhaps"),
        (2, "--modle=gan", "Unknown command line flag 'modle'. Did you mean: model ?"),
        (2, "digits", "Every argument should be a flag, --name=value. Received: digits"),
        (2, "--model=bad", "--model: `name` should be another."),
        (1, "--out=full", "No space left on device: 'run/model.keras'"),
        (1, "--out=diverged", "The training has diverged by step 12"),
        (1, "--out=memory", "fewer images. Unable to allocate 730. GiB"),
    ],
)
def test_a_wrong_flag_and_a_failure_end_with_one_line_and_different_codes(code, flag, message):
    result = run(flag)
    assert result.returncode == code
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not result.stdout


def test_an_error_of_the_program_itself_has_a_traceback():
    result = run("--out=bug")
    assert result.returncode == 1
    assert "Traceback" in result.stderr and "KeyError: 'gan'" in result.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (tf.errors.UnknownError(None, None, OF_PIPELINE), "cache/pixels is shorter than it was"),
        (tf.errors.DataLossError(None, None, "corrupted record at 0"), "corrupted record at 0"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"), "not enough memory"),
    ],
)
def test_errors_of_tensorflow_that_are_none_of_the_program_are_one_line(
    error, message, capsys, monkeypatch
):
    def main():
        raise error

    monkeypatch.setattr(sys, "argv", ["script"])
    app.define_help_flags()
    with pytest.raises(SystemExit) as ended, flagsaver.flagsaver():
        command_line.run_script(lambda: None, main)
    assert ended.value.code == 1
    line = capsys.readouterr().err
    assert message in line and len(line.splitlines()) == 1


def test_the_flag_of_an_argument_of_another_name_is_named():
    found = pytest.raises(ValueError, match="^--run: should be that of a run$")
    with found, command_line.flag_errors("images", folder="run"):
        raise ValueError("`folder` should be that of a run")


def test_ctrl_c_is_answered_in_one_line():
    for flag, message in (
        ("--model=stop", "Stopped: step 3"),
        ("--model=key", "-c: Stopped."),
    ):
        result = run(flag)
        assert result.returncode == 130
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_warning_is_printed_once():
    assert run("--model=warn").stderr == "Take care.\n"


def test_what_is_right_runs():
    result = run("--steps=7")
    assert (result.returncode, result.stdout) == (0, "done 7\n")


def test_neither_help_nor_a_wrong_flag_loads_tensorflow():
    code = "import sys, trainers.command_line; print('tensorflow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "False\n"
