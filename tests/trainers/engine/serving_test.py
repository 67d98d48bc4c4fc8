"""`export` of Keras writes the signatures of the family."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, tree

import zoo
from trainers import export

SMALL = {"scale": "small", "image_shape": (8, 8, 1)}
READER = """
import sys
import numpy as np
import tensorflow as tf
folder, inputs, outputs = sys.argv[1:]
signatures = tf.saved_model.load(folder).signatures
images = signatures["generate"](**{k: tf.constant(v) for k, v in np.load(inputs).items()})["images"]
np.savez(outputs, images=images, names=sorted(signatures))
assert not {"zoo", "trainers"} & set(sys.modules)
"""


def test_plain_tensorflow_answers_what_predict_returns(tmp_path):
    model = zoo.create("cgan", **SMALL)
    model.export(tmp_path / "exported")
    inputs = model.draw(3)
    leaves = map(np.asarray, tree.flatten(inputs))
    np.savez(tmp_path / "inputs.npz", **dict(zip(("latent", "labels"), leaves, strict=False)))
    files = [tmp_path / name for name in ("exported", "inputs.npz", "outputs.npz")]
    subprocess.run([sys.executable, "-c", READER, *files], check=True, timeout=300, cwd=tmp_path)
    served = np.load(tmp_path / "outputs.npz")
    assert list(served["names"]) == ["generate", "serving_default"]
    np.testing.assert_allclose(served["images"], model.predict(inputs, verbose=0), atol=1e-5)


def test_export_of_keras_and_of_trainers_have_the_same_signatures(tmp_path):
    model = zoo.create("bigan", **SMALL)
    model.export(str(tmp_path / "exported"))
    ours, theirs = (
        tf.saved_model.load(folder).signatures
        for folder in (tmp_path / "exported", export.save(model, tmp_path / "1"))
    )
    assert sorted(ours) == sorted(theirs) != []
    for name, signature in ours.items():
        inputs = signature.structured_input_signature, theirs[name].structured_input_signature
        assert inputs[0] == inputs[1]
        assert signature.structured_outputs == theirs[name].structured_outputs


def test_an_earlier_export_is_replaced(tmp_path):
    model = zoo.create("gan", **SMALL)
    latents = tf.constant(model.draw(2))
    model.export(tmp_path)
    model.generator.set_weights([0.5 * w for w in model.generator.get_weights()])
    model.export(tmp_path)
    images = tf.saved_model.load(tmp_path).signatures["generate"](latent=latents)["images"]
    np.testing.assert_allclose(images, model.predict(latents, verbose=0), atol=1e-5)


@pytest.mark.parametrize("format", ["onnx", "litert", "torch", "savedmodel", None])
def test_another_format_is_refused(format, tmp_path):
    with pytest.raises(ValueError, match="`format` should be 'tf_saved_model'.* Received: format="):
        zoo.create("gan", **SMALL).export(tmp_path / "exported", format=format)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_refused_as_a_folder(tmp_path):
    (tmp_path / "model.onnx").touch()
    with pytest.raises(ValueError, match="`filepath` should be a folder. Received: the file"):
        zoo.create("gan", **SMALL).export(tmp_path / "model.onnx")


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)
        self.build((None, 2))

    def build(self, shape):
        self.dense.build(shape)
        self.built = True

    def call(self, latents, training=False):
        return self.dense(latents)


def test_a_subclassed_network_is_refused_before_anything_is_written(tmp_path):
    model = zoo.GAN(image_shape=(2,), latent_dim=2, generator=Subclassed())
    for write in (model.export, lambda folder: export.save(model, folder / "1")):
        with pytest.raises(ValueError, match="generate is a subclassed one"):
            write(tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []
