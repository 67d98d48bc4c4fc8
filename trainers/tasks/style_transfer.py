"""Style transfer and textures: data, baselines and scores.

Images are (h, w, c) in [-1, 1] unless noted. The style of an image is the distribution of small
patches of it.
"""

import dataclasses
import functools

import numpy as np
import tensorflow as tf
from scipy import ndimage

from trainers import files, metrics, tasks
from trainers.datasets import crops, image_decoding
from trainers.imaging import grids, ycbcr

N_SHOWN = 8  # images in a row
MIN_SIDE = 32  # pixels of the smallest side for which styles are compared

SMOOTH = 2.0  # σ in pixels by which edges are blurred, so that texture does not count


def style_distance(real, other, seed=0):
    """Distance of an image to the style of a real one: (mean, levels), the patch-SWD of the three
    levels of a Laplacian pyramid and their mean. Sides are cut to multiples of 4, and should be 28
    at least.

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
    """Correlation of the Sobel edges of two images of one size, of the mean of their channels; 0
    where an image has no edges.

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
    """Mean absolute error and mean SSIM of images (n, h, w, c) compared with real ones, on pixels
    scaled to [0, 1].

    Example:
        >>> l1_and_ssim(np.zeros((2, 16, 16, 1)), np.ones((2, 16, 16, 1)))["l1"]
        0.5
    """
    ours, theirs = (np.clip(a / 2.0 + 0.5, 0.0, 1.0) for a in (found, real))
    gap = float(np.abs(ours - theirs).mean())
    return {"l1": gap, "ssim": float(np.mean(metrics.ssim(theirs, ours)))}


def score_stylized(photograph, before, stylized, style, seed=0):
    """Scores of a photograph that was redrawn.

    Args:
        photograph: the original.
        before: `style_distance` of the original.
        stylized: the photograph redrawn.
        style: the image of the style.
        seed: of the patches.

    Returns:
        A dict: `style`, the share of `before` by which the distance to the style has fallen, and
        `edges`, the `edge_correlation` with the original.

    Example:
        >>> x, style = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 64, 64, 1))
        >>> score_stylized(x, 1.0, x, style)["edges"]
        1.0
    """
    after, _ = style_distance(style, stylized, seed)
    return {"style": 1.0 - after / before, "edges": edge_correlation(photograph, stylized)}


def match_histogram(picture, style):
    """Histogram matching, a baseline: an image whose channels get the histograms of a style.

    Example:
        >>> match_histogram(np.array([[[0.1], [0.2]]]), np.array([[[1.0], [-1.0], [0.0]]])).ravel()
        array([-1.,  1.], dtype=float32)
    """
    matched = np.empty(picture.shape, "float32")
    for channel in range(picture.shape[-1]):
        order = np.argsort(picture[..., channel], axis=None, kind="stable")  # the same anywhere
        known = np.sort(style[..., channel], axis=None)  # np.quantile takes minutes for it
        places = np.linspace(0.0, known.size - 1.0, order.size)
        greys = np.empty(order.size)
        greys[order] = np.interp(places, np.arange(known.size), known)
        matched[..., channel] = greys.reshape(picture.shape[:2])
    return matched


def shuffle_patches(picture, side=32, seed=0):
    """Squares of an image in random order, a baseline of textures.

    Example:
        >>> shuffle_patches(np.zeros((64, 96, 1))).shape
        (64, 96, 1)
    """
    rows, columns = (n // side for n in picture.shape[:2])
    mixed = np.random.default_rng(seed).permutation(crops.grid_patches(picture, side))
    mixed = mixed.reshape(rows, columns, side, side, -1).swapaxes(1, 2)
    return mixed.reshape(rows * side, columns * side, -1)


def _edges(picture):
    """Gradient magnitudes of the blurred image, flattened."""
    smooth = ndimage.gaussian_filter(picture.mean(axis=-1), SMOOTH)
    return np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)).ravel()


def to_network_range(pixels, channels):
    """Bytes (…, h, w, 3) as a network of 1 or 3 channels takes them: luminance or RGB in [-1, 1].

    Example:
        >>> float(to_network_range(np.full((2, 2, 3), 255, np.uint8), 3).max())
        1.0
    """
    return ycbcr.network_luminance(pixels) if channels == 1 else grids.from_uint8(pixels)


def load_style(style, side):
    """Returns the image of a style, (h, w, 3) in [-1, 1].

    Args:
        style: path of an image file.
        side: pixels of the crops that are learned from; sides of the image are at least as long.

    Raises:
        ValueError: the file cannot be read, or the image is too small.

    Example:
        >>> from PIL import Image
        >>> Image.new("RGB", (96, 64)).save("style.png")
        >>> load_style("style.png", side=32).shape
        (64, 96, 3)
    """
    if style is None:
        raise ValueError("`style` should be an image file. Received: None")
    try:
        with image_decoding.reject_huge_images():
            pixels = image_decoding.decode(files.expanded(style))
    except image_decoding.UnreadableImage as error:
        raise ValueError(f"`style` should be an image file. Received: {style} ({error})") from None
    except ValueError as error:
        raise ValueError(f"`style`: {error}") from None
    if min(pixels.shape[:2]) < max(side, MIN_SIDE):
        raise ValueError(
            f"`style` should have sides from {max(side, MIN_SIDE)} pixels on, for crops of {side}. "
            f"Received: {pixels.shape[0]}x{pixels.shape[1]}"
        )
    return to_network_range(pixels, 3)


