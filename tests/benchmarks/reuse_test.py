import numpy as np
import pytest

import zoo
from benchmarks import document, reuse

FILE = document.DOCS / "reuse.json"


@pytest.fixture(scope="module")
def model():
    return zoo.create("dcgan", image_shape=(8, 8, 1), width=8, latent_dim=16)


def test_a_cell_says_whether_it_beats_what_stands_beside_it():
    least = reuse.against(0.5, 1.0, "another", "error")
    most = reuse.against(0.5, 1.0, "another", "accuracy", higher=True)
    assert (least["verdict"], most["verdict"]) == ("beats", "loses to")


def test_what_an_application_refuses_is_refused_in_a_sentence(model):
    with pytest.raises(ValueError, match="does not enlarge"):
        reuse.CELLS["super_resolution"](model, "digits")
    dense = zoo.create("gan", image_shape=(8, 8, 1), width=8)
    with pytest.raises(ValueError, match="should have one image input and convolutions"):
        reuse.CELLS["its features"](dense, "digits")
    with pytest.raises(ValueError, match="`enlarge` should be called"):
        reuse.CELLS["semantic_editing"](zoo.from_preset("srgan_photos"), "photos")


def test_an_untrained_model_is_served_and_loses(model):
    assert reuse.CELLS["TF Serving"](model, "digits")["value"] < 1e-5
    assert reuse.CELLS["image_synthesis"](model, "digits")["verdict"] == "loses to"


@pytest.mark.slow
def test_an_untrained_model_finds_no_latents(model):
    assert reuse.CELLS["semantic_editing"](model, "digits")["verdict"] == "loses to"


def test_the_features_are_those_of_the_application(model):
    found = reuse.CELLS["semi_supervised_classification"](model, "digits")
    assert found["unit"] == "accuracy on digits"
    assert 0.7 < found["value"] < 1.0


def test_every_preset_has_its_cells_and_most_are_filled():
    cells = document.read(FILE)["cells"]
    assert sorted(cells) == zoo.list_presets()
    filled = [cell for row in cells.values() for cell in list(row.values())[1:] if "value" in cell]
    assert len(filled) >= 8
    assert all(np.isfinite(cell["value"]) for cell in filled)
