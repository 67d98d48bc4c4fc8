"""Pix2Pix: an image of an image, learned from pairs.

Isola, Zhu, Zhou, Efros (2017), "Image-to-Image Translation with Conditional Adversarial Networks",
https://arxiv.org/abs/1611.07004

    min_G max_D  E log σ(D(y, x)) + E log(1 - σ(D(G(x, z), x))) + λ E‖y - G(x, z)‖₁,  λ = 100

D judges patches of 70x70 pixels, each by itself (§3.2.2), and its loss is halved. z is dropout,
also when the model is used (§3.2). The networks are the paper's for 256x256, batches of one, for
which its batch norm is instance norm, as here for batches of any size unless `batch_norm`;
Adam(2e-4, .5). The random crops of 286x286 to 256x256 are the data's affair.
"""

import keras
from keras import layers

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec, shape_checks
from trainers.losses import l1
from trainers.objectives import NonSaturating
from zoo.mixins.image_to_image import ImageToImage
from zoo.networks import patchgan, unet
from zoo.networks.feature_taps import with_fresh_input


class Pix2Pix(ImageToImage, AdversarialModel):
    """Fits batches of (x, y), images in [-1, 1]: x, shape (batch, height, width, source_channels),
    is to become y, shape (batch, *image_shape). Calling the model maps x to images like y, sides
    multiples of 2**stages; `translate` takes any.

    Args:
        image_shape: (height, width, channels) of y in training.
        source_channels: of x; None: as many as y has.
        width: channels of the first stage of both networks.
        stages: how often G halves the sides; None: to 1x1, but eight times at most.
        patch_stages: how often D halves them: it sees 16, 34, 70, 142, 286 pixels for 1 to 5.
        dropout: the share of G's units that are dropped.
        batch_norm: in G batch norm, for batches of several, not instance norm. `translate` takes
            the statistics of the training, where the paper takes those of its batch of one.
        conditional: whether D sees x beside y.
        generator: a Keras model, (h, w, source_channels) -> (h, w, channels).
        discriminator: a Keras model, [(h, w, channels), (h, w, source_channels)], or the first
            alone where it is not conditional -> logits (h', w', 1).

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved as often, and
            networks that do not fit the sizes.

    Example:
        >>> from keras import ops
        >>> model = Pix2Pix(image_shape=(16, 16, 3), source_channels=1, width=4, patch_stages=1)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((32, 16, 16, 1)), ops.zeros((32, 16, 16, 3)), verbose=0)
        >>> model.translate(ops.zeros((1, 30, 50, 1))).shape
        (1, 30, 50, 3)
    """

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}
    input_sizes = {"discriminator": "image_shape"}
    image_ranks = (3,)

    def __init__(
        self,
        image_shape=(256, 256, 3),
        source_channels=None,
        width=64,
        stages=None,
        patch_stages=3,
        dropout=0.5,
        batch_norm=False,
        conditional=True,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(width=width, **({} if stages is None else {"stages": stages}))
        shape_checks.check_counts(least=0, patch_stages=patch_stages)
        super().__init__(
            name,
            image_shape=tuple(image_shape),
            source_channels=source_channels,
            width=width,
            stages=stages,
            patch_stages=patch_stages,
            dropout=dropout,
            batch_norm=batch_norm,
            conditional=conditional,
            **networks,
        )
        self.check_sides()

    @classmethod
    def small(cls, image_shape):
        """Constructor arguments that train in minutes on two cores."""
        return {"width": 16, "stages": 3, "patch_stages": 1, "batch_norm": True}

    def default_sizes(self, image_shape, **sizes):
        stages = 0
        while stages < 8 and all(side % 2 ** (stages + 1) == 0 for side in image_shape[:2]):
            stages += 1
        return {"source_channels": image_shape[-1], "stages": max(stages, 1)}

    def shapes(self):
        source, image = (None, None, self.source_channels), (None, None, self.image_shape[-1])
        seen = [image, source] if self.conditional else [image]
        return {"generator": ([source], [image]), "discriminator": (seen, None)}

    def batch_format(self):
        source = (*self.image_shape[:2], self.source_channels)
        return [batch_spec.images("x", source), batch_spec.images("y", self.image_shape)]

    def forward(self, batch):
        x, y = batch
        outputs = {"real": y, "fake": self.generator(x, training=True)}
        return outputs | ({"condition": x} if self.conditional else {})

    def discriminator_loss(self, batch, outputs):
        return {"adversarial": self.discriminator_objective(self.discriminator, **outputs)}

    def generator_loss(self, batch, outputs):
        adversarial = self.generator_objective(self.discriminator, **outputs)
        return {"adversarial": adversarial, "l1": l1(batch[1], outputs["fake"])}

    def recipe(self):
        """Paper: λ = 100, D's loss halved."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(2e-4),
            "loss_weights": {"discriminator_adversarial": 0.5, "generator_l1": 100.0},
        }

    def modern_recipe(self, steps=10_000):
        """Relativistic pairing, decaying rates and averages, with the paper's λ."""
        kept = {"loss_weights": {"generator_l1": 100.0}}
        return super().modern_recipe(steps) | kept

    def build_features(self):
        """x -> what the middle of the U says, the mean over all places."""
        middle = [n for n in self.generator.layers if isinstance(n, layers.Conv2D)]
        middle = [n for n in middle if not isinstance(n, layers.Conv2DTranspose)][-1].output
        x, said = with_fresh_input(self.generator.inputs[0], middle)
        return keras.Model(x, layers.GlobalAveragePooling2D()(said))

    def build_generator(self):
        channels = self.source_channels, self.image_shape[-1]
        return unet.generator(*channels, self.width, self.stages, self.dropout, self.batch_norm)

    def build_discriminator(self):
        condition_channels = self.source_channels if self.conditional else 0
        return patchgan.discriminator(
            self.image_shape[-1],
            self.width,
            self.patch_stages,
            condition_channels=condition_channels,
        )
