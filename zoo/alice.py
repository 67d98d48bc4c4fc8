"""ALICE: an extra adversarial cost on samples and their reconstructions makes E invert G.

Li, Liu, Chen, Pu, Chen, Henao, Carin (2017), "ALICE: Towards Understanding Adversarial Learning
for Joint Distribution Matching", https://arxiv.org/abs/1709.01215

    min_{G,E} max_{D,η}  the game of BiGAN + λ (E log σ(η(x, x)) + E log(1 - σ(η(x, G(E(x))))))

The joint p(x, z) that BiGAN matches may pair x and z in any way: what it leaves open is H(x|z).
The second judge η bounds it (§3.2, "implicit"), or so does the explicit λ' E‖x - G(E(x))‖²:

    model.compile(turns={"cycle_discriminator": 0},
                  loss_weights={"generator_cycle": 0.0, "generator_reconstruction": 0.02})

The same cycle for z, and pairs that are known (§3.4), are left out. Networks and rates are those
of BiGAN; λ .3 where the paper's toy has .1 and its images 1 (MNIST) and 1e-6 (CIFAR-10).
"""

from trainers.losses import squared_error
from zoo.bigan import BiGAN
from zoo.networks import mlp


class ALICE(BiGAN):
    """Fits batches of x, shape (batch, *image_shape), images in [-1, 1] or points; labels beside x
    are passed over. Calling the model maps latents (batch, latent_dim) to samples like x; `encode`
    maps x to latents.

    Args:
        image_shape, latent_dim, width, generator, encoder, discriminator: as for BiGAN.
        cycle_discriminator: a Keras model, [image_shape, image_shape] -> logits (1,), which is
            shown an image beside itself, or beside its reconstruction.

    Raises:
        TypeError, ValueError: for unknown arguments, and networks that do not fit the sizes.

    Example:
        >>> model = ALICE(image_shape=(8, 8, 1), latent_dim=10, width=32)
        >>> model.compile()
        >>> history = model.fit(model.generate(64), verbose=0)
        >>> sorted(history.history)
        ['cycle_discriminator_loss', 'discriminator_loss', 'generator_cycle', ...]
    """

    players = {
        "discriminator": ["discriminator"],
        "cycle_discriminator": ["cycle_discriminator"],
        "generator": ["generator", "encoder"],
    }

    def forward(self, x):
        """The pairs of BiGAN, and x beside itself and beside its reconstruction."""
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
        """Paper: as BiGAN, the cycle weighs .3; the explicit cost nothing."""
        return super().recipe() | self.costs

    def modern_recipe(self, steps=10_000):
        """As BiGAN's."""
        return super().modern_recipe(steps) | self.costs

    costs = {"loss_weights": {"generator_cycle": 0.3, "generator_reconstruction": 0.0}}

    def build_cycle_discriminator(self):
        shapes = {"images": self.image_shape, "reconstructions": self.image_shape}
        return mlp.joint_discriminator(**self.mlp_sizes(), **shapes, name="cycle_discriminator")
