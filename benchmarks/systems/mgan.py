"""MGAN redraws photographs in the style of a texture: its patches, and the photograph's layout.

Grey images; the training photographs are those of the train split that show objects, the styles are
grass and gravel, and four photographs are held out: a small network for each style, on 64x64
crops, the paper's recipe with rates that fall from 5e-4, 1,200 steps of 8. `style` is the relative
decrease of the patch-SWD (7x7, the mean of three levels) to the style, from the photograph to its
stylized version, the mean of photographs and styles; `edges` is the correlation of the edges of
both, Sobel's on images blurred by σ = 2. The reference of both is the photograph with its histogram
matched to the style. The notes have the seconds for an image of 256x256 pixels.
"""

import time

import keras
import numpy as np

from benchmarks.shared import acceptance, textures
from trainers.datasets.builtin import photos
from trainers.imaging import grids
from trainers.tasks import style_transfer
from zoo.mgan import MGAN

STYLES = ("grass", "gravel")
THINGS = ("chelsea", "coffee", "flower", "motorcycle_left", "rocket")
STEPS, BATCH, SHAPE = 1_200, 8, (textures.SIDE, textures.SIDE, 1)


@acceptance.cache_trained
def trained(style, seed):
    """Returns a small trained model of one style."""
    keras.utils.set_random_seed(seed)
    model = MGAN(SHAPE, **(MGAN.small(SHAPE) | {"patch_stages": 2}))
    found = photos.photographs("train")
    photographs = [style_transfer.to_network_range(found[name], 1) for name in THINGS]
    data = style_data(style, photographs).batches(BATCH, seed=seed)
    changes = {"optimizers": model.adam(5e-4, steps=STEPS), "loss_weights": WEIGHTS}
    acceptance.train(model, "paper", data, STEPS, **changes)
    return model


WEIGHTS = {"generator_content": 20.0}


def style_data(style, photographs=()):
    """Returns a `StyleData` of photographs for training, the held-out ones, and a style."""
    return style_transfer.StyleData(
        photographs, held_out(), textures.halves(style)[0], textures.SIDE
    )


def held_out():
    """Returns a dict from name to photograph, (h, w, 1) in [-1, 1], sides multiples of 4."""
    found = {}
    for name, pixels in photos.photographs("test").items():
        height, width = (n - n % 4 for n in pixels.shape[:2])
        found[name] = style_transfer.to_network_range(pixels[:height, :width], 1)
    return found


def run(seed):
    """Returns (recipe, figures, notes, number of crops seen)."""
    each = {"mgan": {}, "histogram": {}}
    for name in STYLES:
        style = textures.halves(name)[0]
        for scene, photograph in held_out().items():
            before, _ = style_transfer.style_distance(style, photograph, seed)
            translated = trained(name, seed).translate(photograph[None])[0]
            images = {
                "mgan": translated,
                "histogram": style_transfer.match_histogram(photograph, style),
            }
            for method, image in images.items():
                scores = style_transfer.score_stylized(photograph, before, image, style, seed)
                each[method][f"{scene} as {name}"] = scores
    means = {method: style_transfer.mean_scores(scores.values()) for method, scores in each.items()}
    ours, baseline = means["mgan"], means["histogram"]
    figures = {
        "style": acceptance.gate(ours["style"], baseline["style"], 0.5, 0.75),
        "edges": acceptance.gate(ours["edges"], baseline["edges"], 0.5, 0.6),
    }
    notes = {"means": means, "each": each, "seconds_256": seconds(trained(STYLES[0], seed))}
    return "paper, weighed anew, other rates", figures, notes, len(STYLES) * 2 * BATCH * STEPS


def seconds(model):
    """Returns the seconds for an image of 256x256 pixels, the median of nine."""
    picture, taken = np.zeros((1, 256, 256, 1), "float32"), []
    for _ in range(10):
        begun = time.perf_counter()
        model.translate(picture)
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:]))


def picture(seed=0):
    """Crops of the held-out photographs and of their stylized versions."""
    scenes = held_out().values()
    pieces = {"photograph": list(scenes)}
    for name in STYLES:
        pieces[name] = [trained(name, seed).translate(p[None])[0] for p in scenes]
    rows = [np.stack([p[40:232, 60:252] for p in images]) for images in pieces.values()]
    return grids.grid(rows, labels=list(pieces))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"mgan_grass_photos": trained("grass", seed)}
