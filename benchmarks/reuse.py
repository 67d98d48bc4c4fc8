"""One trained model, every application: what the models of saved_models/ are worth in each.

    python -m benchmarks.reuse

No model is trained again: linear machines read its features, descent finds its latents, and the
generator of super-resolution, the only network that learns here, compares by what it says. Writes
docs/reuse.json, of which `python -m benchmarks.document` makes docs/reuse.md; what is not measured
again stays as it is. The last line is the JSON object.
"""

import functools
import json
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from absl import flags
from sklearn.decomposition import PCA

import zoo
from benchmarks.shared import acceptance
from benchmarks.systems import mgan, srgan
from trainers import command_line, datasets, export, files, metrics, runs
from trainers.datasets.builtin import photos
from trainers.losses import feature_distance
from trainers.tasks import semantic_editing, semi_supervised, shape_synthesis, super_resolution
from zoo.networks import perceptual

FLAGS = flags.FLAGS
MOST, EDITED, PER_CLASS, STEPS = 500, 100, 10, 200


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("only", None, "Some of zoo.list_presets(); else all.")
    flags.DEFINE_list("cells", None, f"Some of {', '.join(CELLS)}; else all.")
    flags.DEFINE_string("out", "docs/reuse.json", "The file that is written.")


def main():
    """Measures every cell."""
    with command_line.flag_errors("only"):
        unknown = sorted(set(FLAGS.only or []) - set(zoo.list_presets()))
        if unknown:
            raise ValueError(f"should be of {', '.join(zoo.list_presets())}. Received: {unknown}")
    with command_line.flag_errors("cells"):
        unknown = sorted(set(FLAGS.cells or []) - set(CELLS))
        if unknown:
            raise ValueError(f"should be of {', '.join(CELLS)}. Received: {unknown}")
    cells = (files.read_json(Path(FLAGS.out)) or {"cells": {}})["cells"]
    for name in FLAGS.only or zoo.list_presets():
        model = zoo.from_preset(name)
        row = cells.setdefault(name, {})
        row["model"] = type(model).__name__
        for application in FLAGS.cells or CELLS:
            try:
                row[application] = CELLS[application](model, name.rpartition("_")[2])
            except ValueError as error:
                row[application] = {"refused": str(error)}
            print(name, application, row[application], flush=True)
    found = {"cells": cells, "seed": 0, "machine": runs.machine()}
    files.write_json(Path(FLAGS.out), found | {"versions": runs.versions()})
    print(json.dumps(found, ensure_ascii=False))


def against(value, reference, beside, unit, higher=False):
    """A cell: a figure, that of the best baseline, and the name of the baseline."""
    figures = {"value": float(value), "reference": float(reference), "beside": beside}
    verdict = metrics.verdict(value, reference, lower=not higher)
    return figures | {"unit": unit, "verdict": verdict}


def synthesis(model, world):
    """Samples beside held-out data, by the sliced Wasserstein distance of their numbers, and those
    of one Gaussian that was fitted to the train split."""
    test = acceptance.flat(datasets.arrays(world, "test")[0][:MOST])
    fake = acceptance.flat(model.generate(len(test), seed=0))
    train = acceptance.flat(datasets.arrays(world, "train")[0])
    space = PCA(0.99, whiten=True, random_state=0).fit(train)
    draws = np.random.default_rng(0).normal(size=(len(test), space.n_components_))
    values = (metrics.sliced_wasserstein(test, x) for x in (fake, space.inverse_transform(draws)))
    return against(*values, "one Gaussian", "sliced distance")


def editing(model, world):
    """The error of held-out images inverted to latents, before anything is edited, compared with as
    many principal components."""
    editor = semantic_editing.LatentEditor(model, batch_size=256)
    train, test = (datasets.arrays(world, split)[0] for split in ("train", "test"))
    x = test[:EDITED]
    _, errors = editor.invert(x)
    pca = PCA(min(model.latent_dim, len(train))).fit(acceptance.flat(train))
    again = pca.inverse_transform(pca.transform(acceptance.flat(x)))
    gap = np.square((np.clip(again, -1.0, 1.0) - acceptance.flat(x)) / 2.0).mean()
    return against(errors.mean(), gap, f"{pca.n_components_} components", "squared error")


