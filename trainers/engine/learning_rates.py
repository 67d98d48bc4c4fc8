"""`model.optimizer`, by which callbacks of Keras set the learning rates of all players."""

import keras
from keras import ops

# Callbacks of Keras that set `model.optimizer.learning_rate`.
SETTERS = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)


class PlayersOptimizer:
    """What Keras' callbacks read and set of `model.optimizer`, for the optimizers of all players.

    It keeps no state of the training, so that it is not saved: `model.optimizers` is. It is no
    Keras optimizer, which the model would save a second time.

    Args:
        optimizers: a dict player -> built Keras optimizer, in the order of the players.

    Example:
        >>> import zoo
        >>> model = zoo.create("wgan", image_shape=(2,))
        >>> model.optimizer.learning_rate = 1e-3
        >>> [round(float(o.learning_rate), 6) for o in model.optimizers.values()]
        [0.001, 0.001]
    """

    built = True

    def __init__(self, optimizers):
        self._optimizers = optimizers
        self._ratios = None  # of the rates to the first, as they were when that was last not 0
        self._update_ratios()

    @property
    def iterations(self):
        """The steps that the first player has taken, an integer variable."""
        return next(iter(self._optimizers.values())).iterations

    @property
    def variables(self):
        """The variables of all optimizers, a list."""
        return [v for optimizer in self._optimizers.values() for v in optimizer.variables]

    @property
    def learning_rate(self):
        """The first player's learning rate, a float. Setting it multiplies the learning rates of
        all players by the same factor.

        Raises:
            ValueError: when it is set, for players with a schedule, or a first rate of 0, of which
                nothing is a multiple.
        """
        return self._rates()[0]

    @learning_rate.setter
    def learning_rate(self, rate):
        self.check_settable()
        self._update_ratios()
        if self._ratios is None:
            raise ValueError(
                "`learning_rate` should be set where the first player's is above 0, since all "
                f"change by one factor. Received: 0 for '{next(iter(self._optimizers))}'."
            )
        for optimizer, ratio in zip(self._optimizers.values(), self._ratios, strict=True):
            optimizer.learning_rate = float(rate) * ratio

    def check_settable(self):
        """Raises a ValueError if a player's learning rate is a schedule of its own."""
        fixed = [
            player
            for player, optimizer in self._optimizers.items()
            if not isinstance(optimizer.learning_rate, keras.Variable)
        ]
        if fixed:
            raise ValueError(
                "Learning rates should be numbers, not schedules, where a callback sets them. "
                f"Received: schedules for {', '.join(fixed)}. Compile with other `optimizers`, or "
                "leave out the callback."
            )

    def _rates(self):
        rates = [optimizer.learning_rate for optimizer in self._optimizers.values()]
        return [float(ops.convert_to_numpy(rate)) for rate in rates]

    def _update_ratios(self):
        rates = self._rates()
        if rates[0]:
            self._ratios = [rate / rates[0] for rate in rates]


def check_callbacks(callbacks, optimizer):
    """Raises a ValueError if one of the callbacks sets learning rates that cannot be set.

    Args:
        callbacks: a list, or a `keras.callbacks.CallbackList`.
        optimizer: a `PlayersOptimizer`.
    """
    if any(isinstance(one, SETTERS) for one in getattr(callbacks, "callbacks", callbacks)):
        optimizer.check_settable()
