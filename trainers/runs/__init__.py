"""A run: one training in one folder, with checkpoints, a log of losses and the final metrics."""

from trainers.runs.environment import fast_options, machine, versions
from trainers.runs.finished_run import load_model, load_settings
from trainers.runs.run import Run

__all__ = ["Run", "fast_options", "load_model", "load_settings", "machine", "versions"]
