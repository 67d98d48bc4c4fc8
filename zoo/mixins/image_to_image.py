"""What families that make an image of an image share: what their users call, for any size."""

import contextlib

import keras

from trainers import noise
from trainers.engine import batch_spec, shape_checks
from trainers.engine.inference import predict_in_batches
from zoo.layers import AnySize
from zoo.networks import patchgan


class ImageConditioned:
    """A family that makes images of images: there is nothing to draw of no image."""

    entry_method = "translate"  # the method that takes images

    def draw(self, n):
        """Raises a ValueError, always."""
        raise ValueError(
            f"`{self.entry_method}` should be called, with images: {type(self).__name__} makes an "
            "image of an image, and none of noise."
        )

    def update_batch_statistics(self, n):
        """Nothing: without images batch statistics cannot be estimated anew, so that those of the
        training stay."""


class ImageToImage(ImageConditioned):
    """Methods of a family whose `generator` maps images to images.

    Sides of images are multiples of `size_multiple()`.

    A family derives from it and from `AdversarialModel`, in this order.
    """

    def size_multiple(self):
        """What the sides of images that the networks take are multiples of."""
        return 2**self.stages

    def min_size(self):
        """The smallest side that they take."""
        return self.size_multiple()

    def call(self, x, training=False):
        return self.generator(x, training=training)

    def translate(self, x, seed=None, batch_size=16):
        """What the generator makes of images.

        Args:
            x: images in [-1, 1], shape (n, h, w, channels), of any height and width.
            seed: of the noise of a family that has some: an integer for the same images at each
                call.
            batch_size: how many are made at a time.

        Returns:
            A NumPy array (n, h, w, channels of y).

        Raises:
            ValueError: for another dtype, shape or number of channels.
        """
        return self.translated("generator", x, seed, batch_size)

    def translated(self, network, x, seed=None, batch_size=16):
        """What one of the networks makes of images; else as `translate`."""
        shown = self.averaged()
        x = self.validated(x, batch_spec.images("x", self.input_shape_of(network)))
        drawing = contextlib.nullcontext()
        if seed is not None:
            drawing = noise.stream(seed, label="translate")
        with drawing:
            return predict_in_batches(shown.translation(network), x, batch_size)

    def input_shape_of(self, network):
        """(height, width, channels) of what one of the networks takes, None for any."""
        (source,), _ = self.shapes()[network]
        return source

    def translation(self, network):
        """The view of one of the networks that takes any height and width."""

        def build():
            inside = getattr(self, network)
            inputs = keras.Input(self.input_shape_of(network), name="source")
            sides = self.size_multiple(), self.min_size()
            images = AnySize(inside, *sides, dtype="float32", name="images")
            return keras.Model(inputs, images(inputs))

        return self.view(f"translate, {network}", build)

    def check_sides(self):
        """Raises a ValueError for an `image_shape` that the networks cannot take in training."""
        least = max(patchgan.min_side(self.patch_stages), self.min_size())
        if min(self.image_shape[:2]) < least:
            raise ValueError(
                f"`image_shape` should have sides from {least} on for stages={self.stages}, "
                f"patch_stages={self.patch_stages}. Received: image_shape={self.image_shape}"
            )
        shape_checks.check_multiples(self.image_shape, self.size_multiple(), stages=self.stages)

    def signatures(self):
        return {"translate": self.translation("generator")}
