"""One way to score a generator, and samplers that are not GANs to hold the scores against.

A Fréchet distance of 1.4 says nothing by itself. `baselines` gives, in the same run and units,
what real data, a mixture of 60 Gaussians, or data that lack a class would have got; a `Protocol`
says which features, how many images and which neighbours a figure is of.
"""

import dataclasses

import numpy as np

from trainers.metrics.frechet import frechet_distance
from trainers.metrics.inception import inception_score
from trainers.metrics.kernel import kernel_distance
from trainers.metrics.manifold import density_coverage, precision_recall
from trainers.metrics.neighbours import nearest_neighbour_accuracy
from trainers.metrics.parzen import parzen_log_likelihood, parzen_sigma
from trainers.metrics.similarity import pair_ssim
from trainers.metrics.two_sample import two_sample_test

# Samplers of `baselines` that are fitted to the same images in seconds.
BASELINES = ("gmm_60", "pca_kde", "pca_gmm_10", "one_gaussian")


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What was compared: figures of different protocols do not compare.

    Args:
        feature_network: the evaluator's name.
        n_real, n_fake: how many images.
        k: neighbours of precision, recall, density and coverage.
        splits: which images were trained on and compared with, such as {"train": "half_a",
            "held_out": "half_b"}.
        reference: what the figures are to be held against, in words.
        seed: of the samples.

    >>> print(Protocol("digits", n_real=899, n_fake=899, k=5, reference="other_half .32"))
    features of digits, 899 real and 899 generated, k = 5, reference other_half .32
    """

    feature_network: str
    n_real: int
    n_fake: int
    k: int = 5
    splits: dict | None = None
    reference: str | None = None
    seed: int | None = None

    def as_dict(self):
        """What is known, for JSON; `Protocol(**as_dict())` is an equal one."""
        found = dataclasses.asdict(self)
        return {name: value for name, value in found.items() if value is not None}

    def __str__(self):
        words = [
            f"features of {self.feature_network}",
            f"{self.n_real:,} real and {self.n_fake:,} generated",
            f"k = {self.k}",
        ]
        words += [f"{role} {split}" for role, split in (self.splits or {}).items()]
        words += [f"reference {self.reference}"] if self.reference else []
        words += [f"seed {self.seed}"] if self.seed is not None else []
        return ", ".join(words)


def score(real, fake, evaluator, k=5, pixels=False, splits=None, reference=None, seed=None):
    """Every figure of one set of generated images against one of real images.

    Args:
        real: real images, (n, h, w, c) in [-1, 1]; held out, where the generator is to be
            compared with `baselines`.
        fake: generated images, (m, h, w, c) in [-1, 1]. Compare only scores of equal n and m.
        evaluator: an object with `name`, `features(images)` and `head(features)`, the logits of a
            classifier, such as `evaluator("digits")`.
        k: neighbours of precision, recall, density and coverage.
        pixels: whether to add `pixel_score` under `pixels`.
        splits, reference, seed: as for `Protocol`.

    Returns:
        A dict of floats: `frechet`, `kernel`, `inception_score`, `precision`, `recall`,
        `density`, `coverage`; and of `classes`, how many fakes the evaluator puts into each
        class, and `protocol`, a `Protocol` as a dict. It is JSON as it stands.

    Raises:
        ValueError: k samples or fewer, or images that the evaluator does not take.

    >>> from trainers.metrics import evaluator
    >>> images = np.linspace(-1.0, 1.0, 20 * 64).reshape(20, 8, 8, 1)
    >>> found = score(images, images, evaluator("digits"))
    >>> round(found["frechet"], 3), found["recall"], found["protocol"]["n_real"]
    (0.0, 1.0, 20)
    """
    real_features, fake_features = evaluator.features(real), evaluator.features(fake)
    logits = evaluator.head(fake_features)
    about = Protocol(
        evaluator.name, len(real_features), len(fake_features), k, splits, reference, seed
    )
    return {
        **_distances(real_features, fake_features),
        "inception_score": inception_score(logits),
        **_manifold(real_features, fake_features, k),
        "classes": np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]).tolist(),
        **({"pixels": pixel_score(real, fake, k)} if pixels else {}),
        "protocol": about.as_dict(),
    }


def pixel_score(real, fake, k=5, seed=0):
    """Figures that need no evaluator: of the pixels themselves, brought to [0, 1].

    For 900 images of 8 x 8 pixels it takes a second, most of it for the network of the two-sample
    test; the rest grows with the square of the number of images.

    Args:
        real: real images, (n, h, w, c) in [-1, 1].
        fake: generated images, (m, h, w, c) in [-1, 1].
        k: neighbours of precision, recall, density and coverage.
        seed: of what is drawn in tests between sets of equal size.

    Returns:
        A dict of floats: `frechet`, `kernel`, `precision`, `recall`, `density`, `coverage`;
        `two_sample_knn` and `two_sample_mlp`, accuracies; `nearest_real` and `nearest_fake`, those
        of the nearest neighbour, for real and generated images; `parzen`, a log-likelihood in nats,
        and `parzen_sigma`, chosen on every other real image and used on the rest; `pair_ssim`.

    Raises:
        ValueError: k samples or fewer, a NaN or an infinity, or images of different shapes.

    >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 30, 4, 4, 1))
    >>> found = pixel_score(*images)
    >>> round(found["frechet"], 1), round(found["pair_ssim"], 1)
    (0.4, 0.0)
    """
    real, fake = (np.clip(np.asarray(x, np.float64) / 2.0 + 0.5, 0.0, 1.0) for x in (real, fake))
    nearest_real, nearest_fake = nearest_neighbour_accuracy(real, fake, seed)
    sigma = parzen_sigma(real[::2], fake)
    return {
        **_distances(real, fake),
        **_manifold(real, fake, k),
        "two_sample_knn": two_sample_test(real, fake, "knn", seed).accuracy,
        "two_sample_mlp": two_sample_test(real, fake, "mlp", seed).accuracy,
        "nearest_real": nearest_real,
        "nearest_fake": nearest_fake,
        "parzen": parzen_log_likelihood(real[1::2], fake, sigma),
        "parzen_sigma": sigma,
        "pair_ssim": pair_ssim(fake),
    }


def _distances(real, fake):
    return {"frechet": frechet_distance(real, fake), "kernel": kernel_distance(real, fake)}


def _manifold(real, fake, k):
    precision, recall = precision_recall(real, fake, k)
    density, coverage = density_coverage(real, fake, k)
    return {"precision": precision, "recall": recall, "density": density, "coverage": coverage}


def baselines(real_train, real_test, evaluator, k=5, seed=0, pixels=False):
    """Scores of samplers that need no training by gradients, from nearly perfect to useless.

    With half of the 1,797 digits on either side (`train_test_split(test_size=0.5,
    random_state=0, stratify=labels)`) it takes 2 s, and their Fréchet distances are

        other_half .32      real images that were not compared with
        noisy 1.2           the same with noise of standard deviation .1
        gmm_60 1.4          60 Gaussians with diagonal covariances, in pixels
        pca_kde 2.0         a kernel density of bandwidth .25, on 15 principal components
        pca_gmm_10 2.3      10 Gaussians, on 25 principal components
        nine_classes 4.0    real images without class 3
        one_gaussian 7.3    one Gaussian in pixels
        three_classes 52    real images of classes 0 to 2
        uniform 130         uniform noise
        one_image 213       one real image with noise of standard deviation .02

    Args:
        real_train: real images that the samplers may see, (n, h, w, c) in [-1, 1], n >= 60, of
            at least 25 pixels and with some of each class.
        real_test: real images to compare with, (m, h, w, c) in [-1, 1]; each sampler that can
            draws m.
        evaluator: as for `score`; images are divided into classes by its logits.
        k: as for `score`.
        seed: of all that is drawn; it moves the fitted samplers by about 10 %.
        pixels: as for `score`; with them it takes 10 s.

    Returns:
        A dict of sampler to `score`'s dict, in the order above.

    >>> from sklearn.datasets import load_digits
    >>> from trainers.metrics import evaluator
    >>> images = load_digits().images[:400, :, :, None] / 8.0 - 1.0
    >>> found = baselines(images[::2], images[1::2], evaluator("digits"))
    >>> found["other_half"]["frechet"] < found["nine_classes"]["frechet"]
    True
    """
    samples = _baseline_samples(real_train, len(real_test), evaluator, seed)
    return {name: score(real_test, fake, evaluator, k, pixels) for name, fake in samples.items()}


def compare_to_baselines(scores, references):
    """Whether a generator beats what can be had without training one.

    Args:
        scores: of the generator, from `score`.
        references: from `baselines`, in the same run.

    Returns:
        A dict figure -> {"value", "verdict": "beats" or "loses to", "sampler", "baseline"}, where
        the sampler is the one of `BASELINES` that is best by this figure.

    >>> figures = {"frechet": 1.0, "precision": 0.5, "recall": 0.5, "coverage": 0.5}
    >>> better = {name: {**figures, "frechet": 2.0} for name in BASELINES}
    >>> compare_to_baselines(figures, better)["frechet"]["verdict"]
    'beats'
    """
    found = {}
    for figure, sign in {"frechet": -1, "precision": 1, "recall": 1, "coverage": 1}.items():
        best, sampler = max((sign * references[name][figure], name) for name in BASELINES)
        found[figure] = {
            "value": scores[figure],
            "verdict": "beats" if sign * scores[figure] > best else "loses to",
            "sampler": sampler,
            "baseline": sign * best,
        }
    return found


def _baseline_samples(images, n, evaluator, seed):
    """Draws from each reference sampler: name -> images in [-1, 1]."""
    from sklearn.decomposition import PCA  # takes longer to import than all the rest
    from sklearn.mixture import GaussianMixture

    rng = np.random.default_rng(seed)
    images = np.asarray(images, dtype=np.float64)
    classes = evaluator.head(evaluator.features(images)).argmax(axis=1)
    pixels = np.clip(images.reshape(len(images), -1) / 2.0 + 0.5, 0.0, 1.0)
    noise = rng.standard_normal

    def mixture(data, components, covariances):
        settings = dict(covariance_type=covariances, reg_covar=1e-3, random_state=seed)
        return GaussianMixture(components, **settings).fit(data).sample(n)[0]

    few, more = (PCA(size, random_state=seed).fit(pixels) for size in (15, 25))
    kernels = few.transform(pixels[rng.integers(len(pixels), size=n)])
    # x = mean + ε X / (N - 1)^½, X the centred data, has exactly the covariance of the data
    spread = (pixels - pixels.mean(axis=0)) / np.sqrt(len(pixels) - 1)
    draws = {
        "other_half": pixels,
        "noisy": pixels + 0.1 * noise(pixels.shape),
        "gmm_60": mixture(pixels, 60, "diag"),
        "pca_kde": few.inverse_transform(kernels + 0.25 * noise(kernels.shape)),
        "pca_gmm_10": more.inverse_transform(mixture(more.transform(pixels), 10, "full")),
        "nine_classes": pixels[classes != 3],
        "one_gaussian": pixels.mean(axis=0) + noise((n, len(pixels))) @ spread,
        "three_classes": pixels[classes < 3],
        "uniform": rng.random((n, pixels.shape[1])),
        "one_image": pixels[:1] + 0.02 * noise((n, pixels.shape[1])),
    }
    shape = (-1, *images.shape[1:])
    return {name: np.clip(x, 0.0, 1.0).reshape(shape) * 2.0 - 1.0 for name, x in draws.items()}
