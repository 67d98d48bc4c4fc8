"""Semantic editing: images inverted to latents, moved along directions, mixed and painted on.

TensorFlow is imported when a `LatentEditor` is created, not before.
"""

import functools

import numpy as np
import tqdm

STEPS = 300  # of gradient descent to a latent


class LatentEditor:
    """Inverts images to latents of one model, and edits the latents.

    Args:
        model: a model of the zoo that generates images from latents.
        steps: of gradient descent to a latent.
        seed: of all that is drawn.
        batch_size: latents that descend together.

    Raises:
        ValueError: for a model that generates no images, or is conditioned on more than latents,
            such as a label.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> editor = LatentEditor(model, 20)
        >>> x = editor.generate(editor.sample(3))
        >>> latents, errors = editor.invert(x)
        >>> editor.move(x, latents, {"wider": (np.ones(4), 0.5)}).shape
        (3, 8, 8, 1)
    """

    def __init__(self, model, steps=STEPS, seed=0, batch_size=64):
        from trainers.latents import inversion

        if len(model.image_shape) != 3:
            raise ValueError(f"`model` should draw images. Received: a {type(model).__name__}.")
        self.widths = inversion.latent_widths(model)
        self.model, self.steps, self.seed, self.batch_size = model, steps, seed, batch_size

    def invert(self, x):
        """Inverts images by gradient descent: from the outputs of the encoder, where the model has
        one, else from several random latents.

        Args:
            x: (n, *image_shape) in [-1, 1].

        Returns:
            (latents, errors): (n, d), and the mean squared error of each image, pixels in [0, 1].
        """
        from trainers import noise
        from trainers.latents import inversion

        start = None
        if hasattr(self.model, "encode") and len(self.widths) == 1:
            with noise.stream(self.seed, label="encode"):  # AVB's encoder is stochastic
                start = self.model.encode(x)
        options = {"seed": self.seed, "batch_size": self.batch_size}
        bar = functools.partial(tqdm.tqdm, desc="latents", unit="batch", disable=None)
        return inversion.invert(self.model, x, start, self.steps, **options, progress=bar)

    def sample(self, n):
        """Returns n random latents, (n, d)."""
        from trainers.latents import inversion

        return inversion.sample_latents(self.model, n, self.seed, "latents")

    def generate(self, latents):
        """Returns the images that the model generates from latents, (n, *image_shape)."""
        from trainers.latents import inversion

        parts = inversion.split_latents(np.asarray(latents, "float32"), self.widths)
        return self.model.predict(parts, verbose=0)

    def move(self, x, latents, moves):
        """Moves images along directions; details that the model cannot generate stay.

        Args:
            x: (n, *image_shape) in [-1, 1].
            latents: of the images, (n, d).
            moves: name -> (direction (d,), amount).

        Returns:
            Images, (n, *image_shape).

        Raises:
            ValueError: as `step_of`.
        """
        from trainers.latents import inversion

        moved = latents + self.step_of(moves)
        return inversion.transfer_edit(x, self.generate(latents), self.generate(moved))

    def step_of(self, moves):
        """Returns the sum of moves, (d,): see `move`.

        Raises:
            ValueError: for a direction in latents of another size.
        """
        size = sum(self.widths)
        for name, (direction, _) in moves.items():
            if np.shape(direction) != (size,):
                raise ValueError(
                    f"A direction should have {size} numbers, as latents of this model. "
                    f"Received: {name}, shape={np.shape(direction)}"
                )
        return sum(amount * np.asarray(direction) for direction, amount in moves.values())

    def morph(self, start, end, steps):
        """Returns images along the great circle between two latents, (steps, *image_shape)."""
        from trainers.latents import interpolation

        return self.generate(interpolation.slerp(start, end, steps))

    def paint_latents(self, latents, mask, color):
        """Returns latents near those given, whose images have a color under a mask.

        Args:
            latents: (n, d).
            mask: booleans (n, h, w, 1).
            color: in [-1, 1], (n, *image_shape) or a shape that is broadcast to it.
        """
        from trainers.latents import inversion

        colors = np.broadcast_to(color, (len(latents), *self.model.image_shape))
        return inversion.paint(self.model, latents, colors, mask, steps=self.steps)

    def paint(self, x, latents, mask, color):
        """Paints on images, and changes with the painted pixels what depends on them.

        Args:
            x: (n, *image_shape) in [-1, 1].
            latents, mask, color: as for `paint_latents`.

        Returns:
            Images, (n, *image_shape).
        """
        from trainers.latents import inversion

        after = self.paint_latents(latents, mask, color)
        return inversion.transfer_edit(x, self.generate(latents), self.generate(after))

    def discover(self, method, count):
        """Finds directions without labels: see `trainers.latents.directions`.

        Args:
            method: "sefa", "pca" (GANSpace), or "code", the codes of an InfoGAN.
            count: at most how many.

        Returns:
            name -> direction (d,), those that change images most first.

        Raises:
            ValueError: for "code" of a model without codes, and a generator that does not begin
                with a dense layer.
        """
        import keras

        from trainers.engine.inference import predict_in_batches
        from trainers.latents import directions, inversion

        generator = self.model.averaged().generator
        if method == "code":
            codes = getattr(self.model, "codes", 0)
            if not codes:
                raise ValueError(
                    "`method` should be 'code' for an InfoGAN only. "
                    f"Received: a {type(self.model).__name__}."
                )
            found = np.eye(sum(self.widths))[-codes:][:count]  # codes are the last latents
        elif method == "sefa":
            _, layer = first_dense(generator, sum(self.widths))
            found = directions.sefa(layer.get_weights()[0])[:count]
        else:
            network, layer = first_dense(generator, sum(self.widths))
            z = self.sample(4_096)
            parts = z if len(network.inputs) == 1 else inversion.split_latents(z, self.widths)
            hidden = predict_in_batches(keras.Model(network.input, layer.output), parts)
            found = directions.ganspace(z, hidden, count)
        return dict(zip(direction_names(method, count), found, strict=False))


def direction_names(method, count):
    """Returns the names of directions that `LatentEditor.discover` finds.

    Example:
        >>> direction_names("sefa", 2)
        ['sefa_0', 'sefa_1']
    """
    return [f"{method}_{i}" for i in range(count)]


def combine(a, b, c):
    """Returns the latent a - b + c, scaled to the mean length of the three: Gaussian latents lie
    near a sphere.

    Example:
        >>> combine(np.array([3.0, 0.0]), np.array([0.0, 3.0]), np.array([0.0, 3.0]))
        array([3., 0.])
    """
    total = np.asarray(a) - b + c
    length = np.mean([np.linalg.norm(latent) for latent in (a, b, c)])
    return total * (length / max(np.linalg.norm(total), 1e-12))


def first_dense(generator, latent_dim):
    """Returns (network, layer): the layer of a generator whose input is the latent, and the network
    that holds the layer, the generator or a part of it.

    Raises:
        ValueError: when the layer is not dense.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> first_dense(model.generator, 4)[1].kernel.shape[0]
        4
    """
    layer = next((n for n in generator.layers if n.weights), None)
    if hasattr(layer, "layers"):
        return first_dense(layer, latent_dim)
    if getattr(layer, "kernel", None) is None or tuple(layer.kernel.shape[:-1]) != (latent_dim,):
        raise ValueError(
            "`generator` should begin with a dense layer. "
            f"Received: a {type(layer).__name__} as its first layer with weights."
        )
    return generator, layer
