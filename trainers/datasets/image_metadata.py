"""What an image file holds beside its pixels: color profile, dots per inch, EXIF."""

import dataclasses
import io
import math

from PIL import ImageCms

from trainers.datasets import image_decoding

SPACES = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}  # modes with profiles `decode` converts
# EXIF tags that describe the file they stand in, not the picture: layout, compression, orientation,
# resolution (which is kept apart), the color profile, and the numbers of pixels.
OF_THE_FILE = {
    *range(254, 260),
    *(262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322, 323, 324, 325, 330),
    *(338, 339, 347, *range(512, 522), 529, 530, 531, 532, 700, 34377, 34675),
}
EXIF_IFD, PIXEL_SIDES = 0x8769, (0xA002, 0xA003)
MAX_EXIF = 65_000  # bytes; JPEG holds 65,533


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What is kept of a file, and what `image_decoding.decode` has changed.

    Attributes:
        profile: bytes of the ICC profile that the decoded pixels have, or None.
        grey: whether `profile` is one of grey images.
        dpi: dots per inch, (horizontal, vertical), or None.
        exif: bytes of the EXIF without what describes the file itself; b"" for none.
        converted: whether colors were converted from another profile to sRGB.
        sixteen_bits: whether 16 bits a channel became 8.
    """

    profile: bytes | None = None
    grey: bool = False
    dpi: tuple | None = None
    exif: bytes = b""
    converted: bool = False
    sixteen_bits: bool = False

    def save_options(self, mode):
        """Returns keyword arguments of `PIL.Image.Image.save` for an image of a mode; a format
        ignores those that it cannot hold.

        Example:
            >>> Metadata(dpi=(300.0, 300.0)).save_options("RGB")
            {'dpi': (300.0, 300.0)}
        """
        kept = {"dpi": self.dpi, "exif": self.exif}
        if self.grey == (mode in ("L", "LA")):
            kept["icc_profile"] = self.profile
        return {name: value for name, value in kept.items() if value}


def read(source):
    """Reads the `Metadata` of an image file; what is corrupt is left out.

    Args:
        source: a path, or the bytes of a file.

    Raises:
        UnreadableImage: the file is no image.

    Example:
        >>> from PIL import Image
        >>> Image.new("L", (8, 8)).save("a.png", dpi=(300, 300))
        >>> [round(value) for value in read("a.png").dpi]
        [300, 300]
    """
    with image_decoding.opened(source) as image:
        wide = image.mode in image_decoding.SIXTEEN_BITS or _decodes_sixteen_bits(image)
        profile, grey, converted = _profile(image)
        return Metadata(profile, grey, _dpi(image), _exif(image), converted, wide)


def _decodes_sixteen_bits(image):
    """Whether Pillow, whose colors have 8 bits, reads them from 16: by its decoder's arguments."""
    for tile in getattr(image, "tile", ()):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if any(";16" in a for a in arguments if isinstance(a, str)):
            return True
        if tile[0] == "ppm" and any(a > 255 for a in arguments if isinstance(a, int)):
            return True
    return False


def _profile(image):
    """(the profile of the decoded pixels or None, whether it is grey, whether colors change)."""
    data = image.info.get("icc_profile")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data)) if data else None
        space = profile.profile.xcolor_space.strip() if profile else None
        is_srgb = space == "RGB" and "srgb" in ImageCms.getProfileDescription(profile).lower()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, False, False
    if space and SPACES.get(image.mode) == space and not is_srgb:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), False, True
    return (data, space == "GRAY", False) if space in ("RGB", "GRAY") else (None, False, False)


def _dpi(image):
    try:
        dpi = tuple(float(value) for value in image.info.get("dpi", ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    good = len(dpi) == 2 and all(math.isfinite(v) and 1.0 <= v <= 65_000.0 for v in dpi)
    return dpi if good else None


def _exif(image):
    try:
        exif = image.getexif()
        for tag in OF_THE_FILE & set(exif):
            del exif[tag]
        if EXIF_IFD in exif:
            inner = exif.get_ifd(EXIF_IFD)
            for tag in PIXEL_SIDES:
                inner.pop(tag, None)
        data = exif.tobytes() if len(exif) else b""
    except (
        Exception
    ):  # Pillow may raise anything for a corrupt EXIF, without which the image is fine
        return b""
    return data if len(data) <= MAX_EXIF else b""
