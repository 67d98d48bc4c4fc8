"""SRGAN: super-resolution of photographs with a perceptual and an adversarial loss.

Ledig, Theis, Huszár, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi (2017),
"Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
https://arxiv.org/abs/1609.04802

    G: mean (φ(x) - φ(G(x↓)))² + 1e-3 E[-log D(G(x↓))]    (eq. 3),  D: the loss of GAN
    pretraining, SRResNet: mean (x - G(x↓))²    (§3.2)

x↓ is x downsampled with anti-aliased bicubic weights, φ(x) the features of a frozen network. The
paper's is VGG19, whose weights have to be downloaded:
`SRGAN(content=zoo.networks.perceptual.vgg19())`; the default is randomly initialised filters.
Adam(1e-4, .9), batches of 16 crops of 96x96, a million steps of SRResNet and then 100,000 of SRGAN,
and as many at 1e-5 (§3.2). No code was released.
"""

import keras
from keras import layers, ops

from trainers.adversarial import AdversarialModel
from trainers.engine import batch_spec, shape_checks
from trainers.engine.inference import predict_in_batches
from trainers.losses import feature_distance
from trainers.objectives import NonSaturating
from zoo.layers import Bicubic
from zoo.mixins.image_to_image import ImageConditioned
from zoo.networks import patchgan, perceptual, srresnet
from zoo.networks.feature_taps import penultimate_tensor, with_fresh_input


