"""Inference with a model in training: samples, features and exports, from the EMA weights.

Where an optimizer keeps a moving average of the weights (`use_ema`), samples, features, scores and
exports come from the averaged networks. Overwriting the trained weights with the averages, as Keras
does, would end the training, so the averages are written into a copy of the model. The batch
statistics of the copy are then estimated anew: those of the training belong to other weights.
"""

import ctypes
import inspect
import numbers

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise
from trainers.engine import serving, shape_checks


class InferenceMixin:
    """The part of `AdversarialModel` that users call on a trained model: samples and features."""

    def averaged(self):
        """Returns the model with EMA weights: a copy, or the model itself without averages.

        A copy is returned where an optimizer keeps averages (`use_ema`) and has taken a step, and
        on several replicas. It is updated when weights were trained, loaded or assigned since the
        last call; else a call costs about a millisecond, for models of any size.

        Example:
            >>> import zoo
            >>> zoo.create("gan", image_shape=(2,), recipe="modern").averaged().generator.name
            'generator'
        """
        return self._ema_copy.updated_from(self) if self.compiled else self

    def view(self, name, build):
        """Returns the derived network of that name, which `build()` returns at the first call.

        Raises:
            ValueError: when it needs the layers of a subclassed network, which are not known.
        """
        try:
            return self._ema_copy.view(name, build)
        except AttributeError as error:
            networks = {name: getattr(self, name) for name in self.network_names}
            subclassed = [key for key, one in networks.items() if not hasattr(one, "inputs")]
            if not subclassed:
                raise
            raise ValueError(
                f"`{subclassed[0]}` should be a functional network, whose layers are known, for "
                f"{name.partition(',')[0]}. Build it by keras.Model(inputs, outputs). "
                f"Received: a subclassed one, {type(networks[subclassed[0]]).__name__}."
            ) from error

    def predict(self, *args, **kwargs):
        """Returns what `keras.Model.predict` does, of the model with EMA weights."""
        return super(InferenceMixin, self.averaged()).predict(*args, **kwargs)

    def generate(self, n, seed=None, batch_size=256, truncation=1.0, **conditions):
        """Draws samples.

        Args:
            n: number of samples, from 1.
            seed: an integer for the same samples at each call; None for new samples at each call.
            batch_size: number of samples that are generated at a time.
            truncation: factor, 0 to 1, of the distance of latents from their mean; below 1 samples
                are more typical and less diverse.
            **conditions: arguments of the family's `draw`, such as `labels`.

        Returns:
            A float32 NumPy array, shape (n, ...).

        Raises:
            TypeError: for a condition that the family does not have.
            ValueError: for `n` or `batch_size` below 1, a seed that is no integer, a truncation
                outside 0 ... 1, and conditions that the family's `draw` refuses.

        Example:
            >>> import zoo
            >>> model = zoo.create("cgan", image_shape=(2,), classes=8)
            >>> x = model.generate(4, seed=7, labels=3)
            >>> bool((x == model.generate(4, seed=7, labels=3)).all())
            True
            >>> bool((x == model.generate(4, labels=3)).all())
            False
        """
        shape_checks.check_counts(n=n)
        if not isinstance(truncation, numbers.Real) or not 0.0 <= truncation <= 1.0:
            raise ValueError(f"`truncation` should be from 0 to 1. Received: {truncation!r}")
        accepted = [name for name in inspect.signature(self.draw).parameters if name != "n"]
        unknown = sorted(set(conditions) - set(accepted))
        if unknown:
            names = ", ".join(["n", "seed", "batch_size", "truncation", *accepted])
            raise TypeError(
                f"`generate` of {type(self).__name__} takes {names}. "
                f"Received: {', '.join(unknown)}."
            )
        if seed is None:
            inputs = self.draw(int(n), **conditions)
        else:
            with noise.stream(seed, label="generate"):
                inputs = self.draw(int(n), **conditions)
        if truncation < 1.0:
            inputs = self._truncated(inputs, truncation)
        return predict_in_batches(self.averaged(), inputs, batch_size).astype("float32", copy=False)

    def _truncated(self, inputs, truncation):
        """The inputs with latents (their first leaf) moved towards the mean of 1,024 drawn ones."""
        latents, *others = tree.flatten(inputs)
        with noise.stream(seed=0, label="mean of latents"):
            mean = np.mean(tree.flatten(self.draw(1_024))[0])
        nearer = mean + truncation * (np.asarray(latents) - mean)
        return tree.pack_sequence_as(inputs, [nearer.astype("float32"), *others])

    def features(self, x):
        """Returns the features of x, a NumPy array (n, features).

        The family's `build_features` defines them; for most families they are the input of the last
        layer of the discriminator or encoder.

        Raises:
            ValueError: for no sample, samples of the wrong dtype, shape or range, and a subclassed
                network, whose layers are not known.

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,), width=128)
            >>> model.features(np.zeros((5, 2))).shape
            (5, 128)
        """
        model = self.averaged()
        return self.predict_checked(model.view("features", model.build_features), x)

    def features_network(self):
        """Returns the network of `features` for an export, with an output named "features".

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,))
            >>> model.features_network().output_names
            ['features']
        """

        def build():
            network = self.view("features", self.build_features)
            x = keras.Input(network.inputs[0].shape[1:], name=network.inputs[0].name)
            return keras.Model(x, keras.layers.Identity(name="features")(network(x)))

        return self.view("features, named", build)

    def predict_checked(self, network, x):
        """Returns the outputs of a network for x as NumPy arrays, after `validated(x)`."""
        return predict_in_batches(network, self.validated(x))

    def validated(self, x, part=None):
        """Returns x as a NumPy array, checked against `part` as `fit` checks batches.

        Args:
            x: an array (n, ...).
            part: a `FieldSpec`; by default the first of `batch_format()`.

        Raises:
            ValueError: for no sample, or samples of the wrong dtype, shape or range.
        """
        x = np.asarray(x)
        if not x.size:
            raise ValueError("`x` should hold at least one sample. Received: none.")
        (part or self.batch_format()[0]).check_array(x)
        return x

    def output_of(self, network, index):
        """Returns a network with one of the outputs of a network that has several."""

        def build():
            model = getattr(self, network)
            return keras.Model(model.input, model.outputs[index])

        return self.view(f"{network}, output {index}", build)

    def signatures(self):
        """Returns the signatures of an export, a dict name -> network; the first is the default."""
        return {}

    def export(self, filepath, format="tf_saved_model", verbose=False):
        """Writes a SavedModel with the model's signatures, as `trainers.export.save` does, to any
        folder.

        Args:
            filepath: the folder; files of an earlier SavedModel in it are replaced. For TF Serving,
                which takes numbered versions of a model, use `trainers.export.save`.
            format: "tf_saved_model".
            verbose: whether Keras prints the signatures.

        Raises:
            ValueError: for another format, a path that is a file, a model without signatures, or a
                subclassed network, whose inputs have no names.

        Example:
            >>> import zoo
            >>> zoo.create("gan", image_shape=(2,)).export("exported")
            >>> generate = tf.saved_model.load("exported").signatures["generate"]
            >>> generate(latent=tf.zeros((5, 2)))["images"].shape
            TensorShape([5, 2])
        """
        if format != "tf_saved_model":
            raise ValueError(
                "`format` should be 'tf_saved_model', which holds every signature of a model. "
                f"Received: format={format!r}"
            )
        if tf.io.gfile.exists(filepath) and not tf.io.gfile.isdir(filepath):
            raise ValueError(f"`filepath` should be a folder. Received: the file {filepath}.")
        serving.archive_of(self).write_out(filepath, verbose=verbose)


