import numpy as np

from trainers.imaging import ycbcr


def test_luminance_is_that_of_television():
    """BT.601: black 16, white 235, and green weighs most."""
    five = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    found = ycbcr.luminance(np.array([five]))[0, :, 0] * 255.0
    np.testing.assert_allclose(found, [16.0, 235.0, 81.481, 144.553, 40.966], atol=1e-3)


def test_every_colour_comes_back():
    pixels = np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3), axis=-1)
    np.testing.assert_array_equal(ycbcr.joined(*ycbcr.split(pixels)), pixels)


def test_colour_is_what_grey_has_none_of():
    """And red, green and blue have the Cb and Cr of BT.601."""
    _, color = ycbcr.split(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [7, 7, 7]]]))
    expected = [[90.203, 240.0], [53.797, 34.214], [240.0, 109.786], [128.0, 128.0]]
    np.testing.assert_allclose(color[0] * 255.0, expected, atol=1e-3)
