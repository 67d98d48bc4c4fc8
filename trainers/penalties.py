"""Penalties: terms that are added to a player's loss.

A penalty has three hooks, each 0 unless overridden, and works alone, eagerly, with any function as
critic. `real` and `fake` may be nested (BiGAN judges pairs); the norm is then over all leaves.
"""

import keras
import tensorflow as tf
from keras import layers, ops, tree

from trainers import noise
from trainers.objectives import Configurable


def squared_gradient_norm(critic, x):
    """‖∇ₓ D(x)‖² of each sample, shape (batch,), float32.

    D(x) is the sum of a sample's outputs (a patch critic has many), the norm runs over all that
    belongs to the sample.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])
        >>> squared_gradient_norm(critic, ops.zeros((2, 2))).numpy()
        array([25., 25.], dtype=float32)
    """
    # Of each a tensor of its own: a pair may hold the same one twice.
    leaves = [tf.identity(leaf) for leaf in tree.flatten(x)]
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        total = ops.sum(ops.cast(critic(tree.pack_sequence_as(x, leaves)), "float32"))
    gradients = tape.gradient(total, leaves, unconnected_gradients="zero")
    return sum(_per_sample_sum(ops.square(ops.cast(g, "float32"))) for g in gradients)


def _per_sample_sum(values):
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


class Penalty(Configurable):
    """Base of all penalties.

    Args of the hooks: `critic` is a function from samples to outputs that already holds the
    condition and the augmentation; `real` and `fake` are batches of samples; `player` is a name and
    `variables` what that player trains. A penalty that remembers is a Keras layer as well, so that
    its variables, which it makes in `prepare`, are saved with the model.

    Example:
        >>> @keras.saving.register_keras_serializable()  # so that models can be saved with it
        ... class Decay(Penalty):
        ...     def on_weights(self, player, variables):
        ...         return 0.5 * sum(ops.sum(ops.square(v)) for v in variables)
        >>> float(Decay().on_weights("generator", [ops.array([3.0, 4.0])]))
        12.5
    """

    def prepare(self, players):
        """What `compile` tells before any step: a dict player -> its variables."""

    def on_discriminator(self, critic, real, fake):
        return 0.0

    def on_generator(self, critic, real, fake):
        return 0.0

    def on_weights(self, player, variables):
        return 0.0


def _rows(x):
    return ops.shape(tree.flatten(x)[0])[0]


def _not_negative(name, value):
    if value < 0:
        raise ValueError(f"`{name}` should not be negative. Received: {name}={value}")
    return value


@keras.saving.register_keras_serializable("gan_zoo")
class GradientPenalty(Penalty):
    """weight · E(‖∇D(x̂)‖₂ - 1)², x̂ = α·real + (1 - α)·fake, α ~ U(0, 1) for each sample.

    Makes the critic nearly 1-Lipschitz where it matters. Batch normalisation in the critic voids
    it: a sample's slope would depend on its neighbours. Source: Gulrajani et al. 2017, eq. 3.

    With `one_sided` only what is steeper than 1 is penalised, weight · E max(0, ‖∇D(x̂)‖₂ - 1)²: a
    1-Lipschitz function may be flatter. Source: Petzka et al. 2018, "On the regularization of
    Wasserstein GANs", eq. 8.

    Args:
        weight: λ, from 0.
        one_sided: whether slopes below 1 are free.

    Raises:
        ValueError: for a negative weight.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])  # its slope is 5 everywhere
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> float(GradientPenalty(10.0).on_discriminator(critic, real, fake))  # 10 · (5 - 1)²
        160.0
        >>> flat = lambda x: 0.5 * x[:, :1]
        >>> float(GradientPenalty(10.0, one_sided=True).on_discriminator(flat, real, fake))
        0.0
    """

    def __init__(self, weight=10.0, one_sided=False):
        self.weight, self.one_sided = _not_negative("weight", weight), bool(one_sided)

    def on_discriminator(self, critic, real, fake):
        alpha = noise.uniform((_rows(real),))

        def between(a, b):
            a, b = ops.cast(a, "float32"), ops.cast(b, "float32")
            share = ops.reshape(alpha, (-1,) + (1,) * (len(a.shape) - 1))
            return share * a + (1.0 - share) * b

        x = tree.map_structure(between, real, fake)
        return self.weight * ops.mean(ops.square(self._norm_excess(critic, x)))

    def _norm_excess(self, critic, x):
        """By how much each sample's slope is above 1, shape (batch,); one-sided: 0 where below."""
        # The root's own slope is infinite at 0: the small number keeps a flat critic from NaN.
        excess = ops.sqrt(squared_gradient_norm(critic, x) + 1e-12) - 1.0
        return ops.relu(excess) if self.one_sided else excess

    def get_config(self):
        return {"weight": self.weight, "one_sided": self.one_sided}


