"""The game that every family plays inside `model.fit`.

A family says who the players are and which networks each owns (`players`), what the makers make
(`forward`), and what each player minimises (`<player>_loss`). This module plays: it deals a batch
to the turns, takes the turns in order, and keeps the books (metrics, optimizers, saved state,
noise). It knows no family.
"""

import copy
import dataclasses
import inspect
import numbers
import random
import types
import warnings
import zlib

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import batches, noise
from trainers.objectives import Objective, Relativistic
from trainers.penalties import R1, R2, Penalty


@keras.saving.register_keras_serializable("gan_zoo")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Constant over the first half of `steps`, then down to a hundredth along a line.

    GAN weights orbit their equilibrium at a distance set by the rate; this lets them come to rest.
    """

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        left = 2.0 * (1.0 - ops.cast(step, "float32") / self.steps)
        return self.rate * ops.clip(left, 0.01, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


@dataclasses.dataclass
class Made:
    """What `forward` returned, and the tape that saw how it was made."""

    values: object
    tape: tf.GradientTape
    stale: bool = False  # one of the networks that made it has moved since

    def was_made_by(self, variables):
        """Whether `forward` used one of the variables."""
        makers = {id(v) for v in self.tape.watched_variables()}
        return any(id(v.value) in makers for v in variables)


class AdversarialModel(keras.Model):
    """Base of all families: players that move in turns, each to lower a loss of its own.

    A subclass defines `players`, `forward`, one `<player>_loss` per player, `recipe` and `call`:

    ```python
    class GAN(AdversarialModel):
        players = {"discriminator": ["discriminator"], "generator": ["generator"]}

        def forward(self, x):
            return {"real": x, "fake": self.generator(self.latents(ops.shape(x)[0]), training=True)}

        def discriminator_loss(self, x, made):
            return self.discriminator_objective(self.discriminator, **made)

        def generator_loss(self, x, made):
            return self.generator_objective(self.discriminator, **made)
    ```

    A loss is a scalar, or a dict from term to scalar; each total and term is a metric, its mean
    over the epoch. To play in another order, override `train_step` and call `take_turn`.

    The constructor builds each network that it is not given with `build_<network>()`.

    Args:
        name: as for every Keras model.
        **arguments: Keras models, by the names of the networks, replace those that the family would
            build. All others are the family's own constructor arguments; they become attributes,
            before the networks are built, and the config. Where it has them, `image_shape` and
            `latent_dim` are what given networks say, unless told otherwise.

    Raises:
        TypeError: at the definition of a class in which a player has no loss; for an unknown
            argument, or a network that is none.
        ValueError: when networks and sizes do not fit together.
    """

    players = {}  # player -> names of the networks it trains, in order of play
    family = None  # its name for `zoo.create`; by default that of the class, in small letters

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for player in cls.players:
            if not callable(getattr(cls, f"{player}_loss", None)):
                raise TypeError(
                    f"{cls.__name__} should define `{player}_loss(self, batch, made)`, "
                    f"since '{player}' is one of its players."
                )
        cls.family = cls.__dict__.get("family") or cls.__name__.lower()
        keras.saving.register_keras_serializable("gan_zoo")(cls)

    def __init__(self, name=None, **arguments):
        super().__init__(name=name)
        self.network_names = list(
            dict.fromkeys(n for owned in self.players.values() for n in owned)
        )
        known = inspect.signature(type(self).__init__).parameters
        unknown = sorted(set(arguments) - set(known) - set(self.network_names))
        if unknown:
            takes = [k for k in known if k not in ("self", "name", "networks")] + self.network_names
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(takes)}. Received: {', '.join(unknown)}."
            )
        given = {k: arguments.pop(k) for k in self.network_names if arguments.get(k) is not None}
        self.sizes = _agreed(arguments, given, known)
        _check_image_shape(self.sizes.get("image_shape"))
        for size, value in self.defaults(**self.sizes).items():
            if self.sizes.get(size) is None:
                self.sizes[size] = value
        for attribute, value in self.sizes.items():
            setattr(self, attribute, value)
        for attribute in self.network_names:
            build = getattr(self, f"build_{attribute}", None)
            setattr(self, attribute, given[attribute] if attribute in given else build())
        # The place in the stream of noise: the seed of this model, and how many draws were opened.
        self.noise_seed = self._counter("noise_seed", random.randrange(2**31))
        self.noise_position = self._counter("noise_position", 0)
        # The averaged copy and views of the networks hide behind a plain object: as attributes they
        # would be layers of this model, saved and trained with it.
        self._shown = types.SimpleNamespace(model=None, weights=None, views={})
        self.built = True  # the networks are; else Keras refuses to save the weights

    def _counter(self, name, value):
        return self.add_weight(
            name=name,
            shape=(),
            dtype="int64",
            trainable=False,
            initializer=keras.initializers.Constant(value),
            aggregation="only_first_replica",
        )

    # What a family fills in ----------------------------------------------------------------------

    def forward(self, batch):
        """What the makers make of a batch: fakes, codes … as the losses want them."""
        raise NotImplementedError

    def defaults(self, **sizes):
        """Sizes that depend on others, for those that neither the user nor a network has told."""
        return {}

    def recipe(self):
        """The paper's arguments of `compile`, as a dict."""
        raise NotImplementedError

    def modern_recipe(self, steps=10_000):
        """What works best today: relativistic pairing, R1 and R2, averaged weights, decay.

        `steps` is how long the training will be; the rates decay over its second half.
        Source: Huang et al. 2024 (R3GAN).
        """

        def adam(averaged):
            rate = LinearDecay(5e-4, steps)
            return keras.optimizers.Adam(rate, 0.0, 0.99, use_ema=averaged, ema_momentum=0.999)

        judges = [p for p, owned in self.players.items() if "discriminator" in owned[0]]
        return {
            "objective": Relativistic(),
            "penalties": [R1(1.0), R2(1.0)],
            "optimizers": {p: adam(averaged=p not in judges) for p in self.players},
        }

    def latents(self, n):
        """Latents z ~ N(0, I), shape (n, latent_dim)."""
        return noise.normal((n, self.latent_dim))

    def draw(self, n):
        """Inputs for `call` that make `n` samples."""
        return self.latents(n)

    def batch_format(self):
        """The parts of a batch: x, and with `classes` y. Only images are bounded, to [-1, 1]."""
        shape = self.image_shape
        x = batches.images("x", shape) if len(shape) == 3 else batches.Component("x", shape)
        classes = getattr(self, "classes", 0)
        return [x, batches.labels("y", classes)] if classes else [x]

    # The two sides of one game -------------------------------------------------------------------

    def discriminator_objective(self, critic, real, fake, given=None):
        """What the judge minimises: the objective, and the penalties on it.

        Args:
            critic: the network that judges.
            real, fake: samples, alike nested; `augment` touches their first leaf.
            given: the condition, which is held fixed (not differentiated by penalties).
        """
        see = self._view(critic, given)
        loss = self.objective.discriminator_loss(see(real), see(fake))
        return loss + sum(p.on_discriminator(see, real, fake) for p in self.penalties)

    def generator_objective(self, critic, real, fake, given=None, two_sided=False):
        """What the maker of `fake` minimises; `two_sided` when it makes `real` too (BiGAN)."""
        see = self._view(critic, given)
        if two_sided:
            loss = self.objective.joint_loss(see(real), see(fake))
        else:
            shown = see(real) if self.objective.relativistic else None
            loss = self.objective.generator_loss(shown, see(fake))
        return loss + sum(p.on_generator(see, real, fake) for p in self.penalties)

    def _view(self, critic, given):
        """critic ∘ augment with the condition held: penalties differentiate what is judged."""

        def see(x):
            if self.augment is not None:
                first, *rest = tree.flatten(x)
                x = tree.pack_sequence_as(x, [self.augment(first), *rest])
            return critic(x if given is None else [x, given], training=True)

        return see

    # Rules ---------------------------------------------------------------------------------------

    def compile(
        self,
        recipe="paper",
        steps=None,
        run_eagerly=False,
        jit_compile="auto",
        steps_per_execution=1,
        **changes,
    ):
        """Sets the rules: those of a recipe, and your changes to it.

        Args:
            recipe: "paper", or "modern" (see `modern_recipe`).
            steps: how many train steps the modern recipe decays over.
            run_eagerly, jit_compile, steps_per_execution: as in Keras.
            **changes: `objective`; `optimizers`, a dict player -> optimizer; `loss_weights`, a dict
                metric name -> factor; `penalties`, a list; `turns`, a dict player -> how many turns
                in a train step (0: it rests); `augment`, a function of samples, registered with
                Keras if the model is to be saved. Of a dict, the entries you give replace those of
                the recipe.

        Raises:
            TypeError: for an unknown rule, or a rule of the wrong kind.
            ValueError: for an unknown recipe or player, or a number out of range.
        """
        rules = self._rules(recipe, steps)
        unknown = sorted(set(changes) - set(rules))
        if unknown:
            raise TypeError(f"`compile` takes {', '.join(rules)}. Received: {', '.join(unknown)}.")
        for rule, value in changes.items():
            if not isinstance(rules[rule], dict):
                rules[rule] = value
            elif isinstance(value, dict):
                rules[rule] |= value
            else:
                raise TypeError(f"`{rule}` should be a dict. Received: {value!r}")
        self._check_rules(rules)
        options = {
            "run_eagerly": run_eagerly,
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
        }
        self._compile_with(rules, options)

    def _compile_with(self, rules, options):
        replicas = self.distribute_strategy.num_replicas_in_sync
        if replicas > 1 and (options["jit_compile"] is True or options["steps_per_execution"] > 1):
            raise ValueError(
                "`jit_compile` and `steps_per_execution` should be left alone on several replicas, "
                f"where Keras' fit cannot use them. Received: {options}, {replicas} replicas."
            )
        self._warn_of_batch_norm(rules["penalties"])
        super().compile(optimizer=None, **options)
        self.compile_options = options
        self.objective, self.augment = rules["objective"], rules["augment"]
        self.penalties = list(rules["penalties"])
        self.turns = {player: rules["turns"].get(player, 1) for player in self.players}
        self.loss_weights = dict(rules["loss_weights"])
        self.optimizers = {p: keras.optimizers.get(rules["optimizers"][p]) for p in self.players}
        with self.distribute_strategy.scope():
            # Slots must exist before weights are loaded, or loading passes over them in silence.
            for player, optimizer in self.optimizers.items():
                optimizer.build(self.variables_of(player))
            self._means = {}
            for player, turns in self.turns.items():
                if turns:
                    self._mean(f"{player}_loss")

    def _warn_of_batch_norm(self, penalties):
        slopes = [p for p in penalties if type(p).on_discriminator is not Penalty.on_discriminator]
        normed = any(
            isinstance(layer, keras.layers.BatchNormalization)
            for name in self.network_names
            if "discriminator" in name
            for layer in getattr(self, name)._flatten_layers()
        )
        if slopes and normed:
            warnings.warn(
                f"Batch normalisation in the discriminator makes a sample's slope depend on its "
                f"batch, which {slopes[0]!r} takes for the sample's own. Build it without, such as "
                "with batch_norm=False.",
                stacklevel=4,
            )

    def _rules(self, recipe, steps):
        rules = dict(
            objective=None, optimizers={}, loss_weights={}, penalties=[], turns={}, augment=None
        )
        if recipe == "paper":
            rules |= self.recipe()
        elif recipe == "modern":
            rules |= self.modern_recipe(**({} if steps is None else {"steps": steps}))
        else:
            raise ValueError(f"`recipe` should be 'paper' or 'modern'. Received: recipe={recipe!r}")
        return rules

    def _check_rules(self, rules):
        for rule in ("optimizers", "turns"):
            strangers = sorted(set(rules[rule]) - set(self.players))
            if strangers:
                raise ValueError(
                    f"`{rule}` should name players of {type(self).__name__}: "
                    f"{', '.join(self.players)}. Received: {', '.join(strangers)}."
                )
        strangers = [
            name for name in rules["loss_weights"] if not name.startswith(tuple(self.players))
        ]
        if strangers:
            raise ValueError(
                "`loss_weights` should name losses, which begin with a player: "
                f"{', '.join(self.players)}. Received: {', '.join(strangers)}."
            )
        missing = [p for p in self.players if p not in rules["optimizers"]]
        if missing:
            raise ValueError(f"`optimizers` should have one for each player: {', '.join(missing)}?")
        given = [o for o in rules["optimizers"].values() if not isinstance(o, str)]
        if len({id(o) for o in given}) < len(given):
            raise ValueError("`optimizers` should be one object for each player: they keep state.")
        for player, turns in rules["turns"].items():
            if not isinstance(turns, numbers.Integral) or turns < 0:
                raise ValueError(
                    f"`turns` should be integers from 0. Received: {{{player!r}: {turns!r}}}"
                )
        if not any(rules["turns"].get(p, 1) for p in self.players):
            raise ValueError("`turns` should let at least one player move. Received: all 0.")
        if rules["objective"] is not None and not isinstance(rules["objective"], Objective):
            raise TypeError(
                "`objective` should be one of trainers.objectives, for example NonSaturating(). "
                f"Received: {rules['objective']!r}"
            )
        penalties = rules["penalties"]
        listed = isinstance(penalties, (list, tuple))
        if not listed or not all(isinstance(p, Penalty) for p in penalties):
            raise TypeError(
                "`penalties` should be a list from trainers.penalties, for example [R1(1.0)]. "
                f"Received: {penalties!r}"
            )
        if rules["augment"] is not None and not callable(rules["augment"]):
            raise TypeError(f"`augment` should be a function. Received: {rules['augment']!r}")

    # Play ----------------------------------------------------------------------------------------

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        **kwargs,
    ):
        """Trains, as `keras.Model.fit` does, on a dataset of batches or on arrays.

        A batch is dealt to the turns of the player that has most of them, so that each turn sees
        fresh samples: with 5 discriminator turns of 64, use batches of 320.

        Args:
            x, y: a tf.data.Dataset of what the class says that it fits, or arrays.
            batch_size: of arrays, for a whole train step; by default 32 for each turn.
            validation_split: the last part of the arrays, kept out.
            (the rest): as in Keras.

        Raises:
            ValueError: in one sentence, for data of the wrong dtype, shape or range, and for
                batches that cannot be dealt.
        """
        if validation_split:
            if not _is_array(x):
                raise ValueError(
                    "`validation_split` should be used with arrays only. "
                    f"Received: {type(x).__name__}. Give `validation_data`."
                )
            x, y = np.asarray(x), None if y is None else np.asarray(y)
            kept = len(x) - int(len(x) * validation_split)
            tails = tuple(a[kept:] for a in (x, y) if a is not None)
            validation_data = tails if len(tails) > 1 else tails[0]
            x, y = x[:kept], None if y is None else y[:kept]
        if validation_data is not None:
            validation_data = self._stream_of(validation_data, None, None, False, whole=True)
        with batches.plain_errors():
            return super().fit(
                self._stream_of(x, y, batch_size, shuffle),
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=validation_data,
                shuffle=False,  # done by then
                **kwargs,
            )

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """The losses on given data, in the mode of training; nothing moves. Else as in Keras."""
        with batches.plain_errors():
            stream = self._stream_of(x, y, batch_size, shuffle=False, whole=True)
            return super().evaluate(stream, **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing is left to build, and Keras would draw a batch from the stream for it."""

    def _stream_of(self, x, y, batch_size, shuffle, whole=False):
        if y is not None and not _is_array(x):
            raise ValueError(
                f"`y` should be given with arrays only. Received: `x` of {type(x).__name__}, "
                "whose batches should be (x, y)."
            )
        if _is_array(x):
            x = (x,) if y is None else (x, y)
        self._assert_compile_called("fit")
        parts = 1 if whole else max(self.turns.values())
        return batches.prepare(x, self.batch_format(), parts, batch_size, shuffle, whole)

    def deal(self, data):
        """Splits (x,) or (x, y) into one batch for each turn of the player with most turns."""
        batch = self._batch_of(data)
        parts = max(self.turns.values())
        if parts == 1:
            return [batch]
        rows = tree.flatten(batch)[0].shape[0]
        if rows is not None:
            batches.check_deal(rows, parts)
        split = [tf.split(leaf, parts) for leaf in tree.flatten(batch)]
        return [tree.pack_sequence_as(batch, [leaf[i] for leaf in split]) for i in range(parts)]

    def _batch_of(self, data):
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        components = self.batch_format()
        batch = tree.map_structure(ops.convert_to_tensor, (x, y)[: len(components)])
        for component, part in zip(components, batch, strict=True):
            component.check_spec(part)  # of what came past `fit`'s checks, such as a generator
        return batch if len(components) > 1 else batch[0]

    def train_step(self, data):
        """Every player's turns, in the order of declaration; the last turns see the last batches.

        What the makers make is made once for a judge's turn and the maker's turn after it on the
        same batch. The mathematics stay those of two passes.
        """
        dealt = self.deal(data)
        made = seen = None
        for player, turns in self.turns.items():
            for batch in dealt[len(dealt) - turns :]:
                if made is None or made.stale or batch is not seen:
                    made, seen = self.make(batch), batch
                self.take_turn(player, batch, made)
        return self.get_metrics_result()

    def make(self, batch):
        """Runs `forward` and keeps the tape, for `take_turn`."""
        with self._noise("forward"), tf.GradientTape() as tape:
            values = self.forward(batch)
        return Made(values, tape)

    def take_turn(self, player, batch, made=None):
        """One gradient step of one player on one batch.

        Args:
            player: a key of `players`.
            batch: x, or (x, y).
            made: what `make(batch)` returned, as long as no network that made it has moved; it is
                made here when not given. A player that made it may use it once.
        """
        made = self.make(batch) if made is None or made.stale else made
        variables, optimizer = self.variables_of(player), self.optimizers[player]
        if made.was_made_by(variables):
            tape, values, made.stale = made.tape, made.values, True
        else:
            tape, values = tf.GradientTape(), tree.map_structure(ops.stop_gradient, made.values)
        with self._noise(player), tape:
            losses = self.losses_of(player, batch, values)
            # Replicas' gradients are summed, each loss is a mean over the replica's share.
            share = losses[f"{player}_loss"] / tf.distribute.get_strategy().num_replicas_in_sync
            share = optimizer.scale_loss(share)
        gradients = tape.gradient(share, variables)
        # A hidden bias has no part in the gradient of a penalty, so its update could begin while
        # the penalty still reads it: in one of some thousand steps TensorFlow mixed old and new.
        with tf.control_dependencies([share, *(g for g in gradients if g is not None)]):
            optimizer.apply(gradients, variables)
        self._record(losses)

    def losses_of(self, player, batch, made):
        """A dict of the player's loss with its penalties, `<player>_loss`, and of every term."""
        terms = getattr(self, f"{player}_loss")(batch, made)
        terms = terms if isinstance(terms, dict) else {"loss": terms}
        terms = {f"{player}_{term}": value for term, value in terms.items()}
        weighted = [name for name in self.loss_weights if name.startswith(f"{player}_")]
        unknown = sorted(set(weighted) - set(terms))
        if unknown:
            raise ValueError(
                f"`loss_weights` should name terms: {', '.join(terms)}. "
                f"Received: {', '.join(unknown)}."
            )
        total = sum(self.loss_weights.get(name, 1.0) * value for name, value in terms.items())
        variables = self.variables_of(player)
        total = total + sum(p.on_weights(player, variables) for p in self.penalties)
        for network in self.players[player]:
            total = total + sum(getattr(self, network).losses)  # regularizers of its layers
        return terms | {f"{player}_loss": total}

    def _record(self, losses, weight=None):
        for name, value in losses.items():
            self._mean(name).update_state(value, sample_weight=weight)

    def test_step(self, data):
        """Losses as in training, but what the layers would learn from the pass is thrown away."""
        position = self.noise_position.value + 0
        values = [(variable, variable.value) for variable in self.variables]
        losses = {}
        stream = noise.stream(self.noise_seed.value + 0, position, "evaluate")
        with keras.StatelessScope(values), stream:
            batch = self._batch_of(data)
            made = self.forward(batch)
            for player in self.players:
                losses |= self.losses_of(player, batch, made)
        self._record(losses, weight=ops.shape(tree.flatten(batch)[0])[0])
        return self.get_metrics_result()

    def _noise(self, label):
        position = self.noise_position.value + 0  # read before it moves on
        self.noise_position.assign_add(1)
        return noise.stream(self.noise_seed.value, position, label)

    def variables_of(self, player):
        """The trainable variables of a player's networks, each once."""
        found = {}
        for name in self.players[player]:
            found |= {id(v): v for v in getattr(self, name).trainable_variables}
        return list(found.values())

    @property
    def metrics(self):
        return list(self._means.values()) if self.compiled else []

    def _mean(self, name):
        if name not in self._means:  # terms are known only once a loss has been computed
            with tf.init_scope():
                self._means[name] = keras.metrics.Mean(name=name)
        return self._means[name]

    # What users call -----------------------------------------------------------------------------

    def averaged(self):
        """The model to show: this one, or a copy with the averaged weights where an optimizer
        keeps averages (`use_ema`), its batch statistics estimated anew for them."""
        if not self.compiled:
            return self
        averaging = [
            player
            for player, optimizer in self.optimizers.items()
            if optimizer.use_ema and int(ops.convert_to_numpy(optimizer.iterations)) > 0
        ]
        if not averaging:
            return self
        weights = self._fingerprint()
        if self._shown.weights != weights:
            if self._shown.model is None:
                with self.distribute_strategy.scope():
                    self._shown.model = type(self).from_config(self.get_config())
            shown = self._shown.model
            shown.set_weights(self.get_weights())
            for player in averaging:
                self.optimizers[player].finalize_variable_values(shown.variables_of(player))
            shown._estimate_batch_statistics()
            self._shown.weights = weights
        return self._shown.model

    def _fingerprint(self):
        """A number that changes with any weight: training, loading and users change them."""
        slots = [v for optimizer in self.optimizers.values() for v in optimizer.variables]
        found = 0
        for variable in self.weights + slots:
            found = zlib.crc32(np.ascontiguousarray(ops.convert_to_numpy(variable)), found)
        return found

    def _estimate_batch_statistics(self, rounds=20, n=64):
        norms = [
            layer
            for layer in self._flatten_layers(include_self=False)
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        if not norms:
            return
        momenta = [layer.momentum for layer in norms]
        with noise.stream(seed=0, label="batch statistics"):
            for i in range(rounds):
                for layer in norms:
                    layer.momentum = i / (i + 1)  # the plain mean of all rounds
                self.call(self.draw(n), training=True)
        for layer, momentum in zip(norms, momenta, strict=True):
            layer.momentum = momentum

    def view(self, name, build):
        """A network derived from those of the model, such as its features; built once."""
        if name not in self._shown.views:
            self._shown.views[name] = build()
        return self._shown.views[name]

    def predict(self, *args, **kwargs):
        """As in Keras; where weights are averaged, of the averaged networks."""
        return super(AdversarialModel, self.averaged()).predict(*args, **kwargs)

    def generate(self, n, seed=None, batch_size=256, **conditions):
        """Draws samples.

        Args:
            n: how many.
            seed: an integer for the same samples at each call; None for others at each call.
            batch_size: how many are made at a time.
            **conditions: what the family's `draw` takes, such as `labels`.

        Returns:
            A float32 NumPy array, shape (n, …).
        """
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"`n` should be an integer from 1. Received: n={n!r}")
        if seed is None:
            inputs = self.draw(int(n), **conditions)
        else:
            with noise.stream(seed, label="generate"):
                inputs = self.draw(int(n), **conditions)
        return in_batches(self.averaged(), inputs, batch_size).astype("float32", copy=False)

    def signatures(self):
        """What an export offers: name -> the network that answers; the first is the default."""
        return {}

    # Saving --------------------------------------------------------------------------------------

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
        rules = ("objective", "optimizers", "loss_weights", "penalties", "turns", "augment")
        rules = {rule: getattr(self, rule) for rule in rules}
        config = {"rules": rules, "options": self.compile_options}
        return keras.saving.serialize_keras_object(config)

    def compile_from_config(self, config):
        config = keras.saving.deserialize_keras_object(copy.deepcopy(config))
        self._compile_with(config["rules"], config["options"])

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


def _is_array(x):
    return isinstance(x, (np.ndarray, list)) or tf.is_tensor(x)


def in_batches(network, inputs, batch_size=256):
    """The outputs of a network for many inputs, as NumPy arrays, `batch_size` at a time."""
    leaves = [np.asarray(leaf) for leaf in tree.flatten(inputs)]

    def made_of(part):  # not `predict_on_batch`, of which each replica answers the whole
        outputs = network(tree.pack_sequence_as(inputs, part), training=False)
        return tree.map_structure(ops.convert_to_numpy, outputs)

    starts = range(0, len(leaves[0]), batch_size)
    outputs = [made_of([leaf[i : i + batch_size] for leaf in leaves]) for i in starts]
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def _agreed(sizes, networks, known):
    """The sizes, with `image_shape` and `latent_dim` as the given networks have them.

    A size that the user left at its default gives way to the networks; another one must agree.
    """
    for name, network in networks.items():
        if not isinstance(network, keras.layers.Layer):
            raise TypeError(f"`{name}` should be a Keras model. Received: {network!r}")
        if not network.built:
            raise ValueError(
                f"`{name}` should be built: call it once on a batch. Received: {network.name}."
            )
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()}
    said = {}
    if _says_its_shapes(networks.get("generator")):
        generator = networks["generator"]
        said["generator"] = {
            "latent_dim": generator.inputs[0].shape[1:],
            "image_shape": generator.outputs[0].shape[1:],
        }
    if _says_its_shapes(networks.get("discriminator")):
        said["discriminator"] = {"image_shape": networks["discriminator"].inputs[0].shape[1:]}
    for network, claims in said.items():
        for size, claim in claims.items():
            if size not in sizes:
                continue
            told = sizes[size]
            if told is not None and tf.TensorShape(told).is_compatible_with(claim):
                continue
            claimed = claim[0] if size == "latent_dim" else tuple(claim)
            if told is not None and told != known[size].default:
                raise ValueError(
                    f"`{network}` should fit {size}={told}. Received: a network with "
                    f"{size}={claimed}."
                )
            if None not in claim:
                sizes[size] = claimed
    return sizes


def _check_image_shape(shape):
    if shape is not None and (len(shape) not in (1, 3) or any(n is None or n < 1 for n in shape)):
        raise ValueError(
            "`image_shape` should be (height, width, channels), or (2,) for points. "
            f"Received: image_shape={shape}"
        )


def _says_its_shapes(network):
    """Whether inputs and outputs are known before a call: not of subclassed models."""
    return bool(getattr(network, "inputs", None))
