"""Draws a film of a GAN on a line: data, samples, D, and the optimal D at each step.

    python -m benchmarks.film

After figure 1 of Goodfellow et al. 2014. The lower panel shows where G maps evenly spread latents.
Writes docs/theory/film.gif and its last frame, film.png, in about a minute.
"""

from pathlib import Path

import keras
import numpy as np
from absl import flags
from matplotlib.collections import LineCollection
from scipy import stats

from trainers import command_line

FLAGS = flags.FLAGS
FRAMES, LOG_INTERVAL, BATCH = 40, 60, 512
CENTRES, SPREADS = (-1.4, 1.2), (0.35, 0.6)  # of the data, two Gaussians of the same weight
X = np.linspace(-4.0, 4.0, 401)


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_integer("seed", 0, "Seed of weights, noise and samples.", lower_bound=0)
    flags.DEFINE_string("out", "docs/theory", "Folder of the film.")


def main():
    """Trains and draws."""
    from benchmarks.shared import figure_style

    pictures = [figure_style.render(frame(*moment), colors=32) for moment in moments(FLAGS.seed)]
    folder = Path(FLAGS.out)
    folder.mkdir(parents=True, exist_ok=True)
    durations = [120] * (len(pictures) - 1) + [2_500]
    path = folder / "film.gif"
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True
    )
    pictures[-1].save(folder / "film.png", optimize=True)
    print(f"{path}: {len(pictures)} frames, {path.stat().st_size / 1024:.0f} KB")


def moments(seed):
    """Yields (step, density of the samples on X, D on X, latents, G of the latents)."""
    import zoo
    from trainers.penalties import R1
    from trainers.schedules import LinearDecay

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    which = rng.integers(2, size=200_000)
    points = rng.normal(np.take(CENTRES, which), np.take(SPREADS, which))[:, None]
    falling = LinearDecay(1e-3, FRAMES * LOG_INTERVAL)
    model = zoo.GAN(image_shape=(1,), latent_dim=1, width=48)
    model.compile(
        optimizers={p: keras.optimizers.Adam(falling, 0.0, 0.99) for p in model.players},
        penalties=[R1(0.1)],
        jit_compile=True,
        steps_per_execution=LOG_INTERVAL,
    )
    latents = np.float32(stats.norm.ppf((np.arange(25) + 0.5) / 25))[:, None]
    for i in range(FRAMES):
        samples = model.generate(20_000, seed=seed)[:, 0]
        density = stats.gaussian_kde(samples, bw_method=0.06)(X)
        logits = model.discriminator.predict(np.float32(X)[:, None], batch_size=512, verbose=0)
        generated = model.generator.predict(latents, verbose=0)
        yield (
            i * LOG_INTERVAL,
            density,
            1.0 / (1.0 + np.exp(-logits[:, 0])),
            latents[:, 0],
            generated[:, 0],
        )
        model.fit(
            points[rng.integers(len(points), size=LOG_INTERVAL * BATCH)],
            batch_size=BATCH,
            verbose=0,
        )


def frame(step, density, found, latents, generated):
    """Draws one frame of the film."""
    from benchmarks.shared import figure_style

    drawn, (top, bottom) = figure_style.figure(1, 2, size=(5.2, 1.7), height_ratios=(2.4, 1.0))
    p = 0.5 * sum(stats.norm(c, s).pdf(X) for c, s in zip(CENTRES, SPREADS, strict=True))
    best = p / (p + density + 1e-12)
    top.fill_between(X, p, color=figure_style.REAL, alpha=0.25, lw=0, label="p, the data")
    top.plot(X, density, color=figure_style.FAKE, label="q, the samples")
    top.plot(X, found, color=figure_style.DISCRIMINATOR, label="D")
    seen = p + density > 2e-3  # elsewhere the optimal D is undetermined
    top.plot(
        X, np.where(seen, best, np.nan), ":", color=figure_style.THEORY, label="D* = p/(p + q)"
    )
    top.set(xlim=(-4, 4), ylim=(0, 1.4), title=f"step {step:,}", xticklabels=[])
    figure_style.legend(top, loc="upper left", ncols=4, columnspacing=1.2, handlelength=1.4)
    ends = np.stack(
        [np.stack([latents, generated], 1), np.tile([0.0, 1.0], (len(generated), 1))], axis=2
    )
    bottom.add_collection(LineCollection(ends, colors=figure_style.FAKE, linewidths=0.7, alpha=0.7))
    bottom.set(xlim=(-4, 4), ylim=(0, 1), yticks=[0, 1], yticklabels=["z", "G(z)"])
    return drawn


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
