"""Edits change what they should in images that the model has not seen; in sprites, much else.

An AAE of dense layers of 256 units for either world, 28x28 glyphs and 32x32 sprites, 32 latents,
3,000 steps of 64, Adam at 1e-3 that falls, averaged weights. Its latents of 200 held-out images
come from the encoder and 300 steps of descent; `inversion` is the mean squared error of what is
drawn of them, beside as many principal components, and `self_inversion` the median of 100 images
that the model itself drew, from five draws and 500 steps, whose reference are the components too.

For each factor by which the world was drawn the direction is that of
`directions.regression_directions` among latents of the train split, by which the others stay. Each
image is moved in five steps from -1.5 to 1.5 standard deviations, and a network that was trained on
real images to tell the factors reads them off again. `target` is the rank correlation of the amount
and the factor, the mean over images and factors. `leakage` is how much the other factors change,
their mean absolute change from end to end over that of the target, all in standard deviations;
`identity` how often a classifier sees the same class at both ends. `brush` is the share of painted
pixels that come within .1 (of 1) of the colour, and `locality` the mean change outside a radius of
five pixels around the brush over that within it. References are the same edits in the space of the
32 components.
"""

import keras
import numpy as np
from keras import layers
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from benchmarks.shared import acceptance
from trainers import datasets
from trainers.engine.inference import predict_in_batches
from trainers.imaging import grids
from trainers.latents import directions, inversion
from trainers.tasks import semantic_editing as editing
from zoo.aae import AAE

LATENTS, WIDTH, STEPS, BATCH = 32, 256, 3_000, 64
EDITED, AMOUNTS = 200, np.linspace(-1.5, 1.5, 5)
PAINT_STEPS = 200  # of descent below the brush
WORLDS = {
    "glyphs": ("rotation", "shear", "scale", "stroke", "shift_x", "shift_y"),
    "sprites": ("scale", "x", "y"),  # an orientation has no direction: it returns
}
BRUSH = 4  # side of the square that is painted
ABLATIONS = """
On seed 0. Glyphs, 2,000 steps: the modern recipe reconstructs at .053 where components have .0074.
Directions that hold no other factor, of each factor's own fit: `leakage` .354 and `identity` .933
on glyphs; those of a regression of latents on all factors .369 and .955; those of this row, with
512 units and a judge trained for 7 epochs, .307 and .916. Places of sprites leak into the other
place and the shape with all of these; fewer latents were not tried.
"""


@acceptance.cache_trained
def trained(world, seed):
    """A model of that world after so many steps."""
    keras.utils.set_random_seed(seed)
    model = AAE(datasets.info(world).shape, latent_dim=LATENTS, width=WIDTH)
    adam = model.adam(1e-3, steps=STEPS, averaged=["autoencoder", "encoder"])
    data = datasets.load(world, batch_size=BATCH, seed=seed)
    acceptance.train(model, "paper", data, STEPS, optimizers=adam)
    return model


class Components:
    """The same space of as many principal components: what an edit costs without any network."""

    def __init__(self, x):
        self.shape, self.pca = x.shape[1:], PCA(LATENTS, whiten=True).fit(acceptance.flat(x))

    def encode(self, x):
        return self.pca.transform(acceptance.flat(x))

    def draw(self, z):
        return self.pca.inverse_transform(z).reshape(-1, *self.shape)


