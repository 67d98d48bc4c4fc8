"""Scores in `fit`."""

import keras
import numpy as np
import pytest

import zoo
from trainers import callbacks, metrics
from trainers.runs import loss_log


@pytest.fixture
def model():
    return zoo.create("gan", image_shape=(8, 8, 1), width=8, latent_dim=4)


def fit(model, epochs, *watching):
    x = np.zeros((16, 8, 8, 1), "float32")
    return model.fit(x, batch_size=8, epochs=epochs, callbacks=list(watching), verbose=0).history


def step_of(epoch):
    return 2 * (epoch + 1)


class Log(keras.callbacks.Callback):
    """Keeps the rows that a callback sees."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append(dict(logs))


def test_scores_stand_beside_the_losses_in_the_history_and_in_logs(model, tmp_path):
    real = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8, 1))
    evaluator = metrics.evaluator("digits")
    seen = []

    def score(fake):
        seen.append(fake)
        return metrics.score(real, fake, evaluator)

    csv, log = tmp_path / "losses.csv", Log()
    judging = callbacks.Scores(score, n=20, every=2)
    history = fit(model, 4, judging, log, loss_log.LossCsvLogger(csv, step_of))
    figures = {"frechet", "kernel", "inception_score", "precision", "recall", "density", "coverage"}
    assert figures | {"generator_loss"} <= set(history)
    assert [np.isnan(value) for value in history["frechet"]] == [False, False, True, False]
    assert history["frechet"][3] == metrics.frechet_distance(
        evaluator.features(real), evaluator.features(model.generate(20, seed=0))
    )
    np.testing.assert_array_equal(seen[-1], model.generate(20, seed=0))
    assert [row["coverage"] for row in log.rows] == pytest.approx(history["coverage"], nan_ok=True)
    written = [row["frechet"] for row in loss_log.read_log(csv)]
    assert written == pytest.approx(history["frechet"], nan_ok=True)


@pytest.mark.filterwarnings("ignore:Batch normalisation in the discriminator")  # averaged, it is
@pytest.mark.parametrize(
    "recipe", [pytest.param("paper", marks=pytest.mark.thorough), "modern"]
)  # estimated anew, with noise, in a copy
def test_scores_change_nothing_in_the_training(recipe):
    x = np.random.default_rng(0).uniform(-1, 1, (16, 8, 8, 1)).astype("float32")

    def train(*watching):
        keras.utils.set_random_seed(0)
        model = zoo.create("dcgan", recipe, "small", image_shape=(8, 8, 1))
        model.fit(x, batch_size=8, epochs=3, callbacks=list(watching), verbose=0)
        return model

    left_alone = train()
    scored = train(callbacks.Scores(lambda fake: {"mean": fake.mean()}, n=8, every=2))
    assert scored.history.history["mean"][0] == pytest.approx(0.0, abs=1.0)
    for a, b in zip(left_alone.variables, scored.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    for player, optimizer in left_alone.optimizers.items():
        for a, b in zip(optimizer.variables, scored.optimizers[player].variables, strict=True):
            np.testing.assert_array_equal(a, b)


def test_points_are_scored_by_their_modes():
    model = zoo.create("gan", image_shape=(2,), width=8)
    centers = [[0.0, 0.0], [9.0, 9.0]]

    def score(points):
        return dict(
            zip(("modes", "share"), metrics.mode_coverage(points, centers, 9.0), strict=False)
        )

    x = np.zeros((16, 2), "float32")
    judging = callbacks.Scores(score, n=50)
    history = model.fit(x, batch_size=8, callbacks=[judging], verbose=0).history
    assert history["modes"] == [1.0] and history["share"] == [1.0]


def test_scores_at_no_epoch_are_refused():
    with pytest.raises(ValueError, match="`every` should be at least 1. Received: every=0"):
        callbacks.Scores(len, n=8, every=0)
