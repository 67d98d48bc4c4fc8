"""What a server answers is what `predict` returns."""

import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("name", ["cgan", pytest.param("acgan", marks=pytest.mark.thorough)])
def test_an_export_refuses_classes_that_there_are_not(name, tmp_path):
    model = zoo.create(name, image_shape=(2,), width=4, latent_dim=2, classes=3)
    generate = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["generate"]
    latents = tf.zeros((3, 2))
    assert generate(latent=latents, labels=tf.constant([0, 1, 2]))["images"].shape == (3, 2)
    for wrong in (3, -1, 10**6):
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"`labels` should hold values in \[0, 2\]. Received values from ",
        ):
            generate(latent=latents, labels=tf.constant([0, wrong, 2]))


def refusal(signature, **inputs):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        signature(**{name: tf.constant(value) for name, value in inputs.items()})
    return str(error.value)


def test_an_export_refuses_images_and_latents_that_inference_refuses(tmp_path):
    model = zoo.create("bigan", image_shape=(8, 8, 1), width=8, latent_dim=2)
    signatures = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures
    for name in ("encode", "reconstruct", "features"):
        message = refusal(signatures[name], images=np.full((1, 8, 8, 1), 255, "f"))
        assert "`images` should hold values in [-1.0, 1.0]." in message
        assert "Divide pixels of 0 … 255 by 127.5 and subtract 1." in message
    message = refusal(signatures["generate"], latent=np.array([[np.nan, 0]], "f"))
    assert "`latent` should hold finite values." in message


def test_an_export_of_srgan_takes_what_bicubic_interpolation_overshoots(tmp_path):
    model = zoo.create("srgan", image_shape=(16, 16, 1), width=4, blocks=1, factor=2)
    enlarge = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["enlarge"]
    assert enlarge(low=tf.fill((1, 8, 8, 1), 1.3))["images"].shape == (1, 16, 16, 1)
    assert "`low` should hold" in refusal(enlarge, low=np.full((1, 8, 8, 1), 255, "f"))


def test_an_export_of_shapes_takes_pictures_by_their_range_and_not_that_of_voxels(tmp_path):
    sizes = {"image_shape": (8, 8, 8, 1), "view_shape": (8, 8, 1), "width": 4, "latent_dim": 2}
    model = zoo.create("vaegan3d", **sizes)
    encode = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["encode"]
    (name,) = encode.structured_input_signature[1]
    encode(**{name: tf.fill((1, 8, 8, 1), -1.0)})
    assert "values in [-1.0, 1.0]" in refusal(encode, **{name: np.full((1, 8, 8, 1), 2, "f")})


@pytest.mark.parametrize("dropout", [0.0, pytest.param(0.5, marks=pytest.mark.thorough)])
def test_only_dropout_makes_two_answers_of_pix2pix_differ(dropout, tmp_path):
    sizes = {"width": 4, "stages": 3, "patch_stages": 1}
    model = zoo.create("pix2pix", image_shape=(8, 8, 1), dropout=dropout, **sizes)
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["translate"]
    x = tf.random.stateless_uniform((4, 8, 8, 1), (0, 0), -1.0, 1.0)
    answer = served(source=x)["images"].numpy()
    again = served(source=x)["images"].numpy(), model.translate(x), model.predict(x, verbose=0)
    for other in again:
        assert np.allclose(answer, other, rtol=0.0, atol=1e-6) == (not dropout)


@pytest.mark.parametrize("name", ["latest", "1.0", "-1", "007", "\u0661", "1" * 30])
def test_a_folder_that_is_no_version_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"should end in a version number, such as .*/digits/1"):
        export.save(zoo.create("gan", image_shape=(2,), width=2), tmp_path / name)


def test_a_remote_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = zoo.create("gan", image_shape=(2,), width=2)
    for folder in ("gs://bucket/1", Path("s3://bucket/1")):
        with pytest.raises(ValueError, match="`folder` should be a path on this machine"):
            export.save(model, folder)
        with pytest.raises(ValueError, match="`folder` should be a path on this machine"):
            export.next_version(folder)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", [None, "dcgan", keras.Sequential([keras.Input((2,))])])
def test_what_is_no_model_of_the_zoo_is_refused(model, tmp_path):
    with pytest.raises(TypeError, match="`model` should be a model of the zoo. Received: "):
        export.save(model, tmp_path / "1")


def test_a_version_that_is_there_is_kept(tmp_path):
    folder = tmp_path / "1"
    folder.mkdir()
    (folder / "precious").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        export.save(zoo.create("gan", **SMALL), folder)
    assert [p.name for p in tmp_path.rglob("*")] == ["1", "precious"]


def test_the_next_version_is_one_above_the_highest(tmp_path):
    assert export.next_version(tmp_path / "new") == tmp_path / "new" / "1"
    for name in ("2", "0010", "notes", "\u0662\u0660", "9" * 30):  # as TF Serving reads them
        (tmp_path / name).mkdir()
    assert export.next_version(tmp_path) == tmp_path / "11"


def test_a_model_without_signatures_is_refused(tmp_path):
    model = zoo.create("gan", **SMALL)
    model.signatures = dict
    with pytest.raises(ValueError, match="should have signatures"):
        export.save(model, tmp_path / "1")
