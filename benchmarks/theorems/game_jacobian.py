"""Near an equilibrium the eigenvalues of the game's Jacobian decide whether training converges.

v = (-∂L_G/∂θ, -∂L_D/∂ψ) is the direction in which the players move. On the Dirac-GAN, D(x) = ψx
with the real point at 0 and the fake one at θ, the Jacobian of v at (0, 0) has the eigenvalues

    minimax, non-saturating ±½ i;  WGAN ±i;  with R1: -γ/2 ± √(γ²/4 - ¼)

Imaginary eigenvalues mean rotation, a negative real part means convergence. The end of 500 steps at
a rate of .1 from (1, -1) is compared with the same recursion in NumPy.

The second part is a small GAN whose real points lie on a line of the plane, as images lie on a thin
surface: with a linear generator, which can draw them, trained with R1. All eigenvalues are computed
at this one point, with R1 and without, column by column from Jacobian-vector products. The claim is
about rotating eigenvalues, |Im λ| > .01: others near 0, of weights with little effect, have either
sign. Source: Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?", §2 to
§4.
"""

import keras
import numpy as np
import tensorflow as tf

import zoo
from benchmarks.shared import claims, figure_style, toy_games
from trainers.objectives import Minimax, NonSaturating, Wasserstein
from trainers.penalties import R1, GradientPenalty
from trainers.schedules import LinearDecay

H, STEPS, START = 0.1, 500, (1.0, -1.0)


def sigmoid(a):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-a))


def logistic(objective, push, gamma=0.0):
    """Returns the compile arguments, a function (θ, ψ) -> (dθ, dψ), and the eigenvalues at (0, 0).

    `push` is minus the derivative of the generator's loss, as a function of the fake's logit ψθ.
    """

    def move(theta, psi):
        return psi * push(psi * theta), -theta * sigmoid(psi * theta) - gamma * psi

    root = np.emath.sqrt(gamma**2 / 4.0 - 0.25)
    compile_args = {"objective": objective, "penalties": [R1(gamma)] if gamma else []}
    return compile_args, move, (-gamma / 2.0 + root, -gamma / 2.0 - root)


GAMES = {
    "minimax": logistic(Minimax(), sigmoid),
    "non-saturating": logistic(NonSaturating(), lambda a: sigmoid(-a)),
    "WGAN": ({"objective": Wasserstein()}, lambda theta, psi: (psi, -theta), (1j, -1j)),
    **{f"R1, γ = {g:g}": logistic(Minimax(), sigmoid, g) for g in (0.3, 1.0, 2.0)},
}


def recursion(move, schedule):
    """Returns the distance to (0, 0) after STEPS steps in NumPy."""
    theta, psi = START
    for _ in range(STEPS):
        d_theta, d_psi = move(theta, psi)
        if schedule == "alternating":  # D first
            d_theta, _ = move(theta, psi + H * d_psi)
        theta, psi = theta + H * d_theta, psi + H * d_psi
    return np.hypot(theta, psi)


def field(losses, variables, real, z):
    """Returns v, flattened: minus the gradient of each player's loss for the player's weights."""
    with tf.GradientTape(persistent=True) as tape:
        found = losses(real, z)
    gradients = []
    for loss, owned in zip(found, variables, strict=True):
        gradients += tape.gradient(loss, owned, unconnected_gradients="zero")
    return -tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0)


def jacobian(model, real, z):
    """Returns ∂v/∂(θ, ψ), column by column, each a Jacobian-vector product in forward mode."""
    owned = [model.variables_of(p) for p in ("generator", "discriminator")]
    values = [v.value for part in owned for v in part]
    groups = [[v.value for v in part] for part in owned]
    sizes = [int(np.prod(v.shape)) for v in values]

    def losses(real, z):
        samples = {"real": real, "fake": model.generator(z)}
        return (
            model.generator_objective(model.discriminator, **samples),
            model.discriminator_objective(model.discriminator, **samples),
        )

    @tf.function
    def product(direction):
        tangents = [
            tf.reshape(part, v.shape)
            for part, v in zip(tf.split(direction, sizes), values, strict=True)
        ]
        with tf.autodiff.ForwardAccumulator(values, tangents) as forward:
            moved = field(losses, groups, real, z)
        return forward.jvp(moved, unconnected_gradients="zero")

    return np.stack([product(row).numpy() for row in np.eye(sum(sizes), dtype="float32")], axis=1)


def dirac_eigenvalues(compile_args):
    """Returns the eigenvalues of the Dirac-GAN at the equilibrium."""
    model = toy_games.DiracGAN()
    model.compile(optimizers={p: "sgd" for p in model.players}, **compile_args)
    model.put(0.0, 0.0)
    return np.linalg.eigvals(jacobian(model, tf.zeros((1, 1)), tf.ones((1, 1))))


