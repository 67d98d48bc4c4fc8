"""Equilibria of GANs are saddles, not minima: the Hessian of V has eigenvalues of both signs.

For the Dirac-GAN V(θ, ψ) = f(-ψθ) + f(0), f = log σ, the Hessian at the equilibrium is antidiagonal
with entries of size f'(0) = ½, whose eigenvalues are ±½. For a small trained GAN, all second
derivatives of V with respect to all weights of both players are computed. Source: survey, §7.A.2;
Mescheder et al. 2018, §2.
"""

import keras
import numpy as np
import tensorflow as tf

import zoo
from benchmarks.shared import claims, figure_style, toy_games
from trainers import datasets, noise
from trainers.objectives import Minimax
from trainers.penalties import R1
from trainers.schedules import LinearDecay

WIDTH, STEPS, ROWS = 10, 3_000, 2_000


def hessian(value, variables):
    """Returns the Hessian matrix of value() with respect to all variables."""
    sizes = [int(np.prod(v.shape)) for v in variables]
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            found = value()
        gradients = inner.gradient(found, variables)
        flat = tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0)
    columns = outer.jacobian(flat, variables, experimental_use_pfor=False)
    parts = [tf.reshape(c, (sum(sizes), n)) for c, n in zip(columns, sizes, strict=True)]
    return tf.concat(parts, axis=1).numpy()


def dirac():
    """Returns the Hessian of V at the equilibrium of the Dirac-GAN."""
    model = toy_games.DiracGAN()
    model.put(0.0, 0.0)
    zero = tf.zeros((1, 1))

    def value():
        fake = model.generator(tf.ones((1, 1)))
        return -Minimax().discriminator_loss(model.discriminator(zero), model.discriminator(fake))

    return hessian(value, [v.value for v in model.trainable_variables])


def small_gan(seed):
    """Trains a GAN of some ninety weights on the ring; returns it and V of one large batch."""
    keras.utils.set_random_seed(seed)
    points = datasets.arrays("ring")[0]
    scale = points.std()
    networks = {
        "generator": keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(WIDTH, "tanh"), keras.layers.Dense(2)]
        ),
        "discriminator": keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(WIDTH, "tanh"), keras.layers.Dense(1)]
        ),
    }
    model = zoo.GAN(image_shape=(2,), **networks)
    adam = {p: keras.optimizers.Adam(LinearDecay(2e-3, STEPS), 0.0, 0.99) for p in model.players}
    model.compile(optimizers=adam, penalties=[R1(0.1)], jit_compile=True, steps_per_execution=25)
    ring = datasets.load("ring", batch_size=256, seed=seed).map(lambda x: x / scale)
    model.fit(ring.repeat(), steps_per_epoch=STEPS, verbose=0)
    real = tf.constant(points[:ROWS] / scale)
    with noise.stream(seed):
        z = noise.normal((ROWS, 2))

    def value():
        fake = model.discriminator(model.generator(z))
        return -Minimax().discriminator_loss(model.discriminator(real), fake)

    return model, value


def run(seed=0):
    """Returns (claims, figure)."""
    low, high = np.linalg.eigvalsh(dirac())
    model, value = small_gan(seed)
    matrix = hessian(value, [v.value for v in model.trainable_variables])
    eigenvalues = np.linalg.eigvalsh(0.5 * (matrix + matrix.T))
    down, up = (eigenvalues < -1e-4).sum(), (eigenvalues > 1e-4).sum()
    found = [
        claims.claim("Dirac-GAN: smaller eigenvalue", low, -0.5, tolerance=1e-5),
        claims.claim("Dirac-GAN: larger eigenvalue", high, 0.5, tolerance=1e-5),
        claims.claim(
            f"trained GAN of {len(eigenvalues)} weights: eigenvalues below -1e-4", down, at_least=1
        ),
        claims.claim(
            f"trained GAN of {len(eigenvalues)} weights: eigenvalues above 1e-4", up, at_least=1
        ),
    ]
    figure, (left, right) = figure_style.figure(2)
    ticks = np.linspace(-4, 4, 161)
    theta, psi = np.meshgrid(ticks, ticks)
    surface = -np.logaddexp(0.0, psi * theta) - np.log(2.0)
    left.contour(theta, psi, surface, levels=24, cmap="RdBu", linewidths=1.0)
    left.plot(0, 0, "+", color=figure_style.THEORY, markersize=10)
    left.set(xlabel="θ", ylabel="ψ", title="V of the Dirac-GAN")
    order = np.arange(len(eigenvalues))
    for sign, color in (
        (eigenvalues > 0, figure_style.REAL),
        (eigenvalues <= 0, figure_style.FAKE),
    ):
        right.vlines(order[sign], 0.0, eigenvalues[sign], color=color)
    right.set_yscale("symlog", linthresh=1e-4)
    right.set(
        xlabel="eigenvalues in order", title=f"Hessian of a trained GAN: {down} down, {up} up"
    )
    return found, figure
