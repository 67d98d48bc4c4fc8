"""What files hold of a model: its networks and sizes, its rules, and where its noise stands."""

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
    """The part of `AdversarialModel` that Keras calls to save it and to make it again.

    Example:
        >>> import zoo
        >>> model = zoo.GAN(image_shape=(2,), name="mine")
        >>> type(model).from_config(model.get_config()).name
        'mine'
    """

    def get_config(self):
        networks = {name: getattr(self, name) for name in self.network_names}
        serialized = {k: keras.saving.serialize_keras_object(v) for k, v in networks.items()}
        return {"name": self.name, **self.sizes, **serialized}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = {  # of a copy, since Keras empties what it reads
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
        config = {
            "rules": {rule: getattr(self, rule) for rule in compile_args.defaults()},
            "options": self.compile_options,
        }
        return keras.saving.serialize_keras_object(config)

    def compile_from_config(self, config):
        config = keras.saving.deserialize_keras_object(copy.deepcopy(config))
        # What files of earlier versions do not say is as it was then.
        agreed, options = compile_args.defaults() | config["rules"], {"synchronized": None}
        agreed["loss_weights"] = {
            self._current_name(name): weight for name, weight in agreed["loss_weights"].items()
        }
        self._compile_with(agreed, options | config["options"])

    def _current_name(self, name):
        """The name now of "<player>_<term>", as a file says it."""
        for player in self.players:
            if (term := name.removeprefix(f"{player}_")) in RENAMED_TERMS and term != name:
                return f"{player}_{RENAMED_TERMS[term]}"
        return name

    def _random_states(self):
        """Where the layers' own random generators (Dropout's) stand: Keras saves them nowhere."""
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
        ours = [key for key in sorted(store.keys()) if not key.startswith("random_")]
        super().load_own_variables({key: store[key] for key in ours})
