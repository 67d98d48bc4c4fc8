"""Callbacks for `fit`: scores of generated samples, logged with the losses."""

import math

import keras
import numpy as np


class Scores(keras.callbacks.Callback):
    """Scores generated samples during `fit`, and adds the scores to `logs`, next to the losses.

        score = lambda samples: metrics.score(held_out, samples, metrics.evaluator("digits"))
        model.fit(data, epochs=50, callbacks=[Scores(score, n=len(held_out), every=5)])

    The samples come from the EMA weights and from the same latents each time. The training ends as
    it would without this callback, which changes neither its weights nor its random numbers. Scores
    are computed at the end of the first epoch, so that all rows have the same columns, and of every
    `every`th epoch; for other epochs they are NaN. `History` and `ProgbarLogger` receive them, and
    those callbacks that come after this one in the list, such as Keras' `CSVLogger` and
    `TensorBoard`.

    Args:
        score: a function from samples, an array (n, ...), to a dict of scores, such as that of
            `metrics.score`; for points, lambda x: {"modes": metrics.mode_coverage(x, centers,
            std)[0]}. Values that are no numbers are ignored.
        n: number of samples. Compare only scores of the same n.
        every: number of epochs from one scoring to the next, from 1.
        seed: seed of the latents.
        **conditions: further arguments of the family's `generate`, such as `labels`.

    Raises:
        ValueError: for `every` below 1.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> x = np.zeros((64, 2), "float32")  # two steps an epoch
        >>> from trainers.metrics import sliced_wasserstein
        >>> scores = Scores(lambda fake: {"distance": sliced_wasserstein(x, fake)}, n=100, every=2)
        >>> history = model.fit(x, epochs=3, callbacks=[scores], verbose=0).history
        >>> [math.isnan(distance) for distance in history["distance"]]
        [False, False, True]
    """

    def __init__(self, score, n, every=1, seed=0, **conditions):
        super().__init__()
        if every < 1:
            raise ValueError(f"`every` should be at least 1. Received: every={every!r}")
        self.score, self.n, self.every, self.seed = score, n, every, seed
        self.conditions = conditions
        self._names = None  # of the scores, once they are known

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        if self._names is not None and (epoch + 1) % self.every:
            logs.update(dict.fromkeys(self._names, math.nan))
            return
        scores = self.score(self.model.generate(self.n, seed=self.seed, **self.conditions))
        numbers = {
            name: float(value)
            for name, value in scores.items()
            if isinstance(value, (int, float, np.number))
        }
        self._names = list(numbers)
        logs.update(numbers)
