"""How good is a generator? Distances, coverages, and a protocol that names what was compared.

Every function takes `real` before `fake`, one sample a row, and returns floats. Features are
compared in the unit they come in; `evaluator("digits")` takes images as the networks make them,
in [-1, 1].
"""

from trainers.metrics.evaluators import Evaluator, evaluator
from trainers.metrics.frechet import frechet_distance, frechet_distance_from_moments
from trainers.metrics.inception import inception_score
from trainers.metrics.kernel import kernel_distance
from trainers.metrics.manifold import density_coverage, precision_recall
from trainers.metrics.modes import mode_coverage
from trainers.metrics.protocol import references, score, verdicts

__all__ = [
    "Evaluator",
    "density_coverage",
    "evaluator",
    "frechet_distance",
    "frechet_distance_from_moments",
    "inception_score",
    "kernel_distance",
    "mode_coverage",
    "precision_recall",
    "references",
    "score",
    "verdicts",
]
