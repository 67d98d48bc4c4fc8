"""Frozen classifiers whose features images are compared in.

The one for digits is small enough to ship: scikit-learn's `MLPClassifier((128, 64), alpha=1e-3,
random_state=0, max_iter=200)` fitted on all of `load_digits` / 16, which it classifies without an
error. `benchmarks/digits_evaluator.py` fits it and writes `digits_evaluator.npz`; here it is
computed in NumPy. Figures of different evaluators do not compare.
"""

from pathlib import Path

import numpy as np

from trainers.metrics.arrays import rows

FILES = {"digits": Path(__file__).with_name("digits_evaluator.npz")}


def evaluator(name):
    """Returns the `Evaluator` of that name, with its weights.

    Args:
        name: "digits".

    Raises:
        ValueError: there is none of that name; the sentence lists those there are.
    """
    if name not in FILES:
        raise ValueError(f"`name` should be one of {sorted(FILES)}. Received: name={name!r}")
    with np.load(FILES[name]) as weights:
        layers = range(len(weights.files) // 2)
        return Evaluator(name, [(weights[f"kernel_{i}"], weights[f"bias_{i}"]) for i in layers])


class Evaluator:
    """A multilayer perceptron with ReLUs on 8x8 grey images.

    Its methods take images of shape (n, 8s, 8s, 1) in [-1, 1], s = 1, 2, 3 …: the unit and the
    layout of a generator's output. They are clipped, brought to [0, 1] and averaged over s x s
    boxes. They raise ValueError for another shape, no image, a NaN or an infinity.
    """

    def __init__(self, name, layers):
        self.name = name
        self.layers = layers  # [(kernel (inputs, outputs), bias (outputs,)), …], the last linear

    def features(self, images):
        """Outputs of the last hidden layer, after its ReLU: (n, 64) for "digits"."""
        hidden = _pixels(images)
        for kernel, bias in self.layers[:-1]:
            hidden = np.maximum(hidden @ kernel + bias, 0.0)
        return hidden

    def logits(self, images):
        """log p(class | image) up to a constant per image: (n, classes)."""
        kernel, bias = self.layers[-1]
        return self.features(images) @ kernel + bias

    def classify(self, images):
        """The most likely class of each image: (n,) integers."""
        return self.logits(images).argmax(axis=1)


def _pixels(images):
    """Images (n, 8s, 8s, 1) in [-1, 1] -> (n, 64) in [0, 1]."""
    images = np.asarray(images)
    box = images.shape[1] // 8 if images.ndim == 4 else 0
    if box == 0 or images.shape[1:] != (8 * box, 8 * box, 1):
        raise ValueError(
            "`images` should be of shape (n, side, side, 1), the side a multiple of 8. "
            f"Received: images.shape={images.shape}"
        )
    (pixels,) = rows(images=images)
    pixels = np.clip(pixels / 2.0 + 0.5, 0.0, 1.0)
    return pixels.reshape(-1, 8, box, 8, box).mean(axis=(2, 4)).reshape(-1, 64)
