"""Objectives: what a game estimates, as a pair of functions of raw discriminator outputs.

Every objective has `discriminator_loss(real, fake)`, `generator_loss(real, fake)` and
`joint_loss(real, fake)`; each takes logits (or critic values) of any one shape, (batch, 1) or
(batch, h, w, 1), and returns the scalar that its player minimises. `joint_loss` is for a player
that makes both sides, as the encoder and generator of BiGAN do. σ is the logistic function and
softplus(t) = log(1 + eᵗ), so that -log σ(t) = softplus(-t) and -log(1 - σ(t)) = softplus(t).
"""

import keras
from keras import ops


def _mean(values):
    return ops.mean(ops.cast(values, "float32"))


def _softplus(values):
    return ops.softplus(ops.cast(values, "float32"))


class Rule:
    """What `compile` takes: made again from its arguments, which `get_config` returns.

    Example:
        >>> NonSaturating(real_label=0.9)
        NonSaturating(real_label=0.9)
        >>> NonSaturating.from_config({"real_label": 0.9}).real_label
        0.9
    """

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class Objective(Rule):
    """Base of all objectives: a subclass defines two losses, and `get_config` if it has options.

    `relativistic` says that the generator's loss looks at the real outputs too; for the others the
    engine passes `real=None` and saves the pass.

    Example:
        >>> @keras.saving.register_keras_serializable()  # so that models can be saved with it
        ... class Exponential(Objective):
        ...     def discriminator_loss(self, real, fake):
        ...         return ops.mean(ops.exp(-real)) + ops.mean(ops.exp(fake))
        ...
        ...     def generator_loss(self, real, fake):
        ...         return ops.mean(ops.exp(-fake))
        >>> undecided = ops.zeros((8, 1))
        >>> float(Exponential().discriminator_loss(undecided, undecided))
        2.0
    """

    relativistic = False

    def discriminator_loss(self, real, fake):
        raise NotImplementedError

    def generator_loss(self, real, fake):
        raise NotImplementedError

    def joint_loss(self, real, fake):
        """Zero-sum unless an objective says otherwise: what the discriminator gains."""
        return -self.discriminator_loss(real, fake)


@keras.saving.register_keras_serializable("gan_zoo")
class Minimax(Objective):
    """V(D, G) = E log σ(real) + E log(1 - σ(fake)); D maximises it and G minimises it.

    At the optimal D its value is 2·JS - log 4. G's gradient vanishes when D wins: see
    `NonSaturating`. Source: Goodfellow et al. 2014, eq. 1.

    Example:
        >>> undecided = ops.zeros((8, 1))
        >>> round(float(Minimax().discriminator_loss(undecided, undecided)), 4)  # log 4
        1.3863
    """

    def discriminator_loss(self, real, fake):
        return _mean(_softplus(-real)) + _mean(_softplus(fake))

    def generator_loss(self, real, fake):
        return -_mean(_softplus(fake))  # E log(1 - σ(fake)): the real term is constant in G


@keras.saving.register_keras_serializable("gan_zoo")
class NonSaturating(Objective):
    """D as in `Minimax`; G minimises -E log σ(fake).

    `real_label` below 1 smooths one side (Salimans et al. 2016, §3.4): D's target for real samples
    becomes `real_label` and that for fakes stays 0. The joint loss is never smoothed.
    Source: Goodfellow et al. 2014, §3.

    Raises:
        ValueError: unless 0 < real_label <= 1.

    Example:
        >>> sure = ops.array([[-20.0]])  # D's logit of a fake that it sees through
        >>> float(NonSaturating().generator_loss(None, sure))  # Minimax: -2e-9, without a slope
        20.0
    """

    def __init__(self, real_label=1.0):
        if not 0.0 < real_label <= 1.0:
            raise ValueError(f"`real_label` should be in (0, 1]. Received: real_label={real_label}")
        self.real_label = real_label

    def discriminator_loss(self, real, fake):
        # -a log σ(t) - (1 - a) log(1 - σ(t)) = softplus(-t) + (1 - a) t
        smooth = (1.0 - self.real_label) * _mean(real)
        return _mean(_softplus(-real)) + smooth + _mean(_softplus(fake))

    def generator_loss(self, real, fake):
        return _mean(_softplus(-fake))

    def joint_loss(self, real, fake):
        return _mean(_softplus(-fake)) + _mean(_softplus(real))

    def get_config(self):
        return {"real_label": self.real_label}


@keras.saving.register_keras_serializable("gan_zoo")
class LeastSquares(Objective):
    """D: ½E(real - 1)² + ½E fake²; G: ½E(fake - 1)². Source: Mao et al. 2017, eq. 9.

    Example:
        >>> right = {"real": ops.ones((8, 1)), "fake": ops.zeros((8, 1))}
        >>> float(LeastSquares().discriminator_loss(**right))
        0.0
        >>> float(LeastSquares().generator_loss(**right))
        0.5
    """

    def discriminator_loss(self, real, fake):
        return 0.5 * _mean(ops.square(real - 1.0)) + 0.5 * _mean(ops.square(fake))

    def generator_loss(self, real, fake):
        return 0.5 * _mean(ops.square(fake - 1.0))

    def joint_loss(self, real, fake):
        return self.discriminator_loss(fake, real)


@keras.saving.register_keras_serializable("gan_zoo")
class Wasserstein(Objective):
    """Critic: E fake - E real; G: -E fake. Estimates W₁ when the critic is 1-Lipschitz.

    Source: Arjovsky et al. 2017, eq. 2 and algorithm 1.

    Example:
        >>> real, fake = ops.array([[4.0], [6.0]]), ops.array([[1.0], [3.0]])
        >>> float(Wasserstein().discriminator_loss(real, fake))  # the critic f(x) = x: -W₁
        -3.0
    """

    def discriminator_loss(self, real, fake):
        return _mean(fake) - _mean(real)

    def generator_loss(self, real, fake):
        return -_mean(fake)


@keras.saving.register_keras_serializable("gan_zoo")
class Hinge(Objective):
    """D: E max(0, 1 - real) + E max(0, 1 + fake); G: -E fake.

    Source: Miyato et al. 2018, eq. 17.

    Example:
        >>> real, fake = ops.array([[0.5], [7.0]]), ops.array([[-7.0], [-8.0]])
        >>> float(Hinge().discriminator_loss(real, fake))  # only what is within the margin counts
        0.25
    """

    def discriminator_loss(self, real, fake):
        return _mean(ops.relu(1.0 - real)) + _mean(ops.relu(1.0 + fake))

    def generator_loss(self, real, fake):
        return -_mean(fake)

    def joint_loss(self, real, fake):
        return _mean(real) - _mean(fake)


@keras.saving.register_keras_serializable("gan_zoo")
class Relativistic(Objective):
    """D: E softplus(fake - real); G: E softplus(real - fake), over pairs drawn independently.

    D says which of a pair is the real one, so that no fake is judged without the real samples near
    it and collapse has no bad local minima. Source: Jolicoeur-Martineau 2019; Huang et al. 2024
    (R3GAN), eq. 2.

    Example:
        >>> real, fake = ops.array([[5.0]]), ops.array([[5.0]])
        >>> round(float(Relativistic().discriminator_loss(real, fake)), 4)  # no telling them apart
        0.6931
    """

    relativistic = True

    def discriminator_loss(self, real, fake):
        return _mean(_softplus(fake - real))

    def generator_loss(self, real, fake):
        return _mean(_softplus(real - fake))

    def joint_loss(self, real, fake):
        return self.discriminator_loss(fake, real)
