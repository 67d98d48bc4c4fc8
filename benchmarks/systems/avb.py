"""AVB: the posteriors together fill the prior, and the generator tells the points apart.

The toy data of the paper: four one-hot points and two latents. The modern recipe for 8,000 steps of
128, a few minutes. The reference is a variational autoencoder with a Gaussian posterior, the same
decoder, rates and steps. `codes_mmd` is the MMD² between 2,000 codes and N(0, I); `occupancy` is
the share of the cells within radius 2 visited by as many samples of N(0, I) that codes visit too.
`ratio_error` measures only T: for a fixed Gaussian encoder, the difference between E T and the KL
divergence in closed form; the reference is 0.
"""

import keras
import numpy as np
from keras import layers, ops

from benchmarks.shared import acceptance, encoder_rows, figure_style
from trainers import noise
from trainers.losses import gaussian_kl, squared_error
from trainers.runs.environment import fast_options
from zoo.avb import AVB

STEPS, BATCH = 8_000, 128
POINTS = np.eye(4, dtype="float32")


class GaussianVAE(AVB):
    """VAE: AVB with q(z|x) = N(μ(x), σ(x)²) and the KL term in closed form; T is not trained."""

    gaussian = True

    def shapes(self):
        return {}

    def forward(self, x):
        mean, log_std = self.encoder(x, training=True)
        z = mean + ops.exp(log_std) * noise.normal(ops.shape(mean))
        reconstructions = self.generator(z, training=True)
        return {"mean": mean, "log_std": log_std, "reconstructed": reconstructions}

    def discriminator_loss(self, x, outputs):
        return 0.0

    def autoencoder_loss(self, x, outputs):
        error = squared_error(x, outputs["reconstructed"]) / (2.0 * self.deviation**2)
        return {"kl": gaussian_kl(outputs["mean"], outputs["log_std"]), "reconstruction": error}

    def modern_recipe(self, steps=10_000):
        return super().modern_recipe(steps) | {"turns": {"discriminator": 0}}

    def encode(self, x, seed=0):
        mean, log_std = (ops.convert_to_numpy(v) for v in self.averaged().encoder(x))
        return mean + np.exp(log_std) * np.random.default_rng(seed).normal(size=mean.shape)

    def build_encoder(self):
        return super(AVB, self).build_encoder()


@acceptance.cache_trained
def trained(cls, seed):
    """Returns a model trained on the four points."""
    keras.utils.set_random_seed(seed)
    model = cls(image_shape=(4,))
    model.compile("modern", STEPS, **fast_options(model, STEPS))
    x = np.tile(POINTS, (BATCH // 4 * max(model.turns.values()), 1))
    model.fit(np.tile(x, (50, 1)), batch_size=len(x), epochs=STEPS // 50, shuffle=False, verbose=0)
    return model


def score_model(model, seed):
    """Returns the scores of codes and reconstructions."""
    x = np.tile(POINTS, (2_000, 1))
    codes = model.encode(x, seed=seed)
    reconstructions = keras.ops.convert_to_numpy(model.averaged().generator(codes))
    prior = np.random.default_rng(seed).normal(size=codes.shape)

    def cells(z):
        inside = np.floor(z[np.linalg.norm(z, axis=1) < 2.0] / 0.25)
        return set(map(tuple, inside.astype(int)))

    return {
        "codes_mmd": encoder_rows.mmd(codes[:2_000], prior[:2_000]),
        "reconstruction": float(np.mean(reconstructions.argmax(axis=1) == x.argmax(axis=1))),
        "occupancy": len(cells(codes) & cells(prior)) / len(cells(prior)),
    }


def ratio_error(seed, mean=(0.7, -0.4), std=(0.6, 0.8)):
    """Returns |E T - KL| in nats for q(z|x) = N(±mean, std²), with the sign of x, and the KL."""
    x, drawn = keras.Input((1,), name="images"), keras.Input((2,), name="noise")
    z = layers.Add(name="latent")([x * ops.array([mean]), drawn * ops.array([std])])
    keras.utils.set_random_seed(seed)
    model = AVB(image_shape=(1,), noise_dim=2, encoder=keras.Model([x, drawn], z))
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 2_000), 0.5)
    model.compile(
        turns={"discriminator": 1, "autoencoder": 0},
        optimizers={"discriminator": optimizer},
        jit_compile=True,
        steps_per_execution=25,
    )
    signs = np.tile([[1.0], [-1.0]], (128 * 50, 1)).astype("float32")
    model.fit(signs, batch_size=256, epochs=40, shuffle=False, verbose=0)
    codes = model.encode(signs, seed=seed)
    estimate = float(ops.mean(model.discriminator([codes, signs])))
    exact = float(gaussian_kl([mean], ops.log(ops.array([std]))))
    return abs(estimate - exact), exact


def run(seed):
    """Returns (recipe, figures, notes, number of samples seen)."""
    found = score_model(trained(AVB, seed), seed)
    vae = score_model(trained(GaussianVAE, seed), seed)
    error, exact = ratio_error(seed)
    figures = {
        "codes_mmd": acceptance.gate(
            found["codes_mmd"], vae["codes_mmd"], 0.02, 0.005, higher=False
        ),
        "reconstruction": acceptance.gate(
            found["reconstruction"], vae["reconstruction"], 0.99, 0.999
        ),
        "occupancy": acceptance.gate(found["occupancy"], vae["occupancy"], 0.9, 0.95),
        "ratio_error": acceptance.gate(error, 0.0, 0.05, 0.02, higher=False),
    }
    notes = {"avb": found, "vae": vae, "kl_in_closed_form": exact}
    return "modern", figures, notes, 3 * BATCH * STEPS


def picture(seed=0):
    """Codes of the four points: Gaussian posteriors, and AVB's posteriors."""
    x = np.tile(POINTS, (1_000, 1))
    models = {
        "Gaussian posteriors": trained(GaussianVAE, seed),
        "AVB": trained(AVB, seed),
    }
    drawn, axes = figure_style.figure(columns=2, size=(3.6, 3.6), subplot_kw={"aspect": "equal"})
    for panel, (title, model) in zip(axes, models.items(), strict=True):
        codes = model.encode(x, seed=seed)
        panel.scatter(*codes.T, c=x.argmax(axis=1), s=2, cmap="tab10", vmin=0, vmax=9)
        panel.set(title=title, xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
    return figure_style.render(drawn)
