"""History of generated images (Shrivastava et al. 2017)."""

import keras
import tensorflow as tf
from keras import layers, ops, tree

from trainers import noise


@keras.saving.register_keras_serializable("gan_zoo")
class ImagePool(layers.Layer):
    """Replaces some images of a batch by images of earlier batches; shapes stay the same.

    A discriminator that sees only current samples forgets earlier ones. The first `size` images are
    stored and returned unchanged; from then on each image is, with probability ½, exchanged for a
    stored one of an earlier batch. No stored image is returned twice in a batch. A list or dict of
    batches is pooled by rows, so that pairs stay pairs. At inference, and with size 0, the layer
    returns its inputs. No gradient flows into stored images.

    The pool is saved with the model. Replicas share one pool, which stores images of the first
    replica; each replica draws from it independently, so that two may return the same image.

    Args:
        size: number of stored images; 0 for none.

    Raises:
        ValueError: for a negative size.

    Source: Shrivastava et al. 2017, "Learning from Simulated and Unsupervised Images through
    Adversarial Training", https://arxiv.org/abs/1612.07828, §2.3; one by one, 50 of them, as in
    CycleGAN (Zhu et al. 2017, §4).

    Example:
        >>> pool = ImagePool(size=4)
        >>> first = ops.reshape(ops.arange(4.0), (4, 1, 1, 1))
        >>> bool(ops.all(pool(first, training=True) == first))  # fills the pool
        True
        >>> later = pool(first + 10.0, training=True)
        >>> bool(ops.all((later == first + 10.0) | (later < 4.0)))
        True
    """

    def __init__(self, size=50, **kwargs):
        super().__init__(**kwargs)
        if size < 0:
            raise ValueError(f"`size` should not be negative. Received: size={size}")
        self.size = size

    def build(self, input_shape):
        shapes = [input_shape] if _is_shape(input_shape) else _shapes(input_shape)
        self.kept = [
            self.add_weight(
                name=f"kept_{i}",
                shape=(self.size, *shape[1:]),
                initializer="zeros",
                trainable=False,
                aggregation="only_first_replica",
            )
            for i, shape in enumerate(shapes)
        ]
        self.count = self.add_weight(
            name="count",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )

    def call(self, images, training=False):
        if not training or not self.size:
            return images
        leaves = tree.flatten(images)
        n = ops.shape(leaves[0])[0]
        filled = ops.cast(self.count, "int32")
        place = ops.arange(n, dtype="int32")
        kept, returned = self._exchange_slots(n, filled, place)
        outputs = []
        for leaf, pool in zip(leaves, self.kept, strict=True):
            old = ops.take(ops.convert_to_tensor(pool), ops.maximum(returned, 0), axis=0)
            swapped = ops.reshape(returned >= 0, (-1,) + (1,) * (len(leaf.shape) - 1))
            outputs.append(ops.where(swapped, ops.cast(old, leaf.dtype), leaf))
            self._keep(pool, ops.stop_gradient(leaf), kept, place)
        self.count.assign(ops.minimum(self.count + ops.cast(n, "int64"), self.size))
        return tree.pack_sequence_as(images, outputs)

    def _exchange_slots(self, n, filled, place):
        """Returns, for each image, the slot that stores it and the slot of the image returned for
        it; -1 for none.

        Only images of earlier batches are returned, each at most once.
        """
        priorities = ops.where(ops.arange(self.size) < filled, noise.uniform((self.size,)), -1.0)
        slots = ops.cast(ops.argsort(-priorities), "int32")  # filled slots first, shuffled
        fresh = filled + place < self.size
        coins = noise.uniform((n,)) < 0.5
        swaps = ops.logical_and(ops.logical_and(coins, place < filled), ops.logical_not(fresh))
        slot = ops.take(slots, ops.minimum(place, self.size - 1))
        returned = ops.where(swaps, slot, -1)
        return ops.where(fresh, filled + place, returned), returned

    def _keep(self, pool, images, kept, place):
        """Stores images in their slots."""
        target = ops.where(kept >= 0, kept, self.size)[:, None]  # an extra slot for the others
        writer = tf.tensor_scatter_nd_update(tf.fill([self.size + 1], -1), target, place)
        writer = writer[: self.size]
        new = ops.take(ops.cast(images, pool.dtype), ops.maximum(writer, 0), axis=0)
        written = ops.reshape(writer >= 0, (-1,) + (1,) * (len(images.shape) - 1))
        pool.assign(ops.where(written, new, ops.convert_to_tensor(pool)))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"size": self.size}


def _is_shape(shape):
    return isinstance(shape, (tuple, list)) and not isinstance(shape[-1], (tuple, list))


def _shapes(nested):
    return list(nested.values()) if isinstance(nested, dict) else list(nested)
