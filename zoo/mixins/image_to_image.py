"""Mixins of families that map images to images, of any size."""

import contextlib

import keras

from trainers import noise
from trainers.engine import batch_spec, shape_checks
from trainers.engine.inference import predict_in_batches
from zoo.layers import AnySize
from zoo.networks import patchgan


class ImageConditioned:
    """Mixin of a family that is conditioned on images, and so cannot generate from noise."""

    entry_method = "translate"  # the method to call instead of `generate`
    draws_all_inputs = False

    def draw(self, n):
        """Raises a ValueError: there is nothing to sample."""
        raise ValueError(
            f"`{self.entry_method}` should be called, with images: {type(self).__name__} maps "
            "images to images, and cannot generate from noise."
        )


class ImageToImage(ImageConditioned):
    """Mixin of a family whose `generator` maps images to images.

    Sides of training images are multiples of `size_multiple()`.

    A family derives from `ImageToImage` and from `AdversarialModel`, in this order.
    """

    def size_multiple(self):
        """Returns the number that divides the sides of every input of the networks."""
        return 2**self.stages

    def min_size(self):
        """Returns the smallest side that the networks take."""
        return self.size_multiple()

    def call(self, x, training=False):
        return self.generator(x, training=training)

    def translate(self, x, seed=None, batch_size=16):
        """Translates images with the generator.

        Args:
            x: images in [-1, 1], shape (n, h, w, channels), of any height and width.
            seed: of the noise of a family that has some: an integer gives the same images at each
                call.
            batch_size: number of images per call of the network.

        Returns:
            A NumPy array (n, h, w, channels of y).

        Raises:
            ValueError: for another dtype, shape, number of channels or range.
        """
        return self.translate_with("generator", x, seed, batch_size)

    def translate_with(self, network, x, seed=None, batch_size=16):
        """Translates images with the network of that name; arguments as for `translate`."""
        ema_copy = self.averaged()
        x = self.validated(x, batch_spec.images("x", self.input_shape_of(network)))
        drawing = contextlib.nullcontext()
        if seed is not None:
            drawing = noise.stream(seed, label="translate")
        with drawing:
            return predict_in_batches(ema_copy.translation(network), x, batch_size)

    def input_shape_of(self, network):
        """Returns (height, width, channels) of a network's input, None for any size."""
        (source,), _ = self.shapes()[network]
        return source

    def translation(self, network):
        """Returns a network, by name, as a view that takes any height and width."""

        def build():
            inner = getattr(self, network)
            inputs = keras.Input(self.input_shape_of(network), name="source")
            sides = self.size_multiple(), self.min_size()
            images = AnySize(inner, *sides, dtype="float32", name="images")
            return keras.Model(inputs, images(inputs))

        return self.view(f"translate, {network}", build)

    def check_sides(self):
        """Raises a ValueError for an `image_shape` that the networks cannot be trained on."""
        min_side = max(patchgan.min_side(self.patch_stages), self.min_size())
        if min(self.image_shape[:2]) < min_side:
            raise ValueError(
                f"`image_shape` should have sides from {min_side} on for stages={self.stages}, "
                f"patch_stages={self.patch_stages}. Received: image_shape={self.image_shape}"
            )
        shape_checks.check_multiples(self.image_shape, self.size_multiple(), stages=self.stages)

    def signatures(self):
        return {"translate": self.translation("generator")}
