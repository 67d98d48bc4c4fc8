"""Edits by an AAE change the intended factor of unseen images; in sprites, others change too.

For each built-in dataset, 28x28 glyphs and 32x32 sprites: an AAE of dense layers of 256 units, 32
latents, 3,000 steps of 64, Adam at rates that fall from 1e-3, EMA weights. The latents of 200
held-out images come from the encoder and 300 steps of gradient descent; `inversion` is the mean
squared error of the images that the decoder makes of them, the reference that of as many principal
components. `self_inversion` is the median of 100 images that the model itself generated, inverted
from five random starts by 500 steps; its reference are the components too.

For each factor that the images were drawn from, the direction in latent space is that of
`directions.regression_directions` on the train split, which keeps the other factors fixed. Each
image is edited in five steps from -1.5 to 1.5 standard deviations, and a network that was trained
on real images to predict the factors reads the edited images. `target` is the rank correlation of
the amount and the factor, the mean over images and factors. `leakage` is the mean absolute change
of the other factors from end to end divided by that of the target, all in standard deviations;
`identity` is how often a classifier predicts the same class at both ends. `brush` is the share of
painted pixels that come within .1 (of 1) of the color, and `locality` the mean change outside a
radius of five pixels around the brush divided by the mean change within it. References are the same
edits in the space of the 32 components.
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
PAINT_STEPS = 200  # of gradient descent for the painted pixels
DATASETS = {
    "glyphs": ("rotation", "shear", "scale", "stroke", "shift_x", "shift_y"),
    "sprites": ("scale", "x", "y"),  # orientation is periodic: no direction increases it
}
BRUSH = 4  # pixels of a side of the painted square
ABLATIONS = """
On seed 0. Glyphs, 2,000 steps: the modern recipe reconstructs at .053 where components have .0074.
Directions of a separate regression for each factor, which keep no other factor fixed: `leakage`
.354 and `identity` .933 on glyphs; directions of a regression of latents on all factors .369 and
.955; the directions of this row, with 512 units and a factor predictor trained for 7 epochs, .307
and .916. With all of these, edits of a sprite's x or y also change the other coordinate and the
shape; fewer latents were not tried.
"""


@acceptance.cache_trained
def trained(dataset, seed):
    """Returns a model trained on a built-in dataset for `STEPS` steps."""
    keras.utils.set_random_seed(seed)
    model = AAE(datasets.info(dataset).shape, latent_dim=LATENTS, width=WIDTH)
    adam = model.adam(1e-3, steps=STEPS, averaged=["autoencoder", "encoder"])
    data = datasets.load(dataset, batch_size=BATCH, seed=seed)
    acceptance.train(model, "paper", data, STEPS, optimizers=adam)
    return model


class Components:
    """Baseline: `LATENTS` principal components of the images as a latent space."""

    def __init__(self, x):
        self.shape, self.pca = x.shape[1:], PCA(LATENTS, whiten=True).fit(acceptance.flat(x))

    def encode(self, x):
        return self.pca.transform(acceptance.flat(x))

    def draw(self, z):
        return self.pca.inverse_transform(z).reshape(-1, *self.shape)


class FactorPredictor:
    """Convolutional network that predicts the factors of images, in standard deviations, and their
    class; trained on real images."""

    def __init__(self, dataset, seed):
        x, labels = datasets.arrays(dataset, "train")
        self.names, values = DATASETS[dataset], factors(dataset, "train")
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
        """Returns predicted (factors (n, f), classes (n,))."""
        found, logits = predict_in_batches(
            self.network, np.clip(images, -1.0, 1.0).astype("float32")
        )
        return found, logits.argmax(axis=1)


def factors(dataset, split):
    """Returns the factors that are edited, in standard deviations of the train split: (n, f)."""
    known, train = (datasets.factors(dataset, name) for name in (split, "train"))
    columns = [(known[k] - train[k].mean()) / train[k].std() for k in DATASETS[dataset]]
    return np.stack(columns, axis=1).astype("float32")


def edits(z, draw, train_latents, values, predictor):
    """Scores edits along the regression direction of each factor.

    Args:
        z: latents (n, d) of the images that are edited.
        draw: a function from latents to images.
        train_latents: latents of the train split (m, d).
        values: factors of the train split (m, f).
        predictor: a `FactorPredictor`.

    Returns:
        A dict of target, leakage and identity, each with a number for every factor.
    """
    found = {"target": {}, "leakage": {}, "identity": {}}
    for k, direction in enumerate(directions.regression_directions(train_latents, values)):
        name = predictor.names[k]
        read, classes = zip(
            *(predictor.read(draw(z + a * direction)) for a in AMOUNTS), strict=True
        )
        read = np.stack(read, axis=1)  # (n, amounts, factors)
        ranks = [spearmanr(AMOUNTS, one).statistic for one in read[:, :, k]]
        change = np.abs(read[:, -1] - read[:, 0]).mean(axis=0)
        found["target"][name] = float(np.nanmean(ranks))
        found["leakage"][name] = float(np.delete(change, k).mean() / change[k])
        found["identity"][name] = float(np.mean(classes[0] == classes[-1]))
    return found


def painted(x, z, model, seed):
    """Returns (share of painted pixels that have the color, change far from the brush divided by
    change near it) for one square on each image, white on dark pixels, black on bright ones."""
    n, height, width, _ = x.shape
    rng = np.random.default_rng(seed)
    tops, lefts = (rng.integers(6, side - 6 - BRUSH, n) for side in (height, width))
    mask, near = (np.zeros((n, height, width, 1), bool) for _ in range(2))
    for i, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        mask[i, top : top + BRUSH, left : left + BRUSH] = True
        near[i, top - 5 : top + BRUSH + 5, left - 5 : left + BRUSH + 5] = True
    middle = np.array([np.median(image[where]) for image, where in zip(x, mask, strict=True)])
    colors = np.broadcast_to(np.where(middle > 0.0, -1.0, 1.0)[:, None, None, None], x.shape)
    editor = editing.LatentEditor(model, PAINT_STEPS)
    after = editor.paint_latents(z, mask, colors)
    before, drawn = (np.clip(editor.generate(a), -1.0, 1.0) for a in (z, after))
    done = np.abs(drawn - colors)[mask] < 0.2  # .1 of the range
    change = np.abs(drawn - before)
    return float(done.mean()), float(change[~near].mean() / change[near].mean())


def error(again, x):
    """Returns the mean squared error of each image, pixels in [0, 1]."""
    gap = (np.clip(again, -1.0, 1.0) - x) / 2.0
    return np.square(gap).reshape(len(x), -1).mean(axis=1)


def scores(dataset, seed):
    """Returns (scores of the model, scores of the components, share of variance that the predictor
    explains, by factor)."""
    x, _ = datasets.arrays(dataset, "train")
    test = datasets.arrays(dataset, "test")[0][:EDITED]
    model, components, predictor = (
        trained(dataset, seed),
        Components(x),
        FactorPredictor(dataset, seed),
    )
    values = factors(dataset, "train")
    editor = editing.LatentEditor(model, batch_size=EDITED)
    z, errors = editor.invert(test)
    own = model.generate(100, seed=seed)
    _, again = inversion.invert(model, own, seed=seed)
    done, far = painted(test, z, model, seed)
    ours = edits(z, editor.generate, model.encode(x), values, predictor)
    ours |= {
        "inversion": float(errors.mean()),
        "self_inversion": float(np.median(again)),
        "brush": done,
        "locality": far,
    }
    theirs = edits(
        components.encode(test), components.draw, components.encode(x), values, predictor
    )
    theirs |= {
        "inversion": float(error(components.draw(components.encode(test)), test).mean()),
        "self_inversion": float(np.median(error(components.draw(components.encode(own)), own))),
    }
    read, _ = predictor.read(datasets.arrays(dataset, "test")[0])
    gap = np.square(read - factors(dataset, "test")).mean(axis=0)
    accuracy = dict(zip(predictor.names, map(float, 1.0 - gap), strict=True))
    return ours, theirs, accuracy


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    figures, notes = {}, {}
    for dataset in DATASETS:
        ours, components, accuracy = scores(dataset, seed)
        notes[dataset] = {"aae": ours, "components": components, "explained by the judge": accuracy}
        middle = {
            name: [float(np.mean(list(found[name].values()))) for found in (ours, components)]
            for name in ("target", "leakage", "identity")
        }
        bound = components["inversion"]
        found = {
            "inversion": acceptance.gate(
                ours["inversion"], bound, bound, bound / 2.0, higher=False
            ),
            "self_inversion": acceptance.gate(
                ours["self_inversion"], components["self_inversion"], 1e-3, 1e-4, higher=False
            ),
            "target": acceptance.gate(*middle["target"], 0.7, 0.9),
            "leakage": acceptance.gate(*middle["leakage"], 0.3, 0.15, higher=False),
            "identity": acceptance.gate(*middle["identity"], 0.9, 0.95),
            "brush": acceptance.gate(ours["brush"], 0.0, 0.9, 0.95),
            "locality": acceptance.gate(ours["locality"], 1.0, 0.5, 0.25, higher=False),
        }
        figures |= {f"{dataset}_{name}": figure for name, figure in found.items()}
    return "paper, other rates", figures, notes, len(DATASETS) * STEPS * BATCH


def picture(seed=0):
    """Held-out glyphs and sprites in the middle column, and their edits to both sides."""
    rows = {}
    for dataset, names in PICTURE_FACTORS.items():
        model, (x, _) = trained(dataset, seed), datasets.arrays(dataset, "train")
        steps = directions.regression_directions(model.encode(x), factors(dataset, "train"))
        test = datasets.arrays(dataset, "test")[0][: len(names)]
        z, _ = inversion.invert(model, test, start=model.encode(test), steps=300)
        for name, image, latent in zip(names, test, z, strict=True):
            direction = steps[DATASETS[dataset].index(name)]
            drawn = model.predict(
                latent + np.linspace(-2.0, 2.0, 9)[:, None] * direction, verbose=0
            )
            drawn = inversion.transfer_edit(image, drawn[4], drawn)
            room = (32 - drawn.shape[1]) // 2
            sides = [(0, 0), (room, room), (room, room), (0, 0)]
            rows[f"{dataset}: {name}"] = np.pad(drawn, sides, constant_values=-1.0)
    return grids.grid(list(rows.values()), labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {"aae_glyphs": trained("glyphs", seed)}


PICTURE_FACTORS = {
    "glyphs": ("rotation", "shear", "scale", "stroke", "shift_x"),
    "sprites": ("scale", "x", "y"),
}
