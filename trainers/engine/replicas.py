"""Train steps on several replicas that are equivalent to the step of one device.

Each replica computes on its part of the batch. Optimizers sum the gradients, noise is drawn for the
global batch (`trainers.noise`), and state that layers update in a forward pass, such as batch
statistics, is averaged here: Keras keeps one per replica, and saves that of the first.

Keras' own functions can neither compile nor take several steps in one call on replicas, and fail on
several workers (https://github.com/keras-team/keras/issues/20585); `make_iterator_function` can.
"""

import keras
import tensorflow as tf

MEAN = tf.distribute.ReduceOp.MEAN


def num_replicas():
    """Returns the number of replicas, in all processes."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def run_synchronized(function, model):
    """Returns the outputs of `function()`, and averages the state that it updates over replicas.

    Args:
        function: computes tensors from those in its closure. It is compiled with XLA if
            `model.jit_compile`; the complete step cannot be, since XLA cannot compile updates of
            variables that replicas share.
        model: its non-trainable variables (batch statistics ...) may be assigned by `function`.
    """
    if num_replicas() == 1:
        return function()
    updated = []

    def run_stateless():
        # Without these values regularizers would get None.
        regularized = [(v, v.value) for v in model.trainable_variables if v.regularizer is not None]
        with keras.StatelessScope(regularized) as scope:
            outputs = function()
        new = [(v, scope.get_current_value(v)) for v in model.non_trainable_variables]
        updated[:] = [v for v, value in new if value is not None]
        return outputs, [value for _, value in new if value is not None]

    if model.jit_compile:
        run_stateless = tf.function(run_stateless, jit_compile=True, autograph=False)
    outputs, values = run_stateless()
    for variable, value in zip(updated, values, strict=True):
        shared = variable.aggregation == "only_first_replica"
        if value.dtype.is_floating and not shared:  # a counter is the same everywhere
            value = tf.distribute.get_replica_context().all_reduce(MEAN, value)
        variable.assign(value)
    return outputs


def all_reduce_mean(gradients):
    """Returns the mean of the gradients over all replicas, for a `LossScaleOptimizer`.

    An overflow on one replica must skip the step on all of them, so each must see all gradients.

    Args:
        gradients: a list of tensors or None, the replica's own.
    """
    if num_replicas() == 1:
        return gradients
    defined = [g for g in gradients if g is not None]
    means = iter(tf.distribute.get_replica_context().all_reduce(MEAN, defined))
    return [None if g is None else next(means) for g in gradients]


def make_iterator_function(model, step):
    """Returns the function that Keras' loops call: iterator -> metrics after `steps_per_execution`.

    Args:
        model: a compiled model, built in a strategy with several replicas.
        step: a function from a replica's part of a batch to a dict of metrics.
    """
    strategy = model.distribute_strategy

    def one_step(batch):
        metrics = strategy.run(step, args=(batch,))
        # `fit` reads the metrics of all replicas at the end of an epoch; until then one will do.
        return {k: strategy.experimental_local_results(v)[0] for k, v in metrics.items()}

    def several_steps(iterator):
        metrics = one_step(iterator.get_next())
        for _ in range(1, model.steps_per_execution):
            batch = iterator.get_next_as_optional()
            metrics = tf.cond(
                batch.has_value(),
                lambda batch=batch: one_step(batch.get_value()),
                lambda metrics=metrics: metrics,
            )
        return metrics

    if model.run_eagerly:
        return several_steps
    return tf.function(several_steps, reduce_retracing=True, autograph=False)
