"""Scores of encoders that invert a generator, shared by the rows of families with an encoder.

All are measured on digits, 1,297 for training and 500 held out, and compared with principal
components.
"""

import dataclasses

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

import zoo
from benchmarks.shared import acceptance
from trainers import datasets, metrics
from trainers.imaging import grids


@dataclasses.dataclass(frozen=True)
class Digits:
    """Both splits of the digits: images in [-1, 1] and class numbers.

    Example:
        >>> digits = Digits.load()
        >>> digits.train.shape, digits.test.shape
        ((1297, 8, 8, 1), (500, 8, 8, 1))
    """

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def load(cls):
        return cls(*datasets.arrays("digits", "train"), *datasets.arrays("digits", "test"))


@acceptance.cache_trained
def trained(name, recipe, steps, seed, batch_size=64, split="train", changes=None, **arguments):
    """Returns a small model of a family, trained for `steps` steps on a split of the digits.

    Args:
        name: of the family.
        recipe: "paper" or "modern".
        steps: how many train steps.
        seed: of weights, noise and order.
        batch_size: images in a batch.
        split: of the digits.
        changes: a dict of arguments of `compile` that replace those of the recipe.
        **arguments: of the constructor; with `classes` the model is trained with labels.
    """
    keras.utils.set_random_seed(seed)
    model = zoo.create(name, scale="small", image_shape=(8, 8, 1), **arguments)
    data = datasets.load("digits", split, batch_size, labels="classes" in arguments, seed=seed)
    acceptance.train(model, recipe, data, steps, **(changes or {}))
    return model


def score_reconstruction(codes, reconstructions, digits):
    """Returns the scores of reconstructions and codes of the test split.

    Args:
        codes: (train codes, test codes), each (n, d).
        reconstructions: reconstructions of the test split, in [-1, 1].

    Returns:
        A dict: `mse`, of pixels in [0, 1]; `agreement`, how often a classifier sees the same digit
        in the reconstruction; `one_nn`, the accuracy of the nearest neighbour among train codes.
    """
    evaluator = metrics.evaluator("digits")
    seen = evaluator.classify(np.clip(reconstructions, -1.0, 1.0))
    neighbours = KNeighborsClassifier(1).fit(codes[0], digits.train_labels)
    return {
        "mse": mse(digits.test, reconstructions),
        "agreement": float(np.mean(seen == evaluator.classify(digits.test))),
        "one_nn": float(neighbours.score(codes[1], digits.test_labels)),
    }


def mse(x, y):
    """Returns the mean squared difference of images in [-1, 1], as pixels in [0, 1].

    Example:
        >>> mse(np.zeros((1, 8, 8, 1)), np.ones((1, 8, 8, 1)))
        0.25
    """
    return float(np.mean(np.square(np.clip(x, -1.0, 1.0) - np.clip(y, -1.0, 1.0))) / 4.0)


def score_model(model, digits):
    """Returns two dicts: the scores of a model with an encoder, and notes on codes and samples."""
    codes = model.encode(digits.train), model.encode(digits.test)
    found = score_reconstruction(codes, model.reconstruct(digits.test), digits)
    evaluator = metrics.evaluator("digits")
    fake = model.generate(len(digits.test), seed=0)
    shuffled = np.random.default_rng(0).permutation(digits.test)
    notes = {
        "mean_of_codes": float(np.abs(codes[1].mean(axis=0)).mean()),
        "std_of_codes": float(codes[1].std()),
        "mse_of_random_pairs": mse(shuffled, model.reconstruct(digits.test)),
        "frechet": metrics.score(digits.test, fake, evaluator)["frechet"],
    }
    return found, notes


def score_components(digits, count):
    """Returns the scores of `score_reconstruction` for `count` principal components."""
    flat = digits.train.reshape(len(digits.train), -1)
    pca = PCA(count, random_state=0).fit(flat)
    codes = pca.transform(flat), pca.transform(digits.test.reshape(len(digits.test), -1))
    reconstructions = pca.inverse_transform(codes[1]).reshape(digits.test.shape)
    return score_reconstruction(codes, reconstructions, digits)


def mmd(x, y, gamma=None):
    """Returns the unbiased MMD² with the kernel exp(-γ‖x - y‖²), γ = 1/(2d) by default.

    Source: Gretton et al. 2012, "A Kernel Two-Sample Test", eq. 3.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 1000, 8))
        >>> abs(mmd(x, y)) < 0.002 < mmd(x, y + 0.2)
        True
    """
    gamma = 0.5 / x.shape[1] if gamma is None else gamma

    def kernel(a, b):
        square = np.sum(a**2, 1)[:, None] + np.sum(b**2, 1)[None] - 2.0 * a @ b.T
        return np.exp(-gamma * np.maximum(square, 0.0))

    def within(a):
        return (kernel(a, a).sum() - len(a)) / (len(a) * (len(a) - 1))

    return float(within(x) + within(y) - 2.0 * kernel(x, y).mean())


def picture(x, models, columns=16):
    """Returns a picture of images and, below them, the reconstructions of several models.

    Args:
        x: held-out images, (n, h, w, 1) in [-1, 1].
        models: name -> model.
        columns: how many to show.

    Returns:
        A `PIL.Image.Image`.
    """
    rows = [x[:columns], *(model.reconstruct(x[:columns]) for model in models.values())]
    return grids.grid(rows, labels=["held out", *models])
