"""`compile`: merges a recipe with the user's changes, and builds optimizers and metrics."""

import keras
import tensorflow as tf

from trainers.engine import compile_args, shape_checks
from trainers.engine.learning_rates import PlayersOptimizer
from trainers.objectives import Relativistic
from trainers.penalties import R1, R2
from trainers.schedules import LinearDecay

# Means that terms of losses take when `train_step` is traced and they are first known. If variables
# were created there, TensorFlow would trace it a second time, as it does for still more terms.
N_MEANS = 24


class CompileMixin:
    """The part of `AdversarialModel` that `compile` configures."""

    def compile(
        self,
        recipe="paper",
        steps=None,
        run_eagerly=False,
        jit_compile="auto",
        steps_per_execution=1,
        synchronized=None,
        **changes,
    ):
        """Configures the training: the arguments of a recipe, and your changes to them.

        Args:
            recipe: "paper", or "modern" (see `modern_recipe`).
            steps: how many train steps the modern recipe decays over.
            run_eagerly, jit_compile, steps_per_execution: as in Keras. On several replicas the
                losses and gradients are compiled with XLA, and the updates are not.
            synchronized: whether batch normalisation uses the statistics of all replicas' samples
                (True) or of each replica's own samples (False); None: as the layers were built.
            **changes: `objective`; `optimizers`, a dict player -> optimizer; `loss_weights`, a dict
                metric name -> factor; `penalties`, a list; `turns`, a dict player -> number of
                turns in a train step (0: not trained); `augment`, a function of samples, registered
                with Keras if the model is to be saved; `schedule`, "alternating" or "simultaneous":
                all players take a step at once, from the same weights, and share the
                discriminator's outputs for the same samples, which takes less time. Of a dict, the
                entries you give replace those of the recipe.

        Raises:
            TypeError: for an unknown argument, or an argument of the wrong type.
            ValueError: for an unknown recipe or player, or a number out of range.

        Example:
            >>> import zoo
            >>> model = zoo.DCGAN(image_shape=(8, 8, 1), width=4, batch_norm=False)
            >>> model.compile(penalties=[R1(0.5)], turns={"discriminator": 2})
            >>> model.objective, model.penalties, model.turns
            (NonSaturating(real_label=1.0), [R1(gamma=0.5)], {'discriminator': 2, 'generator': 1})
        """
        arguments = compile_args.merge(self._recipe_named(recipe, steps), changes)
        options = {
            "run_eagerly": run_eagerly,
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
            "synchronized": synchronized,
        }
        self._compile_with(arguments, options)

    def _recipe_named(self, recipe, steps):
        if recipe == "paper":
            return compile_args.defaults() | self.recipe()
        if recipe == "modern":
            if steps is not None:
                shape_checks.check_counts(steps=steps)
            return compile_args.defaults() | self.modern_recipe(
                **({} if steps is None else {"steps": steps})
            )
        raise ValueError(f"`recipe` should be 'paper' or 'modern'. Received: recipe={recipe!r}")

    def _compile_with(self, arguments, options):
        compile_args.validate(arguments, self.players, type(self).__name__, self.objectives)
        compile_args.validate_options(options)
        self._synchronize(options["synchronized"], options["jit_compile"])
        discriminators = [
            getattr(self, name) for name in self.network_names if "discriminator" in name
        ]
        compile_args.warn_of_batch_norm(discriminators, arguments["penalties"])
        super().compile(optimizer=None, **{k: v for k, v in options.items() if k != "synchronized"})
        self.compile_options = options
        for earlier in [*getattr(self, "penalties", []), getattr(self, "augment", None)]:
            self._tracker.untrack(earlier)  # Keras keeps layers that were attributes once
        self.objective, self.augment = arguments["objective"], arguments["augment"]
        self.penalties, self.schedule = list(arguments["penalties"]), arguments["schedule"]
        self.turns = {player: arguments["turns"].get(player, 1) for player in self.players}
        self.loss_weights = dict(arguments["loss_weights"])
        with self.distribute_strategy.scope():
            self.optimizers = {
                player: compile_args.optimizer_for(
                    [getattr(self, name) for name in owned], arguments["optimizers"][player]
                )
                for player, owned in self.players.items()
            }
            # Slots must exist before weights are loaded, or loading skips them silently.
            owned = {player: self.variables_of(player) for player in self.players}
            for player, optimizer in self.optimizers.items():
                optimizer.build(owned[player])
            self.optimizer = PlayersOptimizer(dict(self.optimizers))  # for callbacks of Keras
            for penalty in self.penalties:
                penalty.prepare(owned)
            self._means = {}
            self._unused_means = iter([keras.metrics.Mean() for _ in range(N_MEANS)])
            for player, turns in self.turns.items():
                if turns:
                    self._mean(f"{player}_loss")

    @property
    def metrics(self):
        return list(self._means.values()) if self.compiled else []

    def _mean(self, name):
        if name not in self._means:  # terms are known only once a loss has been computed
            with tf.init_scope():
                mean = next(self._unused_means, None) or keras.metrics.Mean()
            mean.name = name  # Keras names a metric when it is made
            self._means[name] = mean
        return self._means[name]

    def _synchronize(self, synchronized, jit_compile):
        norms = [
            layer
            for name in self.network_names
            for layer in getattr(self, name)._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        if synchronized is not None:
            for layer in norms:
                layer.synchronized = synchronized
        several = self.distribute_strategy.num_replicas_in_sync > 1
        if several and jit_compile is True and any(layer.synchronized for layer in norms):
            raise ValueError(
                "`synchronized` should be False with jit_compile=True: compiled replicas cannot "
                "communicate. Received: synchronized=True."
            )

    def modern_recipe(self, steps=10_000, beta_1=0.0, gamma=1.0):
        """Returns the compile arguments of R3GAN: relativistic objective, R1 and R2 penalties, EMA
        of the generator's (and encoder's) weights, learning-rate decay.

        A family that can be trained only with some objectives keeps the first of them.
        Source: Huang et al. 2024 (R3GAN).

        Args:
            steps: train steps of the training; the learning rates decay over the second half.
            beta_1: Adam's β₁.
            gamma: weight γ of both penalties, from 0.
        """
        averaged = [p for p, owned in self.players.items() if "discriminator" not in owned[0]]
        return {
            "objective": self.objectives[0]() if self.objectives else Relativistic(),
            "penalties": [R1(gamma), R2(gamma)],
            "optimizers": self.adam(5e-4, beta_1, 0.99, steps=steps, averaged=averaged),
        }

    def adam(self, rate, beta_1=0.5, beta_2=0.999, steps=None, averaged=(), momentum=None):
        """Returns a dict with an Adam for each player, with ε = 1e-8 as in most papers.

        Args:
            rate: learning rate of all players, or a dict from player to learning rate.
            beta_1: Adam's β₁ of all players, or a dict from player to β₁.
            beta_2: Adam's β₂ of all players.
            steps: if given, the learning rates decay over the second half of this many steps.
            averaged: the players whose weights are averaged (EMA).
            momentum: of the averages; None: .999, and for fewer than 5,000 steps 1 - 5 / steps, so
                that after `steps` less than a hundredth of the first weights is left in them.

        Raises:
            ValueError: for a name that is no player of the family, and a β outside [0, 1).

        Example:
            >>> import zoo
            >>> optimizers = zoo.DCGAN(image_shape=(8, 8, 1), width=4).adam(2e-4)
            >>> optimizers["generator"].beta_1
            0.5
        """
        keys = [set(value) for value in (rate, beta_1) if isinstance(value, dict)]
        if any(names != set(self.players) for names in keys) or set(averaged) - set(self.players):
            received = sorted(set(averaged).union(*keys))
            raise ValueError(
                f"`rate`, `beta_1` and `averaged` should name players of {type(self).__name__}, "
                f"the first two all: {', '.join(self.players)}. Received: {', '.join(received)}."
            )

        betas = [*(beta_1.values() if isinstance(beta_1, dict) else [beta_1]), beta_2]
        if not all(0.0 <= beta < 1.0 for beta in betas):
            raise ValueError(
                "`beta_1` and `beta_2` should be from 0 to below 1. "
                f"Received: beta_1={beta_1}, beta_2={beta_2}"
            )

        if momentum is None:
            momentum = min(0.999, max(0.0, 1.0 - 5.0 / steps)) if steps else 0.999

        def optimizer_of(player):
            first_rate, beta = (v[player] if isinstance(v, dict) else v for v in (rate, beta_1))
            schedule = LinearDecay(first_rate, steps) if steps else first_rate
            ema = {"use_ema": player in averaged, "ema_momentum": momentum}
            return keras.optimizers.Adam(schedule, beta, beta_2, epsilon=1e-8, **ema)

        return {player: optimizer_of(player) for player in self.players}
