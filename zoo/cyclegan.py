"""CycleGAN: image-to-image translation, learned without pairs.

Zhu, Park, Isola, Efros (2017), "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks", https://arxiv.org/abs/1703.10593

    D_Y: ½ (D_Y(y) - 1)² + ½ D_Y(G(x))²,  and D_X likewise
    G, F: (D_Y(G(x)) - 1)² + (D_X(F(y)) - 1)² + λ (‖F(G(x)) - x‖₁ + ‖G(F(y)) - y‖₁),  λ = 10

Both cycle terms train both G and F (eq. 2). The discriminators see a history of the last 50
generated images (§4). The networks are the paper's for 256x256, with 6 blocks for smaller images;
Adam(2e-4, .5), batches of one, 100 epochs and 100 more in which the learning rates fall to 0, here
to a hundredth: `adam(2e-4, steps=…)`. The identity loss, which keeps images that already look like
y, is optional and weighs ½ λ (§5.2).

Differences from the authors' release: its identity loss is on by default; G, D_Y, F and D_X step
one after the other, here both discriminators and then both generators; random crops and mirroring
are left to the data pipeline; first and last layers have biases, theirs have none; and the gains of
norms start at 1, theirs at N(1, .02).
"""

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec, shape_checks
from trainers.losses import l1
from trainers.objectives import LeastSquares
from zoo.layers import ImagePool
from zoo.mixins.image_to_image import ImageToImage
from zoo.networks import patchgan, resnet_translator