def classification(model, world):
    """A linear SVM on features, by ten labels a class, beside the same on the data themselves; a
    model of data without classes reads digits."""
    if datasets.info(world).classes is None:
        world = "digits"
    side = None if datasets.info(world).shape == model.image_shape else model.image_shape[0]
    (x, y), (test, expected) = (datasets.arrays(world, s, side) for s in ("train", "test"))
    rows = semi_supervised.choose_labelled(y, PER_CLASS)
    ours, plain = (
        semi_supervised.linear_svm(read(x[rows]), y[rows]).score(read(test), expected)
        for read in (model.features, acceptance.flat)
    )
    return against(ours, plain, f"{world} themselves", f"accuracy on {world}", higher=True)


def enlarging_photographs(model, world):
    """The PSNR of four photographs enlarged, beside a linear filter."""
    if not hasattr(model, "enlarge"):
        raise ValueError("The model does not enlarge.")
    splits = super_resolution.load_splits("photos")
    figures, _ = super_resolution.score_models({"ours": model}, splits)
    values = (figures["methods"][name]["psnr"] for name in ("ours", "linear filter"))
    return against(*values, "a linear filter", "dB", higher=True)


def features_of_super_resolution(model, world):
    """SRResNet goes on as SRGAN for some steps, comparing by what the model's judge says; the
    patch-SWD to the true photographs beside that by filters that nobody has trained. Features are
    brought to a size by which both say as much against what SRResNet makes: else those of small
    weights would leave the field to the game."""
    phi = perceptual.from_network(model.discriminator)
    if phi.inputs[0].shape[-1] != srgan.SHAPE[-1]:
        raise ValueError("Photographs are luminances here.")
    return against(_texture(phi), _texture_of_filters(), "untrained filters", "texture distance")


def _texture(phi):
    keras.utils.set_random_seed(0)
    first = zoo.from_preset("srresnet_photos")
    x = next(iter(srgan.training_crops(0)))
    made = first.enlarge(first.shrink(x))
    ours, theirs = (
        feature_distance(f(x), f(made)) for f in (phi, perceptual.random_filters(x.shape[-1]))
    )
    larger = keras.layers.Rescaling(float(theirs / ours) ** 0.5, dtype="float32")
    phi = keras.Model(phi.inputs[0], [larger(said) for said in keras.tree.flatten(phi.output)])
    model = zoo.SRGAN.from_config(first.get_config() | {"content": phi})
    acceptance.train(model, "modern", srgan.training_crops(0), STEPS)
    scenes = super_resolution.low_high_pairs(photos.photographs("test"), model.factor)
    methods = {"ours": functools.partial(super_resolution.upscale_luminance, model)}
    return super_resolution.score_methods(methods, scenes, model.factor)["ours"]["patch_swd"][0]


@functools.cache
def _texture_of_filters():
    return _texture(perceptual.random_filters(srgan.SHAPE[-1]))


def redrawing(model, world):
    """By how much photographs come nearer to grass, beside their taking on its histogram."""
    if not hasattr(model, "translate"):
        raise ValueError("The model does not redraw.")
    figures, _ = mgan.style_data("grass").scores(model)
    values = (figures[name]["style"] for name in ("ours", "histogram"))
    return against(*values, "a histogram", "nearer to grass by", higher=True)


def shapes(model, world):
    """The share of drawn shapes that are one piece, beside those of one Gaussian that was fitted to
    64 components of the train split."""
    if len(model.image_shape) != 4:
        raise ValueError("The model does not draw shapes.")
    baseline = shape_synthesis.gaussian_samples(datasets.arrays("furniture", "train")[0], MOST)
    sets = model.generate(MOST, seed=0), baseline
    values = map(shape_synthesis.share_in_one_piece, sets)
    return against(*values, "one Gaussian", "whole shapes", higher=True)


def serving(model, world):
    """How far what the export's default signature answers is off the model."""
    with tempfile.TemporaryDirectory() as folder:
        served = tf.saved_model.load(export.save(model, Path(folder, "1")))
        name, network = next(iter(model.averaged().signatures().items()))
        given = {
            part.name: tf.random.stateless_normal(
                [2, *(side or 16 for side in part.shape[1:])], (0, i)
            )
            for i, part in enumerate(network.inputs)
        }
        answers = served.signatures["serving_default"](**given)
        expected = network(list(given.values()), training=False)
    gap = np.abs(next(iter(answers.values())) - keras.tree.flatten(expected)[0]).max()
    return {"value": float(gap), "unit": f"{name}, off by"}


CELLS = {
    "image_synthesis": synthesis,
    "semantic_editing": editing,
    "semi_supervised_classification": classification,
    "super_resolution": enlarging_photographs,
    "style_transfer": redrawing,
    "shape_synthesis": shapes,
    "its features": features_of_super_resolution,
    "TF Serving": serving,
}


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
