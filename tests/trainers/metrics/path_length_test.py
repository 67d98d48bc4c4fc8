import numpy as np
import pytest

from trainers.metrics import path_length, perceptual_path_length


def same(x):
    return x


def test_a_linear_generator_has_the_squared_length_of_its_paths():
    rng = np.random.default_rng(0)
    matrix, latents = rng.standard_normal((4, 6)), rng.standard_normal((20, 4))
    expected = np.mean(np.sum(((latents[10:] - latents[:10]) @ matrix) ** 2, axis=1))
    found = perceptual_path_length(lambda z: z @ matrix, same, latents, path="lerp")
    assert found == pytest.approx(expected, rel=1e-6)


def test_great_circles_have_their_angle_times_radius_and_stay_on_the_sphere():
    latents = np.array([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0]])
    found = perceptual_path_length(same, same, latents)
    assert found == pytest.approx((np.pi / 2) ** 2 * (9 + 1) / 2, rel=1e-5)
    t = np.linspace(0.0, 1.0, 5)[:, None]
    start, end = np.repeat(latents[:1], 5, axis=0), np.repeat(latents[2:3], 5, axis=0)
    points = path_length.PATHS["slerp"](start, end, t)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 3.0)
    np.testing.assert_allclose(points[[0, -1]], latents[[0, 2]], atol=1e-12)


def test_a_path_to_itself_has_no_length():
    latents = np.ones((4, 3))
    assert perceptual_path_length(same, same, latents) == pytest.approx(0.0, abs=1e-12)


def test_a_jump_makes_a_path_long_and_smooth_features_make_it_short():
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((2000, 2))
    smooth = perceptual_path_length(same, same, latents, epsilon=1e-2)
    steep = perceptual_path_length(np.sign, same, latents, epsilon=1e-2)
    assert steep > 10 * smooth
    assert perceptual_path_length(same, lambda x: 0.1 * x, latents, 1e-2) == pytest.approx(
        0.01 * smooth
    )


def test_samples_are_made_in_batches_of_the_latents_own_type():
    seen = []

    def generator(z):
        seen.append((len(z), z.dtype))
        return z

    latents = np.random.default_rng(0).standard_normal((20, 3)).astype("float32")
    parts = perceptual_path_length(generator, same, latents, epsilon=1e-2, batch_size=4)
    assert set(seen) == {(4, np.dtype("float32")), (2, np.dtype("float32"))}
    counted = perceptual_path_length(same, same, [[0, 1], [1, 0]], path="lerp")
    assert counted == pytest.approx(2.0)
    whole = perceptual_path_length(same, same, latents.astype("float64"), epsilon=1e-2)
    assert parts == pytest.approx(whole, rel=1e-3)


def test_half_a_path_and_an_unknown_path_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2n, d\).*Received: latents\.shape=\(3, 2\)"):
        perceptual_path_length(same, same, np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"one of \['lerp', 'slerp'\]\. Received: path='arc'"):
        perceptual_path_length(same, same, np.ones((2, 2)), path="arc")
