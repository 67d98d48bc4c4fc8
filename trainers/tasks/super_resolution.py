"""Super-resolution: data, baselines and scores. `trainers.tasks.upscaling` enlarges photographs.

Scores follow the protocol of super-resolution papers: luminances of BT.601, 16 to 235 of 255, are
compared, sides cut to multiples of the factor, small images computed by Pillow's bicubic weights,
and `factor` pixels at each edge left out.

TensorFlow is imported when a function needs it, not before.
"""

import dataclasses
import functools

import numpy as np
from PIL import Image

from trainers import tasks
from trainers.imaging import grids, ycbcr

CROP = 64  # pixels of a side of the crops to learn from
NEIGHBOURHOOD = 7  # pixels of a side of the input of the linear filter
SQUARE = 64  # pixels of a side of the pieces whose patches are compared
N_SHOWN = 8  # photographs that pictures show
PREVIEW_SIZE = 48  # pixels of a side of each in pictures, before it is enlarged
SCORES = ("psnr", "ssim", "consistency", "texture")
LOWER = ("texture",)  # scores of which less is better


def load_splits(dataset, side=CROP):
    """Returns the photographs of a dataset: "train" and "test" -> name -> uint8 (h, w, 3).

    Args:
        dataset: see `crops.load_photographs`.
        side: pixels of the crops to learn from; photographs of "train" are at least as large.

    Raises:
        ValueError: for a split without a photograph that is large enough.

    Example:
        >>> load_splits("photos")["test"]["coins"].shape
        (303, 384, 3)
    """
    from trainers.datasets import crops

    test = crops.load_photographs(dataset, "test", SQUARE)
    return {"train": crops.load_photographs(dataset, "train", side), "test": test}


@dataclasses.dataclass(frozen=True)
class PhotographData(tasks.CropData):
    """Random crops of the luminances of photographs, mirrored at random: a `TrainingData`.

    Attributes:
        splits: photographs, as `load_splits` returns them.
        side: pixels of a side of the crops.

    Example:
        >>> data = PhotographData({"train": {"grey": np.full((64, 96, 3), 128, np.uint8)}}, side=32)
        >>> data.model_kwargs, data.batches_per_epoch(batch_size=2)
        ({'image_shape': (32, 32, 1)}, 3)
    """

    splits: dict
    side: int

    @property
    def model_kwargs(self):
        """`image_shape`."""
        return {"image_shape": (self.side, self.side, 1)}

    @property
    def pixels_per_epoch(self):
        """Pixels of all photographs to train on."""
        return sum(x[..., 0].size for x in self.splits["train"].values())

    def crops(self, batch_size, seed, first):
        """Returns endless batches of crops, (batch_size, side, side, 1) in [-1, 1]."""
        from trainers.datasets import crops

        luminances = map(ycbcr.network_luminance, self.splits["train"].values())
        return crops.random_crops(luminances, self.side, batch_size, seed, first, mirrored=True)


