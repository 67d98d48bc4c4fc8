"""Saving and loading a model: networks, sizes, compile arguments and the position of the noise."""

import copy

import keras

from trainers.engine import compile_args

# Loss terms of files that earlier versions saved -> their names now, in `loss_weights`.
RENAMED_TERMS = {
    "game": "adversarial",
    "inverse_game": "inverse_adversarial",
    "likeness": "feature_reconstruction",
    "again": "reconstruction",
}


class SerializationMixin:
    """The part of `AdversarialModel` that Keras calls to save and load a model.

    Example:
        >>> import zoo
        >>> model = zoo.GAN(image_shape=(2,), name="mine")
        >>> type(model).from_config(model.get_config()).name
        'mine'
    """

    def save(self, filepath, overwrite=True, **kwargs):
        """Saves the model in Keras' format.

        Args:
            filepath: of the file, which ends in .keras.
            overwrite, **kwargs: as for `keras.Model.save`.

        Raises:
            ValueError: for the older HDF5 format, which cannot hold an optimizer for each player.
        """
        if str(filepath).endswith((".h5", ".hdf5")):
            raise ValueError(f"`filepath` should end in .keras. Received: {filepath}")
        super().save(filepath, overwrite=overwrite, **kwargs)

    def get_config(self):
        networks = {name: getattr(self, name) for name in self.network_names}
        serialized = {k: keras.saving.serialize_keras_object(v) for k, v in networks.items()}
        return {"name": self.name, **self.sizes, **serialized}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {  # deserialised from a copy, since Keras empties the dicts that it reads
            key: keras.saving.deserialize_keras_object(
                copy.deepcopy(value), custom_objects=custom_objects
            )
            if isinstance(value, dict) and "class_name" in value
            else value
            for key, value in config.items()
        }
        return cls(**config)

    def get_compile_config(self):
        if not self.compiled:
            return {}
        rules = {name: getattr(self, name) for name in compile_args.defaults()}
        compile_args.warn_of_unregistered(rules)
        config = {
            "rules": rules,
            "options": self.compile_options,
        }
        return keras.saving.serialize_keras_object(config)

    def compile_from_config(self, config):
        config = keras.saving.deserialize_keras_object(copy.deepcopy(config))
        # What files of earlier versions do not hold had the value of the defaults.
        arguments = compile_args.merge(compile_args.defaults(), config["rules"])
        options = {"synchronized": None}
        arguments["loss_weights"] = {
            self._current_name(name): weight for name, weight in arguments["loss_weights"].items()
        }
        self._compile_with(arguments, options | config["options"])

    def _current_name(self, name):
        """The current name of the loss term "<player>_<term>" of a file."""
        for player in self.players:
            if (term := name.removeprefix(f"{player}_")) in RENAMED_TERMS and term != name:
                return f"{player}_{RENAMED_TERMS[term]}"
        return name

    def _random_states(self):
        """The states of the layers' random generators (Dropout's), which Keras does not save."""
        known = {id(v) for v in self.weights + self.metrics_variables}
        return [v for v in self.variables if id(v) not in known]

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for i, state in enumerate(self._random_states()):
            store[f"random_{i}"] = state

    def load_own_variables(self, store):
        states = self._random_states()
        for i, state in enumerate(states):
            state.assign(store[f"random_{i}"])
        names = [key for key in sorted(store.keys()) if not key.startswith("random_")]
        super().load_own_variables({key: store[key] for key in names})
