"""DCGAN draws glyphs within a budget in which the convolutional GAN of 2014 fails.

A fully connected GAN and the network of 2014, both small, and DCGAN with 32 channels at the image:
400 steps each on 28x28 glyphs, in batches of 64. The Fréchet distance compares 2,000 samples with
the 2,000 test images, in the features of a classifier that the row trains. The four trainings took
327 s on two cores shared with other work.

The figure is DCGAN's distance divided by the better of two distances of the network of 2014: with
the paper's momentum SGD, which hardly moves in so few steps, and with Adam at the best rates of
seed 0. The reference is that better one: 1.
"""

import time

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from benchmarks.shared import acceptance, glyph_classifier
from trainers import datasets, metrics
from trainers.imaging import grids
from zoo.conv_gan import ConvGAN
from zoo.dcgan import DCGAN
from zoo.gan import GAN

SHAPE, STEPS, BATCH = (28, 28, 1), 400, 64
RATES = {"discriminator": 1e-4, "generator": 3e-5}  # of Adam, for the network of 2014
ABLATIONS = """
All on seed 0, with the network of 2014, and a momentum of .5 for Adam unless noted; the numbers are
Fréchet distances after 450 or 600 steps. With the initial weights of the paper's width: the paper's
SGD 1357; SGD at .1 1357; Adam 2e-4 for both 1518; 5e-4 with momentum 0 1611; 1e-4 in D and 1e-3 in
G 1061. With initial weights that grow as the width shrinks, as in zoo/conv_gan.py: the paper's SGD
1277; SGD at .1 diverges; Adam 2e-4 for both 1036; 5e-5 in D and 2e-4 in G 1182; 1e-4 in D and SGD
at .05 in G 2974; 1e-4 in D and 3e-5 in G 809, which the row uses. In all but this last run the
classifier assigns 98 % of the samples or more to one class.
"""


def contestants():
    """Returns a dict from name to (class, sizes, changes of the paper's recipe)."""
    adam = {"optimizers": ConvGAN(SHAPE, **ConvGAN.small(SHAPE)).adam(RATES)}
    return {
        "fully connected": (GAN, GAN.small(SHAPE), {}),
        "conv_gan, its SGD": (ConvGAN, ConvGAN.small(SHAPE), {}),
        "conv_gan, Adam": (ConvGAN, ConvGAN.small(SHAPE), adam),
        "dcgan": (DCGAN, {"latent_dim": 64, "width": 32, "kernel_size": 4}, {}),
    }


def mixture(images, n, seed):
    """Returns n samples of the baseline: 60 Gaussians on 25 principal components."""
    pixels = images.reshape(len(images), -1).astype("float64")
    projection = PCA(25, random_state=seed).fit(pixels)
    gaussians = GaussianMixture(60, covariance_type="diag", reg_covar=1e-3, random_state=seed)
    draws = gaussians.fit(projection.transform(pixels)).sample(n)[0]
    found = np.clip(projection.inverse_transform(draws), -1.0, 1.0)
    return found.reshape(n, *SHAPE).astype("float32")


@acceptance.cache_trained
def trained(seed):
    """Returns two dicts, from name to model and from name to seconds of training."""
    models, seconds = {}, {}
    for name, (family, sizes, changes) in contestants().items():
        keras.utils.set_random_seed(seed)
        models[name] = family(SHAPE, **sizes)
        data = datasets.load("glyphs", batch_size=BATCH, seed=seed)
        start = time.perf_counter()
        acceptance.train(models[name], "paper", data, STEPS, **changes)
        seconds[name] = round(time.perf_counter() - start, 1)
    return models, seconds


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    train, test = (datasets.arrays("glyphs", split) for split in ("train", "test"))
    classifier = glyph_classifier.glyph_features(seed)
    held_out = classifier.features(test[0])
    n = len(held_out)

    def distance(images):
        return metrics.frechet_distance(held_out, classifier.features(images))

    models, seconds = trained(seed)
    found = {name: distance(model.generate(n, seed=seed)) for name, model in models.items()}
    baseline = min(found["conv_gan, its SGD"], found["conv_gan, Adam"])
    figures = {
        "frechet_ratio": acceptance.gate(found["dcgan"] / baseline, 1.0, 1.0, 0.5, higher=False),
    }
    notes = {
        "frechet": found,
        "mixture": distance(mixture(train[0], n, seed)),
        "real": distance(train[0][:n]),
        "accuracy": float(np.mean(classifier.classify(test[0]) == test[1])),
        "seconds": seconds,
    }
    return "paper", figures, notes, len(found) * BATCH * STEPS


def picture(seed=0):
    """Glyphs of the test split, and a row of samples from each network."""
    rows = {"held out": datasets.arrays("glyphs", "test")[0][:12]}
    rows |= {name: model.generate(12, seed=seed) for name, model in trained(seed)[0].items()}
    return grids.grid(list(rows.values()), labels=list(rows))
