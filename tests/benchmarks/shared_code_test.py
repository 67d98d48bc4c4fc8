"""Rows measure the code that the scripts run: both use the module of the task, and nothing of the
task is written again."""

import ast

import pytest

from benchmarks import applications
from tests.sources import ROOT, imports, modules

KNOWN = modules(ROOT)
TASKS = {  # application -> its tasks
    "semi_supervised_classification": ["semi_supervised"],
    "style_transfer": ["style_transfer"],
    "super_resolution": ["super_resolution", "upscaling"],
}


def tasks_of(application):
    return [f"trainers.tasks.{name}" for name in TASKS.get(application, [application])]


def definitions(path):
    """Names of the classes and functions at the top of a module."""
    kinds = ast.ClassDef | ast.FunctionDef
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)}


@pytest.mark.parametrize("application", applications.APPLICATIONS)
def test_a_row_measures_the_code_that_the_script_runs(application):
    row = KNOWN[f"benchmarks.applied.{application}"]
    script = KNOWN[f"applications.{application}"]
    for task in tasks_of(application):
        assert task in imports(row, KNOWN) and task in imports(script, KNOWN)
        assert not definitions(KNOWN[task]) & definitions(row)


@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("benchmarks.systems.")])
def test_a_row_of_a_family_defines_nothing_that_a_task_of_it_defines(name):
    for task in imports(KNOWN[name], KNOWN):
        if task.startswith("trainers.tasks."):
            assert not definitions(KNOWN[task]) & definitions(KNOWN[name])


def test_a_library_names_no_flags():
    for name, path in KNOWN.items():
        if name.startswith("trainers.tasks"):
            assert "trainers.command_line" not in imports(path, KNOWN), name
            assert '"--' not in path.read_text(), name
