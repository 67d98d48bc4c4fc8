"""Photographs of any size redrawn by a model that translates, in tiles where they are large.

    stylizer = stylizing.Stylizer(zoo.from_preset("mgan_grass_photos"), strength=0.8)
    stylizer.stylize(pixels)

The networks of CycleGAN and MGAN normalise by the moments of the whole image. Those of a large
image are estimated from parts of it at full resolution, and all tiles share them: so there is no
seam, and the memory does not depend on the size.
"""

import functools
import warnings

import numpy as np
import tensorflow as tf
from PIL import Image

from trainers.imaging import grids, instance_norm, tiling, ycbcr
from trainers.tasks.style_transfer import to_network_range

WHOLE = 2**20  # pixels of the largest image that is computed at once
TILE = 256  # pixels of a side of a tile, without its margin
REACH = 128  # pixels, of the largest margin
MIN_SIDE = 64  # of an image that is computed in tiles; narrower ones are computed at once
N_PARTS = 4  # rows and columns of parts of which the moments are taken


def mix(stylized, photograph, strength):
    """Returns strength · stylized + (1 - strength) · photograph.

    Example:
        >>> mix(np.ones(2), np.zeros(2), strength=0.25)
        array([0.25, 0.25])
    """
    return strength * stylized + (1.0 - strength) * photograph


class Stylizer:
    """Redraws photographs with a model that translates.

    Args:
        model: a model of the zoo with `translate`. One that generates luminances leaves colors as
            they are.
        strength: weight of the result, from 0, the photograph, to 1.
        keep_color: whether only the luminance is redrawn.
        backwards: whether a CycleGAN translates from the target to the source.
        seed: of the noise of a model that has some.

    Raises:
        ValueError: for a model that does not translate, or not backwards.

    Example:
        >>> import zoo
        >>> model = zoo.create("mgan", scale="small", image_shape=(16, 16, 3), width=4)
        >>> Stylizer(model, strength=0.5).stylize(np.zeros((10, 15, 3), np.uint8)).shape
        (10, 15, 3)
    """

    def __init__(self, model, strength=1.0, keep_color=False, backwards=False, seed=0):
        if not hasattr(model, "translate"):
            raise ValueError(f"`model` should translate. Received: a {type(model).__name__}.")
        if backwards and not hasattr(model, "translate_back"):
            raise ValueError(f"`backwards` needs a CycleGAN. Received: a {type(model).__name__}.")
        self.model, self.network = model, "inverse_generator" if backwards else "generator"
        ((*_, self.channels),), ((*_, self.out_channels),) = model.shapes()[self.network]
        self.strength, self.keep_color, self.seed = strength, keep_color, seed

    def stylize(self, pixels):
        """Redraws pixels, uint8 (h, w, 1 or 3): uint8 of the same height and width.

        Generated luminances get the colors of `pixels`; luminances that a model generates from
        colors stay grey.

        Photographs of more than `WHOLE` pixels are redrawn in tiles. Where the network needs the
        whole image, or draws noise for it, they are redrawn at a smaller size and enlarged, with a
        warning.
        """
        height, width = pixels.shape[:2]
        if height * width <= WHOLE or min(height, width) < MIN_SIDE:
            return self._redrawn(pixels, self._translate)
        if self._tiles is None:
            share = (WHOLE / (height * width)) ** 0.5
            small = resized(pixels, max(1, int(height * share)), max(1, int(width * share)))
            warnings.warn(
                f"A {type(self.model).__name__} needs the whole image: {height}x{width} pixels are "
                f"redrawn as {small.shape[0]}x{small.shape[1]} and enlarged.",
                stacklevel=2,
            )
            return resized(self._redrawn(small, self._translate), height, width)
        tiles = self._tiles
        squares = parts(pixels, N_PARTS, TILE, tiles.multiple)
        tiles.set_moments([self._input(part) for part in squares])
        return tiles.map(lambda tile: self._redrawn(tile, tiles.translate), pixels)

    @functools.cached_property
    def _tiles(self):
        """A `TiledTranslator`, or None; built for the first large photograph."""
        return TiledTranslator.of(self.model, self.network)

    def _input(self, pixels):
        """Bytes of an image as the network takes them."""
        return to_network_range(_rgb(pixels), self.channels)

    def _translate(self, x):
        backwards = self.network == "inverse_generator"
        translate = self.model.translate_back if backwards else self.model.translate
        return translate(x[None], seed=self.seed)[0]

    def _redrawn(self, pixels, translate):
        rgb = _rgb(pixels)
        stylized = translate(self._input(pixels))
        if self.out_channels == 1:
            luminance = np.clip(stylized / 2.0 + 0.5, 16.0 / 255.0, 235.0 / 255.0)
            color = ycbcr.split(rgb if self.channels == 1 else 0 * rgb)[1]
            stylized = ycbcr.joined(luminance, color)
        else:
            stylized = grids.to_uint8(stylized)
        if self.keep_color and self.out_channels == 3:
            stylized = ycbcr.joined(ycbcr.split(stylized)[0], ycbcr.split(rgb)[1])
        stylized = np.rint(mix(stylized, rgb, self.strength)).astype(np.uint8)
        grey = pixels.shape[-1] == 1 and (self.out_channels == 1 or self.keep_color)
        return stylized[..., :1] if grey else stylized


