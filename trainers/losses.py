"""Losses beside the game: what a player is asked for apart from what the judge says of it.

Each is a function of arrays that returns a scalar, in float32, smaller being better.
"""

import math

from keras import ops, tree


def _float(values):
    return ops.cast(values, "float32")


def l1(x, y):
    """E |x - y|, the mean over all elements: of pixels, or of cycles (Zhu et al. 2017, eq. 2).

    Example:
        >>> float(l1([[1.0, 2.0]], [[2.0, 5.0]]))
        2.0
    """
    return ops.mean(ops.abs(_float(x) - _float(y)))


def feature_matching(real, fake):
    """‖E f(x) - E f(G(z))‖², the squared distance of two mean features.

    It compares batches, not pairs: samples may differ as long as the means agree.
    Source: Salimans et al. 2016, §3.1.

    Args:
        real, fake: features (batch, …); the batches may be of different sizes.

    Example:
        >>> real, fake = [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]]
        >>> float(feature_matching(real, fake))  # (2 - ½)² + (3 - ½)²
        8.5
    """
    gap = ops.mean(_float(real), axis=0) - ops.mean(_float(fake), axis=0)
    return ops.sum(ops.square(gap))


def cross_entropy(labels, logits):
    """-E log q(y|x), where q = softmax(logits), over the samples whose class is known.

    Args:
        labels: class numbers (batch,); those of -1 are passed over, and the loss of none is 0.
        logits: (batch, classes).

    Example:
        >>> round(float(cross_entropy([1], [[1.0, 2.0]])), 6)
        0.313262
        >>> round(float(cross_entropy([1, -1], [[1.0, 2.0], [9.0, 0.0]])), 6)
        0.313262
    """
    labels = ops.one_hot(ops.cast(labels, "int32"), ops.shape(logits)[-1])
    said = ops.sum(labels * ops.log_softmax(_float(logits), axis=-1))
    return -said / ops.maximum(ops.sum(labels), 1.0)


def gaussian_nll(x, mean, log_std=0.0):
    """-E log N(x; mean, exp(log_std)²), summed over the dimensions of a sample.

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
    """E KL(N(mean, exp(log_std)²) ‖ N(0, I)), summed over the dimensions of a sample.

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
    """E ‖x - y‖², the sum over what belongs to a sample.

    Example:
        >>> float(squared_error([[1.0, 2.0]], [[2.0, 5.0]]))
        10.0
    """
    gap = ops.square(_float(x) - _float(y))
    return ops.mean(ops.sum(gap, axis=tuple(range(1, len(gap.shape)))))


def feature_distance(x, y):
    """Mean squared difference of features: of each map the mean over samples, places and channels,
    and of several maps the mean.

    Args:
        x, y: an array, or alike nested arrays.

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
    """Mean squared difference of neighbouring pixels, down and across: how rough images are.

    Source: Mahendran & Vedaldi 2015, https://arxiv.org/abs/1412.0035, eq. 6 with β = 2, as Li &
    Wand 2016, eq. 3; the mean instead of the sum, so that sizes compare.

    Example:
        >>> stairs = ops.reshape([0.0, 1.0, 2.0], (1, 1, 3, 1))
        >>> float(total_variation(ops.repeat(stairs, 3, axis=1)))
        1.0
    """
    images = _float(images)
    down, across = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return ops.mean(ops.square(down)) + ops.mean(ops.square(across))


def mutual_information(codes, beliefs):
    """-E log Q(c|x), the mean over the codes: with H(c) added, its negative bounds I(c; x) below.

    Source: Chen et al. 2016 (InfoGAN), eq. 5.

    Args:
        codes: a list; class numbers (batch,) of a categorical code, numbers (batch, d) of a
            continuous one.
        beliefs: a list alike, what Q says: logits (batch, classes), or a pair (mean, log_std) of
            shapes (batch, d).

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
    """The logit of "real" that K class logits imply, when the fake class has logit 0: (batch, 1).

    D(x) = Z/(Z + 1), Z = Σ exp(logits), so that the logit of D is log Z. An objective takes it as
    any discriminator's output. Source: Salimans et al. 2016, §5.

    Example:
        >>> realness([[0.0, 0.0, 0.0]]).numpy()  # log 3
        array([[1.0986123]], dtype=float32)
    """
    return ops.logsumexp(_float(logits), axis=-1, keepdims=True)