@dataclasses.dataclass(frozen=True)
class TextureData(tasks.CropData):
    """Random crops of one image, from which a texture of any size is learned: a `TrainingData`.

    Attributes:
        style: the image, (h, w, c) in [-1, 1].
        side: pixels of a side of the crops.

    Example:
        >>> data = TextureData(np.zeros((64, 96, 3), "float32"), side=32)
        >>> data.model_kwargs, data.batches_per_epoch(batch_size=2)
        ({'image_shape': (32, 32, 3)}, 3)
    """

    style: np.ndarray
    side: int

    @property
    def model_kwargs(self):
        """`image_shape`."""
        return {"image_shape": (self.side, self.side, self.style.shape[-1])}

    @property
    def pixels_per_epoch(self):
        """Pixels of the image."""
        return self.style[..., 0].size

    def crops(self, batch_size, seed, first):
        """Returns endless batches of crops, (batch_size, side, side, c)."""
        return crops.random_crops([self.style], self.side, batch_size, seed, first)

    def scores(self, model, seed=0):
        """Distance of a generated texture to the image, compared with a baseline: the squares of
        the image in random order.

        Returns:
            (figures, rows): name -> kind -> number, and name -> images (n, h, w, c) to show.
        """
        style = self.style
        generated = model.generate(1, seed=seed, size=style.shape[:2])[0]
        shuffled = shuffle_patches(style, side=max(8, self.side // 2), seed=seed)
        figures = {
            name: {"distance": style_distance(style, image, seed)[0]}
            for name, image in (("ours", generated), ("its squares, shuffled", shuffled))
        }
        side = min(256, *style.shape[:2])
        rows = {"the picture": style, "drawn": generated, "shuffled": shuffled}
        return figures, {name: grids.center_crop(image, side)[None] for name, image in rows.items()}


@dataclasses.dataclass(frozen=True)
class StyleData(tasks.CropData):
    """Random crops of photographs, and of the image in whose style they are redrawn: a
    `TrainingData`.

    Attributes:
        photographs: a list of photographs to learn from, (h, w, c) in [-1, 1].
        held_out: name -> photograph that is not learned from.
        style: (h, w, c) in [-1, 1].
        side: pixels of a side of the crops.

    Example:
        >>> image = np.zeros((64, 96, 3), "float32")
        >>> data = StyleData([image], {"one": image}, style=image, side=32)
        >>> data.model_kwargs, data.batches_per_epoch(batch_size=2)
        ({'image_shape': (32, 32, 3)}, 3)
    """

    photographs: list
    held_out: dict
    style: np.ndarray
    side: int

    @classmethod
    def of(cls, dataset, style, side):
        """Returns the photographs of a dataset, see `crops.load_photographs`, with a style.

        Raises:
            ValueError: for a dataset without photographs that are large enough.
        """
        splits = [
            crops.load_photographs(dataset, "train", side),
            crops.load_photographs(dataset, "test", MIN_SIDE),
        ]
        train, test = (
            {name: to_network_range(x, 3) for name, x in split.items()} for split in splits
        )
        return cls(list(train.values()), test, style, side)

    @property
    def model_kwargs(self):
        """`image_shape`."""
        return {"image_shape": (self.side, self.side, self.style.shape[-1])}

    @property
    def pixels_per_epoch(self):
        """Pixels of all photographs."""
        return sum(x[..., 0].size for x in self.photographs)

    def crops(self, batch_size, seed, first):
        """Returns endless batches of crops of photographs and of the style, (batch_size, side,
        side, c) each."""
        cut = functools.partial(crops.random_crops, side=self.side, batch_size=batch_size)
        x = cut(self.photographs, seed=seed, first=first)
        return tf.data.Dataset.zip(x, cut([self.style], seed=seed + 1, first=first))

    def scores(self, model, seed=0):
        """`score_stylized` of held-out photographs, the mean, compared with a baseline: photographs
        with the histograms of the style.

        Returns:
            (figures, rows): name -> kind -> number, and name -> images (n, h, w, c) to show.
        """
        figures, rows = {"ours": [], "histogram": []}, {"photograph": [], "ours": []}
        for photograph in self.held_out.values():
            x = photograph[tuple(slice(0, n - n % 4) for n in photograph.shape[:2])]
            before, _ = style_distance(self.style, x, seed)
            stylized = model.translate(x[None])[0]
            results = {"ours": stylized, "histogram": match_histogram(x, self.style)}
            for name, image in results.items():
                figures[name].append(score_stylized(x, before, image, self.style, seed))
            rows["photograph"].append(grids.center_crop(x, 160))
            rows["ours"].append(grids.center_crop(stylized, 160))
        rows = {name: np.stack(images[:N_SHOWN]) for name, images in rows.items()}
        return {name: mean_scores(each) for name, each in figures.items()}, rows


def mean_scores(each):
    """Returns the mean of each kind of score of several photographs.

    Example:
        >>> mean_scores([{"style": 0.5, "edges": 1.0}, {"style": 1.0, "edges": 1.0}])
        {'style': 0.75, 'edges': 1.0}
    """
    return {kind: float(np.mean([one[kind] for one in each])) for kind in ("style", "edges")}
