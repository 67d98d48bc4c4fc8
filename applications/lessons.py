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

from applications import albums
from trainers import command_line

SHOWN = 8  # pictures in a row
LOWER = ("distance", "l1", "cycle_l1")  # figures of which less is better
SCORED = 100  # images whose edges are compared
LEAST = 32  # pixels of a side of which styles can be told apart


def seen(pixels, channels):
    """Bytes (…, h, w, 3) as a network of 1 or 3 channels sees them: luminance, or RGB.

    Example:
        >>> float(seen(np.full((2, 2, 3), 255, np.uint8), 3).max())
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
    """
    from trainers.datasets import image_decoding

    with command_line.flag("style"):
        if path is None:
            raise ValueError("should name a picture. Received: nothing.")
        try:
            with image_decoding.harmless():
                pixels = image_decoding.decode(Path(path).expanduser())
        except image_decoding.Unreadable as error:
            raise ValueError(f"should be a picture. Received: {path} ({error})") from None
        if min(pixels.shape[:2]) < max(side, LEAST):
            raise ValueError(
                f"should have sides from {max(side, LEAST)} pixels on, for --image_size={side}. "
                f"Received: {pixels.shape[0]}x{pixels.shape[1]}"
            )
    return seen(pixels, 3)


@dataclasses.dataclass(frozen=True)
class Texture:
    """One picture, of which a texture of any size is learned.

    Attributes:
        style: (h, w, c).
        side: of the crops.
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

        return crops.crops([self.style], self.side, batch_size, seed, first)

    def scores(self, model, seed=0):
        """The distance of a drawn texture to the picture, beside that of its squares in another
        order, which are the cheapest texture there is."""
        from trainers import styles

        style = self.style
        drawn = model.generate(1, seed=seed, size=style.shape[:2])[0]
        mixed = styles.shuffled(style, side=max(8, self.side // 2), seed=seed)
        found = {
            name: {"distance": styles.distance(style, image, seed)[0]}
            for name, image in (("ours", drawn), ("its squares, shuffled", mixed))
        }
        side = min(256, *style.shape[:2])
        rows = {"the picture": style, "drawn": drawn, "shuffled": mixed}
        return found, {name: albums.middle(image, side)[None] for name, image in rows.items()}


@dataclasses.dataclass(frozen=True)
class Redrawing:
    """Photographs, and the picture in whose manner they are redrawn.

    Attributes:
        photographs: those to learn from, (h, w, c) each.
        held_out: name -> others.
        style: (h, w, c).
        side: of the crops.
    """

    photographs: list
    held_out: dict
    style: np.ndarray
    side: int

    @classmethod
    def of(cls, dataset, style, side):
        """The photographs of --dataset and a style."""

        from trainers.datasets import crops

        with command_line.flag("dataset"):
            known = [crops.whole(dataset, "train", side)]
            known.append(crops.whole(dataset, "test", LEAST))
        train, test = ({name: seen(x, 3) for name, x in found.items()} for found in known)
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

        cut = functools.partial(crops.crops, side=self.side, batch_size=batch_size)
        x = cut(self.photographs, seed=seed, first=first)
        return tf.data.Dataset.zip(x, cut([self.style], seed=seed + 1, first=first))

    def scores(self, model, seed=0):
        """How near what is made of held-out photographs is to the style, and how much of their
        layout is left, beside photographs with the histograms of the style."""
        from trainers import styles

        found, rows = {"ours": [], "histogram": []}, {"photograph": [], "ours": []}
        for photograph in self.held_out.values():
            x = photograph[tuple(slice(0, n - n % 4) for n in photograph.shape[:2])]
            before, _ = styles.distance(self.style, x, seed)
            made = model.translate(x[None])[0]
            for name, image in (("ours", made), ("histogram", styles.matched(x, self.style))):
                found[name].append(styles.compared(x, before, image, self.style, seed))
            rows["photograph"].append(albums.middle(x, 160))
            rows["ours"].append(albums.middle(made, 160))
        means = {
            name: {kind: float(np.mean([one[kind] for one in each])) for kind in ("style", "edges")}
            for name, each in found.items()
        }
        return means, {name: np.stack(images[:SHOWN]) for name, images in rows.items()}


@dataclasses.dataclass(frozen=True)
class Translation:
    """Pictures of one kind and of another.

    Attributes:
        x, y: (n, h, w, c) and (m, h, w, c'); of pairs as many.
        test_x, test_y: others, as many; `truth` says whether they belong together.
        paired: whether x and y do.
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

        with command_line.flag("dataset"):
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
        with command_line.flag("image_size"):
            if len({image.shape[:2] for known in (x, y) for image, _ in known.values()}) > 1:
                raise ValueError("should be given, since images are of several sizes.")
        if paired:
            x, y = ({Path(name).with_suffix(""): one for name, one in k.items()} for k in (x, y))
            both = sorted(x.keys() & y.keys())
            with command_line.flag("target"):
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
                with command_line.flag(flag):
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

        rows = functools.partial(crops.rows, batch_size=batch_size, first=first)
        if self.paired:
            return rows([self.x, self.y], seed=seed)
        streams = rows([self.x], seed=seed), rows([self.y], seed=seed + 1)
        return tf.data.Dataset.zip(*streams).map(lambda x, y: (x[0], y[0]))

    def scores(self, model, seed=0):
        """Where the truth is known the errors and SSIM, beside the picture of the most similar
        source in training (of pairs) and beside the source itself; else the distance to the style
        of the target, beside that of the source. With a way back, what is left after both."""
        from trainers import metrics, styles

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
        judge = styles.alike if self.truth else distance
        figures = {name: judge(images, y) | edges(images, x) for name, images in methods.items()}
        if hasattr(model, "translate_back"):
            again = model.translate_back(made)
            figures["ours"] |= {"cycle_l1": styles.alike(again, x)["l1"]}
            shown["and back"] = again
        rows = {
            name: np.broadcast_to(images[:SHOWN], (*images[:SHOWN].shape[:3], 3))
            for name, images in shown.items()
        }
        return figures, rows


def luminances(grey):
    """Grey in [-1, 1], from black to white, as `seen` gives luminances.

    Example:
        >>> bool(np.allclose(luminances(np.ones((1, 1, 1))), seen(np.full((1, 1, 3), 255), 1)))
        True
    """
    return ((2.0 * 16.0 + 219.0 * (grey + 1.0)) / 255.0 - 1.0).astype("float32")


def edges(found, source):
    """How much of the layout of the first images is left.

    Example:
        >>> x = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 16, 16, 1))
        >>> edges(x, x)
        {'edges': 1.0}
    """
    from trainers import styles

    pairs = list(zip(found, source, strict=True))[:SCORED]
    return {"edges": float(np.mean([styles.agreement(a, b) for a, b in pairs]))}


def distance(found, real):
    """How far images are from the style of others, of small ones nothing.

    Example:
        >>> distance(np.zeros((2, 8, 8, 1)), np.ones((2, 8, 8, 1)))
        {}
    """
    from trainers import metrics

    if min(real.shape[1:3]) < LEAST:
        return {}
    return {"distance": float(np.mean(metrics.patch_sliced_wasserstein(real, found)))}


def _images(folder, flag, image_size):
    """name -> (pixels in [-1, 1], split) of a folder; a file that cannot be read is named and
    passed over."""
    from trainers.datasets import image_decoding, image_folders

    with command_line.flag(flag):
        if folder is None:
            raise ValueError("should name a folder of images. Received: nothing.")
        found, grey = {}, True
        for item in image_folders.find(Path(folder).expanduser()).items():
            try:
                with image_decoding.harmless():
                    grey &= image_decoding.look(item.source)[1]
                    found[item.name] = image_decoding.decode(item.source, image_size), item.split
            except (image_decoding.Unreadable, ValueError) as error:
                print(f"{item.name} is passed over: {error}", file=sys.stderr)
    channels, splits = 1 if grey else 3, {split for _, split in found.values()}
    test = "test" if "test" in splits else "validation"
    return {
        name: (seen(pixels, channels), "test" if split == test else split)
        for name, (pixels, split) in found.items()
    }
