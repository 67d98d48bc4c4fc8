"""Color profile, dots per inch and EXIF of a file, as a result keeps them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from trainers.datasets import image_metadata

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
OTHER = SRGB.replace(b"sRGB", b"wide").replace(
    "sRGB".encode("utf-16-be"), "wide".encode("utf-16-be")
)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif():
    found = Image.Exif()
    found[0x0112], found[0x010F] = 6, "a maker"  # orientation, make
    found.get_ifd(image_metadata.EXIF_IFD).update({0x829A: 0.5, 0xA002: 40})  # exposure, width
    return found


@pytest.mark.parametrize("kind, result", [("PNG", "JPEG"), ("JPEG", "PNG"), ("TIFF", "WEBP")])
def test_a_result_keeps_what_its_format_holds(kind, result):
    options = {"icc_profile": SRGB, "dpi": (300, 300), "exif": exif()}
    found = image_metadata.read(encoded(Image.new("RGB", (40, 30)), kind, **options))
    assert not found.converted and not found.sixteen_bits
    image = Image.open(
        io.BytesIO(encoded(Image.new("RGB", (80, 60)), result, **found.save_options("RGB")))
    )
    assert image.size == (80, 60) and image.info["icc_profile"] == SRGB
    if result != "WEBP":  # which has no place for it
        np.testing.assert_allclose(image.info["dpi"], 300, atol=0.5)
    kept = image.getexif()
    assert kept[0x010F] == "a maker" and 0x0112 not in kept and 0x0100 not in kept
    inner = kept.get_ifd(image_metadata.EXIF_IFD)
    if kind != "TIFF":  # to which Pillow does not write it
        assert float(inner[0x829A]) == 0.5 and 0xA002 not in inner


def test_another_profile_is_converted_to_srgb_which_is_kept():
    found = image_metadata.read(encoded(Image.new("RGB", (4, 4)), "PNG", icc_profile=OTHER))
    assert found.converted
    profile = ImageCms.ImageCmsProfile(io.BytesIO(found.save_options("RGB")["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert "icc_profile" not in found.save_options("L")


def test_sixteen_bits_are_noticed_in_grey_and_in_color():
    grey = Image.fromarray(np.zeros((4, 4), np.uint16))
    assert image_metadata.read(encoded(grey, "PNG")).sixteen_bits
    assert image_metadata.read(b"P6 1 1 65535\n" + bytes(6)).sixteen_bits
    assert not image_metadata.read(b"P6 1 1 255\n" + bytes(3)).sixteen_bits
    assert not image_metadata.read(encoded(Image.new("L", (4, 4)), "PNG")).sixteen_bits


def test_what_is_corrupt_is_left_out():
    options = {"icc_profile": b"none", "exif": b"Exif\0\0none"}
    found = image_metadata.read(encoded(Image.new("RGB", (4, 4)), "JPEG", **options))
    assert found.save_options("RGB") in ({}, {"dpi": found.dpi})
