import numpy as np
import pytest

from benchmarks import enlarging, textures


def test_luminance_is_that_of_television():
    """BT.601: black 16, white 235, and green weighs most."""
    colours = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    found = enlarging.luminance(np.array([colours]))[0, :, 0] * 255.0
    np.testing.assert_allclose(found, [16.0, 235.0, 81.481, 144.553, 40.966], atol=1e-3)


@pytest.mark.parametrize("factor, psnr, ssim", [(2, 28.78, 0.8526), (4, 25.00, 0.6870)])
def test_bicubic_enlargement_scores_what_others_measured(factor, psnr, ssim):
    """`coins`, as found apart from this code."""
    small, large = enlarging.scenes("test", factor)["coins"]
    found = enlarging.compared(enlarging.resized(small, factor), large, small, factor)
    assert found["psnr"] == pytest.approx(psnr, abs=0.02)
    assert found["ssim"] == pytest.approx(ssim, abs=0.002)


def test_a_linear_filter_is_better_than_bicubic_on_what_it_has_not_seen():
    scenes = enlarging.scenes("test", 4)
    filters = enlarging.LinearFilter(4).fit([scenes["camera"]])
    small, large = scenes["coins"]
    ours = enlarging.compared(filters.enlarge(small), large, small, 4)["psnr"]
    assert 25.3 < ours < 25.7  # of filters of all training photographs 25.54


def test_a_linear_filter_finds_a_linear_map():
    """What bicubic weights lack is here, at two of four places, a difference of neighbours."""
    small = np.random.default_rng(0).uniform(0.2, 0.8, (24, 24, 1)).astype("float32")
    slope = small - np.pad(small, ((0, 0), (1, 0), (0, 0)), mode="edge")[:, :-1]
    large = enlarging.resized(small, 2).copy()
    large[::2, ::2] += 0.5 * slope
    large[1::2, 1::2] -= 0.25 * slope
    filters = enlarging.LinearFilter(2).fit([(small, large)])
    np.testing.assert_allclose(filters.enlarge(small), large, atol=1e-4)


def test_what_is_its_own_enlargement_is_consistent():
    small = np.full((8, 8, 1), 0.5, "float32")
    found = enlarging.compared(
        np.full((32, 32, 1), 0.5, "float32"), np.full((32, 32, 1), 0.5), small, 4
    )
    assert found["psnr"] == np.inf and found["ssim"] == pytest.approx(1.0)
    assert found["consistency"] > 100.0


def test_shuffled_squares_are_the_same_pixels():
    left, _ = textures.halves("gravel")
    mixed = textures.shuffled(left)
    assert mixed.shape == left.shape and not np.array_equal(mixed, left)
    np.testing.assert_array_equal(np.sort(mixed, axis=None), np.sort(left, axis=None))


def test_a_texture_is_nearer_to_itself_than_to_another():
    left, right = textures.halves("gravel")
    itself, levels = textures.distance(right, left, seed=0)
    assert itself == pytest.approx(np.mean(levels))
    assert textures.distance(right, textures.halves("brick")[1], seed=0)[0] > 5.0 * itself


def test_crops_are_of_the_images_and_a_function_of_the_seed():
    left, _ = textures.halves("grass")
    first, again, other = (next(iter(textures.crops([left], s))).numpy() for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    windows = np.lib.stride_tricks.sliding_window_view(left[..., 0], (64, 64))
    starts = np.argwhere(windows[:, :, 0, 0] == first[0, 0, 0])
    assert any(np.array_equal(windows[y, x], first[..., 0]) for y, x in starts)