class Judge:
    """Reads factors, in standard deviations, and the class off images: a convolutional network that
    was trained on real ones."""

    def __init__(self, world, seed):
        x, labels = datasets.arrays(world, "train")
        self.names, values = WORLDS[world], factors(world, "train")
        keras.utils.set_random_seed(seed)
        images = h = keras.Input(x.shape[1:])
        for filters in (16, 32, 64):
            h = layers.Conv2D(filters, 3, padding="same", activation="relu")(h)
            h = layers.MaxPooling2D()(h)
        h = layers.Dense(128, activation="relu")(layers.Flatten()(h))
        read = layers.Dense(values.shape[1], name="factors")(h)
        logits = layers.Dense(int(labels.max()) + 1, name="classes")(h)
        self.network = keras.Model(images, [read, logits])
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.network.compile(keras.optimizers.Adam(1e-3), ["mse", entropy])
        self.network.fit(x, [values, labels], batch_size=64, epochs=120_000 // len(x), verbose=0)

    def read(self, images):
        """(factors (n, f), classes (n,))."""
        found, logits = predict_in_batches(
            self.network, np.clip(images, -1.0, 1.0).astype("float32")
        )
        return found, logits.argmax(axis=1)


def factors(world, split):
    """Those that are edited, in standard deviations of the train split: (n, f)."""
    known, train = (datasets.factors(world, name) for name in (split, "train"))
    columns = [(known[k] - train[k].mean()) / train[k].std() for k in WORLDS[world]]
    return np.stack(columns, axis=1).astype("float32")


def edits(z, draw, seen, values, judge):
    """How edits along the slope of each factor do.

    Args:
        z: latents of the images that are edited (n, d).
        draw: latents -> images.
        seen: latents of the train split, of which `values` are the factors.
        judge: a `Judge`.

    Returns:
        A dict of target, leakage and identity, each with a number for every factor.
    """
    found = {"target": {}, "leakage": {}, "identity": {}}
    for k, along in enumerate(directions.regression_directions(seen, values)):
        name = judge.names[k]
        read, classes = zip(*(judge.read(draw(z + a * along)) for a in AMOUNTS), strict=True)
        read = np.stack(read, axis=1)  # (n, amounts, factors)
        ranks = [spearmanr(AMOUNTS, one).statistic for one in read[:, :, k]]
        change = np.abs(read[:, -1] - read[:, 0]).mean(axis=0)
        found["target"][name] = float(np.nanmean(ranks))
        found["leakage"][name] = float(np.delete(change, k).mean() / change[k])
        found["identity"][name] = float(np.mean(classes[0] == classes[-1]))
    return found


def painted(x, z, model, seed):
    """(share of painted pixels that are as they should, change far from the brush over near it): a
    white square on black, or a black one on white, one on each image."""
    n, height, width, _ = x.shape
    rng = np.random.default_rng(seed)
    tops, lefts = (rng.integers(6, side - 6 - BRUSH, n) for side in (height, width))
    mask, near = (np.zeros((n, height, width, 1), bool) for _ in range(2))
    for i, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        mask[i, top : top + BRUSH, left : left + BRUSH] = True
        near[i, top - 5 : top + BRUSH + 5, left - 5 : left + BRUSH + 5] = True
    middle = np.array([np.median(image[where]) for image, where in zip(x, mask, strict=True)])
    colours = np.broadcast_to(np.where(middle > 0.0, -1.0, 1.0)[:, None, None, None], x.shape)
    editor = editing.LatentEditor(model, PAINT_STEPS)
    after = editor.paint_latents(z, mask, colours)
    before, drawn = (np.clip(editor.generate(a), -1.0, 1.0) for a in (z, after))
    done = np.abs(drawn - colours)[mask] < 0.2  # .1 of the range
    change = np.abs(drawn - before)
    return float(done.mean()), float(change[~near].mean() / change[near].mean())


def error(again, x):
    """The squared error of each image, pixels in [0, 1]."""
    gap = (np.clip(again, -1.0, 1.0) - x) / 2.0
    return np.square(gap).reshape(len(x), -1).mean(axis=1)


def of_world(world, seed):
    """(figures of the model, figures of the components) by name."""
    x, _ = datasets.arrays(world, "train")
    test = datasets.arrays(world, "test")[0][:EDITED]
    model, cheap, judge = trained(world, seed), Components(x), Judge(world, seed)
    values = factors(world, "train")
    editor = editing.LatentEditor(model, batch_size=EDITED)
    z, errors = editor.invert(test)
    own = model.generate(100, seed=seed)
    _, again = inversion.invert(model, own, seed=seed)
    done, far = painted(test, z, model, seed)
    ours = edits(z, editor.generate, model.encode(x), values, judge)
    ours |= {
        "inversion": float(errors.mean()),
        "self_inversion": float(np.median(again)),
        "brush": done,
        "locality": far,
    }
    theirs = edits(cheap.encode(test), cheap.draw, cheap.encode(x), values, judge)
    theirs |= {
        "inversion": float(error(cheap.draw(cheap.encode(test)), test).mean()),
        "self_inversion": float(np.median(error(cheap.draw(cheap.encode(own)), own))),
    }
    read, _ = judge.read(datasets.arrays(world, "test")[0])
    gap = np.square(read - factors(world, "test")).mean(axis=0)
    accuracy = dict(zip(judge.names, map(float, 1.0 - gap), strict=True))
    return ours, theirs, accuracy


def run(seed):
    """(recipe, figures, notes, images seen)."""
    figures, notes = {}, {}
    for world in WORLDS:
        ours, cheap, accuracy = of_world(world, seed)
        notes[world] = {"aae": ours, "components": cheap, "explained by the judge": accuracy}
        middle = {
            name: [float(np.mean(list(found[name].values()))) for found in (ours, cheap)]
            for name in ("target", "leakage", "identity")
        }
        bound = cheap["inversion"]
        found = {
            "inversion": acceptance.gate(
                ours["inversion"], bound, bound, bound / 2.0, higher=False
            ),
            "self_inversion": acceptance.gate(
                ours["self_inversion"], cheap["self_inversion"], 1e-3, 1e-4, higher=False
            ),
            "target": acceptance.gate(*middle["target"], 0.7, 0.9),
            "leakage": acceptance.gate(*middle["leakage"], 0.3, 0.15, higher=False),
            "identity": acceptance.gate(*middle["identity"], 0.9, 0.95),
            "brush": acceptance.gate(ours["brush"], 0.0, 0.9, 0.95),
            "locality": acceptance.gate(ours["locality"], 1.0, 0.5, 0.25, higher=False),
        }
        figures |= {f"{world}_{name}": figure for name, figure in found.items()}
    return "paper, other rates", figures, notes, len(WORLDS) * STEPS * BATCH


def picture(seed=0):
    """Held-out glyphs and sprites in the middle, and to the sides what edits make of them."""
    rows = {}
    for world, names in SHOWN.items():
        model, (x, _) = trained(world, seed), datasets.arrays(world, "train")
        steps = directions.regression_directions(model.encode(x), factors(world, "train"))
        test = datasets.arrays(world, "test")[0][: len(names)]
        z, _ = inversion.invert(model, test, start=model.encode(test), steps=300)
        for name, image, latent in zip(names, test, z, strict=True):
            along = steps[WORLDS[world].index(name)]
            drawn = model.predict(latent + np.linspace(-2.0, 2.0, 9)[:, None] * along, verbose=0)
            drawn = inversion.transfer_edit(image, drawn[4], drawn)
            room = (32 - drawn.shape[1]) // 2
            sides = [(0, 0), (room, room), (room, room), (0, 0)]
            rows[f"{world}: {name}"] = np.pad(drawn, sides, constant_values=-1.0)
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Name -> model."""
    return {"aae_glyphs": trained("glyphs", seed)}


SHOWN = {
    "glyphs": ("rotation", "shear", "scale", "stroke", "shift_x"),
    "sprites": ("scale", "x", "y"),
}
