"""CycleGAN translates plain shapes to striped ones and back, trained without pairs.

solid2striped, 2,500 single-coloured shapes and 2,500 other striped shapes of 32x32 for training,
500 pairs held out: networks of 24 channels, three blocks and discriminators with a receptive field
of 34 pixels, the paper's recipe with the identity loss and rates that fall from 5e-4, 1,500 steps
of 8. The stripes have a fixed position in the image; both networks halve the sides twice and can
therefore infer the position. `ssim` compares the translation of a shape with the striped image of
its pair, pixels in [0, 1]; the reference is the untranslated input. `back` is the same from stripes
to shapes. `cycle` is the mean absolute error after both translations; the reference is the mean
image. The notes have the cycle error with a little noise added to the intermediate image, which
would destroy a hidden message.
"""

import keras
import numpy as np

from benchmarks.shared import acceptance
from trainers import datasets
from trainers.imaging import grids
from zoo.cyclegan import CycleGAN

SHAPE, STEPS, BATCH = (32, 32, 3), 1_500, 8
SIZES = {"width": 24, "blocks": 3, "outer_kernel": 3, "patch_stages": 2, "identity": True}
ABLATIONS = """
On seed 0, without the identity loss, sides halved once, 32 channels, a rate of 2e-4, 2,000 steps:
green and blue are exchanged, and exchanged again on the way back; `ssim` .58, `back` .71. With the
identity loss and 5e-4, 900 steps: the colours are right, `back` .85, but the stripes lie in one of
two positions, `ssim` .62. With the settings of this row seed 2 misses what seeds 0 and 1 reach.
"""


@acceptance.cache_trained
def trained(seed):
    """Returns a small trained model."""
    keras.utils.set_random_seed(seed)
    model = CycleGAN(SHAPE, **SIZES)
    data = datasets.load(
        "solid2striped", split="unpaired", batch_size=BATCH, labels=True, seed=seed
    )
    acceptance.train(model, "paper", data, STEPS, optimizers=model.adam(5e-4, steps=STEPS))
    return model


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    model, (x, y) = trained(seed), datasets.arrays("solid2striped", "test")
    stripes, shapes = model.translate(x), model.translate_back(y)
    cycled = model.translate_back(stripes)
    noise = np.random.default_rng(seed).normal(0.0, 0.02, x.shape)
    noisy = np.clip(stripes + noise, -1.0, 1.0).astype("float32")
    mean = np.broadcast_to(x.mean(axis=0), x.shape)
    found = {
        "stripes": acceptance.l1_and_ssim(stripes, y),
        "shapes": acceptance.l1_and_ssim(shapes, x),
        "identity": acceptance.l1_and_ssim(x, y),
        "cycle": acceptance.l1_and_ssim(cycled, x),
        "cycle through noise": acceptance.l1_and_ssim(model.translate_back(noisy), x),
        "mean": acceptance.l1_and_ssim(mean, x),
    }
    same = found["identity"]["ssim"]
    figures = {
        "ssim": acceptance.gate(found["stripes"]["ssim"], same, 0.80, 0.92),
        "back": acceptance.gate(found["shapes"]["ssim"], same, 0.80, 0.92),
        "cycle": acceptance.gate(found["cycle"]["l1"], found["mean"]["l1"], 0.03, 0.015, False),
    }
    return "paper with identity, other rates", figures, {"compared": found}, 2 * BATCH * STEPS


def picture(seed=0):
    """Held-out shapes, translations, the true images; and back."""
    model, (x, y) = trained(seed), datasets.arrays("solid2striped", "test")
    x, y = x[:12], y[:12]
    rows = {
        "x": x,
        "G(x)": model.translate(x),
        "F(G(x))": model.translate_back(model.translate(x)),
        "y": y,
        "F(y)": model.translate_back(y),
    }
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"cyclegan_stripes": trained(seed)}
