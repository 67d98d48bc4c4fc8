"""Devices, workers and precision of a training.

`gpu` is every GPU that TensorFlow sees (CUDA_VISIBLE_DEVICES chooses among them), `auto` all GPUs,
or else the CPU. Several devices or workers, each on a part of the batch, are equivalent to one.
docs/scaling.md lists which of them were tested.
"""

import json
import os
import sys
import zlib

import keras
import numpy as np
import tensorflow as tf

from trainers.names import DEVICES, PRECISIONS

WORKER_LOST_ERRORS = (  # raised by TensorFlow when another worker has ended
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
)


def strategy(device="auto", workers=None, worker=0):
    """Returns the `tf.distribute.Strategy` to build and train a model in.

    With several workers it prints the addresses of the others on stderr, waits until all are
    connected, and must be called before anything else of TensorFlow is used.

    Args:
        device: one of `trainers.names.DEVICES`.
        workers: addresses, "host:port", of all workers, the same list for each; by default those of
            the environment variable TF_CONFIG, if it is set.
        worker: index of this process in `workers`, from 0.

    Raises:
        ValueError: for an unknown name, a device that is not available, or wrong addresses.

    Example:
        >>> import zoo
        >>> with strategy("auto").scope():  # all GPUs that there are, or the CPU
        ...     model = zoo.create("gan", image_shape=(2,))
    """
    if device not in DEVICES:
        raise ValueError(f"`device` should be one of {', '.join(DEVICES)}. Received: {device}")
    if workers:
        _set_tf_config(workers, worker)
    elif worker:
        raise ValueError(f"`worker` should be 0 without `workers`. Received: {worker}")
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
        gpus = []
    others = _other_workers()
    if others:
        print(f"Waiting until all workers are connected: {', '.join(others)}.", file=sys.stderr)
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except tf.errors.OpError as error:
            reason = error.message.splitlines()[0]
            raise ValueError(
                f"`workers` should be free addresses, this process's its own ({reason})"
            ) from None
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def _set_tf_config(workers, worker):
    """Writes the workers to TF_CONFIG, where TensorFlow reads them."""
    ports = [port for host, _, port in (a.rpartition(":") for a in workers) if host]
    valid = [port for port in ports if port.isdecimal() and 0 < int(port) < 2**16]
    if len(valid) < len(workers) or len(set(workers)) < len(workers):
        raise ValueError(
            "`workers` should be different addresses, host:port, such as 10.0.0.1:4000. "
            f"Received: {', '.join(workers)}"
        )
    if not 0 <= worker < len(workers):
        raise ValueError(
            f"`worker` should be 0 to {len(workers) - 1}, the index of this process in "
            f"`workers`. Received: {worker}"
        )
    task = {"type": "worker", "index": worker}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(workers)}, "task": task})


def _other_workers():
    """The addresses of the other workers in TF_CONFIG."""
    text = os.environ.get("TF_CONFIG") or "{}"
    try:
        config = json.loads(text)
        tasks = {
            (kind, str(index)): address
            for kind, addresses in config.get("cluster", {}).items()
            for index, address in enumerate(addresses)
            if kind != "evaluator"
        }
        own = config.get("task", {})
        own = own.get("type"), str(own.get("index"))
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            'TF_CONFIG should be JSON such as {"cluster": {"worker": ["10.0.0.1:4000", …]}, '
            f'"task": {{"type": "worker", "index": 0}}}}. Received: {text}'
        ) from None
    return [address for task, address in tasks.items() if task != own and len(tasks) > 1]


def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"`device` should be cpu or auto: no TPU answers ({reason})") from None
    return tf.distribute.TPUStrategy(resolver)


def is_chief(strategy):
    """Returns whether this process writes the files: the chief (first) worker, or the only one.

    Example:
        >>> is_chief(tf.distribute.get_strategy())
        True
    """
    if not has_workers(strategy):
        return True
    resolver = strategy.cluster_resolver
    if "chief" in resolver.cluster_spec().as_dict():
        return resolver.task_type == "chief"
    return resolver.task_id == 0


