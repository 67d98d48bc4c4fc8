import json

import numpy as np
import pytest
import tensorflow as tf
from keras import tree

import zoo
from zoo import presets


@pytest.fixture
def folder(tmp_path):
    """A folder with one preset and another folder."""
    model = zoo.create("gan", image_shape=(2,), latent_dim=4, width=8)
    (tmp_path / "gan_points").mkdir()
    (tmp_path / "exports" / "1").mkdir(parents=True)
    model.save(tmp_path / "gan_points" / "model.keras")
    compile_config = json.dumps(model.get_compile_config())
    (tmp_path / "gan_points" / "rules.json").write_text(compile_config)
    (tmp_path / ".12-gan_points").mkdir()  # left by a process that was killed while it wrote
    (tmp_path / ".12-gan_points" / "model.keras").touch()
    np.save(tmp_path / "drawn.npy", model.generate(5, seed=1))
    return tmp_path


def test_a_preset_generates_the_same_samples_and_can_be_trained(folder):
    model = zoo.from_preset("gan_points", folder)
    np.testing.assert_allclose(model.generate(5, seed=1), np.load(folder / "drawn.npy"), atol=1e-6)
    history = model.fit(np.zeros((64, 2)), verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()


def test_presets_are_folders_with_a_model(folder, monkeypatch):
    assert zoo.list_presets(folder) == ["gan_points"]
    monkeypatch.setenv("GAN_ZOO_PRESETS", str(folder))
    assert zoo.list_presets() == ["gan_points"]
    assert zoo.from_preset("gan_points").latent_dim == 4


def test_an_unknown_name_is_refused_with_similar_ones(folder):
    with pytest.raises(ValueError, match="presets in .*: gan_points. Did you mean gan_points"):
        zoo.from_preset("gan_point", folder)


@pytest.mark.parametrize("file", ["model.keras", "rules.json"])
def test_a_corrupt_file_is_refused(folder, file):
    (folder / "gan_points" / file).write_bytes(b"cut off")
    with pytest.raises(ValueError, match=r"model.keras and rules.json .* train it again"):
        zoo.from_preset("gan_points", folder)


@pytest.mark.parametrize(
    "name",
    [
        name
        if name.startswith(("dcgan", "srgan"))
        else pytest.param(name, marks=pytest.mark.thorough)
        for name in zoo.list_presets(presets.FOLDER)
    ],
)
def test_shipped_presets_are_complete(name):
    """Card, model, and an export with the outputs of the model."""
    model, folder = zoo.from_preset(name, presets.FOLDER), presets.FOLDER / name
    assert (folder / "README.md").read_text(encoding="utf-8").startswith(f"# {name}\n")
    served = tf.saved_model.load(folder / "1")
    for signature, network in model.signatures().items():
        shapes = [[1 if n is None else n for n in x.shape] for x in network.inputs]
        inputs = [tf.random.stateless_uniform(shape, (0, 1)) for shape in shapes]
        named = {x.name: tensor for x, tensor in zip(network.inputs, inputs, strict=True)}
        found = served.signatures[signature](**named)
        outputs = tree.flatten(network(tree.pack_sequence_as(network.input, inputs)))
        for output, expected in zip(network.output_names, outputs, strict=True):
            np.testing.assert_allclose(found[output], expected, atol=1e-4)
        wrong = {k: v * np.nan if v.dtype.is_floating else v for k, v in named.items()}
        with pytest.raises(tf.errors.InvalidArgumentError, match="should hold"):
            served.signatures[signature](**wrong)


def test_shipped_presets_are_small():
    files = [
        p for name in zoo.list_presets(presets.FOLDER) for p in (presets.FOLDER / name).rglob("*")
    ]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 25e6
