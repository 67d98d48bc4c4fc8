"""Image grids, GIFs and plots of a training.

Images are float in [-1, 1], as generators return them, of shape (n, h, w, c) with c = 1 or 3;
pictures are `PIL.Image.Image`s or are written to a file. Small images are enlarged by whole
factors, without interpolation.
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 48  # smaller images are enlarged, by a whole number, to at least as many pixels
GAP = 2  # pixels between images
LINE = 24  # pixels of the height of a title or of captions
BACKGROUND = 255  # white
FRAME = 112  # grey, so that strokes at the edge of an image show


def grid(rows, labels=None, title=None, captions=None):
    """Draws images in rows.

    Args:
        rows: a list of arrays (n, h, w, c) in [-1, 1]; a row may be shorter than another or empty.
        labels: text to the left of each row.
        title: text above.
        captions: for each row the texts below its images, or () for none; what is too long for an
            image ends in "…".

    Returns:
        A `PIL.Image.Image`, "L" for one channel and "RGB" for three.

    Raises:
        ValueError: there is no image, shapes differ, or the number of channels is another.

    Example:
        >>> images = np.zeros((6, 8, 8, 1))
        >>> picture = grid(split_rows(images, columns=3), title="grey")
        >>> picture.mode, picture.size  # enlarged to 48 pixels each, with gaps of 2
        ('L', (152, 126))
        >>> picture.save("samples.png")
    """
    shapes = {tuple(row.shape[1:]) for row in rows if len(row)}
    if len(shapes) != 1 or next(iter(shapes))[-1] not in (1, 3):
        raise ValueError(
            "`rows` should hold images of one shape with 1 or 3 channels. "
            f"Received: {sorted(shapes)}"
        )
    height, width, channels = next(iter(shapes))
    zoom = math.ceil(SIDE / min(height, width))
    height, width = height * zoom + GAP, width * zoom + GAP
    font = label_font(12)
    left = 0
    if labels is not None:
        left = 12 + max(int(font.getlength(str(label))) for label in labels)
    captions = captions or [()] * len(rows)
    top = LINE if title else 0
    tops = [top + i * height + LINE * sum(map(bool, captions[:i])) for i in range(len(rows) + 1)]
    columns = max(len(row) for row in rows)
    wide = max(left + columns * width + GAP, int(font.getlength(title or "")) + 2 * GAP)
    size = (wide, tops[-1] + GAP)
    mode = "L" if channels == 1 else "RGB"
    picture = Image.new(mode, size, (BACKGROUND,) * channels)
    draw = ImageDraw.Draw(picture)
    for i, row in enumerate(rows):
        corner = (left, tops[i])
        opposite = (left + len(row) * width + GAP - 1, tops[i] + height + GAP - 1)
        if len(row):
            draw.rectangle([corner, opposite], fill=(FRAME,) * channels)
        for j, image in enumerate(row):
            place = (left + GAP + j * width, tops[i] + GAP)
            picture.paste(Image.fromarray(_zoomed(image, zoom), mode), place)
    ink = (0,) * channels
    for i, label in enumerate(labels if labels is not None else []):
        place = (left // 2, tops[i] + height // 2)
        draw.text(place, str(label), fill=ink, font=font, anchor="mm")
    for i, texts in enumerate(captions):
        for j, text in enumerate(texts):
            place = (left + j * width + width // 2, tops[i] + height + LINE // 2)
            draw.text(place, _shortened(text, width - GAP, font), fill=ink, font=font, anchor="mm")
    if title:
        draw.text((size[0] // 2, top // 2), title, fill=ink, font=font, anchor="mm")
    return picture


def _shortened(text, width, font):
    """Returns a text, or the beginning of it that fits into a width, and "…"."""
    if font.getlength(text) <= width:
        return text
    shorter = (f"{text[:n]}…" for n in range(len(text), 0, -1))
    return next((text for text in shorter if font.getlength(text) <= width), "")


def label_font(size):
    """Returns the `PIL.ImageFont.FreeTypeFont` of labels and titles, in pixels.

    It is DejaVu Sans, which has Greek letters, unlike Pillow's own font, and comes with matplotlib.

    Example:
        >>> label_font(12).getname()
        ('DejaVu Sans', 'Book')
    """
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size)


def to_uint8(images):
    """Converts images in [-1, 1] to uint8.

    Example:
        >>> to_uint8(np.array([-1.0, 0.0, 2.0]))
        array([  0, 128, 255], dtype=uint8)
    """
    return np.rint(np.clip(images / 2.0 + 0.5, 0.0, 1.0) * 255.0).astype(np.uint8)


def from_uint8(pixels):
    """Bytes as images in [-1, 1], float32.

    Example:
        >>> from_uint8(np.array([0, 51, 255], np.uint8))
        array([-1. , -0.6,  1. ], dtype=float32)
    """
    return np.asarray(pixels, "float32") / 127.5 - 1.0


def to_pil(pixels):
    """Converts pixels, uint8 (h, w, 1 or 3), to a `PIL.Image.Image`.

    Example:
        >>> to_pil(np.zeros((4, 8, 1), np.uint8)).mode
        'L'
    """
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def split_rows(images, columns=12):
    """Splits images into rows of `columns`, the last one with the rest, for `grid`.

    Example:
        >>> [len(row) for row in split_rows(np.zeros((7, 8, 8, 1)), columns=3)]
        [3, 3, 1]
    """
    return [images[i : i + columns] for i in range(0, len(images), columns)]


def by_class(images, classes, count, columns=12):
    """Splits images into one row per class: the first `columns` of each class.

    Args:
        images: (n, h, w, c).
        classes: the class number of each, shape (n,).
        count: number of classes.
        columns: largest number of images of a row.

    Returns:
        A list of `count` arrays for `grid`.

    Example:
        >>> rows = by_class(np.zeros((5, 8, 8, 1)), np.array([0, 2, 2, 1, 2]), count=3, columns=2)
        >>> [len(row) for row in rows]
        [1, 1, 2]
    """
    return [images[classes == k][:columns] for k in range(count)]


def save_gif(paths, target, seconds=4.0):
    """Writes pictures of one size as an animated GIF that loops and stays 2 s on the last one.

    Args:
        paths: of the pictures, in order.
        target: path of the GIF.
        seconds: for one loop, without the 2 s.

    Example:
        >>> for shade in (-1.0, 0.0, 1.0):
        ...     grid([np.full((1, 8, 8, 1), shade)]).save(f"{shade}.png")
        >>> save_gif(["-1.0.png", "0.0.png", "1.0.png"], "progress.gif")
        >>> Image.open("progress.gif").n_frames
        3
    """
    frames = [Image.open(path) for path in paths]
    each = max(40, int(1000 * seconds / len(frames)))
    durations = [each] * (len(frames) - 1) + [2000]
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=durations, loop=0)


def plot_curves(x, series, path, title=None, axes=("train steps", "mean loss")):
    """Plots named series into a PNG.

    Args:
        x: (n,) numbers, such as train steps.
        series: a dict name -> (n,) values.
        path: of the PNG.
        title: text above the plot.
        axes: labels of x and of the values.

    Example:
        >>> plot_curves([100, 200], {"generator_loss": [0.9, 0.7]}, "loss.png", title="Digits")
        >>> Image.open("loss.png").size
        (840, 480)
    """
    # Not pyplot, which would choose a backend and keep global figures.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    plot = figure.add_subplot(xlabel=axes[0], ylabel=axes[1], title=title)
    for name, values in series.items():
        plot.plot(x, values, label=name.replace("_", " "))
    plot.grid(alpha=0.3)
    plot.legend()
    figure.savefig(path, dpi=120)


def _zoomed(image, zoom):
    pixels = np.clip(np.asarray(image) / 2.0 + 0.5, 0.0, 1.0)
    pixels = np.round(255.0 * pixels).astype("uint8").repeat(zoom, 0).repeat(zoom, 1)
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def center_crop(image, side):
    """Crops the middle of an image to side x side, padded with 0 where the image is smaller.

    Example:
        >>> float(center_crop(np.ones((4, 8, 1)), 6).sum())
        24.0
    """
    height, width = image.shape[:2]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    cut = image[top : top + side, left : left + side]
    cropped = np.zeros((side, side, image.shape[-1]), image.dtype)
    top, left = ((side - n) // 2 for n in cut.shape[:2])
    cropped[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return cropped
