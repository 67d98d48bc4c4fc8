"""What holds for every family of the zoo, written once."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import BatchNormalization

import zoo
from tests.zoo import families
from trainers import export
from trainers.objectives import Hinge, Wasserstein

every_row = pytest.mark.parametrize("row", families.slow_on_points(families.MAIN))
every_variant = pytest.mark.parametrize("row", families.ROWS)
sometimes = pytest.mark.parametrize("row", families.slow_but_for_some(families.MAIN))
_trained = {}


@pytest.fixture
def trained(row):
    """A model after two steps with its paper's recipe; tests share it and may train it further."""
    if row not in _trained:
        model = families.create(row)
        model.fit(families.dataset(model, steps=2), verbose=0)
        _trained[row] = model
    return _trained[row]


def conditions(model, n):
    return {"labels": np.arange(n) % model.classes} if hasattr(model, "classes") else {}


def test_every_model_of_the_zoo_has_its_lines():
    assert sorted(families.IMAGES) == zoo.list_models()
    assert set(families.POINTS) <= set(zoo.list_models())


@every_variant
def test_it_fits_arrays_with_finite_losses_named_after_its_players(row):
    model = families.create(row)
    n = 4 * families.parts(model)
    history = model.fit(*families.arrays(model, steps=2), batch_size=n, epochs=2, verbose=0).history
    assert set(history) >= {f"{player}_loss" for player in model.players}
    assert all(name.startswith(tuple(f"{p}_" for p in model.players)) for name in history)
    for values in history.values():
        assert len(values) == 2
        assert np.isfinite(values).all()
    for weight in model.weights:
        assert np.isfinite(weight.numpy()).all()


@every_row
def test_it_fits_a_dataset_in_which_labels_are_passed_over_unless_they_are_wanted(row, trained):
    x, *y = families.arrays(trained, steps=2)
    labelled = y or [np.zeros(len(x), "int64")]
    rows = 4 * families.parts(trained)
    data = tf.data.Dataset.from_tensor_slices((x, *labelled)).batch(rows)
    history = trained.fit(data, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@every_variant
def test_in_a_turn_only_the_trainable_variables_of_its_player_move(row):
    model = families.create(row)
    for player in model.players:
        before = [v.numpy() for v in model.trainable_variables]
        model.take_turn(player, families.batch(model))
        moved = {
            id(v)
            for v, old in zip(model.trainable_variables, before, strict=True)
            if not np.array_equal(v, old)
        }
        assert moved
        assert moved <= {id(v) for v in model.variables_of(player)}


@every_row
def test_each_of_its_trainable_variables_belongs_to_a_player_and_moves_in_training(row):
    model = families.create(row)
    owned = {id(v) for player in model.players for v in model.variables_of(player)}
    assert owned == {id(v) for v in model.trainable_variables}
    before = [v.numpy() for v in model.trainable_variables]
    model.fit(families.dataset(model, steps=3), verbose=0)
    still = [
        variable.path
        for variable, old in zip(model.trainable_variables, before, strict=True)
        if np.array_equal(variable, old)
    ]
    # What is added to all outputs alike cancels out where only their differences count, as they do
    # within the margin of the hinge.
    differences = model.objective.relativistic or isinstance(model.objective, Wasserstein)
    if isinstance(model.objective, Hinge):
        assert len(still) <= 1
        assert all(path.endswith("/logit/bias") for path in still)
    else:
        assert still == (["logit/bias"] if differences else [])


@every_row
def test_saved_in_the_middle_it_goes_on_exactly_where_it_stopped(row, trained, tmp_path):
    rest = families.dataset(trained, steps=2, seed=1)
    trained.save(tmp_path / "model.keras")
    trained.save_weights(tmp_path / "model.weights.h5")
    stopped = families.state(trained)

    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = type(trained).from_config(trained.get_config())
    families.recompile(again, row)
    again.load_weights(tmp_path / "model.weights.h5")
    for model in (loaded, again):
        families.assert_same(families.state(model), stopped)

    expected = trained.fit(rest, verbose=0).history
    for model in (loaded, again):
        assert model.fit(rest, verbose=0).history == expected
        families.assert_same(families.state(model), families.state(trained))


@every_variant
def test_its_config_makes_the_same_model_again(row):
    model = families.create(row)
    copy = type(model).from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    assert copy.name == model.name
    assert [v.shape for v in copy.weights] == [v.shape for v in model.weights]
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.generate(3, seed=0), model.generate(3, seed=0))


