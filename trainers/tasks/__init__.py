"""The tasks of the applications, one module each: data, baselines, worker class, scores.

The script of `applications` and the row of `benchmarks` that measures it use the same module.
"""
