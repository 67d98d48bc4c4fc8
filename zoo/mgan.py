"""MGAN: transfers the style of one picture to photographs, in a single forward pass.

Li, Wand (2016), "Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial
Networks", https://arxiv.org/abs/1604.04382

    D: E max(0, 1 - D(y)) + E max(0, 1 + D(G(x))), the mean over patches
    G: -E D(G(x)) + α mean (Φ(x) - Φ(G(x)))² + β Υ(G(x)),  Υ the total variation

y are crops of the style, x of photographs. This is the method without VGG19: in the paper, D and Φ
take its features as input, and G decodes them. Here nothing has to be downloaded: D takes pixels,
as in all later PatchGANs; G is the residual network of CycleGAN; Φ is the mean of 4x4 pixels, which
does not constrain texture, or the paper's:
`MGAN(content=zoo.networks.perceptual.vgg19("block5_conv1"))`.

Differences from the authors' release: its y for D are stylised photographs that an optimisation per
picture (MDAN) computed, turned, scaled and mirrored; its G is trained to match them in pixels,
beside which D's loss weighs .01; its G has a hinge too; D reads VGG19's third block, with batch
norm, and ignores patches at the border; the learning rate is .02; and no total variation: α and β
are ours.
"""

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec, shape_checks
from trainers.losses import feature_distance, total_variation
from trainers.objectives import Hinge
from zoo.mixins.image_to_image import ImageToImage
from zoo.networks import patchgan, perceptual, resnet_translator


class MGAN(ImageToImage, AdversarialModel):
    """Trains on batches of (x, y), images in [-1, 1], shape (batch, *image_shape): x crops of
    photographs, y of the style. Calling the model maps x to images with the content of x and the
    patches of y, for sides that are multiples of 2**stages; `translate` takes any size.

    Args:
        image_shape: (height, width, channels) of x and y in training.
        width: channels of the first layer of G and of D.
        stages: how often G halves the sides.
        blocks: residual blocks of G.
        outer_kernel: side of the first and the last kernel of G.
        patch_stages: how often D halves the sides: its patches are 16, 34, 70 pixels wide for 1 to
            3.
        generator: a Keras model, (h, w, channels) -> (h, w, channels).
        discriminator: a Keras model, (h, w, channels) -> logits (h', w', 1).
        content: a Keras model, image_shape -> one or several feature maps. Its weights are frozen,
            also for other models that share them.

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved `stages` times,
            and networks that do not fit the sizes.

    Example:
        >>> from keras import ops
        >>> model = MGAN(image_shape=(16, 16, 3), width=4, blocks=1, patch_stages=1)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((8, 16, 16, 3)), ops.ones((8, 16, 16, 3)), verbose=0)
        >>> model.translate(ops.zeros((1, 30, 50, 3))).shape
        (1, 30, 50, 3)
    """

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}
    frozen_networks = ("content",)
    input_sizes = {"discriminator": "image_shape"}
    image_ranks = (3,)

    def __init__(
        self,
        image_shape=(128, 128, 3),
        width=32,
        stages=2,
        blocks=5,
        outer_kernel=7,
        patch_stages=2,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(width=width, blocks=blocks, outer_kernel=outer_kernel)
        shape_checks.check_counts(least=0, stages=stages, patch_stages=patch_stages)
        super().__init__(
            name,
            image_shape=tuple(image_shape),
            width=width,
            stages=stages,
            blocks=blocks,
            outer_kernel=outer_kernel,
            patch_stages=patch_stages,
            **networks,
        )
        self.check_sides()

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"width": 16, "blocks": 3, "outer_kernel": 3, "patch_stages": 1}

    def min_size(self):
        return resnet_translator.min_side(self.stages, self.outer_kernel)

    def shapes(self):
        images = (None, None, self.image_shape[-1])
        shapes = {"generator": ([images], [images]), "discriminator": ([images], None)}
        return shapes | {"content": ([self.image_shape], None)}

    def batch_format(self):
        return [batch_spec.images(name, self.image_shape) for name in ("x", "y")]

    def forward(self, batch):
        return self.generator(batch[0], training=True)

    def discriminator_loss(self, batch, outputs):
        return self.discriminator_objective(self.discriminator, batch[1], outputs)

    def generator_loss(self, batch, outputs):
        x, y = batch
        return {
            "adversarial": self.generator_objective(self.discriminator, y, outputs),
            "content": feature_distance(self.content(x), self.content(outputs)),
            "variation": total_variation(outputs),
        }

    def recipe(self):
        """The hinge loss of the paper; the learning rate, α and β are ours."""
        return {
            "objective": Hinge(),
            "optimizers": self.adam(2e-4),
            "loss_weights": {"generator_content": 1.0, "generator_variation": 1e-4},
        }

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing loss, learning rate decay and EMA, with the same loss weights."""
        return super().modern_recipe(steps) | {"loss_weights": self.recipe()["loss_weights"]}

    def build_features(self):
        """Builds the network x -> last residual block of G, averaged over positions."""
        return resnet_translator.middle(self.generator)

    def build_generator(self):
        channels = self.image_shape[-1], self.image_shape[-1]
        sizes = self.width, self.stages, self.blocks, self.outer_kernel
        return resnet_translator.generator(*channels, *sizes)

    def build_discriminator(self):
        return patchgan.discriminator(self.image_shape[-1], self.width, self.patch_stages)

    def build_content(self):
        return perceptual.average_pooling(self.image_shape[-1])
