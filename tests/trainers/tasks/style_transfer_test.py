import numpy as np
import pytest
from scipy import ndimage

from trainers.datasets.builtin import photos
from trainers.imaging import ycbcr
from trainers.tasks import style_transfer


def halves(name):
    """The left and the right one of a photograph, its luminance in [-1, 1]."""
    grey = 2.0 * ycbcr.luminance(photos.photographs("train")[name]) - 1.0
    return grey[:, :256], grey[:, 256:]


def test_shuffled_squares_are_the_same_pixels():
    left, _ = halves("gravel")
    mixed = style_transfer.shuffle_patches(left)
    assert mixed.shape == left.shape and not np.array_equal(mixed, left)
    np.testing.assert_array_equal(np.sort(mixed, axis=None), np.sort(left, axis=None))


def test_a_texture_is_nearer_to_itself_than_to_another():
    left, right = halves("gravel")
    itself, levels = style_transfer.style_distance(right, left, seed=0)
    assert itself == pytest.approx(np.mean(levels))
    assert style_transfer.style_distance(right, halves("brick")[1], seed=0)[0] > 5.0 * itself


@pytest.fixture
def picture():
    """Two smooth waves of colours."""
    waves = np.add.outer(np.sin(np.arange(80) / 6.0), np.cos(np.arange(96) / 9.0)) / 2.0
    return np.stack([waves, waves**2, -waves], axis=-1).astype("float32")


def test_a_matched_picture_has_the_greys_of_the_style_and_the_order_of_its_own(picture):
    style = np.random.default_rng(0).normal(0.2, 0.1, (50, 60, 3)).astype("float32")
    matched = style_transfer.match_histogram(picture, style)
    for ours, theirs, own in zip(matched.T, style.T, picture.T, strict=True):
        shares = np.linspace(0.0, 1.0, 11)
        np.testing.assert_allclose(
            np.quantile(ours, shares), np.quantile(theirs, shares), atol=0.01
        )
        order = np.lexsort((ours.ravel(), own.ravel()))  # pixels that were equal: in any order
        assert (np.diff(ours.ravel()[order]) >= 0.0).all()


def test_edges_agree_with_those_of_a_brighter_picture_and_not_with_a_turned_one(picture):
    assert style_transfer.edge_correlation(picture, 0.5 * picture + 0.3) == pytest.approx(
        1.0, abs=1e-5
    )
    assert style_transfer.edge_correlation(picture, np.roll(picture, 20, axis=1)) < 0.5


def test_what_is_flat_agrees_with_nothing(picture):
    assert style_transfer.edge_correlation(np.zeros_like(picture), picture) == 0.0


def test_texture_is_no_edge(picture):
    noise = np.random.default_rng(0).normal(0.0, 0.05, picture.shape).astype("float32")
    assert style_transfer.edge_correlation(picture, picture + noise) > 0.95


def test_what_becomes_the_style_has_lost_all_distance(picture):
    style = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=picture.shape), (1, 1, 0))
    before, _ = style_transfer.style_distance(style, picture)
    found = style_transfer.score_stylized(picture, before, style, style)
    assert found["style"] > 0.9 and abs(found["edges"]) < 0.2
    same = style_transfer.score_stylized(picture, before, picture, style)
    assert same["style"] == pytest.approx(0.0, abs=1e-6) and same["edges"] == pytest.approx(1.0)
