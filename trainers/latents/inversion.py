"""Inversion of a generator: latents from which given images are generated.

Creswell, Bharath (2018), "Inverting the Generator of a Generative Adversarial Network",
https://arxiv.org/abs/1611.05644:  z* = argmin_z ‖G(z) - x‖², by gradient descent, a batch at once.
Started from an encoder's output, it is the hybrid of Zhu, Krähenbühl, Shechtman, Efros (2016),
"Generative Visual Manipulation on the Natural Image Manifold", https://arxiv.org/abs/1609.03552.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise

DRAWS = 4_096  # number of draws from which the range of a latent is estimated


def latent_widths(model):
    """Returns the widths of the generator's inputs, which are concatenated to latents (n, d):
    (latent_dim,), and for InfoGAN (latent_dim, categories, codes).

    Raises:
        ValueError: the generator has no inputs of latents, or others too, such as labels.

    Example:
        >>> import zoo
        >>> latent_widths(zoo.create("infogan", image_shape=(8, 8, 1), scale="small"))
        (16, 10, 2)
        >>> latent_widths(zoo.create("cgan", image_shape=(2,), classes=8))
        Traceback (most recent call last):
        ValueError: The generator should take only latents and codes as inputs. Received: a CGAN.
    """
    inputs = tree.flatten(model.draw(1))
    if any(len(part.shape) != 2 for part in inputs):
        raise ValueError(
            "The generator should take only latents and codes as inputs. "
            f"Received: a {type(model).__name__}."
        )
    return tuple(int(part.shape[1]) for part in inputs)


def split_latents(latents, widths):
    """Splits latents (n, d) into the generator's inputs: a list for several.

    Example:
        >>> [part.shape for part in split_latents(np.zeros((5, 6)), (4, 2))]
        [(5, 4), (5, 2)]
    """
    if len(widths) == 1:
        return latents
    ends = np.cumsum((0, *widths))
    return [latents[:, i:j] for i, j in itertools.pairwise(ends)]


def sample_latents(model, n, seed, label="inversion"):
    """Draws n latents (n, d), the generator's inputs concatenated.

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
    """Inverts a generator by gradient descent from several starts; returns the best latent of each.

    The learning rate falls to 0. Latents are clipped to the range of the model's draws: the paper
    adds the log prior with weight 1e-6 for the same reason.

    Args:
        model: a model of the zoo whose generator takes only latents and codes: see `latent_widths`.
        x: images in [-1, 1], shape (n, *image_shape).
        start: initial latents (n, d), such as `model.encode(x)`; by default random ones.
        steps: number of descent steps.
        restarts: number of random starts of each image; with `start` there is one.
        rate: initial learning rate of Adam.
        seed: of the random starts.
        batch_size: number of latents that descend together.
        progress: wraps the iterable of batches, such as `tqdm.tqdm`.

    Returns:
        (latents, errors): (n, d), and the mean squared error of each image (n,), of pixels
        in [0, 1].

    Raises:
        ValueError: for another model, and for `x` or `start` of another shape.

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
    generator, n = model.averaged(), len(x)
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
        return _mean(ops.square(_generate(generator, latents, widths) - targets))

    descend = _descent(energy, steps, rate, _range(model, widths))
    targets, inverted, errors = np.repeat(x, restarts, axis=0), [], []
    for begin in progress(range(0, len(first), batch_size)):
        rows = slice(begin, begin + batch_size)
        latents = descend(first[rows], (targets[rows],))
        inverted.append(np.asarray(latents))
        gap = (np.clip(_generate(generator, latents, widths), -1.0, 1.0) - targets[rows]) / 2.0
        errors.append(np.square(gap).mean(axis=tuple(range(1, gap.ndim))))
    inverted = np.concatenate(inverted).reshape(n, restarts, -1)
    errors = np.concatenate(errors).reshape(n, restarts)
    best = errors.argmin(axis=1)
    return inverted[np.arange(n), best], errors[np.arange(n), best]


def paint(model, start, colors, mask, proximity_weight=0.01, steps=200, rate=0.05):
    """Edits latents by painted colours: latents near `start` whose images match them in the mask.

        mean over the mask of (G(z) - v)² + proximity_weight · mean (z - z₀)²

    Source: Zhu et al. 2016, eq. 4, with colour brushes and without the discriminator's term. The
    result is a generated image; `transfer_edit` keeps the details of a photograph that the
    generator cannot reproduce.

    Args:
        model: a model of the zoo whose generator takes only latents and codes: see `latent_widths`.
        start: z₀, shape (n, d).
        colors: v, shape (n, *image_shape), in [-1, 1].
        mask: the painted pixels, booleans (n, h, w) or (n, h, w, 1).
        proximity_weight: weight of the distance to z₀.
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
    generator, start = model.averaged(), np.asarray(start, "float32")
    weights = mask / mask.mean(axis=(1, 2, 3), keepdims=True)

    def energy(latents, initial, targets, weights):
        painted = _mean(ops.square(_generate(generator, latents, widths) - targets) * weights)
        return painted + proximity_weight * _mean(ops.square(latents - initial))

    descend = _descent(energy, steps, rate, _range(model, widths))
    return np.asarray(descend(start, (start, colors, weights)))


def transfer_edit(x, before, after):
    """Adds the change between two generated images to x: x + (after - before), clipped to [-1, 1].

    Details of x that the generator cannot reproduce stay.
    Source: Brock, Lim, Ritchie, Weston (2017), "Neural Photo Editing with Introspective Adversarial
    Networks", §2, https://arxiv.org/abs/1609.07093, without its mask.

    Example:
        >>> transfer_edit(np.array([0.5, 0.9]), before=np.zeros(2), after=np.array([0.25, 1.0]))
        array([0.75, 1.  ])
    """
    return np.clip(x + (after - before), -1.0, 1.0)


def _range(model, widths):
    """Returns the minimum and maximum of each input of the generator: two arrays (d,)."""
    parts = tree.flatten(split_latents(sample_latents(model, DRAWS, 0, "range of latents"), widths))
    return tuple(np.repeat([end(part) for part in parts], widths) for end in (np.min, np.max))


def _generate(generator, latents, widths):
    return ops.cast(generator(split_latents(latents, widths), training=False), "float32")


def _mean(x):
    """Returns the mean of each sample."""
    return ops.mean(x, axis=tuple(range(1, len(x.shape))))


def _descent(energy, steps, rate, ends):
    """Returns a function (latents, other arguments of `energy`) -> latents, which minimises by Adam
    with a learning rate that falls to 0."""

    @tf.function(reduce_retracing=True)
    def descend(latents, arguments):
        mean, power = tf.zeros_like(latents), tf.zeros_like(latents)
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                tape.watch(latents)
                total = ops.sum(energy(latents, *arguments))
            gradient = tape.gradient(total, latents)
            t = tf.cast(step, "float32")
            mean, power = 0.9 * mean + 0.1 * gradient, 0.999 * power + 0.001 * gradient**2
            unbiased = mean / (1.0 - 0.9 ** (t + 1.0))
            spread = tf.sqrt(power / (1.0 - 0.999 ** (t + 1.0))) + keras.config.epsilon()
            moved = latents - rate * (1.0 - t / steps) * unbiased / spread
            latents = tf.clip_by_value(moved, *ends)
        return latents

    return descend
