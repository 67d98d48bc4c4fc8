"""Several replicas that play as one: what they share, and the functions that run them.

Each replica plays on its part of the batch. Gradients are summed by the optimizers, noise is drawn
for the whole batch (`trainers.noise`), and what the layers learn on the way, such as batch
statistics, is averaged here: Keras leaves each replica its own, and saves those of the first.

Keras' own functions can neither compile nor take several steps in one call on replicas, and fail on
several workers (https://github.com/keras-team/keras/issues/20585); `make_iterator_function` can.
"""

import keras
import tensorflow as tf

MEAN = tf.distribute.ReduceOp.MEAN


def num_replicas():
    """How many replicas play, in all processes."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def run_synchronized(function, model):
    """The outputs of `function()`, after which the state of the model is the same on all replicas.

    Args:
        function: computes tensors from those around it. It is compiled with XLA when the model
            should be: not the whole step, since no update of a variable that replicas share can be.
        model: whose variables that are not trained (batch statistics …) the function may assign.
    """
    if num_replicas() == 1:
        return function()
    moved = []

    def alone():
        # Without their values regularizers would get None.
        regular = [(v, v.value) for v in model.trainable_variables if v.regularizer is not None]
        with keras.StatelessScope(regular) as scope:
            outputs = function()
        new = [(v, scope.get_current_value(v)) for v in model.non_trainable_variables]
        moved[:] = [v for v, value in new if value is not None]
        return outputs, [value for _, value in new if value is not None]

    if model.jit_compile:
        alone = tf.function(alone, jit_compile=True, autograph=False)
    outputs, values = alone()
    for variable, value in zip(moved, values, strict=True):
        shared = variable.aggregation == "only_first_replica"
        if value.dtype.is_floating and not shared:  # a counter is the same everywhere
            value = tf.distribute.get_replica_context().all_reduce(MEAN, value)
        variable.assign(value)
    return outputs


def all_reduce_mean(gradients):
    """The gradients of all replicas, which an optimizer's sum over the replicas leaves as they are.

    A loss scale must see them whole: an overflow on one replica has to stop them all.
    """
    if num_replicas() == 1:
        return gradients
    there = [g for g in gradients if g is not None]
    means = iter(tf.distribute.get_replica_context().all_reduce(MEAN, there))
    return [None if g is None else next(means) for g in gradients]


def make_iterator_function(model, step):
    """What Keras' loops call: an iterator -> the metrics after `steps_per_execution` steps.

    Args:
        model: compiled, of a strategy with several replicas.
        step: a replica's part of a batch -> a dict of metrics.
    """
    strategy = model.distribute_strategy

    def one(batch):
        metrics = strategy.run(step, args=(batch,))
        # `fit` reads them whole at the end of an epoch; in between the first replica's will do.
        return {k: strategy.experimental_local_results(v)[0] for k, v in metrics.items()}

    def several(iterator):
        metrics = one(iterator.get_next())
        for _ in range(1, model.steps_per_execution):
            batch = iterator.get_next_as_optional()
            metrics = tf.cond(
                batch.has_value(),
                lambda batch=batch: one(batch.get_value()),
                lambda metrics=metrics: metrics,
            )
        return metrics

    if model.run_eagerly:
        return several
    return tf.function(several, reduce_retracing=True, autograph=False)
