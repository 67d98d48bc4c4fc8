"""Objectives: adversarial losses, as functions of the discriminator's raw outputs.

Every objective has `discriminator_loss(real, fake)`, `generator_loss(real, fake)` and
`joint_loss(real, fake)`; each takes logits (or critic values) of any one shape, (batch, 1) or
(batch, h, w, 1), and returns the scalar that the player minimises. `joint_loss` is for a player
that computes both `real` and `fake`, as the encoder and generator of BiGAN do. σ is the logistic
function and softplus(t) = log(1 + eᵗ), so that -log σ(t) = softplus(-t) and -log(1 - σ(t)) =
softplus(t).
"""

import math

import keras
from keras import ops


def _float(values):
    """In float32: half precision would round, or overflow, in the arithmetic that follows."""
    return ops.cast(values, "float32")


def _mean(values):
    return ops.mean(_float(values))


def _softplus(values):
    return ops.softplus(_float(values))


class Configurable:
    """Base class of objectives and penalties: saved as the constructor arguments of `get_config`.

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


class Objective(Configurable):
    """Base class of objectives: a subclass defines two losses, and `get_config` if it has options.

    With `relativistic = True` the generator's loss uses the outputs of real samples too; else the
    engine passes `real=None`, which saves a forward pass.

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

    def on_generator(self, critic, real, fake):
        """Returns the generator's loss for samples; `critic` is a function from samples to outputs.

        Raises:
            ValueError: when `generator_loss` fails without the outputs of real samples.
        """
        if self.relativistic:
            return self.generator_loss(critic(real), critic(fake))
        logits = critic(fake)
        try:
            return self.generator_loss(None, logits)
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"`{type(self).__name__}` should have `relativistic = True` if its generator_loss "
                f"uses `real`, which is None else. Received: {type(error).__name__}: {error}"
            ) from error

    def joint_loss(self, real, fake):
        """Returns minus the discriminator's loss (a zero-sum game), unless overridden."""
        return -self.discriminator_loss(real, fake)


@keras.saving.register_keras_serializable("gan_zoo")
class Minimax(Objective):
    """Minimax loss V(D, G) = E log σ(real) + E log(1 - σ(fake)), maximised by D, minimised by G.

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
    """Non-saturating loss: D as in `Minimax`, and G minimises -E log σ(fake).

    `real_label` below 1 smooths one side (Salimans et al. 2016, §3.4): D's target for real samples
    becomes `real_label` and that for fakes stays 0. The joint loss is never smoothed.
    Source: Goodfellow et al. 2014, §3.

    Raises:
        ValueError: unless 0 < real_label <= 1.

    Example:
        >>> sure = ops.array([[-20.0]])  # D's logit of an obvious fake
        >>> float(NonSaturating().generator_loss(None, sure))  # Minimax: -2e-9, with gradient 0
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
    """Least-squares loss. D: ½E(real - 1)² + ½E fake²; G: ½E(fake - 1)².

    Source: Mao et al. 2017, eq. 9.

    Example:
        >>> right = {"real": ops.ones((8, 1)), "fake": ops.zeros((8, 1))}
        >>> float(LeastSquares().discriminator_loss(**right))
        0.0
        >>> float(LeastSquares().generator_loss(**right))
        0.5
    """

    def discriminator_loss(self, real, fake):
        return 0.5 * _mean(ops.square(_float(real) - 1.0)) + 0.5 * _mean(ops.square(_float(fake)))

    def generator_loss(self, real, fake):
        return 0.5 * _mean(ops.square(_float(fake) - 1.0))

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
        return _mean(ops.relu(1.0 - _float(real))) + _mean(ops.relu(1.0 + _float(fake)))

    def generator_loss(self, real, fake):
        return -_mean(fake)

    def joint_loss(self, real, fake):
        return _mean(real) - _mean(fake)


@keras.saving.register_keras_serializable("gan_zoo")
class Relativistic(Objective):
    """Relativistic pairing loss. D: E softplus(fake - real); G: E softplus(real - fake).

    The pairs are drawn independently. D classifies which sample of a pair is real, so each fake is
    compared with real samples, and mode collapse is no bad local minimum.
    Source: Jolicoeur-Martineau 2019; Huang et al. 2024 (R3GAN), eq. 2.

    Example:
        >>> real, fake = ops.array([[5.0]]), ops.array([[5.0]])
        >>> round(float(Relativistic().discriminator_loss(real, fake)), 4)  # indistinguishable
        0.6931
    """

    relativistic = True

    def discriminator_loss(self, real, fake):
        return _mean(_softplus(_float(fake) - _float(real)))

    def generator_loss(self, real, fake):
        return _mean(_softplus(_float(real) - _float(fake)))

    def joint_loss(self, real, fake):
        return self.discriminator_loss(fake, real)


