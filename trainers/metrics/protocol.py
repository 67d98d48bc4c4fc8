"""A protocol to score a generator, and baselines, which are not GANs, to compare the scores with.

A Fréchet distance of 1.4 means nothing by itself. `baselines` returns, in the same run and units,
the scores of real data, of a mixture of 60 Gaussians, of data that lack a class; a `Protocol`
states the features, the number of images and of neighbours.
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
from trainers.metrics.verdict import verdict

# Samplers of `baselines` that are fitted to the same images in seconds.
BASELINES = ("gmm_60", "pca_kde", "pca_gmm_10", "one_gaussian")


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What was compared: figures of different protocols are not comparable.

    Args:
        feature_network: name of the evaluator.
        n_real, n_fake: number of images.
        k: number of neighbours of precision, recall, density and coverage.
        splits: the images trained on and compared with, such as {"train": "half_a",
            "held_out": "half_b"}.
        reference: what to compare the figures with, in words.
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
        """Returns the fields that are not None, for JSON; `Protocol(**as_dict())` is equal."""
        fields = dataclasses.asdict(self)
        return {name: value for name, value in fields.items() if value is not None}

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
    """Computes every metric of generated images against real images.

    Args:
        real: real images, (n, h, w, c) in [-1, 1]; held-out ones, where the generator is to be
            compared with `baselines`.
        fake: generated images, (m, h, w, c) in [-1, 1]. Compare only scores of equal n and m.
        evaluator: an object with `name`, `features(images)` and `head(features)`, the logits of a
            classifier, such as `evaluator("digits")`.
        k: number of neighbours of precision, recall, density and coverage.
        pixels: whether to add `pixel_score` under `pixels`.
        splits, reference, seed: as for `Protocol`.

    Returns:
        A dict, valid as JSON, of floats: `frechet`, `kernel`, `inception_score`, `precision`,
        `recall`, `density`, `coverage`; of `classes`, the number of fakes that the evaluator
        classifies as each class; and of `protocol`, a `Protocol` as a dict.

    Raises:
        ValueError: k samples or fewer, or images that the evaluator does not take.

    >>> from trainers.metrics import evaluator
    >>> images = np.linspace(-1.0, 1.0, 20 * 64).reshape(20, 8, 8, 1)
    >>> scores = score(images, images, evaluator("digits"))
    >>> round(scores["frechet"], 3), scores["recall"], scores["protocol"]["n_real"]
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
    """Computes the metrics that need no evaluator, on pixels, scaled to [0, 1].

    900 images of 8 x 8 pixels take a second, most of it for the network of the two-sample test;
    the rest grows with the square of the number of images.

    Args:
        real: real images, (n, h, w, c) in [-1, 1].
        fake: generated images, (m, h, w, c) in [-1, 1].
        k: number of neighbours of precision, recall, density and coverage.
        seed: of the subsample where sets differ in size, and of the two-sample tests.

    Returns:
        A dict of floats: `frechet`, `kernel`, `precision`, `recall`, `density`, `coverage`;
        `two_sample_knn` and `two_sample_mlp`, accuracies; `nearest_real` and `nearest_fake`,
        accuracies of the nearest neighbour on real and on generated images; `parzen`, a
        log-likelihood in nats, and `parzen_sigma`, chosen on every other real image and used on
        the rest; `pair_ssim`.

    Raises:
        ValueError: k samples or fewer, a NaN or an infinity, or images of different shapes.

    >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 30, 4, 4, 1))
    >>> scores = pixel_score(*images)
    >>> round(scores["frechet"], 1), round(scores["pair_ssim"], 1)
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
    """Returns the scores of samplers that are no GANs, from nearly perfect to useless.

    With half of the 1,797 digits on either side (`train_test_split(test_size=0.5,
    random_state=0, stratify=labels)`) it takes 2 s, and the Fréchet distances are

        other_half .32      real images, `real_train`
        noisy 1.2           `real_train` with noise of standard deviation .1
        gmm_60 1.4          60 Gaussians with diagonal covariances, in pixels
        pca_kde 2.0         a kernel density of bandwidth .25, on 15 principal components
        pca_gmm_10 2.3      10 Gaussians, on 25 principal components
        nine_classes 4.0    real images without class 3
        one_gaussian 7.3    one Gaussian in pixels
        three_classes 52    real images of classes 0 to 2
        uniform 130         uniform noise
        one_image 213       one real image with noise of standard deviation .02

    Args:
        real_train: real images that the samplers are fitted to, (n, h, w, c) in [-1, 1], n >= 60,
            of at least 25 pixels and with some of each class.
        real_test: real images to compare with, (m, h, w, c) in [-1, 1]; the fitted samplers draw
            m images.
        evaluator: as for `score`; images are divided into classes by the evaluator's logits.
        k: as for `score`.
        seed: of all draws; it moves the figures of the fitted samplers by about 10 %.
        pixels: as for `score`; with `pixel_score` it takes 10 s.

    Returns:
        A dict sampler -> dict of `score`, in the order above.

    >>> from sklearn.datasets import load_digits
    >>> from trainers.metrics import evaluator
    >>> images = load_digits().images[:400, :, :, None] / 8.0 - 1.0
    >>> scores = baselines(images[::2], images[1::2], evaluator("digits"))
    >>> scores["other_half"]["frechet"] < scores["nine_classes"]["frechet"]
    True
    """
    samples = _baseline_samples(real_train, len(real_test), evaluator, seed)
    return {name: score(real_test, fake, evaluator, k, pixels) for name, fake in samples.items()}


def compare_to_baselines(scores, references):
    """Compares a generator with the best baseline that is fitted to the same images.

    Args:
        scores: of the generator, from `score`.
        references: from `baselines`, in the same run.

    Returns:
        A dict figure -> {"value", "verdict", "sampler", "baseline"}: what `verdict` returns, and
        the one of `BASELINES` that is best by this figure.

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
            "verdict": verdict(scores[figure], sign * best, lower=sign < 0),
            "sampler": sampler,
            "baseline": sign * best,
        }
    return found


def _baseline_samples(images, n, evaluator, seed):
    """Draws from each baseline sampler: name -> images in [-1, 1]."""
    from sklearn.decomposition import PCA  # imported here, which takes long
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
