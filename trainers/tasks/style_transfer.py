"""How near pictures are to a style, what is left of their layout, and the cheapest ways to both.

Pictures are (h, w, c) in [-1, 1]. A style is what small patches of a picture have in common.
"""

import dataclasses
import functools
from pathlib import Path

import numpy as np
from scipy import ndimage

from trainers import command_line, metrics
from trainers.datasets import crops
from trainers.imaging import grids

SHOWN = 8  # pictures in a row
MIN_SIDE = 32  # pixels of a side of which styles can be told apart

SMOOTH = 2.0  # pixels over which edges are blurred, so that texture is none


def style_distance(real, other, seed=0):
    """How far a picture is from the style of a real one: the mean patch-SWD of three levels, and
    that of each. Sides are cut to multiples of 4, and should be 28 at least.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1.0, 1.0, (64, 64, 1))
        >>> mean, levels = style_distance(noise, noise)
        >>> mean < 0.1, len(levels)
        (True, 3)
    """
    cut = (picture[tuple(slice(n - n % 4) for n in picture.shape[:2])] for picture in (real, other))
    levels = metrics.patch_sliced_wasserstein(*(picture[None] for picture in cut), seed=seed)
    return float(np.mean(levels)), levels


def edge_correlation(picture, other):
    """The correlation of the edges of two pictures of one size: Sobel's, of brightness; 0 where one
    has none.

    Example:
        >>> noise = np.random.default_rng(0).uniform(-1.0, 1.0, (64, 64, 3))
        >>> round(edge_correlation(noise, -noise), 3)
        1.0
    """
    ours, theirs = (_edges(image) for image in (picture, other))
    if not ours.std() or not theirs.std():
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def l1_and_ssim(found, real):
    """Mean absolute error and mean SSIM of pictures (n, h, w, c) beside the real ones, pixels taken
    to [0, 1].

    Example:
        >>> l1_and_ssim(np.zeros((2, 16, 16, 1)), np.ones((2, 16, 16, 1)))["l1"]
        0.5
    """
    ours, theirs = (np.clip(a / 2.0 + 0.5, 0.0, 1.0) for a in (found, real))
    gap = float(np.abs(ours - theirs).mean())
    return {"l1": gap, "ssim": float(np.mean(metrics.ssim(theirs, ours)))}


def score_stylized(photograph, before, made, style, seed=0):
    """What is told of a photograph that was redrawn: `style`, the share by which its distance to
    the style, `before`, has fallen, and `edges`, the agreement with what it was.

    Example:
        >>> x, style = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 64, 64, 1))
        >>> score_stylized(x, 1.0, x, style)["edges"]
        1.0
    """
    after, _ = style_distance(style, made, seed)
    return {"style": 1.0 - after / before, "edges": edge_correlation(photograph, made)}


def match_histogram(picture, style):
    """A picture with the histogram of each channel of a style, and its own layout.

    Example:
        >>> match_histogram(np.array([[[0.1], [0.2]]]), np.array([[[1.0], [-1.0], [0.0]]])).ravel()
        array([-1.,  1.], dtype=float32)
    """
    found = np.empty(picture.shape, "float32")
    for channel in range(picture.shape[-1]):
        order = np.argsort(picture[..., channel], axis=None, kind="stable")  # ties, alike anywhere
        known = np.sort(style[..., channel], axis=None)  # np.quantile takes minutes for it
        places = np.linspace(0.0, known.size - 1.0, order.size)
        greys = np.empty(order.size)
        greys[order] = np.interp(places, np.arange(known.size), known)
        found[..., channel] = greys.reshape(picture.shape[:2])
    return found


def shuffle_patches(picture, side=32, seed=0):
    """The squares of a picture in another order: the cheapest texture there is.

    Example:
        >>> shuffle_patches(np.zeros((64, 96, 1))).shape
        (64, 96, 1)
    """
    rows, columns = (n // side for n in picture.shape[:2])
    mixed = np.random.default_rng(seed).permutation(crops.grid_patches(picture, side))
    mixed = mixed.reshape(rows, columns, side, side, -1).swapaxes(1, 2)
    return mixed.reshape(rows * side, columns * side, -1)


def _edges(picture):
    """Where a picture changes, fine texture left out."""
    smooth = ndimage.gaussian_filter(picture.mean(axis=-1), SMOOTH)
    return np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)).ravel()


def to_network_range(pixels, channels):
    """Bytes (…, h, w, 3) as a network of 1 or 3 channels sees them: luminance, or RGB.

    Example:
        >>> float(to_network_range(np.full((2, 2, 3), 255, np.uint8), 3).max())
        1.0
    """
    from trainers.imaging import ycbcr

    if channels == 1:
        return 2.0 * ycbcr.luminance(pixels) - 1.0
    return np.asarray(pixels, "float32") / 127.5 - 1.0


