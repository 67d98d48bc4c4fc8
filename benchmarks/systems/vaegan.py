"""VAEGAN's reconstructions are as sharp as real images, where a VAE's are blurred.

Glyphs of 28x28: small networks, 800 steps of 64, some minutes. `sharpness` is the mean slope of
the brightness (differences of neighbouring pixels) of reconstructions of held-out glyphs over that
of the glyphs. The reference is a VAE of the same encoder and decoder, which compares pixels and is
trained as long. The notes have the error in pixels, which such a VAE minimises, and how often a
nearest neighbour among real glyphs is of the same digit for the reconstruction.
"""

import keras
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from benchmarks import inference, measure
from trainers import datasets
from trainers.losses import gaussian_kl, squared_error
from zoo.vaegan import VAEGAN

STEPS, SHAPE = 800, (28, 28, 1)


class PixelVAE(VAEGAN):
    """The same encoder and generator, with pixels compared: -log p(x|z) of N(G(z), ½²)."""

    def encoder_loss(self, x, made):
        return self.error(x, made) + gaussian_kl(made["mean"], made["log_std"])

    def generator_loss(self, x, made):
        return {"likeness": self.error(x, made)}

    def discriminator_loss(self, x, made):
        return 0.0

    def error(self, x, made):
        return 2.0 * squared_error(x, made["again"])


def sharpness(images):
    """Mean absolute difference of neighbouring pixels."""
    return float(np.abs(np.diff(images, axis=1)).mean() + np.abs(np.diff(images, axis=2)).mean())


def trained(cls, seed, **changes):
    """A small model after so many steps."""
    keras.utils.set_random_seed(seed)
    model = cls(image_shape=SHAPE, **cls.small(SHAPE))
    measure.train(model, "paper", datasets.load("glyphs", seed=seed), STEPS, **changes)
    return model


@measure.kept
def both(seed):
    """The model and its reference, trained alike."""
    blind = {"turns": {"discriminator": 0}, "loss_weights": {"generator_likeness": 1.0}}
    return {"vaegan": trained(VAEGAN, seed), "vae": trained(PixelVAE, seed, **blind)}


def run(seed):
    """(recipe, figures, notes, images seen)."""
    (train, labels), (test, names) = (datasets.arrays("glyphs", s) for s in ("train", "test"))
    test, names = test[:1_000], names[:1_000]
    nearest = KNeighborsClassifier(1).fit(train.reshape(len(train), -1), labels)
    notes = {"agreement_of_real": float(nearest.score(test.reshape(len(test), -1), names))}
    for name, model in both(seed).items():
        again = model.reconstruct(test)
        notes[name] = {
            "sharpness": sharpness(again) / sharpness(test),
            "mse": inference.mse(test, again),
            "agreement": float(nearest.score(again.reshape(len(test), -1), names)),
        }
    found, reference = (notes[name]["sharpness"] for name in ("vaegan", "vae"))
    figures = {"sharpness": measure.gate(found, reference, 0.90, 0.95)}
    return "paper", figures, notes, 2 * 64 * STEPS


def picture(seed=0):
    """Held-out glyphs, and the reconstructions of both."""
    return inference.picture(datasets.arrays("glyphs", "test")[0], both(seed))
