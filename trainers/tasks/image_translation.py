"""What `style_transfer` learns from: one picture, or two kinds of pictures; and how it is scored.

Each lesson has `sizes`, constructor arguments that follow from the data; `in_epoch(batch_size)`;
`stream(batch_size, seed, first)`, endless batches from the number `first` on; and
`scores(model, seed)`, (figures, rows of pictures). Pictures are float32 in [-1, 1]; those of
one channel are luminances.
"""

import dataclasses
import functools
import sys
from pathlib import Path

import numpy as np

from trainers import command_line
from trainers.tasks import style_transfer

LOWER = ("distance", "l1", "cycle_l1")  # figures of which less is better
SCORED = 100  # images whose edges are compared


@dataclasses.dataclass(frozen=True)
class TranslationData:
    """Pictures of one kind and of another.

    Attributes:
        x, y: (n, h, w, c) and (m, h, w, c'); of pairs as many.
        test_x, test_y: others, as many; `truth` says whether they belong together.
        paired: whether x and y do.

    Example:
        >>> x = np.zeros((4, 8, 8, 1), "float32")
        >>> data = TranslationData(x, x, x[:2], x[:2], truth=True, paired=True)
        >>> data.sizes, data.in_epoch(batch_size=2)
        ({'image_shape': (8, 8, 1), 'source_channels': 1}, 2)
    """

    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    truth: bool
    paired: bool

    @classmethod
    def of_world(cls, name, paired, data_dir=None):
        """A world of pairs; not paired, the order of one half is forgotten."""
        from trainers import datasets

        with command_line.flag_errors("dataset"):
            split = (
                "train" if paired or "unpaired" not in datasets.info(name).splits else "unpaired"
            )
            x, y = datasets.arrays(name, split, data_dir=data_dir)
            if y is None or y.ndim != 4:
                raise ValueError(f"should hold pairs of images. Received: {name}, which does not.")
            test = datasets.arrays(name, "test", data_dir=data_dir)
        parts = (luminances(part) if part.shape[-1] == 1 else part for part in (x, y, *test))
        return cls(*parts, truth=True, paired=paired)

    @classmethod
    def of_folders(cls, source, target, paired, image_size=None):
        """Images of two folders; those of one name are a pair, where `paired`.

        Raises:
            ValueError: for folders without images, of different sizes, or without pairs.
        """
        x, y = _images(source, "source", image_size), _images(target, "target", image_size)
        with command_line.flag_errors("image_size"):
            if len({image.shape[:2] for known in (x, y) for image, _ in known.values()}) > 1:
                raise ValueError("should be given, since images are of several sizes.")
        if paired:
            x, y = ({Path(name).with_suffix(""): one for name, one in k.items()} for k in (x, y))
            both = sorted(x.keys() & y.keys())
            with command_line.flag_errors("target"):
                if len(both) < 2:
                    raise ValueError(
                        "should have files of the names that those of --source have. "
                        f"Received: {len(both)} of them."
                    )
            x, y = ({n: (known[n][0], x[n][1]) for n in both} for known in (x, y))
        parts = []
        for split in ("train", "test"):
            for flag, known in (("source", x), ("target", y)):
                found = [known[name][0] for name in sorted(known) if known[name][1] == split]
                with command_line.flag_errors(flag):
                    if not found:
                        raise ValueError(f"should hold two images at least, one to {split} with.")
                parts.append(np.stack(found))
        return cls(*parts, truth=paired, paired=paired)

    @property
    def sizes(self):
        return {"image_shape": self.y.shape[1:], "source_channels": self.x.shape[-1]}

    def in_epoch(self, batch_size):
        return max(1, min(len(self.x), len(self.y)) // batch_size)

    def stream(self, batch_size, seed, first):
        import tensorflow as tf

        from trainers.datasets import crops

        rows = functools.partial(crops.random_rows, batch_size=batch_size, first=first)
        if self.paired:
            return rows([self.x, self.y], seed=seed)
        streams = rows([self.x], seed=seed), rows([self.y], seed=seed + 1)
        return tf.data.Dataset.zip(*streams).map(lambda x, y: (x[0], y[0]))

    def scores(self, model, seed=0):
        """Where the truth is known the errors and SSIM, beside the picture of the most similar
        source in training (of pairs) and beside the source itself; else the distance to the style
        of the target, beside that of the source. With a way back, what is left after both."""
        from trainers import metrics
        from trainers.tasks import style_transfer

        x, y = self.test_x, self.test_y
        made = model.translate(x, seed=seed)
        shown = {"source": x, "ours": made} | ({"truth": y} if self.truth else {})
        methods = {"ours": made}
        if x.shape == made.shape:
            methods["the source itself"] = x
        if self.paired:
            _, which = metrics.nearest(self.x, x)
            methods["that of the nearest source"] = self.y[which]
        elif self.y.shape[1:] == x.shape[1:]:
            _, which = metrics.nearest(self.y, x)
            methods["the nearest target"] = self.y[which]
        judge = style_transfer.l1_and_ssim if self.truth else distance
        figures = {name: judge(images, y) | edges(images, x) for name, images in methods.items()}
        if hasattr(model, "translate_back"):
            again = model.translate_back(made)
            figures["ours"] |= {"cycle_l1": style_transfer.l1_and_ssim(again, x)["l1"]}
            shown["and back"] = again
        rows = {
            name: np.broadcast_to(
                images[: style_transfer.SHOWN], (*images[: style_transfer.SHOWN].shape[:3], 3)
            )
            for name, images in shown.items()
        }
        return figures, rows


def luminances(grey):
    """Grey in [-1, 1], from black to white, as `seen` gives luminances.

    Example:
        >>> white = style_transfer.to_network_range(np.full((1, 1, 3), 255), 1)
        >>> bool(np.allclose(luminances(np.ones((1, 1, 1))), white))
        True
    """
    return ((2.0 * 16.0 + 219.0 * (grey + 1.0)) / 255.0 - 1.0).astype("float32")


def edges(found, source):
    """How much of the layout of the first images is left.

    Example:
        >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 16, 16, 1))
        >>> round(edges(x, x)["edges"], 6)
        1.0
    """
    from trainers.tasks import style_transfer

    pairs = list(zip(found, source, strict=True))[:SCORED]
    return {"edges": float(np.mean([style_transfer.edge_correlation(a, b) for a, b in pairs]))}


def distance(found, real):
    """How far images are from the style of others, of small ones nothing.

    Example:
        >>> distance(np.zeros((2, 8, 8, 1)), np.ones((2, 8, 8, 1)))
        {}
    """
    from trainers import metrics

    if min(real.shape[1:3]) < style_transfer.MIN_SIDE:
        return {}
    return {"distance": float(np.mean(metrics.patch_sliced_wasserstein(real, found)))}


def _images(folder, flag, image_size):
    """name -> (pixels in [-1, 1], split) of a folder; a file that cannot be read is named and
    passed over."""
    from trainers.datasets import image_decoding, image_folders

    with command_line.flag_errors(flag):
        if folder is None:
            raise ValueError("should name a folder of images. Received: nothing.")
        found, grey = {}, True
        for item in image_folders.find(Path(folder).expanduser()).items():
            try:
                with image_decoding.reject_huge_images():
                    grey &= image_decoding.read_header(item.source)[1]
                    found[item.name] = image_decoding.decode(item.source, image_size), item.split
            except (image_decoding.UnreadableImage, ValueError) as error:
                print(f"{item.name} is passed over: {error}", file=sys.stderr)
    channels, splits = 1 if grey else 3, {split for _, split in found.values()}
    test = "test" if "test" in splits else "validation"
    return {
        name: (
            style_transfer.to_network_range(pixels, channels),
            "test" if split == test else split,
        )
        for name, (pixels, split) in found.items()
    }
