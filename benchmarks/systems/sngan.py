"""SNGAN: D's layers have largest singular value 1, D is 1-Lipschitz, and the ring is covered.

Points: 3x128 networks, batches of 256, 8,000 steps. The hinge loss and Adam(β₁ 0, β₂ .9) of the
paper, with rates and turns that suit points: 1e-3, which decays over the second half, one turn of
D, averaged weights; about 40 s on two cores. The paper's own settings, meant for images (2e-4, five
turns, no decay), are also run for 4,000 steps and noted.

References: for the largest difference quotient of D, the same network without normalisation and
with the same training; for the ring, a Gaussian mixture fitted by EM, which is given the number of
modes.
"""

import keras
import numpy as np

import zoo
from benchmarks.shared import acceptance
from benchmarks.systems.r3gan import SAMPLES
from trainers import datasets
from trainers.schedules import LinearDecay
from zoo.layers import SpectralNormalization

STEPS, BATCH, PAPER_STEPS = 8_000, 256, 4_000
FAST = {"jit_compile": True, "steps_per_execution": 25}


def compile_args(steps):
    """Returns compile arguments: the paper's loss with rates and turns for points."""

    def adam(averaged):
        rate = LinearDecay(1e-3, steps)
        return keras.optimizers.Adam(rate, 0.0, 0.9, use_ema=averaged, ema_momentum=0.999)

    return {
        "turns": {"discriminator": 1},
        "optimizers": {"discriminator": adam(False), "generator": adam(True)},
    }


def trained(seed, steps, batch, scale, normalized=True, **changes):
    """Returns a model trained on the ring, with or without spectral normalisation."""
    keras.utils.set_random_seed(seed)
    model = zoo.SNGAN(image_shape=(2,))
    if not normalized:
        unnormalized = zoo.GAN(image_shape=(2,), width=model.width)
        model = zoo.SNGAN(image_shape=(2,), discriminator=unnormalized.discriminator)
    model.compile(**FAST, **changes)
    size = batch * max(model.turns.values())
    ring = datasets.load("ring", batch_size=size, seed=seed).map(lambda x: x / scale)
    model.fit(ring.repeat(), steps_per_epoch=steps, verbose=0)
    return model


def singular_values(network):
    """Returns the largest singular value of each normalised kernel, by a full decomposition."""
    found = []
    for layer in network.layers:
        if isinstance(layer, SpectralNormalization):
            kernel = layer.layer.kernel.numpy()
            u = layer.u.numpy()
            v = kernel @ u
            sigma = np.linalg.norm(kernel.T @ (v / np.linalg.norm(v)))
            found.append(np.linalg.svd(kernel, compute_uv=False)[0] / sigma)
    return found


def lipschitz_estimate(network, scale, seed, pairs=20_000):
    """Returns the largest |D(x) - D(y)|/‖x - y‖ over random pairs from a square around the ring."""
    x, y = np.random.default_rng(seed).uniform(-4.0, 4.0, (2, pairs, 2)).astype("float32") / scale
    rise = np.abs(np.asarray(network(x)) - np.asarray(network(y)))[:, 0]
    return float((rise / np.linalg.norm(x - y, axis=1)).max())


def run(seed):
    """Returns (recipe, figures, notes, number of samples seen)."""
    info, (points, _) = datasets.info("ring"), datasets.arrays("ring")
    scale = points.std()
    early = trained(seed, 100, 64, scale)  # 500 updates of D with the paper's own settings
    model = trained(seed, STEPS, BATCH, scale, **compile_args(STEPS))
    unnormalized = trained(seed, STEPS, BATCH, scale, normalized=False, **compile_args(STEPS))
    paper = trained(seed, PAPER_STEPS, 64, scale)
    found, without, by_paper = (
        acceptance.coverage(scale * one.generate(SAMPLES, seed=seed), info)
        for one in (model, unnormalized, paper)
    )
    known = acceptance.coverage_of_mixture("ring", seed, SAMPLES)
    off = max(abs(float(s) - 1.0) for s in singular_values(early.discriminator))
    ours, theirs = (
        lipschitz_estimate(one.discriminator, scale, seed) for one in (model, unnormalized)
    )
    figures = {
        "singular_values_off_1": acceptance.gate(off, 0.0, 0.02, 0.01, higher=False),
        "steepest_slope": acceptance.gate(ours, theirs, 1.05, 1.0, higher=False),
        "ring_modes": acceptance.gate(found[0], known[0], info.classes, info.classes),
        "ring_high_quality": acceptance.gate(found[1], known[1], 0.90, 0.96),
    }
    names = ("modes", "high_quality", "reverse_kl")
    notes = {
        "rules": "hinge, one turn of each, Adam(1e-3, 0, .9) decaying, averaged weights",
        "ring": dict(zip(names, found, strict=True)),
        "without_normalisation": dict(zip(names, without, strict=True)),
        f"paper, {PAPER_STEPS} steps": dict(zip(names, by_paper, strict=True)),
    }
    return "paper, for points", figures, notes, 2 * STEPS * BATCH + 5 * 64 * (PAPER_STEPS + 100)
