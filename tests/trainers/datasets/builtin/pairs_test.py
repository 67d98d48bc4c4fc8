"""Both pictures of a pair show one shape, and the way from one to the other is known."""

import numpy as np
import pytest
from scipy import ndimage

from trainers.datasets.builtin import pairs, shapes

SQUARE = np.ones((3, 3), bool)


def covers(samples, count):
    """How much of each pixel the shapes of the first samples cover, 0 … 1."""
    rows = zip(*(values[:count] for values in samples.factors.values()), strict=True)
    return [
        shapes.filled(shapes.outline(shapes.SHAPES[shape], *place), 32) / 255
        for shape, *place in rows
    ]


def test_edges_lie_on_the_border_of_the_fill_all_around(read):
    samples = read("edge2shape", "test")
    for cover, x in zip(covers(samples, 60), samples.x, strict=False):
        edge = x[..., 0] > 100
        outside = ~ndimage.binary_dilation(cover > 0, SQUARE)
        deep = ndimage.binary_erosion(cover == 1, SQUARE)
        assert edge.any() and not (edge & (outside | deep)).any()
        inside = cover > 0.5
        border = inside & ~ndimage.binary_erosion(inside)
        lit = ndimage.binary_dilation(x[..., 0] > 30, SQUARE)
        assert not (border & ~lit).any()


def test_a_shape_has_the_colour_of_its_kind(read):
    for name in ("edge2shape", "solid2striped"):
        samples = read(name, "test")
        solid = samples.y if name == "edge2shape" else samples.x
        for cover, picture, shape in zip(
            covers(samples, 60), solid, samples.factors["shape"], strict=False
        ):
            hue = picture[cover == 1].mean(axis=0)
            distances = [np.linalg.norm(hue / hue.max() - np.divide(c, max(c))) for c in COLORS]
            assert np.argmin(distances) == shape


COLORS = list(shapes.COLORS.values())


def test_kinds_are_of_unequal_shares(read):
    shape = read("edge2shape", "train").factors["shape"]
    shares = np.bincount(shape) / len(shape)
    np.testing.assert_allclose(shares, [0.4, 0.3, 0.2, 0.1], atol=0.03)


def test_the_light_falls_from_above():
    cover = np.full((32, 32), 255, np.uint8)
    column = shapes.painted(cover, (200, 100, 0))[:, 5].astype(float)
    np.testing.assert_allclose(column[[0, -1], 0], [200, 110])
    assert (np.diff(column[:, 0]) < 0).all()
    np.testing.assert_allclose(column[:, 1], column[:, 0] / 2, atol=0.6)


def test_stripes_are_diagonal_of_period_4_and_lie_still():
    dark = pairs.dark(32)
    np.testing.assert_array_equal(dark[4:], dark[:-4])
    np.testing.assert_array_equal(dark[:, 4:], dark[:, :-4])
    np.testing.assert_array_equal(dark[1:, :-1], dark[:-1, 1:])  # down and to the left
    assert dark.mean() == 0.5


def test_striped_is_solid_with_dark_stripes_inside_the_shape_only(read):
    samples = read("solid2striped", "test")
    dark = pairs.dark(32)
    for cover, x, y in zip(covers(samples, 60), samples.x, samples.y, strict=False):
        x, y = x.astype(float), y.astype(float)
        np.testing.assert_array_equal(y[cover == 0], x[cover == 0])
        np.testing.assert_array_equal(y[(cover == 1) & ~dark], x[(cover == 1) & ~dark])
        np.testing.assert_allclose(y[(cover == 1) & dark], x[(cover == 1) & dark] / 4, atol=0.7)


@pytest.mark.parametrize("name", ["edge2shape", "solid2striped"])
def test_pairs_show_the_object_of_the_factors_and_the_unpaired_another(name, read):
    draw = {
        "edge2shape": (pairs.edges, pairs.solid),
        "solid2striped": (pairs.solid, pairs.striped),
    }[name]
    for split in ("train", "unpaired"):
        samples = read(name, split, 60)
        rows = list(zip(*samples.factors.values(), strict=True))
        x, y = (np.stack([one(*row) for row in rows]) for one in draw)
        np.testing.assert_array_equal(samples.x, x)
        same = (samples.y == y).all(axis=(1, 2, 3))
        assert same.all() if split == "train" else not same.any()


def test_unpaired_objects_are_of_the_same_kind_on_both_sides(read):
    samples = read("solid2striped", "unpaired")
    paired = read("solid2striped", "train")
    np.testing.assert_allclose(samples.x.mean(axis=0), paired.x.mean(axis=0), atol=12)
    np.testing.assert_allclose(samples.y.mean(axis=0), paired.y.mean(axis=0), atol=12)


def test_an_outline_is_far_from_its_shape_and_the_mean_shape_nearer(read):
    samples = read("edge2shape", "test")
    y = samples.y / 255
    assert np.abs(samples.x / 255 - y).mean() == pytest.approx(0.169, abs=0.005)
    mean = read("edge2shape", "train").y.mean(axis=0) / 255
    assert np.abs(mean - y).mean() == pytest.approx(0.032, abs=0.003)
