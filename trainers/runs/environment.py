"""What a run depends on beside its settings: fast `compile` options, versions, machine."""

import os
import platform

import keras
import numpy as np
import tensorflow as tf


def fast_options(model, stride):
    """`compile` options that make a model's steps fast here, for the same mathematics.

    `stride` is what the number of steps in one call must divide: Keras would go beyond the end.
    Replicas take one step a call, since each further one is compiled on its own.

    Dense networks gain a half from XLA and from many steps in one call. Convolutions lose a quarter
    under XLA on a CPU, where TensorFlow's own kernels are better.

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
    """Of what the figures depend on.

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
    """Cores and accelerators, in words.

    Example:
        >>> "cores" in machine()
        True
    """
    gpus = len(tf.config.get_visible_devices("GPU"))
    return f"{platform.machine()}, {os.cpu_count()} cores, {gpus} GPUs"
