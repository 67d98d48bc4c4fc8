"""Latents of given images: what a generator would have to be fed to draw them.

Creswell, Bharath (2018), "Inverting the Generator of a Generative Adversarial Network",
https://arxiv.org/abs/1611.05644:  z* = argmin_z ‖G(z) - x‖², by gradient descent, a batch at once.
From what an encoder says, it is the hybrid of Zhu, Krähenbühl, Shechtman, Efros (2016), "Generative
Visual Manipulation on the Natural Image Manifold", https://arxiv.org/abs/1609.03552.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise

DRAWS = 4_096  # by which the range of a latent is known


def latent_widths(model):
    """How wide the parts of what a model draws are, joined to latents (n, d): (latent_dim,), and of
    InfoGAN (latent_dim, categories, codes).

    Raises:
        ValueError: for a model that draws nothing, or something else, such as labels.

    Example:
        >>> import zoo
        >>> latent_widths(zoo.create("infogan", image_shape=(8, 8, 1), scale="small"))
        (16, 10, 2)
        >>> latent_widths(zoo.create("cgan", image_shape=(2,), classes=8))
        Traceback (most recent call last):
        ValueError: The model should draw of latents and codes alone. Received: a CGAN.
    """
    drawn = tree.flatten(model.draw(1))
    if any(len(part.shape) != 2 for part in drawn):
        raise ValueError(
            f"The model should draw of latents and codes alone. Received: a {type(model).__name__}."
        )
    return tuple(int(part.shape[1]) for part in drawn)


def split_latents(latents, widths):
    """Latents (n, d) as a model takes them: of several parts a list.

    Example:
        >>> [part.shape for part in split_latents(np.zeros((5, 6)), (4, 2))]
        [(5, 4), (5, 2)]
    """
    if len(widths) == 1:
        return latents
    ends = np.cumsum((0, *widths))
    return [latents[:, i:j] for i, j in itertools.pairwise(ends)]


def sample_latents(model, n, seed, label="inversion"):
    """Latents of n draws (n, d), their parts joined.

    Example:
        >>> import zoo
        >>> model = zoo.create("infogan", image_shape=(8, 8, 1), categories=3, codes=1, width=8)
        >>> sample_latents(model, 5, seed=0).shape == (5, model.latent_dim + 4)
        True
    """
    with noise.stream(seed, label=label):
        parts = [np.asarray(part) for part in tree.flatten(model.draw(n))]
    return np.concatenate(parts, axis=1).astype("float32")


def invert(
    model, x, start=None, steps=500, restarts=5, rate=0.05, seed=0, batch_size=256, progress=iter
):
    """Finds latents by descent from several places, and keeps the best of each image.

    The rate falls to 0. A latent stays within what draws of the model have: the paper weighs its
    prior by 1e-6 for the same reason.

    Args:
        model: one of the zoo that draws of latents, and codes, alone: see `latent_widths`.
        x: images in [-1, 1], shape (n, *image_shape).
        start: latents to begin with (n, d), such as `model.encode(x)`; else draws.
        steps: of descent.
        restarts: from how many draws; with `start` there is one place.
        rate: of Adam, at first.
        seed: of the draws.
        batch_size: how many latents descend together.
        progress: is given the batches and yields them, such as `tqdm.tqdm`, which shows how many
            are done.

    Returns:
        (latents, errors): (n, d), and the mean squared error of each image (n,), of pixels
        in [0, 1].

    Raises:
        ValueError: for another model, images of another shape, and latents to begin with of
            another.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> x = model.generate(3, seed=1)
        >>> latents, errors = invert(model, x, steps=50)
        >>> latents.shape, errors.shape
        ((3, 4), (3,))
    """
    widths = latent_widths(model)
    x = model.validated(x).astype("float32")
    shown, n = model.averaged(), len(x)
    if start is None:
        first = sample_latents(model, n * restarts, seed)
    else:
        first, restarts = np.asarray(start, "float32"), 1
        if first.shape != (n, sum(widths)):
            raise ValueError(
                f"`start` should have the shape {(n, sum(widths))}, a latent for each image. "
                f"Received: {first.shape}"
            )

    def energy(latents, targets):
        return _mean(ops.square(_made(shown, latents, widths) - targets))

    descend = _descent(energy, steps, rate, _range(model, widths))
    targets, found, errors = np.repeat(x, restarts, axis=0), [], []
    for begin in progress(range(0, len(first), batch_size)):
        rows = slice(begin, begin + batch_size)
        latents = descend(first[rows], (targets[rows],))
        found.append(np.asarray(latents))
        gap = (np.clip(_made(shown, latents, widths), -1.0, 1.0) - targets[rows]) / 2.0
        errors.append(np.square(gap).mean(axis=tuple(range(1, gap.ndim))))
    found = np.concatenate(found).reshape(n, restarts, -1)
    errors = np.concatenate(errors).reshape(n, restarts)
    best = errors.argmin(axis=1)
    return found[np.arange(n), best], errors[np.arange(n), best]


def paint(model, start, colors, mask, proximity_weight=0.01, steps=200, rate=0.05):
    """Latents near those of images whose images have given colours where these are painted.

        mean over the mask of (G(z) - v)² + stay · mean (z - z₀)²

    Source: Zhu et al. 2016, eq. 4, with brushes of colour and without the judge. What is drawn is
    the model's own; to keep what it cannot draw of a photograph, see `transfer_edit`.

    Args:
        model: one of the zoo that draws of latents, and codes, alone: see `latent_widths`.
        start: z₀, shape (n, d).
        colours: v, shape (n, *image_shape), in [-1, 1].
        mask: where v counts, booleans (n, h, w) or (n, h, w, 1).
        stay: how much leaving z₀ costs.
        steps, rate: as of `invert`.

    Returns:
        Latents (n, d).

    Raises:
        ValueError: for another model, and a mask that is empty or of another shape.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> mask = np.zeros((1, 8, 8), bool)
        >>> mask[:, 2:4, 2:4] = True
        >>> paint(model, np.zeros((1, 4)), np.ones((1, 8, 8, 1)), mask, steps=20).shape
        (1, 4)
    """
    widths = latent_widths(model)
    colors = model.validated(colors).astype("float32")
    mask = np.asarray(mask, "float32").reshape(*np.shape(mask)[:3], 1)
    if mask.shape[:3] != colors.shape[:3] or not mask.any(axis=(1, 2, 3)).all():
        raise ValueError(
            f"`mask` should be {colors.shape[:3]}, with a pixel at least in each image. "
            f"Received: {mask.shape[:3]}, {int(mask.any(axis=(1, 2, 3)).sum())} not empty."
        )
    shown, start = model.averaged(), np.asarray(start, "float32")
    weights = mask / mask.mean(axis=(1, 2, 3), keepdims=True)

    def energy(latents, begun, targets, weights):
        painted = _mean(ops.square(_made(shown, latents, widths) - targets) * weights)
        return painted + proximity_weight * _mean(ops.square(latents - begun))

    descend = _descent(energy, steps, rate, _range(model, widths))
    return np.asarray(descend(start, (start, colors, weights)))


def transfer_edit(x, before, after):
    """x, with what has changed between two images that are drawn: x + (after - before), cut.

    What the model could not draw of x stays.
    Source: Brock, Lim, Ritchie, Weston (2017), "Neural Photo Editing with Introspective Adversarial
    Networks", §2, https://arxiv.org/abs/1609.07093, without its mask.

    Example:
        >>> transfer_edit(np.array([0.5, 0.9]), before=np.zeros(2), after=np.array([0.25, 1.0]))
        array([0.75, 1.  ])
    """
    return np.clip(x + (after - before), -1.0, 1.0)


def _range(model, widths):
    """The least and the greatest numbers that each part of latents has: two arrays (d,)."""
    known = tree.flatten(split_latents(sample_latents(model, DRAWS, 0, "range of latents"), widths))
    return tuple(np.repeat([end(part) for part in known], widths) for end in (np.min, np.max))


def _made(shown, latents, widths):
    return ops.cast(shown(split_latents(latents, widths), training=False), "float32")


def _mean(x):
    """The mean of each sample."""
    return ops.mean(x, axis=tuple(range(1, len(x.shape))))


def _descent(energy, steps, rate, ends):
    """A function (latents, what else `energy` is told) -> latents: Adam, its rate falling to 0."""

    @tf.function(reduce_retracing=True)
    def descend(latents, told):
        mean, power = tf.zeros_like(latents), tf.zeros_like(latents)
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                tape.watch(latents)
                total = ops.sum(energy(latents, *told))
            slope = tape.gradient(total, latents)
            t = tf.cast(step, "float32")
            mean, power = 0.9 * mean + 0.1 * slope, 0.999 * power + 0.001 * slope**2
            unbiased = mean / (1.0 - 0.9 ** (t + 1.0))
            spread = tf.sqrt(power / (1.0 - 0.999 ** (t + 1.0))) + keras.config.epsilon()
            moved = latents - rate * (1.0 - t / steps) * unbiased / spread
            latents = tf.clip_by_value(moved, *ends)
        return latents

    return descend
