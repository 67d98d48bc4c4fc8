"""BEGAN: the errors of generated and real images settle at γ, but most classes are not generated.

8x8 digits, small networks with γ 1 and λ .1, the modern recipe for 2,000 steps of 64 on the train
split. `ratio_off` is |E L(G(z)) / E L(x) - γ|, the mean over the last 1,000 steps: 0 at the
equilibrium (§3.3). `convergence_left` is the mean of M over the last 1,000 steps, divided by that
over the first 500. The Fréchet distance is that of 500 samples to the held-out digits; the
reference is the best of the baseline samplers fitted to the train split.
"""

import keras

import zoo
from benchmarks.shared import acceptance
from trainers import datasets, metrics
from trainers.imaging import grids
from trainers.runs.environment import fast_options

STEPS, INTERVAL, BATCH = 2_000, 500, 64
ABLATIONS = """
All on seed 10; the numbers are Fréchet distances after 2,000 steps, with 16 channels and 16 codes
unless noted. The paper's γ of .5, with λ from 1e-3 to .2, 32 channels and 8 to 32 codes: 171 to
283, and all samples are alike. γ .8 with 32 channels and 8 codes: 143. γ 1: λ .02 98, .1 48 (the
row), .5 55; rates of 3e-4 91, 3e-3 58; 8 channels 49; 8 codes 120, 24 codes 81, 32 codes 90; β₁ 0
74. After 8,000 steps 74, with 32 channels 114: the better D reconstructs, the smaller k becomes,
and nothing else in BEGAN asks for diversity. Skip connections and rates that follow M, which the
paper has, were not tried.
"""


@acceptance.cache_trained
def trained(seed):
    """Returns a model, and its history with one value per `INTERVAL` steps."""
    keras.utils.set_random_seed(seed)
    model = zoo.create("began", scale="small", image_shape=(8, 8, 1))
    model.compile("modern", STEPS, **fast_options(model, STEPS))
    data = datasets.load("digits", "train", batch_size=BATCH, seed=seed)
    history = model.fit(
        data.repeat(), epochs=STEPS // INTERVAL, steps_per_epoch=INTERVAL, verbose=0
    ).history
    return model, {name: [float(v) for v in values] for name, values in history.items()}


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    model, history = trained(seed)
    x, held_out = (datasets.arrays("digits", split)[0] for split in ("train", "test"))
    evaluator = metrics.evaluator("digits")
    scores = metrics.score(held_out, model.generate(len(held_out), seed=seed), evaluator)
    references = metrics.references(x, held_out, evaluator)
    best = metrics.verdicts(scores, references)
    last = {name: sum(values[-2:]) / 2 for name, values in history.items()}
    off = abs(last["generator_loss"] / last["discriminator_real"] - model.gamma)
    left = last["convergence"] / history["convergence"][0]
    figures = {
        "ratio_off": acceptance.gate(off, 0.0, 0.05, 0.01, higher=False),
        "convergence_left": acceptance.gate(left, 1.0, 0.5, 0.25, higher=False),
        "digits_frechet": acceptance.gate(
            scores["frechet"], best["frechet"]["baseline"], 3.0, 1.4, higher=False
        ),
    }
    notes = {"history": history, "digits": scores, "verdicts": best}
    return "modern", figures, notes, BATCH * STEPS


def picture(seed=0):
    """Ten samples for each digit, as classified by a classifier."""
    images = trained(seed)[0].generate(1_000, seed=seed)
    found = metrics.evaluator("digits").classify(images)
    return grids.grid(grids.by_class(images, found, 10), labels=range(10))
