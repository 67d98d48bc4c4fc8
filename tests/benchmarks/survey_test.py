"""A job of rows that only count: a copy of the script among systems and an engine of a few lines,
so that no process loads TensorFlow."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import document, survey
from benchmarks.shared import acceptance, code_hash, progress, rows, tables
from benchmarks.systems import r3gan
from trainers import command_line, files

ROW = '''"""{name} counts."""
import os
import time
from pathlib import Path

from benchmarks.shared import acceptance

with Path("ran").open("a") as ran:
    ran.write("{name}\\n")

def run(seed):
    {body}
    figure = acceptance.gate(seed + 1.0, reference=0.0, A=1.0, B=2.0)
    return "paper", {{"count": figure}}, {{}}, 10
'''
ENGINE = """
def versions():
    return {"python": "3"}

def machine():
    return "a machine"
"""


@pytest.fixture
def tree(tmp_path):
    """The script in a folder of its own, with two rows that are measured at once."""
    for module in (survey, rows, progress, code_hash, acceptance, command_line, files):
        name = Path(*module.__name__.split(".")).with_suffix(".py")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module.__file__, tmp_path / name)
    (tmp_path / "benchmarks/systems").mkdir()
    for package in ("benchmarks", "benchmarks/shared", "benchmarks/systems", "trainers"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "trainers/runs.py").write_text(ENGINE)
    for name in ("abel", "cain"):
        add(tmp_path, name)
    return tmp_path


def add(tree, name, body="pass"):
    (tree / f"benchmarks/systems/{name}.py").write_text(ROW.format(name=name, body=body))


def start(tree, *flags):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "benchmarks.survey", "--out=out", *flags]

    def interruptible():  # a shell has its background jobs ignore SIGINT, and they pass it on
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(command, cwd=tree, preexec_fn=interruptible, **pipes)


def run(tree, *flags):
    """(exit code, lines of stdout, lines of stderr)."""
    process = start(tree, *flags)
    output, error = process.communicate(timeout=600)
    return process.returncode, output.splitlines(), error.splitlines()


def ran(tree):
    """The rows that were begun, in order."""
    return (tree / "ran").read_text().split()


def test_a_job_measures_all_systems_with_one_seed_before_the_next(tree):
    code, output, error = run(tree, "--system=all", "--seeds=0,1")
    assert (code, error) == (0, [])
    assert ran(tree) == ["abel", "cain", "abel", "cain"]
    found = {path.name: json.loads(path.read_text()) for path in (tree / "out").iterdir()}
    assert sorted(found) == ["abel-0.json", "abel-1.json", "cain-0.json", "cain-1.json"]
    assert found["cain-1.json"]["figures"]["count"]["value"] == 2.0
    assert "cain, seed 0 (2 of 4): measured, since out/cain-0.json does not exist." in output
    assert sum(line.lstrip().startswith("count ") for line in output) == 4
    assert output[-1] == "4 measured, 0 skipped, 0 crashed."


def test_rows_that_take_hours_are_measured_by_name_or_with_full(tree):
    large = next(iter(rows.LARGE))
    add(tree, large)
    for flags in (["--system=all"], ["--system=all", "--full"], [f"--system={large}", "--force"]):
        assert run(tree, *flags, "--seeds=0")[0] == 0
    assert ran(tree) == ["abel", "cain", large, large]


def test_a_single_row_prints_its_json_last_and_is_always_measured_again(tree):
    for _ in range(2):
        code, output, error = run(tree, "--system=cain", "--seed=3")
        assert (code, error, len(output)) == (0, [], 2)
        row = json.loads(output[-1])
        assert row.keys() == rows.KEYS
        assert row == json.loads((tree / "out/cain-3.json").read_text())
    assert ran(tree) == ["cain", "cain"]


# The first time it beats, for a minute at most.
BEATS = """
    for _ in range(6000 if Path("ran").read_text().split().count("cain") < 2 else 0):
        Path("beat").touch()
        time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("by", "code", "message"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGTERM, -signal.SIGTERM, ""),
        (signal.SIGINT, 130, "survey: Stopped. The same command continues with this row.\n"),
    ],
)
def test_a_job_that_is_stopped_leaves_nothing_running_and_goes_on(tree, by, code, message):
    add(tree, "cain", BEATS)
    process = start(tree, "--system=all", "--seeds=0")
    until((tree / "beat").exists)
    (tree / "out/.1-cain-0.json").write_text('{"system"')  # as if it had been writing
    process.send_signal(by)
    assert process.communicate(timeout=600)[1] == message
    assert process.returncode == code
    until(lambda: time.time() - (tree / "beat").stat().st_mtime > 1.0)
    code, lines, _ = run(tree, "--system=all", "--seeds=0")
    assert code == 0
    assert ran(tree) == ["abel", "cain", "cain"]
    assert lines[0].startswith("abel, seed 0 (1 of 2): skipped, since out/abel-0.json was measured")
    assert sorted(path.name for path in (tree / "out").iterdir()) == ["abel-0.json", "cain-0.json"]


def until(condition):
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("It should have happened within 5 minutes.")


