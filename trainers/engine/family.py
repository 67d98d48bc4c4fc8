"""What a family defines: facts about its players and sizes, and methods that it overrides.

Beside these, a family has one `<player>_loss(batch, outputs)` per player, one `build_<network>()`
per network that a user may leave out, and, where samples are to be exported, `signatures()`.
"""

from keras import ops, tree

from trainers import noise
from trainers.engine import batch_spec


class FamilyMixin:
    """The part of `AdversarialModel` that a family overrides."""

    players = {}  # player -> names of the networks that it trains, in the order of the turns
    frozen_networks = ()  # names of the networks that no player trains
    # Whether what `call` runs reads nothing in training but what `draw` draws. Then the EMA copy
    # estimates its batch statistics anew; else it keeps those of the training, of the same inputs.
    draws_all_inputs = True
    # Network -> which size the first input, or the first output, of a given network determines.
    input_sizes = {
        "generator": "latent_dim",
        "discriminator": "image_shape",
        "encoder": "image_shape",
    }
    output_sizes = {"generator": "image_shape", "encoder": "latent_dim"}
    overshoot = batch_spec.ROUNDING  # how far outside their range images of a request may lie
    image_ranks = (1, 3)  # how many axes an `image_shape` may have: 1 for points, 3 for images
    # The classes of objectives that the family can be trained with; () for all, None for a family
    # whose losses are its own: objective, penalties and `augment` are refused then.
    objectives = ()
    family = None  # the name for `zoo.create`; by default the name of the class in lower case

    def shapes(self):
        """Returns the shapes that given networks should have: a dict from the name of a network to
        (shapes of its inputs, shapes of its outputs), without the batch; None for any shape."""
        return {}

    def forward(self, batch):
        """Returns what the losses need of a batch: real and generated samples, latents ..., in any
        nested structure; `<player>_loss(batch, outputs)` gets it as `outputs`."""
        raise NotImplementedError

    def default_sizes(self, **sizes):
        """Returns defaults of sizes that depend on other sizes, as a dict; they replace None."""
        return {}

    def recipe(self):
        """Returns the paper's arguments of `compile`, as a dict."""
        raise NotImplementedError

    def latents(self, n):
        """Draws latents z ~ N(0, I), shape (n, latent_dim), float32."""
        return noise.normal((n, self.latent_dim))

    def draw(self, n):
        """Draws inputs from which `call` generates `n` samples."""
        return self.latents(n)

    def update_batch_statistics(self, n):
        """Runs `call` in training mode on n drawn inputs, which updates its batch statistics."""
        inputs = tree.map_structure(ops.convert_to_tensor, self.draw(n))  # labels may be an array
        return self.call(inputs, training=True)

    def batch_format(self):
        """Returns a `FieldSpec` per part of a batch: x, and y if the model has `classes`. Images
        should be in [-1, 1]; points are unbounded."""
        shape = self.image_shape
        x = batch_spec.images("x", shape) if len(shape) == 3 else batch_spec.FieldSpec("x", shape)
        classes = getattr(self, "classes", 0)
        return [x, batch_spec.labels("y", classes)] if classes else [x]

    def after_step(self, losses):
        """Moves the family's own state, after the turns of a train step, and returns metrics that
        are no losses.

        State that moves with the training (a balance, a level of noise ...) is a variable of
        `add_state`. Assign it here and nowhere else: a loss may be computed more than once in a
        step, and `evaluate` computes it too. `evaluate` does not call this method.

        Args:
            losses: the scalars of `<player>_loss`, totals and terms by the names of their metrics,
                each of the player's last turn; on several replicas the means over all of them.
                Players that take no turn are missing.

        Returns:
            A dict from name to scalar: metrics, whose means over the epoch stand next to the
            losses. Their names should not begin with a player's.
        """
        return {}
