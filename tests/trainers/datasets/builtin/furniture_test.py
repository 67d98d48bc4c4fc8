"""Furniture is connected, of the sizes in its parameters, and seen from the stated viewpoint."""

import numpy as np
import pytest
from scipy import ndimage

from trainers.datasets.builtin import furniture


@pytest.fixture(scope="module")
def fine():
    """Classes, parameters and fine voxels of 600 objects."""
    kinds, parameters = furniture.objects(np.random.default_rng(1), 600)
    return kinds, parameters, furniture.build(kinds, parameters)


def block(x, y, z, size=32):
    """A cube with one box in it, (1, size, size, size)."""
    cube = np.zeros((1, size, size, size), np.uint8)
    cube[0, slice(*x), slice(*y), slice(*z)] = 1
    return cube


@pytest.mark.parametrize(("kind", "share"), [(0, 0.047), (1, 0.046), (2, 0.092)])
def test_each_class_fills_its_share_of_the_cube(kind, share, fine):
    kinds, _, cubes = fine
    assert cubes[kinds == kind].mean() == pytest.approx(share, rel=0.06)


def test_every_object_is_of_one_piece_at_both_resolutions(fine):
    cubes = fine[2][:300]
    for some in (cubes, furniture.coarse(cubes)):
        assert {ndimage.label(cube)[1] for cube in some} == {1}


def test_coarse_voxels_are_full_where_any_of_the_fine_ones_is(fine):
    cubes = fine[2][:20]
    blocks = cubes.reshape(20, 16, 2, 16, 2, 16, 2)
    np.testing.assert_array_equal(furniture.coarse(cubes), blocks.max(axis=(2, 4, 6)))


def test_objects_have_the_sizes_in_their_parameters(fine):
    kinds, parameters, cubes = fine
    for kind, row, cube in zip(kinds, parameters, cubes, strict=True):
        named = dict(zip(furniture.PARAMETERS[furniture.CLASSES[kind]], row, strict=True))
        width, depth, height = (
            np.ptp(np.flatnonzero(cube.any(axis=others))) + 1 for others in ((1, 2), (0, 2), (0, 1))
        )
        assert width == pytest.approx(32 * named["width"], abs=1.1)
        assert depth == pytest.approx(32 * named.get("depth", named.get("length")), abs=1.1)
        if kind == 0:
            tall = named["seat_height"] + named["thickness"] + named["back_height"]
        elif kind == 1:
            tall = named["height"] + named["thickness"]
        else:
            tall = 0.9 * named["wheel_radius"] + named["body_height"] + named["cabin_height"]
        assert cube.any(axis=(0, 1)).nonzero()[0].max() + 1 == pytest.approx(32 * tall, abs=1.1)
        assert height <= 32 * tall + 1


def test_two_in_five_chairs_have_arms_and_three_in_ten_tables_one_foot():
    kinds, parameters = furniture.objects(np.random.default_rng(2), 9000)
    assert (np.bincount(kinds) / 9000) == pytest.approx(1 / 3, abs=0.02)
    arms = parameters[kinds == 0][:, 6]
    assert (arms > 0).mean() == pytest.approx(0.4, abs=0.03)
    assert arms[arms > 0].min() >= 0.14 and arms.max() <= 0.22
    assert parameters[kinds == 1][:, 5].mean() == pytest.approx(0.3, abs=0.03)


def test_a_chair_faces_the_front_and_stands_on_four_legs():
    chair = furniture.voxels("chair", (0.5, 0.5, 0.4, 0.4, 0.06, 0.08, 0.0))
    high = np.flatnonzero(chair[:, :, 24].any(axis=0))
    assert high.min() > 20  # above the seat there is the back only, far from the front
    assert ndimage.label(chair[:, :, 6])[1] == 4


def test_samples_are_built_from_their_factors(read):
    samples = read("furniture", "test", 60)
    factors = samples.factors
    cubes = furniture.build(factors["class"], factors["parameters"])
    np.testing.assert_array_equal(samples.x[..., 0], furniture.coarse(cubes))
    np.testing.assert_array_equal(samples.y, factors["class"])


def test_a_view_stands_upright():
    low, high = block((12, 20), (12, 20), (0, 6)), block((12, 20), (12, 20), (26, 32))
    pictures = furniture.view(np.concatenate([low, high]), azimuth=0.0)[..., 0]
    rows = [np.flatnonzero(picture.any(axis=1)) for picture in pictures]
    assert rows[0].min() > rows[1].max()


def test_the_left_is_on_the_left_and_the_near_is_bright_low_and_in_front():
    near = furniture.view(block((2, 8), (0, 4), (0, 8)), 0.0)[0, ..., 0]
    far = furniture.view(block((2, 8), (28, 32), (0, 8)), 0.0)[0, ..., 0]
    for picture in (near, far):
        assert np.flatnonzero(picture.any(axis=0)).max() < 16
    assert near.max() == 255 and 255 * 0.3 < far.max() < 255 * 0.4
    lowest = [np.flatnonzero(picture.any(axis=1)).max() for picture in (near, far)]
    # 28 voxels behind it stands 28 tan(.35) higher; the picture shows 46 voxels
    assert lowest[0] - lowest[1] == pytest.approx(28 * np.tan(0.35) * 32 / 46, abs=1)
    hidden = block((10, 20), (20, 24), (0, 8))
    wall = block((0, 32), (0, 4), (0, 32))
    np.testing.assert_array_equal(furniture.view(wall | hidden, 0.0), furniture.view(wall, 0.0))


def test_the_camera_goes_round_to_the_left():
    front = block((14, 18), (0, 6), (0, 8))
    quarter = furniture.view(front, np.pi / 2)
    right = block((26, 32), (14, 18), (0, 8))
    np.testing.assert_array_equal(quarter, furniture.view(right, 0.0))
    columns = [
        np.flatnonzero(furniture.view(front, azimuth)[0, ..., 0].any(axis=0)).mean()
        for azimuth in (0.0, 0.3, 0.6, 0.9)
    ]
    assert (np.diff(columns) > 1).all()


@pytest.mark.parametrize("split", ["train", "test", "unseen"])
def test_views_show_the_voxels_beside_them_from_their_azimuth(split, read):
    samples = read("furniture_views", split, 60)
    factors = samples.factors
    cubes = furniture.build(factors["class"], factors["parameters"])
    np.testing.assert_array_equal(samples.y[..., 0], furniture.coarse(cubes))
    for cube, azimuth, picture in zip(cubes, factors["azimuth"], samples.x, strict=True):
        expected = furniture.view(cube[None], float(azimuth))[0].astype(int)
        assert np.abs(expected - picture).max() <= 1


def test_train_objects_are_seen_from_three_sides_and_test_objects_from_a_fourth(read):
    test, unseen = read("furniture_views", "test"), read("furniture_views", "unseen")
    assert np.unique(test.factors["azimuth"]) == pytest.approx([0.3, 0.6, 0.9])
    assert np.unique(unseen.factors["azimuth"]) == pytest.approx([0.45])
    np.testing.assert_array_equal(test.y[::3], unseen.y)
    np.testing.assert_array_equal(test.factors["parameters"][2::3], unseen.factors["parameters"])


def test_no_view_is_cut_off(read):
    x = read("furniture_views", "test").x
    assert not x[:, -1].any() and not x[:, :, [0, -1]].any()
    assert x[:, 0].max() < 255 / 3  # the tallest back ends within the first row
