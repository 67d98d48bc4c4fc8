"""Stacked digits are digits of scikit-learn, each split's own, and all modes are equally likely."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@pytest.fixture(scope="module")
def source():
    """split -> bytes of an image -> its label."""
    pixels, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        pixels.astype(np.uint8), labels, test_size=500, random_state=0, stratify=labels
    )
    return {
        split: {image.tobytes(): int(label) for image, label in zip(x, y, strict=True)}
        for split, x, y in (("train", train, train_labels), ("test", test, test_labels))
    }


@pytest.mark.parametrize("split", ["train", "test"])
def test_channels_are_digits_of_the_split_and_the_label_counts_them(split, source, read):
    samples = read("stacked_digits", split)
    names = ("first", "second", "third")
    for channel, name in enumerate(names):
        digits = np.ascontiguousarray(samples.x[..., channel])[:2000]
        found = [source[split].get(image.tobytes()) for image in digits]
        assert found == samples.factors[name][:2000].tolist()
    written = ["".join(map(str, row)) for row in zip(*samples.factors.values(), strict=True)]
    assert [int(number) for number in written] == samples.y.tolist()


def test_modes_are_equally_likely(read):
    y = read("stacked_digits", "train").y
    counts = np.bincount(y, minlength=1000)
    assert counts.min() > 0
    shares = counts / len(y)
    # of samples from the uniform distribution: (modes - 1)/(2 · samples)
    divergence = (shares * np.log(shares * 1000)).sum()
    assert divergence == pytest.approx(999 / 52_000, rel=0.15)


def test_every_image_of_a_class_is_used(source, read):
    reds = read("stacked_digits", "train").x[..., 0]
    used = {image.tobytes() for image in np.ascontiguousarray(reds)}
    assert used == set(source["train"])