class CycleGAN(ImageToImage, AdversarialModel):
    """Trains on batches of unpaired (x, y), images in [-1, 1]: x, shape (batch, height, width,
    source_channels), and y, shape (batch, *image_shape). Calling the model maps x to images like y,
    for sides that are multiples of 2**stages; `translate` takes any size, and `translate_back` maps
    y to x.

    Args:
        image_shape: (height, width, channels) of y in training.
        source_channels: of x; None: as many as y has.
        width: channels of the first layer of all networks.
        stages: how often the generators halve the sides.
        blocks: residual blocks of the generators; None: 9, and 6 for images below 256 pixels.
        outer_kernel: side of the first and last kernels of the generators.
        patch_stages: how often the discriminators halve the sides: their patches are 16, 34, 70,
            142 pixels wide for 1 to 4.
        pool_size: number of earlier generated images that are kept; 0: the discriminators see only
            the current ones.
        identity: whether to add the identity loss ‖G(y) - y‖₁ + ‖F(x) - x‖₁.
        generator, inverse_generator: Keras models, G: (h, w, source_channels) -> (h, w, channels)
            and F, back.
        discriminator, inverse_discriminator: Keras models, of y and of x -> logits (h', w', 1).

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved `stages` times, an
            identity loss between different numbers of channels, and networks that do not fit the
            sizes.

    Example:
        >>> from keras import ops
        >>> model = CycleGAN(image_shape=(16, 16, 3), width=4, blocks=1, patch_stages=1)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((8, 16, 16, 3)), ops.ones((8, 16, 16, 3)), verbose=0)
        >>> model.translate(ops.zeros((1, 30, 50, 3))).shape
        (1, 30, 50, 3)
    """

    players = {
        "discriminator": ["discriminator", "inverse_discriminator"],
        "generator": ["generator", "inverse_generator"],
    }
    input_sizes = {"discriminator": "image_shape"}
    image_ranks = (3,)

    def __init__(
        self,
        image_shape=(256, 256, 3),
        source_channels=None,
        width=64,
        stages=2,
        blocks=None,
        outer_kernel=7,
        patch_stages=3,
        pool_size=50,
        identity=False,
        name=None,
        **networks,
    ):
        counts = {"width": width, "outer_kernel": outer_kernel}
        optional = {"blocks": blocks, "source_channels": source_channels}
        shape_checks.check_counts(**counts, **{k: v for k, v in optional.items() if v is not None})
        shape_checks.check_counts(
            least=0, stages=stages, patch_stages=patch_stages, pool_size=pool_size
        )
        super().__init__(
            name,
            image_shape=tuple(image_shape),
            source_channels=source_channels,
            width=width,
            stages=stages,
            blocks=blocks,
            outer_kernel=outer_kernel,
            patch_stages=patch_stages,
            pool_size=pool_size,
            identity=identity,
            **networks,
        )
        self.check_sides()
        if identity and self.source_channels != self.image_shape[-1]:
            raise ValueError(
                "`identity` should be False where x and y differ in channels. "
                f"Received: source_channels={self.source_channels}, image_shape={self.image_shape}"
            )
        self.pool, self.inverse_pool = ImagePool(pool_size), ImagePool(pool_size)
        for pool, part in zip((self.inverse_pool, self.pool), self.batch_format(), strict=True):
            pool.build((None, *part.shape))

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        generator = {"width": 32, "stages": 1, "blocks": 3, "outer_kernel": 3}
        return generator | {"patch_stages": 1}

    def default_sizes(self, image_shape, **sizes):
        return {
            "source_channels": image_shape[-1],
            "blocks": 9 if max(image_shape[:2]) > 255 else 6,
        }

    def min_size(self):
        return resnet_translator.min_side(self.stages, self.outer_kernel)

    def shapes(self):
        x, y = (None, None, self.source_channels), (None, None, self.image_shape[-1])
        generators = {"generator": ([x], [y]), "inverse_generator": ([y], [x])}
        return generators | {"discriminator": ([y], None), "inverse_discriminator": ([x], None)}

    def batch_format(self):
        source = (*self.image_shape[:2], self.source_channels)
        return [batch_spec.images("x", source), batch_spec.images("y", self.image_shape)]

    def forward(self, batch):
        x, y = batch
        forth, back = self.generator, self.inverse_generator
        outputs = {"y": forth(x, training=True), "x": back(y, training=True)}
        outputs["x_cycled"] = back(outputs["y"], training=True)
        outputs["y_cycled"] = forth(outputs["x"], training=True)
        if self.identity:
            outputs["x_identity"], outputs["y_identity"] = (
                back(x, training=True),
                forth(y, training=True),
            )
        return outputs

    def discriminator_loss(self, batch, outputs):
        x, y = batch
        past_x, past_y = (
            pool(outputs[name], training=True)
            for name, pool in (("x", self.inverse_pool), ("y", self.pool))
        )
        return {
            "adversarial": self.discriminator_objective(self.discriminator, y, past_y),
            "inverse_adversarial": self.discriminator_objective(
                self.inverse_discriminator, x, past_x
            ),
        }

    def generator_loss(self, batch, outputs):
        x, y = batch
        terms = {
            "adversarial": self.generator_objective(self.discriminator, y, outputs["y"]),
            "inverse_adversarial": self.generator_objective(
                self.inverse_discriminator, x, outputs["x"]
            ),
            "cycle": l1(x, outputs["x_cycled"]) + l1(y, outputs["y_cycled"]),
        }
        if self.identity:
            terms["identity"] = l1(x, outputs["x_identity"]) + l1(y, outputs["y_identity"])
        return terms

    def recipe(self):
        """Paper: λ = 10. `LeastSquares` halves the loss of the generators, and the paper does not:
        the weights of 2 make up for it. With another objective pass weights of 1."""
        adversarial = {"generator_adversarial": 2.0, "generator_inverse_adversarial": 2.0}
        return {
            "objective": LeastSquares(),
            "optimizers": self.adam(2e-4),
            "loss_weights": adversarial | self.cycle_weights(),
        }

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing loss, learning rate decay and EMA, with the paper's λ."""
        return super().modern_recipe(steps) | {"loss_weights": self.cycle_weights()}

    def cycle_weights(self):
        """Returns the loss weights of the cycle and identity terms."""
        return {"generator_cycle": 10.0} | ({"generator_identity": 5.0} if self.identity else {})

    def translate_back(self, y, seed=None, batch_size=16):
        """Translates images like y to images like x; arguments as for `translate`."""
        return self.translate_with("inverse_generator", y, seed, batch_size)

    def signatures(self):
        return super().signatures() | {"translate_back": self.translation("inverse_generator")}

    def build_features(self):
        """Builds the network x -> last residual block of G, averaged over positions."""
        return resnet_translator.middle(self.generator)

    def build_generator(self):
        return self.build_translator(self.source_channels, self.image_shape[-1], "generator")

    def build_inverse_generator(self):
        channels = self.image_shape[-1], self.source_channels
        return self.build_translator(*channels, "inverse_generator")

    def build_translator(self, source_channels, channels, name):
        sizes = self.width, self.stages, self.blocks, self.outer_kernel
        return resnet_translator.generator(source_channels, channels, *sizes, name=name)

    def build_discriminator(self):
        return patchgan.discriminator(self.image_shape[-1], self.width, self.patch_stages)

    def build_inverse_discriminator(self):
        sizes = self.source_channels, self.width, self.patch_stages
        return patchgan.discriminator(*sizes, name="inverse_discriminator")
