"""Modules shared by the scripts, rows and theorems of `benchmarks`."""
