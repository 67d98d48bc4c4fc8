"""f-GAN's estimate is a lower bound of the divergence, and wider networks come nearer to it.

F(V) = E_P g_f(V) - E_Q f*(g_f(V)) ≤ D_f(P‖Q) for every function V, with equality at f'(p/q). P is
the mixture .33 N(-1, .255²) + .67 N(2, 1.415²), Q = N(1.3, 1.75²); V, one hidden layer of tanh
units, is trained on samples and then F is computed by quadrature, so that no sampling error can
hide an excess. Source: Nowozin et al. 2016, eq. 4; Nguyen et al. 2010.
"""

import keras
import numpy as np
from scipy import stats

import zoo
from benchmarks.shared import claims, densities, figure_style, toy_games
from benchmarks.shared.densities import X
from trainers import datasets
from trainers.objectives import DIVERGENCES, FDivergence

WIDTHS = (1, 4, 64)
MEAN, DEVIATION = 1.3, 1.75
LOG_P = np.logaddexp(
    np.log(0.33) + stats.norm(-1.0, 0.255).logpdf(X),
    np.log(0.67) + stats.norm(2.0, 1.415).logpdf(X),
)
LOG_Q = stats.norm(MEAN, DEVIATION).logpdf(X)
U = np.exp(LOG_P - LOG_Q)
EXACT = {  # D_f = ∫ q f(p/q)
    "kl": densities.integral(np.exp(LOG_Q) * U * np.log(U)),
    "jensen_shannon": densities.integral(
        np.exp(LOG_Q) * (U * np.log(U) - (1.0 + U) * np.log(0.5 + 0.5 * U))
    ),
    "pearson": densities.integral(np.exp(LOG_Q) * (U - 1.0) ** 2),
}


def bound_value(name, width, seed):
    """Returns F of a trained V, by quadrature."""
    keras.utils.set_random_seed(seed)
    value = toy_games.network(1, width, depth=1, activation="tanh")
    model = toy_games.fixed_generator_model(
        lambda z: MEAN + DEVIATION * z, family=zoo.FGAN, discriminator=value
    )
    points = datasets.arrays("fgan_mixture")[0]
    toy_games.train(model, points, 1_000, seed, rate=1e-2, objective=FDivergence(name))
    v = np.float32(toy_games.on_grid(model))
    activation, conjugate = DIVERGENCES[name]
    real, fake = np.asarray(activation(v)), np.asarray(conjugate(v))
    return densities.integral(np.exp(LOG_P) * real - np.exp(LOG_Q) * fake)


def run(seed=0):
    """Returns (claims, figure)."""
    table = {name: [bound_value(name, width, seed) for width in WIDTHS] for name in EXACT}
    found = []
    for name, values in table.items():
        exact = EXACT[name]
        most, gap = max(values) - exact, (exact - values[-1]) / exact
        found += [
            claims.claim(f"{name}: largest F minus D_f = {exact:.4f}", most, at_most=1e-5),
            claims.claim(f"{name}: relative gap with 64 units", gap, at_most=0.1),
            claims.claim(
                f"{name}: gap with 1 unit / gap with 64 units",
                (exact - values[0]) / exact / gap,
                at_least=2,
            ),
        ]
    figure, axes = figure_style.figure(size=(5.0, 3.2))
    colors = (figure_style.REAL, figure_style.FAKE, figure_style.DISCRIMINATOR)
    for (name, values), color in zip(table.items(), colors, strict=True):
        share = [v / EXACT[name] for v in values]
        axes.plot(WIDTHS, share, "o-", color=color, label=name.replace("_", " "), markersize=4)
    axes.axhline(1.0, color=figure_style.THEORY, linestyle=":", label="the divergence")
    axes.set_xscale("log", base=2)
    axes.set_xticks(WIDTHS, [str(w) for w in WIDTHS])
    axes.set(xlabel="hidden units of V", ylabel="F / D_f", title="The bound, from below")
    figure_style.legend(axes, loc="lower right")
    return found, figure
