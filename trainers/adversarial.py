"""The game that every family plays inside `model.fit`.

A family says who the players are and which networks each owns (`players`), what the makers make
(`forward`), and what each player minimises (`<player>_loss`). This module plays: it deals a batch
to the turns, takes the turns in order, and keeps the books (metrics, optimizers, noise). How the
rules are set is in `compiling`, what users call of a model in `showing`, what files hold of it in
`saving`. It knows no family.
"""

import dataclasses
import inspect
import random

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from trainers import noise
from trainers.engine import batch_spec, data_adapter, epoch_position, replicas, shape_checks
from trainers.engine import critic as views
from trainers.engine.compilation import CompileMixin
from trainers.engine.inference import EmaCopy, InferenceMixin
from trainers.engine.serialization import SerializationMixin


@dataclasses.dataclass
class ForwardPass:
    """Outputs of `forward`, and the tape that recorded how they were computed.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(2,))
        >>> batch = tf.zeros((8, 2))
        >>> forward_pass = model.run_forward(batch)
        >>> model.take_turn("generator", batch, forward_pass)
        >>> forward_pass.stale
        True
    """

    values: object
    tape: tf.GradientTape
    stale: bool = False  # one of the networks that made it has moved since

    def depends_on(self, variables):
        """Whether `forward` used one of the variables."""
        makers = {id(v) for v in self.tape.watched_variables()}
        return any(id(v.value) in makers for v in variables)