class EmaCopy:
    """The EMA copy of a model, and networks derived from a model, such as its features.

    It is no Keras object: a copy that is an attribute of its model would be one of the model's
    layers, saved and trained with it.
    """

    def __init__(self):
        self.copy = None
        self.views = {}
        self._snapshots = []  # the tensors that the copy's weights were set to

    def updated_from(self, model):
        """Returns the model itself, or its copy if weights are averaged or trained on replicas.

        The copy is updated if one of the weights that it holds was assigned since the last call, by
        training, loading or anything else. A call without a change reads and copies no weight: the
        cost grows with the number of variables, not with their sizes. The copy is on one device, so
        that a single worker can run it.
        """
        averages = _averages(model)
        if not averages and model.distribute_strategy.num_replicas_in_sync == 1:
            return model
        snapshots = [
            tf.convert_to_tensor(averages.get(id(variable), variable).value)
            for variable in _network_weights(model)
        ]
        if not _same_buffers(snapshots, self._snapshots):
            if self.copy is None:
                self.copy = type(model).from_config(model.get_config())
            for variable, value in zip(_network_weights(self.copy), snapshots, strict=True):
                variable.assign(value)
            if averages and model.draws_all_inputs:
                _estimate_batch_statistics(self.copy)
            self._snapshots = snapshots
        return self.copy

    def view(self, name, build):
        """Returns the derived network of that name, which `build()` returns at the first call."""
        if name not in self.views:
            self.views[name] = build()
        return self.views[name]


