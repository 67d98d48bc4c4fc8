import keras
import numpy as np
import pytest
from keras import layers
from keras.optimizers import SGD

import zoo
from trainers.objectives import NonSaturating, Relativistic

SHAPE = (8, 8, 8, 1)
FULL = np.ones((4, *SHAPE), "float32")


def linear_discriminator(weight, bias):
    """A network whose logit is linear in the number of occupied voxels."""
    network = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    kernel, offset = network.trainable_variables
    kernel.assign(kernel * 0.0 + weight)
    offset.assign([bias])
    return network


def compiled(weight, bias, objective=None, **arguments):
    sizes = {"latent_dim": 4, "width": 4, "occupancy": 0.01, "generator_norm": False}
    model = zoo.GAN3D(
        SHAPE, discriminator=linear_discriminator(weight, bias), **(sizes | arguments)
    )
    rates = {player: SGD(0.01) for player in model.players}
    model.compile(optimizers=rates, objective=objective or NonSaturating())
    return model


@pytest.mark.parametrize(
    "weight, bias, accuracy",
    [(0.01, -2.5, 1.0), (0.0, 1.0, 0.5), (-0.01, 2.5, 0.0)],
)
def test_the_discriminator_is_not_updated_if_its_accuracy_exceeds_the_gate(weight, bias, accuracy):
    """It classifies full cubes as real and empty ones as fake; all as real; the reverse."""
    model = compiled(weight, bias)
    before = model.discriminator.get_weights()
    model.take_turn("discriminator", FULL)
    skipped = accuracy > 0.8
    assert skipped == all(map(np.array_equal, model.discriminator.get_weights(), before))
    assert skipped == (float(model.get_metrics_result()["discriminator_loss"]) == 0.0)


def test_it_is_always_updated_with_a_gate_of_one_or_a_relativistic_objective():
    for model in (compiled(0.01, -2.5, gate=1.0), compiled(0.01, -2.5, objective=Relativistic())):
        before = model.discriminator.get_weights()
        model.take_turn("discriminator", FULL)
        assert not np.array_equal(model.discriminator.get_weights()[0], before[0])


@pytest.mark.parametrize("occupancy", [0.05, 0.5])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_initial_samples_have_the_given_occupancy(occupancy, batch_norm):
    sizes = {"latent_dim": 8, "width": 4, "generator_norm": batch_norm}
    model = zoo.GAN3D((16, 16, 16, 1), occupancy=occupancy, **sizes)
    assert model.generate(8).mean() == pytest.approx(occupancy, rel=0.1)


def test_custom_networks_may_have_other_sides_and_survive_from_config():
    side = (12, 12, 12, 1)
    generator = keras.Sequential([keras.Input((5,)), layers.Dense(12**3), layers.Reshape(side)])
    discriminator = keras.Sequential([keras.Input(side), layers.Flatten(), layers.Dense(1)])
    model = zoo.GAN3D(generator=generator, discriminator=discriminator)
    copy = type(model).from_config(model.get_config())
    assert (copy.image_shape, copy.latent_dim) == (side, 5)


def test_features_of_a_discriminator_that_ends_in_a_map_of_1x1x1_are_defined():
    network = keras.Sequential([keras.Input(SHAPE), layers.Conv3D(2, 4, 2, "same")])
    network.add(layers.Conv3D(3, 4, 4, activation="relu"))
    for layer in (layers.Conv3D(1, 1), layers.Flatten()):
        network.add(layer)
    model = zoo.GAN3D(SHAPE, latent_dim=4, width=4, discriminator=network)
    assert model.features(FULL).shape == (4, 3 + 1)


def test_voxels_are_between_0_and_1():
    shapes = compiled(0.01, -2.5).generate(5)
    assert shapes.min() >= 0.0
    assert shapes.max() <= 1.0


def test_features_are_all_convolutions_except_the_first_pooled_to_2x2x2():
    model = zoo.GAN3D((32, 32, 32, 1), latent_dim=4, width=2, discriminator_norm=False)
    x = np.random.default_rng(0).uniform(size=(2, 32, 32, 32, 1)).astype("float32")
    outputs = [n.output for n in model.discriminator.layers if isinstance(n, layers.LeakyReLU)]
    pooled = []
    for feature_map in keras.Model(model.discriminator.inputs, outputs)(x)[1:]:
        n, side, *_, channels = feature_map.shape
        cells = np.asarray(feature_map).reshape(n, *(2, side // 2) * 3, channels)
        pooled.append(cells.max(axis=(2, 4, 6)).reshape(n, -1))
    assert [p.shape[1] for p in pooled] == [8 * 4, 8 * 8]
    np.testing.assert_allclose(model.features(x), np.concatenate(pooled, axis=1), atol=1e-6)


def test_latents_are_normal():
    z = np.asarray(compiled(0.1, 0.0).latents(1000))
    assert abs(z.mean()) < 0.1 and 0.95 < z.std() < 1.05


def test_voxels_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"`x` should hold values in \[0.0, 1.0\]"):
        compiled(0.1, 0.0).fit(FULL * 2.0, verbose=0)


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
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.GAN3D(**arguments)
