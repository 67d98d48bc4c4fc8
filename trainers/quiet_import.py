"""TensorFlow imported without what its C++ libraries print, so that an error is one line."""

import contextlib
import importlib.abc
import importlib.util
import os
import sys


def quiet_tensorflow():
    """Sets TensorFlow's log level to errors, and hides what is written whatever the level is: lines
    on missing GPUs and on logs before the first one. Hides nothing once TensorFlow is imported.

    Example:
        >>> quiet_tensorflow()
        >>> os.environ["TF_CPP_MIN_LOG_LEVEL"]
        '3'
    """
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as Python would, once, and hides what its import prints."""

    def find_spec(self, name, path, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _without_stderr()(spec.loader.exec_module)
        return spec


@contextlib.contextmanager
def _without_stderr():
    """Sends to nowhere what is written to the descriptor of stderr, which C++ writes to."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
