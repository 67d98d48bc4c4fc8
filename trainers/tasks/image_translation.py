"""Image-to-image translation: paired and unpaired data, baselines and scores.

Images are float32 in [-1, 1]; those of one channel are luminances.
"""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import tensorflow as tf

from trainers import datasets, files, metrics
from trainers.datasets import crops, image_decoding, image_folders
from trainers.tasks import style_transfer

LOWER = ("distance", "l1", "cycle_l1")  # figures of which less is better
SCORED = 100  # images whose edges are compared


@dataclasses.dataclass(frozen=True)
class TranslationData:
    """Images of a source and of a target domain: a `TrainingData`.

    Attributes:
        x, y: source and target, (n, h, w, c) and (m, h, w, c'); n = m where they are paired.
        test_x, test_y: images that are held out.
        truth: whether `test_x` and `test_y` are pairs.
        paired: whether `x` and `y` are pairs.

    Example:
        >>> x = np.zeros((4, 8, 8, 1), "float32")
        >>> data = TranslationData(x, x, x[:2], x[:2], truth=True, paired=True)
        >>> data.model_kwargs, data.batches_per_epoch(batch_size=2)
        ({'image_shape': (8, 8, 1), 'source_channels': 1}, 2)
    """

    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    truth: bool
    paired: bool

    @classmethod
    def of_dataset(cls, dataset, paired, data_dir=None):
        """Returns a dataset of pairs; unless `paired`, x and y are drawn independently.

        Raises:
            ValueError: for a dataset that does not hold pairs of images.
        """
        opened = datasets.open(dataset, data_dir=data_dir)
        unpaired = not paired and "unpaired" in opened.info().splits
        x, y = opened.arrays("unpaired" if unpaired else "train")
        if y is None or y.ndim != 4:
            raise ValueError(
                f"`dataset` should hold pairs of images. Received: {dataset}, which does not."
            )
        test = opened.arrays("test")
        parts = (luminances(part) if part.shape[-1] == 1 else part for part in (x, y, *test))
        return cls(*parts, truth=True, paired=paired)

    @classmethod
    def of_folders(cls, source, target, paired, image_size=None):
        """Returns the images of two folders; where `paired`, files of one name are a pair, and
        files whose names differ by the suffix only.

        Args:
            source, target: folders.
            paired: whether to learn from pairs.
            image_size: pixels of a side to resize to; None: as stored.

        Raises:
            ValueError: for folders without images, images of different sizes, or without pairs.
        """
        x, y = _images(source, "source", image_size), _images(target, "target", image_size)
        if len({image.shape[:2] for images in (x, y) for image, _ in images.values()}) > 1:
            raise ValueError("`image_size` should be given, since images are of several sizes.")
        if paired:
            both = pairs(x, y)
            if len(both) < 2:
                raise ValueError(
                    "`target` should have files of the names that those of `source` have. "
                    f"Received: {len(both)} of them."
                )
            y = {name: (y[other][0], x[name][1]) for name, other in both.items()}
            x = {name: x[name] for name in both}
        parts = []
        for split in ("train", "test"):
            for argument, images in (("source", x), ("target", y)):
                chosen = [images[name][0] for name in sorted(images) if images[name][1] == split]
                if not chosen:
                    raise ValueError(
                        f"`{argument}` should hold two images at least, one to {split} with."
                    )
                parts.append(np.stack(chosen))
        return cls(*parts, truth=paired, paired=paired)

    @property
    def model_kwargs(self):
        """`image_shape` of the target and `source_channels`."""
        return {"image_shape": self.y.shape[1:], "source_channels": self.x.shape[-1]}

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many batches the smaller domain fills, 1 at least."""
        return max(1, min(len(self.x), len(self.y)) // (batch_size * turns))

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns endless batches (x, y)."""
        first = start[0] * self.batches_per_epoch(batch_size, turns) + start[1]
        rows = functools.partial(crops.random_rows, batch_size=batch_size * turns, first=first)
        if self.paired:
            return rows([self.x, self.y], seed=seed)
        streams = rows([self.x], seed=seed), rows([self.y], seed=seed + 1)
        return tf.data.Dataset.zip(*streams).map(lambda x, y: (x[0], y[0]))

    def scores(self, model, seed=0):
        """Scores of held-out images, compared with baselines.

        Where the truth is known: L1 and SSIM, compared with the source itself and, with pairs, with
        the target of the most similar source in training. Else: distance to the style of the
        target, compared with the source itself and the most similar target in training. Of a model
        that translates back: the L1 of a cycle.

        Returns:
            (figures, rows): name -> kind -> number, and name -> images (n, h, w, c) to show.
        """
        x, y = self.test_x, self.test_y
        translated = model.translate(x, seed=seed)
        pictures = {"source": x, "ours": translated} | ({"truth": y} if self.truth else {})
        methods = {"ours": translated}
        if x.shape == translated.shape:
            methods["the source itself"] = x
        if self.paired:
            _, which = metrics.nearest(self.x, x)
            methods["that of the nearest source"] = self.y[which]
        elif self.y.shape[1:] == x.shape[1:]:
            _, which = metrics.nearest(self.y, x)
            methods["the nearest target"] = self.y[which]
        score = style_transfer.l1_and_ssim if self.truth else distance
        figures = {name: score(images, y) | edges(images, x) for name, images in methods.items()}
        if hasattr(model, "translate_back"):
            cycle = model.translate_back(translated)
            figures["ours"] |= {"cycle_l1": style_transfer.l1_and_ssim(cycle, x)["l1"]}
            pictures["and back"] = cycle
        pictures = {name: images[: style_transfer.N_SHOWN] for name, images in pictures.items()}
        return figures, {k: np.broadcast_to(v, (*v.shape[:3], 3)) for k, v in pictures.items()}


