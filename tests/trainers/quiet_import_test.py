"""What TensorFlow's libraries print while it is imported is hidden; what Python raises is not."""

import subprocess
import sys

import pytest

FAKE = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog()")
"""
SCRIPT = """
import os, sys
from trainers import quiet_import
quiet_import.quiet_tensorflow()
sys.path.insert(0, {folder!r})
import tensorflow
print(os.environ["TF_CPP_MIN_LOG_LEVEL"], tensorflow.__file__)
os.write(2, b"after")
"""


def run(folder, source):
    (folder / "tensorflow.py").write_text(source)
    script = SCRIPT.format(folder=str(folder))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def test_lines_of_the_import_are_hidden_and_later_ones_are_not(tmp_path):
    found = run(tmp_path, FAKE)
    assert found.stdout == f"3 {tmp_path / 'tensorflow.py'}\n"
    assert found.stderr == "after"


@pytest.mark.parametrize("source", ["1 / 0", "import nothing_of_that_name"])
def test_an_import_that_fails_says_why(source, tmp_path):
    found = run(tmp_path, source)
    assert found.returncode == 1
    assert "Error: " in found.stderr.splitlines()[-1]
