"""How good is what a run has learned: data it saw, data it did not see, and scores by both."""

import dataclasses

import numpy as np

from trainers import command_line, datasets, metrics

MAX_SCORED = 10_000  # images of either side that are scored: what a laptop compares in a minute
COPY_RATIO = 0.8  # below it samples lie nearer to training images than other real ones do
HELD_OUT_SPLITS = ("half_b", "test", "validation")  # the first of them that there is


@dataclasses.dataclass(frozen=True)
class Data:
    """What a run is trained on and compared with.

    Attributes:
        settings: of the run.
        data_dir: as the flag.
        info: `datasets.Info` of the images as they are trained on.
        train, held_out: names of splits.
        source: the opened dataset, `datasets.Source`, whose files are looked for once.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
        >>> data = Data.of(settings, data_dir=None)
        >>> data.train, data.held_out
        ('half_a', 'half_b')
        >>> data.stream(turns=2, labels=False, start=(0, 0)).element_spec.shape
        TensorShape([100, 8, 8, 1])
        >>> data.images("held_out").shape
        (898, 8, 8, 1)
    """

    settings: dict
    data_dir: str | None
    info: object
    train: str
    held_out: str
    source: object

    @classmethod
    def of(cls, settings, data_dir):
        """The data of a run's settings.

        Raises:
            ValueError: there are none of that name, they are no images, or nothing is held out.
        """
        with command_line.flag_errors("dataset"):
            source = datasets.open(settings["dataset"], settings["image_size"], data_dir)
            info = source.info()
            if len(info.shape) != 3:
                kind = "points" if len(info.shape) == 1 else "voxels"
                raise ValueError(f"The dataset should hold images. {info.name} holds {kind}.")
            held_out = next((split for split in HELD_OUT_SPLITS if split in info.splits), None)
            if held_out is None:
                raise ValueError(f"A split should be held out. {info.name} has one image alone.")
        train = "half_a" if held_out == "half_b" else "train"
        return cls(settings, data_dir, info, train, held_out, source)

    def stream(self, turns, labels, start):
        """Batches to train on, from (epoch, batch) `start`."""
        settings = self.settings
        return self.source.load(
            self.train, settings["batch_size"], turns, labels, settings["seed"], start
        )

    def images(self, role):
        """At most `MOST` of the split "train" or "held_out", as an array."""
        return self.source.arrays(getattr(self, role), MAX_SCORED)[0]


def evaluator_name(data, features):
    """The name of the evaluator that compares images of the data; None for none.

    Raises:
        ValueError: that classifier does not take them.

    Example:
        >>> settings = {"dataset": "glyphs", "image_size": None, "batch_size": 50, "seed": 0}
        >>> glyphs = Data.of(settings, data_dir=None)
        >>> digits = Data.of(settings | {"dataset": "digits"}, data_dir=None)
        >>> evaluator_name(digits, "auto"), evaluator_name(glyphs, "auto")
        ('digits', None)
    """
    own = data.info.evaluator
    if own and any(side % 8 for side in data.info.shape[:2]):
        own = None
    if features == "digits" and own != "digits":
        raise ValueError("--features: digits takes the dataset digits, at sides of 8, 16, 24 …")
    return {"auto": own, "none": None}.get(features, features)


def scores(data, real, fake, features, seed):
    """What `metrics` says of samples.

    Args:
        data: a `Data`.
        real: a dict of images: `train` and `held_out`.
        fake: samples, as many as are held out.
        features: as the flag.
        seed: that the samples were drawn with.

    Returns:
        A dict: `memorisation`, how much nearer samples lie to training images than held-out images
        do; and where images can be compared in features `scores`, `references` of samplers that are
        no GANs, and `verdicts`, what beats what. Of a generator that has diverged: `not_scored`.

    Example:
        >>> settings = {"dataset": "digits", "image_size": None, "batch_size": 50, "seed": 0}
        >>> data = Data.of(settings, data_dir=None)
        >>> real = {role: data.images(role) for role in ("train", "held_out")}
        >>> copies = real["train"][:898]
        >>> scores(data, real, copies, features="none", seed=0)["memorisation"]
        {'ratio': 0.0, 'alarm': True, ...}
    """
    if not np.isfinite(fake).all():
        return {"not_scored": "samples are not finite numbers: the training has diverged"}
    splits = {"train": data.train, "held_out": data.held_out}
    found = {"memorisation": {**_memorisation(real, fake), "splits": splits, "seed": seed}}
    judge = evaluator_name(data, features)
    if judge is None:
        return found
    evaluator = metrics.evaluator(judge)
    about = {"splits": splits, "reference": f"samplers fitted to {data.train}", "seed": seed}
    compared = metrics.score(real["held_out"], fake, evaluator, **about)
    if judge != data.info.evaluator:  # the samplers are made for its few classes and pixels
        alike = metrics.score(real["held_out"], real["train"], evaluator)
        return {"scores": compared, "references": {"other_half": alike}, **found}
    references = metrics.references(real["train"], real["held_out"], evaluator)
    verdicts = metrics.verdicts(compared, references)
    return {"scores": compared, "verdicts": verdicts, "references": references, **found}


def _memorisation(real, fake):
    try:
        ratio = metrics.memorisation(real["train"], real["held_out"], fake)
    except ValueError:  # half of what is held out, or more, is in the training set too
        return {"ratio": None, "alarm": False}
    return {"ratio": ratio, "alarm": ratio < COPY_RATIO}


def report(figures):
    """Says in a few lines how good the samples are, and compared with what.

    Example:
        >>> report({"memorisation": {"ratio": 0.0, "alarm": True}})
              scores none: nothing that compares such images is at hand; see --features
        memorisation  0.000 (below 0.8: copies): samples are copies of training images
    """
    if "not_scored" in figures:
        print(f"no scores: {figures['not_scored']}")
        return
    compared = figures.get("scores")
    if compared is None:
        print("      scores none: nothing that compares such images is at hand; see --features")
    else:
        print(metrics.Protocol(**compared["protocol"]))
        real = figures["references"]["other_half"]
        for figure in ("frechet", "precision", "recall", "coverage"):
            print(f"{figure:>12} {compared[figure]:6.3f} {_beside(figures, figure)}", end="")
            print(f"; real ones have {real[figure]:.3f}")
    if "verdicts" in figures:
        missing = [k for k, n in enumerate(compared["classes"]) if not n]
        print(f"     classes {f'missing: {missing}' if missing else 'all there'}")
    found = figures["memorisation"]
    if found["ratio"] is None:
        print("memorisation none: most images that are held out are copies of some trained on")
        return
    verdict = "samples are copies of training images" if found["alarm"] else "no sign of copying"
    print(f"memorisation {found['ratio']:6.3f} (below {COPY_RATIO}: copies): {verdict}")


def _beside(figures, figure):
    if "verdicts" not in figures:
        return "beside no cheap sampler"
    found = figures["verdicts"][figure]
    best = f"{found['sampler']} ({found['baseline']:.3f})"
    return f"{found['verdict']} the best cheap sampler, {best}"
