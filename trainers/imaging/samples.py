"""What a model draws: samples as files, paths between latents, and what it may have copied."""

import inspect

import numpy as np
from keras import tree

from trainers import metrics, noise
from trainers.engine.inference import predict_in_batches
from trainers.imaging import grids
from trainers.latents import interpolation

COLUMNS = 12  # images in a row of a picture


def fixed_latents(model, n, seed):
    """Inputs of the generator for n samples, always the same.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> np.array_equal(fixed_latents(model, 5, seed=0), fixed_latents(model, 5, seed=0))
        True
    """
    with noise.stream(seed, label="pictures"):
        return model.draw(n)


def sample_grid(model, inputs, step):
    """One picture of the film: what the inputs are made into after so many steps.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> sample_grid(model, fixed_latents(model, 24, seed=0), step=1_000).save("sample_grid.png")
    """
    images = predict_in_batches(model.averaged(), inputs)
    return grids.grid(grids.split_rows(images, COLUMNS), title=f"step {step:,}")


def interpolations(model, seed, paths):
    """Rows of images along great circles, each from one latent to another.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> [row.shape for row in interpolations(model, seed=0, paths=2)]
        [(12, 8, 8, 1), (12, 8, 8, 1)]
    """
    leaves = [np.asarray(leaf) for leaf in tree.flatten(fixed_latents(model, 2 * paths, seed))]
    rows, shown = [], model.averaged()
    for i in range(paths):
        path = interpolation.slerp(leaves[0][i], leaves[0][paths + i], COLUMNS)
        rest = [np.repeat(leaf[i : i + 1], COLUMNS, axis=0) for leaf in leaves[1:]]
        inputs = [path, *rest] if rest else path
        rows.append(predict_in_batches(shown, inputs))
    return rows


def attribute_grid(model, seed, columns=COLUMNS):
    """What a model draws of the same latents as each class, and as its codes go from -2 to 2.

    Args:
        model: one whose `draw` is told labels or categories.
        seed: of the latents.
        columns: how many of them.

    Returns:
        (rows, labels): images (columns, …) for each class and code, and what they are.

    Raises:
        ValueError: for another model.

    Example:
        >>> import zoo
        >>> model = zoo.create("infogan", image_shape=(8, 8, 1), categories=3, codes=1, width=8)
        >>> rows, labels = attribute_grid(model, seed=0, columns=5)
        >>> len(rows), rows[0].shape, labels
        (4, (5, 8, 8, 1), ['0', '1', '2', 'code 0'])
    """
    told = label_argument(model)
    count = model.classes if told == "labels" else model.categories
    rows = [model.generate(columns, seed=seed, **{told: k}) for k in range(count)]
    labels = [str(k) for k in range(count)]
    for i in range(getattr(model, "codes", 0)):
        ways = np.linspace(-2.0, 2.0, columns)[:, None] * np.eye(model.codes)[i]
        one = [model.generate(1, seed=seed, categories=0, codes=way) for way in ways]
        rows.append(np.concatenate(one))
        labels.append(f"code {i}")
    return rows, labels


def label_argument(model):
    """What the `draw` of a model calls the class that it is told: "labels" or "categories".

    Raises:
        ValueError: when it is told none.

    Example:
        >>> import zoo
        >>> label_argument(zoo.create("cgan", image_shape=(8, 8, 1), classes=3))
        'labels'
    """
    taken = inspect.signature(model.draw).parameters
    for name, count in {"labels": "classes", "categories": "categories"}.items():
        if name in taken and getattr(model, count, 0):
            return name
    raise ValueError(f"The model should be told a class. Received: a {type(model).__name__}.")


def nearest_training_grid(train, fake, title, pairs=3):
    """A picture of samples, and under each the training image that is most like it in pixels.

    Example:
        >>> train = np.random.default_rng(0).uniform(-1.0, 1.0, (50, 8, 8, 1))
        >>> nearest_training_grid(train, fake=-train[:12], title="negatives").save("nearest.png")
    """
    fake = fake[: pairs * COLUMNS]
    _, which = metrics.nearest(train, fake)
    rows = []
    for some in grids.split_rows(np.arange(len(fake)), COLUMNS):
        rows += [fake[some], train[which[some]]]
    labels = ["drawn", "trained on"] * (len(rows) // 2)
    return grids.grid(rows, labels, f"{title}: the nearest training images")


def write(images, folder):
    """Writes images in [-1, 1] into a new folder: 00000.png …, and all of them as samples.npz.

    Example:
        >>> from pathlib import Path
        >>> write(np.array([-1.0, 1.0]).reshape(2, 1, 1, 1), Path("drawn"))
        >>> np.load("drawn/samples.npz")["images"].ravel()
        array([  0, 255], dtype=uint8)
    """
    folder.mkdir()
    pixels = grids.to_uint8(images)
    for i, image in enumerate(pixels):
        grids.to_pil(image).save(folder / f"{i:05d}.png")
    np.savez(folder / "samples.npz", images=pixels)
