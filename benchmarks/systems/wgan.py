"""WGAN: the critic's loss tracks the quality of the samples, and its gradient does not vanish.

1. On the ring, checkpoints of one training: the rank correlation of the clipped critic's estimate
   with the sliced Wasserstein distance between samples and held-out data. 64-wide networks, clip
   .1, batches of 128, RMSprop(1e-3) for the critic and 2e-4 for G, falling over the second half;
   4,000 steps, about 45 s. The rates were chosen on seed 0 among six pairs. The reference is the
   same correlation for the loss of GAN's discriminator, trained in the same way.
2. With a fixed generator, a logistic discriminator is trained until its loss is small, and a
   clipped critic for as many steps. The figure is the norm of the gradient of G's loss with respect
   to a sample, that of the critic divided by that of the minimax loss.
3. Two parallel lines at a distance θ: the estimate of the critic (of WGAN-GP, divided by its
   gradient norm) is θ, while the discriminator's estimate of the Jensen-Shannon divergence is log 2
   for every θ. The reference is the distance between samples, by the best assignment.
"""

import keras
import numpy as np
from keras import ops
from keras.optimizers import RMSprop
from scipy import stats

import zoo
from benchmarks.shared import acceptance, toy_games
from benchmarks.systems import wgan_gp
from benchmarks.systems.wgan_gp import BATCH, line
from trainers import datasets, metrics
from trainers.objectives import Minimax
from trainers.penalties import squared_gradient_norm
from trainers.schedules import LinearDecay

STEPS, LOG_INTERVAL = 4_000, 100
THETAS = (0.1, 0.3, 0.7, 1.0)
FAST = {"jit_compile": True, "steps_per_execution": 25}


class LossAndDistance(keras.callbacks.Callback):
    """Records (minus the discriminator's loss, distance to held-out data) per logging interval."""

    def __init__(self, held_out):
        super().__init__()
        self.held_out, self.found = held_out, []

    def on_epoch_end(self, epoch, logs):
        fake = self.model.generate(len(self.held_out), seed=1)
        distance = metrics.sliced_wasserstein(self.held_out, fake, directions=64)
        self.found.append((-logs["discriminator_loss"], distance))


def train_on_ring(model, seed, turns):
    """Trains on the ring; returns the records of `LossAndDistance`."""
    scale = datasets.arrays("ring")[0].std()
    held_out = datasets.arrays("ring", "test")[0][:5_000] / scale
    ring = datasets.load("ring", batch_size=128 * turns, seed=seed).map(lambda x: x / scale)
    log = LossAndDistance(held_out)
    model.fit(
        ring.repeat(),
        epochs=STEPS // LOG_INTERVAL,
        steps_per_epoch=LOG_INTERVAL,
        callbacks=[log],
        verbose=0,
    )
    return log.found


def correlation(seed):
    """Returns rank correlations of critic and discriminator with the distance, and both curves."""
    keras.utils.set_random_seed(seed)
    wgan = zoo.WGAN(image_shape=(2,), width=64, clip=0.1)
    rates = {"discriminator": 1e-3, "generator": 2e-4}
    falling = {p: RMSprop(LinearDecay(rate, STEPS), rho=0.99) for p, rate in rates.items()}
    wgan.compile(optimizers=falling, **FAST)
    keras.utils.set_random_seed(seed)
    gan = zoo.GAN(image_shape=(2,), width=64)
    adam = {p: keras.optimizers.Adam(LinearDecay(5e-4, STEPS), 0.0, 0.99) for p in gan.players}
    gan.compile(optimizers=adam, **FAST)
    curves = train_on_ring(wgan, seed, turns=5), train_on_ring(gan, seed, turns=1)
    return *(float(stats.spearmanr(curve).statistic) for curve in curves), curves


def generator_gradient_norms(seed, steps=3_000):
    """Returns mean gradient norms of G's loss for a sample: (minimax, critic), and D's loss."""
    scale = datasets.arrays("ring")[0].std()
    found = []
    for family, options in ((zoo.GAN, {}), (zoo.WGAN, {"clip": 0.1})):
        keras.utils.set_random_seed(seed)
        z = keras.Input((2,))
        cloud = keras.Model(z, 0.1 * z)  # a fixed generator, near the middle
        model = family(image_shape=(2,), latent_dim=2, width=64, generator=cloud, **options)
        model.compile(
            turns={"discriminator": 1, "generator": 0},
            optimizers={"discriminator": RMSprop(1e-3, rho=0.99)},
            **FAST,
        )
        ring = datasets.load("ring", batch_size=256, seed=seed).map(lambda x: x / scale)
        history = model.fit(ring.repeat(), epochs=2, steps_per_epoch=steps // 2, verbose=0).history
        fake = ops.convert_to_tensor(model.generate(2_000, seed=seed))
        gradient_norm = ops.sqrt(squared_gradient_norm(model.discriminator, fake))
        if family is zoo.WGAN:
            found.append(float(ops.mean(gradient_norm)))
        else:  # d log(1 - σ(D)) / dx = σ(D) dD/dx
            share = ops.sigmoid(model.discriminator(fake))[:, 0]
            found.append(float(ops.mean(share * gradient_norm)))
            loss = history["discriminator_loss"][-1]
    return *found, loss


def jensen_shannon(theta, seed):
    """Returns log 2 - loss / 2 of a logistic discriminator between two lines at a distance."""
    keras.utils.set_random_seed(seed)
    model = toy_games.fixed_generator_model(line(0.0), dimensions=2)
    x = toy_games.sample(line(theta), 200 * BATCH, seed, dimensions=2)
    toy_games.train(model, x, 2_000, seed, batch=BATCH, rate=1e-2, objective=Minimax())
    x, y = (toy_games.sample(line(at), 20_000, seed + i, 2) for i, at in enumerate((theta, 0.0)))
    loss = model.objective.discriminator_loss(model.discriminator(x), model.discriminator(y))
    return float(np.log(2.0) - 0.5 * loss)


def run(seed):
    """Returns (recipe, figures, notes, number of samples seen)."""
    critic, discriminator, curves = correlation(seed)
    minimax, wasserstein, loss = generator_gradient_norms(seed)
    lines = {}
    for theta in THETAS:
        raw, gradient_norm = wgan_gp.critic_estimate(2, line(theta), line(0.0), seed)
        x, y = (toy_games.sample(line(at), 1_000, seed + i, 2) for i, at in enumerate((theta, 0.0)))
        lines[theta] = {
            "critic": raw / gradient_norm,
            "samples": float(wgan_gp.empirical_distance(x, y)),
            "jensen_shannon": jensen_shannon(theta, seed),
        }

    def error(of):
        return max(abs(found[of] / theta - 1.0) for theta, found in lines.items())

    off = max(abs(found["jensen_shannon"] - np.log(2.0)) for found in lines.values())
    figures = {
        "correlation_with_distance": acceptance.gate(critic, discriminator, 0.8, 0.95),
        "slope_over_minimax": acceptance.gate(wasserstein / minimax, 1.0, 10.0, 100.0),
        "lines_error": acceptance.gate(error("critic"), error("samples"), 0.05, 0.02, higher=False),
        "lines_js_off_log_2": acceptance.gate(off, 0.0, 0.02, 0.01, higher=False),
    }
    notes = {
        "lines": lines,
        "slopes": {"minimax": minimax, "critic": wasserstein, "discriminator_loss": loss},
        "curves": {"wgan": curves[0], "gan": curves[1]},
    }
    return "paper, for points", figures, notes, STEPS * 128 * 6