@every_row
def test_it_generates_samples_of_its_shape_in_its_range(row, trained):
    samples = trained.generate(5)
    assert isinstance(samples, np.ndarray)
    assert samples.dtype == np.float32
    assert samples.shape == (5, *trained.image_shape)
    assert np.isfinite(samples).all()
    bounded = len(trained.image_shape) == 3 and "r3gan" not in row  # whose image is not squashed
    if bounded:
        assert np.abs(samples).max() <= 1.0


@every_row
def test_a_seed_repeats_the_samples_and_none_gives_others(row, trained):
    first = trained.generate(5, seed=7)
    np.testing.assert_array_equal(trained.generate(5, seed=7), first)
    assert not np.array_equal(trained.generate(5, seed=8), first)
    assert not np.array_equal(trained.generate(5), trained.generate(5))


@every_row
def test_samples_do_not_depend_on_how_many_are_made_at_a_time(row, trained):
    together = trained.generate(7, seed=3)
    np.testing.assert_allclose(trained.generate(7, seed=3, batch_size=3), together, atol=1e-5)


@every_row
def test_predict_maps_latents_to_what_generate_shows(row, trained):
    inputs = trained.draw(5, **conditions(trained, 5))
    inputs = [np.asarray(i) for i in inputs] if isinstance(inputs, list) else np.asarray(inputs)
    predicted = trained.predict(inputs, verbose=0)
    shown = trained.averaged().generator(inputs, training=False)
    np.testing.assert_allclose(predicted, shown, atol=1e-5)


@every_row
def test_predict_equals_generate_for_the_same_latents(row, trained, monkeypatch):
    inputs = trained.draw(5)
    monkeypatch.setattr(trained, "draw", lambda n: inputs)
    np.testing.assert_allclose(trained.generate(5), trained.predict(inputs, verbose=0), atol=1e-6)


@every_row
def test_a_number_of_samples_that_is_none_is_refused(row, trained):
    for n in (0, -1, 2.5, None):
        with pytest.raises(ValueError, match="`n` should be an integer from 1"):
            trained.generate(n)


@every_row
def test_its_features_are_one_row_for_each_sample(row, trained):
    x = families.arrays(trained, steps=2)[0][:7]
    features = trained.features(x)
    assert isinstance(features, np.ndarray)
    assert features.ndim == 2
    assert len(features) == 7
    assert np.isfinite(features).all()
    np.testing.assert_allclose(trained.features(x[2:4]), features[2:4], atol=1e-5)


@every_row
def test_its_features_follow_its_weights(row):
    model = families.create(row)
    x = families.arrays(model)[0]
    before = model.features(x)
    for weight in model.discriminator.trainable_variables:
        weight.assign(weight + 0.1)
    assert not np.array_equal(model.features(x), before)


@every_row
def test_evaluating_measures_the_losses_and_moves_nothing(row, trained):
    before = families.state(trained)
    losses = trained.evaluate(families.dataset(trained, steps=2), verbose=0, return_dict=True)
    families.assert_same(families.state(trained), before)
    assert set(losses) >= {f"{player}_loss" for player in trained.players}
    assert np.isfinite(list(losses.values())).all()


@sometimes
def test_several_steps_per_execution_end_at_the_same_weights(row):
    one = families.create(row)
    four = families.recompile(families.twin(one), row, steps_per_execution=4)
    for model in (one, four):
        model.fit(families.dataset(model, steps=4), verbose=0)
    families.assert_same(
        families.state(four), families.state(one), exactly=False, rtol=1e-4, atol=1e-5
    )