def _network_weights(model):
    return [w for name in model.network_names for w in getattr(model, name).weights]


def _averages(model):
    """A dict from the id of a trained variable to its moving average, of all optimizers.

    An optimizer that keeps no averages, or has not taken a step, has none.
    """
    averages = {}
    for optimizer in model.optimizers.values():
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # behind the loss scale
        if optimizer.use_ema and int(ops.convert_to_numpy(optimizer.iterations)) > 0:
            # Private: Keras can only overwrite the trained weights with the averages.
            pairs = zip(
                optimizer._trainable_variables,
                optimizer._model_variables_moving_average,
                strict=True,
            )
            averages |= {id(variable): average for variable, average in pairs}
    return averages


def _same_buffers(tensors, others):
    """Whether the tensors of each pair lie in the same memory.

    If `others` were read from variables, and were kept since, this tells whether `tensors`, read
    from the same variables now, are unchanged. A tensor never changes, so an assignment has to put
    the new value elsewhere, and memory that is in use is not given away again.
    """
    return len(tensors) == len(others) and all(
        _address(a) == _address(b) for a, b in zip(tensors, others, strict=True)
    )


def _address(tensor):
    """The address of a tensor's values; the values themselves if TensorFlow does not give it."""
    try:
        capsule = tf.experimental.dlpack.to_dlpack(tensor)
    except (tf.errors.OpError, RuntimeError, ValueError):
        return ops.convert_to_numpy(tensor).tobytes()
    pointer = _capsule_pointer(capsule, b"dltensor")  # DLManagedTensor: its first field is `data`
    return ctypes.c_void_p.from_address(pointer).value


_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype, _capsule_pointer.argtypes = (
    ctypes.c_void_p,
    [ctypes.py_object, ctypes.c_char_p],
)


def _estimate_batch_statistics(model, rounds=20, n=64):
    """Sets the moving statistics to the mean of those of `rounds` batches of n samples."""
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
                layer.momentum = i / (i + 1)  # the unweighted mean of all rounds
            model.update_batch_statistics(n)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum


def predict_in_batches(network, inputs, batch_size=256):
    """Returns the outputs of a network as NumPy arrays, computed `batch_size` inputs at a time."""
    shape_checks.check_counts(batch_size=batch_size)
    leaves = [np.asarray(leaf) for leaf in tree.flatten(inputs)]

    def predict(part):  # not `predict_on_batch`: each replica would compute the complete batch
        outputs = network(tree.pack_sequence_as(inputs, part), training=False)
        return tree.map_structure(ops.convert_to_numpy, outputs)

    starts = range(0, len(leaves[0]), batch_size)
    outputs = [predict([leaf[i : i + batch_size] for leaf in leaves]) for i in starts]
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
