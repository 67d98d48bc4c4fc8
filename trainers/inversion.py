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

    make = _maker(shown, drawn)

    def error(latents, targets, rest):
        return _gap(make(latents, rest), targets)

    descend = _descent(error, steps, rate, ends)
    targets, found, errors = np.repeat(x, restarts, axis=0), [], []
    for begin in range(0, len(first), batch_size):
        rows = slice(begin, begin + batch_size)
        latents, last = descend(first[rows], (targets[rows], [leaf[rows] for leaf in rest]))
        found.append(np.asarray(latents))
        errors.append(np.asarray(last))
    found = np.concatenate(found).reshape(n, restarts, -1)
    errors = np.concatenate(errors).reshape(n, restarts)
    best = errors.argmin(axis=1)
    return found[np.arange(n), best], errors[np.arange(n), best]


def paint(model, start, colours, mask, stay=0.01, realism=0.0, steps=200, rate=0.05, **conditions):
    """Latents near those of images whose images have given colours where these are painted.

        mean over the mask of (G(z) - v)² + stay · mean (z - z₀)² + realism · softplus(-D(G(z)))

    Source: Zhu et al. 2016, eq. 4, with brushes of colour. What is drawn is the model's own; to
    keep what it cannot draw of a photograph, see `transferred`.

    Args:
        model: one of the zoo that draws.
        start: z₀, shape (n, latent_dim).
        colours: v, shape (n, *image_shape), in [-1, 1].
        mask: where v counts, booleans (n, h, w) or (n, h, w, 1).
        stay: how much leaving z₀ costs.
        realism: how much it costs that D finds the image unlikely; for families whose
            discriminator reads an image alone.
        steps, rate, conditions: as of `invert`.

    Returns:
        Latents (n, latent_dim).

    Raises:
        ValueError: for a mask that is empty or of another shape, and `realism` of a model whose
            discriminator reads more.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> mask = np.zeros((1, 8, 8), bool)
        >>> mask[:, 2:4, 2:4] = True
        >>> paint(model, np.zeros((1, 4)), np.ones((1, 8, 8, 1)), mask, steps=20).shape
        (1, 4)
    """
    colours = model.checked(colours).astype("float32")
    mask = np.asarray(mask, "float32").reshape(*np.shape(mask)[:3], 1)
    if mask.shape[:3] != colours.shape[:3] or not mask.any(axis=(1, 2, 3)).all():
        raise ValueError(
            f"`mask` should be {colours.shape[:3]}, with a pixel at least in each image. "
            f"Received: {mask.shape[:3]}, {int(mask.any(axis=(1, 2, 3)).sum())} not empty."
        )
    shown = model.averaged()
    judge = shown.discriminator if realism else None
    if judge is not None and len(judge.inputs) > 1:
        raise ValueError(
            "`realism` should be 0 for a discriminator that reads more than an image. "
            f"Received: that of {type(model).__name__}."
        )
    start = np.asarray(start, "float32")
    with noise.stream(0, label="range of latents"):
        known = np.asarray(tree.flatten(model.draw(DRAWS))[0])
    drawn = model.draw(len(start), **conditions)
    _, *rest = (np.asarray(leaf) for leaf in tree.flatten(drawn))
    make = _maker(shown, drawn)
    weights = mask / mask.mean(axis=(1, 2, 3), keepdims=True)

    def energy(latents, begun, targets, weights, rest):
        made = make(latents, rest)
        cost = _gap(made, targets, weights) + stay * ops.mean(ops.square(latents - begun), axis=1)
        if judge is None:
            return cost
        logits = ops.reshape(judge(made, training=False), (ops.shape(latents)[0], -1))
        return cost + realism * ops.mean(ops.softplus(-logits), axis=1)

    descend = _descent(energy, steps, rate, (known.min(), known.max()))
    return np.asarray(descend(start, (start, colours, weights, rest))[0])


def transferred(x, before, after):
    """x, with what has changed between two images that are drawn: x + (after - before), cut.

    What the model could not draw of x stays.
    Source: Brock, Lim, Ritchie, Weston (2017), "Neural Photo Editing with Introspective Adversarial
    Networks", §2, https://arxiv.org/abs/1609.07093, without its mask.

    Example:
        >>> transferred(np.array([0.5, 0.9]), before=np.zeros(2), after=np.array([0.25, 1.0]))
        array([0.75, 1.  ])
    """
    return np.clip(x + (after - before), -1.0, 1.0)


def _repeated(conditions, n, restarts):
    """Conditions of one value, or of a row for each image, for all places of each image."""
    return {
        name: np.repeat(value, restarts, axis=0) if np.ndim(value) and len(value) == n else value
        for name, value in conditions.items()
    }


def _maker(shown, like):
    """A function (first latents, the others) -> samples, packed as `draw` packs them."""

    def make(latents, rest):
        packed = tree.pack_sequence_as(like, [latents, *rest])
        return ops.cast(shown(packed, training=False), "float32")

    return make


def _gap(made, targets, weights=1.0):
    """The mean squared error of each sample."""
    gap = ops.square(made - targets) * weights
    return ops.mean(gap, axis=tuple(range(1, len(gap.shape))))


def _descent(energy, steps, rate, ends):
    """A function (latents, what else `energy` is told) -> latents, their energies: Adam."""

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
        return latents, energy(latents, *told)

    return descend
