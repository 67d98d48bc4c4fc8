"""ALICE: an adversarial cycle loss on pairs (x, reconstruction of x) makes E invert G.

Li, Liu, Chen, Pu, Chen, Henao, Carin (2017), "ALICE: Towards Understanding Adversarial Learning
for Joint Distribution Matching", https://arxiv.org/abs/1709.01215

    min_{G,E} max_{D,η}  the objective of BiGAN + λ (E log σ(η(x, x)) + E log(1 - σ(η(x, G(E(x))))))

The joint p(x, z) that BiGAN matches may pair x and z in any way: it leaves H(x|z) undetermined. A
second discriminator η bounds H(x|z) (§3.2, "implicit"); the explicit λ' E‖x - G(E(x))‖² does too:

    model.compile(turns={"cycle_discriminator": 0},
                  loss_weights={"generator_cycle": 0.0, "generator_reconstruction": 0.02})

The same cycle for z, and known pairs (§3.4), are omitted. Networks and learning rates are those of
BiGAN; λ is .3, where the paper has .1 for its toy data and 1 (MNIST) and 1e-6 (CIFAR-10) for
images.

Differences from the authors' release, for toy data: its G and E read noise too, all three networks
have two layers of 256 units, G and E take five turns for one of the discriminators, Adam's rate is
1e-3, and x and z both cycle. For CIFAR-10 it compares x and z with their cycles by L1, and G and E
minimise the difference of D's probabilities.
"""

from trainers.losses import squared_error
from zoo.bigan import BiGAN
from zoo.networks import mlp


class ALICE(BiGAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1] or points. Labels in
    the batch are ignored. Calling the model maps latents (batch, latent_dim) to samples like x;
    `encode` maps x to latents.

    Args:
        image_shape, latent_dim, width, generator, encoder, discriminator: as for BiGAN.
        cycle_discriminator: a Keras model, [image_shape, image_shape] -> logits (1,), whose inputs
            are an image twice, or an image and its reconstruction.

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = ALICE(image_shape=(8, 8, 1), latent_dim=10, width=32)
        >>> model.compile()
        >>> history = model.fit(model.generate(64), verbose=0)
        >>> sorted(history.history)
        ['cycle_discriminator_loss', 'discriminator_loss', 'generator_cycle', ...]
    """

    draws_all_inputs = False  # G reads codes of images too
    players = {
        "discriminator": ["discriminator"],
        "cycle_discriminator": ["cycle_discriminator"],
        "generator": ["generator", "encoder"],
    }

    def forward(self, x):
        """Returns the pairs of BiGAN, and the reconstruction of x."""
        joint = super().forward(x)
        code = joint["real"][1]
        return joint | {"reconstructed": self.generator(code, training=True)}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, outputs["real"], outputs["fake"])

    def cycle_discriminator_loss(self, x, outputs):
        return self.discriminator_objective(
            self.cycle_discriminator, [x, x], [x, outputs["reconstructed"]]
        )

    def generator_loss(self, x, outputs):
        joint = self.discriminator, outputs["real"], outputs["fake"]
        pairs = self.cycle_discriminator, [x, x], [x, outputs["reconstructed"]]
        return {
            "joint": self.generator_objective(*joint, two_sided=True),
            "cycle": self.generator_objective(*pairs),
            "reconstruction": squared_error(x, outputs["reconstructed"]),
        }

    def recipe(self):
        """Paper: as BiGAN; the adversarial cycle loss weighs .3, the explicit one 0."""
        return super().recipe() | self.costs

    def modern_recipe(self, steps=10_000):
        """As BiGAN's."""
        return super().modern_recipe(steps) | self.costs

    costs = {"loss_weights": {"generator_cycle": 0.3, "generator_reconstruction": 0.0}}

    def build_cycle_discriminator(self):
        shapes = {"images": self.image_shape, "reconstructions": self.image_shape}
        return mlp.joint_discriminator(**self.mlp_sizes(), **shapes, name="cycle_discriminator")
