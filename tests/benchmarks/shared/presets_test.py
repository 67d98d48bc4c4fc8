import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from benchmarks.shared import presets

ROW = {
    "system": "counted",
    "seed": 3,
    "recipe": "modern",
    "figures": {
        "off_centre": {
            "value": 0.25,
            "reference": 0.5,
            "A": 0.3,
            "B": 0.2,
            "meets_A": True,
            "meets_B": False,
        }
    },
    "notes": {"machine": "a machine"},
    "seconds": 12.3,
}


@pytest.fixture
def model():
    """One whose average differs from what it has trained."""
    model = zoo.create("gan", image_shape=(2,), latent_dim=4, width=8, recipe="modern", steps=100)
    model.fit(np.random.default_rng(0).normal(size=(256, 2)), epochs=3, verbose=0)
    return model


@pytest.fixture
def written(model, tmp_path, monkeypatch):
    module = types.ModuleType("counted", "Points near the middle.\n\nThey are drawn `so`.")
    module.presets = lambda seed: {f"gan_points_{seed}": model}
    module.ABLATIONS = "\nMore steps.\n"
    monkeypatch.setattr(presets.pkgutil, "resolve_name", lambda name: module)
    return presets.write(ROW, tmp_path)[0]


def test_a_preset_draws_what_the_row_has_measured_and_brings_no_optimizer(model, written):
    found = keras.saving.load_model(written / "model.keras")
    assert written.name == "gan_points_3"
    np.testing.assert_allclose(found.generate(5, seed=1), model.generate(5, seed=1), atol=1e-6)
    assert not found.compiled
    raw, saved = (m.generator.get_weights()[0] for m in (model, found))
    assert not np.allclose(raw, saved)


def test_it_is_served_and_trained_on(written):
    found = keras.saving.load_model(written / "model.keras")
    served = tf.saved_model.load(written / "1").signatures["generate"]
    z = tf.ones((2, 4))
    np.testing.assert_allclose(served(latent=z)["images"], found(z), atol=1e-6)
    found = zoo.from_preset("gan_points_3", written.parent)
    assert found.objective.__class__.__name__ == "Relativistic"
    assert found.optimizers["generator"].use_ema
    history = found.fit(np.zeros((32, 2)), verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()


def test_its_card_has_the_figures_and_what_fell_short(written):
    card = (written / "README.md").read_text()
    for text in (
        "# gan_points_3",
        "They are drawn `so`.",
        "| off centre | 0.25 | 0.3 | 0.2 | required | beats 0.5 |",
        "More steps.",
        "Seed 3. 12 s on a machine",
        "`python -m benchmarks.survey --system=counted --seed=3 --preset`",
    ):
        assert text in card


def test_its_card_keeps_the_figures_of_its_weights_when_the_row_is_measured_again(written):
    card = (written / "README.md").read_text()
    assert presets.rewritten_card(written) == card
    figures = json.loads((written / "figures.json").read_text())
    assert figures == ROW | {"package": "systems"}


def test_a_preset_that_was_there_is_replaced(model, written, tmp_path):
    (written / "left.txt").touch()
    presets.write(ROW, tmp_path)
    there = ["1", "README.md", "figures.json", "model.keras", "rules.json"]
    assert sorted(path.name for path in written.iterdir()) == there
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


def test_a_preset_that_cannot_be_written_leaves_the_one_that_was_there(written, monkeypatch):
    def full(*args):
        raise OSError("No space left on device")

    before = (written / "README.md").read_text()
    monkeypatch.setattr(presets, "card", full)
    with pytest.raises(OSError, match="No space"):
        presets.write(ROW, written.parent)
    assert (written / "README.md").read_text() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_a_row_without_models_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(presets.pkgutil, "resolve_name", lambda name: types.ModuleType("bare"))
    with pytest.raises(ValueError, match="There is no preset of counted: its row saves no model"):
        presets.write(ROW, tmp_path)
