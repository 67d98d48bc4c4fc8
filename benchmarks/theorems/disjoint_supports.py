"""Where two supports do not meet, divergences are constant and W₁ is the distance.

Points (0, Y) and (θ, Y) on two parallel lines, Y normal: for every θ ≠ 0 JS = log 2 and KL = ∞,
while W₁ = |θ|. A discriminator separates them without an error, and the gradient of the minimax
loss with respect to a fake vanishes. With noise N(0, σ²) on both, JS falls smoothly with θ/σ.
Source: Arjovsky & Bottou 2017, theorems 2.1 to 2.4; Arjovsky et al. 2017, example 1.
"""

import keras
import numpy as np

from benchmarks.shared import claims, densities, figure_style, toy_games
from benchmarks.theorems.saturation import LOSSES, line, sample_gradient_norm
from trainers.objectives import Minimax

THETAS = (0.25, 0.5, 1.0)
NOISE = 0.5


def blurred(theta):
    """Returns the JS divergence of N(0, NOISE²) and N(θ, NOISE²)."""
    return densities.jensen_shannon(densities.normal(0.0, NOISE), densities.normal(theta, NOISE))


def estimate(theta, seed, steps, **compile_args):
    """Returns (JS from D's loss, accuracy of D, norm of the minimax gradient of a fake)."""
    keras.utils.set_random_seed(seed)
    model = toy_games.fixed_generator_model(line(0.0), dimensions=2)
    real = toy_games.sample(line(theta), 50_000, seed, dimensions=2)
    toy_games.train(model, real, steps, seed, objective=Minimax(), **compile_args)
    real = toy_games.sample(line(theta), 20_000, seed + 1, dimensions=2)
    fake = toy_games.sample(line(0.0), 20_000, seed + 2, dimensions=2)
    presented = model.augment or (lambda x: x)
    logits = [model.discriminator(np.asarray(presented(x))).numpy() for x in (real, fake)]
    loss = float(Minimax().discriminator_loss(*logits))
    accuracy = 0.5 * ((logits[0] > 0).mean() + (logits[1] < 0).mean())
    return np.log(2.0) - 0.5 * loss, accuracy, sample_gradient_norm(LOSSES["minimax"], model, fake)


def run(seed=0):
    """Returns (claims, figure)."""
    sharp = {theta: estimate(theta, seed, 1_000, rate=1e-2) for theta in THETAS}
    soft = {
        theta: estimate(theta, seed, 1_000, augment=toy_games.instance_noise(NOISE))
        for theta in THETAS
    }
    found = []
    for theta, (js, accuracy, gradient) in sharp.items():
        found += [
            claims.claim(f"JS from D's loss at θ = {theta:g}", js, np.log(2.0), tolerance=1e-3),
            claims.claim(f"error rate of D at θ = {theta:g}", 1.0 - accuracy, at_most=0.0),
            claims.claim(f"minimax gradient of a fake at θ = {theta:g}", gradient, at_most=1e-3),
        ]
    for theta, (js, _, _) in soft.items():
        text = f"JS from D's loss at θ = {theta:g} with noise of {NOISE:g}"
        found.append(claims.claim(text, js, blurred(theta), tolerance=0.01))
    figure, axes = figure_style.figure(size=(5.0, 3.2))
    ticks = np.linspace(0.0, 1.2, 61)
    axes.plot(ticks, ticks, color=figure_style.REAL, label="W₁ = θ")
    axes.axhline(np.log(2.0), color=figure_style.FAKE, label="JS = log 2")
    axes.plot(
        ticks, [blurred(t) for t in ticks], color=figure_style.DISCRIMINATOR, label="JS, noise of ½"
    )
    for points, color in ((sharp, figure_style.FAKE), (soft, figure_style.DISCRIMINATOR)):
        axes.plot(list(points), [p[0] for p in points.values()], "o", color=color)
    axes.set(
        xlabel="θ", ylabel="nats, or length", title="Two lines at distance θ; points: trained D"
    )
    figure_style.legend(axes)
    return found, figure
