"""What the scripts, rows and theorems of `benchmarks` share."""