def style_of(path, side):
    """The picture that --style names, (h, w, 3) in [-1, 1], with sides from `side` on.

    Raises:
        ValueError: it cannot be read, or is smaller.

    Example:
        >>> from PIL import Image
        >>> Image.new("RGB", (96, 64)).save("style.png")
        >>> style_of("style.png", side=32).shape
        (64, 96, 3)
    """
    from trainers.datasets import image_decoding

    with command_line.flag_errors("style"):
        if path is None:
            raise ValueError("should name a picture. Received: nothing.")
        try:
            with image_decoding.reject_huge_images():
                pixels = image_decoding.decode(Path(path).expanduser())
        except image_decoding.UnreadableImage as error:
            raise ValueError(f"should be a picture. Received: {path} ({error})") from None
        if min(pixels.shape[:2]) < max(side, MIN_SIDE):
            raise ValueError(
                f"should have sides from {max(side, MIN_SIDE)} pixels on, for --image_size={side}. "
                f"Received: {pixels.shape[0]}x{pixels.shape[1]}"
            )
    return to_network_range(pixels, 3)


@dataclasses.dataclass(frozen=True)
class TextureData:
    """One picture, of which a texture of any size is learned.

    Attributes:
        style: (h, w, c).
        side: of the crops.

    Example:
        >>> data = TextureData(np.zeros((64, 96, 3), "float32"), side=32)
        >>> data.sizes, data.in_epoch(batch_size=2)
        ({'image_shape': (32, 32, 3)}, 3)
    """

    style: np.ndarray
    side: int

    @property
    def sizes(self):
        return {"image_shape": (self.side, self.side, self.style.shape[-1])}

    def in_epoch(self, batch_size):
        return max(1, self.style[..., 0].size // (self.side**2 * batch_size))

    def stream(self, batch_size, seed, first):
        from trainers.datasets import crops

        return crops.random_crops([self.style], self.side, batch_size, seed, first)

    def scores(self, model, seed=0):
        """The distance of a drawn texture to the picture, beside that of its squares in another
        order, which are the cheapest texture there is."""
        from trainers.tasks import style_transfer

        style = self.style
        drawn = model.generate(1, seed=seed, size=style.shape[:2])[0]
        mixed = style_transfer.shuffle_patches(style, side=max(8, self.side // 2), seed=seed)
        found = {
            name: {"distance": style_transfer.style_distance(style, image, seed)[0]}
            for name, image in (("ours", drawn), ("its squares, shuffled", mixed))
        }
        side = min(256, *style.shape[:2])
        rows = {"the picture": style, "drawn": drawn, "shuffled": mixed}
        return found, {name: grids.center_crop(image, side)[None] for name, image in rows.items()}


@dataclasses.dataclass(frozen=True)
class StyleData:
    """Photographs, and the picture in whose manner they are redrawn.

    Attributes:
        photographs: those to learn from, (h, w, c) each.
        held_out: name -> others.
        style: (h, w, c).
        side: of the crops.

    Example:
        >>> image = np.zeros((64, 96, 3), "float32")
        >>> data = StyleData([image], {"one": image}, style=image, side=32)
        >>> data.sizes, data.in_epoch(batch_size=2)
        ({'image_shape': (32, 32, 3)}, 3)
    """

    photographs: list
    held_out: dict
    style: np.ndarray
    side: int

    @classmethod
    def of(cls, dataset, style, side):
        """The photographs of --dataset and a style."""

        from trainers.datasets import crops

        with command_line.flag_errors("dataset"):
            known = [crops.load_photographs(dataset, "train", side)]
            known.append(crops.load_photographs(dataset, "test", MIN_SIDE))
        train, test = (
            {name: to_network_range(x, 3) for name, x in found.items()} for found in known
        )
        return cls(list(train.values()), test, style, side)

    @property
    def sizes(self):
        return {"image_shape": (self.side, self.side, self.style.shape[-1])}

    def in_epoch(self, batch_size):
        pixels = sum(x[..., 0].size for x in self.photographs)
        return max(1, pixels // (self.side**2 * batch_size))

    def stream(self, batch_size, seed, first):
        import tensorflow as tf

        from trainers.datasets import crops

        cut = functools.partial(crops.random_crops, side=self.side, batch_size=batch_size)
        x = cut(self.photographs, seed=seed, first=first)
        return tf.data.Dataset.zip(x, cut([self.style], seed=seed + 1, first=first))

    def scores(self, model, seed=0):
        """How near what is made of held-out photographs is to the style, and how much of their
        layout is left, beside photographs with the histograms of the style."""
        from trainers.tasks import style_transfer

        found, rows = {"ours": [], "histogram": []}, {"photograph": [], "ours": []}
        for photograph in self.held_out.values():
            x = photograph[tuple(slice(0, n - n % 4) for n in photograph.shape[:2])]
            before, _ = style_transfer.style_distance(self.style, x, seed)
            made = model.translate(x[None])[0]
            for name, image in (
                ("ours", made),
                ("histogram", style_transfer.match_histogram(x, self.style)),
            ):
                found[name].append(
                    style_transfer.score_stylized(x, before, image, self.style, seed)
                )
            rows["photograph"].append(grids.center_crop(x, 160))
            rows["ours"].append(grids.center_crop(made, 160))
        means = {
            name: {kind: float(np.mean([one[kind] for one in each])) for kind in ("style", "edges")}
            for name, each in found.items()
        }
        return means, {name: np.stack(images[:SHOWN]) for name, images in rows.items()}
