"""`AdversarialModel`, the base class of all families: one adversarial train step.

A family defines which networks each player trains (`players`), what the generator and encoder
compute of a batch (`forward`), and what each player minimises (`<player>_loss`). This module knows
no family. It splits a batch into one sub-batch per turn, takes the turns in order, and updates
metrics, optimizers and the position of the noise.

What surrounds the step is in `trainers.engine`: `family` (what a family overrides), `fitting`
(`fit`, `evaluate`), `compilation` (`compile`), `inference` (`generate`, `averaged` ...) and
`serialization` (saving). docs/engine.md walks one batch through all of them.
"""

import inspect
import random

import keras
import tensorflow as tf
from keras import ops, tree

from trainers import noise
from trainers.engine import data_adapter, output_checks, replicas, shape_checks
from trainers.engine.compilation import CompileMixin
from trainers.engine.critic import Critic, shared_outputs
from trainers.engine.family import FamilyMixin
from trainers.engine.fitting import FittingMixin
from trainers.engine.forward_pass import ForwardPass
from trainers.engine.inference import EmaCopy, InferenceMixin
from trainers.engine.serialization import SerializationMixin


class AdversarialModel(
    FamilyMixin, FittingMixin, CompileMixin, SerializationMixin, InferenceMixin, keras.Model
):
    """Base class of all families: players that take turns, each minimising a loss of its own.

    A subclass defines `players`, `forward`, one `<player>_loss` per player, `recipe` and `call`, as
    the example below does.

    A loss is a scalar, or a dict from the name of a term to a scalar. Each total and each term is a
    metric: its mean over the epoch. State that moves with the training, and metrics that are no
    losses, belong to `after_step`. For another order of turns, override `train_step`, call
    `take_turn`, and return `end_step(losses)`. `trainers.engine.family` lists all that a family may
    define; docs/outside.md has an example of each.

    The constructor builds each network that is not given as an argument with `build_<network>()`.

    Args:
        name: as for every Keras model.
        **arguments: Keras models, by the names of the networks, replace those that the family
            builds. All other arguments are those of the family's constructor; they become
            attributes before the networks are built, and are saved in the config. `image_shape` and
            `latent_dim` default to the sizes of the networks that are given.

    Raises:
        TypeError: at the definition of a class in which a player has no loss; for an unknown
            argument, or a network that is no Keras model.
        ValueError: when networks and sizes do not fit together.

    Example:
        >>> import numpy as np
        >>> from trainers import objectives
        >>> from zoo.networks import mlp
        >>> class MinimalGAN(AdversarialModel):
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
        >>> model = MinimalGAN()
        >>> model.compile()
        >>> history = model.fit(np.zeros((64, 2)), epochs=2, verbose=0)
        >>> model.generate(3).shape
        (3, 2)
    """

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
        accepted = {
            key: parameter
            for key, parameter in inspect.signature(type(self).__init__).parameters.items()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        }
        unknown = sorted(set(arguments) - set(accepted) - set(self.network_names))
        if unknown:
            names = [k for k in accepted if k not in ("self", "name")] + self.network_names
            passed_on = type(self).__base__ is not AdversarialModel and any(
                name in inspect.signature(type(self).__base__.__init__).parameters
                for name in unknown
            )
            hint = " Its constructor should list all arguments that it passes on." * passed_on
            raise TypeError(
                f"{type(self).__name__} takes {', '.join(names)}. "
                f"Received: {', '.join(unknown)}.{hint}"
            )
        given = {k: arguments.pop(k) for k in self.network_names if arguments.get(k) is not None}
        self.sizes = shape_checks.resolve_sizes(
            arguments, given, accepted, self.input_sizes, self.output_sizes
        )
        shape_checks.check_image_shape(self.sizes.get("image_shape"), self.image_ranks)
        for size, value in self.default_sizes(**self.sizes).items():
            if self.sizes.get(size) is None:
                self.sizes[size] = value
        shape_checks.check_sizes(self.sizes, accepted)
        for attribute, value in self.sizes.items():
            setattr(self, attribute, value)
        for attribute in self.network_names:
            build = getattr(self, f"build_{attribute}", None)
            setattr(self, attribute, given[attribute] if attribute in given else build())
        shape_checks.check_networks(given, self.shapes())
        output_checks.warn_of_sigmoids(self)
        for attribute in self.frozen_networks:
            getattr(self, attribute).trainable = False
        # The position in the stream of noise: the model's seed, and how many streams were opened.
        self.noise_seed = self.add_state("noise_seed", random.randrange(2**31), "int64")
        self.noise_position = self.add_state("noise_position", 0, "int64")
        self._ema_copy = EmaCopy()
        self.built = True  # all networks are built; else Keras refuses to save the weights

    def add_state(self, name, value, dtype="float32"):
        """Adds a scalar that moves with the training: see `after_step`. It is saved with the model,
        and is the same on all replicas.

        Args:
            name: of the variable.
            value: the first value, also after `compile`.
            dtype: of the variable.

        Returns:
            A `keras.Variable`, for an attribute of the model.
        """
        return self.add_weight(
            name=name,
            shape=(),
            dtype=dtype,
            trainable=False,
            initializer=keras.initializers.Constant(value),
            aggregation="only_first_replica",
        )

    # The adversarial loss of each side ----------------------------------------------------------

    def discriminator_objective(self, critic, real, fake, condition=None):
        """Returns the objective of a discriminator, with the penalties on it: a float32 scalar.

        Args:
            critic: the discriminator or critic network.
            real, fake: samples, of the same nested structure; `augment` changes their first leaf.
            condition: a tensor that is passed to `critic` after each sample; penalties do not
                differentiate with respect to it.
        """
        critic = Critic(critic, self.augment, condition)
        loss = self.objective.discriminator_loss(critic.shared_call(real), critic.shared_call(fake))
        return loss + sum(p.on_discriminator(critic, real, fake) for p in self.penalties)

    def generator_objective(self, critic, real, fake, condition=None, two_sided=False):
        """Returns the objective of the network that generates `fake`: a float32 scalar.

        Args:
            critic, real, fake, condition: as for `discriminator_objective`.
            two_sided: whether the player computes `real` too (BiGAN: `joint_loss`).
        """
        critic = Critic(critic, self.augment, condition)
        if two_sided:
            loss = self.objective.joint_loss(critic.shared_call(real), critic.shared_call(fake))
        else:
            loss = self.objective.on_generator(critic.shared_call, real, fake)
        return loss + sum(p.on_generator(critic, real, fake) for p in self.penalties)

    # The train step ------------------------------------------------------------------------------

    def split_batch(self, data):
        """Splits x or (x, y) into one sub-batch per turn of the player with the most turns.

        Returns:
            A list of x, or of (x, y) for a model whose `batch_format` has two parts.

        Raises:
            ValueError: when the batch cannot be split evenly, or does not fit `batch_format`.
        """
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
            component.check_spec(part)  # `fit` does not check, for example, generators
        return batch if len(components) > 1 else batch[0]

    def train_step(self, data):
        """Takes every player's turns, in the order of `players`.

        A player with fewer turns than another takes them on the last sub-batches. Consecutive turns
        on the same sub-batch share one forward pass until a network that it used was updated, and
        with it z and all that the generator drew. The algorithms of most papers draw anew for each
        player, which costs another pass: to do so, override this method and call `take_turn`
        without a `forward_pass`.

        Returns:
            The metrics, a dict from name to scalar.
        """
        batches = self.split_batch(data)
        if self.schedule == "simultaneous":
            return self.end_step(self.step_simultaneously(batches[0]))
        losses, forward_pass, forward_batch = {}, None, None
        for player, turns in self.turns.items():
            for batch in batches[len(batches) - turns :]:
                if forward_pass is None or forward_pass.stale or batch is not forward_batch:
                    forward_pass, forward_batch = self.run_forward(batch), batch
                losses |= self.take_turn(player, batch, forward_pass)
        return self.end_step(losses)

    def end_step(self, losses):
        """Calls `after_step` with the losses of all turns of a step; returns the metrics.

        A `train_step` of your own ends with it: `return self.end_step(losses)`.
        """
        if type(self).after_step is not FamilyMixin.after_step:  # else nobody needs the means
            means = replicas.all_reduce_mean(list(losses.values()))
            metrics = self.after_step(dict(zip(losses, means, strict=True))) or {}
            shape_checks.check_step_metrics(metrics, self.players)
            self._record(metrics)
        return self.get_metrics_result()

    def run_forward(self, batch):
        """Runs `forward` on a batch and returns a `ForwardPass` for `take_turn`."""
        with self._noise("forward"), tf.GradientTape() as tape:
            values = replicas.run_synchronized(lambda: self.forward(batch), self)
        return ForwardPass(values, tape)

    def take_turn(self, player, batch, forward_pass=None):
        """Takes one gradient step of one player on one batch.

        Args:
            player: a key of `players`.
            batch: x, or (x, y).
            forward_pass: `run_forward(batch)`, which a player whose networks it used can use once.
                Without one, or with a stale one, `forward` is run here.

        Returns:
            The losses before the step, as `losses_of` returns them; on several replicas, those of
            the replica's part of the batch.
        """
        if forward_pass is None or forward_pass.stale:
            forward_pass = self.run_forward(batch)
        variables = self.variables_of(player)
        if forward_pass.depends_on(variables):
            tape, outputs, forward_pass.stale = forward_pass.tape, forward_pass.values, True
        else:
            tape = tf.GradientTape()
            outputs = tree.map_structure(ops.stop_gradient, forward_pass.values)
        with self._noise(player), tape:
            losses = replicas.run_synchronized(lambda: self.losses_of(player, batch, outputs), self)
            loss = self._replica_loss(player, losses)
        self._apply(player, tape.gradient(loss, variables), after=[loss])
        self._record(losses)
        return losses

    def step_simultaneously(self, batch):
        """Takes a gradient step of every player with a turn, all from the same weights.

        The losses of all players share one forward pass, and one call of the discriminator on the
        same samples.

        Returns:
            The losses of all players, as `take_turn` returns those of one.
        """
        active = [player for player, turns in self.turns.items() if turns]

        def losses_and_gradients():
            losses, replica_losses = {}, {}
            with shared_outputs(), tf.GradientTape(persistent=True) as tape:
                outputs = self.forward(batch)
                for player in active:
                    losses[player] = self.losses_of(player, batch, outputs)
                    replica_losses[player] = self._replica_loss(player, losses[player])
            return losses, [tape.gradient(replica_losses[p], self.variables_of(p)) for p in active]

        with self._noise("forward"):
            losses, gradients = replicas.run_synchronized(losses_and_gradients, self)
        after = [*tree.flatten(losses), *tree.flatten(gradients)]
        for player, player_gradients in zip(active, gradients, strict=True):
            self._apply(player, player_gradients, after)
            self._record(losses[player])
        return {name: value for player in active for name, value in losses[player].items()}

    def _replica_loss(self, player, losses):
        """The loss that a replica differentiates: optimizers sum the gradients of the replicas,
        while a loss is a mean over the replica's part of the batch."""
        return self.optimizers[player].scale_loss(
            losses[f"{player}_loss"] / replicas.num_replicas()
        )

    def _apply(self, player, gradients, after):
        # The gradient of a penalty does not depend on a hidden bias, so its update could begin
        # while the penalty still reads it: in one of some thousand steps TensorFlow mixed old and
        # new.
        with tf.control_dependencies([t for t in (*after, *gradients) if t is not None]):
            if isinstance(self.optimizers[player], keras.optimizers.LossScaleOptimizer):
                gradients = replicas.all_reduce_mean(gradients)
            self.optimizers[player].apply(gradients, self.variables_of(player))

    def losses_of(self, player, batch, outputs):
        """Returns a dict of scalars: the total `<player>_loss` and each term, `<player>_<term>`.

        The total is the sum of the terms, times their `loss_weights`, of the penalties on the
        player's weights and of the regularizers of its layers.

        Raises:
            ValueError: when `loss_weights` names an unknown term, or a term is no scalar.
        """
        terms = getattr(self, f"{player}_loss")(batch, outputs)
        terms = terms if isinstance(terms, dict) else {"loss": terms}
        terms = {f"{player}_{term}": value for term, value in terms.items()}
        shape_checks.check_scalars(player, terms)
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

    def _noise(self, label):
        position = self.noise_position.value + 0  # read before the next line adds to it
        self.noise_position.assign_add(1)
        return noise.stream(self.noise_seed.value, position, label)

    def variables_of(self, player):
        """Returns the trainable variables of a player's networks, each once, as a list."""
        variables = {}
        for name in self.players[player]:
            variables |= {id(v): v for v in getattr(self, name).trainable_variables}
        return list(variables.values())