class AdversarialModel(CompileMixin, SerializationMixin, InferenceMixin, keras.Model):
    """Base of all families: players that move in turns, each to lower a loss of its own.

    A subclass defines `players`, `forward`, one `<player>_loss` per player, `recipe` and `call`, as
    the example below does.

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

    Example:
        >>> from trainers import objectives
        >>> from zoo.networks import mlp
        >>> class Plain(AdversarialModel):
        ...     players = {"discriminator": ["discriminator"], "generator": ["generator"]}
        ...
        ...     def __init__(self, image_shape=(2,), latent_dim=2, **networks):
        ...         super().__init__(image_shape=image_shape, latent_dim=latent_dim, **networks)
        ...
        ...     def forward(self, x):
        ...         z = self.latents(ops.shape(x)[0])
        ...         return {"real": x, "fake": self.generator(z, training=True)}
        ...
        ...     def discriminator_loss(self, x, outputs):
        ...         return self.discriminator_objective(self.discriminator, **outputs)
        ...
        ...     def generator_loss(self, x, outputs):
        ...         return self.generator_objective(self.discriminator, **outputs)
        ...
        ...     def recipe(self):
        ...         adam = {player: keras.optimizers.Adam(1e-3) for player in self.players}
        ...         return {"objective": objectives.Hinge(), "optimizers": adam}
        ...
        ...     def call(self, latents, training=False):
        ...         return self.generator(latents, training=training)
        ...
        ...     def build_generator(self):
        ...         return mlp.generator(self.image_shape, self.latent_dim)
        ...
        ...     def build_discriminator(self):
        ...         return mlp.discriminator(self.image_shape)
        >>> model = Plain()
        >>> model.compile()
        >>> history = model.fit(np.zeros((64, 2)), epochs=2, verbose=0)
        >>> model.generate(3).shape
        (3, 2)
    """

    players = {}  # player -> names of the networks it trains, in order of play
    frozen_networks = ()  # names of the networks that no player trains
    # Of networks that are given: which size is that of the first input, and of the first output.
    input_sizes = {
        "generator": "latent_dim",
        "discriminator": "image_shape",
        "encoder": "image_shape",
    }
    output_sizes = {"generator": "image_shape", "encoder": "latent_dim"}
    image_ranks = (1, 3)  # how many axes an `image_shape` has: those of points, and of images
    objectives = ()  # the only ones under which the game makes sense; () for all
    family = None  # its name for `zoo.create`; by default that of the class, in small letters

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for player in cls.players:
            if not callable(getattr(cls, f"{player}_loss", None)):
                raise TypeError(
                    f"{cls.__name__} should define `{player}_loss(self, batch, outputs)`, "
                    f"since '{player}' is one of its players."
                )
        cls.family = cls.__dict__.get("family") or cls.__name__.lower()
        keras.saving.register_keras_serializable("gan_zoo")(cls)

    def __init__(self, name=None, **arguments):
        super().__init__(name=name)
        owned = [network for names in self.players.values() for network in names]
        self.network_names = list(dict.fromkeys([*owned, *self.frozen_networks]))
        known = {
            key: parameter
            for key, parameter in inspect.signature(type(self).__init__).parameters.items()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        }
        unknown = sorted(set(arguments) - set(known) - set(self.network_names))
        if unknown:
            takes = [k for k in known if k not in ("self", "name")] + self.network_names
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(takes)}. Received: {', '.join(unknown)}."
            )
        given = {k: arguments.pop(k) for k in self.network_names if arguments.get(k) is not None}
        self.sizes = shape_checks.resolve_sizes(
            arguments, given, known, self.input_sizes, self.output_sizes
        )
        shape_checks.check_image_shape(self.sizes.get("image_shape"), self.image_ranks)
        for size, value in self.default_sizes(**self.sizes).items():
            if self.sizes.get(size) is None:
                self.sizes[size] = value
        for attribute, value in self.sizes.items():
            setattr(self, attribute, value)
        for attribute in self.network_names:
            build = getattr(self, f"build_{attribute}", None)
            setattr(self, attribute, given[attribute] if attribute in given else build())
        shape_checks.check_networks(given, self.shapes())
        for attribute in self.frozen_networks:
            getattr(self, attribute).trainable = False
        # The place in the stream of noise: the seed of this model, and how many draws were opened.
        self.noise_seed = self._counter("noise_seed", random.randrange(2**31))
        self.noise_position = self._counter("noise_position", 0)
        self._ema_copy = EmaCopy()
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

    def shapes(self):
        """What given networks have to look like: name -> (shapes of the inputs, of the outputs),
        None where a shape may be any."""
        return {}

    def forward(self, batch):
        """What the makers make of a batch: fakes, codes … as the losses want them."""
        raise NotImplementedError

    def default_sizes(self, **sizes):
        """Sizes that depend on others, for those that neither the user nor a network has told."""
        return {}

    def recipe(self):
        """The paper's arguments of `compile`, as a dict."""
        raise NotImplementedError

    def latents(self, n):
        """Latents z ~ N(0, I), shape (n, latent_dim)."""
        return noise.normal((n, self.latent_dim))

    def draw(self, n):
        """Inputs for `call` that make `n` samples."""
        return self.latents(n)

    def update_batch_statistics(self, n):
        """Runs what is shown on n samples in the mode of training, for its batch statistics."""
        inputs = tree.map_structure(ops.convert_to_tensor, self.draw(n))  # labels may be an array
        return self.call(inputs, training=True)

    def batch_format(self):
        """The parts of a batch: x, and with `classes` y. Only images are bounded, to [-1, 1]."""
        shape = self.image_shape
        x = batch_spec.images("x", shape) if len(shape) == 3 else batch_spec.FieldSpec("x", shape)
        classes = getattr(self, "classes", 0)
        return [x, batch_spec.labels("y", classes)] if classes else [x]

    # The two sides of one game -------------------------------------------------------------------

    def discriminator_objective(self, critic, real, fake, condition=None):
        """What the judge minimises: the objective, and the penalties on it.

        Args:
            critic: the network that judges.
            real, fake: samples, alike nested; `augment` touches their first leaf.
            condition: is held fixed (not differentiated by penalties).
        """
        see = views.Critic(critic, self.augment, condition)
        loss = self.objective.discriminator_loss(see.shared_call(real), see.shared_call(fake))
        return loss + sum(p.on_discriminator(see, real, fake) for p in self.penalties)

    def generator_objective(self, critic, real, fake, condition=None, two_sided=False):
        """What the maker of `fake` minimises; `two_sided` when it makes `real` too (BiGAN)."""
        see = views.Critic(critic, self.augment, condition)
        if two_sided:
            loss = self.objective.joint_loss(see.shared_call(real), see.shared_call(fake))
        else:
            shown = see.shared_call(real) if self.objective.relativistic else None
            loss = self.objective.generator_loss(shown, see.shared_call(fake))
        return loss + sum(p.on_generator(see, real, fake) for p in self.penalties)

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
        fresh samples: with 5 discriminator turns of 64, use batches of 320. On several replicas
        each plays on its part of the batch, and all together take the steps that one would.

        A training that is resumed at the end of an epoch, by whatever was saved, goes on exactly:
        the order of arrays follows from the model's noise, and `trainers.datasets` begin with the
        epoch that `initial_epoch` or BackupAndRestore says. Datasets of your own go on exactly
        where each epoch is a function of nothing but its data.

        Args:
            x, y: a tf.data.Dataset of what the class says that it fits, or arrays.
            batch_size: of arrays, for a whole train step; by default 32 for each turn.
            validation_split: the last part of the arrays, kept out.
            (the rest): as in Keras.

        Raises:
            ValueError: in one sentence, for data of the wrong dtype, shape or range, and for
                batches that cannot be dealt.

        Example:
            >>> import zoo
            >>> model = zoo.create("gan", image_shape=(2,))
            >>> x = np.random.default_rng(0).normal(size=(256, 2))
            >>> history = model.fit(x, batch_size=64, epochs=3, verbose=0)
            >>> sorted(history.history)
            ['discriminator_loss', 'generator_loss']
            >>> len(model.evaluate(x, verbose=0))
            2
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
            validation_data = self._stream_of(validation_data, None, None, whole=True)
        place = epoch_position.EpochPosition(None if kwargs.get("steps_per_epoch") else x)
        try:
            with data_adapter.one_line_errors():
                return super().fit(
                    self._stream_of(x, y, batch_size, place.order if shuffle else None),
                    epochs=epochs,
                    verbose=verbose,
                    callbacks=epoch_position.prepend_callback(callbacks, place),
                    validation_data=validation_data,
                    shuffle=False,  # done by then
                    **kwargs,
                )
        finally:
            place.release()

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """The losses on given data, in the mode of training; nothing moves. Else as in Keras."""
        with data_adapter.one_line_errors():
            stream = self._stream_of(x, y, batch_size, whole=True)
            return super().evaluate(stream, **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing is left to build, and Keras would draw a batch from the stream for it."""

    def make_train_function(self, force=False):
        if self.distribute_strategy.num_replicas_in_sync == 1:
            super().make_train_function(force)
        elif self.train_function is None or force:
            self.train_function = replicas.make_iterator_function(self, self.train_step)

    def make_test_function(self, force=False):
        if self.distribute_strategy.num_replicas_in_sync == 1:
            super().make_test_function(force)
        elif self.test_function is None or force:
            self.test_function = replicas.make_iterator_function(self, self.test_step)

    def _stream_of(self, x, y, batch_size, order=None, whole=False):
        if y is not None and not _is_array(x):
            raise ValueError(
                f"`y` should be given with arrays only. Received: `x` of {type(x).__name__}, "
                "whose batches should be (x, y)."
            )
        if _is_array(x):
            x = (x,) if y is None else (x, y)
        self._assert_compile_called("fit")
        shares = (1, 1)
        if not whole:
            shares = max(self.turns.values()), self.distribute_strategy.num_replicas_in_sync
        return data_adapter.prepare(x, self.batch_format(), *shares, batch_size, order, whole)

    def split_batch(self, data):
        """Splits (x,) or (x, y) into one batch for each turn of the player with most turns."""
        batch = self._batch_of(data)
        parts = max(self.turns.values())
        if parts == 1:
            return [batch]
        rows = tree.flatten(batch)[0].shape[0]
        if rows is not None:
            data_adapter.check_divisible(rows, parts)
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
        batches = self.split_batch(data)
        if self.schedule == "simultaneous":
            self.step_simultaneously(batches[0])
            return self.get_metrics_result()
        forward_pass = seen = None
        for player, turns in self.turns.items():
            for batch in batches[len(batches) - turns :]:
                if forward_pass is None or forward_pass.stale or batch is not seen:
                    forward_pass, seen = self.run_forward(batch), batch
                self.take_turn(player, batch, forward_pass)
        return self.get_metrics_result()

    def run_forward(self, batch):
        """Runs `forward` and keeps the tape, for `take_turn`."""
        with self._noise("forward"), tf.GradientTape() as tape:
            values = replicas.run_synchronized(lambda: self.forward(batch), self)
        return ForwardPass(values, tape)

    def take_turn(self, player, batch, forward_pass=None):
        """One gradient step of one player on one batch.

        Args:
            player: a key of `players`.
            batch: x, or (x, y).
            forward_pass: of `run_forward(batch)`, as long as no network that it used has moved; by
                default it is run here. A player whose networks it used may use it once.
        """
        forward_pass = (
            self.run_forward(batch) if forward_pass is None or forward_pass.stale else forward_pass
        )
        variables = self.variables_of(player)
        if forward_pass.depends_on(variables):
            tape, values, forward_pass.stale = forward_pass.tape, forward_pass.values, True
        else:
            tape, values = (
                tf.GradientTape(),
                tree.map_structure(ops.stop_gradient, forward_pass.values),
            )
        with self._noise(player), tape:
            losses = replicas.run_synchronized(lambda: self.losses_of(player, batch, values), self)
            share = self._replica_loss(player, losses)
        self._apply(player, tape.gradient(share, variables), after=[share])
        self._record(losses)

    def step_simultaneously(self, batch):
        """A gradient step of every player that does not rest, all from the same point.

        A judge says once what it says of the same samples: the losses of all players share it.
        """
        playing = [player for player, turns in self.turns.items() if turns]

        def play():
            losses, shares = {}, {}
            with views.shared_outputs(), tf.GradientTape(persistent=True) as tape:
                outputs = self.forward(batch)
                for player in playing:
                    losses[player] = self.losses_of(player, batch, outputs)
                    shares[player] = self._replica_loss(player, losses[player])
            return losses, [tape.gradient(shares[p], self.variables_of(p)) for p in playing]

        with self._noise("forward"):
            losses, gradients = replicas.run_synchronized(play, self)
        every = tree.flatten(gradients)
        for player, found in zip(playing, gradients, strict=True):
            self._apply(player, found, after=[*tree.flatten(losses), *every])
            self._record(losses[player])

    def _replica_loss(self, player, losses):
        """What a replica differentiates: gradients are summed, a loss is a mean over its part."""
        return self.optimizers[player].scale_loss(
            losses[f"{player}_loss"] / replicas.num_replicas()
        )

    def _apply(self, player, gradients, after):
        # A hidden bias has no part in the gradient of a penalty, so its update could begin while
        # the penalty still reads it: in one of some thousand steps TensorFlow mixed old and new.
        with tf.control_dependencies([t for t in (*after, *gradients) if t is not None]):
            if isinstance(self.optimizers[player], keras.optimizers.LossScaleOptimizer):
                gradients = replicas.all_reduce_mean(gradients)
            self.optimizers[player].apply(gradients, self.variables_of(player))

    def losses_of(self, player, batch, outputs):
        """A dict of the player's loss with its penalties, `<player>_loss`, and of every term."""
        terms = getattr(self, f"{player}_loss")(batch, outputs)
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
            outputs = self.forward(batch)
            for player in self.players:
                losses |= self.losses_of(player, batch, outputs)
        # A replica may get nothing of a last, small batch, and the mean of nothing is no number.
        rows = ops.shape(tree.flatten(batch)[0])[0]
        there = {k: ops.where(ops.equal(rows, 0), 0.0, value) for k, value in losses.items()}
        self._record(there, weight=rows)
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


def _is_array(x):
    return isinstance(x, (np.ndarray, list)) or tf.is_tensor(x)
