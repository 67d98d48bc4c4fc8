"""Interpolation between latents."""

import numpy as np
import pytest

from trainers.latents import interpolation


def test_slerp_between_right_angles_passes_through_the_diagonal():
    path = interpolation.slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)
    np.testing.assert_allclose(path, [[1, 0], [0.5**0.5, 0.5**0.5], [0, 1]], atol=1e-6)


def test_slerp_keeps_the_norm_of_gaussians_where_a_line_loses_a_third():
    ends = np.random.default_rng(0).standard_normal((100, 2, 256))
    norms = [np.linalg.norm(interpolation.slerp(a, b, 3), axis=1) for a, b in ends]
    assert np.mean([n[1] / (n[0] / 2 + n[2] / 2) for n in norms]) == pytest.approx(1.0, abs=0.03)
    lines = [np.linalg.norm(a + b) / (np.linalg.norm(a) + np.linalg.norm(b)) for a, b in ends]
    assert np.mean(lines) == pytest.approx(0.71, abs=0.03)


@pytest.mark.parametrize("end", [[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_slerp_of_parallel_ends_is_finite_and_reaches_them(end):
    path = interpolation.slerp(np.array([1.0, 0.0]), np.array(end), 5)
    np.testing.assert_allclose(path[[0, -1]], [[1.0, 0.0], end], atol=1e-6)
    assert np.isfinite(path).all()
