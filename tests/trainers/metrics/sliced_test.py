import numpy as np
import pytest
from scipy.stats import wasserstein_distance
from skimage import data, filters

from trainers.metrics import patch_sliced_wasserstein, sliced, sliced_wasserstein


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 60), (7, 1), (12, 18)])
def test_along_a_line_it_is_scipys_distance(n, m):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((n, 1)), 2.0 * rng.standard_normal((m, 1)) + 1.0
    expected = wasserstein_distance(real[:, 0], fake[:, 0])
    assert sliced_wasserstein(real, fake, directions=3) == pytest.approx(expected, rel=1e-12)


def test_it_is_the_mean_over_directions(monkeypatch):
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((30, 5)), rng.standard_normal((20, 5))
    theta = np.random.default_rng(7).standard_normal((5, 16))
    theta /= np.linalg.norm(theta, axis=0)
    each = [wasserstein_distance(real @ t, fake @ t) for t in theta.T]
    found = sliced_wasserstein(real, fake, directions=16, seed=7)
    assert found == pytest.approx(np.mean(each), rel=1e-12)
    monkeypatch.setattr(sliced, "chunks", lambda n, width: [slice(0, 5), slice(5, 16)])
    assert sliced_wasserstein(real, fake, 16, seed=7) == pytest.approx(found, rel=1e-12)


def test_a_shift_has_its_length_times_a_direction_s_mean():
    x = np.random.default_rng(0).standard_normal((50, 100))
    shift = np.full(100, 0.3)  # of length 3
    expected = 3.0 * np.sqrt(2 / (np.pi * 100))
    assert sliced_wasserstein(x, x + shift, directions=4096) == pytest.approx(expected, rel=0.03)
    assert sliced_wasserstein(x, x) == 0.0


def test_no_direction_is_refused():
    with pytest.raises(ValueError, match="`directions` should be at least 1.*directions=0"):
        sliced_wasserstein(np.zeros((3, 2)), np.zeros((3, 2)), directions=0)


def test_a_pyramid_adds_up_to_its_image():
    images = np.random.default_rng(0).random((2, 32, 40, 3))
    fine, middle, rest = sliced._pyramid(images, 3)
    assert (fine.shape, middle.shape, rest.shape) == (
        (2, 32, 40, 3),
        (2, 16, 20, 3),
        (2, 8, 10, 3),
    )
    rebuilt = sliced._upsample(sliced._upsample(rest) + middle) + fine
    np.testing.assert_allclose(rebuilt, images, atol=1e-12)
    flat = sliced._pyramid(np.full((1, 32, 32, 1), 0.7), 3)
    np.testing.assert_allclose(flat[0][:, 4:-4, 4:-4], 0.0, atol=1e-12)


def quadrant(image, i, j):
    return image[None, 256 * i : 256 * (i + 1), 256 * j : 256 * (j + 1), None] / 255.0


@pytest.mark.parametrize("texture", ["brick", "grass", "gravel"])
def test_a_texture_is_nearer_to_itself_than_to_others_and_far_from_noise(texture):
    image = getattr(data, texture)()
    real, same = quadrant(image, 0, 0), quadrant(image, 1, 1)
    rng = np.random.default_rng(0)
    candidates = {
        "same": same,
        "other": quadrant(getattr(data, {"brick": "gravel"}.get(texture, "brick"))(), 0, 0),
        "noise": rng.random(real.shape),
    }
    found = {
        name: patch_sliced_wasserstein(real, fake, patches=2048, directions=64)
        for name, fake in candidates.items()
    }
    assert found["same"][0] < 0.2
    assert 2.0 * found["same"][0] < found["other"][0] < found["noise"][0]
    assert found["noise"][0] > 1.0


def test_blurring_is_seen_at_the_finest_level_and_a_shade_at_the_last():
    real = quadrant(data.grass(), 0, 0)
    blurred = np.stack([filters.gaussian(image, 1.0, channel_axis=-1) for image in real])
    of_blur = patch_sliced_wasserstein(real, blurred, patches=4096, directions=64)
    assert of_blur[0] > 3 * of_blur[2]
    of_shade = patch_sliced_wasserstein(real, real + 0.2, patches=4096, directions=64)
    assert of_shade[2] > 3 * of_shade[0]


def test_patches_hold_the_pixels_of_one_place_in_their_order():
    rows, columns, channels = np.meshgrid(*map(np.arange, (9, 10, 2)), indexing="ij")
    images = (100.0 * rows + 10.0 * columns + channels)[None]
    (patch,) = sliced._patches(images, np.array([0]), 3, np.random.default_rng(0))
    corner = patch[0, 0]
    expected = [[corner + 100 * i + 10 * j + np.arange(2) for j in range(3)] for i in range(3)]
    np.testing.assert_array_equal(patch.reshape(3, 3, 2), expected)


def test_every_image_gives_as_many_patches_whatever_is_held_at_once(monkeypatch):
    images = np.ones((6, 8, 8, 1)) * np.arange(6.0).reshape(6, 1, 1, 1)
    for held in (1, 2, 6):

        def blocks(n, width, numbers, held=held):
            return [slice(i, min(i + held, n)) for i in range(0, n, held)]

        monkeypatch.setattr(sliced, "chunks", blocks)
        (found,) = sliced._descriptors(images, 3, 1, 12, np.random.default_rng(0))
        assert found[:, 0, 0].tolist() == np.repeat(np.arange(6.0), 2).tolist()
        (few,) = sliced._descriptors(images, 3, 1, 3, np.random.default_rng(0))
        assert few[:, 0, 0].tolist() == [0.0, 2.0, 4.0]


def test_images_that_do_not_fit_are_refused():
    sentence = "sides that are multiples of 4 and at least 28, for 3 levels of patches of 7.*{}"
    for side in (24, 30):
        with pytest.raises(ValueError, match=sentence.format(f"Received: {side} x 32")):
            patch_sliced_wasserstein(np.zeros((1, side, 32, 1)), np.zeros((1, 32, 32, 1)))
    with pytest.raises(ValueError, match=r"with one c\. Received: real\.shape=\(1, 32, 32, 1\)"):
        patch_sliced_wasserstein(np.zeros((1, 32, 32, 1)), np.zeros((1, 32, 32, 3)))
