"""`compile`: from a recipe and your changes to it to optimizers, turns and penalties in place."""

import keras

from trainers.engine import compile_args
from trainers.objectives import Relativistic
from trainers.penalties import R1, R2
from trainers.schedules import LinearDecay


class CompileMixin:
    """The part of `AdversarialModel` that sets the rules of the game."""

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
        """Sets the rules: those of a recipe, and your changes to it.

        Args:
            recipe: "paper", or "modern" (see `modern_recipe`).
            steps: how many train steps the modern recipe decays over.
            run_eagerly, jit_compile, steps_per_execution: as in Keras. On several replicas the
                losses and gradients are compiled, and the updates are not.
            synchronized: whether batch normalisation takes the statistics of all replicas' samples
                (True) or of each replica's own (False); None: as the layers were built.
            **changes: `objective`; `optimizers`, a dict player -> optimizer; `loss_weights`, a dict
                metric name -> factor; `penalties`, a list; `turns`, a dict player -> how many turns
                in a train step (0: it rests); `augment`, a function of samples, registered with
                Keras if the model is to be saved; `schedule`, "alternating" or "simultaneous": all
                players move at once, from the same point, and share what a judge says of the same
                samples, in less time. Of a dict, the entries you give replace those of the recipe.

        Raises:
            TypeError: for an unknown rule, or a rule of the wrong kind.
            ValueError: for an unknown recipe or player, or a number out of range.

        Example:
            >>> import zoo
            >>> model = zoo.DCGAN(image_shape=(8, 8, 1), width=4, batch_norm=False)
            >>> model.compile(penalties=[R1(0.5)], turns={"discriminator": 2})
            >>> model.objective, model.penalties, model.turns
            (NonSaturating(real_label=1.0), [R1(gamma=0.5)], {'discriminator': 2, 'generator': 1})
        """
        agreed = compile_args.merge(self._rules_of(recipe, steps), changes)
        compile_args.validate(agreed, self.players, type(self).__name__, self.objectives)
        options = {
            "run_eagerly": run_eagerly,
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
            "synchronized": synchronized,
        }
        self._compile_with(agreed, options)

    def _rules_of(self, recipe, steps):
        if recipe == "paper":
            return compile_args.defaults() | self.recipe()
        if recipe == "modern":
            return compile_args.defaults() | self.modern_recipe(
                **({} if steps is None else {"steps": steps})
            )
        raise ValueError(f"`recipe` should be 'paper' or 'modern'. Received: recipe={recipe!r}")

    def _compile_with(self, agreed, options):
        self._synchronize(options["synchronized"], options["jit_compile"])
        judges = [getattr(self, name) for name in self.network_names if "discriminator" in name]
        compile_args.warn_of_batch_norm(judges, agreed["penalties"])
        super().compile(optimizer=None, **{k: v for k, v in options.items() if k != "synchronized"})
        self.compile_options = options
        for rule in [*getattr(self, "penalties", []), getattr(self, "augment", None)]:
            self._tracker.untrack(rule)  # Keras keeps layers that were attributes once
        self.objective, self.augment = agreed["objective"], agreed["augment"]
        self.penalties, self.schedule = list(agreed["penalties"]), agreed["schedule"]
        self.turns = {player: agreed["turns"].get(player, 1) for player in self.players}
        self.loss_weights = dict(agreed["loss_weights"])
        with self.distribute_strategy.scope():
            self.optimizers = {
                player: compile_args.optimizer_for(
                    [getattr(self, name) for name in owned], agreed["optimizers"][player]
                )
                for player, owned in self.players.items()
            }
            # Slots must exist before weights are loaded, or loading passes over them in silence.
            owned = {player: self.variables_of(player) for player in self.players}
            for player, optimizer in self.optimizers.items():
                optimizer.build(owned[player])
            for penalty in self.penalties:
                penalty.prepare(owned)
            self._means = {}
            for player, turns in self.turns.items():
                if turns:
                    self._mean(f"{player}_loss")

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
                "talk to each other. Received: synchronized=True."
            )

    def modern_recipe(self, steps=10_000, beta_1=0.0, gamma=1.0):
        """What works best today: relativistic pairing, R1 and R2, averaged weights, decay. A game
        that takes some objectives only keeps its first.

        `steps` is how long the training will be; the rates decay over its second half. `beta_1` is
        Adam's, `gamma` weighs both penalties.
        Source: Huang et al. 2024 (R3GAN).
        """
        makers = [p for p, owned in self.players.items() if "discriminator" not in owned[0]]
        return {
            "objective": self.objectives[0]() if self.objectives else Relativistic(),
            "penalties": [R1(gamma), R2(gamma)],
            "optimizers": self.adam(5e-4, beta_1, 0.99, steps=steps, averaged=makers),
        }

    def adam(self, rate, beta_1=0.5, beta_2=0.999, steps=None, averaged=(), momentum=None):
        """An Adam for each player, ε = 1e-8 as in most papers, as a dict.

        Args:
            rate, beta_1: of all, or a dict from player to its own.
            beta_2: of all.
            steps: where it is given, the rates decay over the second half of so many.
            averaged: the players whose weights are averaged.
            momentum: of the averages; None: .999, and for fewer than 5,000 steps 1 - 5 / steps, by
                which at their end less than a hundredth is left of where they began.

        Raises:
            ValueError: for players that are not those of the game.

        Example:
            >>> import zoo
            >>> optimizers = zoo.DCGAN(image_shape=(8, 8, 1), width=4).adam(2e-4)
            >>> optimizers["generator"].beta_1
            0.5
        """
        named = [set(value) for value in (rate, beta_1) if isinstance(value, dict)]
        if any(names != set(self.players) for names in named) or set(averaged) - set(self.players):
            received = sorted(set(averaged).union(*named))
            raise ValueError(
                f"`rate`, `beta_1` and `averaged` should name players of {type(self).__name__}, "
                f"the first two all: {', '.join(self.players)}. Received: {', '.join(received)}."
            )

        if momentum is None:
            momentum = min(0.999, max(0.0, 1.0 - 5.0 / steps)) if steps else 0.999

        def of(player):
            own, beta = (v[player] if isinstance(v, dict) else v for v in (rate, beta_1))
            schedule = LinearDecay(own, steps) if steps else own
            average = {"use_ema": player in averaged, "ema_momentum": momentum}
            return keras.optimizers.Adam(schedule, beta, beta_2, epsilon=1e-8, **average)

        return {player: of(player) for player in self.players}
