"""Measures every trained model of saved_models/ in every application.

    python -m benchmarks.reuse

The models are not trained again: linear machines are fitted to their features and gradient descent
finds their latents; only the generator of super-resolution is trained, with their features as the
content loss. Writes docs/reuse.json, from which `python -m benchmarks.document` writes
docs/reuse.md; cells that are not measured again stay as they are. The last line is the JSON object.
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


def against(value, reference, baseline, unit, higher=False):
    """Returns a cell: a figure, that of the best baseline, and the name of the baseline."""
    figures = {"value": float(value), "reference": float(reference), "beside": baseline}
    verdict = metrics.verdict(value, reference, lower=not higher, form=".3g")
    return figures | {"unit": unit, "verdict": verdict}


def synthesis(model, dataset):
    """Sliced Wasserstein distance of samples to held-out data, compared with samples of one
    Gaussian that was fitted to the train split."""
    test = acceptance.flat(datasets.arrays(dataset, "test")[0][:MOST])
    fake = acceptance.flat(model.generate(len(test), seed=0))
    train = acceptance.flat(datasets.arrays(dataset, "train")[0])
    space = PCA(0.99, whiten=True, random_state=0).fit(train)
    draws = np.random.default_rng(0).normal(size=(len(test), space.n_components_))
    values = (metrics.sliced_wasserstein(test, x) for x in (fake, space.inverse_transform(draws)))
    return against(*values, "one Gaussian", "sliced distance")


def editing(model, dataset):
    """Squared error of held-out images inverted to latents, before any edit, compared with as many
    principal components."""
    editor = semantic_editing.LatentEditor(model, batch_size=256)
    train, test = (datasets.arrays(dataset, split)[0] for split in ("train", "test"))
    x = test[:EDITED]
    _, errors = editor.invert(x)
    pca = PCA(min(model.latent_dim, len(train))).fit(acceptance.flat(train))
    again = pca.inverse_transform(pca.transform(acceptance.flat(x)))
    gap = np.square((np.clip(again, -1.0, 1.0) - acceptance.flat(x)) / 2.0).mean()
    return against(errors.mean(), gap, f"{pca.n_components_} components", "squared error")


def classification(model, dataset):
    """Accuracy of a linear SVM on features, with ten labels a class, compared with the same SVM on
    the data themselves; a model of data without classes is given digits."""
    if datasets.info(dataset).classes is None:
        dataset = "digits"
    side = None if datasets.info(dataset).shape == model.image_shape else model.image_shape[0]
    (x, y), (test, expected) = (datasets.arrays(dataset, s, side) for s in ("train", "test"))
    rows = semi_supervised.choose_labelled(y, PER_CLASS)
    ours, baseline = (
        semi_supervised.linear_svm(read(x[rows]), y[rows]).score(read(test), expected)
        for read in (model.features, acceptance.flat)
    )
    return against(ours, baseline, f"{dataset} themselves", f"accuracy on {dataset}", higher=True)


def enlarging_photographs(model, dataset):
    """PSNR of four enlarged photographs, compared with a linear filter."""
    if not hasattr(model, "enlarge"):
        raise ValueError("The model does not enlarge.")
    splits = super_resolution.load_splits("photos")
    figures, _ = super_resolution.score_models({"ours": model}, splits)
    values = (figures["methods"][name]["psnr"] for name in ("ours", "linear filter"))
    return against(*values, "a linear filter", "dB", higher=True)


def features_of_super_resolution(model, dataset):
    """Patch-SWD to the true photographs of an SRGAN that started from SRResNet and trained some
    steps with features of the model's discriminator as the content loss, compared with features of
    random filters. Features are scaled so that both content losses of SRResNet's output are equal:
    else the adversarial loss would dominate features of small weights."""
    phi = perceptual.from_network(model.discriminator)
    if phi.inputs[0].shape[-1] != srgan.SHAPE[-1]:
        raise ValueError("Photographs are luminances here.")
    return against(_texture(phi), _texture_of_filters(), "untrained filters", "texture distance")


def _texture(phi):
    keras.utils.set_random_seed(0)
    first = zoo.from_preset("srresnet_photos")
    x = next(iter(srgan.training_crops(0)))
    enlarged = first.enlarge(first.shrink(x))
    ours, theirs = (
        feature_distance(f(x), f(enlarged)) for f in (phi, perceptual.random_filters(x.shape[-1]))
    )
    larger = keras.layers.Rescaling(float(theirs / ours) ** 0.5, dtype="float32")
    phi = keras.Model(phi.inputs[0], [larger(output) for output in keras.tree.flatten(phi.output)])
    model = zoo.SRGAN.from_config(first.get_config() | {"content": phi})
    acceptance.train(model, "modern", srgan.training_crops(0), STEPS)
    scenes = super_resolution.low_high_pairs(photos.photographs("test"), model.factor)
    methods = {"ours": functools.partial(super_resolution.upscale_luminance, model)}
    return super_resolution.score_methods(methods, scenes, model.factor)["ours"]["patch_swd"][0]


@functools.cache
def _texture_of_filters():
    return _texture(perceptual.random_filters(srgan.SHAPE[-1]))


def redrawing(model, dataset):
    """Relative decrease of the distance to grass, compared with histogram matching."""
    if not hasattr(model, "translate"):
        raise ValueError("The model does not redraw.")
    figures, _ = mgan.style_data("grass").scores(model)
    values = (figures[name]["style"] for name in ("ours", "histogram"))
    return against(*values, "a histogram", "nearer to grass by", higher=True)


def shapes(model, dataset):
    """Share of generated shapes in one piece, compared with shapes of one Gaussian that was fitted
    to 64 components of the train split."""
    if len(model.image_shape) != 4:
        raise ValueError("The model does not draw shapes.")
    baseline = shape_synthesis.gaussian_samples(datasets.arrays("furniture", "train")[0], MOST)
    sets = model.generate(MOST, seed=0), baseline
    values = map(shape_synthesis.share_in_one_piece, sets)
    return against(*values, "one Gaussian", "whole shapes", higher=True)


def serving(model, dataset):
    """Largest difference between the outputs of the export's default signature and the model."""
    with tempfile.TemporaryDirectory() as folder:
        served = tf.saved_model.load(export.save(model, Path(folder, "1")))
        name, network = next(iter(model.averaged().signatures().items()))
        given = {
            part.name: tf.random.stateless_uniform(
                [2, *(side or 16 for side in part.shape[1:])], (0, i), -1.0, 1.0
            )
            for i, part in enumerate(network.inputs)
        }
        outputs = served.signatures["serving_default"](**given)
        expected = network(list(given.values()), training=False)
    gap = np.abs(next(iter(outputs.values())) - keras.tree.flatten(expected)[0]).max()
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
