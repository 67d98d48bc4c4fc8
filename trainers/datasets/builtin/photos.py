"""Photos: crops of the photographs that come inside scikit-image and scikit-learn.

Nothing is fetched: only files that lie in the two packages are read. Where they come from and
under which licences: `skimage/data/README.txt`, `sklearn/datasets/images/README.txt`, and
https://scikit-image.org/docs/stable/api/skimage.data.html.

Whole photographs are held out, so that no crop of `test` shows what one of `train` does. The test
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
    """A file, its size in pixels, who brings it along, and where its crops lie.

    Attributes:
        margin: pixels at every edge that no crop shows.
        stride: pixels from one crop to the next. Of large photographs it is larger, so that they
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
        """How many crops it gives."""
        return len(self._ticks(self.height)) * len(self._ticks(self.width))

    @property
    def path(self):
        # The package is found, not imported: to import scikit-image takes seconds.
        folder = importlib.util.find_spec(self.package).submodule_search_locations[0]
        return Path(folder) / FOLDERS[self.package] / self.file

    def cropped(self):
        """uint8 (crops, 64, 64, 3), row by row."""
        pixels = _pixels(self)
        corners = itertools.product(self._ticks(self.height), self._ticks(self.width))
        return np.stack([pixels[y : y + SIZE, x : x + SIZE] for y, x in corners])

    def _ticks(self, length):
        """Where crops begin along a side."""
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
        Photograph("motorcycle_right.png", 500, 741),  # the same from a little to the right
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


# A factor `photograph` is a place in this.
NAMES = tuple(photograph.name for split in PHOTOGRAPHS.values() for photograph in split)


def photographs(split):
    """Whole photographs.

    Args:
        split: "train", "test", or "all".

    Returns:
        A dict name -> uint8 (height, width, 3), in the order of `NAMES`.

    >>> sorted(photographs("test"))
    ['astronaut', 'camera', 'china', 'coins']
    """
    if split not in (*PHOTOGRAPHS, "all"):
        raise ValueError(f"`split` should be one of train, test, all. Received: split={split!r}")
    found = {}
    for part in PHOTOGRAPHS if split == "all" else (split,):
        found |= {photograph.name: _pixels(photograph) for photograph in PHOTOGRAPHS[part]}
    return found


@functools.cache
def _pixels(photograph):
    pixels = np.array(Image.open(photograph.path).convert("RGB"))
    pixels.flags.writeable = False  # it is everybody's
    return pixels


def _draw(split, count):
    found = PHOTOGRAPHS[split]
    numbers = np.array([NAMES.index(photograph.name) for photograph in found], np.int32)
    which = np.repeat(numbers, [photograph.crops for photograph in found])
    x = np.concatenate([photograph.cropped() for photograph in found])
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
        splits=splits(**{s: sum(p.crops for p in found) for s, found in PHOTOGRAPHS.items()}),
        factors={
            "photograph": Factor("number of the photograph in photos.NAMES", dtype="int32"),
        },
        draw=_draw,
    ),
)
