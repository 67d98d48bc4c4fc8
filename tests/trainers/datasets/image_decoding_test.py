"""Pixels of odd files, against what was drawn into them."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from trainers.datasets import image_decoding, image_metadata


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def two_halves(mode, left, right, size=(40, 30)):
    image = Image.new(mode, size, left)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), right), (size[0] // 2, 0))
    return image


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "TGA"])
def test_grey_and_colour_are_what_was_saved(kind):
    image = two_halves("RGB", (0, 0, 0), (200, 200, 200))
    pixels = image_decoding.decode(encoded(image, kind))
    assert pixels.shape == (30, 40, 3) and pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels[:, :18], 0, atol=2)
    np.testing.assert_allclose(pixels[:, 22:], 200, atol=2)


def test_a_grey_image_is_one_channel_where_grey_is_wanted_and_three_equal_ones_elsewhere():
    data = encoded(two_halves("L", 10, 200))
    assert image_decoding.read_header(data) == ((30, 40), True)
    grey, color = image_decoding.decode(data, grey=True), image_decoding.decode(data)
    assert grey.shape == (30, 40, 1)
    np.testing.assert_array_equal(np.repeat(grey, 3, axis=2), color)


def test_sixteen_bits_become_eight_and_are_not_clipped():
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    for kind in ("PNG", "TIFF"):
        data = encoded(Image.fromarray(ramp), kind)
        assert image_decoding.read_header(data)[1]
        pixels = image_decoding.decode(data, grey=True)[..., 0]
        np.testing.assert_array_equal(pixels, np.rint(ramp / 257).astype(np.uint8))


def test_what_is_transparent_is_white_whatever_colour_it_hides():
    image = two_halves("RGBA", (255, 0, 0, 0), (0, 0, 255, 255))
    pixels = image_decoding.decode(encoded(image))
    assert (pixels[:, :20] == 255).all() and (pixels[:, 20:] == (0, 0, 255)).all()
    half = Image.new("LA", (4, 4), (0, 128))
    np.testing.assert_allclose(image_decoding.decode(encoded(half), grey=True), 127, atol=1)


def test_colour_and_opacity_can_be_had_apart():
    data = encoded(two_halves("RGBA", (255, 0, 0, 0), (0, 0, 255, 128)))
    pixels, alpha = image_decoding.decode(data, on_white=False), image_decoding.opacity(data)
    assert (pixels[:, :20] == (255, 0, 0)).all() and (pixels[:, 20:] == (0, 0, 255)).all()
    assert alpha.shape == (30, 40, 1)
    assert (alpha[:, :20] == 0).all() and (alpha[:, 20:] == 128).all()
    assert image_decoding.opacity(data, image_size=8).shape == (8, 8, 1)


def test_colours_of_another_space_are_brought_to_srgb():
    """And a damaged profile is passed over."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (4, 4), (200, 30, 60))
    same = image_decoding.decode(encoded(image, icc_profile=profile))
    np.testing.assert_allclose(same, image_decoding.decode(encoded(image)), atol=1)
    damaged = image_decoding.decode(encoded(image, icc_profile=b"none"))
    np.testing.assert_array_equal(damaged, image_decoding.decode(encoded(image)))


@pytest.mark.parametrize("mode, color", [("RGB", (1, 2, 3)), ("RGBA", (1, 2, 3, 255))])
def test_what_is_opaque_has_no_opacity(mode, color):
    assert image_decoding.opacity(encoded(Image.new(mode, (4, 4), color))) is None


def test_a_palette_is_looked_up_and_its_transparent_entry_is_white():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.paste(2, (4, 0, 8, 8))
    assert (image_decoding.decode(encoded(image))[0, 0] == (0, 255, 0)).all()
    pixels = image_decoding.decode(encoded(image, "GIF", transparency=1))
    assert (pixels[0, 0] == 255).all() and (pixels[0, 7] == (0, 0, 255)).all()


def test_one_bit_is_black_or_white():
    pixels = image_decoding.decode(encoded(Image.new("1", (4, 4), 1)), grey=True)
    assert (pixels == 255).all()


