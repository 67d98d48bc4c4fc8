"""Penalties: terms that are added to a player's loss.

A penalty has three hooks, each 0 unless overridden. It can also be called without a model, eagerly,
with any function as critic. `real` and `fake` may be nested (BiGAN: pairs of image and latent); the
norm is then over all leaves.
"""

import math
import numbers

import keras
import tensorflow as tf
from keras import layers, ops, tree

from trainers import noise
from trainers.objectives import Configurable


def squared_gradient_norm(critic, x):
    """Squared norm of the critic's gradient, ‖∇ₓ D(x)‖², of each sample: (batch,), float32.

    D(x) is the sum of a sample's outputs (a patch critic has many); the norm is over all elements
    of the sample.

    Args:
        critic: a function of samples.
        x: samples (batch, ...), or a nested structure of them.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])
        >>> squared_gradient_norm(critic, ops.zeros((2, 2))).numpy()
        array([25., 25.], dtype=float32)
    """
    # A new tensor for each leaf: a pair may hold the same tensor twice.
    leaves = [tf.identity(leaf) for leaf in tree.flatten(x)]
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        total = ops.sum(ops.cast(critic(tree.pack_sequence_as(x, leaves)), "float32"))
    gradients = tape.gradient(total, leaves, unconnected_gradients="zero")
    return sum(_per_sample_sum(ops.square(ops.cast(g, "float32"))) for g in gradients)


def _per_sample_sum(values):
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


class Penalty(Configurable):
    """Base class of penalties: terms that are added to the loss of a player.

    Arguments of the hooks: `critic` is a function from samples to outputs that includes the
    condition and the augmentation; `real` and `fake` are batches of samples; `player` is a name and
    `variables` are the variables that this player trains. Each hook returns a float32 scalar. A
    penalty with state is a Keras layer as well, so that the variables that it creates in `prepare`
    are saved with the model.

    Example:
        >>> @keras.saving.register_keras_serializable()  # so that models can be saved with it
        ... class Decay(Penalty):
        ...     def on_weights(self, player, variables):
        ...         return 0.5 * sum(ops.sum(ops.square(v)) for v in variables)
        >>> float(Decay().on_weights("generator", [ops.array([3.0, 4.0])]))
        12.5
    """

    def prepare(self, players):
        """Creates state; `compile` calls it with a dict, player -> list of trained variables."""

    def on_discriminator(self, critic, real, fake):
        return 0.0

    def on_generator(self, critic, real, fake):
        return 0.0

    def on_weights(self, player, variables):
        return 0.0


def _rows(x):
    return ops.shape(tree.flatten(x)[0])[0]


def _from_zero(name, value):
    if not isinstance(value, numbers.Real) or not 0 <= value < math.inf:
        raise ValueError(f"`{name}` should be a finite number from 0. Received: {name}={value!r}")
    return value


@keras.saving.register_keras_serializable("gan_zoo")
class GradientPenalty(Penalty):
    """WGAN-GP penalty weight · E(‖∇D(x̂)‖₂ - 1)², x̂ = α·real + (1 - α)·fake, α ~ U(0, 1) per sample.

    It makes the critic nearly 1-Lipschitz between real and generated samples. It is not valid with
    batch normalisation in the critic, where a sample's gradient depends on the other samples of the
    batch. Source: Gulrajani et al. 2017, eq. 3.

    With `one_sided` only gradient norms above 1 are penalised, weight · E max(0, ‖∇D(x̂)‖₂ - 1)²: a
    1-Lipschitz function may be flatter. Source: Petzka et al. 2018, "On the regularization of
    Wasserstein GANs", eq. 8.

    Args:
        weight: λ, from 0.
        one_sided: whether gradient norms below 1 are not penalised.

    Raises:
        ValueError: for a negative weight.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])  # its gradient norm is 5 everywhere
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> float(GradientPenalty(10.0).on_discriminator(critic, real, fake))  # 10 · (5 - 1)²
        160.0
        >>> flat = lambda x: 0.5 * x[:, :1]
        >>> float(GradientPenalty(10.0, one_sided=True).on_discriminator(flat, real, fake))
        0.0
    """

    def __init__(self, weight=10.0, one_sided=False):
        self.weight, self.one_sided = _from_zero("weight", weight), bool(one_sided)

    def on_discriminator(self, critic, real, fake):
        alpha = noise.uniform((_rows(real),))

        def between(a, b):
            a, b = ops.cast(a, "float32"), ops.cast(b, "float32")
            share = ops.reshape(alpha, (-1,) + (1,) * (len(a.shape) - 1))
            return share * a + (1.0 - share) * b

        x = tree.map_structure(between, real, fake)
        return self.weight * ops.mean(ops.square(self._norm_excess(critic, x)))

    def _norm_excess(self, critic, x):
        """Each sample's gradient norm minus 1, shape (batch,); one-sided: 0 where negative."""
        # The derivative of the root is infinite at 0: 1e-12 prevents NaN for a constant critic.
        excess = ops.sqrt(squared_gradient_norm(critic, x) + 1e-12) - 1.0
        return ops.relu(excess) if self.one_sided else excess

    def get_config(self):
        return {"weight": self.weight, "one_sided": self.one_sided}


