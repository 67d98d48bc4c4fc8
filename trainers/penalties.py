"""Penalties: terms that are added to a player's loss.

A penalty has three hooks, each 0 unless overridden, and works alone, eagerly, with any function as
critic. `real` and `fake` may be nested (BiGAN judges pairs); the norm is then over all leaves.
"""

import keras
import tensorflow as tf
from keras import ops, tree

from trainers import noise
from trainers.objectives import Rule


def squared_slope(critic, x):
    """‖∇ₓ D(x)‖² of each sample, shape (batch,), float32.

    D(x) is the sum of a sample's outputs (a patch critic has many), the norm runs over all that
    belongs to the sample.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])
        >>> squared_slope(critic, ops.zeros((2, 2))).numpy()
        array([25., 25.], dtype=float32)
    """
    leaves = [ops.convert_to_tensor(leaf) for leaf in tree.flatten(x)]
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        total = ops.sum(ops.cast(critic(tree.pack_sequence_as(x, leaves)), "float32"))
    gradients = tape.gradient(total, leaves, unconnected_gradients="zero")
    return sum(_per_sample_sum(ops.square(ops.cast(g, "float32"))) for g in gradients)


def _per_sample_sum(values):
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


class Penalty(Rule):
    """Base of all penalties.

    Args of the hooks: `critic` is a function from samples to outputs that already holds the
    condition and the augmentation; `real` and `fake` are batches of samples; `player` is a name and
    `variables` what that player trains.

    Example:
        >>> @keras.saving.register_keras_serializable()  # so that models can be saved with it
        ... class Decay(Penalty):
        ...     def on_weights(self, player, variables):
        ...         return 0.5 * sum(ops.sum(ops.square(v)) for v in variables)
        >>> float(Decay().on_weights("generator", [ops.array([3.0, 4.0])]))
        12.5
    """

    def on_discriminator(self, critic, real, fake):
        return 0.0

    def on_generator(self, critic, real, fake):
        return 0.0

    def on_weights(self, player, variables):
        return 0.0


def _not_negative(name, value):
    if value < 0:
        raise ValueError(f"`{name}` should not be negative. Received: {name}={value}")
    return value


@keras.saving.register_keras_serializable("gan_zoo")
class GradientPenalty(Penalty):
    """weight · E(‖∇D(x̂)‖₂ - 1)², x̂ = α·real + (1 - α)·fake, α ~ U(0, 1) for each sample.

    Makes the critic nearly 1-Lipschitz where it matters. Batch normalisation in the critic voids
    it: a sample's slope would depend on its neighbours. Source: Gulrajani et al. 2017, eq. 3.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])  # its slope is 5 everywhere
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> float(GradientPenalty(10.0).on_discriminator(critic, real, fake))  # 10 · (5 - 1)²
        160.0
    """

    def __init__(self, weight=10.0):
        self.weight = _not_negative("weight", weight)

    def on_discriminator(self, critic, real, fake):
        alpha = noise.uniform((ops.shape(tree.flatten(real)[0])[0],))

        def between(a, b):
            a, b = ops.cast(a, "float32"), ops.cast(b, "float32")
            share = ops.reshape(alpha, (-1,) + (1,) * (len(a.shape) - 1))
            return share * a + (1.0 - share) * b

        # The root's own slope is infinite at 0: the small number keeps a flat critic from NaN.
        slope = ops.sqrt(squared_slope(critic, tree.map_structure(between, real, fake)) + 1e-12)
        return self.weight * ops.mean(ops.square(slope - 1.0))

    def get_config(self):
        return {"weight": self.weight}


@keras.saving.register_keras_serializable("gan_zoo")
class R1(Penalty):
    """γ/2 · E‖∇D(x)‖² on real samples. Source: Mescheder et al. 2018, eq. 9.

    Note that code which multiplies E‖∇D‖² by its weight means γ/2 by it.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> float(R1(0.2).on_discriminator(critic, real, fake))  # .2/2 · 5²
        2.5
    """

    def __init__(self, gamma=1.0):
        self.gamma = _not_negative("gamma", gamma)

    def on_discriminator(self, critic, real, fake):
        return 0.5 * self.gamma * ops.mean(squared_slope(critic, real))

    def get_config(self):
        return {"gamma": self.gamma}


@keras.saving.register_keras_serializable("gan_zoo")
class R2(R1):
    """γ/2 · E‖∇D(x)‖² on fakes. Source: Mescheder et al. 2018, eq. 10.

    Example:
        >>> critic = lambda x: ops.sum(ops.square(x), axis=1, keepdims=True)  # flat at 0
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> [float(p.on_discriminator(critic, real, fake)) for p in (R1(1.0), R2(1.0))]
        [4.0, 0.0]
    """

    def on_discriminator(self, critic, real, fake):
        return super().on_discriminator(critic, fake, real)
