import numpy as np

from benchmarks.shared import textures
from trainers.tasks import style_transfer


def test_crops_are_of_the_images_and_a_function_of_the_seed():
    left, _ = textures.halves("grass")
    data = style_transfer.TextureData(left, textures.SIDE)
    first, again, other = (next(iter(data.batches(1, seed=s))).numpy()[0] for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    windows = np.lib.stride_tricks.sliding_window_view(left[..., 0], (64, 64))
    starts = np.argwhere(windows[:, :, 0, 0] == first[0, 0, 0])
    assert any(np.array_equal(windows[y, x], first[..., 0]) for y, x in starts)
