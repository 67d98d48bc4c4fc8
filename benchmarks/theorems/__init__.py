"""Theorems about GANs, one file each.

Each has a function `run(seed)` that returns a list of `benchmarks.shared.claims.claim` and a
figure. The theoretical value is computed next to the measured one.
"""

READING = (  # the order of docs/theory.md
    "optimal_discriminator",
    "equilibrium",
    "jensen_shannon",
    "saturation",
    "smoothing",
    "disjoint_supports",
    "saddle",
    "bilinear",
    "game_jacobian",
    "f_divergence_bound",
)
