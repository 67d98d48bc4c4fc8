"""Each flag is refused in one line, with exit code 2 and without a traceback."""

import subprocess
import sys

import pytest

SCRIPT = """
import warnings
from trainers import command_line
def define():
    command_line.define_training_flags(model="gan", dataset="digits", steps=10, batch_size=64)
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
    if command_line.FLAGS.model in ("stop", "key"):
        raise KeyboardInterrupt("Stopped: step 3" if command_line.FLAGS.model == "stop" else "")
    print("done", command_line.FLAGS.steps)
command_line.run_script(define, main)
"""


def run(*flags):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *flags], capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--steps=0", "flag --steps=0: 0 is not a positive integer"),
        ("--steps=many", "flag --steps=many: invalid literal"),
        ("--batch_size=-1", "flag --batch_size=-1"),
        ("--seed=-1", "flag --seed=-1"),
        ("--device=cuda", "value should be one of <auto|cpu|gpu|tpu>"),
        ("--precision=int8", "value should be one of <float32|mixed_bfloat16|mixed_float16>"),
        ("--resume=perhaps", "flag --resume=perhaps"),
        ("--modle=gan", "Unknown command line flag 'modle'. Did you mean: model ?"),
        ("digits", "Every argument should be a flag, --name=value. Received: digits"),
        ("--model=bad", "--model: `name` should be another."),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(flag, message):
    result = run(flag)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not result.stdout


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--out=full", "No space left on device: 'run/model.keras'"),
        ("--out=diverged", "The training has diverged by step 12"),
    ],
)
def test_what_fails_in_the_work_ends_with_another_code(flag, message):
    result = run(flag)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


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
