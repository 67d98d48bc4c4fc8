"""What is shown of a model in training: averaged weights, in a copy, never in the model itself.

Where an optimizer keeps averages (`use_ema`), samples, features, scores and exports are those of
the averaged networks. Overwriting the trained weights with them, as Keras does, would end the
training, so they are written into a copy, whose batch statistics are then estimated anew: those of
the training belong to other weights.
"""

import zlib

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise


class InferenceMixin:
    """The part of `AdversarialModel` that its users call: what it draws, and says of images."""

    def averaged(self):
        """The model to show: this one, or a copy with the averaged weights where an optimizer
        keeps averages (`use_ema`), its batch statistics estimated anew for them.

        Example:
            >>> import zoo
            >>> zoo.create("gan", image_shape=(2,), recipe="modern").averaged().generator.name
            'generator'
        """
        return self._ema_copy.of(self) if self.compiled else self

    def view(self, name, build):
        """A network derived from those of the model, such as its features; built once."""
        return self._ema_copy.view(name, build)

    def predict(self, *args, **kwargs):
        """As in Keras; where weights are averaged, of the averaged networks."""
        return super(InferenceMixin, self.averaged()).predict(*args, **kwargs)

    def generate(self, n, seed=None, batch_size=256, truncation=1.0, **conditions):
        """Draws samples.

        Args:
            n: how many.
            seed: an integer for the same samples at each call; None for others at each call.
            batch_size: how many are made at a time.
            truncation: how far latents lie from their mean, as a share of where they were drawn:
                below 1 samples are more typical, and more alike.
            **conditions: what the family's `draw` takes, such as `labels`.

        Returns:
            A float32 NumPy array, shape (n, …).

        Raises:
            ValueError: for another number, a truncation outside 0 … 1, and conditions that the
                family does not take so.

        Example:
            >>> import zoo
            >>> model = zoo.create("cgan", image_shape=(2,), classes=8)
            >>> x = model.generate(4, seed=7, labels=3)
            >>> bool((x == model.generate(4, seed=7, labels=3)).all())
            True
            >>> bool((x == model.generate(4, labels=3)).all())
            False
        """
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"`n` should be an integer from 1. Received: n={n!r}")
        if not isinstance(truncation, (int, float)) or not 0.0 <= truncation <= 1.0:
            raise ValueError(f"`truncation` should be from 0 to 1. Received: {truncation!r}")
        if seed is None:
            inputs = self.draw(int(n), **conditions)
        else:
            with noise.stream(seed, label="generate"):
                inputs = self.draw(int(n), **conditions)
        if truncation < 1.0:
            inputs = self._truncated(inputs, truncation)
        return predict_in_batches(self.averaged(), inputs, batch_size).astype("float32", copy=False)

    def _truncated(self, inputs, truncation):
        """Inputs whose latents, the first of them, are nearer to the mean of all that is drawn."""
        latents, *others = tree.flatten(inputs)
        with noise.stream(seed=0, label="mean of latents"):
            mean = np.mean(tree.flatten(self.draw(1_024))[0])
        nearer = mean + truncation * (np.asarray(latents) - mean)
        return tree.pack_sequence_as(inputs, [nearer.astype("float32"), *others])

    def features(self, x):
        """What the network that `build_features` makes reads of x, of most families the input of
        the last layer of the discriminator or encoder: a NumPy array (n, features).

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,), width=128)
            >>> model.features(np.zeros((5, 2))).shape
            (5, 128)
        """
        shown = self.averaged()
        return self.predict_checked(shown.view("features", shown.build_features), x)

    def features_network(self):
        """The network of `features` for an export, with an output of that name.

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,))
            >>> model.features_network().output_names
            ['features']
        """

        def build():
            read = self.view("features", self.build_features)
            x = keras.Input(read.inputs[0].shape[1:], name=read.inputs[0].name)
            return keras.Model(x, keras.layers.Identity(name="features")(read(x)))

        return self.view("features, named", build)

    def predict_checked(self, network, x):
        """What a network says of x, which is checked: NumPy arrays."""
        return predict_in_batches(network, self.validated(x))

    def validated(self, x, part=None):
        """x as an array; it should be as the `part` of a batch says, by default x of `fit`.

        Raises:
            ValueError: in one sentence, for no sample at all, and for another dtype or shape.
        """
        x = np.asarray(x)
        if not x.size:
            raise ValueError("`x` should hold at least one sample. Received: none.")
        (part or self.batch_format()[0]).check_spec(tf.TensorSpec(x.shape, x.dtype))
        return x

    def output_of(self, network, index):
        """A view of a network that has several outputs: one of them."""

        def build():
            whole = getattr(self, network)
            return keras.Model(whole.input, whole.outputs[index])

        return self.view(f"{network}, output {index}", build)

    def signatures(self):
        """What an export offers: name -> the network that answers; the first is the default."""
        return {}