@keras.saving.register_keras_serializable("gan_zoo")
class DRAGAN(GradientPenalty):
    """DRAGAN penalty weight · E(‖∇D(x + δ)‖₂ - 1)², δ ~ N(0, deviation² I), at real samples x.

    It avoids steep gradients at the data, where training with logistic objectives gets stuck. This
    is the paper's formula; the authors' code draws δ ~ U(0, ½ std(batch)) instead, which makes a
    sample's penalty depend on the other samples of the batch. Source: Kodali et al. 2017, "On
    Convergence and Stability of GANs", https://arxiv.org/abs/1705.07215, §2.3.

    Args:
        weight: λ, from 0.
        deviation: standard deviation of δ, in units of the samples, from 0.
        one_sided: whether gradient norms below 1 are not penalised.

    Raises:
        ValueError: for a negative weight or deviation.

    Example:
        >>> critic = lambda x: 0.5 * ops.sum(ops.square(x), axis=1, keepdims=True)  # ∇D = x
        >>> real, fake = ops.array([[3.0, 4.0]]), ops.zeros((1, 2))
        >>> round(float(DRAGAN(10.0, deviation=0.0).on_discriminator(critic, real, fake)), 3)
        160.0
    """

    def __init__(self, weight=10.0, deviation=0.5, one_sided=False):
        super().__init__(weight, one_sided)
        self.deviation = _from_zero("deviation", deviation)

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
    """R1 penalty γ/2 · E‖∇D(x)‖² on real samples. Source: Mescheder et al. 2018, eq. 9.

    Code that multiplies E‖∇D‖² by a weight means γ/2 by that weight.

    With batch normalisation in D a sample's gradient holds its influence on the outputs of its
    whole batch: a penalty still, but not that of the paper. `compile` then warns, and does not
    refuse, as for `R2` and `GradientPenalty`.

    Args:
        gamma: γ, from 0.

    Raises:
        ValueError: for a negative `gamma`.

    Example:
        >>> critic = lambda x: ops.matmul(x, [[3.0], [4.0]])
        >>> real, fake = ops.ones((8, 2)), ops.zeros((8, 2))
        >>> float(R1(0.2).on_discriminator(critic, real, fake))  # .2/2 · 5²
        2.5
    """

    def __init__(self, gamma=1.0):
        self.gamma = _from_zero("gamma", gamma)

    def on_discriminator(self, critic, real, fake):
        return 0.5 * self.gamma * ops.mean(squared_gradient_norm(critic, real))

    def get_config(self):
        return {"gamma": self.gamma}


@keras.saving.register_keras_serializable("gan_zoo")
class R2(R1):
    """R2 penalty γ/2 · E‖∇D(x)‖² on generated samples. Source: Mescheder et al. 2018, eq. 10.

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
    """Historical averaging weight · ‖θ - (1/t) Σ_{i ≤ t} θ_i‖², θ_i a player's weights at turn i.

    It pulls weights that circle an equilibrium to the middle of the circle. The mean includes the
    present turn and is a constant in the gradient. It is saved with the model, and doubles the
    memory of the weights. Source: Salimans et al. 2016, "Improved Techniques for
    Training GANs", §3.3.

    Args:
        weight: factor of every player's penalty, from 0.

    Raises:
        ValueError: for a negative weight.

    Example:
        >>> theta = keras.Variable([1.0])
        >>> penalty = HistoricalAverage(1.0)
        >>> penalty.prepare({"generator": [theta]})
        >>> for weight in (1.0, 2.0, 3.0):
        ...     _ = theta.assign([weight])
        ...     value = penalty.on_weights("generator", [theta])
        >>> float(value)  # (3 - 2)²
        1.0
    """

    def __init__(self, weight=1.0):
        super().__init__()
        self.weight = _from_zero("weight", weight)

    def prepare(self, players):
        shapes = {
            player: [tuple(v.shape) for v in variables] for player, variables in players.items()
        }
        if self.built:  # the model is compiled again: the history begins anew
            if shapes != self._shapes:
                raise ValueError(
                    "`penalties` should have a new HistoricalAverage for each model: this one "
                    "holds the mean weights of another model."
                )
            for variable in self.variables:
                variable.assign(ops.zeros_like(variable))
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
            aggregation="only_first_replica",  # all replicas have the same weights
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
