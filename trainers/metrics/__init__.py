"""Metrics of generators: distances, coverages, and a protocol that states what was compared.

Every function takes `real` before `fake`, one sample a row, and returns floats. Features are
compared in their own unit; `evaluator("digits")` takes images as generators return them, in
[-1, 1]. Matrices of pairs of samples are computed in chunks: 50,000 samples fit into memory.
"""

from trainers.metrics.birthday import birthday_test
from trainers.metrics.calibration import calibration_error, reliability
from trainers.metrics.evaluators import Evaluator, evaluator
from trainers.metrics.frechet import Moments, frechet_distance, frechet_distance_from_moments
from trainers.metrics.generative_adversarial_metric import generative_adversarial_metric
from trainers.metrics.inception import inception_score
from trainers.metrics.inception_network import Inception
from trainers.metrics.kernel import kernel_distance
from trainers.metrics.manifold import density_coverage, precision_recall
from trainers.metrics.modes import mode_coverage
from trainers.metrics.neighbours import memorisation, nearest, nearest_neighbour_accuracy
from trainers.metrics.parzen import parzen_log_likelihood, parzen_sigma
from trainers.metrics.path_length import perceptual_path_length
from trainers.metrics.protocol import (
    Protocol,
    baselines,
    compare_to_baselines,
    pixel_score,
    score,
)
from trainers.metrics.similarity import ms_ssim, pair_ssim, psnr, ssim
from trainers.metrics.sliced import patch_sliced_wasserstein, sliced_wasserstein
from trainers.metrics.two_sample import two_sample_test
from trainers.metrics.verdict import verdict

__all__ = [
    "Evaluator",
    "Inception",
    "Moments",
    "Protocol",
    "baselines",
    "birthday_test",
    "calibration_error",
    "compare_to_baselines",
    "density_coverage",
    "evaluator",
    "frechet_distance",
    "frechet_distance_from_moments",
    "generative_adversarial_metric",
    "inception_score",
    "kernel_distance",
    "memorisation",
    "mode_coverage",
    "ms_ssim",
    "nearest",
    "nearest_neighbour_accuracy",
    "pair_ssim",
    "parzen_log_likelihood",
    "parzen_sigma",
    "patch_sliced_wasserstein",
    "perceptual_path_length",
    "pixel_score",
    "precision_recall",
    "psnr",
    "references",
    "reliability",
    "score",
    "sliced_wasserstein",
    "ssim",
    "two_sample_test",
    "verdict",
    "verdicts",
]

# The names in JSON, and of earlier versions.
references = baselines
verdicts = compare_to_baselines