def trained_spectra(seed, steps=3_000, width=8, rows=2_000):
    """Returns the spectra of one small trained GAN at one point, without and with R1."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    points = (rng.standard_normal((50_000, 1)) * [1.0, 0.5]).astype("float32")
    model = zoo.GAN(
        image_shape=(2,),
        latent_dim=1,
        generator=keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)]),
        discriminator=toy_games.network(2, width, depth=1, activation="tanh"),
    )
    adam = {p: keras.optimizers.Adam(LinearDecay(2e-3, steps), 0.0, 0.99) for p in model.players}
    fast = {"jit_compile": True, "steps_per_execution": 25}
    model.compile(optimizers=adam, penalties=[R1(1.0)], **fast)
    stream = tf.data.Dataset.from_tensor_slices(points).repeat().batch(256)
    model.fit(stream, steps_per_epoch=steps, verbose=0)
    real, z = tf.constant(points[:rows]), tf.constant(rng.standard_normal((rows, 1)), "float32")
    spectra = []
    for penalties in ([], [R1(1.0)]):
        model.compile(penalties=penalties)
        spectra.append(np.linalg.eigvals(jacobian(model, real, z)))
    return spectra


def max_rotating_real_part(eigenvalues):
    """Returns the largest real part of the rotating eigenvalues, |Im λ| > .01."""
    return float(eigenvalues[np.abs(eigenvalues.imag) > 0.01].real.max())


def run(seed=0):
    """Returns (claims, figure)."""
    found, paths = [], {}
    for name, (compile_args, move, theory) in GAMES.items():
        ours, exact = (
            np.sort_complex(np.round(e, 4))
            for e in (dirac_eigenvalues(compile_args), np.array(theory, complex))
        )
        text = f"{name}: distance of the eigenvalues to theory"
        found.append(claims.claim(text, np.abs(ours - exact).max(), at_most=1e-3))
        for schedule in ("simultaneous", "alternating"):
            path = toy_games.trajectory(
                toy_games.DiracGAN(), STEPS, H, START, schedule=schedule, **compile_args
            )
            paths[name, schedule] = path
            radius, exact = np.linalg.norm(path[-1]), recursion(move, schedule)
            text = f"{name}, {schedule}: distance after {STEPS} steps"
            found.append(claims.claim(text, radius, exact, tolerance=0.03 * exact + 1e-7))
    more = {
        "WGAN-GP": {"objective": Wasserstein(), "penalties": [GradientPenalty(1.0)]},
        "instance noise": {"objective": Minimax(), "augment": toy_games.instance_noise(1.0)},
    }
    for name, compile_args in more.items():
        keras.utils.set_random_seed(seed)
        paths[name, "alternating"] = toy_games.trajectory(
            toy_games.DiracGAN(), STEPS, H, START, **compile_args
        )
    late = np.linalg.norm(paths["WGAN-GP", "alternating"][-100:], axis=1)
    found.append(
        claims.claim(
            "WGAN-GP does not converge: smallest distance in the last 100 steps",
            late.min(),
            at_least=0.1,
        )
    )
    without, with_r1 = trained_spectra(seed)
    change = max_rotating_real_part(with_r1) - max_rotating_real_part(without)
    text = "trained GAN: largest Re λ of rotating eigenvalues, with R1 minus without"
    found.append(claims.claim(text, change, at_most=0.0))
    return found, draw(paths, without, with_r1)


def draw(paths, without, with_r1):
    """Draws the paths of six losses, and the spectra."""
    figure, axes = figure_style.figure(4, 2, size=(2.9, 2.7))
    panels = ("minimax", "non-saturating", "WGAN", "WGAN-GP", "R1, γ = 0.3", "instance noise")
    for name, panel in zip(panels, axes.flat, strict=False):
        path = paths[name, "alternating"]
        panel.plot(*path.T, color=figure_style.DISCRIMINATOR, linewidth=0.9)
        panel.plot(*path[0], "o", color=figure_style.THEORY, markersize=3)
        panel.plot(*path[-1], "o", color=figure_style.FAKE, markersize=4)
        panel.plot(0, 0, "+", color=figure_style.THEORY)
        panel.set(title=name, xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), aspect="equal")
    spread = max(np.abs(without.imag).max(), np.abs(with_r1.imag).max())
    for panel, values, title in (
        (axes[1, 2], without, "trained GAN, without R1"),
        (axes[1, 3], with_r1, "trained GAN, with R1"),
    ):
        panel.axvline(0.0, color=figure_style.PALE, linewidth=0.8)
        panel.plot(values.real, values.imag, ".", color=figure_style.REAL, markersize=4)
        panel.set_xscale("symlog", linthresh=1e-2)
        panel.set(title=title, ylim=(-1.1 * spread, 1.1 * spread), xlabel="Re λ", ylabel="Im λ")
    return figure
