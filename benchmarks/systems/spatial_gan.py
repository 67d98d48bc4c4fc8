"""SpatialGAN draws textures with the patch statistics of the one photograph it learned from.

Brick, grass and gravel, grey: a model for each, on 64x64 crops of the left half of the photograph,
16 channels and four doublings, the paper's recipe with rates that fall from 5e-4, 1,500 steps of
16. `swd_ratio` is the patch-SWD (7x7, the mean of three levels) between a generated 512x256 image
and the right half, divided by that between the left half and the right half: at 1 it is as near as
the texture is to itself. The figure is the mean of the three textures; the reference shuffles 32x32
squares of the left half, which copies everything except the seams. The notes have each texture, and
noise of the same mean and standard deviation.
"""

import keras
import numpy as np

from benchmarks.shared import acceptance, textures
from trainers.imaging import grids
from trainers.tasks import style_transfer
from zoo.spatial_gan import SpatialGAN

STEPS, BATCH = 1_500, 16
ABLATIONS = """
The patches of grass are as near as the photograph's other half, yet anyone sees streaks instead of
blades: patches of 7x7 do not show the difference. With 32 channels the mean ratio was 1.58, in
three times the minutes.
"""
SIZES = {"latent_dim": 20, "width": 16, "stages": 4}


@acceptance.cache_trained
def trained(name, seed):
    """Returns a trained model of one texture."""
    keras.utils.set_random_seed(seed)
    model = SpatialGAN((textures.SIDE, textures.SIDE, 1), **SIZES)
    left, _ = textures.halves(name)
    data = style_transfer.TextureData(left, textures.SIDE).batches(BATCH, seed=seed)
    acceptance.train(model, "paper", data, STEPS, optimizers=model.adam(5e-4, steps=STEPS))
    return model


def run(seed):
    """Returns (recipe, figures, notes, number of crops seen)."""
    ratios = {"spatial_gan": {}, "shuffled": {}, "noise": {}}
    levels = {}
    for name in textures.NAMES:
        left, right = textures.halves(name)
        noise = np.random.default_rng(seed).normal(left.mean(), left.std(), left.shape)
        images = {
            "spatial_gan": trained(name, seed).generate(1, seed=seed, size=left.shape[:2])[0],
            "shuffled": style_transfer.shuffle_patches(left, seed=seed),
            "noise": noise.astype("float32"),
        }
        itself, levels[name] = style_transfer.style_distance(right, left, seed)
        for method, image in images.items():
            ratios[method][name] = style_transfer.style_distance(right, image, seed)[0] / itself
    means = {method: float(np.mean(list(each.values()))) for method, each in ratios.items()}
    figure = acceptance.gate(means["spatial_gan"], means["shuffled"], 3.0, 1.5, higher=False)
    notes = {"ratios": ratios, "means": means, "left half to right half": levels}
    return "paper, falling rates", {"swd_ratio": figure}, notes, 3 * BATCH * STEPS


def picture(seed=0):
    """For each texture 128x128 pixels of the photograph and of generated images."""
    real, drawn = [], []
    for name in textures.NAMES:
        left, right = textures.halves(name)
        real += [left[:128, :128], right[:128, :128]]
        drawn += list(trained(name, seed).generate(2, seed=seed, size=(128, 128)))
    rows = {"real": np.stack(real), "drawn": np.stack(drawn)}
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {f"spatial_gan_{name}": trained(name, seed) for name in textures.NAMES}
