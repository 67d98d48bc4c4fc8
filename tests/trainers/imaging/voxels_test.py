import numpy as np
import pytest

from trainers.datasets import builtin
from trainers.imaging import voxels

CHAIR = builtin.furniture.DATASETS[0].read("train", 1).x[0].astype("float32")
RANDOM = np.random.default_rng(0).random((6, 5, 4)) > 0.6


def volume(corners, faces):
    """By the divergence theorem: a third of the sum of position times area, over all faces."""
    a, b, _, d = (corners[faces[:, i]].astype(float) for i in range(4))
    middle = corners[faces].mean(axis=1)
    return float((middle * np.cross(b - a, d - a)).sum() / 3.0)


@pytest.mark.parametrize("shape", [np.ones((1, 1, 1)), np.ones((3, 2, 5)), RANDOM, CHAIR])
def test_a_surface_is_closed_and_looks_outwards(shape):
    corners, faces, normals = voxels.surface(shape)
    assert volume(corners, faces) == pytest.approx(np.sum(np.asarray(shape) > 0.5))
    a, b, _, d = (corners[faces[:, i]] for i in range(4))
    np.testing.assert_array_equal(np.cross(b - a, d - a), normals)
    assert normals.sum(axis=0).tolist() == [0, 0, 0]


def test_faces_between_two_voxels_are_not_drawn():
    corners, faces, _ = voxels.surface(np.ones((2, 1, 1)))
    assert (len(corners), len(faces)) == (12, 10)


def test_an_obj_is_the_surface_with_y_up(tmp_path):
    shape = np.zeros((4, 4, 4, 1))
    shape[1, 2, 3] = 1.0
    voxels.write_obj(tmp_path / "one.obj", shape)
    lines = [line.split() for line in (tmp_path / "one.obj").read_text().splitlines()]
    points = np.array([[float(n) for n in line[1:]] for line in lines if line[0] == "v"])
    faces = np.array([[int(n) - 1 for n in line[1:]] for line in lines if line[0] == "f"])
    assert points.min(axis=0).tolist() == [0.25, 0.75, -0.75]
    assert points.max(axis=0).tolist() == [0.5, 1.0, -0.5]
    assert volume(points, faces) == pytest.approx(4.0**-3)


def test_an_empty_shape_has_no_file(tmp_path):
    with pytest.raises(ValueError, match="should have a voxel above .5"):
        voxels.write_obj(tmp_path / "none.obj", np.zeros((4, 4, 4)))
    assert not (tmp_path / "none.obj").exists()


def test_an_npz_is_what_was_written(tmp_path):
    shapes = np.random.default_rng(0).random((3, 4, 4, 4, 1)).astype("float32")
    voxels.write_npz(tmp_path / "some.npz", shapes)
    np.testing.assert_array_equal(np.load(tmp_path / "some.npz")["voxels"], shapes)


def test_only_the_largest_piece_is_kept():
    shape = np.zeros((5, 5, 5))
    shape[0, 0, 0] = shape[2, 2, 1:4] = 1.0
    shape[1, 1, 0] = 1.0  # touches the first by an edge only
    kept = voxels.largest_piece(shape)
    assert kept.sum() == 3 and kept[2, 2, 1:4].all()
    assert not voxels.largest_piece(np.zeros((3, 3, 3))).any()


def test_a_picture_is_white_where_nothing_is_and_dark_where_something_is():
    shape = np.zeros((8, 8, 8))
    nothing = voxels.render(shape[None], size=32)
    assert (nothing == 1.0).all()
    shape[:, :, 4:] = 1.0  # the upper half
    picture = voxels.render(shape[None], azimuth=0.0, elevation=0.0, size=32)[0]
    rows = np.flatnonzero((picture < 0.9).any(axis=(1, 2)))
    assert rows.max() <= 16 and rows.min() >= 4


def test_the_camera_goes_round():
    """From the front the shape that is on the right; from behind, it is on the left."""
    shape = np.zeros((8, 8, 8))
    shape[6:, :, :] = 1.0
    for azimuth, right in ((0.0, True), (np.pi, False)):
        picture = voxels.render(shape[None], azimuth, 0.0, size=32)[0]
        columns = np.flatnonzero((picture < 0.9).any(axis=(0, 2)))
        assert (columns.min() >= 16) == right and (columns.max() < 16) != right


def test_what_is_near_covers_what_is_far():
    """A plate before a plate of another light: the front one is seen from the front."""
    both, front = np.zeros((2, 8, 8, 8))
    both[:, 0], both[2:6, 4:, 2:6] = 1.0, 1.0
    front[:, 0] = 1.0
    pictures = voxels.render(np.stack([both, front]), 0.0, 0.0, size=32)
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("shape", [np.ones((4, 4)), np.ones((4, 4, 4, 2)), np.ones((0, 4, 4))])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ValueError, match="`shape` should be"):
        voxels.surface(shape)


def test_a_nan_is_refused():
    with pytest.raises(ValueError, match="should hold finite values"):
        voxels.filled(np.full((2, 2, 2), np.nan))