def test_a_row_is_measured_again_when_its_file_is_corrupt_or_its_code_has_changed(tree):
    out, job = tree / "out", ("--system=all", "--seeds=0")
    run(tree, *job)
    whole = (out / "abel-0.json").read_text()
    (out / "abel-0.json").write_text(whole[:-20])
    code, output, _ = run(tree, *job)
    assert code == 0
    assert output[0] == "abel, seed 0 (1 of 2): measured, since out/abel-0.json is corrupt."
    assert ran(tree) == ["abel", "cain", "abel"]
    assert json.loads((out / "abel-0.json").read_text()).keys() == rows.KEYS
    (tree / "zoo").mkdir()
    (tree / "zoo/cain.py").write_text("rate = 1")
    assert "out/cain-0.json was measured by other code" in run(tree, *job)[1][1]
    assert ran(tree) == ["abel", "cain", "abel", "cain"]
    assert run(tree, *job)[1][-1] == "0 measured, 2 skipped, 0 crashed."
    assert run(tree, *job, "--again")[1][-1] == "2 measured, 0 skipped, 0 crashed."


def test_a_file_from_before_the_hash_counts_as_done_and_is_reported(tree):
    run(tree, "--system=abel", "--seeds=0")
    path = tree / "out/abel-0.json"
    row = json.loads(path.read_text())
    del row["notes"]["source"]
    path.write_text(json.dumps(row))
    code, output, _ = run(tree, "--system=abel", "--seeds=0")
    assert code == 0
    assert output[0].endswith(
        f"since out/{path.name} exists, though without the hash of the code that measured it."
    )
    assert ran(tree) == ["abel"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise ValueError('not so')", "ValueError: not so"),
        ("os.kill(os.getpid(), 9)", "ended by signal 9 ("),
        ("os._exit(3)", "exit code 3"),
        (")", "SyntaxError: unmatched ')'"),
    ],
)
def test_a_row_that_crashes_is_reported_at_the_end_and_the_others_are_measured(tree, body, why):
    add(tree, "abel", body)
    code, output, error = run(tree, "--system=all", "--seeds=0")
    assert code == 1
    assert output[-1] == "1 measured, 0 skipped, 1 crashed."
    assert error[-1].startswith(f"abel, seed 0 crashed: {why}")
    assert [path.name for path in (tree / "out").iterdir()] == ["cain-0.json"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--seed=1", "--seeds=0,1"),
            "--seeds: should be given without --seed. Received: --seed=1",
        ),
        (("--preset",), "--preset: should be given with a row that saves models. Received: abel"),
        (("--preset", "--seeds=0"), "--preset: should be given with one --system and --seed"),
        (("--seeds=0,-1",), "--seeds: should be integers from 0 on, such as 0,1,2. Received: 0,-1"),
        (("--seeds=",), "flag --seeds=: should have a value"),
        (("--seed=-1",), "flag --seed=-1"),
        (
            ("--system=abel,enoch",),
            "--system: should be all, or of abel, cain. Received: ['enoch']",
        ),
        (("--system=",), "flag --system=: should have a value"),
        (("--out=benchmarks/survey.py",), "`out` should be a folder that can be written"),
    ],
)
def test_a_wrong_flag_is_refused_in_one_line(tree, flags, message):
    code, printed, error = run(tree, "--system=abel", *flags)
    assert (code, printed, len(error)) == (2, [], 1)
    assert message in error[0]


def row(seed, quality, error, **others):
    """A row whose gates require a high quality and a small error."""
    figures = {
        "ring_quality": acceptance.gate(quality, reference=0.85, A=0.8, B=0.9),
        "ring_error": acceptance.gate(error, reference=0.5, A=0.2, B=0.1, higher=False),
    }
    found = {
        "system": "r3gan",
        "seed": seed,
        "recipe": "modern",
        "figures": figures | others,
        "notes": {"machine": "a machine"},
        "seconds": 10.0 + seed,
        "images_per_second": 1,
    }
    assert found.keys() == rows.KEYS
    return found


def test_tables_tell_the_medians_and_what_was_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(r3gan, "ABLATIONS", "Smaller\nrates.\n", raising=False)
    more = {"grid_quality": acceptance.gate(1.0, reference=1.0, A=1.0, B=1.0)}
    for one in (row(2, 0.95, 0.3, **more), row(0, 0.75, 0.4)):
        rows.report(one, tmp_path)
    (tmp_path / ".1-r3gan-1.json").write_text("{")
    title = r3gan.__doc__.splitlines()[0].rstrip(".")
    assert tables.survey(tmp_path) == [
        f"## {title}",
        "",
        "[benchmarks/systems/r3gan.py](../benchmarks/systems/r3gan.py); recipe: modern; "
        "seeds 0, 2; 11 s per seed (median) on a machine.",
        "",
        "| figure | median | min to max | required | target | result | reference |",
        "|---|---|---|---|---|---|---|",
        "| ring quality | 0.85 | 0.75 to 0.95 | 0.8 | 0.9 | required | ties with 0.85 |",
        "| ring error | 0.35 | 0.3 to 0.4 | 0.2 | 0.1 | failed | beats 0.5 |",
        "| grid quality (seed 2 only) | 1 | 1 | 1 | 1 | target | ties with 1 |",
        "",
        "Smaller\nrates.",
    ]
    assert tables.summary(tmp_path)[2] == "| r3gan | 2 | 3 | 1 | 1 | 1: ring error | 1 |"


def test_every_file_is_that_of_a_row():
    found = tables.measured(document.SURVEY)
    assert set(found) <= set(survey.SYSTEMS)
    names = {f"{system}-{one['seed']}.json" for system in found for one in found[system]}
    assert names == {path.name for path in document.SURVEY.iterdir()}
