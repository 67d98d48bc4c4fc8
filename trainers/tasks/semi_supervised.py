"""Semi-supervised classification: data of which few samples have a label, classifiers, baselines.

data = semi_supervised.LabelledData.of({"dataset": "digits", "labels_per_class": 5, …})
model.fit(data.batches(batch_size=100), …)
semi_supervised.class_probabilities(model)(data.test)
semi_supervised.linear_probe(gan, data)(data.test)    # by a linear SVM on features of a GAN
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

from trainers import datasets, metrics

SUPERVISED_ONLY = {  # compile arguments with which a classifier learns from labels only
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


def choose_labelled(labels, labels_per_class, seed=0):
    """Chooses the samples that keep their label: equally many of each class, at random.

    Args:
        labels: class numbers, shape (n,).
        labels_per_class: how many samples of each class.
        seed: of the choice.

    Returns:
        Sorted rows, shape (classes · labels_per_class,).

    Raises:
        ValueError: when a class has fewer samples.

    Example:
        >>> rows = choose_labelled(np.arange(50) % 10, labels_per_class=2)
        >>> np.bincount(rows % 10)
        array([2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    if not 1 <= labels_per_class <= counts.min():
        raise ValueError(
            f"`labels_per_class` should be from 1 to {counts.min()}, the size of the rarest class. "
            f"Received: labels_per_class={labels_per_class}"
        )
    chosen = [
        rng.choice(np.flatnonzero(labels == k), labels_per_class, replace=False) for k in classes
    ]
    return np.sort(np.concatenate(chosen))


def mixed_batches(unlabelled, x, y, seed=0, first=0):
    """Endless batches (x, y) of which every second sample has a label, the others -1.

    The labelled samples of a batch are drawn with replacement by (seed, number of the batch), so
    that a training that is resumed goes on with the same batches.

    Args:
        unlabelled: a tf.data.Dataset of batches of samples without labels, such as
            `datasets.load(…)`; each iteration over it is an epoch.
        x, y: the samples with a label, (n, …), and their class numbers (n,).
        seed: of the draws.
        first: the number of the first batch.

    Returns:
        A tf.data.Dataset of (x, y), with twice as many samples as a batch of `unlabelled`.

    Example:
        >>> others = tf.data.Dataset.from_tensor_slices(np.zeros((8, 2), "float32")).batch(4)
        >>> batches = mixed_batches(others, np.ones((3, 2), "float32"), np.array([5, 6, 7]))
        >>> x, y = next(iter(batches))
        >>> x.shape, bool(tf.reduce_all(y[1::2] == -1)), bool(tf.reduce_all(y[::2] >= 5))
        (TensorShape([8, 2]), True, True)
    """
    x, y = tf.constant(x), tf.constant(y, "int32")

    def joined(number, others):
        many = tf.shape(others)[0]
        rows = tf.random.stateless_uniform((many,), (seed, number), 0, len(y), "int32")
        pairs = (tf.gather(x, rows), others), (tf.gather(y, rows), tf.fill((many,), -1))
        return tuple(_interleaved(*pair) for pair in pairs)

    numbers = tf.data.Dataset.counter(start=first)
    return tf.data.Dataset.zip(numbers, unlabelled.repeat()).map(joined)


def _interleaved(a, b):
    """a[0], b[0], a[1], …: each sub-batch that a batch is split into has samples of both."""
    return tf.reshape(tf.stack([a, b], axis=1), (-1, *a.shape[1:]))


@dataclasses.dataclass(frozen=True)
class LabelledData:
    """A dataset of which few samples have a label: a `TrainingData`.

    Attributes:
        settings: a dict with dataset, image_size, seed and labels_per_class.
        source: the dataset, as `datasets.open` returns it.
        info: `datasets.Info`.
        x, y: the samples with a label, (n, h, w, c) in [-1, 1], and their class numbers (n,).
        others: all samples to train on, without labels.
        test, test_labels: the samples that are held out, and their class numbers.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "seed": 0, "labels_per_class": 5}
        >>> data = LabelledData.of(settings)
        >>> data.x.shape, data.test.shape
        ((50, 8, 8, 1), (500, 8, 8, 1))
    """

    settings: dict
    source: object
    info: object
    x: np.ndarray
    y: np.ndarray
    others: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray

    @classmethod
    def of(cls, settings, data_dir=None):
        """Returns the data of settings.

        Raises:
            ValueError: there is no such dataset, it holds no images, has fewer than two classes, or
                no split is held out; or a class has fewer samples than labels are to be kept.
        """
        source = datasets.open(settings["dataset"], settings["image_size"], data_dir)
        info = source.info()
        held_out = next((split for split in TEST if split in info.splits), None)
        if len(info.shape) != 3 or (info.classes or 0) < 2 or held_out is None:
            raise ValueError(
                "`dataset` should hold images of two classes or more, some of them held out. "
                f"Received: {info.name}, with {info.classes or 'no'} classes, "
                f"splits {', '.join(info.splits)}, and samples of shape {info.shape}."
            )
        everything, labels = source.arrays("train")
        test = source.arrays(held_out)
        rows = choose_labelled(labels, settings["labels_per_class"], settings["seed"])
        return cls(settings, source, info, everything[rows], labels[rows], everything, *test)

    @property
    def model_kwargs(self):
        """`image_shape` and `classes`."""
        return {"image_shape": self.info.shape, "classes": self.info.classes}

    @property
    def class_names(self):
        """The names of the classes, or their numbers as text."""
        return [str(name) for name in self.info.class_names or range(self.info.classes)]

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many batches the samples without labels fill."""
        return len(self.others) // (batch_size // 2 * turns)

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns endless batches (x, y), half of them labelled: see `mixed_batches`.

        Raises:
            ValueError: for an odd `batch_size`, and for one that is too large.
        """
        if batch_size % 2:
            raise ValueError(
                "`batch_size` should be even, since half of a batch is labelled. "
                f"Received: batch_size={batch_size}"
            )
        others = self.source.load("train", batch_size // 2, turns, seed=seed, start=start)
        first = start[0] * self.batches_per_epoch(batch_size, turns) + start[1]
        return mixed_batches(others, self.x, self.y, seed, first)


def class_probabilities(model):
    """Returns a function from images to class probabilities (n, classes), of a model that
    classifies.

    Example:
        >>> import zoo
        >>> model = zoo.create("semi_supervised", scale="small", image_shape=(8, 8, 1))
        >>> class_probabilities(model)(np.zeros((3, 8, 8, 1))).sum(axis=1)
        array([1., 1., 1.], dtype=float32)
    """
    return lambda x: softmax(model.classify(x), axis=1)


def linear_probe(model, data):
    """Returns a function from images to class probabilities (n, classes), by a linear SVM on
    features of a model.

    The SVM is fitted to the samples with a label. Probabilities are the softmax of its margins
    times the factor that maximises the likelihood of left-out labels (Guo et al. 2017, §4.2,
    https://arxiv.org/abs/1706.04599); with one label a class none can be left out, and it is 1.

    Args:
        model: a model of the zoo that has `features` of images.
        data: a `LabelledData`.

    Example:
        >>> import zoo
        >>> model = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1))
        >>> settings = {"dataset": "digits", "image_size": None, "seed": 0, "labels_per_class": 10}
        >>> data = LabelledData.of(settings)
        >>> classes = linear_probe(model, data)(data.test).argmax(axis=1)
        >>> bool(np.mean(classes == data.test_labels) > 0.7)
        True
    """
    features, seed = model.features(data.x), data.settings["seed"]
    fitted = linear_svm(features, data.y, seed)
    sharpness = _sharpness(features, data.y, seed)

    def probabilities(x):
        return softmax(sharpness * _margins(fitted.decision_function(model.features(x))), axis=1)

    return probabilities


def _margins(margins):
    """The margin of each class, (n, classes): of two classes an SVM has that of the second only."""
    return margins if margins.ndim == 2 else np.stack([-margins, margins], axis=1)


def _sharpness(x, y, seed):
    folds = min(5, np.bincount(y)[np.unique(y)].min())
    if folds < 2:
        return 1.0
    margins = cross_val_predict(_svm(seed), x, y, cv=folds, method="decision_function")
    left_out = _margins(margins)
    rows, columns = np.arange(len(y)), np.searchsorted(np.unique(y), y)
    likelihood = {
        times: log_softmax(times * left_out, axis=1)[rows, columns].sum()
        for times in np.geomspace(0.5, 50.0, 41)
    }
    return max(likelihood, key=likelihood.get)


def linear_svm(x, y, seed=0):
    """Fits a linear SVM, one class against the others, to features scaled to length 1.

    Example:
        >>> linear_svm([[1.0, 0.0], [0.0, 1.0]], [3, 7]).predict([[5.0, 1.0]])
        array([3])
    """
    return _svm(seed).fit(x, y)


def _svm(seed):
    return make_pipeline(Normalizer(), LinearSVC(random_state=seed))


def label_spreading_accuracy(data):
    """Accuracy on the test split of label spreading (Zhou, Bousquet, Lal, Weston, Schölkopf 2004),
    a baseline: on pixels in [0, 1], by a Gaussian of γ = 4 at 64 pixels, among at most `MAX_SPREAD`
    images.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "seed": 0, "labels_per_class": 10}
        >>> label_spreading_accuracy(LabelledData.of(settings)) > 0.9
        True
    """
    others = data.others[np.random.default_rng(0).permutation(len(data.others))[:MAX_SPREAD]]
    y = np.concatenate([data.y, np.full(len(others), -1)])
    x = np.concatenate([data.x, others])
    x, test = (part.reshape(len(part), -1) / 2.0 + 0.5 for part in (x, data.test))
    spread = LabelSpreading(kernel="rbf", gamma=256.0 / x.shape[1]).fit(x, y)
    return float(spread.score(test, data.test_labels))


def accuracy(data, probabilities):
    """Accuracy on the test split: the share of samples whose likeliest class is the true one.

    Args:
        data: a `LabelledData`.
        probabilities: (n, classes), of the samples of the test split.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "seed": 0, "labels_per_class": 1}
        >>> data = LabelledData.of(settings)
        >>> accuracy(data, np.eye(10)[data.test_labels])
        1.0
    """
    return float(np.mean(probabilities.argmax(axis=1) == data.test_labels))


def scores(data, probabilities, references):
    """Scores of class probabilities of the test split, compared with baselines.

    Args:
        data: a `LabelledData`.
        probabilities: (n, classes).
        references: name of a baseline -> accuracy.

    Returns:
        A dict of labels, class_names, accuracy, calibration_error, references and verdicts: see
        `metrics.verdict`.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "seed": 0, "labels_per_class": 1}
        >>> data = LabelledData.of(settings)
        >>> scores(data, np.eye(10)[data.test_labels], {"chance": 0.1})["verdicts"]
        {'chance': 'beats'}
    """
    ours = accuracy(data, probabilities)
    return {
        "labels": len(data.y),
        "class_names": data.class_names,
        "accuracy": ours,
        "calibration_error": metrics.calibration_error(probabilities, data.test_labels),
        "references": references,
        "verdicts": {name: metrics.verdict(ours, other) for name, other in references.items()},
    }
