"""Image synthesis: images to train on, images that are held out, and scores of samples by both."""

import dataclasses

import numpy as np

from trainers import datasets, metrics

MAX_SCORED = 10_000  # images of either set that are scored: what a laptop compares in a minute
COPY_RATIO = 0.8  # below this ratio samples are nearer to training images than real images are
HELD_OUT_SPLITS = ("half_b", "test", "validation")  # the first that the dataset has


@dataclasses.dataclass(frozen=True)
class ImageData:
    """A dataset of images, of which one split is held out: a `TrainingData`.

    Attributes:
        source: the opened dataset, `datasets.Source`, whose files are looked for once.
        labels: whether batches have class numbers.
        info: `datasets.Info` of the images as they are trained on.
        train, held_out: names of splits.

    Example:
        >>> data = ImageData.of("digits")
        >>> data.train, data.held_out
        ('half_a', 'half_b')
        >>> data.batches(batch_size=50, turns=2).element_spec.shape
        TensorShape([100, 8, 8, 1])
        >>> data.images("held_out").shape
        (898, 8, 8, 1)
    """

    source: object
    labels: bool
    info: object
    train: str
    held_out: str

    @classmethod
    def of(cls, dataset, image_size=None, data_dir=None, labels=False):
        """Returns the data of a name: see `datasets.load`.

        Args:
            dataset: a name or a folder.
            image_size: pixels of a side to resize to, or None.
            data_dir: folder of prepared datasets, or None.
            labels: whether batches have class numbers.

        Raises:
            ValueError: there is no such dataset, it holds no images, or no split is held out.
        """
        source = datasets.open(dataset, image_size, data_dir)
        info = source.info()
        if len(info.shape) != 3:
            kind = "points" if len(info.shape) == 1 else "voxels"
            raise ValueError(f"`dataset` should hold images. {info.name} holds {kind}.")
        held_out = next((split for split in HELD_OUT_SPLITS if split in info.splits), None)
        if held_out is None:
            raise ValueError(
                f"`dataset` should have a split that is held out. {info.name} has only one image."
            )
        train = "half_a" if held_out == "half_b" else "train"
        return cls(source, labels, info, train, held_out)

    @property
    def model_kwargs(self):
        """`image_shape`, and of data with labels `classes`."""
        classes = {"classes": self.info.classes} if self.labels else {}
        return {"image_shape": self.info.shape} | classes

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many full batches the train split has."""
        return self.info.splits[self.train] // (batch_size * turns)

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns batches to train on, from (epoch, batch) `start` on."""
        return self.source.load(self.train, batch_size, turns, self.labels, seed, start)

    def images(self, role):
        """Returns at most `MAX_SCORED` images of the split "train" or "held_out", as an array."""
        return self.source.arrays(getattr(self, role), MAX_SCORED)[0]


def evaluator_name(data, features):
    """Returns the name of the evaluator whose features are compared; None for none.

    Args:
        data: an `ImageData`.
        features: "digits", "inception", "none", or "auto": the classifier of the dataset, where
            there is one.

    Raises:
        ValueError: that classifier does not take the images.

    Example:
        >>> digits, glyphs = ImageData.of("digits"), ImageData.of("glyphs")
        >>> evaluator_name(digits, "auto"), evaluator_name(glyphs, "auto")
        ('digits', None)
    """
    own = data.info.evaluator
    if own and any(side % 8 for side in data.info.shape[:2]):
        own = None
    if features == "digits" and own != "digits":
        raise ValueError(
            "`features` should be 'digits' only for the dataset digits, at sides of 8, 16, 24 …. "
            f"Received: {data.info.name} with sides {data.info.shape[:2]}"
        )
    return {"auto": own, "none": None}.get(features, features)


def scores(data, real, fake, features, seed):
    """Scores samples, and baselines that are no GANs.

    Args:
        data: an `ImageData`.
        real: a dict of images (n, h, w, c) in [-1, 1]: `train` and `held_out`.
        fake: samples (n, h, w, c), as many as `held_out` has.
        features: as for `evaluator_name`.
        seed: that the samples were drawn with.

    Returns:
        A dict: `memorisation`, the distance of samples to training images over that of held-out
        images; and where there is an evaluator `scores`, `references`, the scores of the baselines,
        and `verdicts`: see `metrics.verdicts`.

    Raises:
        FloatingPointError: samples are NaN or infinite.

    Example:
        >>> data = ImageData.of("digits")
        >>> real = {role: data.images(role) for role in ("train", "held_out")}
        >>> copies = real["train"][:898]
        >>> scores(data, real, copies, features="none", seed=0)["memorisation"]
        {'ratio': 0.0, 'alarm': True, ...}
    """
    if not np.isfinite(fake).all():
        raise FloatingPointError("samples are not finite numbers: the training has diverged")
    splits = {"train": data.train, "held_out": data.held_out}
    found = {"memorisation": {**_memorisation(real, fake), "splits": splits, "seed": seed}}
    name = evaluator_name(data, features)
    if name is None:
        return found
    evaluator = metrics.evaluator(name)
    about = {"splits": splits, "reference": f"samplers fitted to {data.train}", "seed": seed}
    compared = metrics.score(real["held_out"], fake, evaluator, **about)
    if name != data.info.evaluator:  # the baselines need few classes and few pixels
        other_half = metrics.score(real["held_out"], real["train"], evaluator)
        return {"scores": compared, "references": {"other_half": other_half}, **found}
    references = metrics.references(real["train"], real["held_out"], evaluator)
    verdicts = metrics.verdicts(compared, references)
    return {"scores": compared, "verdicts": verdicts, "references": references, **found}


def _memorisation(real, fake):
    try:
        ratio = metrics.memorisation(real["train"], real["held_out"], fake)
    except ValueError:  # half of the held-out images, or more, are in the training set too
        return {"ratio": None, "alarm": False}
    return {"ratio": ratio, "alarm": ratio < COPY_RATIO}
