"""Against the best discriminator the generator minimises the Jensen-Shannon divergence.

C(G) = max_D V(D, G) = -log 4 + 2 JS(p, q). For random pairs of Gaussians: the left side from
`Minimax` on the logits log p/q, at 200,000 evenly spaced quantiles of p and of q; the right side by
quadrature of both Kullback-Leibler divergences. Source: Goodfellow et al. 2014, theorem 1.
"""

import numpy as np
from scipy import stats

from benchmarks.shared import claims, densities, figure_style
from trainers.objectives import Minimax

PAIRS, QUANTILES = 10, 200_000


def both_sides(first, second):
    """Returns (C(G), -log 4 + 2 JS) of two SciPy distributions."""
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    logits = [
        (first.logpdf(x) - second.logpdf(x)).astype("float32")
        for x in (first.ppf(levels), second.ppf(levels))
    ]
    left = -float(Minimax().discriminator_loss(*logits))
    right = 2.0 * densities.jensen_shannon(
        first.pdf(densities.X), second.pdf(densities.X)
    ) - np.log(4.0)
    return left, right


def run(seed=0):
    """Returns (claims, figure)."""
    rng = np.random.default_rng(seed)
    sides = []
    for _ in range(PAIRS):
        first, second = (stats.norm(rng.normal(), rng.uniform(0.5, 2.0)) for _ in "pq")
        sides.append(both_sides(first, second))
    off = max(abs(left - right) for left, right in sides)
    found = [claims.claim(f"largest difference of {PAIRS} pairs", off, at_most=1e-4)]
    figure, axes = figure_style.figure()
    limits = -np.log(4.0), 0.0
    axes.plot(limits, limits, color=figure_style.THEORY, linestyle=":")
    axes.plot(*zip(*sides, strict=True), "o", color=figure_style.DISCRIMINATOR)
    axes.set(xlabel="max V(D, G)", ylabel="-log 4 + 2 JS", title="Ten random pairs of Gaussians")
    return found, figure