def bicubic_resize(images, factor, shrink=False):
    """Pillow's bicubic resampling of each channel of (h, w, c), each side times or over a factor.

    Example:
        >>> bicubic_resize(np.ones((8, 12, 2), "float32"), 4, shrink=True).shape
        (2, 3, 2)
    """
    height, width = (n // factor if shrink else n * factor for n in images.shape[:2])
    layers = [Image.fromarray(images[..., i]) for i in range(images.shape[-1])]
    resized = [np.asarray(one.resize((width, height), Image.BICUBIC)) for one in layers]
    return np.stack(resized, axis=-1)


def upscale_luminance(model, small):
    """Enlarges a luminance at once.

    Args:
        model: a model of the zoo that enlarges luminances.
        small: (h, w, 1), as shares of 255.

    Returns:
        (factor h, factor w, 1), as shares of 255.

    Example:
        >>> import zoo
        >>> model = zoo.create("srgan", scale="small", image_shape=(16, 16, 1), factor=2, width=4)
        >>> upscale_luminance(model, np.zeros((10, 15, 1), "float32")).shape
        (20, 30, 1)
    """
    return model.enlarge(2.0 * small[None] - 1.0)[0] / 2.0 + 0.5


def low_high_pairs(photographs, factor):
    """Returns name -> (small, large) luminances of photographs, as shares of 255, large sides cut
    to multiples of the factor.

    Args:
        photographs: name -> uint8 (h, w, 3).
        factor: by which sides are shrunk.

    Example:
        >>> low_high_pairs({"grey": np.full((9, 14, 3), 128, np.uint8)}, 4)["grey"][0].shape
        (2, 3, 1)
    """
    pairs = {}
    for name, pixels in photographs.items():
        height, width = (n - n % factor for n in pixels.shape[:2])
        large = ycbcr.luminance(pixels[:height, :width])
        pairs[name] = bicubic_resize(large, factor, shrink=True), large
    return pairs


class LinearFilter:
    """Linear regression, a baseline: the residual of bicubic enlargement, at each of factor² places
    of a pixel, as a linear function of the 7x7 small pixels around it.

    Args:
        factor: by which sides are enlarged.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (32, 48, 1)).astype("float32")
        >>> small = bicubic_resize(large, 4, shrink=True)
        >>> LinearFilter(4).fit([(small, large)]).enlarge(small).shape
        (32, 48, 1)
    """

    def __init__(self, factor):
        self.factor = factor

    def fit(self, pairs):
        """Fits the filter to pairs of (small, large) luminances; returns the filter."""
        moments, products = 0.0, 0.0
        for small, large in pairs:
            x = _neighbourhoods(small)
            residual = large - bicubic_resize(small, self.factor)
            y = _blocks(residual, self.factor)
            moments, products = moments + x.T @ x, products + x.T @ y
        ridge = 1e-6 * np.trace(moments) / len(moments) * np.eye(len(moments))
        self.weights = np.linalg.solve(moments + ridge, products)
        return self

    def enlarge(self, small):
        """Returns a luminance (h, w, 1) enlarged, (factor h, factor w, 1)."""
        height, width, _ = small.shape
        blocks = (_neighbourhoods(small) @ self.weights).reshape(height, width, *[self.factor] * 2)
        shape = height * self.factor, width * self.factor, 1
        residual = blocks.transpose(0, 2, 1, 3).reshape(shape)
        return bicubic_resize(small, self.factor) + residual.astype("float32")


def score_pair(enlarged, large, small, factor):
    """Scores of one enlarged luminance, clipped to [16/255, 235/255].

    Args:
        enlarged, large: (factor h, factor w, 1), the result and the truth.
        small: (h, w, 1).
        factor: by which sides were enlarged.

    Returns:
        A dict: `psnr` in dB and `ssim`, compared with the truth, and `consistency`, the PSNR of the
        result shrunk again, compared with `small`.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (32, 48, 1)).astype("float32")
        >>> small = bicubic_resize(large, 4, shrink=True)
        >>> sorted(score_pair(bicubic_resize(small, 4), large, small, 4))
        ['consistency', 'psnr', 'ssim']
    """
    from trainers import metrics

    enlarged = np.clip(enlarged, 16.0 / 255.0, 235.0 / 255.0)
    inner = (slice(factor, -factor),) * 2
    shrunk = bicubic_resize(enlarged, factor, shrink=True)
    return {
        "psnr": metrics.psnr(large[inner][None], enlarged[inner][None]),
        "ssim": float(metrics.ssim(large[inner][None], enlarged[inner][None])),
        "consistency": metrics.psnr(small[None], shrunk[None]),
    }


def score_methods(methods, pairs, factor, seed=0):
    """Scores of methods that enlarge.

    Args:
        methods: name -> a function from a small luminance (h, w, 1) to a large one.
        pairs: as `low_high_pairs` returns them.
        factor: by which sides are enlarged.
        seed: of the patches.

    Returns:
        name -> a dict of `psnr`, `ssim` and `consistency`, the means over photographs; `patch_swd`
        to the true luminances, by level, the finest first; and `each`, the first three by
        photograph.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (64, 64, 1)).astype("float32")
        >>> pairs = {"noise": (bicubic_resize(large, 4, shrink=True), large)}
        >>> scores = score_methods({"bicubic": lambda small: bicubic_resize(small, 4)}, pairs, 4)
        >>> sorted(scores["bicubic"])
        ['consistency', 'each', 'patch_swd', 'psnr', 'ssim']
    """
    from trainers import metrics

    true = _squares([large for _, large in pairs.values()])
    scores = {}
    for name, enlarge in methods.items():
        enlarged = {scene: enlarge(small) for scene, (small, _) in pairs.items()}
        each = {
            scene: score_pair(enlarged[scene], large, small, factor)
            for scene, (small, large) in pairs.items()
        }
        means = {
            kind: float(np.mean([one[kind] for one in each.values()]))
            for kind in ("psnr", "ssim", "consistency")
        }
        swd = list(metrics.patch_sliced_wasserstein(true, _squares(enlarged.values()), seed=seed))
        scores[name] = means | {"patch_swd": swd, "each": each}
    return scores


def score_models(models, splits):
    """Scores of models and of baselines: bicubic enlargement and a linear filter.

    Args:
        models: name -> a model that enlarges luminances; all by the same factor.
        splits: photographs, as `load_splits` returns them.

    Returns:
        (figures, rows): a dict of factor, photographs, and methods, name -> scores; and name ->
        pieces of luminances from 0 to 255 to show, the truth last.

    Example:
        >>> import zoo
        >>> model = zoo.create("srgan", scale="small", image_shape=(16, 16, 1), factor=2, width=4)
        >>> grey = {"grey": np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)}
        >>> figures, rows = score_models({"ours": model}, {"train": grey, "test": grey})
        >>> list(figures["methods"]), list(rows)[-1]
        (['bicubic', 'linear filter', 'ours'], 'true')
    """
    factor = next(iter(models.values())).factor
    train, test = (low_high_pairs(splits[split], factor) for split in ("train", "test"))
    methods = baselines(train, factor)
    for name, model in models.items():
        methods[name] = functools.partial(upscale_luminance, model)
    scores = score_methods(methods, test, factor)
    for one in scores.values():
        one.pop("each")
    rows = {name: [] for name in (*methods, "true")}
    for small, large in list(test.values())[:N_SHOWN]:
        small = grids.center_crop(small, PREVIEW_SIZE)
        for name, enlarge in methods.items():
            rows[name].append(enlarge(small))
        rows["true"].append(grids.center_crop(large, PREVIEW_SIZE * factor))
    rows = {k: [np.clip(x, 0.0, 1.0) * 255.0 for x in images] for k, images in rows.items()}
    return {"factor": factor, "photographs": list(test), "methods": scores}, rows


def baselines(pairs, factor):
    """Baselines: name -> a function from a small luminance (h, w, 1) to a large one.

    Args:
        pairs: those that a linear filter is fitted to, as `low_high_pairs` returns them.
        factor: by which sides are enlarged.

    Example:
        >>> large = np.random.default_rng(0).uniform(0.1, 0.9, (32, 48, 1)).astype("float32")
        >>> list(baselines({"noise": (bicubic_resize(large, 4, shrink=True), large)}, 4))
        ['bicubic', 'linear filter']
    """
    return {
        "bicubic": functools.partial(bicubic_resize, factor=factor),
        "linear filter": LinearFilter(factor).fit(pairs.values()).enlarge,
    }


def compared_scores(scores):
    """Returns the scores that are compared, name -> `SCORES` -> number; `texture` is the patch-SWD
    of the finest level.

    Args:
        scores: as `score_methods` returns them.

    Example:
        >>> one = {"psnr": 27.0, "ssim": 0.8, "consistency": 40.0, "patch_swd": [3.0, 2.0, 1.0]}
        >>> compared_scores({"bicubic": one})["bicubic"]["texture"]
        3.0
    """
    values = {name: one | {"texture": one["patch_swd"][0]} for name, one in scores.items()}
    return {name: {kind: one[kind] for kind in SCORES} for name, one in values.items()}


def _squares(images):
    """All squares of several images."""
    from trainers.datasets import crops

    side = min(SQUARE, *(n - n % 4 for image in images for n in image.shape[:2]))
    return np.concatenate([crops.grid_patches(image, side) for image in images])


def _neighbourhoods(small):
    """(h w, 49): the pixels around each pixel, minus their mean: detail depends on differences."""
    side = NEIGHBOURHOOD
    padded = np.pad(small[..., 0].astype("float64"), side // 2, mode="edge")
    x = np.lib.stride_tricks.sliding_window_view(padded, (side, side)).reshape(-1, side * side)
    return x - x.mean(axis=1, keepdims=True)


def _blocks(large, factor):
    """(h w, factor²): the large pixels of each small pixel."""
    height, width = (n // factor for n in large.shape[:2])
    cells = large.reshape(height, factor, width, factor).transpose(0, 2, 1, 3)
    return cells.reshape(-1, factor * factor).astype("float64")