@keras.saving.register_keras_serializable("gan_zoo")
class DRAGAN(GradientPenalty):
    """weight · E(‖∇D(x + δ)‖₂ - 1)², δ ~ N(0, deviation² I), around real samples x.

    Against sharp slopes at the data, where games of the logistic objectives get stuck. The paper's
    formula; its authors' code draws δ ~ U(0, ½ std(batch)) instead, by which a sample's penalty
    would depend on its neighbours. Source: Kodali et al. 2017, "On Convergence and Stability of
    GANs", https://arxiv.org/abs/1705.07215, §2.3.

    Args:
        weight: λ, from 0.
        deviation: of δ, in units of the samples, from 0.
        one_sided: whether slopes below 1 are free.

    Raises:
        ValueError: for a negative weight or deviation.

    Example:
        >>> critic = lambda x: 0.5 * ops.sum(ops.square(x), axis=1, keepdims=True)  # slope ‖x‖
        >>> real, fake = ops.array([[3.0, 4.0]]), ops.zeros((1, 2))
        >>> round(float(DRAGAN(10.0, deviation=0.0).on_discriminator(critic, real, fake)), 3)
        160.0
    """

    def __init__(self, weight=10.0, deviation=0.5, one_sided=False):
        super().__init__(weight, one_sided)
        self.deviation = _not_negative("deviation", deviation)

    def on_discriminator(self, critic, real, fake):
        def near(x):
            shape = (ops.shape(x)[0], *x.shape[1:])
            return ops.cast(x, "float32") + self.deviation * noise.normal(shape)

        near_real = tree.map_structure(near, real)
        return self.weight * ops.mean(ops.square(self._norm_excess(critic, near_real)))

    def get_config(self):
        return super().get_config() | {"deviation": self.deviation}


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
        return 0.5 * self.gamma * ops.mean(squared_gradient_norm(critic, real))

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


@keras.saving.register_keras_serializable("gan_zoo")
class HistoricalAverage(Penalty, layers.Layer):
    """weight · ‖θ - (1/t) Σ_{i ≤ t} θ_i‖² of every player's weights θ, θ_i those of its turn i.

    Pulls a game that circles its equilibrium to the middle of the circle. The mean counts the
    present turn and is held fixed where the loss is differentiated; it is kept and saved with the
    model, twice the weights in memory. Source: Salimans et al. 2016, "Improved Techniques for
    Training GANs", §3.3.

    Args:
        weight: from 0.

    Raises:
        ValueError: for a negative weight.

    Example:
        >>> theta = keras.Variable([1.0])
        >>> penalty = HistoricalAverage(1.0)
        >>> penalty.prepare({"generator": [theta]})
        >>> for value in (1.0, 2.0, 3.0):
        ...     _ = theta.assign([value])
        ...     found = penalty.on_weights("generator", [theta])
        >>> float(found)  # (3 - 2)²
        1.0
    """

    def __init__(self, weight=1.0):
        super().__init__()
        self.weight = _not_negative("weight", weight)

    def prepare(self, players):
        shapes = {
            player: [tuple(v.shape) for v in variables] for player, variables in players.items()
        }
        if self.built:  # of a model that is compiled again: its history begins anew
            if shapes != self._shapes:
                raise ValueError(
                    "`penalties` should have a HistoricalAverage of this model alone: it remembers "
                    "the weights of another."
                )
            for kept in self.variables:
                kept.assign(ops.zeros_like(kept))
            return
        self._shapes = shapes
        self._means = {
            player: [self._slot(f"{player}_{i}", v.shape, v.dtype) for i, v in enumerate(variables)]
            for player, variables in players.items()
        }
        self._turns = {player: self._slot(f"{player}_turns", (), "int64") for player in players}
        self.built = True

    def _slot(self, name, shape, dtype):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",  # each replica sees the same weights
        )

    def on_weights(self, player, variables):
        turns = self._turns[player]
        turns.assign(turns + 1)
        total = 0.0
        for mean, variable in zip(self._means[player], variables, strict=True):
            now = ops.stop_gradient(ops.convert_to_tensor(variable))
            mean.assign(mean + (now - mean) / ops.cast(turns, mean.dtype))
            total = total + ops.sum(ops.square(variable - ops.stop_gradient(mean.value)))
        return self.weight * total

    def get_config(self):
        return {"weight": self.weight}
