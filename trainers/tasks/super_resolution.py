"""How enlarged photographs are judged, and the cheap enlargements that they are judged beside.

The protocol of super-resolution papers: what is compared is the luminance of BT.601, 16 to 235 of
255, sides cut to multiples of the factor, small images made by Pillow's bicubic weights, edges of
`factor` pixels left out.
"""

import numpy as np
from PIL import Image

from trainers import metrics
from trainers.datasets import crops
from trainers.imaging import ycbcr

SIDE = 7  # of the neighbourhood that the linear filter looks at
SQUARE = 64  # of the pieces by whose patches textures are compared


def bicubic_resize(images, factor, shrink=False):
    """Pillow's bicubic resampling of (h, w, 1), each side times or over a factor.

    Example:
        >>> bicubic_resize(np.ones((8, 12, 1), "float32"), 4, shrink=True).shape
        (2, 3, 1)
    """
    height, width = (n // factor if shrink else n * factor for n in images.shape[:2])
    layer = Image.fromarray(images[..., 0])
    return np.asarray(layer.resize((width, height), Image.BICUBIC))[..., None]


def low_high_pairs(photographs, factor):
    """name -> (small, large) luminances of photographs, large sides cut to multiples of factor.

    Args:
        photographs: name -> uint8 (h, w, 3).

    Example:
        >>> low_high_pairs({"grey": np.full((9, 14, 3), 128, np.uint8)}, 4)["grey"][0].shape
        (2, 3, 1)
    """
    found = {}
    for name, pixels in photographs.items():
        height, width = (n - n % factor for n in pixels.shape[:2])
        large = ycbcr.luminance(pixels[:height, :width])
        found[name] = bicubic_resize(large, factor, shrink=True), large
    return found


class LinearFilter:
    """Least squares: what bicubic enlargement lacks at each of factor² places of a pixel, as a
    linear function of the 7x7 small pixels around it.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (32, 48, 1)).astype("float32")
        >>> small = bicubic_resize(large, 4, shrink=True)
        >>> LinearFilter(4).fit([(small, large)]).enlarge(small).shape
        (32, 48, 1)
    """

    def __init__(self, factor):
        self.factor = factor

    def fit(self, pairs):
        """pairs of (small, large) luminances."""
        moments, answers = 0.0, 0.0
        for small, large in pairs:
            x = _neighbourhoods(small)
            lacking = large - bicubic_resize(small, self.factor)
            y = _blocks(lacking, self.factor)
            moments, answers = moments + x.T @ x, answers + x.T @ y
        ridge = 1e-6 * np.trace(moments) / len(moments) * np.eye(len(moments))
        self.weights = np.linalg.solve(moments + ridge, answers)
        return self

    def enlarge(self, small):
        height, width, _ = small.shape
        found = (_neighbourhoods(small) @ self.weights).reshape(height, width, *[self.factor] * 2)
        lacking = found.transpose(0, 2, 1, 3).reshape(height * self.factor, width * self.factor, 1)
        return bicubic_resize(small, self.factor) + lacking.astype("float32")


def score_pair(found, large, small, factor):
    """PSNR and SSIM beside the true image, and PSNR of what is shrunk again beside the small one.
    What was found is cut to what a luminance can be.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (32, 48, 1)).astype("float32")
        >>> small = bicubic_resize(large, 4, shrink=True)
        >>> sorted(score_pair(bicubic_resize(small, 4), large, small, 4))
        ['consistency', 'psnr', 'ssim']
    """
    found = np.clip(found, 16.0 / 255.0, 235.0 / 255.0)
    inner = (slice(factor, -factor),) * 2
    again = bicubic_resize(found, factor, shrink=True)
    return {
        "psnr": metrics.psnr(large[inner][None], found[inner][None]),
        "ssim": float(metrics.ssim(large[inner][None], found[inner][None])),
        "consistency": metrics.psnr(small[None], again[None]),
    }


def score_methods(methods, pairs, factor, seed=0):
    """How well methods enlarge.

    Args:
        methods: name -> a function from a small luminance (h, w, 1) to a large one.
        pairs: as `low_high_pairs` gives them.
        factor: by which sides are enlarged.
        seed: of the patches.

    Returns:
        name -> a dict of `psnr`, `ssim` and `consistency`, the means over scenes, and `patch_swd`
        to the true luminances, by level, the finest first; and `each`, the first three by scene.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (64, 64, 1)).astype("float32")
        >>> known = {"noise": (bicubic_resize(large, 4, shrink=True), large)}
        >>> found = score_methods({"bicubic": lambda small: bicubic_resize(small, 4)}, known, 4)
        >>> sorted(found["bicubic"])
        ['consistency', 'each', 'patch_swd', 'psnr', 'ssim']
    """
    true = _squares([large for _, large in pairs.values()])
    found = {}
    for name, enlarge in methods.items():
        made = {scene: enlarge(small) for scene, (small, _) in pairs.items()}
        each = {
            scene: score_pair(made[scene], large, small, factor)
            for scene, (small, large) in pairs.items()
        }
        means = {
            kind: float(np.mean([one[kind] for one in each.values()]))
            for kind in ("psnr", "ssim", "consistency")
        }
        swd = list(metrics.patch_sliced_wasserstein(true, _squares(made.values()), seed=seed))
        found[name] = means | {"patch_swd": swd, "each": each}
    return found


def _squares(images):
    """All squares of several images."""
    side = min(SQUARE, *(n - n % 4 for image in images for n in image.shape[:2]))
    return np.concatenate([crops.grid_patches(image, side) for image in images])


def _neighbourhoods(small):
    """(h w, 49): the pixels around each, less their mean, since only differences tell detail."""
    around = np.pad(small[..., 0].astype("float64"), SIDE // 2, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(around, (SIDE, SIDE))
    x = views.reshape(-1, SIDE * SIDE)
    return x - x.mean(axis=1, keepdims=True)


def _blocks(large, factor):
    """(h w, factor²): the pixels that one small pixel stands for."""
    height, width = (n // factor for n in large.shape[:2])
    cells = large.reshape(height, factor, width, factor).transpose(0, 2, 1, 3)
    return cells.reshape(-1, factor * factor).astype("float64")
