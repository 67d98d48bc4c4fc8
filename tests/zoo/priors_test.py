import numpy as np
import pytest

from zoo.networks import priors


def part(k, n=20_000):
    return np.full((n,), k, "int32")


def test_categories_are_uniform_and_within_their_range():
    drawn = priors.categories(30_000, 3).numpy()
    assert drawn.dtype == np.int32
    np.testing.assert_allclose(np.bincount(drawn) / len(drawn), 1 / 3, atol=0.02)


@pytest.mark.parametrize("k", [0, 3])
def test_a_petal_has_its_center_at_1_4_and_is_ten_times_longer_than_wide(k):
    z = priors.mixture(part(k), parts=10).numpy()
    angle = 2 * np.pi * k / 10
    along = z @ [np.cos(angle), np.sin(angle)]
    across = z @ [-np.sin(angle), np.cos(angle)]
    assert along.mean() == pytest.approx(1.4, abs=0.03)
    assert across.mean() == pytest.approx(0.0, abs=0.01)
    assert along.std() == pytest.approx(0.5, abs=0.02)
    assert across.std() == pytest.approx(0.05, abs=0.002)


def test_the_parts_of_the_swiss_roll_are_consecutive():
    """Of u in [k/10, (k+1)/10] the radius is 3√u and the angle 4π√u."""
    for k in (0, 4, 9):
        radius = np.linalg.norm(priors.swiss_roll(part(k), parts=10), axis=1)
        assert radius.min() >= 3 * np.sqrt(k / 10) - 1e-5
        assert radius.max() <= 3 * np.sqrt((k + 1) / 10) + 1e-5
        u = (radius / 3) ** 2
        assert u.mean() == pytest.approx((k + 0.5) / 10, abs=0.002)
    z = priors.swiss_roll(part(4), parts=10).numpy()
    turned = 4 * np.pi * np.linalg.norm(z, axis=1) / 3
    np.testing.assert_allclose(z[:, 0], np.linalg.norm(z, axis=1) * np.cos(turned), atol=1e-4)
