"""What a server answers is what `predict` returns."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, tree
from tensorflow.core.protobuf import saved_model_pb2

import zoo
from tests import c_api
from trainers import export

SMALL = {"scale": "small", "image_shape": (8, 8, 1)}
NAMES = ("latent", "labels")


def ask(folder, signature, inputs, tmp_path):
    """The answer of a signature in a process that knows TensorFlow's C API only."""
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    definition = model.meta_graphs[0].signature_def[signature]
    arrays = {definition.inputs[name].name: value for name, value in inputs.items()}
    (output,) = definition.outputs.values()
    np.savez(tmp_path / "inputs.npz", **arrays)
    files = [tmp_path / "inputs.npz", output.name, tmp_path / "result.npy"]
    subprocess.run(
        [sys.executable, c_api.__file__, folder, *files], check=True, timeout=900, cwd=tmp_path
    )
    return np.load(tmp_path / "result.npy")


def trained(name):
    """A model whose averages and batch statistics differ from the raw weights'."""
    model = zoo.create(name, recipe="modern", **SMALL)
    x = np.random.default_rng(0).uniform(-1, 1, (64, 8, 8, 1)).astype("float32")
    labels = (np.arange(64) % 10,) if name == "cgan" else ()
    model.fit(x, *labels, batch_size=16, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize(
    "name, signature",
    [
        ("dcgan", "serving_default"),
        ("cgan", "generate"),
        pytest.param("dcgan", "generate", marks=pytest.mark.thorough),
        pytest.param("cgan", "serving_default", marks=pytest.mark.thorough),
    ],
)
def test_the_c_api_answers_what_predict_returns(name, signature, tmp_path):
    model = trained(name)
    folder = export.save(model, tmp_path / "model" / "1")
    inputs = model.draw(5)
    named = dict(zip(NAMES, map(np.asarray, tree.flatten(inputs)), strict=False))
    answer = ask(folder, signature, named, tmp_path)
    np.testing.assert_allclose(answer, model.predict(inputs, verbose=0), atol=1e-5)


@pytest.mark.parametrize("name", [pytest.param("dcgan", marks=pytest.mark.thorough), "cgan"])
def test_an_export_takes_batches_of_any_size(name, tmp_path):
    model = trained(name)
    folder = export.save(model, tmp_path / "1")
    generate = tf.saved_model.load(folder).signatures["generate"]
    for n in (1, 7):
        inputs = model.draw(n)
        named = dict(zip(NAMES, map(tf.constant, tree.flatten(inputs)), strict=False))
        outputs = generate(**named)
        assert list(outputs) == ["images"]
        np.testing.assert_allclose(outputs["images"], model.predict(inputs, verbose=0), atol=1e-5)


def test_a_users_own_networks_are_exported(tmp_path):
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(64), layers.Reshape((8, 8, 1))])
    model = zoo.GAN(generator=generator)
    model.compile()
    folder = export.save(model, tmp_path / "1")
    served = tf.saved_model.load(folder).signatures["generate"]
    latents = model.draw(4)
    (name,) = served.structured_input_signature[1]
    (images,) = served(**{name: tf.constant(latents)}).values()
    np.testing.assert_allclose(images, model.predict(latents, verbose=0), atol=1e-6)


def test_an_export_holds_each_weight_once(tmp_path):
    model = zoo.create("dcgan", **SMALL)
    folder = export.save(model, tmp_path / "1")
    reader = tf.train.load_checkpoint(folder / "variables" / "variables")
    shapes = [s for s in reader.get_variable_to_shape_map().values() if s]
    assert sum(map(np.prod, shapes)) == model.generator.count_params()


def test_a_folder_that_is_no_version_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"should end in a version number, such as .*/digits/1"):
        export.save(zoo.create("gan", **SMALL), tmp_path / "latest")


def test_a_version_that_is_there_is_kept(tmp_path):
    folder = tmp_path / "1"
    folder.mkdir()
    (folder / "precious").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        export.save(zoo.create("gan", **SMALL), folder)
    assert [p.name for p in tmp_path.rglob("*")] == ["1", "precious"]


def test_the_next_version_is_one_above_the_highest(tmp_path):
    assert export.next_version(tmp_path / "new") == tmp_path / "new" / "1"
    for name in ("2", "10", "notes"):
        (tmp_path / name).mkdir()
    assert export.next_version(tmp_path) == tmp_path / "11"


def test_a_model_without_signatures_is_refused(tmp_path):
    model = zoo.create("gan", **SMALL)
    model.signatures = dict
    with pytest.raises(ValueError, match="should have signatures"):
        export.save(model, tmp_path / "1")
