import json

import numpy as np
import pytest
import tensorflow as tf
from keras import tree

import zoo
from zoo import presets


@pytest.fixture
def folder(tmp_path):
    """One preset, beside a folder that is none."""
    model = zoo.create("gan", image_shape=(2,), latent_dim=4, width=8)
    (tmp_path / "gan_points").mkdir()
    (tmp_path / "exports" / "1").mkdir(parents=True)
    model.save(tmp_path / "gan_points" / "model.keras")
    rules = json.dumps(model.get_compile_config())
    (tmp_path / "gan_points" / "rules.json").write_text(rules)
    (tmp_path / ".12-gan_points").mkdir()  # left by a process that was killed while it wrote
    (tmp_path / ".12-gan_points" / "model.keras").touch()
    np.save(tmp_path / "drawn.npy", model.generate(5, seed=1))
    return tmp_path


def test_a_preset_draws_as_it_did_and_is_trained_on(folder):
    model = zoo.from_preset("gan_points", folder)
    np.testing.assert_allclose(model.generate(5, seed=1), np.load(folder / "drawn.npy"), atol=1e-6)
    history = model.fit(np.zeros((64, 2)), verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()


def test_presets_are_folders_with_a_model(folder, monkeypatch):
    assert zoo.list_presets(folder) == ["gan_points"]
    monkeypatch.setenv("GAN_ZOO_PRESETS", str(folder))
    assert zoo.list_presets() == ["gan_points"]
    assert zoo.from_preset("gan_points").latent_dim == 4


def test_an_unknown_name_is_answered_with_near_ones(folder):
    with pytest.raises(ValueError, match="presets in .*: gan_points. Did you mean gan_points"):
        zoo.from_preset("gan_point", folder)


@pytest.mark.parametrize("file", ["model.keras", "rules.json"])
def test_a_damaged_file_is_named(folder, file):
    (folder / "gan_points" / file).write_bytes(b"cut off")
    with pytest.raises(ValueError, match=r"model.keras and rules.json .* made again"):
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
def test_what_ships_is_whole(name):
    """Its card, its model, and an export that answers as the model does."""
    model, folder = zoo.from_preset(name, presets.FOLDER), presets.FOLDER / name
    assert (folder / "README.md").read_text(encoding="utf-8").startswith(f"# {name}\n")
    served = tf.saved_model.load(folder / "1")
    for signature, network in model.signatures().items():
        shapes = [[1 if n is None else n for n in x.shape] for x in network.inputs]
        inputs = [tf.random.stateless_uniform(shape, (0, 1)) for shape in shapes]
        named = {x.name: tensor for x, tensor in zip(network.inputs, inputs, strict=True)}
        found = served.signatures[signature](**named)
        said = tree.flatten(network(tree.pack_sequence_as(network.input, inputs)))
        for output, expected in zip(network.output_names, said, strict=True):
            np.testing.assert_allclose(found[output], expected, atol=1e-4)


def test_what_ships_is_small():
    files = [
        p for name in zoo.list_presets(presets.FOLDER) for p in (presets.FOLDER / name).rglob("*")
    ]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 25e6
