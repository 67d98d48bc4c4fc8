import keras
import numpy as np
import pytest

from zoo.layers import PixelNorm


@pytest.mark.parametrize("shape", [(5, 7), (2, 3, 3, 7)])
def test_each_position_has_a_mean_square_of_1(shape):
    x = 9.0 * np.random.default_rng(0).standard_normal(shape).astype("float32")
    y = PixelNorm()(x).numpy()
    np.testing.assert_allclose((y**2).mean(axis=-1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(
        y / x, np.abs(y / x).mean(axis=-1, keepdims=True) * np.ones(shape), rtol=1e-4
    )


def test_zeros_stay_zeros():
    np.testing.assert_array_equal(PixelNorm()(np.zeros((2, 3), "float32")), np.zeros((2, 3)))


def test_saved_loaded_and_in_half_precision_outputs_are_equal(tmp_path):
    inputs = keras.Input((3, 3, 7))
    model = keras.Model(inputs, PixelNorm(epsilon=0.5)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.output_shape == (None, 3, 3, 7)
    x = np.random.default_rng(0).standard_normal((2, 3, 3, 7)).astype("float32")
    np.testing.assert_array_equal(loaded(x), model(x))
    half = PixelNorm(epsilon=0.5, dtype="mixed_bfloat16")(x)
    assert half.dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(half, "float32"), model(x), rtol=0.02, atol=0.02)
