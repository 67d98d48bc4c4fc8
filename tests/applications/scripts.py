"""Runs a script as its user does, in this process or in one of its own."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
from unittest import mock

import pytest
from absl import app
from absl.testing import flagsaver

from tests.sources import ROOT
from trainers import command_line

# Runs a module where whoever imports TensorFlow fails.
WITHOUT = """
import runpy, sys
for name in ("tensorflow", "keras", "tensorflow_datasets"):
    sys.modules[name] = None
name, sys.argv = sys.argv[1], sys.argv[1:]
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


def here(script, *flags, **environment):
    """(exit code, standard output, standard error) of the script, which is a module."""
    output, errors = io.StringIO(), io.StringIO()
    app.define_help_flags()
    with contextlib.ExitStack() as stack:
        stack.enter_context(flagsaver.flagsaver())  # and what the script defines is gone after it
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(mock.patch.object(warnings, "formatwarning"))
        stack.enter_context(mock.patch.object(sys, "argv", [script.__file__, *flags]))
        stack.enter_context(mock.patch.dict(os.environ, environment))
        stack.enter_context(contextlib.redirect_stdout(output))
        stack.enter_context(contextlib.redirect_stderr(errors))
        with pytest.raises(SystemExit) as ended:
            command_line.run_script(script.define_flags, script.main)
    return ended.value.code or 0, output.getvalue(), errors.getvalue()


def alone(script, *flags, without_tensorflow=False, **environment):
    """The same, of a process that has imported nothing yet."""
    started = ["-c", WITHOUT] if without_tensorflow else ["-m"]
    found = subprocess.run(
        [sys.executable, *started, script.__name__, *flags],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=600,
    )
    return found.returncode, found.stdout, found.stderr


def call(script, run, presets, out, *flags, **how):
    """(exit code, standard output, error lines of the script or on bad.png), with --out=`out`.

    Args:
        script: a module.
        run: `here` or `alone`.
        presets: the folder of presets.
        out: folder of the results.
        flags, how: as of `run`.
    """
    code, output, errors = run(script, f"--out={out}", *flags, GAN_ZOO_PRESETS=str(presets), **how)
    names = script.__name__.rpartition(".")[2], "bad.png"
    return code, output, [e for e in errors.splitlines() if any(name in e for name in names)]


ways = pytest.mark.parametrize("run", [here, pytest.param(alone, marks=pytest.mark.thorough)])
