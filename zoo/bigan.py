"""BiGAN: the discriminator classifies pairs (x, E(x)) and (G(z), z), so that E learns to invert G.

Donahue, Krähenbühl, Darrell (2017), "Adversarial Feature Learning",
https://arxiv.org/abs/1605.09782

    min_{G,E} max_D  E log σ(D(x, E(x))) + E log(1 - σ(D(G(z), z)))

At the optimum E = G⁻¹ almost everywhere (theorem 2), though no loss compares x with G(E(x)). G and
E minimise both terms with the labels exchanged (§3.4). The hyperparameters are those of the
authors' permutation-invariant MNIST release: 1024-unit layers, Adam(2e-4, .5), batches of 128.

Differences from the authors' release: D steps before G and E, where all step at once; z ~ N(0, I),
theirs U(-1, 1); no weight decay, theirs 2.5e-5; no batch norm, theirs in all networks; z enters the
first layer of G only, theirs the second too; tanh at G's end, theirs σ; He's initial weights,
theirs N(0, .02); and a constant learning rate, theirs falls to a hundredth over the last 200 of 400
epochs.
"""

from keras import ops

from trainers.adversarial import AdversarialModel
from trainers.objectives import NonSaturating
from zoo.mixins.encoder import EncoderMixin
from zoo.networks import mlp


class BiGAN(EncoderMixin, AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x;
    `encode` maps x to latents.

    Args:
        image_shape: (height, width, channels); (2,) builds small networks for points.
        latent_dim: dimension of z ~ N(0, I); None: the paper's 50, for points 2.
        width: units of each hidden layer of fully connected networks; None: the paper's networks.
        generator: a Keras model, (latent_dim,) -> image_shape.
        encoder: a Keras model, image_shape -> (latent_dim,).
        discriminator: a Keras model, [image_shape, (latent_dim,)] -> logits (1,).

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = BiGAN(image_shape=(8, 8, 1), latent_dim=10, width=32)
        >>> model.compile()
        >>> x = model.generate(5)
        >>> model.encode(x).shape, model.reconstruct(x).shape
        ((5, 10), (5, 8, 8, 1))
    """

    players = {"discriminator": ["discriminator"], "generator": ["generator", "encoder"]}

    def forward(self, x):
        """Samples pairs of q(x, z) = q(x) q(z|x) and of p(x, z) = p(z) p(x|z)."""
        z = self.latents(ops.shape(x)[0])
        return {"real": [x, self.inferred(x)], "fake": [self.generator(z, training=True), z]}

    def inferred(self, x):
        """Samples z ~ q(z|x): here E(x), which is deterministic."""
        return self.encoder(x, training=True)

    def shapes(self):
        input_shapes = [self.image_shape, (self.latent_dim,)]
        return super().shapes() | {"discriminator": (input_shapes, [(1,)])}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, **outputs)

    def generator_loss(self, x, outputs):
        return self.generator_objective(self.discriminator, **outputs, two_sided=True)

    def recipe(self):
        """Paper: Adam(2e-4, .5) for both."""
        return {"objective": NonSaturating(), "optimizers": self.adam(2e-4)}

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing loss, R1 and R2 in x and in z with γ .3, Adam(5e-4, .5)."""
        return super().modern_recipe(steps, beta_1=0.5, gamma=0.3)

    def mlp_sizes(self):
        paper = self.width is None and len(self.image_shape) == 3
        return {"width": 1024, "depth": 2} if paper else super().mlp_sizes()

    def build_discriminator(self):
        shapes = {"images": self.image_shape, "latent": (self.latent_dim,)}
        return mlp.joint_discriminator(**self.mlp_sizes(), **shapes)
