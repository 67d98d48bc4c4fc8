"""Stacked digits: three handwritten digits as red, green and blue, 1,000 modes.

After Stacked MNIST (Metz, Poole, Pfau, Sohl-Dickstein 2017, "Unrolled Generative Adversarial
Networks", https://arxiv.org/abs/1611.02163), with the 8x8 digits of scikit-learn (Alpaydin, Kaynak
1998, https://doi.org/10.24432/C50P49). `train` stacks the 1,297 train images of the dataset
`digits` and `test` its 500 test images.

The three classes are drawn, and then an image of each: all modes are equally likely. 26,000
perfect samples are expected to have all 1,000 modes, and a divergence KL(samples, uniform) of
999/52,000.
"""

import functools

import numpy as np

from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples, splits, stream

COUNTS = splits(train=26_000, test=5_000)


@functools.cache
def _digits():
    """Returns split -> (images uint8 (n, 8, 8) of 0 … 16, labels (n,)), divided as `digits` is."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, labels = load_digits(return_X_y=True)
    images = pixels.reshape(-1, 8, 8).astype(np.uint8)
    train, test, train_labels, test_labels = train_test_split(
        images, labels, test_size=500, random_state=0, stratify=labels
    )
    return {"train": (train, train_labels), "test": (test, test_labels)}


def _draw(split, count):
    images, labels = _digits()[split]
    rng = stream("stacked_digits", split)
    digits = rng.integers(10, size=(COUNTS[split], 3))[:count]
    share = rng.random((COUNTS[split], 3))[:count]  # which image of its class
    by_class = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    first = np.cumsum(sizes) - sizes  # of each class
    chosen = by_class[first[digits] + (share * sizes[digits]).astype(int)]
    x = np.moveaxis(images[chosen], 1, -1)
    factors = dict(zip(("first", "second", "third"), digits.T.astype(np.int32), strict=True))
    y = 100 * factors["first"] + 10 * factors["second"] + factors["third"]
    return Samples(np.ascontiguousarray(x), y, factors)


DATASETS = (
    BuiltinDataset(
        name="stacked_digits",
        description=(
            "Three handwritten 8x8 digits of scikit-learn as the channels of one image, 1,000 "
            "modes, after Stacked MNIST (Metz, Poole, Pfau, Sohl-Dickstein: Unrolled GAN, 2017, "
            "https://arxiv.org/abs/1611.02163)."
        ),
        shape=(8, 8, 3),
        levels=16,
        y_shape=(),
        class_names=tuple(f"{k:03d}" for k in range(1000)),
        splits=COUNTS,
        factors={
            "first": Factor("the digit in red, 0 … 9", dtype="int32"),
            "second": Factor("the digit in green, 0 … 9", dtype="int32"),
            "third": Factor("the digit in blue, 0 … 9", dtype="int32"),
        },
        draw=_draw,
    ),
)
