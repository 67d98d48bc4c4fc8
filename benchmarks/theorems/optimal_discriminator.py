"""The best discriminator is D*(x) = p(x)/(p(x) + q(x)).

For a fixed generator, V(D) = E_p log D + E_q log(1 - D) is greatest at D*. Between N(0, 1) and
N(m, 1) it is σ(m²/2 - mx). A network 1-64-64-1 trained on samples is compared with D* under
(p + q)/2, and V(D) with V(D*), by quadrature. In two dimensions the real samples are eight
Gaussians on a circle, the fakes N(0, I). Source: Goodfellow et al. 2014, proposition 1.
"""

import numpy as np
from scipy import stats

from benchmarks.shared import claims, densities, figure_style, toy_games
from benchmarks.shared.densities import X
from trainers.objectives import Minimax

CASES = {f"N({m:g}, 1)": (m, 1.0) for m in (0.5, 1.0, 2.0, 3.0, 4.0)} | {"N(0, 4)": (0.0, 2.0)}
ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES, SPREAD = 2.0 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1), 0.3


def trained_logits(mean, deviation, seed):
    """Returns the logits on X of a discriminator trained on N(0, 1) and N(mean, deviation²)."""
    model = toy_games.fixed_generator_model(lambda z: mean + deviation * z)
    toy_games.train(
        model, toy_games.sample(lambda z: z, 100_000, seed), 1_000, seed, objective=Minimax()
    )
    return toy_games.on_grid(model)


def plane(seed, side=101):
    """Returns D and D* on a square grid of the plane, and the weight of (p + q)/2 at each point."""
    rng = np.random.default_rng(seed)
    real = CENTRES[rng.integers(8, size=100_000)] + SPREAD * rng.standard_normal((100_000, 2))
    model = toy_games.fixed_generator_model(
        lambda z: 1.0 * z, dimensions=2, discriminator=toy_games.network(2, 128)
    )
    toy_games.train(model, real, 2_500, seed, objective=Minimax())
    ticks = np.linspace(-3.5, 3.5, side)
    places = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    p = np.mean(
        [stats.multivariate_normal(c, SPREAD**2 * np.eye(2)).pdf(places) for c in CENTRES], axis=0
    )
    q = stats.multivariate_normal(np.zeros(2), np.eye(2)).pdf(places)
    logits = model.discriminator.predict(np.float32(places), batch_size=4096, verbose=0)[:, 0]
    shape = (side, side)
    found = 1.0 / (1.0 + np.exp(-logits))
    share = (p + q) / (p + q).sum()
    return found.reshape(shape), (p / (p + q)).reshape(shape), share.reshape(shape)


def run(seed=0):
    """Returns (claims, figure)."""
    found, curves = [], {}
    p = densities.normal(0.0, 1.0)
    for name, (mean, deviation) in CASES.items():
        q = densities.normal(mean, deviation)
        log_ratio = stats.norm(0.0, 1.0).logpdf(X) - stats.norm(mean, deviation).logpdf(X)
        logits = trained_logits(mean, deviation, seed)
        best, ours = (1.0 / (1.0 + np.exp(-t)) for t in (log_ratio, logits))  # σ(log p/q) = D*
        off = densities.integral(0.5 * (p + q) * np.abs(ours - best))
        reached, most = densities.value(p, q, logits), densities.value(p, q, log_ratio)
        found.append(claims.claim(f"E|D - D*| against {name}", off, at_most=0.015))
        found.append(claims.claim(f"V(D) against {name}", reached, most, tolerance=0.01))
        found.append(claims.claim(f"V(D) - V(D*) against {name}", reached - most, at_most=1e-6))
        curves[name] = best, ours
    ours, best, share = plane(seed)
    off = float((share * np.abs(ours - best)).sum())
    found.append(claims.claim("E|D - D*| in two dimensions", off, at_most=0.03))
    return found, draw(curves, ours, best)


def draw(curves, ours, best):
    """Draws curves on the line, and both maps of the plane."""
    figure, (line, left, right) = figure_style.figure(3)
    colors = (figure_style.REAL, figure_style.FAKE, figure_style.DISCRIMINATOR)
    for name, color in zip(("N(1, 1)", "N(4, 1)", "N(0, 4)"), colors, strict=True):
        line.plot(X, curves[name][1], color=color, label=name)
        line.plot(X, curves[name][0], color=figure_style.THEORY, linestyle=":", linewidth=1.8)
    line.set(xlim=(-6, 7), ylim=(-0.02, 1.02), xlabel="x", ylabel="D(x)")
    line.set_title("N(0, 1) against others; dotted: D*")
    figure_style.legend(line, loc="upper right")
    for axes, values, title in ((left, ours, "D, trained"), (right, best, "D* = p/(p + q)")):
        picture = axes.imshow(
            values, origin="lower", extent=(-3.5, 3.5, -3.5, 3.5), vmin=0, vmax=1, cmap="RdBu"
        )
        axes.set_title(title)
    figure.colorbar(picture, ax=right, shrink=0.8).outline.set_visible(False)
    return figure