@keras.saving.register_keras_serializable("gan_zoo")
class FDivergence(Objective):
    """Lower bound of an f-divergence D_f(P‖Q) = E_Q f(p/q), for nine convex f.

    f(1) = 0, except for "gan".

        F(D) = E g_f(real) - E f*(g_f(fake))  ≤  D_f

    D maximises it and G minimises it; or, with `non_saturating`, G maximises E g_f(fake). f* is the
    convex conjugate, g_f an increasing map of raw outputs into its domain, and the bound is
    tight where g_f(D(x)) = f'(p(x)/q(x)).

        name               f(u)                                g_f(v)             f*(g_f(v))
        kl                 u log u                             v                  exp(v - 1)
        reverse_kl         -log u                              -exp(-v)           v - 1
        pearson            (u - 1)²                            v                  v²/4 + v
        neyman             (1 - u)²/u                          1 - exp(-v)        2 - 2 exp(-v/2)
        squared_hellinger  (√u - 1)²                           1 - exp(-v)        exp(v) - 1
        jensen_shannon     u log u - (u+1) log((u+1)/2)        log 2 - softplus(-v)
                                                                            softplus(v) - log 2
        gan                u log u - (u+1) log(u+1)            -softplus(-v)      softplus(v)
        jeffrey            (u - 1) log u                       v            w + 1/w + v - 2
        total_variation    |u - 1|/2                           tanh(v)/2          tanh(v)/2

    w is Lambert's W of exp(1 - v). "jensen_shannon" is twice the divergence of that name, and "gan"
    that minus log 4. Pearson's is ∫ (p - q)²/q and Neyman's ∫ (p - q)²/p. Source: Nowozin, Cseke,
    Tomioka 2016, eq. 6 and tables 1, 2 and 6, https://arxiv.org/abs/1606.00709.

    Args:
        name: name of the divergence, from the first column.
        non_saturating: whether the generator maximises E g_f(fake), §3.2.

    Raises:
        ValueError: for an unknown name.

    Example:
        >>> head, tail = 1 + math.log(1.5), 1 + math.log(0.5)  # f'(p/q): p(head) = ¾, q(head) = ½
        >>> real, fake = ops.array([head, head, head, tail]), ops.array([head, tail])
        >>> round(float(FDivergence("kl").bound(real, fake)), 4)  # tight: ¾ log 1.5 + ¼ log .5
        0.1308
    """

    def __init__(self, name, non_saturating=False):
        if name not in DIVERGENCES:
            raise ValueError(
                f"`name` should be one of {', '.join(DIVERGENCES)}. Received: name={name!r}"
            )
        self.name, self.non_saturating = name, non_saturating
        self._activation, self._conjugate = DIVERGENCES[name]

    def bound(self, real, fake):
        """Returns F, a lower bound of D_f in nats."""
        return _mean(self._activation(_float(real))) - _mean(self._conjugate(_float(fake)))

    def discriminator_loss(self, real, fake):
        return -self.bound(real, fake)

    def generator_loss(self, real, fake):
        if self.non_saturating:
            return -_mean(self._activation(_float(fake)))
        return -_mean(self._conjugate(_float(fake)))

    def get_config(self):
        return {"name": self.name, "non_saturating": self.non_saturating}


def _identity(v):
    return v


def _one_minus_exp(v):
    """1 - exp(-v), accurate near 0 too."""
    return -ops.expm1(-v)


def _half_tanh(v):
    return 0.5 * ops.tanh(v)


def _jeffrey(v):
    """w + 1/w + v - 2, where w = W(exp(1 - v)), that is w + log w = 1 - v =: a.

    Newton's steps on s = log w: exp(1 - v) itself would overflow.
    """
    a = 1.0 - v
    s = ops.where(a > 1.0, ops.log(ops.maximum(a, 1.0)), a)
    for _ in range(6):  # quadratic from a start that is off by .6 at most
        w = ops.exp(s)
        s = s - (w + s - a) / (w + 1.0)
    return ops.exp(s) + ops.exp(-s) + v - 2.0


LOG_2 = math.log(2.0)
DIVERGENCES = {  # name -> (g_f, f* ∘ g_f), written to neither overflow early nor lose digits
    "kl": (_identity, lambda v: ops.exp(v - 1.0)),
    "reverse_kl": (lambda v: -ops.exp(-v), lambda v: v - 1.0),
    "pearson": (_identity, lambda v: v * v / 4.0 + v),
    "neyman": (_one_minus_exp, lambda v: 2.0 * _one_minus_exp(v / 2.0)),
    "squared_hellinger": (_one_minus_exp, ops.expm1),
    "jensen_shannon": (lambda v: LOG_2 - ops.softplus(-v), lambda v: ops.softplus(v) - LOG_2),
    "gan": (lambda v: -ops.softplus(-v), ops.softplus),
    "jeffrey": (_identity, _jeffrey),
    "total_variation": (_half_tanh, _half_tanh),
}
