"""f-GAN fits the best Gaussian of each divergence to a mixture and estimates the divergence.

P = .33 N(-1, .255²) + .67 N(2, 1.415²), Q = N(μ, σ²), the function V two layers of 64 tanh units:
the experiment of table 2 of Nowozin et al. 2016. Batches of 1,024, 4,000 steps with rates that
decay over the second half, about 10 s for each divergence; F, μ and σ are means over the last fifth
of the training. The exact values are computed in this file, by quadrature and SciPy's minimiser.

The reference is the Gaussian of maximum likelihood, which needs no GAN: it is the best one for KL,
and for the other divergences only as far as they agree with KL.
"""

import itertools

import keras
import numpy as np
from keras import layers
from scipy import optimize, stats

import zoo
from benchmarks.shared import acceptance
from trainers import datasets
from trainers.objectives import FDivergence
from trainers.schedules import LinearDecay

STEPS, BATCH, LOG_INTERVAL = 4_000, 1_024, 50
# μ of the best Gaussian grows in this order: from covering both modes to seeking the larger one.
ORDER = ("pearson", "kl", "jensen_shannon", "reverse_kl", "neyman")
GATED = ("kl", "reverse_kl", "jensen_shannon", "gan", "pearson", "squared_hellinger")

X = np.linspace(-25.0, 30.0, 20_001)
LOG_P = np.logaddexp(
    np.log(0.33) + stats.norm(-1.0, 0.255).logpdf(X),
    np.log(0.67) + stats.norm(2.0, 1.415).logpdf(X),
)
GENERATORS = {  # log u -> f(u), as in the table of trainers.objectives.FDivergence
    "kl": lambda r: np.exp(r) * r,
    "reverse_kl": lambda r: -r,
    "pearson": lambda r: np.expm1(r) ** 2,
    "neyman": lambda r: np.expm1(r) ** 2 * np.exp(-r),
    "squared_hellinger": lambda r: np.expm1(0.5 * r) ** 2,
    "jensen_shannon": lambda r: np.exp(r) * r - (1 + np.exp(r)) * (np.logaddexp(0, r) - np.log(2)),
    "gan": lambda r: np.exp(r) * r - (1 + np.exp(r)) * np.logaddexp(0, r),
    "jeffrey": lambda r: np.expm1(r) * r,
    "total_variation": lambda r: 0.5 * np.abs(np.expm1(r)),
}


def divergence_of(name, mean, deviation):
    """Returns D_f(P‖N(mean, deviation²)) = ∫ q f(p/q), by the trapezoidal rule."""
    log_q = stats.norm(mean, deviation).logpdf(X)
    ratio = np.clip(LOG_P - log_q, -300.0, 300.0)
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.trapezoid(np.exp(log_q) * GENERATORS[name](ratio), X))


def best_gaussian(name):
    """Returns (D_f, μ, σ) of the Gaussian that minimises the divergence."""
    found = optimize.minimize(
        lambda at: divergence_of(name, at[0], np.exp(at[1])),
        (1.3, np.log(1.75)),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9},
    )
    return float(found.fun), float(found.x[0]), float(np.exp(found.x[1]))


class Log(keras.callbacks.Callback):
    """Records (F, μ, σ) at the end of every logging interval, F as the mean over the interval."""

    def __init__(self):
        super().__init__()
        self.found = []

    def on_epoch_end(self, epoch, logs):
        deviation, mean = (w.item() for w in self.model.generator.get_weights())
        self.found.append((-logs["discriminator_loss"], mean, abs(deviation)))


def fit(name, seed):
    """Returns (F, μ, σ) of a trained f-GAN."""
    keras.utils.set_random_seed(seed)
    value = keras.Sequential(
        [keras.Input((1,)), *(layers.Dense(64, activation="tanh") for _ in "12"), layers.Dense(1)]
    )
    line = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model = zoo.FGAN(image_shape=(1,), latent_dim=1, generator=line, discriminator=value)
    model.compile(
        objective=FDivergence(name),
        optimizers={
            player: keras.optimizers.Adam(LinearDecay(0.01, STEPS), 0.5, 0.99)
            for player in model.players
        },
        jit_compile=True,
        steps_per_execution=25,
    )
    points = datasets.load("fgan_mixture", batch_size=BATCH, seed=seed).repeat()
    log = Log()
    model.fit(
        points,
        epochs=STEPS // LOG_INTERVAL,
        steps_per_epoch=LOG_INTERVAL,
        callbacks=[log],
        verbose=0,
    )
    return tuple(np.mean(log.found[-len(log.found) // 5 :], axis=0).tolist())


def errors(found, exact, scale):
    """Returns the errors of F relative to the divergence, of μ and of σ."""
    return abs(found[0] - exact[0]) / scale, abs(found[1] - exact[1]), abs(found[2] - exact[2])


def run(seed):
    """Returns (recipe, figures, notes, number of samples seen)."""
    points, _ = datasets.arrays("fgan_mixture")
    likely = float(points.mean()), float(points.std())
    table, excess = {}, {}
    for name in GENERATORS:
        exact, found = best_gaussian(name), fit(name, seed)
        scale = abs(exact[0])
        likelihood = (divergence_of(name, *likely), *likely)
        excess[name] = (found[0] - divergence_of(name, *found[1:])) / scale
        table[name] = {
            "exact": exact,
            "learned": found,
            "errors": errors(found, exact, scale),
            "errors_of_maximum_likelihood": errors(likelihood, exact, scale),
        }

    def worst(names, i):
        return tuple(
            max(table[name][of][i] for name in names)
            for of in ("errors", "errors_of_maximum_likelihood")
        )

    def ordered(means):
        return sum(a < b for a, b in itertools.pairwise(means))

    figures = {}
    for i, (what, A, B) in enumerate(
        [("divergence", 0.06, 0.02), ("mean", 0.06, 0.02), ("deviation", 0.08, 0.03)]
    ):
        figures[f"{what}_error"] = acceptance.gate(*worst(GATED, i), A, B, higher=False)
    for i, (what, A) in enumerate([("divergence", 0.1), ("mean", 0.1), ("deviation", 0.1)]):
        name = f"jeffrey_{what}_error"
        figures[name] = acceptance.gate(*worst(["jeffrey"], i), A, A / 2, higher=False)
    figures["excess_of_the_bound"] = acceptance.gate(
        max(excess[name] for name in (*GATED, "jeffrey")), 0.0, 0.01, 0.0, higher=False
    )
    means = [table[name]["learned"][1] for name in ORDER]
    figures["means_in_order"] = acceptance.gate(ordered(means), ordered([likely[0]] * 5), 4, 4)
    notes = {"maximum_likelihood": likely, "table": table, "excess": excess}
    return "paper", figures, notes, len(GENERATORS) * STEPS * BATCH
