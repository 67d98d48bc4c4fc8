"""Trainings step by step and without XLA; thorough as the scripts do them, which takes longer to
trace and to compile than to train.
"""

import json

import pytest

from trainers import runs


@pytest.fixture(
    scope="module", params=["uncompiled", pytest.param("XLA", marks=pytest.mark.thorough)]
)
def mode(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "uncompiled":
            slow = {"jit_compile": False, "steps_per_execution": 1}
            patch.setattr(runs, "fast_options", lambda model, stride: slow)
        yield request.param


@pytest.fixture(scope="module")
def presets(models, tmp_path_factory):
    """A folder of presets, one for each of the `models` (name -> model) of the test module."""
    folder = tmp_path_factory.mktemp("presets")
    for name, model in models.items():
        (folder / name).mkdir()
        model.save(folder / name / "model.keras")
        model.compile()
        (folder / name / "rules.json").write_text(json.dumps(model.get_compile_config()))
    return folder
