"""Datasets to train on: built-in ones, which need no download, folders of images, and TFDS's.

    from trainers import datasets

    datasets.list_datasets()                               # ["captions", "digits", …]
    data = datasets.load("digits", batch_size=64, turns=2, image_size=32)
    model.fit(data, epochs=10)                             # each epoch in another order
    data = datasets.load("~/photos", image_size=64)        # any formats and sizes
    x, y = datasets.arrays("digits", split="test")         # all of a split, for scores
    datasets.factors("glyphs", split="test")               # the factors each was drawn from
    datasets.info("ring").centers                          # known facts, such as the means
    source = datasets.open("~/photos", image_size=64)      # opened once, then read many times
    source.load("train"), source.arrays("test")

Images are float32 in [-1, 1], shape (n, h, w, c); voxels float32 of 0 and 1, (n, d, h, w, 1);
points float32, (n, d), unscaled. Neither `list_datasets` nor `info` of a built-in dataset, nor the
import, loads TensorFlow.
"""

from trainers.datasets.catalog import list_datasets, open
from trainers.datasets.loading import arrays, factors, info, load
from trainers.datasets.source import Info, Source

__all__ = ["Info", "Source", "arrays", "factors", "info", "list_datasets", "load", "open"]
