"""Files of version 0.1.0 load and can be trained: class names and compile arguments stay valid."""

from pathlib import Path

import keras
import numpy as np
import pytest

import zoo

FILES = sorted((Path(__file__).parent / "saved_0_1_0").glob("*.keras"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=pytest.mark.thorough) if p.stem == "srgan" else p for p in FILES],
    ids=lambda path: path.stem,
)
def test_a_model_of_an_older_version_loads_and_can_be_trained(path):
    model = keras.saving.load_model(path)
    assert model.family == path.stem in zoo.list_models()
    steps = {p: int(o.iterations) for p, o in model.optimizers.items() if model.turns[p]}
    assert all(steps.values())
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (40, *model.image_shape)).astype("float32")
    history = model.fit(x, batch_size=20, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    after = {p: int(o.iterations) for p, o in model.optimizers.items() if model.turns[p]}
    assert all(after[player] > steps[player] for player in steps)


def test_loss_weights_of_older_versions_get_the_current_names():
    path = next(path for path in FILES if path.stem == "srgan")
    assert keras.saving.load_model(path).loss_weights == {
        "generator_pixels": 0.0,
        "generator_adversarial": 1e-3,
    }


def test_all_files_of_the_older_version_are_found():
    assert len(FILES) == 3
