"""Densities on the line, and the divergences and values of two densities by quadrature."""

import numpy as np
from scipy import stats

X = np.linspace(-12.0, 16.0, 8_001)  # the grid on which densities are integrated


def integral(values):
    """Returns ∫ values dx over X, by the trapezoidal rule."""
    return float(np.trapezoid(values, X))


def normal(mean, deviation):
    """Returns the density of N(mean, deviation²) on X."""
    return stats.norm(mean, deviation).pdf(X)


def jensen_shannon(p, q):
    """Returns JS(p, q) in nats, of two densities on X: ½ KL(p‖m) + ½ KL(q‖m), m = (p + q)/2."""
    m = np.maximum(0.5 * (p + q), 1e-300)
    parts = [integral(np.where(d > 0, d * np.log(np.maximum(d, 1e-300) / m), 0)) for d in (p, q)]
    return 0.5 * sum(parts)


def value(p, q, logits):
    """Returns V(D) = ∫ p log σ(logits) + q log(1 - σ(logits)), of logits on X."""
    return -integral(p * np.logaddexp(0.0, -logits) + q * np.logaddexp(0.0, logits))
