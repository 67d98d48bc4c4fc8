"""What to learn from: small worlds that need no download, as streams of batches ready for `fit`.

    from trainers import datasets

    datasets.list_datasets()                               # ["digits", "grid", "ring"]
    data = datasets.load("digits", batch_size=64, turns=2, image_size=32)
    model.fit(data, epochs=10)                             # each epoch in another order
    x, y = datasets.arrays("digits", split="test")         # the whole split, for scores
    datasets.info("ring").centers                          # the truth, where it is known

Images are float32 in [-1, 1], shape (n, h, w, c); points are float32, shape (n, 2), unscaled.
Neither `list_datasets` nor `info`, nor the import, loads TensorFlow.
"""

from trainers.datasets.catalog import Info, info, list_datasets
from trainers.datasets.loading import arrays, factors, load

__all__ = ["Info", "arrays", "factors", "info", "list_datasets", "load"]
