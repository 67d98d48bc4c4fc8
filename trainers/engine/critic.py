"""The discriminator as objectives and penalties call it: on augmented samples, conditioned."""

import contextlib
import threading

import keras
from keras import ops, tree

_shared = threading.local()  # replicas of a MirroredStrategy are traced in threads of their own


@contextlib.contextmanager
def shared_outputs():
    """Inside, `Critic.shared_call` computes the outputs for the same tensors only once."""
    _shared.outputs = {}
    try:
        yield
    finally:
        _shared.outputs = None


class Critic:
    """critic ∘ augment with a fixed condition: penalties differentiate what the objective sees.

    Args:
        critic: a network, or a function with an argument `training`.
        augment: a function of samples, or None. It is applied to their first leaf only; a layer of
            Keras in training mode, without which noise, crops ... do nothing.
        condition: a tensor that is passed to `critic` after the samples, or None.
    """

    def __init__(self, critic, augment=None, condition=None):
        self.critic, self.augment, self.condition = critic, augment, condition

    def __call__(self, x):
        if self.augment is not None:
            first, *rest = tree.flatten(x)
            x = tree.pack_sequence_as(x, [self._augmented(first), *rest])
        return self.critic(x if self.condition is None else [x, self.condition], training=True)

    def _augmented(self, x):
        if isinstance(self.augment, keras.layers.Layer):
            return self.augment(x, training=True)
        return self.augment(x)

    def shared_call(self, x):
        """Returns `self(x)` in float32, computed once per `shared_outputs` for the same tensors.

        Penalties need a call of their own, since they differentiate it.
        """
        outputs = getattr(_shared, "outputs", None)
        if outputs is None:
            return self._outputs(x)
        # A bound method is another object each time that it is read.
        critic = getattr(self.critic, "__func__", None), getattr(self.critic, "__self__", None)
        critic = [self.critic] if critic[0] is None else critic
        # Inputs are kept, so that no other object gets their id.
        inputs = [*critic, *tree.flatten(x), *tree.flatten(self.condition)]
        key = tuple(map(id, inputs))
        if key not in outputs:
            outputs[key] = inputs, self._outputs(x)
        return outputs[key][1]

    def _outputs(self, x):
        """Objectives, users' own too, compute in float32 whatever the network's last layer has."""
        return tree.map_structure(lambda values: ops.cast(values, "float32"), self(x))
