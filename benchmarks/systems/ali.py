"""ALI covers a grid of 25 modes and inverts its generator with a stochastic encoder.

Points: 3x128 networks, BiGAN's modern recipe for 10,000 steps of 256 at a rate of 1e-3, about a
minute; the reference is a Gaussian mixture fitted by EM, which is given the number of modes.
Digits: as in the row of BiGAN.
"""

import keras

import zoo
from benchmarks.shared import acceptance, encoder_rows, figure_style
from benchmarks.systems import bigan
from trainers import datasets
from trainers.penalties import R1, R2
from trainers.schedules import LinearDecay

STEPS, SAMPLES = 10_000, 10_000


@acceptance.cache_trained
def on_grid(seed):
    """Returns a model trained on the grid, and the scale by which the points were divided."""
    scale = datasets.arrays("grid")[0].std()
    keras.utils.set_random_seed(seed)
    model = zoo.create("ali", image_shape=(2,), scale="small")
    data = datasets.load("grid", batch_size=256, seed=seed).map(lambda x: x / scale)
    optimizers = {
        player: keras.optimizers.Adam(
            LinearDecay(1e-3, STEPS), 0.0, 0.99, use_ema=player == "generator", ema_momentum=0.999
        )
        for player in model.players
    }
    changes = {"optimizers": optimizers, "penalties": [R1(0.02), R2(0.02)]}
    acceptance.train(model, "modern", data, STEPS, **changes)
    return model, scale


def grid(seed):
    """Returns (modes, high quality, reverse KL) of samples, and the MMD² of codes to N(0, I)."""
    model, scale = on_grid(seed)
    samples = scale * model.generate(SAMPLES, seed=seed)
    codes = model.encode((datasets.arrays("grid", "test")[0] / scale)[:1_000])
    prior = model.latents(1_000).numpy()
    return acceptance.coverage(samples, datasets.info("grid")), encoder_rows.mmd(codes, prior)


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    found, mmd = grid(seed)
    known = acceptance.coverage_of_mixture("grid", seed, SAMPLES)
    figures = {"grid_modes": acceptance.gate(found[0], known[0], 20, 25)}
    digits = encoder_rows.Digits.load()
    model = encoder_rows.trained("ali", "modern", bigan.STEPS, seed)
    scores, notes = encoder_rows.score_model(model, digits)
    ten = encoder_rows.score_components(digits, 10)
    figures |= {f"digits_{k}": gate for k, gate in bigan.gates(scores, ten).items()}
    notes |= {"high_quality": found[1], "reverse_kl": found[2], "mmd_of_grid_codes": mmd}
    return "modern", figures, notes, 256 * STEPS + 64 * bigan.STEPS


def picture(seed=0):
    """Samples, codes of held-out points colored by mode, and reconstructions."""
    model, scale = on_grid(seed)
    points, modes = (a[:4_000] for a in datasets.arrays("grid", "test"))
    drawn, axes = figure_style.figure(columns=3, size=(3.2, 3.2), subplot_kw={"aspect": "equal"})
    panels = {
        "G(z)": (scale * model.generate(4_000, seed=seed), figure_style.FAKE),
        "E(x), a colour for each mode": (model.encode(points / scale), modes % 7),
        "G(E(x))": (scale * model.reconstruct(points / scale), modes % 7),
    }
    for panel, (title, (where, color)) in zip(axes, panels.items(), strict=True):
        panel.scatter(*where.T, c=color, s=2, cmap="tab10")
        panel.set_title(title)
    return figure_style.render(drawn)
