import keras
import numpy as np
import pytest
from keras import layers
from keras.optimizers import SGD

import zoo
from trainers.objectives import NonSaturating, Relativistic

SHAPE = (8, 8, 8, 1)
FULL = np.ones((4, *SHAPE), "float32")


def judge(weight, bias):
    """A logit that grows with how full a cube is."""
    network = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    kernel, offset = network.trainable_variables
    kernel.assign(kernel * 0.0 + weight)
    offset.assign([bias])
    return network


def game(weight, bias, objective=None, **arguments):
    sizes = {"latent_dim": 4, "width": 4, "occupancy": 0.01, "generator_norm": False}
    model = zoo.GAN3D(SHAPE, discriminator=judge(weight, bias), **(sizes | arguments))
    rates = {player: SGD(0.01) for player in model.players}
    model.compile(optimizers=rates, objective=objective or NonSaturating())
    return model


@pytest.mark.parametrize(
    "weight, bias, right",
    [(0.01, -2.5, 1.0), (0.0, 1.0, 0.5), (-0.01, 2.5, 0.0)],
)
def test_the_judge_rests_where_it_tells_more_than_the_gate_right(weight, bias, right):
    """It says "real" of full cubes and "drawn" of empty ones, of everything real, the reverse."""
    model = game(weight, bias)
    before = model.discriminator.get_weights()
    model.take_turn("discriminator", FULL)
    rests = right > 0.8
    assert rests == all(map(np.array_equal, model.discriminator.get_weights(), before))
    assert rests == (float(model.get_metrics_result()["discriminator_loss"]) == 0.0)


def test_it_never_rests_with_a_gate_of_one_nor_under_a_relativistic_objective():
    for model in (game(0.01, -2.5, gate=1.0), game(0.01, -2.5, objective=Relativistic())):
        before = model.discriminator.get_weights()
        model.take_turn("discriminator", FULL)
        assert not np.array_equal(model.discriminator.get_weights()[0], before[0])


@pytest.mark.parametrize("occupancy", [0.05, 0.5])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_its_first_shapes_are_as_full_as_told(occupancy, batch_norm):
    sizes = {"latent_dim": 8, "width": 4, "generator_norm": batch_norm}
    model = zoo.GAN3D((16, 16, 16, 1), occupancy=occupancy, **sizes)
    assert model.generate(8).mean() == pytest.approx(occupancy, rel=0.1)


def test_networks_of_ones_own_may_have_other_sides_and_are_loaded_again():
    side = (12, 12, 12, 1)
    made = keras.Sequential([keras.Input((5,)), layers.Dense(12**3), layers.Reshape(side)])
    judge = keras.Sequential([keras.Input(side), layers.Flatten(), layers.Dense(1)])
    model = zoo.GAN3D(generator=made, discriminator=judge)
    copy = type(model).from_config(model.get_config())
    assert (copy.image_shape, copy.latent_dim) == (side, 5)


def test_features_of_a_judge_that_ends_in_a_map_of_one_are_taken():
    network = keras.Sequential([keras.Input(SHAPE), layers.Conv3D(2, 4, 2, "same")])
    network.add(layers.Conv3D(3, 4, 4, activation="relu"))
    for layer in (layers.Conv3D(1, 1), layers.Flatten()):
        network.add(layer)
    model = zoo.GAN3D(SHAPE, latent_dim=4, width=4, discriminator=network)
    assert model.features(FULL).shape == (4, 3 + 1)


def test_its_voxels_are_shares():
    shapes = game(0.01, -2.5).generate(5)
    assert shapes.min() >= 0.0
    assert shapes.max() <= 1.0


def test_its_features_are_all_convolutions_but_the_first_pooled_to_2x2x2():
    model = zoo.GAN3D((32, 32, 32, 1), latent_dim=4, width=2, discriminator_norm=False)
    x = np.random.default_rng(0).uniform(size=(2, 32, 32, 32, 1)).astype("float32")
    outputs = [n.output for n in model.discriminator.layers if isinstance(n, layers.LeakyReLU)]
    pooled = []
    for said in keras.Model(model.discriminator.inputs, outputs)(x)[1:]:
        n, side, *_, channels = said.shape
        cells = np.asarray(said).reshape(n, *(2, side // 2) * 3, channels)
        pooled.append(cells.max(axis=(2, 4, 6)).reshape(n, -1))
    assert [p.shape[1] for p in pooled] == [8 * 4, 8 * 8]
    np.testing.assert_allclose(model.features(x), np.concatenate(pooled, axis=1), atol=1e-6)


def test_its_latents_are_normal():
    z = np.asarray(game(0.1, 0.0).latents(1000))
    assert abs(z.mean()) < 0.1 and 0.95 < z.std() < 1.05


def test_voxels_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"`x` should hold values in \[0.0, 1.0\]"):
        game(0.1, 0.0).fit(FULL * 2.0, verbose=0)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (8, 8, 1)}, "`image_shape` should be "),
        ({"image_shape": (8, 8, 16, 1)}, "should be .side, side, side, channels."),
        ({"image_shape": (12, 12, 12, 1)}, "side 8, 16, 32"),
        ({"image_shape": SHAPE, "gate": 1.5}, "`gate` should be in"),
        ({"image_shape": SHAPE, "occupancy": 0.0}, "`occupancy` should be in"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.GAN3D(**arguments)
