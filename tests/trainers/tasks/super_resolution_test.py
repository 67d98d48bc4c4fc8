import numpy as np
import pytest

from trainers.datasets.builtin import photos
from trainers.tasks import super_resolution


@pytest.mark.parametrize("factor, psnr, ssim", [(2, 28.78, 0.8526), (4, 25.00, 0.6870)])
def test_bicubic_enlargement_scores_what_others_measured(factor, psnr, ssim):
    """`coins`, as found apart from this code."""
    small, large = super_resolution.low_high_pairs(photos.photographs("test"), factor)["coins"]
    found = super_resolution.score_pair(
        super_resolution.bicubic_resize(small, factor), large, small, factor
    )
    assert found["psnr"] == pytest.approx(psnr, abs=0.02)
    assert found["ssim"] == pytest.approx(ssim, abs=0.002)


def test_a_linear_filter_is_better_than_bicubic_on_what_it_has_not_seen():
    scenes = super_resolution.low_high_pairs(photos.photographs("test"), 4)
    filters = super_resolution.LinearFilter(4).fit([scenes["camera"]])
    small, large = scenes["coins"]
    ours = super_resolution.score_pair(filters.enlarge(small), large, small, 4)["psnr"]
    assert 25.3 < ours < 25.7  # of filters of all training photographs 25.54


def test_a_linear_filter_finds_a_linear_map():
    """What bicubic weights lack is here, at two of four places, a difference of neighbours."""
    small = np.random.default_rng(0).uniform(0.2, 0.8, (24, 24, 1)).astype("float32")
    slope = small - np.pad(small, ((0, 0), (1, 0), (0, 0)), mode="edge")[:, :-1]
    large = super_resolution.bicubic_resize(small, 2).copy()
    large[::2, ::2] += 0.5 * slope
    large[1::2, 1::2] -= 0.25 * slope
    filters = super_resolution.LinearFilter(2).fit([(small, large)])
    np.testing.assert_allclose(filters.enlarge(small), large, atol=1e-4)


def test_what_is_its_own_enlargement_is_consistent():
    small = np.full((8, 8, 1), 0.5, "float32")
    found = super_resolution.score_pair(
        np.full((32, 32, 1), 0.5, "float32"), np.full((32, 32, 1), 0.5), small, 4
    )
    assert found["psnr"] == np.inf and found["ssim"] == pytest.approx(1.0)
    assert found["consistency"] > 100.0
