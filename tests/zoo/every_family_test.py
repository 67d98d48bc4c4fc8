"""What holds for every family of the zoo, written once: training, saving, drawing."""

import types
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import BatchNormalization

import zoo
from tests.zoo import families
from trainers.adversarial import AdversarialModel
from trainers.objectives import Hinge, Wasserstein


@pytest.fixture(scope="module")
def fitted(row):
    """A model, fit to arrays with its paper's recipe; its history, its weights before and after,
    and the number of times that Python ran its `train_step`."""
    keras.utils.set_random_seed(0)
    model = families.create(row)
    before = [v.numpy() for v in model.trainable_variables]
    n = 4 * families.parts(model)
    with mock.patch.object(
        type(model), "train_step", autospec=True, side_effect=type(model).train_step
    ) as step:
        history = model.fit(
            *families.arrays(model, steps=2), batch_size=n, epochs=2, verbose=0
        ).history
    after = [v.numpy() for v in model.trainable_variables]
    return types.SimpleNamespace(
        model=model, history=history, before=before, after=after, traces=step.call_count
    )


@pytest.fixture
def trained(fitted):
    """Its model, which tests share and may train further."""
    return fitted.model


def test_every_model_of_the_zoo_has_its_lines():
    assert sorted(families.IMAGES) == zoo.list_models()
    assert set(families.POINTS) <= set(zoo.list_models())


@families.each(families.ROWS)
def test_it_fits_arrays_with_finite_losses_named_after_its_players(row, fitted):
    model, history = fitted.model, fitted.history
    assert set(history) >= {f"{player}_loss" for player in model.players}
    others = {n for n in history if not n.startswith(tuple(f"{p}_" for p in model.players))}
    assert bool(others) == (type(model).after_step is not AdversarialModel.after_step)
    for values in history.values():
        assert len(values) == 2
        assert np.isfinite(values).all()
    for weight in model.weights:
        assert np.isfinite(weight.numpy()).all()


@families.each(families.ROWS)
def test_its_train_step_is_traced_once(row, fitted):
    assert fitted.traces == 1


