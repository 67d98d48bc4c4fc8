"""LAPGAN's levels restore the detail that is lost when an image is halved.

Glyphs of 28x28, from 7x7 over 14x14: small networks, the modern recipe at rates that fall from
1e-3, G averaged, 1,000 steps of 64. `rebuilt` is the largest error of an image that is rebuilt from
its Laplacian pyramid. `details` compares a real blurred image with detail added by the finest level
to a bicubic enlargement: 1 minus the ratio of their patch-SWD to real images at the finest level.
`frechet_ratio` is the Fréchet distance between 2,000 samples, generated from noise through all
levels, and the test split, in the features of a classifier that the row trains, divided by that of
DCGAN, so the reference is 1: 32 channels at the image, falling rates too, 400 steps. The notes have
the distance of samples generated from real low-resolution images.
"""

import keras
import numpy as np

from benchmarks.shared import acceptance, glyph_classifier
from trainers import datasets, metrics, noise
from trainers.engine.inference import predict_in_batches
from trainers.imaging import grids
from zoo.dcgan import DCGAN
from zoo.lapgan import LAPGAN
from zoo.networks.laplacian_pyramid import down, up

SHAPE, STEPS, BATCH = (28, 28, 1), 1_000, 64
DCGAN_STEPS, DCGAN_SIZES = 400, {"latent_dim": 64, "width": 32, "kernel_size": 4}
ABLATIONS = """
On seed 0, the paper's recipe with Adam at 1e-3, 1,000 steps: `details` .73 and `frechet_ratio`
2.63, which is the fault of the coarsest level: from real 7x7 images the other levels beat DCGAN,
and a coarsest level trained separately by the modern recipe brings the ratio to 1.2 at width 16 and
at 32. The modern recipe with averages of .999, which are still half initial weights after 600
steps: `details` -.03. The paper's SGD at .02 was not tried.
"""


@acceptance.cache_trained
def trained(seed):
    """Returns a small trained model."""
    keras.utils.set_random_seed(seed)
    model = LAPGAN(SHAPE, **LAPGAN.small(SHAPE))
    data = datasets.load("glyphs", batch_size=BATCH, seed=seed)
    adam = model.adam(1e-3, 0.0, 0.99, STEPS, ["generator"])
    acceptance.train(model, "modern", data, STEPS, optimizers=adam)
    return model


@acceptance.cache_trained
def trained_dcgan(seed):
    """Returns a trained DCGAN, whose rates fall too."""
    keras.utils.set_random_seed(seed)
    model = DCGAN(SHAPE, **DCGAN_SIZES)
    data = datasets.load("glyphs", batch_size=BATCH, seed=seed)
    adam = model.adam(2e-4, steps=DCGAN_STEPS)
    acceptance.train(model, "paper", data, DCGAN_STEPS, optimizers=adam)
    return model


def blurred(x):
    """Returns the input of the finest level: images halved and enlarged again."""
    return np.asarray(up(down(x)))


def sharpened(model, low, seed):
    """Returns blurred images with detail added by the level of their size and all finer levels."""
    first = next(k for k in range(model.levels + 1) if low.shape[1] << model.levels - k == SHAPE[0])
    for k in range(first, model.levels + 1):
        low = low if k == first else np.asarray(up(low))
        with noise.stream(seed, label=f"planes of level {k}"):
            planes = np.asarray(noise.uniform((len(low), low.shape[1] * low.shape[2]), -1.0, 1.0))
        low = low + predict_in_batches(model.level("generator", k), [low, planes])
    return np.clip(low, -1.0, 1.0)


def rebuilt(model, x):
    """Returns the largest error of images rebuilt from their pyramid."""
    image, details = model.pyramid(x)
    for detail in details:
        image = up(image) + detail
    return float(np.abs(image - x).max())


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    test, _ = datasets.arrays("glyphs", "test")
    model, classifier, low = trained(seed), glyph_classifier.glyph_features(seed), blurred(test)
    halves = test[::2], test[1::2]
    enlarged = keras.ops.image.resize(down(test), SHAPE[:2], interpolation="bicubic")
    candidates = {
        "bicubic": np.clip(enlarged, -1.0, 1.0),
        "with detail": sharpened(model, low, seed),
    }
    swd = {
        name: metrics.patch_sliced_wasserstein(test, images, seed=seed)
        for name, images in candidates.items()
    }
    swd["other half"] = metrics.patch_sliced_wasserstein(*halves, seed=seed)
    real = classifier.features(test)
    drawn = {
        "lapgan": model.generate(len(test), seed=seed),
        "lapgan on real bases": sharpened(model, np.asarray(up(model.pyramid(test)[0])), seed),
        "dcgan": trained_dcgan(seed).generate(len(test), seed=seed),
    }
    frechet = {k: metrics.frechet_distance(real, classifier.features(x)) for k, x in drawn.items()}
    gained = 1.0 - swd["with detail"][0] / swd["bicubic"][0]
    ratio = frechet["lapgan"] / frechet["dcgan"]
    figures = {
        "rebuilt": acceptance.gate(rebuilt(model, test), 0.0, 1e-6, 1e-6, higher=False),
        "details": acceptance.gate(gained, 0.0, 0.5, 0.75),
        "frechet_ratio": acceptance.gate(ratio, 1.0, 2.0, 1.0, higher=False),
    }
    seen = BATCH * (STEPS + DCGAN_STEPS)
    return "modern, other rates", figures, {"frechet": frechet, "patch_swd": swd}, seen


def picture(seed=0):
    """Held-out glyphs, blurred, with generated detail; and samples from noise, level by level."""
    model, (test, _) = trained(seed), datasets.arrays("glyphs", "test")
    low = blurred(test[:12])
    rows = {
        "held out": test[:12],
        "blurred": low,
        "detail drawn": sharpened(model, low, seed),
        "drawn": model.generate(12, seed=seed),
    }
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"lapgan_glyphs": trained(seed)}
