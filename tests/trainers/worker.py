"""One of the processes of workers_test.py: python -m tests.trainers.worker '{"folder": …}'."""

import json
import sys

import keras
from keras.optimizers import SGD

import zoo
from trainers import datasets, devices, runs
from trainers.objectives import Wasserstein
from trainers.penalties import GradientPenalty

TURNS = 2
BATCH = 20
BATCHES = 500 // (BATCH * TURNS)


def load(start=(0, 0)):
    return datasets.load("digits", "test", batch_size=BATCH, turns=TURNS, image_size=4, start=start)


def play(folder, steps, resume=False, workers=None, worker=0, strategy=None, seed=0):
    """Trains a small GAN on digits by SGD without momentum, and returns the model."""
    strategy = strategy or devices.strategy("auto", workers, worker)
    devices.check_agreement(strategy, {"steps": steps, "seed": seed})
    keras.utils.set_random_seed(seed)
    with strategy.scope():
        model = zoo.GAN(image_shape=(4, 4, 1), width=8, latent_dim=2)
        model.compile(
            objective=Wasserstein(),
            penalties=[GradientPenalty()],
            turns={"discriminator": TURNS},
            optimizers={"discriminator": SGD(0.02), "generator": SGD(0.02)},
            steps_per_execution=2,
        )
    run = runs.Run(folder, {"batch_size": BATCH}, steps, resume, strategy=strategy)
    run.train(model, load, BATCHES)
    if run.is_chief:
        run.finish(model, {})
    return model


def epoch(strategy):
    """The samples of an epoch that this worker sees, as lists."""
    data = load()
    if strategy is not None:
        data = strategy.experimental_distribute_dataset(data)
    return [image.ravel().tolist() for x in data for image in local(strategy, x)]


def local(strategy, x):
    """A worker's part of a batch."""
    parts = [x] if strategy is None else strategy.experimental_local_results(x)
    return [image for part in parts for image in part.numpy()]


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    strategy = devices.strategy("auto", arguments.pop("workers", None), arguments.pop("worker", 0))
    play(strategy=strategy, **arguments)
    seen = epoch(strategy)
    print(json.dumps({"writes": devices.is_chief(strategy), "epoch": seen}))
