"""A training that diverges stops, and keeps what is finite."""

import keras
import numpy as np
import pytest

from tests.trainers.runs import small_runs
from trainers import runs
from trainers.runs import loss_log


class Diverge(keras.callbacks.Callback):
    """A weight is NaN after the eleventh step."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizers["generator"].iterations) == 11:
            weight = self.model.generator.weights[self.weight]
            weight.assign(np.nan * weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [(-1, "discriminator_loss is nan"), (0, "/kernel is not finite")],  # ReLU makes 0 of NaN
)
def test_a_training_that_diverges_stops_and_keeps_what_is_finite(weight, message, tmp_path):
    run = runs.Run(tmp_path / "run", small_runs.SETTINGS, 40)
    model = small_runs.fresh(40, 1)
    fit = model.fit
    model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[Diverge(weight), *callbacks], **k)
    message = f"diverged by step 12: .*{message}.* keeps step 10, the last that is finite"
    with pytest.raises(FloatingPointError, match=message):
        run.train(model, small_runs.load, small_runs.BATCHES, small_runs.draw)
    assert runs.Run(tmp_path / "run", small_runs.SETTINGS, 40, resume=True).done == 10
    assert loss_log.read_log(tmp_path / "run" / "losses.csv")[-1]["step"] == 10
    assert not (tmp_path / "run" / "frames" / "00000012.png").exists()
