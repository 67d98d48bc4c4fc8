"""Generative adversarial metric: two GANs, each scored by the other's discriminator.

Im, Kim, Jiang, Memisevic: Generating images with recurrent adversarial networks (2016), §3.1,
https://arxiv.org/abs/1602.05110
"""

from typing import NamedTuple

import numpy as np

from trainers.metrics.arrays import as_matrices


class Battle(NamedTuple):
    """Result of `generative_adversarial_metric`: which GAN fools the other's discriminator."""

    winner: int | None
    test_ratio: float
    sample_ratio: float


def generative_adversarial_metric(real, fake_1, fake_2, critic_1, critic_2, tolerance=0.1):
    """Compares two GANs: each discriminator classifies the samples of the other's generator.

        r_test = ε(D₁(x)) / ε(D₂(x)),  r_samples = ε(D₁(G₂(z))) / ε(D₂(G₁(z)))

    where x are real samples that neither was trained on, and ε is the error rate of a
    discriminator. GANs whose discriminators differ in quality, r_test far from 1, are not compared.

    Args:
        real: held-out real samples, shape (n, …).
        fake_1, fake_2: samples of the first and of the second GAN, shapes (m, …) and (l, …).
        critic_1, critic_2: the discriminators: samples -> logits, (n, 1), (n,) or (n, h, w, 1),
            positive for real. Maps of logits are averaged.
        tolerance: how far r_test may be from 1.

    Returns:
        A `Battle`: `winner`, 1 where r_samples < 1, 2 where it is greater, None where it is 1 or
        r_test is not near 1; `test_ratio`, r_test; `sample_ratio`, r_samples. A ratio is 1 where
        neither errs, and infinite where only the second is without errors.

    Raises:
        ValueError: no sample, a NaN or an infinity, or not one logit (or map) per sample.

    >>> import numpy as np
    >>> critic = lambda x: 1.0 - np.abs(x)  # real near 0
    >>> fake_1, fake_2 = [[0.1], [0.2]], [[0.3], [3.0]]
    >>> generative_adversarial_metric([[0.5], [2.0]], fake_1, fake_2, critic, critic)
    Battle(winner=1, test_ratio=1.0, sample_ratio=0.5)
    """
    misses = [np.mean(_logits(critic, real) <= 0) for critic in (critic_1, critic_2)]
    fooled = [
        np.mean(_logits(critic, fake) > 0)
        for critic, fake in ((critic_1, fake_2), (critic_2, fake_1))
    ]
    test, samples = _ratio(*misses), _ratio(*fooled)
    if abs(test - 1.0) > tolerance or samples == 1.0:
        return Battle(None, test, samples)
    return Battle(1 if samples < 1.0 else 2, test, samples)


def _logits(critic, samples):
    samples = np.asarray(samples)
    logits = np.asarray(critic(samples))
    if logits.ndim == 0 or len(logits) != len(samples):
        raise ValueError(
            f"`critic` should return a logit for each of {len(samples)} samples. "
            f"Received: shape {logits.shape}"
        )
    (logits,) = as_matrices(logits=logits.reshape(len(logits), -1))
    return logits.mean(axis=1)


def _ratio(first, second):
    if first == second:
        return 1.0
    return float(first / second) if second else float("inf")
