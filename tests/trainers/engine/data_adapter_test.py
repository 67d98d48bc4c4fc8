"""Wrong data are refused in one sentence, before a weight has moved."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.trainers.py_datasets import Batches
from trainers.engine import batch_spec, data_adapter

SHAPE = (8, 8, 1)


def make(classes=0, **rules):
    if classes:
        model = zoo.CGAN(image_shape=SHAPE, latent_dim=2, width=4, classes=classes)
    else:
        model = zoo.GAN(image_shape=SHAPE, latent_dim=2, width=4)
    model.compile(**rules)
    return model


def images(n=8, shape=SHAPE):
    return np.random.default_rng(0).uniform(-1.0, 1.0, (n, *shape)).astype("float32")


@contextlib.contextmanager
def refused(model, sentence):
    """A ValueError in one line, and no weight has moved."""
    before = [w.numpy() for w in model.trainable_variables]
    with pytest.raises(ValueError, match=sentence) as caught:
        yield
    assert "\n" not in str(caught.value)
    for weight, old in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def as_arrays(data, size=4):
    return data if isinstance(data, tuple) else (data,)


def as_generator(data, size=4):
    parts = data if isinstance(data, tuple) else (data,)
    return (
        (tuple(p[i : i + size] for p in parts) for i in range(0, len(parts[0]) - size + 1, size)),
    )


def as_sequence(data, size=4):
    return (Batches(list(*as_generator(data, size))),)


def as_dataset(data, size=4):
    return (tf.data.Dataset.from_tensor_slices(data).batch(size),)


def as_whole_batches(data, size=4):
    return (tf.data.Dataset.from_tensor_slices(data).batch(size, drop_remainder=True),)


KINDS = [as_arrays, as_dataset, as_whole_batches, as_generator, as_sequence]
given_as = pytest.mark.parametrize("given", KINDS)
# Data that is refused or accepted once a step is traced: the check is the same for all kinds.
traced_as = pytest.mark.parametrize(
    "given",
    [
        as_arrays,
        as_generator,
        *(
            pytest.param(g, marks=pytest.mark.thorough)
            for g in (as_dataset, as_whole_batches, as_sequence)
        ),
    ],
)


@given_as
def test_pixels_of_0_to_255_are_refused_with_the_cure(given):
    model = make()
    pixels = np.random.default_rng(0).integers(0, 256, (8, *SHAPE)).astype("uint8")
    cure = "Received: dtype=uint8. Divide pixels of 0 … 255 by 127.5 and subtract 1."
    with refused(model, cure):
        model.fit(*given(pixels), verbose=0)


@traced_as
def test_float_pixels_of_0_to_255_are_refused_with_their_range_and_the_cure(given):
    model = make()
    pixels = np.full((8, *SHAPE), 255.0, "float32")
    sentence = (
        r"`x` should hold values in \[-1.0, 1.0\]. Received values from 255 to 255. "
        r"Divide pixels of 0 … 255 by 127.5 and subtract 1.$"
    )
    with refused(model, sentence):
        model.fit(*given(pixels), verbose=0)


@given_as
@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_one_pixel_out_of_range_is_enough(given, jit_compile):
    model = make(jit_compile=jit_compile)
    x = images(4)
    x[2, 3, 4, 0] = -1.5
    with refused(model, r"`x` should hold values in \[-1.0, 1.0\]. Received values from -1.5 to"):
        model.fit(*given(x), verbose=0)


@traced_as
def test_images_that_are_not_a_number_are_refused(given):
    model = make()
    x = images(4)
    x[0, 0, 0, 0] = np.nan
    with refused(model, "`x` should hold values in"):
        model.fit(*given(x), verbose=0)


@pytest.mark.parametrize("value", [np.nan, pytest.param(np.inf, marks=pytest.mark.thorough)])
def test_points_that_are_not_finite_are_refused(value):
    model = zoo.create("gan", image_shape=(2,), width=4)
    with refused(model, "`x` should hold"):
        model.fit(np.full((8, 2), value, "float32"), verbose=0)


@traced_as
def test_a_little_overshoot_as_resizing_leaves_it_is_taken(given):
    model = make()
    model.fit(*given(images() * 0.0 + 1.005), verbose=0)


@given_as
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (4, 8, 1), (64,)])
def test_another_shape_is_refused_with_both_shapes(given, shape):
    model = make()
    with refused(model, r"`x` should have shape \(None, 8, 8, 1\). Received: shape=\("):
        model.fit(*given(images(shape=shape)), verbose=0)


def test_a_dataset_of_single_samples_is_refused():
    model = make()
    with refused(model, r"`x` should have shape \(None, 8, 8, 1\). Received: shape=\(8, 8, 1\)"):
        model.fit(tf.data.Dataset.from_tensor_slices(images()), verbose=0)


@given_as
def test_missing_labels_are_asked_for(given):
    model = make(classes=3)
    with refused(model, r"A batch should be \(x, y\). Received: batches of 1 part\(s\)."):
        model.fit(*given(images()), verbose=0)


@given_as
def test_labels_that_are_no_integers_are_refused(given):
    model = make(classes=3)
    with refused(model, "`y` should hold integers. Received: dtype=float32"):
        model.fit(*given((images(), np.zeros(8, "float32"))), verbose=0)


@traced_as
@pytest.mark.parametrize("label", [3, -1])
def test_a_label_of_no_class_is_refused(given, label):
    model = make(classes=3)
    y = np.array([0, 1, label, 2] * 2)
    with refused(model, r"`y` should hold values in \[0, 2\]. .* There are 3 classes."):
        model.fit(*given((images(), y)), verbose=0)


@given_as
def test_one_hot_labels_are_refused_by_their_shape(given):
    model = make(classes=3)
    with refused(model, r"`y` should have shape \(None,\). Received: shape=\(.*, 3\)"):
        model.fit(*given((images(), np.eye(3, dtype="int32")[np.arange(8) % 3])), verbose=0)


@traced_as
@pytest.mark.parametrize(
    "dtype", ["uint8", *(pytest.param(d, marks=pytest.mark.thorough) for d in ("int32", "int64"))]
)
def test_labels_of_any_integer_dtype_are_taken(given, dtype):
    model = make(classes=3)
    model.fit(*given((images(), (np.arange(8) % 3).astype(dtype))), verbose=0)


@traced_as
def test_labels_beside_the_images_are_passed_over_when_they_are_not_wanted(given):
    model = make()
    model.fit(*given((images(), np.full(8, 77))), verbose=0)


def test_arrays_that_are_not_equally_long_are_refused():
    model = make(classes=3)
    with refused(model, "`x` and `y` should be equally long. Received: 8, 7."):
        model.fit(images(8), np.zeros(7, "int64"), verbose=0)


def test_no_samples_are_refused():
    model = make()
    with refused(model, "`x` should hold at least 1 sample"):
        model.fit(images(0), verbose=0)


def test_a_batch_size_that_cannot_be_dealt_is_refused_with_one_that_can():
    model = make(turns={"discriminator": 3})
    sentence = (
        "A batch should be split into 3 equal turns. Received: batches of 4. "
        "Use a multiple of 3, for example 3."
    )
    with refused(model, sentence):
        model.fit(images(), batch_size=4, verbose=0)
    with refused(model, sentence):
        model.fit(*as_whole_batches(images()), verbose=0)


@pytest.mark.parametrize("batch_size", [0, -4, 2.5])
def test_a_batch_size_that_is_no_count_is_refused(batch_size):
    model = make()
    with refused(model, "`batch_size` should be an integer from 1. Received: batch_size="):
        model.fit(images(), batch_size=batch_size, verbose=0)


def test_a_dataset_of_which_no_batch_can_be_dealt_is_refused():
    """`batch(4)` leaves the number of rows open, so that nothing is wrong until it runs."""
    model = make(turns={"discriminator": 3})
    with refused(model, "A batch should be split into 3 equal turns."):
        model.fit(*as_dataset(images()), verbose=0)


@pytest.mark.parametrize("rows, parts, number", [(4, 3, 3), (32, 5, 30), (1, 2, 2), (7, 4, 8)])
def test_the_number_that_is_offered_is_the_nearest(rows, parts, number):
    with pytest.raises(ValueError, match=f"for example {number}.$"):
        data_adapter.check_divisible(rows, parts)


def test_fewer_samples_than_turns_are_refused():
    model = make(turns={"discriminator": 3})
    with refused(model, r"`x` should hold at least 3 sample\(s\), one for each turn. Received: 2."):
        model.fit(images(2), verbose=0)


def test_validation_data_are_checked_as_well():
    model = make()
    with refused(model, "`x` should hold floats"):
        model.fit(images(), validation_data=np.zeros((8, *SHAPE), "uint8"), verbose=0)
    with refused(model, r"`x` should have shape"):
        model.evaluate(images(shape=(4, 4, 1)), verbose=0)


def test_a_wrong_batch_in_the_middle_ends_the_training_with_the_sentence():
    model = make()
    x = images(8)
    x[-1] = 3.0
    with pytest.raises(ValueError, match="Received values from .* to 3"):
        model.fit(*as_dataset(x), verbose=0)


def test_a_dataset_of_dicts_is_refused_in_a_sentence():
    model = make()
    data = tf.data.Dataset.from_tensor_slices({"image": images()}).batch(4)
    with refused(model, "A batch should be"):
        model.fit(data, verbose=0)


def test_an_error_that_is_none_of_ours_is_passed_on_as_it_is():
    with pytest.raises(tf.errors.InvalidArgumentError), data_adapter.one_line_errors():
        tf.debugging.assert_equal(1, 2)


@pytest.mark.parametrize("given", [as_generator, as_sequence, as_dataset])
def test_a_late_batch_that_is_not_a_number_ends_the_training_with_the_sentence(given):
    """Of a generator, Keras looks at two batches before the first step."""
    model = make()
    x = images(16)
    x[-1] = np.nan
    with pytest.raises(ValueError, match="^`x` should hold values in .* subtract 1.$"):
        model.fit(*given(x), verbose=0)


@pytest.mark.parametrize("dtype, low, high", [("uint8", -1, 300), ("float16", None, None)])
def test_bounds_outside_a_dtype_are_those_of_the_dtype(dtype, low, high):
    part = batch_spec.FieldSpec("y", (), low, high, integer=dtype == "uint8")
    part.check_values(tf.constant([0, 255], dtype))
    part.check_array(np.array([0, 255], dtype))


@given_as
def test_sample_weights_in_the_data_are_refused(given):
    model = make(classes=3)
    data = images(), np.arange(8) % 3, np.ones(8, "float32")
    batches = given(data)
    batches = {"x": batches} if given is as_arrays else {"x": batches[0]}
    with refused(model, "A batch should be .* without sample weights: .* Received: batches of 3"):
        model.evaluate(**batches, verbose=0)


@pytest.mark.parametrize("name", ["class_weight", "sample_weight"])
@pytest.mark.parametrize("given", [as_arrays, as_dataset])
def test_weights_given_to_fit_are_refused(given, name):
    model = make(classes=3)
    weights = {0: 1.0, 1: 9.0} if name == "class_weight" else np.ones(8)
    with refused(model, f"`{name}` should not be given: .* equally. Repeat samples") as _:
        model.fit(*given((images(), np.arange(8) % 3)), verbose=0, **{name: weights})


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"x": None}, "`fit` and `evaluate` should be given a tf.data.Dataset, .* x=None"),
        ({"x": 3.0}, "`fit` and `evaluate` should be given a tf.data.Dataset, .* x=3.0"),
        ({"x": images(), "callbacks": 5}, "`callbacks` of `fit` should be a list .* Received: 5"),
    ],
)
def test_what_is_no_data_and_no_callback_is_refused(arguments, sentence):
    with pytest.raises(TypeError, match=sentence):
        make().fit(**arguments, verbose=0)
        make().fit(**arguments, verbose=0)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"epochs": "a"}, "`epochs` should be an integer from 0. Received: epochs='a'"),
        ({"epochs": 1.5}, "`epochs` should be an integer from 0. Received: epochs=1.5"),
        ({"steps_per_epoch": -1}, "`steps_per_epoch` should be an integer from 1. Received: .*-1"),
        ({"validation_split": "a"}, "`validation_split` should be from 0 to less than 1. .*'a'"),
        ({"validation_split": 1.0}, "`validation_split` should be from 0 to less than 1. .*=1.0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        make().fit(images(), **arguments, verbose=0)