class SRGAN(ImageConditioned, AdversarialModel):
    """Trains on batches of x, shape (batch, *image_shape), large images in [-1, 1]. Calling the
    model maps small images (batch, h, w, channels) to large ones, (batch, factor h, factor w,
    channels); `enlarge` clips them to [-1, 1].

    Training has two stages: `compile(**model.pretraining())` and `fit` train SRResNet, and
    `compile()` and `fit` then continue from it with SRGAN.

    Args:
        image_shape: (height, width, channels) of x in training, sides multiples of `factor`.
        factor: by which sides are enlarged, a power of 2.
        width: channels of G.
        blocks: residual blocks of G.
        discriminator_width: channels of the first layers of D; None: `width`.
        outer_kernel: side of the kernels of the first and the last convolution of G.
        batch_norm: in both networks.
        skip: whether G adds to a bicubic enlargement, instead of generating the complete image.
        patch_stages: how often D halves the sides, as a PatchGAN like that of pix2pix, which
            classifies patches; None: the paper's D, which classifies the complete crop.
        generator: a Keras model, (h, w, channels) -> (factor h, factor w, channels).
        discriminator: a Keras model, image_shape -> logits.
        content: a Keras model, image_shape -> one or several feature maps. Its weights are frozen,
            also for other models that share them.

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be downsampled or are too
            small for D, and networks that do not fit the sizes.

    Example:
        >>> model = SRGAN(image_shape=(16, 16, 3), width=4, blocks=1)
        >>> photographs = ops.zeros((32, 16, 16, 3))
        >>> model.compile(**model.pretraining())
        >>> history = model.fit(photographs, verbose=0)
        >>> model.compile()
        >>> history = model.fit(photographs, verbose=0)
        >>> model.enlarge(ops.zeros((1, 10, 15, 3))).shape
        (1, 40, 60, 3)
    """

    players = {"discriminator": ["discriminator"], "generator": ["generator"]}
    frozen_networks = ("content",)
    entry_method = "enlarge"
    input_sizes = {"discriminator": "image_shape"}
    image_ranks = (3,)
    overshoot = 0.5  # of small images by bicubic interpolation, as in training

    def __init__(
        self,
        image_shape=(96, 96, 3),
        factor=4,
        width=64,
        blocks=16,
        discriminator_width=None,
        outer_kernel=9,
        batch_norm=True,
        skip=False,
        patch_stages=None,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(width=width, blocks=blocks, outer_kernel=outer_kernel)
        srresnet.check_factor(factor)
        if discriminator_width is not None:
            shape_checks.check_counts(discriminator_width=discriminator_width)
        if patch_stages is not None:
            shape_checks.check_counts(patch_stages=patch_stages)
        super().__init__(
            name,
            image_shape=shape_checks.as_shape(image_shape),
            factor=factor,
            width=width,
            blocks=blocks,
            discriminator_width=discriminator_width,
            outer_kernel=outer_kernel,
            batch_norm=batch_norm,
            skip=skip,
            patch_stages=patch_stages,
            **networks,
        )
        shape_checks.check_multiples(self.image_shape, factor, factor=factor)
        min_side = patchgan.min_side(patch_stages or 0)
        if min(self.image_shape[:2]) < min_side:
            raise ValueError(
                f"`image_shape` should have sides from {min_side} on for "
                f"patch_stages={patch_stages}. Received: image_shape={self.image_shape}"
            )
        self.shrink = Bicubic(factor, shrink=True, dtype="float32")
        small = self.shrink.compute_output_shape((None, *self.image_shape))
        large = tuple(self.generator.compute_output_shape(small))
        if large != (None, *self.image_shape):
            raise ValueError(
                f"`generator` should enlarge by factor={factor}, {small[1:]} to "
                f"{self.image_shape}. Received: outputs {large[1:]}."
            )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        patches = 2 if min(image_shape[:2]) >= patchgan.min_side(2) else 1
        discriminator = {"discriminator_width": 32, "patch_stages": patches}
        generator = {"width": 32, "blocks": 4, "outer_kernel": 3}
        return discriminator | generator | {"batch_norm": False, "skip": True}

    def default_sizes(self, width, **sizes):
        return {"discriminator_width": width}

    def shapes(self):
        images = (None, None, self.image_shape[-1])
        return {"generator": ([images], [images]), "content": ([self.image_shape], None)}

    def forward(self, x):
        return {"fake": self.generator(self.shrink(x), training=True)}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, x, outputs["fake"])

    def generator_loss(self, x, outputs):
        """Returns the loss terms; content and adversarial terms of weight 0 are not computed."""
        terms = {"content": self.content_loss, "adversarial": self.adversarial_loss}
        losses = {"pixels": feature_distance(x, outputs["fake"])}
        for term, loss in terms.items():
            weight = self.loss_weights.get(f"generator_{term}", 1.0)
            losses[term] = loss(x, outputs["fake"]) if weight else 0.0
        return losses

    def adversarial_loss(self, x, y):
        return self.generator_objective(self.discriminator, x, y)

    def content_loss(self, x, y):
        """Returns the distance between φ(x) and φ(y) (eq. 5)."""
        return feature_distance(self.content(x), self.content(y))

    def recipe(self):
        """Paper: weights 1 for the content and 1e-3 for the adversarial loss."""
        return {
            "objective": NonSaturating(),
            "optimizers": self.adam(1e-4, 0.9),
            "loss_weights": {"generator_pixels": 0.0, "generator_adversarial": 1e-3},
        }

    def pretraining(self, steps=None):
        """Returns the compile arguments of the first stage, SRResNet: pixel loss only, no turns of
        D.

        Args:
            steps: number of train steps, for learning rates that decay from 1e-3, which is stable
                for networks without batch norm; None: the recipe's optimizers.
        """
        weights = {"pixels": 1.0, "content": 0.0, "adversarial": 0.0}
        weights = {f"generator_{term}": weight for term, weight in weights.items()}
        stage = {"turns": {"discriminator": 0}, "loss_weights": weights}
        return stage | ({"optimizers": self.adam(1e-3, 0.9, steps=steps)} if steps else {})

    def modern_recipe(self, steps=10_000):
        """For trainings of hundreds of steps: D learns faster than G, EMA of G, learning rate
        decay, and a weight of .1 for the adversarial loss, next to randomly initialised filters."""
        rates = {"discriminator": 5e-4, "generator": 2e-4}
        return self.recipe() | {
            "optimizers": self.adam(rates, steps=steps, averaged=["generator"]),
            "loss_weights": {"generator_pixels": 0.0, "generator_adversarial": 0.1},
        }

    def call(self, x, training=False):
        return self.generator(x, training=training)

    def enlarge(self, x, batch_size=16):
        """Enlarges images.

        Args:
            x: images in [-1, 1], shape (n, h, w, channels), of any height and width.
            batch_size: number of images per call of the network.

        Returns:
            A NumPy array (n, factor h, factor w, channels), in [-1, 1].

        Raises:
            ValueError: for another dtype, shape, number of channels or range.
        """
        ema_copy = self.averaged()
        shape = (None, None, self.image_shape[-1])
        x = self.validated(x, batch_spec.images("x", shape, self.overshoot))
        return predict_in_batches(ema_copy.view("enlarge", ema_copy.build_enlarging), x, batch_size)

    def build_enlarging(self):
        """Builds the network small images -> large ones, clipped to [-1, 1]."""
        low = self.generator.inputs[0]
        images = ops.clip(self.generator(low), -1.0, 1.0)
        return keras.Model(low, layers.Identity(dtype="float32", name="images")(images))

    def signatures(self):
        return {"enlarge": self.view("enlarge", self.build_enlarging)}

    def build_features(self):
        """Builds the network x -> input of the discriminator's last layer, flattened."""
        network = self.discriminator
        x, hidden = with_fresh_input(network.inputs[0], penultimate_tensor(network.outputs[0]))
        return keras.Model(x, layers.Flatten()(hidden))

    def build_generator(self):
        channels, kernel = self.image_shape[-1], self.outer_kernel
        sizes = self.factor, self.width, self.blocks, kernel, self.batch_norm, self.skip
        return srresnet.generator(channels, *sizes)

    def build_discriminator(self):
        width = self.discriminator_width
        if self.patch_stages is not None:
            return patchgan.discriminator(
                self.image_shape[-1], width, self.patch_stages, self.batch_norm
            )
        return srresnet.discriminator(self.image_shape, width, self.batch_norm)

    def build_content(self):
        return perceptual.random_filters(self.image_shape[-1])
