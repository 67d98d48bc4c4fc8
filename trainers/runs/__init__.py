"""One training in one folder: the run, its checkpoints, its log, and what its figures depend on."""

from trainers.runs.environment import fast_options, machine, versions
from trainers.runs.run import Run, load_model, load_settings

__all__ = ["Run", "fast_options", "load_model", "load_settings", "machine", "versions"]
