"""BEGAN: k's recursion and the convergence measure by hand, and D as an autoencoder."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from zoo import began as began_page

SHAPE = (8, 8, 1)


def model(**arguments):
    return zoo.create("began", image_shape=SHAPE, latent_dim=4, width=4, **arguments)


def losses(real, fake):
    return {"discriminator_real": ops.array(real), "generator_loss": ops.array(fake)}


def test_k_follows_the_recursion_of_the_paper_and_stays_in_0_to_1():
    began = model(gamma=0.5, gain=0.4)
    # By hand: k + .4 (.5 · real - fake), in [0, 1].
    for real, fake, k in [(1.0, 0.25, 0.1), (4.0, 0.0, 0.9), (4.0, 0.0, 1.0), (1.0, 6.0, 0.0)]:
        metrics = began.after_step(losses(real, fake))
        assert float(began.k.value) == pytest.approx(k, abs=1e-6)
        assert float(metrics["balance"]) == pytest.approx(k, abs=1e-6)


def test_the_convergence_measure_is_the_error_plus_the_imbalance():
    metrics = model(gamma=0.5).after_step(losses(0.3, 0.25))
    assert float(metrics["convergence"]) == pytest.approx(0.3 + 0.1, abs=1e-6)


def test_losses_are_errors_of_reconstruction_of_which_the_generated_weigh_k():
    x = np.full((2, *SHAPE), 0.25, "float32")
    fake = {"fake": np.full((2, *SHAPE), -0.5, "float32")}
    zero = keras.Sequential([keras.Input(SHAPE), layers.Rescaling(0.0)])  # reconstructs nothing
    began = model(discriminator=zero)
    began.k.assign(0.5)
    terms = began.discriminator_loss(x, fake)
    assert float(terms["real"]) == pytest.approx(0.25)
    assert float(terms["fake"]) == pytest.approx(-0.5 * 0.5)
    assert float(began.generator_loss(x, fake)) == pytest.approx(0.5)


@pytest.mark.parametrize("schedule", ["alternating", "simultaneous"])
def test_k_moves_in_training_is_saved_and_rests_in_evaluation(schedule, tmp_path):
    began = model(gain=0.5)
    began.compile(schedule=schedule)
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (16, *SHAPE)).astype("float32")
    history = began.fit(x, batch_size=8, verbose=0).history
    k = float(began.k.value)
    assert k > 0.0
    assert set(history) > {"balance", "convergence"}
    assert "balance" not in began.evaluate(x, return_dict=True, verbose=0)
    assert float(began.k.value) == k
    began.save(tmp_path / "began.keras")
    assert float(keras.saving.load_model(tmp_path / "began.keras").k.value) == k


def test_without_the_generators_turn_k_rests():
    began = model(gain=0.5)
    began.compile(turns={"generator": 0})
    history = began.fit(np.ones((8, *SHAPE), "float32"), verbose=0).history
    assert "balance" not in history
    assert float(began.k.value) == 0.0


def test_the_paper_of_64_pixels_has_codes_of_8x8_maps():
    assert began_page.stages((64, 64, 3)) == 3
    decoder = began_page.decoder((64, 64, 3), latent_dim=64, width=4, name="generator")
    assert decoder.layers[2].output.shape == (None, 8, 8, 4)


@pytest.mark.parametrize(
    "change", [{"objective": "Hinge"}, {"penalties": "R1"}, {"augment": "identity"}]
)
def test_what_its_losses_do_not_read_is_refused(change):
    from trainers import objectives, penalties

    values = {"Hinge": objectives.Hinge(), "R1": [penalties.R1(1.0)], "identity": lambda x: x}
    name, value = next(iter(change.items()))
    with pytest.raises(ValueError, match=f"`{name}` should not be given for BEGAN"):
        model().compile(**{name: values[value]})


@pytest.mark.parametrize("wrong", [{"gamma": 0.0}, {"gamma": 1.5}, {"gain": float("nan")}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        model(**wrong)
