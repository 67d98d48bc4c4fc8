"""Theorems about GANs, one file each, with a function `run(seed)` that returns the claims of
`benchmarks.shared.claims` and a figure. What theory says is computed beside what is measured."""

READING = (  # in this order
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
