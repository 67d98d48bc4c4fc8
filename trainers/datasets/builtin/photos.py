"""Photos: crops of the photographs that come inside scikit-image and scikit-learn.

Nothing is fetched: only files inside the two packages are read. Origins and licences:
`skimage/data/README.txt`, `sklearn/datasets/images/README.txt`, and
https://scikit-image.org/docs/stable/api/skimage.data.html.

Complete photographs are held out, so that no crop of `test` overlaps one of `train`. The test
photographs are those on which super-resolution is scored; grey ones have three equal channels.
"""

import dataclasses
import functools
import importlib.util
import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from trainers.datasets.builtin.samples import BuiltinDataset, Factor, Samples, splits, stream

SIZE = 64  # of crops, pixels
FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}


@dataclasses.dataclass(frozen=True)
class Photograph:
    """A photograph: its file, size in pixels and package, and the places of its crops.

    Attributes:
        margin: pixels at every edge that no crop shows.
        stride: pixels from one crop to the next, larger for large photographs, so that their crops
            do not outnumber the others.
    """

    file: str
    height: int
    width: int
    package: str = "skimage"
    margin: int = 0
    stride: int = 32

    @property
    def name(self):
        return self.file.split(".")[0]

    @property
    def crops(self):
        """Number of crops."""
        return len(self._ticks(self.height)) * len(self._ticks(self.width))

    @property
    def path(self):
        # The package is not imported: to import scikit-image takes seconds.
        folder = importlib.util.find_spec(self.package).submodule_search_locations[0]
        return Path(folder) / FOLDERS[self.package] / self.file

    def cropped(self):
        """Returns the crops, uint8 (crops, 64, 64, 3), row by row."""
        pixels = _pixels(self)
        corners = itertools.product(self._ticks(self.height), self._ticks(self.width))
        return np.stack([pixels[y : y + SIZE, x : x + SIZE] for y, x in corners])

    def _ticks(self, length):
        """Returns where crops begin along a side."""
        return range(self.margin, length - self.margin - SIZE + 1, self.stride)


PHOTOGRAPHS = {
    "train": (
        Photograph("brick.png", 512, 512),
        Photograph("cell.png", 660, 550),
        Photograph("chelsea.png", 300, 451),
        Photograph("clock_motion.png", 300, 400),
        Photograph("coffee.png", 400, 600),
        Photograph("flower.jpg", 427, 640, package="sklearn"),
        Photograph("grass.png", 512, 512),
        Photograph("gravel.png", 512, 512),
        Photograph("hubble_deep_field.jpg", 872, 1000, stride=64),
        Photograph("ihc.png", 512, 512),
        Photograph("moon.png", 512, 512),
        Photograph("motorcycle_left.png", 500, 741),
        Photograph("motorcycle_right.png", 500, 741),  # the same scene, a little to the right
        Photograph("page.png", 191, 384),
        Photograph("retina.jpg", 1411, 1411, margin=224, stride=64),  # a disc on black
        Photograph("rocket.jpg", 427, 640),
        Photograph("text.png", 172, 448),
    ),
    "test": (
        Photograph("astronaut.png", 512, 512),
        Photograph("camera.png", 512, 512),
        Photograph("china.jpg", 427, 640, package="sklearn"),
        Photograph("coins.png", 303, 384),
    ),
}


# The factor `photograph` is an index into this.
NAMES = tuple(photograph.name for split in PHOTOGRAPHS.values() for photograph in split)


def photographs(split):
    """Returns complete photographs.

    Args:
        split: "train", "test", or "all".

    Returns:
        A dict name -> uint8 (height, width, 3), in the order of `NAMES`.

    >>> sorted(photographs("test"))
    ['astronaut', 'camera', 'china', 'coins']
    """
    if split not in (*PHOTOGRAPHS, "all"):
        raise ValueError(f"`split` should be one of train, test, all. Received: split={split!r}")
    pixels = {}
    for part in PHOTOGRAPHS if split == "all" else (split,):
        pixels |= {photograph.name: _pixels(photograph) for photograph in PHOTOGRAPHS[part]}
    return pixels


@functools.cache
def _pixels(photograph):
    pixels = np.array(Image.open(photograph.path).convert("RGB"))
    pixels.flags.writeable = False  # the cached array is shared
    return pixels


def _draw(split, count):
    chosen = PHOTOGRAPHS[split]
    numbers = np.array([NAMES.index(photograph.name) for photograph in chosen], np.int32)
    which = np.repeat(numbers, [photograph.crops for photograph in chosen])
    x = np.concatenate([photograph.cropped() for photograph in chosen])
    rows = stream("photos", split).permutation(len(x))[:count]
    return Samples(x[rows], None, {"photograph": which[rows]})


DATASETS = (
    BuiltinDataset(
        name="photos",
        description=(
            "64x64 crops, 32 or 64 pixels apart, of the photographs that come with scikit-image "
            "and scikit-learn (https://scikit-image.org/docs/stable/api/skimage.data.html). The "
            "photographs of `test` are others than those of `train`."
        ),
        shape=(SIZE, SIZE, 3),
        splits=splits(**{s: sum(p.crops for p in part) for s, part in PHOTOGRAPHS.items()}),
        factors={
            "photograph": Factor("number of the photograph in photos.NAMES", dtype="int32"),
        },
        draw=_draw,
    ),
)
