"""Evaluators: frozen classifiers, in whose feature space images are compared.

The one for digits is small enough to ship: scikit-learn's `MLPClassifier((128, 64), alpha=1e-3,
random_state=0, max_iter=200)` fitted on all of `load_digits` / 16, with a training accuracy of 1.
`benchmarks/digits_evaluator.py` fits it and writes `digits_evaluator.npz`; here it is computed in
NumPy. Figures of different evaluators are not comparable.
"""

from pathlib import Path

import numpy as np

from trainers.metrics.arrays import row_chunks, validate
from trainers.metrics.classifier import Classifier
from trainers.metrics.inception_network import Inception

FILES = {"digits": Path(__file__).with_name("digits_evaluator.npz")}


def evaluator(name):
    """Returns the evaluator of a name, with weights.

    Args:
        name: "digits", for 8s x 8s grey images; or "inception", for any, see `Inception`.

    Raises:
        ValueError: there is no evaluator of that name, the message lists those there are; or the
            weights cannot be fetched.

    >>> import numpy as np
    >>> evaluator("digits").features(np.zeros((5, 8, 8, 1))).shape
    (5, 64)
    """
    if name == "inception":
        return Inception()
    if name not in FILES:
        known = sorted([*FILES, "inception"])
        raise ValueError(f"`name` should be one of {known}. Received: name={name!r}")
    with np.load(FILES[name]) as weights:
        layers = range(len(weights.files) // 2)
        return Evaluator(name, [(weights[f"kernel_{i}"], weights[f"bias_{i}"]) for i in layers])


class Evaluator(Classifier):
    """A multilayer perceptron with ReLUs on 8x8 grey images.

    The methods take images of shape (n, 8s, 8s, 1) in [-1, 1], s = 1, 2, 3 …, as a generator
    returns them, which are clipped, scaled to [0, 1] and averaged over s x s boxes. The methods
    raise ValueError for another shape, no image, a NaN or an infinity.

    >>> import numpy as np
    >>> double = Evaluator("double", [(np.eye(64), np.zeros(64)), (np.eye(64), np.ones(64))])
    >>> double.logits(np.zeros((1, 16, 16, 1)))[0, :3]  # grey is ½
    array([1.5, 1.5, 1.5])
    """

    def __init__(self, name, layers):
        self.name = name
        # [(kernel (inputs, outputs), bias (outputs,)), …], all with a ReLU but the last
        *self.hidden, (self.kernel, self.bias) = layers

    def features(self, images):
        """Returns the outputs of the last hidden layer, after the ReLU: (n, 64) for "digits"."""
        images = _checked(images)
        return np.concatenate([self._hidden(_pixels(images[part])) for part in row_chunks(images)])

    def _hidden(self, outputs):
        for kernel, bias in self.hidden:
            outputs = np.maximum(outputs @ kernel + bias, 0.0)
        return outputs


def _checked(images):
    images = np.asarray(images)
    box = images.shape[1] // 8 if images.ndim == 4 else 0
    if box == 0 or images.shape[1:] != (8 * box, 8 * box, 1):
        raise ValueError(
            "`images` should be of shape (n, side, side, 1), the side a multiple of 8. "
            f"Received: images.shape={images.shape}"
        )
    validate(images=images)
    return images


def _pixels(images):
    """Scales images (n, 8s, 8s, 1) in [-1, 1] to (n, 64) in [0, 1]."""
    box = images.shape[1] // 8
    pixels = np.clip(images.astype(np.float64) / 2.0 + 0.5, 0.0, 1.0)
    return pixels.reshape(-1, 8, box, 8, box).mean(axis=(2, 4)).reshape(-1, 64)