@families.each(quick=("dcgan", "cgan"), thorough=families.SOME)
def test_it_fits_a_dataset_in_which_labels_are_passed_over_unless_they_are_wanted(row, trained):
    x, *y = families.arrays(trained, steps=2)
    labelled = y or [np.zeros(len(x), "int64")]
    rows = 4 * families.parts(trained)
    data = tf.data.Dataset.from_tensor_slices((x, *labelled)).batch(rows)
    history = trained.fit(data, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@families.each(families.ROWS)
def test_in_a_turn_only_the_trainable_variables_of_its_player_move(row, trained):
    model = trained
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


# The first steps of conv_gan, at the rate of its paper, are lost in rounding.
@families.each([r for r in families.MAIN if r != "conv_gan"], thorough=families.SOME)
def test_each_of_its_trainable_variables_belongs_to_a_player_and_moves_in_training(row, fitted):
    model = fitted.model
    owned = {id(v) for player in model.players for v in model.variables_of(player)}
    assert owned == {id(v) for v in model.trainable_variables}
    still = [
        variable.path
        for variable, old, new in zip(
            model.trainable_variables, fitted.before, fitted.after, strict=True
        )
        if np.array_equal(new, old)
    ]
    # A constant added to all outputs cancels out where only their differences count, as they do
    # within the margin of the hinge.
    differences = getattr(model.objective, "relativistic", False)
    differences |= isinstance(model.objective, Wasserstein)
    if isinstance(model.objective, Hinge):
        assert len(still) <= 1
        assert all(path.endswith("/bias") for path in still)
    else:
        has_bias = "logit/bias" in [variable.path for variable in model.trainable_variables]
        assert still == (["logit/bias"] if differences and has_bias else [])


@families.each(quick=("dcgan", "aae"), thorough=families.SOME)
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


@families.each(families.ROWS, thorough=(*families.MOST, *families.VARIANTS))
def test_its_config_makes_the_same_model_again(row):
    model = families.fresh(row)
    copy = type(model).from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    assert copy.name == model.name
    assert [v.shape for v in copy.weights] == [v.shape for v in model.weights]
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(
        families.generate_samples(copy, 3, seed=0), families.generate_samples(model, 3, seed=0)
    )


@families.each()
def test_it_generates_samples_of_its_shape_in_its_range(row, trained):
    samples = families.generate_samples(trained, 5)
    assert isinstance(samples, np.ndarray)
    assert samples.dtype == np.float32
    assert samples.shape == (5, *trained.image_shape)
    assert np.isfinite(samples).all()
    bounded = len(trained.image_shape) == 3 and "r3gan" not in row  # whose image is not squashed
    if bounded:
        assert np.abs(samples).max() <= 1.0


@families.each(families.random)
def test_a_seed_repeats_the_samples_and_none_gives_others(row, trained):
    first = families.generate_samples(trained, 5, seed=7)
    np.testing.assert_array_equal(families.generate_samples(trained, 5, seed=7), first)
    assert not np.array_equal(families.generate_samples(trained, 5, seed=8), first)
    assert not np.array_equal(
        families.generate_samples(trained, 5), families.generate_samples(trained, 5)
    )


@families.each(families.drawn)
def test_samples_do_not_depend_on_the_batch_size(row, trained):
    together = trained.generate(7, seed=3)
    np.testing.assert_allclose(trained.generate(7, seed=3, batch_size=3), together, atol=1e-5)


@families.each(families.drawn, quick=("dcgan", "cgan", "infogan"))
def test_predict_maps_latents_to_what_generate_returns(row, trained, monkeypatch):
    inputs = trained.draw(5, **families.conditions(trained, 5))
    monkeypatch.setattr(trained, "draw", lambda n: inputs)
    generated = trained.generate(5)
    inputs = [np.asarray(i) for i in inputs] if isinstance(inputs, list) else np.asarray(inputs)
    predicted = trained.predict(inputs, verbose=0)
    np.testing.assert_allclose(generated, predicted, atol=1e-6)
    ema_samples = trained.averaged().generator(inputs, training=False)
    np.testing.assert_allclose(predicted, ema_samples, atol=1e-5)


@families.each(families.drawn, quick=("dcgan",))
def test_a_number_of_samples_that_is_none_is_refused(row, trained):
    for n in (0, -1, 2.5, None):
        with pytest.raises(ValueError, match="`n` should be an integer from 1"):
            trained.generate(n)


@families.each()
def test_its_features_are_one_row_for_each_sample(row, trained):
    x = families.arrays(trained, steps=2)[0][:7]
    features = trained.features(x)
    assert isinstance(features, np.ndarray)
    assert features.ndim == 2
    assert len(features) == 7
    assert np.isfinite(features).all()
    np.testing.assert_allclose(trained.features(x[2:4]), features[2:4], atol=1e-5)


@families.each()
def test_features_add_no_layer_among_those_of_a_network(row, trained):
    """Its name could be taken: a loaded network has names that Keras gives again."""
    model = trained
    own = {id(layer) for name in model.network_names for layer in getattr(model, name).layers}
    read = [n for n in model.build_features().layers if not isinstance(n, keras.layers.InputLayer)]
    assert len({id(layer) in own for layer in read}) == 1


@families.each(quick=("dcgan", "aae", "cyclegan"))
def test_evaluating_measures_the_losses_and_moves_nothing(row, trained):
    before = families.state(trained)
    losses = trained.evaluate(families.dataset(trained, steps=2), verbose=0, return_dict=True)
    families.assert_same(families.state(trained), before)
    assert set(losses) >= {f"{player}_loss" for player in trained.players}
    assert np.isfinite(list(losses.values())).all()


@families.each()
def test_a_judge_whose_slopes_are_penalised_has_no_batch_norm(row, trained):
    """A sample's slope would depend on its neighbours."""
    if trained.penalties:
        for layer in trained.discriminator._flatten_layers():
            assert not isinstance(layer, BatchNormalization)
