"""Shortcuts that open a dataset by its name and read it at once: see `datasets.open`."""

from trainers.datasets import catalog


def info(name, image_size=None, data_dir=None):
    """Returns the `Info` of a dataset, the caller's own copy.

    Args:
        name, image_size, data_dir: as for `load`; images of a folder are decoded on the first
            call.

    Raises:
        ValueError: there is no dataset of that name.

    Example:
        >>> info("ring").classes, info("ring").std
        (8, 0.02)
    """
    return catalog.open(name, image_size, data_dir).info()


def load(
    name,
    split="train",
    batch_size=64,
    turns=1,
    labels=False,
    image_size=None,
    data_dir=None,
    seed=0,
    start=(0, 0),
):
    """Returns a split as a finite tf.data.Dataset of shuffled batches, ready for `fit`.

    The stream is a pure function of (seed, epoch, number of the batch), the same in every process.
    Each iteration over the dataset, and each round of `.repeat()`, is the next epoch, in another
    order. Pixels are dequantised: a grey level becomes a uniform draw from the interval that it
    stands for, another draw in each epoch (Theis, van den Oord, Bethge: A note on the evaluation
    of generative models, 2016, §3.1, https://arxiv.org/abs/1511.01844).

    Args:
        name: one of `list_datasets()`; the path of a folder of images (any format and size, nested
            by class or flat, with folders train and test or without), of a folder with the files
            of MNIST (IDX) or CIFAR (pickles), or of an .npz; or a name that TFDS knows ("mnist",
            "celeb_a"). Images of folders and of TFDS are decoded once, turned upright, cropped to
            the square in their middle and resized (bicubic, antialiased), and kept in `data_dir`.
        split: one of `info(name).splits`.
        batch_size: samples for one turn of one player.
        turns: number of turns that a batch is split into; it has turns · batch_size samples. The
            samples that are left at the end of an epoch are left out, other ones in each epoch.
        labels: whether batches are (x, y) or x; y is the class number, or the second domain of
            datasets that have one.
        image_size: height and width to which images are resized (bicubic); by default as stored,
            an error where images differ in size. Resizing blurs: score generated images against
            real ones of the same `image_size`.
        data_dir: the folder of prepared datasets, by default TFDS's, ~/tensorflow_datasets.
        seed: of order and dequantisation, 0 … 2^63 - 1.
        start: (epoch, batch) of the first batch. The first iteration yields the rest of that
            epoch, the next ones are complete. Keras takes the length of the first epoch for that
            of all: to resume within an epoch, `fit(data.repeat(), steps_per_epoch=…)`.

    Returns:
        Batches x, or (x, y): images float32 (turns · batch_size, h, w, c) in [-1, 1], voxels
        float32 (turns · batch_size, d, h, w, 1) of 0 and 1, or points float32
        (turns · batch_size, d); labels int32 (turns · batch_size,). The cardinality is known
        unless `start` lies within an epoch.

    Raises:
        ValueError: in one sentence, for an unknown name or split, for a dataset that cannot be
            fetched, and for any other argument out of its range.

    Warns:
        UserWarning: files of a folder could not be read; how many, which, and where all are listed.

    Example:
        >>> from trainers import datasets
        >>> data = datasets.load("ring", batch_size=256, turns=2)
        >>> data.element_spec.shape, len(data)
        (TensorShape([512, 2]), 175)
    """
    source = catalog.open(name, image_size, data_dir)
    return source.load(split, batch_size, turns, labels, seed, start)


def arrays(name, split="train", image_size=None, data_dir=None, count=None):
    """Returns a split as NumPy arrays (x, y), in the order in which it is stored.

    Args:
        name, split, image_size, data_dir: as for `load`.
        count: at most how many samples, evenly spaced, so that those of a folder that is sorted by
            class are of all classes; by default all.

    Returns:
        x: images float32 (n, h, w, c) in [-1, 1], at their grey levels (`load` dequantises them),
            voxels float32 (n, d, h, w, 1) of 0 and 1, or points float32 (n, d); y: class numbers
            int32 (n,), or the second domain; None where a dataset has neither.

    Raises:
        ValueError: as for `load`.

    Example:
        >>> from trainers import datasets
        >>> x, y = datasets.arrays("ring", split="test")
        >>> x.shape, y.shape
        ((10000, 2), (10000,))
    """
    return catalog.open(name, image_size, data_dir).arrays(split, count)


def factors(name, split="train", image_size=None, data_dir=None):
    """Returns the factors that each sample of a split was drawn from, in the order of `arrays`.

    Args:
        name, split, image_size, data_dir: as for `load`.

    Returns:
        A dict name -> array (n, …); `info(name).factors` describes each. For a folder: `file`.

    Raises:
        ValueError: as for `load`.

    Example:
        >>> from trainers import datasets
        >>> arc = datasets.factors("swiss_roll", "test")["arc"]
        >>> arc.shape, bool(1.5 * 3.14 < arc.min() < arc.max() < 4.5 * 3.15)
        ((10000,), True)
    """
    return catalog.open(name, image_size, data_dir).factors(split)
