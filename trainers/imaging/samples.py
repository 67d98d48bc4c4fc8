"""Pictures of a model's samples: grids, interpolations, attributes, nearest training images."""

import inspect

import numpy as np
from keras import tree

from trainers import metrics, noise
from trainers.engine.inference import predict_in_batches
from trainers.imaging import grids
from trainers.latents import interpolation

COLUMNS = 12  # images in a row of a picture


def fixed_latents(model, n, seed):
    """Draws inputs of the generator for n samples, the same for equal seeds.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> np.array_equal(fixed_latents(model, 5, seed=0), fixed_latents(model, 5, seed=0))
        True
    """
    with noise.stream(seed, label="pictures"):
        return model.draw(n)


def sample_grid(model, inputs, step):
    """Draws a grid of the samples that the EMA weights generate from inputs, titled with the step.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> sample_grid(model, fixed_latents(model, 24, seed=0), step=1_000).save("sample_grid.png")
    """
    images = predict_in_batches(model.averaged(), inputs)
    return grids.grid(grids.split_rows(images, COLUMNS), title=f"step {step:,}")


def interpolations(model, seed, paths):
    """Generates rows of images along great circles, each from one latent to another.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), width=8)
        >>> [row.shape for row in interpolations(model, seed=0, paths=2)]
        [(12, 8, 8, 1), (12, 8, 8, 1)]
    """
    leaves = [np.asarray(leaf) for leaf in tree.flatten(fixed_latents(model, 2 * paths, seed))]
    rows, generator = [], model.averaged()
    for i in range(paths):
        path = interpolation.slerp(leaves[0][i], leaves[0][paths + i], COLUMNS)
        rest = [np.repeat(leaf[i : i + 1], COLUMNS, axis=0) for leaf in leaves[1:]]
        inputs = [path, *rest] if rest else path
        rows.append(predict_in_batches(generator, inputs))
    return rows


def attribute_grid(model, seed, columns=COLUMNS):
    """Generates images of the same latents for each class, and for each code from -2 to 2.

    Args:
        model: a model whose `draw` takes labels or categories.
        seed: of the latents.
        columns: number of latents.

    Returns:
        (rows, labels): images (columns, …) for each class and code, and the label of each row.

    Raises:
        ValueError: the model is not conditioned on a class.

    Example:
        >>> import zoo
        >>> model = zoo.create("infogan", image_shape=(8, 8, 1), categories=3, codes=1, width=8)
        >>> rows, labels = attribute_grid(model, seed=0, columns=5)
        >>> len(rows), rows[0].shape, labels
        (4, (5, 8, 8, 1), ['0', '1', '2', 'code 0'])
    """
    argument = label_argument(model)
    count = model.classes if argument == "labels" else model.categories
    rows = [model.generate(columns, seed=seed, **{argument: k}) for k in range(count)]
    labels = [str(k) for k in range(count)]
    for i in range(getattr(model, "codes", 0)):
        codes = np.linspace(-2.0, 2.0, columns)[:, None] * np.eye(model.codes)[i]
        images = [model.generate(1, seed=seed, categories=0, codes=code) for code in codes]
        rows.append(np.concatenate(images))
        labels.append(f"code {i}")
    return rows, labels


def label_argument(model):
    """Returns the name of the class argument of a model's `draw`: "labels" or "categories".

    Raises:
        ValueError: the model is not conditioned on a class.

    Example:
        >>> import zoo
        >>> label_argument(zoo.create("cgan", image_shape=(8, 8, 1), classes=3))
        'labels'
    """
    parameters = inspect.signature(model.draw).parameters
    for name, count in {"labels": "classes", "categories": "categories"}.items():
        if name in parameters and getattr(model, count, 0):
            return name
    kind = type(model).__name__
    raise ValueError(f"The model should be conditioned on a class. Received: a {kind}.")


def nearest_training_grid(train, fake, title, pairs=3):
    """Draws samples, and under each the training image that is nearest in pixels.

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


def overview(images, title):
    """Draws the first images, `COLUMNS` in a row and as many rows, below a title that counts them.

    Example:
        >>> overview(np.zeros((200, 8, 8, 1)), "GAN, seed 7").size  # 12 x 12 of them
        (602, 626)
    """
    drawn = images[: COLUMNS**2]
    first = f"the first {len(drawn)} of " if len(drawn) < len(images) else ""
    title = f"{title}: {first}{len(images):,} samples"
    return grids.grid(grids.split_rows(drawn, COLUMNS), title=title)


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
