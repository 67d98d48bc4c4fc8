"""How samples are shown to a judge: augmented, and beside the condition that they answer to."""

import contextlib
import threading

from keras import tree

_judged = threading.local()  # replicas of a MirroredStrategy are traced in threads of their own


@contextlib.contextmanager
def shared_outputs():
    """Inside, what a judge says of the same tensors is computed once and said to all who ask."""
    _judged.said = {}
    try:
        yield
    finally:
        _judged.said = None


class Critic:
    """critic ∘ augment with the condition held: penalties differentiate what the objective judges.

    Args:
        critic: a network, or a function with an argument `training`.
        augment: a function of samples, or None. It touches their first leaf only.
        given: the condition, or None.
    """

    def __init__(self, critic, augment=None, condition=None):
        self.critic, self.augment, self.condition = critic, augment, condition

    def __call__(self, x):
        if self.augment is not None:
            first, *rest = tree.flatten(x)
            x = tree.pack_sequence_as(x, [self.augment(first), *rest])
        return self.critic(x if self.condition is None else [x, self.condition], training=True)

    def shared_call(self, x):
        """The same, but for a pass that others may share: a penalty needs one of its own."""
        said = getattr(_judged, "said", None)
        if said is None:
            return self(x)
        shown = [self.critic, *tree.flatten(x), *tree.flatten(self.condition)]
        key = tuple(map(id, shown))
        if key not in said:
            said[key] = shown, self(x)  # what is kept alive keeps its id
        return said[key][1]
