"""Pix2Pix: image-to-image translation, learned from pairs.

Isola, Zhu, Zhou, Efros (2017), "Image-to-Image Translation with Conditional Adversarial Networks",
https://arxiv.org/abs/1611.07004

    min_G max_D  E log σ(D(y, x)) + E log(1 - σ(D(G(x, z), x))) + λ E‖y - G(x, z)‖₁,  λ = 100

D classifies patches of 70x70 pixels independently (§3.2.2), and its loss is halved. z is dropout,
at inference too (§3.2). The networks are the paper's for 256x256 and batches of one, for which its
batch norm is instance norm; here it is instance norm for any batch size, unless `batch_norm`;
Adam(2e-4, .5).

Differences from the authors' release: random crops from 286x286 and mirroring are left to the data
pipeline; layers without a norm have biases, theirs have none; the gains of norms start at 1, theirs
at N(1, .02); and G's loss is computed with the D just updated, theirs with D's outputs of before.
Its D's loss is halved in what it prints only: Adam's steps are the same.
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
    """Trains on batches of (x, y), images in [-1, 1]: source x, shape (batch, height, width,
    source_channels), and target y, shape (batch, *image_shape). Calling the model maps x to images
    like y, for sides that are multiples of 2**stages; `translate` takes any size.

    Args:
        image_shape: (height, width, channels) of y in training.
        source_channels: of x; None: as many as y has.
        width: channels of the first stage of both networks.
        stages: how often G halves the sides; None: down to 1x1, but at most eight times.
        patch_stages: how often D halves the sides: its patches are 16, 34, 70, 142, 286 pixels wide
            for 1 to 5.
        dropout: fraction of G's units that are dropped.
        batch_norm: batch norm in G instead of instance norm, for batches of several images.
            `translate` uses the moving statistics of training, where the paper uses those of its
            batch of one.
        conditional: whether x is an input of D.
        generator: a Keras model, (h, w, source_channels) -> (h, w, channels).
        discriminator: a Keras model, [(h, w, channels), (h, w, source_channels)], or only the first
            if not conditional -> logits (h', w', 1).

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved `stages` times,
            and networks that do not fit the sizes.

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
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"width": 16, "stages": 3, "patch_stages": 1, "batch_norm": True}

    def default_sizes(self, image_shape, **sizes):
        stages = 0
        while stages < 8 and all(side % 2 ** (stages + 1) == 0 for side in image_shape[:2]):
            stages += 1
        return {"source_channels": image_shape[-1], "stages": max(stages, 1)}

    def shapes(self):
        source, image = (None, None, self.source_channels), (None, None, self.image_shape[-1])
        input_shapes = [image, source] if self.conditional else [image]
        return {"generator": ([source], [image]), "discriminator": (input_shapes, None)}

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
        """Relativistic pairing loss, learning rate decay and EMA, with the paper's λ."""
        kept = {"loss_weights": {"generator_l1": 100.0}}
        return super().modern_recipe(steps) | kept

    def build_features(self):
        """Builds the network x -> bottleneck of the U-Net, averaged over positions."""
        bottleneck = [n for n in self.generator.layers if isinstance(n, layers.Conv2D)]
        bottleneck = [n for n in bottleneck if not isinstance(n, layers.Conv2DTranspose)][-1].output
        x, features = with_fresh_input(self.generator.inputs[0], bottleneck)
        return keras.Model(x, layers.GlobalAveragePooling2D()(features))

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
