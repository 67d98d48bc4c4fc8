"""Label smoothing biases the best discriminator; instance noise changes the distributions instead.

With the target α for real samples the best D is α p/(p + q): at the equilibrium α/2. With noise of
deviation σ on all samples it is p_σ/(p_σ + q_σ), that of the two blurred distributions, without a
bias. Source: Salimans et al. 2016, §3.4; Sønderby et al. 2017, §3.3.
"""

import numpy as np

from benchmarks.shared import claims, densities, figure_style, toy_games
from benchmarks.shared.densities import X
from trainers.objectives import NonSaturating

ALPHA, NOISE = 0.9, 0.7
REAL, FAKE = (0.0, 0.5), (1.0, 0.5)  # means and deviations


def gaussian(mean, deviation):
    """Returns a function from normal numbers to N(mean, deviation²)."""
    return lambda z: mean + deviation * z


def trained_discriminator(seed, **compile_args):
    """Returns D on X after training."""
    model = toy_games.fixed_generator_model(gaussian(*FAKE))
    toy_games.train(
        model, toy_games.sample(gaussian(*REAL), 100_000, seed), 3_000, seed, **compile_args
    )
    return 1.0 / (1.0 + np.exp(-toy_games.on_grid(model)))


def run(seed=0):
    """Returns (claims, figure)."""
    p, q = densities.normal(*REAL), densities.normal(*FAKE)
    blurred_p, blurred_q = (
        densities.normal(mean, np.hypot(deviation, NOISE)) for mean, deviation in (REAL, FAKE)
    )
    best, blurred = p / (p + q + 1e-300), blurred_p / (blurred_p + blurred_q)
    smooth = trained_discriminator(seed, objective=NonSaturating(real_label=ALPHA))
    noisy = trained_discriminator(
        seed, objective=NonSaturating(), augment=toy_games.instance_noise(NOISE)
    )

    def off(found, theory, first, second):
        return densities.integral(0.5 * (first + second) * np.abs(found - theory))

    found = [
        claims.claim("smoothed, E|D - α D*|", off(smooth, ALPHA * best, p, q), at_most=0.02),
        claims.claim("smoothed, E|D - D*|: the bias", off(smooth, best, p, q), at_least=0.03),
        claims.claim(
            "noise, E|D - D* of the blurred pair|",
            off(noisy, blurred, blurred_p, blurred_q),
            at_most=0.02,
        ),
    ]
    figure, (left, right) = figure_style.figure(2)
    left.plot(X, best, color=figure_style.PALE, label="D*")
    left.plot(X, ALPHA * best, ":", color=figure_style.THEORY, linewidth=2, label="α D*, α = .9")
    left.plot(X, smooth, color=figure_style.DISCRIMINATOR, label="D, smoothed labels")
    right.plot(X, best, color=figure_style.PALE, label="D*")
    right.plot(
        X, blurred, ":", color=figure_style.THEORY, linewidth=2, label="D* of the blurred pair"
    )
    right.plot(X, noisy, color=figure_style.DISCRIMINATOR, label="D, noise of .7")
    for axes, title in ((left, "One-sided label smoothing"), (right, "Instance noise")):
        axes.set(xlim=(-2, 3), ylim=(-0.02, 1.05), xlabel="x", title=title)
        figure_style.legend(axes, loc="lower left")
    left.set_ylabel("D(x)")
    return found, figure
