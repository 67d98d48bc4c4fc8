"""The outputs of one call of `forward`, with what backpropagates through them."""

import dataclasses

import tensorflow as tf


@dataclasses.dataclass
class ForwardPass:
    """Outputs of `forward`, and the tape that recorded their computation.

    Args:
        values: what `forward` returned.
        tape: the `tf.GradientTape` that recorded `forward`; it can be used once.
        stale: whether a network that computed `values` was updated since.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> batch = tf.zeros((8, 2))
        >>> forward_pass = model.run_forward(batch)
        >>> losses = model.take_turn("generator", batch, forward_pass)
        >>> forward_pass.stale
        True
    """

    values: object
    tape: tf.GradientTape
    stale: bool = False

    def depends_on(self, variables):
        """Whether `forward` read one of the variables."""
        read = {id(v) for v in self.tape.watched_variables()}
        return any(id(v.value) in read for v in variables)
