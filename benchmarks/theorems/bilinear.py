"""Gradient descent does not find saddles: on θψ it spirals outwards; two remedies spiral inwards.

min_θ max_ψ θψ is the WGAN objective between two points, f(x) = ψx. At a rate h a simultaneous step
multiplies the distance to the saddle by √(1 + h²), extragradient (a step with the gradient taken
one step ahead) by √((1 - h²)² + h²); alternating steps stay on an ellipse. A penalty on the
distance to the mean of all past weights turns the spiral inwards, unless the weight is so large
that the mean itself slows the motion. Source: Goodfellow 2016 (tutorial), §8.2; Gidel et al. 2019,
§3.1; Salimans et al. 2016, §3.3.
"""

import numpy as np

from benchmarks.shared import claims, figure_style, toy_games
from trainers.objectives import Wasserstein
from trainers.penalties import HistoricalAverage

H, STEPS = 0.1, 500


class Extragradient(toy_games.DiracGAN):
    """Extragradient on the Dirac-GAN: takes two ordinary steps and applies only the second, from
    the starting point."""

    def train_step(self, data):
        variables = self.trainable_variables
        start = [v.value + 0.0 for v in variables]  # copies: the variables move on
        super().train_step(data)
        ahead = [v.value + 0.0 for v in variables]
        metrics = super().train_step(data)
        for variable, first, middle in zip(variables, start, ahead, strict=True):
            variable.assign(first + (variable - middle))
        return metrics


def distances(kind=toy_games.DiracGAN, schedule="simultaneous", steps=STEPS, **compile_args):
    """Returns the distances to the saddle, (steps + 1,), and the path, (steps + 1, 2)."""
    path = toy_games.trajectory(
        kind(), steps, H, objective=Wasserstein(), schedule=schedule, **compile_args
    )
    return np.linalg.norm(path, axis=1), path


def run(seed=0):
    """Returns (claims, figure)."""
    together, spiral = distances()
    ahead, inwards = distances(Extragradient)
    in_turns, ellipse = distances(schedule="alternating")
    growth, shrinking = np.sqrt(1.0 + H**2), np.sqrt((1.0 - H**2) ** 2 + H**2)
    found = [
        claims.claim(
            "simultaneous: factor of a step",
            (together[-1] / together[0]) ** (1 / STEPS),
            growth,
            1e-5,
        ),
        claims.claim(
            "extragradient: factor of a step",
            (ahead[-1] / ahead[0]) ** (1 / STEPS),
            shrinking,
            1e-5,
        ),
        claims.claim("alternating: largest distance", in_turns.max(), at_most=1.2 * in_turns[0]),
        claims.claim("alternating: smallest distance", in_turns.min(), at_least=0.8 * in_turns[0]),
    ]
    weighed = {}
    for weight in (0.0, 0.1, 1.0):
        weighed[weight], _ = distances(steps=2_000, penalties=[HistoricalAverage(weight)])
    found += [
        claims.claim(
            "2,000 steps without a penalty",
            weighed[0.0][-1],
            np.sqrt(2.0) * growth**2_000,
            tolerance=30.0,
        ),
        claims.claim("2,000 steps, historical average of .1", weighed[0.1][-1], at_most=0.01),
        claims.claim("2,000 steps, historical average of 1", weighed[1.0][-1], at_least=0.05),
    ]
    return found, draw(
        {"simultaneous": spiral, "alternating": ellipse, "extragradient": inwards}, weighed
    )


def draw(paths, weighed):
    """Draws paths in the plane, and distances with the penalty."""
    figure, (left, right) = figure_style.figure(2, size=(4.2, 3.6))
    colors = (figure_style.FAKE, figure_style.REAL, figure_style.DISCRIMINATOR)
    for (name, path), color in zip(paths.items(), colors, strict=True):
        left.plot(*path[:150].T, color=color, linewidth=1.2, label=name)
    left.plot(1, 1, "o", color=figure_style.THEORY, markersize=4)
    left.plot(0, 0, "+", color=figure_style.THEORY)
    left.set(
        xlabel="θ",
        ylabel="ψ",
        title="150 steps on θψ",
        aspect="equal",
        xlim=(-3.2, 3.2),
        ylim=(-3.2, 3.2),
    )
    figure_style.legend(left, loc="lower left")
    for (weight, radius), color in zip(
        weighed.items(),
        (figure_style.PALE, figure_style.DISCRIMINATOR, figure_style.FAKE),
        strict=True,
    ):
        right.semilogy(radius, color=color, label=f"η = {weight:g}")
    right.set(xlabel="steps", ylabel="distance to the saddle", title="Historical averaging, η")
    figure_style.legend(right)
    return figure
