"""Data of which few samples have a label, and what classifies them.

data = semi_supervised.LabelledData.of({"dataset": "digits", "labels_per_class": 5, …})
model.fit(data.stream(turns=1), …)
semi_supervised.class_probabilities(model)(data.test)    # class probabilities
semi_supervised.linear_probe(gan, data)(data.test)    # those of a linear SVM on its features
"""

import dataclasses

import numpy as np
import tensorflow as tf
from scipy.special import log_softmax, softmax
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import LinearSVC

from trainers import command_line, datasets

SUPERVISED_ONLY = {  # rules by which a model's classifier learns from labels only
    "semi_supervised": {
        "turns": {"generator": 0},
        "loss_weights": {"discriminator_unlabelled": 0.0},
    },
    "aae": {
        "turns": {"discriminator": 0, "encoder": 0},
        "loss_weights": {"autoencoder_reconstruction": 0.0},
    },
}
MAX_SPREAD = 5_000  # images among which labels are spread: a matrix of 200 MB
TEST = ("test", "validation")  # splits that are held out


def choose_labelled(labels, per_class, seed=0):
    """Which samples keep their label: as many of each class, drawn by the seed.

    Args:
        labels: class numbers, shape (n,).
        per_class: how many of each class.

    Returns:
        Sorted rows, shape (classes · per_class,).

    Raises:
        ValueError: when a class has fewer samples.

    Example:
        >>> rows = choose_labelled(np.arange(50) % 10, per_class=2)
        >>> np.bincount(rows % 10)
        array([2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    if not 1 <= per_class <= counts.min():
        raise ValueError(
            f"`per_class` should be from 1 to {counts.min()}, which the rarest class has. "
            f"Received: per_class={per_class}"
        )
    rows = [rng.choice(np.flatnonzero(labels == k), per_class, replace=False) for k in classes]
    return np.sort(np.concatenate(rows))


def stream(unlabelled, x, y, seed=0, first=0):
    """Endless batches (x, y) of which every second sample has a label, the others -1.

    The labelled ones of a batch are drawn with replacement by (seed, number of the batch), so that
    a training which is resumed sees what it would have seen.

    Args:
        unlabelled: a tf.data.Dataset of batches of samples without labels, such as
            `datasets.load(…)`; each of its iterations is an epoch.
        x, y: the samples with a label, (n, …), and their class numbers (n,).
        seed: of the draws.
        first: the number of the first batch: those that were seen before.

    Returns:
        A tf.data.Dataset of (x, y), twice as many as a batch of `unlabelled` has.

    Example:
        >>> others = tf.data.Dataset.from_tensor_slices(np.zeros((8, 2), "float32")).batch(4)
        >>> batches = stream(others, np.ones((3, 2), "float32"), np.array([5, 6, 7]))
        >>> x, y = next(iter(batches))
        >>> x.shape, bool(tf.reduce_all(y[1::2] == -1)), bool(tf.reduce_all(y[::2] >= 5))
        (TensorShape([8, 2]), True, True)
    """
    x, y = tf.constant(x), tf.constant(y, "int32")

    def joined(number, others):
        many = tf.shape(others)[0]
        rows = tf.random.stateless_uniform((many,), (seed, number), 0, len(y), "int32")
        pairs = (tf.gather(x, rows), others), (tf.gather(y, rows), tf.fill((many,), -1))
        return tuple(_in_turn(*pair) for pair in pairs)

    numbers = tf.data.Dataset.counter(start=first)
    return tf.data.Dataset.zip(numbers, unlabelled.repeat()).map(joined)


def _in_turn(a, b):
    """One of the first, one of the second, …: each part that a batch is dealt into has both."""
    return tf.reshape(tf.stack([a, b], axis=1), (-1, *a.shape[1:]))


@dataclasses.dataclass(frozen=True)
class LabelledData:
    """A dataset of which few samples have a label.

    Attributes:
        settings: a dict with dataset, image_size, batch_size, seed and labels_per_class.
        data_dir: as the flag.
        info: `datasets.Info`.
        x, y: the samples with a label, and their class numbers.
        others: all samples to train on, without labels.
        test, test_labels: what is held out.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
        >>> data = LabelledData.of(settings | {"labels_per_class": 5})
        >>> data.x.shape, data.test.shape
        ((50, 8, 8, 1), (500, 8, 8, 1))
    """

    settings: dict
    data_dir: str | None
    info: object
    x: np.ndarray
    y: np.ndarray
    others: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def of(cls, settings, data_dir=None):
        """The data of settings.

        Raises:
            ValueError: there are none of that name, they are no images, have no classes, or nothing
                is held out.
        """
        name, size = settings["dataset"], settings["image_size"]
        with command_line.flag_errors("dataset"):
            info = datasets.info(name, size, data_dir)
            held_out = next((split for split in TEST if split in info.splits), None)
            if len(info.shape) != 3 or not info.classes or held_out is None:
                raise ValueError(
                    "The dataset should hold images of several classes, some of them held out. "
                    f"Received: {info.name}, which does not."
                )
            everything, labels = datasets.arrays(name, "train", size, data_dir)
            test = datasets.arrays(name, held_out, size, data_dir)
        with command_line.flag_errors("labels_per_class"):
            rows = choose_labelled(labels, settings["labels_per_class"], settings["seed"])
        return cls(settings, data_dir, info, everything[rows], labels[rows], everything, *test)

    def stream(self, turns, start=(0, 0)):
        """Batches to train on, half of them labelled, from (epoch, batch) `start`."""
        name, split, half = self.settings["dataset"], "train", self.settings["batch_size"] // 2
        size, seed = self.settings["image_size"], self.settings["seed"]
        others = datasets.load(name, split, half, turns, False, size, self.data_dir, seed, start)
        first = start[0] * self.in_epoch(turns) + start[1]
        return stream(others, self.x, self.y, seed, first)

    def in_epoch(self, turns):
        """Batches in an epoch of those without labels."""
        return len(self.others) // (self.settings["batch_size"] // 2 * turns)


def class_probabilities(model):
    """A function from images to class probabilities (n, classes), of a model that classifies.

    Example:
        >>> import zoo
        >>> model = zoo.create("semi_supervised", scale="small", image_shape=(8, 8, 1))
        >>> class_probabilities(model)(np.zeros((3, 8, 8, 1))).sum(axis=1)
        array([1., 1., 1.], dtype=float32)
    """
    return lambda x: softmax(model.classify(x), axis=1)


def linear_probe(model, data):
    """The same by a linear SVM, fitted to the features of the samples with a label: the softmax of
    how far a sample lies within each class, times what makes left-out labels likeliest (Guo et al.
    2017, §4.2, https://arxiv.org/abs/1706.04599); with one label a class none can be left out.

    Args:
        model: one of the zoo that has `features` of images.
        data: a `LabelledData`.

    Example:
        >>> import zoo
        >>> model = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1))
        >>> settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
        >>> data = LabelledData.of(settings | {"labels_per_class": 10})
        >>> found = linear_probe(model, data)(data.test).argmax(axis=1)
        >>> bool(np.mean(found == data.test_labels) > 0.7)
        True
    """
    features, seed = model.features(data.x), data.settings["seed"]
    fitted = linear_svm(features, data.y, seed)
    sharpness = _sharpness(features, data.y, seed)

    def answers(x):
        return softmax(sharpness * _within(fitted.decision_function(model.features(x))), axis=1)

    return answers


def _within(margins):
    """How far samples lie within each class: of two, an SVM says how far within the second."""
    return margins if margins.ndim == 2 else np.stack([-margins, margins], axis=1)


def _sharpness(x, y, seed):
    folds = min(5, np.bincount(y)[np.unique(y)].min())
    if folds < 2:
        return 1.0
    margins = cross_val_predict(_svm(seed), x, y, cv=folds, method="decision_function")
    left_out = _within(margins)
    rows, columns = np.arange(len(y)), np.searchsorted(np.unique(y), y)
    likelihood = {
        times: log_softmax(times * left_out, axis=1)[rows, columns].sum()
        for times in np.geomspace(0.5, 50.0, 41)
    }
    return max(likelihood, key=likelihood.get)


def linear_svm(x, y, seed=0):
    """A linear SVM of features at length 1, one class against the others.

    Example:
        >>> linear_svm([[1.0, 0.0], [0.0, 1.0]], [3, 7]).predict([[5.0, 1.0]])
        array([3])
    """
    return _svm(seed).fit(x, y)


def _svm(seed):
    return make_pipeline(Normalizer(), LinearSVC(random_state=seed))


def label_spreading_accuracy(data):
    """The accuracy of label spreading (Zhou, Bousquet, Lal, Weston, Schölkopf 2004) on pixels in
    [0, 1], by a Gaussian of γ = 4 at 64 pixels, among `MAX_SPREAD` images at most.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
        >>> label_spreading_accuracy(LabelledData.of(settings | {"labels_per_class": 10})) > 0.9
        True
    """
    others = data.others[np.random.default_rng(0).permutation(len(data.others))[:MAX_SPREAD]]
    y = np.concatenate([data.y, np.full(len(others), -1)])
    x = np.concatenate([data.x, others])
    x, test = (part.reshape(len(part), -1) / 2.0 + 0.5 for part in (x, data.test))
    spread = LabelSpreading(kernel="rbf", gamma=256.0 / x.shape[1]).fit(x, y)
    return float(spread.score(test, data.test_labels))