def check_agreement(strategy, settings):
    """Raises a ValueError on all workers if they were given different settings.

    All workers have to call it, before they build a model: models that differ cannot be built.

    Args:
        strategy: a `tf.distribute.Strategy`; without several workers nothing is checked.
        settings: a JSON-able dict, name of a flag -> value, with the same keys on all workers.

    Example:
        >>> check_agreement(tf.distribute.get_strategy(), {"seed": 0})
    """
    if not has_workers(strategy):
        return
    texts = [json.dumps(settings[name], sort_keys=True) for name in sorted(settings)]
    own = tf.constant([zlib.crc32(text.encode()) for text in texts], tf.int64)

    def row_of_replica():
        replica = tf.distribute.get_replica_context()
        rows = replica.num_replicas_in_sync
        row = tf.one_hot(replica.replica_id_in_sync_group, rows, dtype=tf.int64)
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, row[:, None] * own)

    rows = tf.function(lambda: strategy.run(row_of_replica), autograph=False)()
    rows = strategy.experimental_local_results(rows)[0].numpy()
    different = (rows != rows[0]).any(axis=0)
    if different.any():
        names = ", ".join(f"--{name}" for name in np.array(sorted(settings))[different])
        raise ValueError(f"Workers should be given the same flags. Received: different {names}.")


def broadcast_from_chief(strategy, values):
    """Returns the chief's values; all workers have to call it.

    Args:
        strategy: a `tf.distribute.Strategy`; without several workers `values` are returned.
        values: a list of numbers or arrays, of the same length, shapes and dtypes on all workers.

    Example:
        >>> broadcast_from_chief(tf.distribute.get_strategy(), [38, 0.5])
        [38, 0.5]
    """
    if not has_workers(strategy):
        return values
    values = [tf.convert_to_tensor(np.asarray(v)) for v in values]

    def sum_over_workers():
        replica = tf.distribute.get_replica_context()
        is_first = tf.equal(replica.replica_id_in_sync_group, 0)
        # One by one, since a list would be joined, whatever the dtypes.
        return [
            replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.where(is_first, v, tf.zeros_like(v)))
            for v in values
        ]

    sums = tf.function(lambda: strategy.run(sum_over_workers), autograph=False)()
    return [strategy.experimental_local_results(value)[0].numpy() for value in sums]


def broadcast_state(model):
    """Sets the state of a model on all workers to the chief's; all workers have to call it.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> if is_chief(model.distribute_strategy):
        ...     model.generator.set_weights([w * 0.0 for w in model.generator.get_weights()])
        >>> broadcast_state(model)
    """
    strategy = model.distribute_strategy
    if not has_workers(strategy):
        return
    metrics = {id(v) for v in model.metrics_variables}
    variables = [v for v in model.variables if id(v) not in metrics]
    variables += [v for optimizer in model.optimizers.values() for v in optimizer.variables]
    values = broadcast_from_chief(strategy, [keras.ops.convert_to_numpy(v) for v in variables])
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def has_workers(strategy):
    """Returns whether several processes train together.

    Example:
        >>> has_workers(tf.distribute.get_strategy())
        False
    """
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def set_precision(name):
    """Sets the dtype policy of all networks that are built afterwards.

    Args:
        name: one of `trainers.names.PRECISIONS`.

    Raises:
        ValueError: for another name.

    Example:
        >>> set_precision("mixed_bfloat16")
        >>> keras.layers.Dense(1).compute_dtype
        'bfloat16'
        >>> set_precision("float32")
    """
    if name not in PRECISIONS:
        raise ValueError(f"`precision` should be one of {', '.join(PRECISIONS)}. Received: {name}")
    keras.config.set_dtype_policy(name)
