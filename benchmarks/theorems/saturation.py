"""The minimax loss saturates when D wins; the non-saturating loss keeps a gradient for G.

With a = D(G(z)), a logit: |d/da log(1 - σ(a))| = σ(a) and |d/da (-log σ(a))| = 1 - σ(a), whose
ratio is e^-a: 403 at a = -6. Measured on both objectives, and on a discriminator at increasing
numbers of training steps on two parallel lines. Source: Goodfellow et al. 2014, §3; Arjovsky &
Bottou 2017, §2.2.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.shared import claims, figure_style, toy_games
from trainers.objectives import Minimax, NonSaturating

LOSSES = {"minimax": Minimax(), "non-saturating": NonSaturating()}
CHECKS = (20, 50, 100, 200, 400, 800)


def logit_gradients(objective, logits):
    """Returns |d loss/d logit| of each fake."""
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = objective.generator_loss(None, logits) * len(logits)
    return np.abs(tape.gradient(loss, logits).numpy())


def sample_gradient_norm(objective, model, fake):
    """Returns the mean norm of the gradient of the loss with respect to a sample."""
    fake = tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        loss = objective.generator_loss(None, model.discriminator(fake)) * len(fake)
    return float(ops.mean(ops.norm(tape.gradient(loss, fake), axis=1)))


def line(at):
    """Returns a function from normal numbers to points on a vertical line."""
    return lambda z: ops.stack([ops.full_like(z[:, 0], at), 1.0 * z[:, 1]], axis=1)


def run(seed=0):
    """Returns (claims, figure)."""
    a = np.linspace(-8.0, 4.0, 241, dtype="float32")
    curves = {name: logit_gradients(objective, a) for name, objective in LOSSES.items()}
    at = np.float32([-6.0])
    ratio = logit_gradients(LOSSES["non-saturating"], at) / logit_gradients(LOSSES["minimax"], at)
    share = 1.0 / (1.0 + np.exp(-a.astype(float)))
    found = [
        claims.claim(
            "ratio of the gradients at a logit of -6", ratio[0], np.exp(6.0), tolerance=0.1
        ),
        claims.claim(
            "minimax: largest |gradient - σ(a)|",
            np.abs(curves["minimax"] - share).max(),
            at_most=1e-6,
        ),
        claims.claim(
            "non-saturating: largest |gradient - (1 - σ(a))|",
            np.abs(curves["non-saturating"] - (1.0 - share)).max(),
            at_most=1e-6,
        ),
    ]
    keras.utils.set_random_seed(seed)
    model = toy_games.fixed_generator_model(line(0.0), dimensions=2)
    real = toy_games.sample(line(1.0), 50_000, seed, dimensions=2)
    fake = toy_games.sample(line(0.0), 2_000, seed + 1, dimensions=2)
    sent, done = {name: [] for name in LOSSES}, 0
    for steps in CHECKS:  # each training goes on with the weights of the one before
        toy_games.train(model, real, steps - done, seed, objective=Minimax())
        done = steps
        for name, objective in LOSSES.items():
            sent[name].append(sample_gradient_norm(objective, model, fake))
    longest = sent["non-saturating"][-1] / sent["minimax"][-1]
    found.append(
        claims.claim("ratio of the gradients with respect to samples", longest, at_least=50.0)
    )
    return found, draw(a, curves, sent)


def draw(a, curves, sent):
    """Draws gradients against the logit, and against the training steps of D."""
    figure, (left, right) = figure_style.figure(2)
    for (name, curve), color in zip(
        curves.items(), (figure_style.FAKE, figure_style.REAL), strict=True
    ):
        left.plot(a, curve, color=color, label=name)
        right.loglog(CHECKS, sent[name], "o-", color=color, markersize=4, label=name)
    left.set(xlabel="logit of a fake", ylabel="|d loss/d logit|")
    left.set_title("σ(a) and 1 - σ(a)")
    right.set(xlabel="steps of D on two lines", ylabel="mean gradient of a sample")
    right.set_title("D wins")
    for axes in (left, right):
        figure_style.legend(axes)
    return figure
