"""From a name to batches or arrays: every argument is checked first, in one sentence."""

import numbers

from trainers.datasets import catalog


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
    Each iteration over the dataset is the next epoch, in another order; so is each round of its
    `.repeat()`. Pixels are dequantised: a grey level becomes a uniform draw from the interval that
    it stands for, other ones in each epoch (Theis, van den Oord, Bethge: A note on the evaluation
    of generative models, 2016, §3.1, https://arxiv.org/abs/1511.01844).

    Args:
        name: one of `list_datasets()`.
        split: one of `info(name).splits`.
        batch_size: samples for one turn of one player.
        turns: how many turns a batch is dealt into; it has turns · batch_size samples. The
            samples that are left at the end of an epoch are left out, other ones in each epoch.
        labels: whether batches are (x, y), y of integers, or x.
        image_size: height and width to which images are resized (bicubic); by default as stored.
            Resizing blurs: score generated images against real ones of the same `image_size`.
        data_dir: the folder of prepared datasets, by default TFDS's, ~/tensorflow_datasets.
        seed: of order and dequantisation, 0 … 2^63 - 1.
        start: (epoch, batch) of the first batch. The first iteration yields what is left of that
            epoch, the next ones are whole. Keras takes the length of the first epoch that it sees
            for that of all: to resume within an epoch, `fit(data.repeat(), steps_per_epoch=…)`.

    Returns:
        Batches x, or (x, y): images float32 (turns · batch_size, h, w, c) in [-1, 1], or points
        float32 (turns · batch_size, 2); y int32 (turns · batch_size,). The cardinality is known
        unless `start` lies within an epoch.

    Raises:
        ValueError: in one sentence, for a name or a split that there is not, and for any other
            argument out of its range.
    """
    world = catalog.find(name)
    samples = _check_split(world.info, split)
    _check_batch(world.info, split, samples, batch_size, turns)
    if not isinstance(labels, bool):
        raise ValueError(f"`labels` should be True or False. Received: labels={labels!r}")
    _check_image_size(world, image_size)
    if not _is_integer(seed) or not 0 <= seed < 2**63:
        raise ValueError(f"`seed` should be an integer from 0 to 2^63 - 1. Received: seed={seed!r}")
    start = _check_start(start, samples // (batch_size * turns))

    from trainers.datasets import pipeline  # brings TensorFlow

    x, y = world.read(split, data_dir)

    def finish(x, noise_seed):
        if world.levels is None:
            return x
        return pipeline.images(x, world.levels, image_size, noise_seed)

    return pipeline.stream(x, y if labels else None, finish, batch_size * turns, seed, start)


def arrays(name, split="train", image_size=None, data_dir=None):
    """Returns the whole split as NumPy arrays (x, y), in the order in which it is stored.

    Args:
        name, split, image_size, data_dir: as for `load`.

    Returns:
        x: images float32 (n, h, w, c) in [-1, 1], at their grey levels (`load` dequantises them),
            or points float32 (n, 2); y: int32 (n,).

    Raises:
        ValueError: as for `load`.
    """
    world = catalog.find(name)
    _check_split(world.info, split)
    _check_image_size(world, image_size)
    x, y = world.read(split, data_dir)
    if world.levels is not None:
        from trainers.datasets import pipeline  # brings TensorFlow

        x = pipeline.images(x, world.levels, image_size).numpy()
    return x, y


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _check_split(info, split):
    """Returns the number of samples of the split."""
    if not isinstance(split, str) or split not in info.splits:
        raise ValueError(
            f"`split` of {info.name!r} should be one of {', '.join(info.splits)}. "
            f"Received: split={split!r}"
        )
    return info.splits[split]


def _check_batch(info, split, samples, batch_size, turns):
    for name, value in (("batch_size", batch_size), ("turns", turns)):
        if not _is_integer(value) or value < 1:
            raise ValueError(f"`{name}` should be a positive integer. Received: {name}={value!r}")
    if batch_size * turns > samples:
        most = samples // turns
        limit = f"`batch_size` should be at most {most} with turns={turns}"
        if not most:
            limit = f"`turns` should be at most {samples}"
        raise ValueError(
            f"{limit}: {split!r} of {info.name!r} has {samples} samples. "
            f"Received: batch_size={batch_size}, turns={turns}"
        )


def _check_image_size(world, image_size):
    if image_size is None:
        return
    if world.levels is None:
        raise ValueError(
            f"`image_size` should be None for {world.info.name!r}, which has points. "
            f"Received: image_size={image_size!r}"
        )
    if not _is_integer(image_size) or image_size < 1:
        raise ValueError(
            "`image_size` should be a positive integer, or None for the size as stored. "
            f"Received: image_size={image_size!r}"
        )


def _check_start(start, batches):
    """Returns (epoch, batch) as Python integers."""
    pair = start if isinstance(start, tuple | list) and len(start) == 2 else (-1, -1)
    epoch, batch = (int(n) if _is_integer(n) else -1 for n in pair)
    if epoch < 0 or not 0 <= batch < batches:
        raise ValueError(
            "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to "
            f"{batches - 1}. Received: start={start!r}"
        )
    return epoch, batch
