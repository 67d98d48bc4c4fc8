"""What families that make an image of an image share: what their users call, for any size."""

import contextlib

import keras

from trainers import batches, noise
from trainers.showing import in_batches
from zoo.layers import AnySize


class Translating:
    """Methods of a family whose `generator` maps images to images, sides multiples of `multiple()`.

    A family derives from it and from `AdversarialModel`, in this order.
    """

    def multiple(self):
        """What the sides of images that the networks take are multiples of."""
        raise NotImplementedError

    def call(self, x, training=False):
        return self.generator(x, training=training)

    def draw(self, n):
        """There is nothing to draw of no image.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            f"`translate` should be called, with images: {type(self).__name__} makes an image of "
            "an image, and none of noise."
        )

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
        shown = self.averaged()
        source = shown.generator.inputs[0].shape[-1]
        x = self.checked(x, batches.images("x", (None, None, source)))
        network = shown.view("translate", shown.build_translation)
        with (
            noise.stream(seed, label="translate") if seed is not None else contextlib.nullcontext()
        ):
            return in_batches(network, x, batch_size)

    def build_translation(self):
        """x -> y, of any height and width."""
        source = self.generator.inputs[0]
        inputs = keras.Input((None, None, source.shape[-1]), name="source")
        images = AnySize(self.generator, self.multiple(), dtype="float32", name="images")
        return keras.Model(inputs, images(inputs))

    def signatures(self):
        return {"translate": self.view("translate", self.build_translation)}
