import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from trainers.metrics import ms_ssim, pair_ssim, psnr, similarity, ssim


@pytest.fixture(scope="module")
def photos():
    """Two crops in [0, 1], and the same with noise: (2, 40, 48, 3)."""
    photo = data.astronaut() / 255.0
    x = np.stack([photo[:40, 200:248], photo[100:140, 100:148]])
    noise = 0.05 * np.random.default_rng(0).standard_normal(x.shape)
    return x, np.clip(x + noise, 0.0, 1.0)


def test_a_tenth_of_the_range_everywhere_is_20_decibels():
    x = np.zeros((3, 8, 8, 1))
    assert psnr(x, x + 0.1) == pytest.approx(20.0)
    assert psnr(x, x + 25.5, max_val=255) == pytest.approx(20.0)
    assert psnr(x, x) == np.inf


@pytest.mark.parametrize("max_val", [1.0, 255.0])
def test_psnr_and_ssim_are_the_means_of_scikit_images(photos, max_val):
    x, y = (max_val * images for images in photos)
    decibels = [
        peak_signal_noise_ratio(a, b, data_range=max_val) for a, b in zip(x, y, strict=True)
    ]
    assert psnr(x, y, max_val) == pytest.approx(np.mean(decibels), rel=1e-10)
    settings = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=-1)
    each = [
        structural_similarity(a, b, data_range=max_val, **settings)
        for a, b in zip(x, y, strict=True)
    ]
    assert ssim(x, y, max_val) == pytest.approx(np.mean(each), rel=1e-10)
    assert ssim(x, x, max_val) == pytest.approx(1.0)


def test_images_come_as_any_numbers(photos):
    x, y = (np.round(255 * images).astype("uint8") for images in photos)
    assert psnr(x, y, 255) == pytest.approx(psnr(x / 255.0, y / 255.0), rel=1e-10)
    assert ssim(x, y, 255) == pytest.approx(ssim(x / 255.0, y / 255.0), rel=1e-10)


def test_a_small_image_is_one_window():
    x, y = np.random.default_rng(0).random((2, 5, 8, 8, 1))
    assert similarity._window_means(x).shape == (5, 1, 1, 1)
    assert -1.0 < ssim(x, y) < 0.5


def test_ms_ssim_of_three_shades_is_the_number_known():
    shades = np.ones((3, 64, 64, 3)) * np.reshape([1.0, 0.7, 0.0], (3, 1, 1, 1))
    assert ms_ssim(shades, max_val=255) == pytest.approx(0.989989, abs=1e-6)
    pairs = ms_ssim(shades[[0, 0, 1]], shades[[1, 2, 2]], max_val=255)
    assert pairs == pytest.approx(0.989989, abs=1e-6)


def test_ms_ssim_is_tensorflows_where_the_window_fits():
    import tensorflow as tf

    photo = data.astronaut() / 255.0
    x = np.stack([photo[:192, :200], photo[200:392, 200:400]])
    y = np.clip(x + 0.1 * np.random.default_rng(0).standard_normal(x.shape), 0.0, 1.0)
    expected = np.mean(tf.image.ssim_multiscale(*np.float32([x, y]), max_val=1.0))
    assert ms_ssim(x, y) == pytest.approx(expected, abs=1e-4)


def test_odd_sides_are_taken_too(photos):
    x, y = (images[:, :17, :19] for images in photos)
    assert 0.0 < ms_ssim(x, y) < 1.0
    assert ms_ssim(x, x) == pytest.approx(1.0)


def test_a_set_is_compared_over_all_pairs_or_over_as_many_as_are_asked_for():
    rng = np.random.default_rng(0)
    images = rng.random((1, 16, 16, 1)) + 0.3 * rng.random((6, 16, 16, 1))
    each = [ms_ssim(images[[i]], images[[j]]) for i in range(6) for j in range(i)]
    assert ms_ssim(images) == pytest.approx(np.mean(each), rel=1e-10)
    drawn = ms_ssim(images, max_pairs=5)
    assert min(each) <= drawn <= max(each) and drawn != ms_ssim(images, max_pairs=5, seed=1)
    first, second = similarity._pairs(50, 500, seed=0)
    assert len(first) == 500 and not np.any(first == second) and max(second) < 50


def test_pair_ssim_is_the_mean_over_pairs_of_one_window():
    x = np.random.default_rng(0).random((6, 7, 7, 1))
    each = [
        structural_similarity(
            a[..., 0], b[..., 0], win_size=7, data_range=1.0, use_sample_covariance=False
        )
        for i, a in enumerate(x)
        for b in x[:i]
    ]
    assert pair_ssim(x) == pytest.approx(np.mean(each), rel=1e-10)
    assert pair_ssim(255 * x, max_val=255) == pytest.approx(np.mean(each), rel=1e-10)


def test_real_digits_have_a_pair_ssim_of_48_percent(halves):
    assert pair_ssim(halves[1] / 2 + 0.5) == pytest.approx(0.482, abs=0.005)


@pytest.mark.parametrize("figure", [psnr, ssim, ms_ssim])
def test_images_that_do_not_match_are_refused_with_both_shapes(figure):
    sentence = r"one shape \(n, h, w, c\)\. Received: x\.shape=\(2, 16, 16, 1\), y\.shape=\("
    for other in ((3, 16, 16, 1), (2, 16, 16), (2, 16, 16, 3)):
        with pytest.raises(ValueError, match=sentence):
            figure(np.zeros((2, 16, 16, 1)), np.zeros(other))
    with pytest.raises(ValueError, match="`max_val` should be greater than 0.*max_val=0"):
        figure(np.zeros((2, 16, 16, 1)), np.zeros((2, 16, 16, 1)), max_val=0)
    with pytest.raises(ValueError, match="`y` should hold finite numbers. Received: 512 of 512"):
        figure(np.zeros((2, 16, 16, 1)), np.full((2, 16, 16, 1), np.nan))


def test_sets_without_a_pair_and_images_without_scales_are_refused():
    with pytest.raises(ValueError, match=r"with n >= 2.*Received: x\.shape=\(1, 16, 16, 1\)"):
        ms_ssim(np.zeros((1, 16, 16, 1)))
    with pytest.raises(ValueError, match=r"sides of 16 or more\. Received: x\.shape=\(2, 16, 8"):
        ms_ssim(np.zeros((2, 16, 8, 1)))
    with pytest.raises(ValueError, match=r"with n >= 2.*Received: images\.shape=\(1, 8, 8, 1\)"):
        pair_ssim(np.zeros((1, 8, 8, 1)))