def luminances(grey):
    """Grey from -1, black, to 1, white, as luminances of `style_transfer.to_network_range`.

    Example:
        >>> white = style_transfer.to_network_range(np.full((1, 1, 3), 255), 1)
        >>> bool(np.allclose(luminances(np.ones((1, 1, 1))), white))
        True
    """
    return ((2.0 * 16.0 + 219.0 * (grey + 1.0)) / 255.0 - 1.0).astype("float32")


def edges(images, source):
    """`style_transfer.edge_correlation` with the source, the mean of the first `SCORED` images.

    Example:
        >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 16, 16, 1))
        >>> round(edges(x, x)["edges"], 6)
        1.0
    """
    pairs = list(zip(images, source, strict=True))[:SCORED]
    return {"edges": float(np.mean([style_transfer.edge_correlation(a, b) for a, b in pairs]))}


def distance(images, real):
    """Distance of images to the style of real ones; nothing for images below `MIN_SIDE`.

    Example:
        >>> distance(np.zeros((2, 8, 8, 1)), np.ones((2, 8, 8, 1)))
        {}
    """
    if min(real.shape[1:3]) < style_transfer.MIN_SIDE:
        return {}
    return {"distance": float(np.mean(metrics.patch_sliced_wasserstein(real, images)))}


def pairs(names, others):
    """Returns name -> other name of pairs: equal names, then names equal but for the suffix.

    Raises:
        ValueError: several names of a folder are equal but for the suffix, and so is one of the
            other folder.

    Example:
        >>> pairs(["a.jpg", "b.jpg", "c.png"], ["a.png", "b.jpg", "b.png"])
        {'b.jpg': 'b.jpg', 'a.jpg': 'a.png'}
    """
    found = {name: name for name in sorted(set(names) & set(others))}
    stems = [{}, {}]
    for folder, of_folder in zip(stems, (names, others), strict=True):
        for name in sorted(set(of_folder) - set(found)):
            folder.setdefault(Path(name).with_suffix(""), []).append(name)
    for stem in sorted(stems[0].keys() & stems[1].keys()):
        candidates = stems[0][stem] + stems[1][stem]
        if len(candidates) > 2:
            raise ValueError(
                "`target` should have one file for each of `source`. "
                f"Received: {', '.join(candidates)}."
            )
        found[candidates[0]] = candidates[1]
    return found


def _images(folder, argument, image_size):
    """name -> (image in [-1, 1], split) of a folder; a file that cannot be read is skipped."""
    if folder is None:
        raise ValueError(f"`{argument}` should name a folder of images. Received: None")

    def read(item):
        _, grey = image_decoding.read_header(item.source)
        return image_decoding.decode(item.source, image_size), grey

    try:
        items = list(image_folders.find(files.expanded(folder)).items())
    except ValueError as error:
        raise ValueError(f"`{argument}`: {error}") from None
    images = list(image_decoding.readable_images(items, read, lambda item: item.name))
    channels = 1 if all(grey for _, (_, grey) in images) else 3
    splits = {item.split for item, _ in images}
    test = "test" if "test" in splits else "validation"
    return {
        item.name: (
            style_transfer.to_network_range(pixels, channels),
            "test" if item.split == test else item.split,
        )
        for item, (pixels, _) in images
    }
