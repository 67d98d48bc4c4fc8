"""One way to score a generator, and samplers that are not GANs to hold the scores against.

A Fréchet distance of 1.4 says nothing by itself. `references` gives, in the same run and units,
what real data, a mixture of 60 Gaussians, or data that lack a class would have got.
"""

import numpy as np

from trainers.metrics.frechet import frechet_distance
from trainers.metrics.inception import inception_score
from trainers.metrics.kernel import kernel_distance
from trainers.metrics.manifold import density_coverage, precision_recall

# Samplers of `references` that are fitted to the same images in seconds.
CHEAP = ("gmm_60", "pca_kde", "pca_gmm_10", "one_gaussian")


def score(real, fake, evaluator, k=5):
    """Every figure of one set of generated images against one of real images.

    Args:
        real: real images, (n, h, w, c) in [-1, 1]; held out, where the generator is to be
            compared with `references`.
        fake: generated images, (m, h, w, c) in [-1, 1]. Compare only scores of equal n and m.
        evaluator: an object with `name`, `features(images)` and `logits(images)`, such as
            `evaluator("digits")`.
        k: neighbours of precision, recall, density and coverage.

    Returns:
        A dict of floats: `frechet`, `kernel`, `inception_score`, `precision`, `recall`,
        `density`, `coverage`; and of `classes`, how many fakes the evaluator puts into each
        class, and `protocol`, what was compared: `feature_network`, `n_real`, `n_fake`, `k`.

    Raises:
        ValueError: k samples or fewer, or images that the evaluator does not take.
    """
    real_features, fake_features = evaluator.features(real), evaluator.features(fake)
    logits = evaluator.logits(fake)
    precision, recall = precision_recall(real_features, fake_features, k)
    density, coverage = density_coverage(real_features, fake_features, k)
    return {
        "frechet": frechet_distance(real_features, fake_features),
        "kernel": kernel_distance(real_features, fake_features),
        "inception_score": inception_score(logits),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "classes": np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]).tolist(),
        "protocol": {
            "feature_network": evaluator.name,
            "n_real": len(real_features),
            "n_fake": len(fake_features),
            "k": k,
        },
    }


def references(real_train, real_test, evaluator, k=5, seed=0):
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

    Returns:
        A dict of sampler to `score`'s dict, in the order above.
    """
    samples = _reference_samples(real_train, len(real_test), evaluator, seed)
    return {name: score(real_test, fake, evaluator, k) for name, fake in samples.items()}


def verdicts(scores, references):
    """Whether a generator beats what can be had without training one.

    Args:
        scores: of the generator, from `score`.
        references: from `references`, in the same run.

    Returns:
        A dict figure -> {"value", "verdict": "beats" or "loses to", "sampler", "baseline"}, where
        the sampler is the one of `CHEAP` that is best by this figure.
    """
    found = {}
    for figure, sign in {"frechet": -1, "precision": 1, "recall": 1, "coverage": 1}.items():
        best, sampler = max((sign * references[name][figure], name) for name in CHEAP)
        found[figure] = {
            "value": scores[figure],
            "verdict": "beats" if sign * scores[figure] > best else "loses to",
            "sampler": sampler,
            "baseline": sign * best,
        }
    return found


def _reference_samples(images, n, evaluator, seed):
    """Draws from each reference sampler: name -> images in [-1, 1]."""
    from sklearn.decomposition import PCA  # takes longer to import than all the rest
    from sklearn.mixture import GaussianMixture

    rng = np.random.default_rng(seed)
    images = np.asarray(images, dtype=np.float64)
    classes = evaluator.logits(images).argmax(axis=1)
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
