"""Losses other than the adversarial one: reconstruction, features, classes, latent codes.

Each is a function of arrays that returns a float32 scalar; smaller is better.
"""

import math

from keras import ops, tree


def _float(values):
    return ops.cast(values, "float32")


def l1(x, y):
    """Mean absolute error E |x - y| over all elements (as cycle loss: Zhu et al. 2017, eq. 2).

    Args:
        x, y: arrays of the same shape.

    Example:
        >>> float(l1([[1.0, 2.0]], [[2.0, 5.0]]))
        2.0
    """
    return ops.mean(ops.abs(_float(x) - _float(y)))


def feature_matching(real, fake):
    """Feature matching loss ‖E f(x) - E f(G(z))‖²: squared distance of two mean features.

    It compares batches, not pairs: samples may differ as long as the means agree.
    Source: Salimans et al. 2016, §3.1.

    Args:
        real, fake: features (batch, ...); the batches may have different sizes.

    Example:
        >>> real, fake = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]]
        >>> float(feature_matching(real, fake))  # (2 - ½)² + (3 - ½)²
        8.5
    """
    gap = ops.mean(_float(real), axis=0) - ops.mean(_float(fake), axis=0)
    return ops.sum(ops.square(gap))


def cross_entropy(labels, logits):
    """Cross-entropy -E log q(y|x), q = softmax(logits), over the samples whose class is known.

    Args:
        labels: class numbers (batch,), 0 ... classes - 1; samples of class -1 are ignored, and
            the loss of no sample is 0.
        logits: (batch, classes).

    Example:
        >>> round(float(cross_entropy([1], [[1.0, 2.0]])), 6)
        0.313262
        >>> round(float(cross_entropy([1, -1], [[1.0, 2.0], [9.0, 0.0]])), 6)
        0.313262
    """
    labels = ops.one_hot(ops.cast(labels, "int32"), ops.shape(logits)[-1])
    log_likelihood = ops.sum(labels * ops.log_softmax(_float(logits), axis=-1))
    return -log_likelihood / ops.maximum(ops.sum(labels), 1.0)


def gaussian_nll(x, mean, log_std=0.0):
    """Gaussian negative log-likelihood -E log N(x; mean, exp(log_std)²), summed over dimensions.

    Args:
        x, mean: (batch, d).
        log_std: (batch, d), or a number.

    Example:
        >>> round(float(gaussian_nll([[2.0]], mean=[[0.0]])), 6)  # ½ 2² + ½ log 2π
        2.918939
    """
    log_std = _float(log_std)
    scaled = (_float(x) - _float(mean)) * ops.exp(-log_std)
    each = 0.5 * ops.square(scaled) + log_std + 0.5 * math.log(2.0 * math.pi)
    return ops.mean(ops.sum(each, axis=-1))


def gaussian_kl(mean, log_std):
    """KL divergence E KL(N(mean, exp(log_std)²) ‖ N(0, I)), summed over dimensions.

    Source: Kingma & Welling 2014, "Auto-Encoding Variational Bayes", appendix B.

    Args:
        mean, log_std: (batch, d).

    Example:
        >>> float(gaussian_kl([[1.0, 0.0]], [[0.0, 0.0]]))  # ½ 1²
        0.5
    """
    mean, log_std = _float(mean), _float(log_std)
    each = 0.5 * (ops.square(mean) + ops.exp(2.0 * log_std) - 1.0) - log_std
    return ops.mean(ops.sum(each, axis=-1))


def squared_error(x, y):
    """Squared error E ‖x - y‖², summed over the elements of a sample.

    Args:
        x, y: (batch, ...).

    Example:
        >>> float(squared_error([[1.0, 2.0]], [[2.0, 5.0]]))
        10.0
    """
    gap = ops.square(_float(x) - _float(y))
    return ops.mean(ops.sum(gap, axis=tuple(range(1, len(gap.shape)))))


def feature_distance(x, y):
    """Mean squared difference of feature maps, over samples, positions and channels of each map,
    and over several maps.

    Args:
        x, y: an array, or nested arrays of the same structure and shapes.

    Source: Ledig et al. 2017, eq. 5, with channels averaged too.

    Example:
        >>> float(feature_distance([ops.zeros((1, 2, 2, 3)), ops.zeros((1, 1))],
        ...                        [ops.ones((1, 2, 2, 3)), ops.zeros((1, 1))]))
        0.5
    """
    pairs = zip(tree.flatten(x), tree.flatten(y), strict=True)
    gaps = [ops.mean(ops.square(_float(real) - _float(fake))) for real, fake in pairs]
    return sum(gaps) / len(gaps)


def total_variation(images):
    """Total variation: mean squared difference of neighbouring pixels, down plus across.

    Args:
        images: (batch, h, w, c).

    Source: Mahendran & Vedaldi 2015, https://arxiv.org/abs/1412.0035, eq. 6 with β = 2, as Li &
    Wand 2016, eq. 3; the mean instead of the sum, so that image sizes are comparable.

    Example:
        >>> stairs = ops.reshape([0.0, 1.0, 2.0], (1, 1, 3, 1))
        >>> float(total_variation(ops.repeat(stairs, 3, axis=1)))
        1.0
    """
    images = _float(images)
    down, across = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return ops.mean(ops.square(down)) + ops.mean(ops.square(across))


def mutual_information(codes, beliefs):
    """Loss -E log Q(c|x), the mean over the codes: H(c) minus the loss is a lower bound of I(c; x).

    Source: Chen et al. 2016 (InfoGAN), eq. 5.

    Args:
        codes: a list; class numbers (batch,) of a categorical code, numbers (batch, d) of a
            continuous one.
        beliefs: a list of the same length, the outputs of Q: logits (batch, classes), or a pair
            (mean, log_std) of shapes (batch, d).

    Raises:
        ValueError: when there are not as many beliefs as codes, or none.

    Example:
        >>> logits, normal = ops.array([[1.0, 2.0]]), (ops.zeros((1, 1)), ops.zeros((1, 1)))
        >>> round(float(mutual_information([[1], [[2.0]]], [logits, normal])), 5)
        1.6161
    """
    if not codes or len(codes) != len(beliefs):
        raise ValueError(
            "`beliefs` should be as many as `codes`, at least one. "
            f"Received: {len(beliefs)} for {len(codes)}."
        )
    each = [
        gaussian_nll(code, *belief)
        if isinstance(belief, (tuple, list))
        else cross_entropy(code, belief)
        for code, belief in zip(codes, beliefs, strict=True)
    ]
    return sum(each) / len(each)


def realness(logits):
    """Logit of "real", (batch, 1), from the logits of K classes; that of the fake class is 0.

    D(x) = Z/(Z + 1), Z = Σ exp(logits), so the logit of D is log Z. Objectives take it as the
    output of a discriminator. Source: Salimans et al. 2016, §5.

    Args:
        logits: (batch, classes).

    Example:
        >>> realness([[0.0, 0.0, 0.0]]).numpy()  # log 3
        array([[1.0986123]], dtype=float32)
    """
    return ops.logsumexp(_float(logits), axis=-1, keepdims=True)
