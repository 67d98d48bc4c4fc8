"""Latents of given images: what a generator would have to be fed to draw them.

Creswell, Bharath (2018), "Inverting the Generator of a Generative Adversarial Network",
https://arxiv.org/abs/1611.05644:  z* = argmin_z ‖G(z) - x‖², by gradient descent, a batch at once.
From what an encoder says, it is the hybrid of Zhu et al. (2016), "Generative Visual Manipulation on
the Natural Image Manifold", https://arxiv.org/abs/1609.03552.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise

DRAWS = 4_096  # by which the range of a latent is known


def invert(
    model, x, start=None, steps=500, restarts=5, rate=0.05, seed=0, batch_size=256, **conditions
):
    """Finds latents by descent from several places, and keeps the best of each image.

    The rate falls to 0. A latent stays within what draws of the model have: the paper weighs its
    prior by 1e-6 for the same reason.

    Args:
        model: one of the zoo that draws. Its latents may be several arrays, the first of which is
            looked for; the others, such as labels, are as `conditions` tell `draw`.
        x: images, shape (n, *image_shape).
        start: latents to begin with (n, latent_dim), such as `model.encode(x)`; else draws.
        steps: of descent.
        restarts: from how many draws; with `start` there is one place.
        rate: of Adam, at first.
        seed: of the draws.
        batch_size: how many latents descend together.
        **conditions: what `model.draw` takes, an array with a row for each image, or one value.

    Returns:
        (latents, errors): (n, latent_dim), and the mean squared error of each image (n,).

    Raises:
        ValueError: for a model that draws nothing, images of another shape, and latents to begin
            with of another.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> x = model.generate(3, seed=1)
        >>> latents, errors = invert(model, x, steps=50)
        >>> latents.shape, errors.shape
        ((3, 4), (3,))
    """
    x = model.checked(x).astype("float32")
    shown, n = model.averaged(), len(x)
    with noise.stream(seed, label="range of latents"):
        known = np.asarray(tree.flatten(model.draw(DRAWS))[0])
    ends = known.min(), known.max()
    if start is not None:
        start = np.asarray(start, "float32")
        if start.shape != (n, known.shape[-1]):
            raise ValueError(
                f"`start` should have the shape {(n, known.shape[-1])}, a latent for each image. "
                f"Received: {start.shape}"
            )
        restarts = 1
    with noise.stream(seed, label="inversion"):
        drawn = model.draw(n * restarts, **_repeated(conditions, n, restarts))
    first, *rest = (np.asarray(leaf) for leaf in tree.flatten(drawn))
    first = start if start is not None else first

    def make(latents):
        return shown(tree.pack_sequence_as(drawn, latents), training=False)

    descend = _descent(make, steps, rate, ends)
    targets, found, errors = np.repeat(x, restarts, axis=0), [], []
    for begin in range(0, len(first), batch_size):
        rows = slice(begin, begin + batch_size)
        latents, error = descend(targets[rows], first[rows], [leaf[rows] for leaf in rest])
        found.append(np.asarray(latents))
        errors.append(np.asarray(error))
    found = np.concatenate(found).reshape(n, restarts, -1)
    errors = np.concatenate(errors).reshape(n, restarts)
    best = errors.argmin(axis=1)
    return found[np.arange(n), best], errors[np.arange(n), best]


def _repeated(conditions, n, restarts):
    """Conditions of one value, or of a row for each image, for all places of each image."""
    return {
        name: np.repeat(value, restarts, axis=0) if np.ndim(value) and len(value) == n else value
        for name, value in conditions.items()
    }


def _descent(make, steps, rate, ends):
    """A function (targets, latents, the other inputs) -> latents, errors: Adam on the first."""

    def errors(targets, latents, rest):
        gap = ops.square(ops.cast(make([latents, *rest]), "float32") - targets)
        return ops.mean(gap, axis=tuple(range(1, len(gap.shape))))

    @tf.function(reduce_retracing=True)
    def descend(targets, latents, rest):
        mean, power = tf.zeros_like(latents), tf.zeros_like(latents)
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                tape.watch(latents)
                total = ops.sum(errors(targets, latents, rest))
            slope = tape.gradient(total, latents)
            t = tf.cast(step, "float32")
            mean, power = 0.9 * mean + 0.1 * slope, 0.999 * power + 0.001 * slope**2
            unbiased = mean / (1.0 - 0.9 ** (t + 1.0))
            spread = tf.sqrt(power / (1.0 - 0.999 ** (t + 1.0))) + keras.config.epsilon()
            moved = latents - rate * (1.0 - t / steps) * unbiased / spread
            latents = tf.clip_by_value(moved, *ends)
        return latents, errors(targets, latents, rest)

    return descend
