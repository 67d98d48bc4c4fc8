"""Properties of the machine: fast `compile` options, versions of libraries, cores and GPUs."""

import os
import platform

import keras
import numpy as np
import tensorflow as tf


def fast_options(model, stride):
    """Returns `compile` options that make train steps fast on this machine, as a dict.

    They do not change what is computed. Fully connected networks gain a half from XLA and from many
    steps in one call. Convolutions lose a quarter under XLA on a CPU, where TensorFlow's own
    kernels are better. Replicas take one step per call, since each further step is compiled
    separately.

    Args:
        model: a model of the zoo.
        stride: number of steps that the steps in one call must divide: Keras would go beyond the
            end.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> fast_options(model, stride=200)
        {'jit_compile': True, 'steps_per_execution': 25}
        >>> model.compile(**fast_options(model, stride=200))
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:
        stride = 1
    on_cpu = not tf.config.get_visible_devices("GPU")
    convolutional = any(
        isinstance(layer, keras.layers.Layer) and "Conv" in type(layer).__name__
        for layer in model._flatten_layers()
    )
    if on_cpu and convolutional:
        return {"jit_compile": False, "steps_per_execution": _divisor(stride, 5)}
    return {"jit_compile": True, "steps_per_execution": _divisor(stride, 25)}


def _divisor(number, most):
    return max(d for d in range(1, most + 1) if number % d == 0)


def versions():
    """Returns the versions of Python and of the libraries that results depend on, as a dict.

    Example:
        >>> list(versions())
        ['python', 'tensorflow', 'keras', 'numpy']
    """
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def machine():
    """Returns a description of the processor, the cores and the GPUs, as a string.

    Example:
        >>> "cores" in machine()
        True
    """
    gpus = len(tf.config.get_visible_devices("GPU"))
    return f"{platform.machine()}, {os.cpu_count()} cores, {gpus} GPUs"
