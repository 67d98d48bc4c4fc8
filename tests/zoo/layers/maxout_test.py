import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import Maxout


def test_each_unit_is_the_largest_of_its_linear_pieces():
    layer = Maxout(units=3, pieces=4)
    x = np.random.default_rng(0).standard_normal((5, 6)).astype("float32")
    found = layer(x)
    kernel, bias = (w.numpy() for w in layer.weights)
    bias[:] = np.random.default_rng(1).standard_normal(12)
    layer.set_weights([kernel, bias])
    found = layer(x)
    pieces = np.einsum("nd,dij->nij", x, kernel.reshape(6, 3, 4)) + bias.reshape(3, 4)
    np.testing.assert_allclose(found, pieces.max(axis=-1), atol=1e-5)


def test_two_pieces_can_compute_an_absolute_value():
    layer = Maxout(1, 2)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    np.testing.assert_allclose(layer(np.array([[-3.0], [2.0]])), [[3.0], [2.0]])


def test_the_gradient_flows_through_the_winning_piece_only():
    layer = Maxout(1, 2)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.constant([[2.0]])))
    np.testing.assert_allclose(tape.gradient(loss, layer.weights[0]), [[2.0, 0.0]])


def test_it_is_convex_in_its_input():
    layer = Maxout(4, 3)
    a, b = np.random.default_rng(0).standard_normal((2, 50, 6)).astype("float32")
    middle = np.asarray(layer((a + b) / 2))
    assert (middle <= (np.asarray(layer(a)) + np.asarray(layer(b))) / 2 + 1e-5).all()


def test_shape_and_parameter_count_are_known_before_the_first_call():
    layer = Maxout(240, 5)
    assert layer.compute_output_shape((None, 784)) == (None, 240)
    layer.build((None, 784))
    assert layer.count_params() == 784 * 1200 + 1200


def test_it_is_restored_from_its_config(tmp_path):
    initializer = keras.initializers.RandomUniform(-0.005, 0.005)
    inputs = keras.Input((6,))
    model = keras.Model(inputs, Maxout(3, 4, kernel_initializer=initializer, name="units")(inputs))
    copy = keras.Model.from_config(model.get_config()).get_layer("units")
    assert (copy.units, copy.pieces, copy.name) == (3, 4, "units")
    assert np.abs(copy.get_weights()[0]).max() <= 0.005
    model.save(tmp_path / "model.keras")
    x = np.ones((2, 6), "float32")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_outputs_have_the_dtype_of_the_policy(policy):
    layer = Maxout(3, 2, dtype=policy)
    assert layer(np.ones((2, 4), "float32")).dtype == policy.removeprefix("mixed_")
    assert layer.weights[0].dtype == "float32"


@pytest.mark.parametrize("units, pieces", [(0, 2), (3, 0), (-1, 2)])
def test_numbers_below_1_are_refused(units, pieces):
    with pytest.raises(ValueError, match="`units` and `pieces` should be at least 1. Received: "):
        Maxout(units, pieces)
