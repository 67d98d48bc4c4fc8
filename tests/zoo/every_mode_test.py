"""Every family compiled, in half precision, exported, and under the modern recipe."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo import families
from trainers import export


@families.each(quick=("dcgan",))
def test_its_features_follow_its_weights(row):
    model = families.create(row)
    x = families.arrays(model)[0]
    before = model.features(x)
    for weight in model.trainable_variables:
        weight.assign(weight + 0.1)
    assert not np.array_equal(model.features(x), before)


@families.each(quick=("wgan_gp, points",), thorough=families.FEW)
def test_several_steps_per_execution_end_at_the_same_weights(row):
    one = families.create(row)
    four = families.recompile(families.twin(one), row, steps_per_execution=4)
    for model in (one, four):
        model.fit(families.dataset(model, steps=4), verbose=0)
    families.assert_same(
        families.state(four), families.state(one), exactly=False, rtol=1e-4, atol=1e-5
    )


@families.each(quick=("dcgan",), thorough=families.FEW)
def test_it_trains_under_xla(row):
    model = families.recompile(families.create(row), row, jit_compile=True)
    history = model.fit(families.dataset(model, steps=2), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.fixture
def policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@families.each_with(
    "recipe, precision",
    [
        (("paper", "mixed_bfloat16"), ("dcgan",)),
        (("modern", "mixed_bfloat16"), ("cgan",)),
        (("paper", "mixed_float16"), ()),  # and below, once, with scales
    ],
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
    assert families.generate_samples(rounded, 2).dtype == np.float32
    assert np.isfinite(rounded.features(families.arrays(rounded)[0])).all()


@families.each(quick=("dcgan",), thorough=families.FEW)
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


@families.each(families.drawn, quick=("dcgan", "cgan"), thorough=families.FEW)
def test_its_export_answers_what_predict_returns(row, tmp_path):
    model = families.recompile(families.create(row), row, recipe="modern")
    model.fit(families.dataset(model, steps=2), verbose=0)
    inputs = model.draw(5, **families.conditions(model, 5))
    names = [x.name for x in model.averaged().generator.inputs]
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["serving_default"]
    fed = inputs if isinstance(inputs, list) else [inputs]
    (answer,) = served(**dict(zip(names, map(tf.convert_to_tensor, fed), strict=True))).values()
    inputs = [np.asarray(i) for i in inputs] if isinstance(inputs, list) else np.asarray(inputs)
    np.testing.assert_allclose(answer, model.predict(inputs, verbose=0), atol=1e-5)


@families.each(quick=("srgan", "cgan"), thorough=families.IMAGES)
def test_its_export_answers_an_empty_batch_with_an_empty_one(row, tmp_path):
    served = tf.saved_model.load(export.save(families.create(row), tmp_path / "1")).signatures
    for name, signature in served.items():
        answers = []
        for n in (2, 0):
            inputs = {
                key: tf.zeros((n, *(side or 16 for side in spec.shape[1:])), spec.dtype)
                for key, spec in signature.structured_input_signature[1].items()
            }
            answers.append(signature(**inputs))
        for key, empty in answers[1].items():
            assert empty.shape == (0, *answers[0][key].shape[1:]), name


@families.each(quick=("dcgan", "aae"), thorough=families.SOME)
def test_the_modern_recipe_trains_it_and_shows_averaged_weights(row):
    model = families.recompile(families.create(row), row, recipe="modern")
    history = model.fit(families.dataset(model, steps=3), verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    ema_model = model.averaged()
    assert ema_model is not model
    averaged = {
        name
        for player, optimizer in model.optimizers.items()
        if optimizer.use_ema
        for name in model.players[player]
    }
    assert averaged
    for name in model.network_names:
        raw = [v.numpy() for v in getattr(model, name).trainable_variables]
        found = [v.numpy() for v in getattr(ema_model, name).trainable_variables]
        assert [v.shape for v in found] == [v.shape for v in raw]
        same = all(np.array_equal(a, b) for a, b in zip(found, raw, strict=True))
        assert same == (name not in averaged)
    np.testing.assert_array_equal(
        families.generate_samples(model, 3, seed=0), families.generate_samples(ema_model, 3, seed=0)
    )