class TiledTranslator:
    """A network that translates, applied to an image tile by tile.

    Args:
        network: a functional Keras model, (n, h, w, c) -> (n, h, w, c'), without noise.
        multiple: number that divides the sides of its inputs.

    Raises:
        ValueError: for a network whose receptive field, but for instance norm, is too large.

    Example:
        >>> import zoo
        >>> model = zoo.create("mgan", scale="small", image_shape=(16, 16, 3), width=4)
        >>> tiles = TiledTranslator.of(model, "generator")
        >>> image = np.zeros((20, 30, 3), "float32")
        >>> tiles.set_moments([image])
        >>> tiles.map(tiles.translate, image).shape
        (20, 30, 3)
    """

    def __init__(self, network, multiple):
        self.network, self.multiple = instance_norm.with_measured_norm(network), multiple
        side = -(-64 // multiple) * multiple
        noise = np.random.default_rng(0).uniform(
            -1.0, 1.0, (side, side, network.inputs[0].shape[-1])
        )
        self.set_moments([noise.astype("float32")])  # those of an untrained norm can hide gradients
        reach = tiling.receptive_radius(self.network, REACH, multiple) + multiple  # within a cell
        self.margin = -(-reach // multiple) * multiple

    @classmethod
    def of(cls, model, name):
        """Returns that of a model's network, or None if it cannot be applied to tiles."""
        network = getattr(model.averaged(), name)
        if any(getattr(layer, "always", False) for layer in network.layers):  # noise
            return None
        try:
            return cls(network, model.size_multiple())
        except (ValueError, tf.errors.InvalidArgumentError):  # of a network that a user gave
            return None

    def set_moments(self, images):
        """Normalises from now on as the moments of these images, (h, w, c) of one size, require."""
        instance_norm.measure(self.network, np.stack(images))

    def translate(self, x):
        """Translates a tile with its margin, (h, w, c), whose sides are multiples of `multiple`."""
        return self.network.predict_on_batch(x[None])[0]

    def map(self, function, image):
        """Returns function(tile) of all tiles of an image, (h, w, c), as one image."""
        height, width = image.shape[:2]
        surplus = [(0, -side % self.multiple) for side in (height, width)]
        image = np.pad(image, (*surplus, (0, 0)), mode="symmetric")
        return tiling.map_tiles(function, image, 1, TILE, self.margin)[:height, :width]


def parts(pixels, n, side, multiple=1):
    """Returns n · n parts of an image, spread evenly over it: squares, or rectangles of their area
    where the image is narrow.

    Args:
        pixels: (h, w, c).
        n: number of rows and columns.
        side: of the squares.
        multiple: number that divides the sides of the parts.

    Example:
        >>> [part.shape for part in parts(np.zeros((32, 900, 3)), n=1, side=64)]
        [(32, 128, 3)]
    """
    height = min(side, pixels.shape[0])
    width = min(side * side // height, pixels.shape[1])
    height = min(side * side // width, pixels.shape[0])
    height, width = (length // multiple * multiple for length in (height, width))
    tops = np.linspace(0, pixels.shape[0] - height, n).astype(int)
    lefts = np.linspace(0, pixels.shape[1] - width, n).astype(int)
    return [pixels[i : i + height, j : j + width] for i in tops for j in lefts]


def resized(pixels, height, width):
    """Returns bytes (h, w, 1 or 3) at another size.

    Example:
        >>> resized(np.zeros((10, 20, 3), np.uint8), 5, 10).shape
        (5, 10, 3)
    """
    grey = pixels.shape[-1] == 1
    image = Image.fromarray(pixels[..., 0] if grey else pixels)
    found = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    return found[..., None] if grey else found


def _rgb(pixels):
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))
