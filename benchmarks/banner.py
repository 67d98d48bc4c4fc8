"""Draws docs/banner.png, the picture of README.md, with pretrained models of saved_models/.

    python -m benchmarks.banner

Above: a photograph that the models never saw, at a quarter of its size, enlarged by SRResNet and by
SRGAN, and the original. Below: pictures of furniture that the model never saw, the voxels that
3D-VAE-GAN finds in them, and the true voxels: the first eight, none selected. Takes seconds.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trainers import command_line

TARGET = Path(__file__).parents[1] / "docs" / "banner.png"
WIDTH, GAP, TITLE = 1024, 6, 24  # pixels
FACTOR, SIDE, CORNER = 4, 192, (0, 128)  # of the photograph: a square, by its top and left
SHAPES = 8


def main():
    """Writes the banner."""
    strips = [strip(photograph()), *map(strip, furniture())]
    height = sum(image.height for image in strips) + GAP * (len(strips) - 1)
    page, top = Image.new("RGB", (WIDTH, height), "white"), 0
    for image in strips:
        page.paste(image, (0, top))
        top += image.height + GAP
    page.quantize(256, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(TARGET)


def photograph():
    """title -> pixels (side, side, 3) of one held-out photograph."""
    from skimage import data

    import zoo
    from trainers.tasks.upscaling import TiledUpscaler

    top, left = CORNER
    original = Image.fromarray(data.astronaut()[top : top + SIDE, left : left + SIDE])
    small = original.resize((SIDE // FACTOR,) * 2, Image.Resampling.BICUBIC)
    upscaled = {
        title: TiledUpscaler(zoo.from_preset(name)).upscale(np.asarray(small))
        for title, name in (("SRResNet, x4", "srresnet_photos"), ("SRGAN, x4", "srgan_photos"))
    }
    return {
        "a small photograph": np.asarray(small.resize((SIDE, SIDE), Image.Resampling.NEAREST)),
        **upscaled,
        "the original": np.asarray(original),
    }


def furniture():
    """Three dicts title -> pixels: pictures, voxels found in them, and true voxels."""
    import zoo
    from trainers import datasets
    from trainers.imaging import grids, voxels

    views, shapes = datasets.arrays("furniture_views", "test")
    views, shapes = views[::3][:SHAPES], shapes[::3][:SHAPES]  # each shape has three views
    found = zoo.from_preset("vaegan3d_furniture").reconstruct(views)
    pictures = np.repeat(grids.to_uint8(views), 3, axis=-1)
    rendered = (grids.to_uint8(voxels.render(x, size=128)) for x in (found, shapes))
    titles = "a picture", "its voxels, 3D-VAE-GAN", "the true voxels"
    rows = zip(titles, (pictures, *rendered), strict=True)
    return [{title if not i else str(i): x for i, x in enumerate(row)} for title, row in rows]


def strip(images):
    """Images side by side over the whole width, each title above its image."""
    side = (WIDTH - GAP * (len(images) - 1)) // len(images)
    font = ImageFont.load_default(16)
    image = Image.new("RGB", (WIDTH, TITLE + side), "white")
    pen = ImageDraw.Draw(image)
    for i, (title, pixels) in enumerate(images.items()):
        left = i * (side + GAP)
        if not title.isdecimal():
            pen.text((left, 2), title, fill="#333333", font=font)
        smooth = Image.Resampling.BICUBIC if pixels.shape[0] > 64 else Image.Resampling.NEAREST
        image.paste(Image.fromarray(pixels).resize((side, side), smooth), (left, TITLE))
    return image


if __name__ == "__main__":
    command_line.run_script(lambda: None, main)
