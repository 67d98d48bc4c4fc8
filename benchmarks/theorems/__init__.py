"""Theorems about GANs, one file each, with a function `run(seed)` that returns the claims of
`benchmarks.claims` and a figure. What theory says is computed beside what is measured."""
