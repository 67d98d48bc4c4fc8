"""Progress of a row: a line on stderr for each training in it.

TensorFlow is not imported: a row that trains nothing needs none.
"""

import contextlib
import sys
import time


@contextlib.contextmanager
def reported_trainings():
    """Context in which each `fit` of a Keras model prints its model, its steps and the seconds."""
    keras = sys.modules.get("keras")
    if keras is None:  # the module of a row that trains has imported it
        yield
        return
    fit = keras.Model.fit
    number = 0

    def reported(model, *args, **kwargs):
        nonlocal number
        number += 1
        print(f"training {number}, {type(model).__name__}:", end=" ", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            history = fit(model, *args, **kwargs)
        except BaseException:
            print("stopped", file=sys.stderr, flush=True)
            raise
        steps = (history.params["steps"] or 0) * len(history.epoch)
        seconds = time.perf_counter() - start
        print(f"{steps:,} steps in {seconds:.0f} s", file=sys.stderr, flush=True)
        return history

    inherited = "fit" not in vars(keras.Model)
    keras.Model.fit = reported
    try:
        yield
    finally:
        if inherited:
            del keras.Model.fit
        else:
            keras.Model.fit = fit
