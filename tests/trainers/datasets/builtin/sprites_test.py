"""Every combination is there once, and looks as its factors say."""

import numpy as np
import pytest

from trainers.datasets.builtin import shapes, sprites

AXIS = (np.arange(32) + 0.5) / 32  # middles of pixels, shares of the side


@pytest.fixture(scope="module")
def every(read):
    return read("sprites", "all")


def test_each_combination_is_there_once(every):
    rows = set(zip(*(values.tolist() for values in every.factors.values()), strict=True))
    assert len(rows) == 3 * 4 * 8 * 6 * 6 == len(every.x)
    sizes = {name: len(set(values.tolist())) for name, values in every.factors.items()}
    assert sizes == {"shape": 3, "scale": 4, "orientation": 8, "x": 6, "y": 6}


def test_sprites_are_as_light_as_their_areas(every):
    assert every.x.mean() / 255 == pytest.approx(0.096, abs=0.001)


def test_the_centre_of_mass_is_where_the_factors_say(every):
    weights = every.x[..., 0] / every.x.sum(axis=(1, 2, 3))[:, None, None]
    tenth = 0.1 / 32  # of a pixel
    for axis, name in ((1, "x"), (2, "y")):
        centres = weights.sum(axis=axis) @ AXIS
        assert np.abs(centres - every.factors[name]).max() < 3 * tenth
        assert np.abs(centres - every.factors[name]).mean() < tenth


@pytest.mark.parametrize(
    ("shape", "area"),
    # 2 r² of a square by half of its diagonal, π/2 a² of the ellipse; 60 corners of the heart
    # πa²·180/289 of the curve
    [(0, 2.0), (1, np.pi / 2), (2, np.pi * 180 / 289)],
)
def test_the_area_grows_with_the_square_of_the_scale(shape, area, every):
    chosen = every.factors["shape"] == shape
    shares = every.x[chosen].mean(axis=(1, 2, 3)) / 255
    expected = area * every.factors["scale"][chosen] ** 2
    # a fill reaches half of a fine pixel, 1/256 of the side, over its outline
    assert (shares > 0.97 * expected).all() and (shares < 1.12 * expected).all()


def test_an_ellipse_lies_along_its_orientation(every):
    factors = every.factors
    rows = np.flatnonzero((factors["shape"] == 1) & (factors["scale"] > 0.27))
    dy, dx = np.meshgrid(AXIS, AXIS, indexing="ij")
    for row in rows[::10]:
        weights = every.x[row, ..., 0] / every.x[row].sum()
        x, y = dx - factors["x"][row], dy - factors["y"][row]
        angle = np.arctan2(2 * (weights * x * y).sum(), (weights * (x**2 - y**2)).sum()) / 2
        difference = (angle - factors["orientation"][row]) % np.pi
        assert min(difference, np.pi - difference) < 0.03


def test_a_sprite_looks_the_same_after_its_symmetry_and_not_before():
    for shape, symmetry in shapes.SYMMETRY.items():
        images = [
            sprites.sprite(shape, 0.28, angle, 0.5, 0.5).astype(int)
            for angle in (0.2, 0.2 + symmetry, 0.2 + symmetry / 2)
        ]
        assert np.abs(images[0] - images[1]).mean() < 1.0
        assert np.abs(images[0] - images[2]).mean() > 5.0


def test_images_that_are_alike_lie_in_the_same_split(read):
    seen = []
    for split in ("train", "test"):
        factors = read("sprites", split).factors
        symmetry = np.array([shapes.SYMMETRY[shape] for shape in sprites.SHAPES])
        eighths = np.rint(factors["orientation"] / (2 * np.pi) * 8).astype(int)
        period = np.rint(symmetry / (2 * np.pi) * 8).astype(int)[factors["shape"]]
        columns = [factors[name].tolist() for name in ("shape", "scale", "x", "y")]
        seen.append(set(zip((eighths % period).tolist(), *columns, strict=True)))
    assert not seen[0] & seen[1]


def test_the_test_split_has_all_shapes_and_sizes(read):
    factors = read("sprites", "test").factors
    assert np.bincount(factors["shape"]).tolist() == [168, 166, 166]
    for scale in sprites.SCALES:
        assert np.isclose(factors["scale"], scale).sum() > 90