@sometimes
def test_it_trains_under_xla(row):
    model = families.recompile(families.create(row), row, jit_compile=True)
    history = model.fit(families.dataset(model, steps=2), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.fixture
def policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@sometimes
@pytest.mark.parametrize(
    "recipe, precision",
    [("paper", "mixed_bfloat16"), ("modern", "mixed_bfloat16"), ("paper", "mixed_float16")],
)
def test_its_first_losses_in_half_precision_are_those_in_float32(row, recipe, precision, policy):
    exact = families.recompile(families.create(row), row, recipe=recipe)
    policy(precision)
    rounded = families.recompile(families.create(row), row, recipe=recipe)
    families.assign(rounded, exact)
    assert {v.dtype for v in rounded.weights} <= {"float32", "int64"}
    before = [v.numpy() for v in rounded.trainable_variables]
    for model in (exact, rounded):
        model.fit(families.dataset(model), verbose=0)
    for name, value in exact.get_metrics_result().items():
        found = float(rounded.get_metrics_result()[name])
        assert np.isfinite(found)
        assert found == pytest.approx(float(value), rel=0.02, abs=0.02), name
    moved = [
        not np.array_equal(v, old)
        for v, old in zip(rounded.trainable_variables, before, strict=True)
    ]
    assert any(moved)
    assert rounded.generate(2).dtype == np.float32
    assert np.isfinite(rounded.features(families.arrays(rounded)[0])).all()


@sometimes
def test_in_float16_each_player_has_a_loss_scale_that_is_saved(row, policy, tmp_path):
    policy("mixed_float16")
    model = families.create(row)
    model.fit(families.dataset(model), verbose=0)
    for optimizer in model.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        optimizer.dynamic_scale.assign(64.0)
    model.save(tmp_path / "model.keras")
    policy("float32")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    families.assert_same(families.state(loaded), families.state(model))
    rest = families.dataset(model, steps=2, seed=1)
    assert loaded.fit(rest, verbose=0).history == model.fit(rest, verbose=0).history
    families.assert_same(families.state(loaded), families.state(model))


@sometimes
def test_its_export_answers_what_predict_returns(row, tmp_path):
    model = families.recompile(families.create(row), row, recipe="modern")
    model.fit(families.dataset(model, steps=2), verbose=0)
    inputs = model.draw(5, **conditions(model, 5))
    names = [x.name for x in model.averaged().generator.inputs]
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["serving_default"]
    fed = inputs if isinstance(inputs, list) else [inputs]
    (answer,) = served(**dict(zip(names, map(tf.convert_to_tensor, fed), strict=True))).values()
    inputs = [np.asarray(i) for i in inputs] if isinstance(inputs, list) else np.asarray(inputs)
    np.testing.assert_allclose(answer, model.predict(inputs, verbose=0), atol=1e-5)


@every_row
def test_the_modern_recipe_trains_it_and_shows_averaged_weights(row):
    model = families.recompile(families.create(row), row, recipe="modern")
    history = model.fit(families.dataset(model, steps=3), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    shown = model.averaged()
    assert shown is not model
    raw = model.generator.trainable_variables
    for averaged, variable in zip(shown.generator.trainable_variables, raw, strict=True):
        assert averaged.shape == variable.shape
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(shown.generator.trainable_variables, raw, strict=True)
    )
    np.testing.assert_array_equal(model.generate(3, seed=0), shown.generate(3, seed=0))
    for a, b in zip(
        shown.discriminator.trainable_variables,
        model.discriminator.trainable_variables,
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def trainable(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def block(width):
    """A residual block of R3GAN: 1x1 to twice the width, 3x3 in 96 groups, 1x1 without bias."""
    wide = 2 * width
    return (width * wide + wide) + (9 * wide * wide // 96 + wide) + wide * width


PAPER_SIZES = {  # family: (image, latents), parameters of the generator and of the discriminator
    # 100-1200-1200-784; maxout 240x5 twice and a logit.
    "gan": (
        ((28, 28, 1), 100),
        100 * 1200 + 1200 + 1200 * 1200 + 1200 + 1200 * 784 + 784,
        784 * 1200 + 1200 + 240 * 1200 + 1200 + 240 + 1,
    ),
    # z 100-200, y 10-1000, joined 1200-1200-784; x maxout 240x5, y maxout 50x5, joined 240x4.
    "cgan": (
        ((28, 28, 1), 100),
        100 * 200 + 200 + 10 * 1000 + 1000 + 1200 * 1200 + 1200 + 1200 * 784 + 784,
        784 * 1200 + 1200 + 10 * 250 + 250 + 290 * 960 + 960 + 240 + 1,
    ),
    # 100 - 4x4x1024 - 512 - 256 - 128 - 3, all 5x5; biases only where no batch norm follows, a gain
    # and a shift where it does.
    "dcgan": (
        ((64, 64, 3), 100),
        100 * 16 * 1024
        + 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
        + 2 * (1024 + 512 + 256 + 128)
        + 3,
        25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024)
        + 128
        + 2 * (256 + 512 + 1024)
        + 16 * 1024
        + 1,
    ),
    # G: 128 - 4x4x128, three up blocks, BN, 3x3. D: a first block, one down, two level ones.
    "wgan_gp": (
        ((32, 32, 3), 128),
        (128 * 2048 + 2048)
        + 3 * (2 * (9 * 128 * 128 + 128) + (128 * 128 + 128) + 2 * 256)
        + 256
        + (9 * 128 * 3 + 3),
        (3 * 128 + 128)
        + (27 * 128 + 128)
        + (9 * 128 * 128 + 128)
        + 3 * 2 * (9 * 128 * 128 + 128)
        + (128 * 128 + 128)
        + 128
        + 1,
    ),
    # G as GAN's with batch norm for biases; V 784-240-240-1.
    "fgan": (
        ((28, 28, 1), 100),
        100 * 1200 + 1200 * 1200 + 2 * 2 * 1200 + 1200 * 784 + 784,
        784 * 240 + 240 + 240 * 240 + 240 + 240 + 1,
    ),
    # As WGAN-GP's, with a generator twice as wide.
    "sngan": (
        ((32, 32, 3), 128),
        (128 * 4096 + 4096)
        + 3 * (2 * (9 * 256 * 256 + 256) + (256 * 256 + 256) + 2 * 512)
        + 512
        + (9 * 256 * 3 + 3),
        (3 * 128 + 128)
        + (27 * 128 + 128)
        + (9 * 128 * 128 + 128)
        + 3 * 2 * (9 * 128 * 128 + 128)
        + (128 * 128 + 128)
        + 128
        + 1,
    ),
    # 100 - 4x4x512 - 256 - 128 - 64 - 3, all 4x4.
    "wgan": (
        ((64, 64, 3), 100),
        100 * 16 * 512
        + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
        + 2 * (512 + 256 + 128 + 64)
        + 3,
        16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512)
        + 64
        + 2 * (128 + 256 + 512)
        + 16 * 512
        + 1,
    ),
    # Four stages of two blocks, 768 wide, 96 groups; a 4x4 basis below, a 4x4 depthwise sum on top.
    "r3gan": (
        ((32, 32, 3), 64),
        (64 * 768 + 768) + 16 * 768 + 8 * block(768) + (768 * 3 + 3),
        (3 * 768 + 768) + 8 * block(768) + 16 * 768 + 768 + 1,
    ),
}
PAPER_SIZES["lsgan"] = PAPER_SIZES["dcgan"]  # whose networks it has


@pytest.mark.parametrize("name", PAPER_SIZES)
def test_without_arguments_it_has_the_networks_of_its_paper(name):
    (image_shape, latent_dim), generator, discriminator = PAPER_SIZES[name]
    model = zoo.create(name)
    assert (model.image_shape, model.latent_dim) == (image_shape, latent_dim)
    assert trainable(model.generator) == generator
    assert trainable(model.discriminator) == discriminator


@pytest.mark.parametrize("name", zoo.list_models())
@pytest.mark.parametrize("image_shape", [(8, 8, 1), (2,)])
def test_the_small_scale_is_small(name, image_shape):
    model = zoo.create(name, scale="small", image_shape=image_shape)
    assert sum(trainable(getattr(model, n)) for n in model.network_names) < 1_000_000
    assert model.generate(2).shape == (2, *image_shape)


@pytest.mark.slow
@pytest.mark.parametrize("side", [8, 16, 32, 64, 128])
@pytest.mark.parametrize("row", families.CONVOLUTIONAL)
def test_its_convolutions_take_images_from_8_to_128(row, side):
    name, arguments = families.CONVOLUTIONAL[row]
    for channels in (1, 3):
        shape = (side, side, channels)
        model = zoo.create(name, image_shape=shape, latent_dim=4, **arguments)
        assert model.generate(1).shape == (1, *shape)
        assert model.discriminator(np.zeros((2, *shape), "float32")).shape == (2, 1)
        assert model.features(np.zeros((2, *shape), "float32")).shape[0] == 2


@pytest.mark.parametrize("row", ["dcgan", "dcgan, no rules", "wgan_gp"])
@pytest.mark.parametrize("shape", [(12, 8, 1), (28, 28, 1), (16, 48, 3)])
def test_images_need_not_be_square_nor_powers_of_2(row, shape):
    model = families.create(row, image_shape=shape)
    assert model.generate(1).shape == (1, *shape)
    assert model.discriminator(np.zeros((2, *shape), "float32")).shape == (2, 1)


@every_row
def test_a_judge_whose_slopes_are_penalised_has_no_batch_norm(row, trained):
    """A sample's slope would depend on its neighbours."""
    if trained.penalties:
        for layer in trained.discriminator._flatten_layers():
            assert not isinstance(layer, BatchNormalization)
