import numpy as np
import pytest

from benchmarks import textures


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
