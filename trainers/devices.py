"""Where a training runs: `cpu`, `gpu` or `tpu`, and in which precision.

`gpu` is the first GPU that TensorFlow sees and `auto` that or the CPU. The TPU path follows
TensorFlow's documentation; it has not been run.
"""

import keras
import tensorflow as tf

DEVICES = ("auto", "cpu", "gpu", "tpu")
PRECISIONS = ("float32", "mixed_bfloat16")


def strategy(device="auto"):
    """The `tf.distribute.Strategy` to build and train a model in.

    Args:
        device: one of `DEVICES`.

    Raises:
        ValueError: for another name, or where there is no such device.
    """
    if device not in DEVICES:
        raise ValueError(f"`device` should be one of {', '.join(DEVICES)}. Received: {device}")
    if device == "tpu":
        return _tpu()
    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise ValueError(
            "`device` should be cpu or auto: TensorFlow sees no GPU here. Received: gpu"
        )
    if device == "cpu" and gpus:
        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError:
            raise ValueError(
                "`device` should be auto: TensorFlow uses its GPUs already. Received: cpu"
            ) from None
    return tf.distribute.get_strategy()


def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"`device` should be cpu or auto: no TPU answers ({reason})") from None
    return tf.distribute.TPUStrategy(resolver)


def set_precision(name):
    """Sets the dtype policy of all networks that are built from now on.

    Raises:
        ValueError: for a name that is none of `PRECISIONS`.
    """
    if name not in PRECISIONS:
        raise ValueError(f"`precision` should be one of {', '.join(PRECISIONS)}. Received: {name}")
    keras.config.set_dtype_policy(name)
