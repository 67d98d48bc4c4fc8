"""What to learn from: worlds that need no download, anyone's folder of images, and TFDS's names.

    from trainers import datasets

    datasets.list_datasets()                               # ["captions", "digits", …]
    data = datasets.load("digits", batch_size=64, turns=2, image_size=32)
    model.fit(data, epochs=10)                             # each epoch in another order
    data = datasets.load("~/photos", image_size=64)        # any formats and sizes
    x, y = datasets.arrays("digits", split="test")         # the whole split, for scores
    datasets.factors("glyphs", split="test")               # what each was drawn from
    datasets.info("ring").centers                          # the truth, where it is known

Images are float32 in [-1, 1], shape (n, h, w, c); voxels float32 of 0 and 1, (n, d, h, w, 1);
points float32, (n, d), unscaled. Neither `list_datasets` nor `info` of a world, nor the import,
loads TensorFlow.
"""

from trainers.datasets.catalog import list_datasets, open
from trainers.datasets.loading import arrays, factors, info, load
from trainers.datasets.source import Info, Source

__all__ = ["Info", "Source", "arrays", "factors", "info", "list_datasets", "load", "open"]
