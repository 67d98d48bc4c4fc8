import keras
import numpy as np
import pytest

from zoo.layers import MinibatchDiscrimination


def samples(n=6, d=4, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype("float32")


def test_it_is_the_papers_formula_with_the_sample_itself_included():
    layer, x = MinibatchDiscrimination(3, 2), samples()
    found = layer(x).numpy()
    m = np.einsum("nd,dbc->nbc", x, np.asarray(layer.kernel))
    expected = np.zeros((6, 3))
    for i in range(6):
        for j in range(6):
            expected[i] += np.exp(-np.abs(m[i] - m[j]).sum(axis=1))
    np.testing.assert_array_equal(found[:, :4], x)
    np.testing.assert_allclose(found[:, 4:], expected, rtol=1e-5)


def test_its_weight_has_the_shape_features_kernels_dimensions():
    layer = MinibatchDiscrimination(3, 2)
    layer.build((None, 4))
    assert [v.shape for v in layer.weights] == [(4, 3, 2)]


def test_copies_have_maximal_similarity_and_distant_samples_minimal():
    layer = MinibatchDiscrimination(5, 3)
    copies = layer(np.repeat(samples(n=1), 6, axis=0)).numpy()[:, 4:]
    np.testing.assert_allclose(copies, 6.0, rtol=1e-6)
    distant = layer(1000.0 * samples()).numpy()[:, 4:]
    np.testing.assert_allclose(distant, 1.0, atol=0.2)  # j = i


def test_the_order_of_the_batch_does_not_matter():
    layer, x = MinibatchDiscrimination(3, 2), samples()
    np.testing.assert_allclose(layer(x[::-1]), layer(x)[::-1], rtol=1e-5)


@pytest.mark.parametrize("kernels, kernel_dim", [(0, 2), (2, 0)])
def test_numbers_below_1_are_refused(kernels, kernel_dim):
    with pytest.raises(ValueError, match="`kernels` and `kernel_dim` should be at least 1"):
        MinibatchDiscrimination(kernels, kernel_dim)


def test_saved_loaded_and_in_half_precision_outputs_are_equal(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, MinibatchDiscrimination(3, 2)(inputs))
    model.save(tmp_path / "model.keras")
    loaded, x = keras.saving.load_model(tmp_path / "model.keras"), samples()
    assert loaded.output_shape == (None, 7)
    np.testing.assert_array_equal(loaded(x), model(x))
    half = MinibatchDiscrimination(3, 2, dtype="mixed_bfloat16")
    half.build((None, 4))
    half.set_weights(model.get_weights())
    found = half(x)
    assert found.dtype == "bfloat16"
    np.testing.assert_allclose(np.asarray(found, "float32"), model(x), rtol=0.02, atol=0.02)


def test_in_half_precision_small_distances_between_large_features_count():
    """1000 and 1004 are one number in bfloat16's 8 bits once they are multiplied and rounded."""
    x = np.array([[1000.0, 256.0], [1004.0, 258.0]], "float32")  # exact in bfloat16
    layers = [MinibatchDiscrimination(3, 2, dtype=d) for d in ("float32", "mixed_bfloat16")]
    for layer in layers:
        layer.build((None, 2))
        layer.set_weights([0.1 * np.random.default_rng(0).standard_normal((2, 3, 2))])
    exact, half = (np.asarray(layer(x), "float32")[:, 2:] for layer in layers)
    np.testing.assert_allclose(half, exact, rtol=0.01)
