"""Where the generator draws the data, D is ½ everywhere and the generator's gradient vanishes.

With q = p the best D is ½, V = -log 4, and the generator's loss is at its minimum: the gradient of
the loss under a trained D with respect to the mean μ of q = N(μ, 1) is dC/dμ, the derivative of
C = 2 JS(p, q) - log 4, since D* is the best D there (envelope theorem). Source: Goodfellow et al.
2014, theorem 1.
"""

import numpy as np
from keras import ops

from benchmarks.shared import claims, densities, figure_style, toy_games
from benchmarks.shared.densities import X
from trainers.objectives import Minimax

SHIFTS = (0.0, 0.5, 1.0, 2.0)


def trained(shift, seed):
    """Trains a discriminator between N(0, 1) and N(shift, 1)."""
    model = toy_games.fixed_generator_model(lambda z: shift + z)
    compile_args = {"objective": Minimax(), "rate": 1e-3}
    toy_games.train(
        model, toy_games.sample(lambda z: z, 100_000, seed), 2_000, seed, **compile_args
    )
    return model


def generator_gradient(model, shift):
    """Returns d/dμ E_q log(1 - σ(D(x))) = -E_q σ(D) D', by quadrature."""
    logits = toy_games.on_grid(model)
    share = 1.0 / (1.0 + np.exp(-logits))
    return -densities.integral(densities.normal(shift, 1.0) * share * np.gradient(logits, X))


def divergence_gradient(shift, h=1e-3):
    """Returns d(2 JS)/dμ by central differences."""
    p = densities.normal(0.0, 1.0)
    up, down = (densities.jensen_shannon(p, densities.normal(shift + d, 1.0)) for d in (h, -h))
    return (up - down) / h


def run(seed=0):
    """Returns (claims, figure)."""
    models = {shift: trained(shift, seed) for shift in SHIFTS}
    logits = toy_games.on_grid(models[0.0])
    p = densities.normal(0.0, 1.0)
    share = 1.0 / (1.0 + np.exp(-logits))
    inside = np.abs(X) < 2.5  # where 98.8 % of the samples are
    found = [
        claims.claim(
            "largest |D - ½| within 2.5 σ", np.abs(share - 0.5)[inside].max(), at_most=0.02
        ),
        claims.claim("V(D)", densities.value(p, p, logits), -np.log(4.0), tolerance=0.002),
        claims.claim(
            "loss of D, from the objective",
            float(Minimax().discriminator_loss(ops.zeros(4), ops.zeros(4))),
            np.log(4.0),
            tolerance=1e-6,
        ),
    ]
    gradients = {s: generator_gradient(models[s], s) for s in SHIFTS}
    for shift, gradient in gradients.items():
        theory = divergence_gradient(shift)
        found.append(
            claims.claim(f"generator's gradient at μ = {shift:g}", gradient, theory, tolerance=0.03)
        )
    return found, draw(share, gradients)


def draw(share, gradients):
    """Draws D where q = p, and the generator's gradient compared with theory."""
    figure, (left, right) = figure_style.figure(2)
    left.axhline(0.5, color=figure_style.THEORY, linestyle=":", label="½")
    left.plot(X, share, color=figure_style.DISCRIMINATOR, label="D, trained")
    left.fill_between(
        X, densities.normal(0.0, 1.0), color=figure_style.REAL, alpha=0.2, label="p = q", lw=0
    )
    left.set(xlim=(-4, 4), ylim=(0, 1), xlabel="x", title="The generator draws the data")
    figure_style.legend(left)
    ticks = np.linspace(-0.5, 2.5, 61)
    theory = [divergence_gradient(t) for t in ticks]
    right.plot(ticks, theory, color=figure_style.THEORY, linestyle=":", label="d(2 JS)/dμ")
    right.plot(
        *zip(*gradients.items(), strict=True),
        "o",
        color=figure_style.FAKE,
        label="from a trained D",
    )
    right.axhline(0.0, color=figure_style.PALE, linewidth=0.8)
    right.set(xlabel="μ", ylabel="gradient", title="Gradient for the generator")
    figure_style.legend(right)
    return figure
