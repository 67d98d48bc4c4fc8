"""Batches as a pure function of (seed, epoch, number of the batch).

Nothing is drawn from a generator that has a state: the order of an epoch and the noise of a batch
are each computed from their coordinates (Salmon et al.: Parallel random numbers: as easy as
1, 2, 3, 2011, the Philox generator). So a stream starts in the middle as easily as at the
beginning. The only state is how often the dataset was iterated over.
"""

import numpy as np
import tensorflow as tf


class EpochCounter:
    """Number of the epoch of an iteration over a dataset: the next one, unless one is pinned.

    A training sets `pinned`: resumed, it begins with another epoch than the first, and on several
    replicas Keras creates iterators that it never reads.
    """

    def __init__(self, first):
        self.next, self.pinned = first, None

    def take(self):
        """Returns the epoch of an iteration that begins."""
        if self.pinned is not None:
            return np.int64(self.pinned)
        self.next += 1
        return np.int64(self.next - 1)


class BatchField:
    """x or y of a dataset: the stored values, and how batches of them are computed.

    Args:
        rows: an array (n, …), or `image_cache.Rows`: uint8 images (n, h, w, c) or voxels
            (n, d, h, w, 1), or other values, which are returned unchanged.
        levels: the largest value of uint8; None for other values.
        image_size: to which images are resized.
    """

    def __init__(self, rows, levels=None, image_size=None):
        self.rows, self.levels, self.image_size = rows, levels, image_size
        if isinstance(rows, np.ndarray):
            with tf.device("CPU:0"):  # data live where the pipeline runs
                self._tensor = tf.constant(rows)

    def batch(self, rows, noise_seed):
        """Returns the values of these rows, int tensor (m,), dequantised with `noise_seed`."""
        if isinstance(self.rows, np.ndarray):
            values = tf.gather(self._tensor, rows)
        else:
            values = tf.numpy_function(self.rows.__getitem__, [rows], tf.uint8)
            values.set_shape((*rows.shape, *self.rows.shape[1:]))
        return self._to_float(values, noise_seed)

    def array(self, rows):
        """Returns the values of these rows, numbers (m,), as an array, not dequantised."""
        values = self.rows[rows]
        if self.levels is None:
            return values
        parts = np.array_split(values, len(values) // 1000 + 1)  # resizing holds several copies
        return np.concatenate([self._to_float(part).numpy() for part in parts])

    def _to_float(self, values, noise_seed=None):
        if self.levels is None:
            return values
        if len(values.shape) == 5:  # voxels, full or empty
            return tf.cast(values, tf.float32) / self.levels
        return images(values, self.levels, self.image_size, noise_seed)


def stream(fields, batch_size, seed, start=(0, 0)):
    """Returns a finite tf.data.Dataset of shuffled batches; each iteration is the next epoch.

    Args:
        fields: the `BatchField`s of a batch, all of n rows. Batches are tensors for one field,
            tuples for several.
        batch_size: 1 … n; samples that do not fill a batch are left out of the epoch.
        seed: 0 … 2^63 - 1.
        start: (epoch, batch) of the first batch; the first iteration ends with that epoch.

    The dataset has an attribute `epochs`, an `EpochCounter`.
    """
    samples = len(fields[0].rows)
    batches = samples // batch_size
    first_epoch, first_batch = start
    epochs = EpochCounter(first_epoch)

    def one_epoch(_):
        # A tf.Variable would be mirrored under a strategy's scope, a Python object is not.
        epoch = tf.ensure_shape(tf.numpy_function(epochs.take, [], tf.int64), ())
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        rows = tf.range(samples)
        rows = tf.random.experimental.stateless_shuffle(rows, key, alg="philox")
        first = tf.where(epoch == first_epoch, tf.constant(first_batch, tf.int64), 0)

        def rows_and_seed(batch):
            batch_rows = tf.slice(rows, [batch * batch_size], [batch_size])
            return batch_rows, tf.random.experimental.stateless_fold_in(key, batch, alg="philox")

        return tf.data.Dataset.range(first, batches).map(rows_and_seed)

    def make_batch(rows, noise_seed):
        seeds = [noise_seed]
        for field in range(1, len(fields)):  # each field has noise of its own
            seeds.append(tf.random.experimental.stateless_fold_in(noise_seed, field, alg="philox"))
        batch = tuple(field.batch(rows, s) for field, s in zip(fields, seeds, strict=True))
        return batch if len(batch) > 1 else batch[0]

    dataset = tf.data.Dataset.range(1).flat_map(one_epoch)
    dataset = dataset.map(make_batch, num_parallel_calls=2, deterministic=True)
    if not first_batch:  # else the first iteration is shorter than the others
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread holds up the end of every epoch for seconds
    options.deterministic = True
    dataset = dataset.prefetch(2).with_options(options)
    dataset.epochs = epochs
    return dataset


def images(pixels, levels, image_size=None, noise_seed=None):
    """Returns pixels 0 … levels, uint8 (n, h, w, c), as float32 in [-1, 1].

    Images that are not square are cropped to the largest square in the middle, then resized to
    (n, image_size, image_size, c).

    Args:
        pixels: the images.
        levels: the value of white.
        image_size: height and width of the result, by default those of `pixels`.
        noise_seed: int64 (2,), to dequantise: noise of half a level to either side, added before
            the images are resized. None adds no noise.
    """
    x = tf.cast(pixels, tf.float32) / levels  # [0, 1]
    if noise_seed is not None:
        half = 0.5 / levels
        x += tf.random.stateless_uniform(tf.shape(x), noise_seed, -half, half, alg="philox")
        x = tf.clip_by_value(x, 0.0, 1.0)
    if image_size is not None and tuple(x.shape[1:3]) != (image_size, image_size):
        h, w = x.shape[1:3]
        edge = min(h, w)
        top, left = (h - edge) // 2, (w - edge) // 2
        x = x[:, top : top + edge, left : left + edge]
        shrinks = image_size < max(x.shape[1:3])  # antialiased upsampling is the same, but slow
        x = tf.image.resize(x, (image_size, image_size), method="bicubic", antialias=shrinks)
        x = tf.clip_by_value(x, 0.0, 1.0)  # bicubic overshoots at edges
    return 2.0 * x - 1.0
