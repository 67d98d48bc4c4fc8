"""Photographs of any size enlarged by a model of super-resolution, tile by tile.

    upscaler = upscaling.TiledUpscaler(zoo.from_preset("srgan_x2_photos"))
    upscaler.upscale(pixels)
    upscaling.blend(srresnet, srgan, 0.5)    # a model between the two

TensorFlow is imported when a function needs it, not before.
"""

import numpy as np

from trainers.imaging import grids, ycbcr
from trainers.tasks import super_resolution

TILE = 256  # pixels of a side of a tile, before it is enlarged


class TiledUpscaler:
    """Enlarges photographs of any size with one model, tile by tile.

    Args:
        model: a model of the zoo that enlarges luminances or RGB.
        tile: pixels of a side of the tiles, before they are enlarged; 0: the image at once.

    Raises:
        ValueError: for a model whose receptive field is too large to work by tiles.

    Example:
        >>> import zoo
        >>> model = zoo.create("srgan", scale="small", image_shape=(16, 16, 1), factor=2, width=4)
        >>> TiledUpscaler(model, tile=8).upscale(np.zeros((10, 15, 3), np.uint8)).shape
        (20, 30, 3)
    """

    def __init__(self, model, tile=TILE):
        from trainers.imaging import tiling

        self.model, self.tile, self.margin = model, tile, 0
        if tile:
            try:
                radius = tiling.receptive_radius(model.averaged().generator)
            except ValueError as error:
                raise ValueError(f"`tile`: {error}") from None
            self.margin = max(2, radius)  # colors are enlarged by bicubic weights: two pixels

    def upscale(self, pixels, progress=iter):
        """Enlarges pixels by the factor of the model.

        Args:
            pixels: uint8 (h, w, 1 or 3).
            progress: wraps the list of tiles, such as `tqdm.tqdm`.

        Returns:
            uint8 (factor h, factor w, 1 or 3).
        """
        from trainers.imaging import tiling

        side = self.tile or max(pixels.shape[:2])
        return tiling.map_tiles(self._tile, pixels, self.model.factor, side, self.margin, progress)

    def _tile(self, pixels):
        if self.model.image_shape[-1] == 3:
            rgb = grids.from_uint8(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
            large = grids.to_uint8(self.model.enlarge(rgb[None])[0])
        else:
            luminance, color = ycbcr.split(pixels)
            color = super_resolution.bicubic_resize(color, self.model.factor)
            large = ycbcr.joined(super_resolution.upscale_luminance(self.model, luminance), color)
        return large[..., : pixels.shape[-1]]


def blend(first, second, share):
    """Returns a model whose generator has the weights (1 - share) · first + share · second.

    Source: Wang et al. 2018, ESRGAN, §3.4, https://arxiv.org/abs/1809.00219.

    Raises:
        ValueError: for generators of different sizes.

    Example:
        >>> import zoo
        >>> sizes = {"image_shape": (16, 16, 1), "width": 4, "blocks": 1}
        >>> one, other = zoo.SRGAN(**sizes), zoo.SRGAN(**sizes)
        >>> x = np.zeros((1, 4, 4, 1), "float32")
        >>> bool(np.allclose(blend(one, other, 1.0).enlarge(x), other.enlarge(x), atol=1e-6))
        True
    """
    weights = [m.averaged().generator.get_weights() for m in (first, second)]
    shapes = [[w.shape for w in one] for one in weights]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "`first` and `second` should have generators of the same sizes. "
            f"Received: {len(shapes[0])} and {len(shapes[1])} weights of other shapes."
        )
    model = type(first).from_config(first.get_config())
    pairs = zip(*weights, strict=True)
    model.generator.set_weights([(1.0 - share) * a + share * b for a, b in pairs])
    return model
