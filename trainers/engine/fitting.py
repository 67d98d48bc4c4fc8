"""What Keras calls around a train step: `fit`, `evaluate`, and the functions that their loops run.

It checks data and cuts arrays into batches, keeps the data in step with the model's noise, and
compiles the step for several replicas. The step itself is in `trainers.adversarial`.
"""

import numbers

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise
from trainers.engine import data_adapter, epoch_position, learning_rates, replicas, shape_checks


class FittingMixin:
    """The part of `AdversarialModel` that feeds batches to `train_step`, and evaluates."""

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        **kwargs,
    ):
        """Trains the model on a dataset of batches or on arrays, as `keras.Model.fit` does.

        Each batch is split into as many sub-batches as the player with the most turns has, so that
        each turn sees new samples: with 5 discriminator turns of 64, use batches of 320. Several
        replicas, each on a part of the batch, take the same steps as one.

        A training that is resumed at the end of an epoch, from saved weights or by
        BackupAndRestore, continues exactly: the order of arrays follows from the model's noise, and
        `trainers.datasets` begin with the epoch that `initial_epoch` or BackupAndRestore gives.
        Your own datasets continue exactly if each epoch is a function of their data only.

        Args:
            x, y: a tf.data.Dataset of the batches that the class docstring names, or arrays
                (n, ...).
            batch_size: samples of one train step, for arrays; by default 32 for each turn.
            validation_split: the share of the arrays, from 0 to below 1, that is kept out for
                validation, taken from their end.
            callbacks: as in Keras. `ReduceLROnPlateau`, with mode="min" for a loss, and
                `LearningRateScheduler` read the first player's learning rate, and set those of all
                players by the same factor.
            (the rest): as in Keras.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            TypeError: for data, or callbacks, that are none.
            ValueError: in one sentence, for numbers out of range, for data of the wrong dtype,
                shape or range, for weights of samples or classes, for batches that cannot be split
                evenly, and for callbacks that would set a learning rate that follows a schedule.

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,))
            >>> x = np.random.default_rng(0).normal(size=(256, 2))
            >>> history = model.fit(x, batch_size=64, epochs=3, verbose=0)
            >>> sorted(history.history)
            ['discriminator_loss', 'generator_loss']
            >>> len(model.evaluate(x, verbose=0))
            2
        """
        _refuse_weights(kwargs)
        shape_checks.check_counts(least=0, epochs=epochs)
        shape_checks.check_counts(steps_per_epoch=kwargs.get("steps_per_epoch") or 1)
        if not isinstance(validation_split, numbers.Real) or not 0.0 <= validation_split < 1.0:
            raise ValueError(
                "`validation_split` should be from 0 to less than 1. "
                f"Received: validation_split={validation_split!r}"
            )
        if validation_split:
            if not _is_array(x):
                raise ValueError(
                    "`validation_split` should be used with arrays only. "
                    f"Received: {type(x).__name__}. Give `validation_data`."
                )
            x, y = np.asarray(x), None if y is None else np.asarray(y)
            kept = len(x) - int(len(x) * validation_split)
            tails = tuple(a[kept:] for a in (x, y) if a is not None)
            validation_data = tails if len(tails) > 1 else tails[0]
            x, y = x[:kept], None if y is None else y[:kept]
        if validation_data is not None:
            validation_data = self._checked_batches(
                validation_data, None, None, keep_remainder=True
            )
        position = epoch_position.EpochPosition(None if kwargs.get("steps_per_epoch") else x)
        try:
            with data_adapter.one_line_errors():
                batches = self._checked_batches(
                    x, y, batch_size, position.order if shuffle else None
                )
                callbacks = epoch_position.prepend_callback(callbacks, position)
                learning_rates.check_callbacks(callbacks, self.optimizer)
                return super().fit(
                    batches,
                    epochs=epochs,
                    verbose=verbose,
                    callbacks=callbacks,
                    validation_data=validation_data,
                    shuffle=False,  # arrays are shuffled already
                    **kwargs,
                )
        finally:
            position.release()

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """Returns the losses on given data, computed in training mode; no variable changes.

        Arguments and returned values are those of `keras.Model.evaluate`.
        """
        _refuse_weights(kwargs)
        with data_adapter.one_line_errors():
            batches = self._checked_batches(x, y, batch_size, keep_remainder=True)
            return super().evaluate(batches, **kwargs)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """Takes one train step on a batch of arrays, which is checked as `fit` checks batches.

        Arguments and returned values are those of `keras.Model.train_on_batch`.
        """
        _refuse_weights({"sample_weight": sample_weight, "class_weight": class_weight})
        return super().train_on_batch(*self._checked_batch(x, y), return_dict=return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Returns the losses on a batch of arrays, as `evaluate` computes them.

        Arguments and returned values are those of `keras.Model.test_on_batch`.
        """
        _refuse_weights({"sample_weight": sample_weight})
        return super().test_on_batch(*self._checked_batch(x, y), return_dict=return_dict)

    def _checked_batch(self, x, y):
        parts = (x,) if y is None else (x, y)
        return data_adapter.checked_arrays(parts, self.batch_format())

    def _checked_batches(self, x, y, batch_size, order=None, keep_remainder=False):
        """The data as `data_adapter.prepare` returns them; `keep_remainder`: without a split."""
        if y is not None and not _is_array(x):
            raise ValueError(
                f"`y` should be given with arrays only. Received: `x` of {type(x).__name__}, "
                "whose batches should be (x, y)."
            )
        if _is_array(x):
            x = (x,) if y is None else (x, y)
        if not hasattr(x, "__iter__") or isinstance(x, (str, dict)):
            raise TypeError(
                "`fit` and `evaluate` should be given a tf.data.Dataset, arrays, a generator or a "
                f"PyDataset. Received: x={x!r}"
            )
        if batch_size is not None:
            shape_checks.check_counts(batch_size=batch_size)
        self._assert_compile_called("fit")
        shares = (1, 1)
        if not keep_remainder:
            shares = max(self.turns.values()), self.distribute_strategy.num_replicas_in_sync
        return data_adapter.prepare(
            x, self.batch_format(), *shares, batch_size, order, keep_remainder
        )

    def test_step(self, data):
        """Computes the losses in training mode; updates of variables, such as batch statistics, are
        discarded."""
        position = self.noise_position.value + 0
        values = [(variable, variable.value) for variable in self.variables]
        losses = {}
        stream = noise.stream(self.noise_seed.value + 0, position, "evaluate")
        with keras.StatelessScope(values), stream:
            batch = self._batch_of(data)
            outputs = self.forward(batch)
            for player in self.players:
                losses |= self.losses_of(player, batch, outputs)
        # A replica may get no sample of a small last batch, and the mean of no samples is NaN.
        rows = ops.shape(tree.flatten(batch)[0])[0]
        losses = {k: ops.where(ops.equal(rows, 0), 0.0, value) for k, value in losses.items()}
        self._record(losses, weight=rows)
        # What `after_step` returns in training has no value here.
        return {name: mean for name, mean in self.get_metrics_result().items() if name in losses}

    def make_train_function(self, force=False):
        if self.distribute_strategy.num_replicas_in_sync == 1:
            super().make_train_function(force)
        elif self.train_function is None or force:
            self.train_function = replicas.make_iterator_function(self, self.train_step)

    def make_test_function(self, force=False):
        if self.distribute_strategy.num_replicas_in_sync == 1:
            super().make_test_function(force)
        elif self.test_function is None or force:
            self.test_function = replicas.make_iterator_function(self, self.test_step)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: all networks are built, and Keras would take a batch of the data for it."""


def _refuse_weights(arguments):
    """Raises a ValueError for weights of samples or classes, which no loss would use."""
    for name in ("class_weight", "sample_weight"):
        if arguments.pop(name, None) is not None:
            raise ValueError(
                f"`{name}` should not be given: the losses weigh all samples equally. "
                "Repeat samples in the data instead, or leave some out."
            )


def _is_array(x):
    return isinstance(x, (np.ndarray, list)) or tf.is_tensor(x)
