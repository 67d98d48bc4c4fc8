"""Trainings step by step and without XLA; thorough as the scripts do them, which takes longer to
trace and to compile than to train.
"""

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
