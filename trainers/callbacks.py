"""Callbacks for `fit`: scores beside the losses."""

import math

import keras
import numpy as np


class Scores(keras.callbacks.Callback):
    """Judges samples during `fit`, and puts the figures into `logs` beside the losses.

        score = lambda samples: metrics.score(held_out, samples, metrics.evaluator("digits"))
        model.fit(data, epochs=50, callbacks=[Scores(score, n=len(held_out), every=5)])

    The samples are those of the averaged weights, of the same latents each time, and nothing that
    the training draws or holds is touched: it ends as it would without. They are judged at the end
    of the first epoch, so that all rows have the same columns, and of every `every`th; between them
    the figures are NaN. `History` and `ProgbarLogger` see them, and those callbacks that stand
    behind this one in the list: `LossLog`, Keras' `CSVLogger` and `TensorBoard`.

    Args:
        score: samples, an array (n, …) -> a dict of figures, such as `metrics.score`'s; or, of
            points, lambda x: {"modes": metrics.mode_coverage(x, centers, std)[0]}. What is no
            number is passed over.
        n: how many samples. Compare only figures of one n.
        every: epochs from one judgement to the next.
        seed: of the latents.
        **conditions: what the family's `generate` takes besides, such as `labels`.

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
        self._names = None  # of the figures, once some are known

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        if self._names is not None and (epoch + 1) % self.every:
            logs.update(dict.fromkeys(self._names, math.nan))
            return
        found = self.score(self.model.generate(self.n, seed=self.seed, **self.conditions))
        numbers = {
            name: float(value)
            for name, value in found.items()
            if isinstance(value, (int, float, np.number))
        }
        self._names = list(numbers)
        logs.update(numbers)