class EmaCopy:
    """The averaged copy of a model, and networks derived from it.

    A plain object: as attributes of the model they would be its layers, saved and trained with it.
    """

    def __init__(self):
        self.copy = None
        self.views = {}
        self._weights = None  # the fingerprint of those that the copy was made of

    def of(self, model):
        """The model itself, or its copy where weights were averaged or trained on replicas.

        The copy lives on one device, so that a single worker can show it.
        """
        averages = {
            player: found
            for player, optimizer in model.optimizers.items()
            if (found := _averages(optimizer)) is not None
        }
        if not averages and model.distribute_strategy.num_replicas_in_sync == 1:
            return model
        weights = _fingerprint(model)
        if self._weights != weights:
            if self.copy is None:
                self.copy = type(model).from_config(model.get_config())
            for name in model.network_names:
                getattr(self.copy, name).set_weights(getattr(model, name).get_weights())
            for player, found in averages.items():
                for variable, average in zip(self.copy.variables_of(player), found, strict=True):
                    variable.assign(ops.convert_to_numpy(average))
            if averages:
                _estimate_batch_statistics(self.copy)
            self._weights = weights
        return self.copy

    def view(self, name, build):
        """A network derived from those of the model, such as its features; built once."""
        if name not in self.views:
            self.views[name] = build()
        return self.views[name]


def _averages(optimizer):
    """Of an optimizer's variables, in their order; None where it keeps none or has not begun."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # behind the loss scale
    if optimizer.use_ema and int(ops.convert_to_numpy(optimizer.iterations)) > 0:
        return optimizer._model_variables_moving_average  # Keras offers only to overwrite
    return None


def _fingerprint(model):
    """A number that changes with any weight: training, loading and users change them."""
    slots = [v for optimizer in model.optimizers.values() for v in optimizer.variables]
    found = 0
    for variable in model.weights + slots:
        found = zlib.crc32(np.ascontiguousarray(ops.convert_to_numpy(variable)), found)
    return found


def _estimate_batch_statistics(model, rounds=20, n=64):
    norms = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not norms:
        return
    momenta = [layer.momentum for layer in norms]
    with noise.stream(seed=0, label="batch statistics"):
        for i in range(rounds):
            for layer in norms:
                layer.momentum = i / (i + 1)  # the plain mean of all rounds
            model.update_batch_statistics(n)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum


def predict_in_batches(network, inputs, batch_size=256):
    """The outputs of a network for many inputs, as NumPy arrays, `batch_size` at a time."""
    leaves = [np.asarray(leaf) for leaf in tree.flatten(inputs)]

    def made_of(part):  # not `predict_on_batch`, of which each replica answers the whole
        outputs = network(tree.pack_sequence_as(inputs, part), training=False)
        return tree.map_structure(ops.convert_to_numpy, outputs)

    starts = range(0, len(leaves[0]), batch_size)
    outputs = [made_of([leaf[i : i + batch_size] for leaf in leaves]) for i in starts]
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
