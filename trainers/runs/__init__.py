"""A run: one training in one folder, with checkpoints, a log of losses and the final metrics."""

from trainers.runs.environment import fast_options, machine, versions
from trainers.runs.run import Run, load_model, load_settings

__all__ = ["Run", "fast_options", "load_model", "load_settings", "machine", "versions"]
