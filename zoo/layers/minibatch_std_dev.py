"""The standard deviation of a minibatch, as a feature (Karras et al. 2018)."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("gan_zoo")
class MinibatchStdDev(layers.Layer):
    """Appends one channel (for points one feature) with the mean standard deviation of the group.

    The standard deviation over the group is computed for each feature and position, then averaged:
    one number per group, constant over positions. (n, h, w, c) -> (n, h, w, c + 1).

    Args:
        group_size: number of samples per group, which must divide the batch size; None: the
            complete batch. A smaller batch is one group. Sample i is grouped with i + n/group_size,
            ….

    Raises:
        ValueError: for a group size below 1, or that does not divide the batch size.

    Source: Karras et al. 2018, "Progressive Growing of GANs", https://arxiv.org/abs/1710.10196, §3;
    groups as in their code.

    Example:
        >>> MinibatchStdDev()(ops.array([[1.0, 5.0], [3.0, 9.0]])).numpy()  # deviations 1 and 2
        array([[1. , 5. , 1.5],
               [3. , 9. , 1.5]], dtype=float32)
    """

    def __init__(self, group_size=None, **kwargs):
        super().__init__(**kwargs)
        if group_size is not None and group_size < 1:
            raise ValueError(f"`group_size` should be at least 1. Received: {group_size}")
        self.group_size = group_size

    def call(self, x):
        n, size = x.shape[0], self.group_size
        if None not in (n, size) and n > size and n % size:
            raise ValueError(
                f"`group_size` should divide the batch. Received: group_size={size} and {n} samples"
            )
        n = ops.shape(x)[0]
        group = n if size is None else ops.minimum(n, size)
        rest = tuple(x.shape[1:])
        y = ops.reshape(ops.cast(x, "float32"), (group, n // group, *rest))
        deviation = ops.sqrt(ops.var(y, axis=0) + 1e-8)  # the root's derivative is infinite at 0
        level = ops.mean(deviation, axis=tuple(range(1, len(rest) + 1)))  # (groups,)
        level = ops.reshape(ops.tile(level, (group,)), (n, *(1 for _ in rest)))
        channel = ops.cast(level, x.dtype) * ops.ones_like(x[..., :1])
        return ops.concatenate([x, channel], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return super().get_config() | {"group_size": self.group_size}
