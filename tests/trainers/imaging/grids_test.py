import numpy as np
import pytest
from PIL import Image

from trainers.imaging import grids


def test_small_images_are_enlarged_pixel_for_pixel():
    image = np.full((1, 8, 8, 1), -1.0)
    image[0, 0, 0] = 1.0
    pixels = np.asarray(grids.grid([image]))
    corner = pixels[grids.GAP : grids.GAP + 12, grids.GAP : grids.GAP + 12]
    assert (corner[:6, :6] == 255).all()  # 48 / 8 = 6 pixels for one
    assert (corner[6:] == 0).all()
    assert (corner[:, 6:] == 0).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_rows_may_be_short_or_empty(channels, mode):
    rows = [np.zeros((n, 64, 64, channels)) for n in (2, 0, 3)]
    picture = grids.grid(rows, labels="abc", title="three rows")
    assert picture.mode == mode
    side = 64 + grids.GAP
    assert picture.size[0] > 3 * side
    assert picture.size[1] == 24 + 3 * side + grids.GAP


def test_a_title_that_is_wider_than_the_images_is_whole():
    title = "DCGAN, photographs: the first 12 of 100 samples"
    picture = np.asarray(grids.grid([np.ones((1, 8, 8, 1))], title=title))
    ink = np.flatnonzero((picture[: grids.LINE] < 128).any(axis=0))
    assert ink[0] > 0 and ink[-1] < picture.shape[1] - 1 and ink[-1] - ink[0] > 250


def test_captions_stand_below_their_images_and_fit():
    rows = [np.ones((2, 64, 64, 1)), np.ones((1, 64, 64, 1))]
    plain = grids.grid(rows)
    captions = [["a", "a name that is longer than its image"], []]
    picture = np.asarray(grids.grid(rows, captions=captions))
    assert picture.shape == (plain.size[1] + grids.LINE, plain.size[0])
    line = picture[64 + 2 * grids.GAP : 64 + grids.LINE]
    side = 64 + grids.GAP
    assert (line[:, :side] < 128).any() and (line[:, side:] < 128).any()
    assert (line[:, -1] == grids.BACKGROUND).all()


def test_greek_letters_of_labels_are_drawn():
    rows = [np.ones((1, 64, 64, 1))]

    def drawn(label):
        return np.asarray(grids.grid(rows, labels=[label]))[:, : -64 - grids.GAP]

    missing = drawn("\uffff")  # no character: the box of a font for what it lacks
    for letter in "γβσλε":
        found = drawn(letter)
        assert found.min() < 128
        assert found.shape != missing.shape or (found != missing).any()


def test_values_beyond_the_range_are_clipped():
    extremes = np.array([-9.0, 0.0, 9.0]).reshape(3, 1, 1, 1) * np.ones((3, 48, 48, 1))
    picture = np.asarray(grids.grid([extremes]))
    assert [picture[20, 20], picture[20, 70], picture[20, 120]] == [0, 128, 255]


@pytest.mark.parametrize("rows", [[], [np.zeros((0, 8, 8, 1))], [np.zeros((2, 8, 8, 2))]])
def test_what_is_no_picture_is_refused(rows):
    with pytest.raises(ValueError, match="images of one shape with 1 or 3 channels"):
        grids.grid(rows)


def test_rows_by_class_hold_the_first_of_each():
    images = np.arange(10.0).reshape(10, 1, 1, 1)
    classes = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 3])
    rows = grids.by_class(images, classes, 4, columns=3)
    assert [row.ravel().tolist() for row in rows] == [[0, 2, 4], [1, 3, 5], [], [9]]


def test_a_film_holds_every_frame_and_loops(tmp_path):
    paths = []
    for i in range(5):
        paths.append(tmp_path / f"{i}.png")
        grids.grid([np.full((1, 8, 8, 1), i / 5.0)]).save(paths[-1])
    grids.save_gif(paths, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 5
        assert film.info["loop"] == 0


def test_curves_are_a_png(tmp_path):
    grids.plot_curves([1, 2, 3], {"generator_loss": [3, 2, 1]}, tmp_path / "loss.png", "title")
    assert Image.open(tmp_path / "loss.png").format == "PNG"