def test_colours_of_a_printer_become_those_of_a_screen():
    pixels = image_decoding.decode(encoded(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG"))
    np.testing.assert_allclose(pixels, 255, atol=3)


def profile_of_inks(lab):
    """An ICC profile of four inks, all mixtures of which have one color, 8-bit CIELAB."""
    identity = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16)
    curve, corners, white = bytes(range(256)), 2**4, struct.pack(">3i", 63190, 65536, 54061)
    table = bytes([4, 3, 2, 0]) + identity + 4 * curve + corners * bytes(lab) + 3 * curve
    elements = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + white,
        b"A2B0": b"mft1" + bytes(4) + table,
    }
    index, data = struct.pack(">I", len(elements)), b""
    for name, element in elements.items():
        start = 128 + 4 + 12 * len(elements) + len(data)
        index += name + struct.pack(">2I", start, len(element))
        data += element + bytes(-len(element) % 4)
    size = 128 + len(index) + len(data)
    header = struct.pack(">I4xI", size, 2 << 24) + b"prtrCMYKLab " + bytes(12) + b"acsp"
    return (header.ljust(68, b"\0") + white).ljust(128, b"\0") + index + data


@pytest.mark.parametrize("lightness, level", [(255, 255), (0, 0)])
def test_inks_have_the_color_that_their_profile_says(lightness, level):
    profile = profile_of_inks((lightness, 128, 128))  # CIELAB without a or b: white, black
    without = (0, 0, 0, 255 if level else 0)  # which is the opposite
    data = encoded(Image.new("CMYK", (16, 16), without), "JPEG", icc_profile=profile)
    np.testing.assert_allclose(image_decoding.decode(data), level, atol=3)
    assert image_metadata.read(data).converted


def test_of_an_animation_the_first_picture_is_taken():
    frames = [Image.new("L", (8, 8), level) for level in (50, 250)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(image_decoding.decode(data), 50, atol=1)


@pytest.mark.parametrize(("orientation", "white"), [(1, "left"), (3, "right"), (6, "top")])
def test_a_photograph_is_turned_the_way_the_camera_was_held(orientation, white):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(two_halves("L", 255, 0), "JPEG", exif=exif)
    height, width = (40, 30) if orientation == 6 else (30, 40)
    assert image_decoding.read_header(data)[0] == (height, width)
    pixels = image_decoding.decode(data, grey=True)[..., 0]
    assert pixels.shape == (height, width)
    part = {"left": pixels[:, :15], "right": pixels[:, -15:], "top": pixels[:15]}[white]
    assert part.min() > 240
    assert pixels.mean() == pytest.approx(127.5, abs=3)


def test_the_square_in_the_middle_is_kept():
    image = Image.new("L", (90, 30), 0)
    image.paste(255, (30, 0, 60, 30))
    upright = image.transpose(Image.Transpose.ROTATE_90)
    for data in (encoded(image), encoded(upright)):
        assert (image_decoding.decode(data, image_size=30, grey=True) == 255).all()
        small = image_decoding.decode(data, image_size=10, grey=True)
        assert (small[1:-1, 1:-1] == 255).all()  # the filter's rim reaches beyond the square


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_shrinking_is_antialiased(kind):
    """A board of single pixels is an even grey from afar; without a filter it would alias."""
    board = np.indices((512, 512)).sum(axis=0) % 2 * 255
    data = encoded(Image.fromarray(board.astype(np.uint8)), kind)
    pixels = image_decoding.decode(data, image_size=24, grey=True)
    np.testing.assert_allclose(pixels, 127.5, atol=12)


def test_a_large_jpeg_decoded_small_is_the_large_one_shrunk():
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).resize((1600, 1200), 3)
    data = encoded(smooth, "JPEG", quality=95)
    small = image_decoding.decode(data, image_size=32).astype(float)
    whole = Image.fromarray(image_decoding.decode(data)).resize((32, 32), 3, (200, 0, 1400, 1200))
    np.testing.assert_allclose(small, np.asarray(whole), atol=4)


def damaged():
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8))
    png, jpeg = encoded(noise), encoded(noise, "JPEG")
    return {
        "empty": b"",
        "text": b"not an image",
        "cut png": png[: len(png) // 2],
        "cut jpeg": jpeg[: len(jpeg) // 2],
        "png with a flipped bit": png[:2000] + bytes([png[2000] ^ 1]) + png[2001:],
        "head alone": png[:20],
        "floats": encoded(Image.new("F", (4, 4), 0.5), "TIFF"),
    }


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_file_says_why_in_one_line(name):
    with pytest.raises(image_decoding.UnreadableImage) as error:
        image_decoding.decode(damaged()[name], image_size=8)
    assert str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(image_decoding.UnreadableImage, match="^No such file or directory$"):
        image_decoding.decode(tmp_path / "gone.png")


def test_an_image_of_more_pixels_than_is_harmless_is_not_decoded(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    data = encoded(two_halves("L", 0, 255))  # 1,200: Pillow would warn, and open it
    with (
        image_decoding.reject_huge_images(),
        pytest.raises(image_decoding.UnreadableImage, match="more than 1,000 pixels"),
    ):
        image_decoding.decode(data)
