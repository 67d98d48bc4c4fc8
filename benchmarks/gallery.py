"""Draws pictures of the built-in datasets and of trained models, docs/gallery/NAME.png.

    python -m benchmarks.gallery                      # all built-in datasets, 5 s
    python -m benchmarks.gallery --only=glyphs,ring
    python -m benchmarks.gallery --only=bigan,aae     # trained as their acceptance rows, minutes

The picture of a dataset shows the first samples of a split, so it changes only with the dataset.
"""

import functools
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image, ImageDraw, ImageFont

from benchmarks import survey
from benchmarks.shared import rows
from trainers import command_line, datasets
from trainers.datasets import builtin
from trainers.datasets.builtin import furniture
from trainers.imaging import grids

FLAGS = flags.FLAGS
GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
SIDE = 64  # images below this many pixels are enlarged to about it
COLORS = 64  # of a picture that is stored with a palette


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("only", None, "Names of datasets or systems; by default all datasets.")
    flags.DEFINE_string("out", str(GALLERY), "Folder of the pictures.")


def main():
    """Writes the pictures."""
    draw = {dataset.name: functools.partial(picture_of, dataset) for dataset in builtin.DATASETS}
    draw["digits"] = digits
    chosen = FLAGS.only or list(draw)
    draw |= {name: functools.partial(rows.picture_of, name) for name in survey.SYSTEMS}
    with command_line.flag_errors("only"):
        unknown = sorted(set(chosen) - set(draw))
        if unknown:
            raise ValueError(f"should be of {', '.join(sorted(draw))}. Received: {unknown}")
    Path(FLAGS.out).mkdir(parents=True, exist_ok=True)
    for name in chosen:
        path = Path(FLAGS.out) / f"{name}.png"
        picture = draw[name]()
        picture.save(path, optimize=True)
        print(f"{path}: {picture.width}x{picture.height}, {path.stat().st_size / 1024:.0f} KB")


def picture_of(dataset):
    """Returns the picture of a generated dataset."""
    return PICTURES.get(dataset.name, labelled)(dataset)


def digits():
    """Returns a picture of the real digits, a row for each class."""
    images, labels = datasets.arrays("digits")
    return grids.grid(grids.by_class(images, labels, 10), labels=range(10))


def labelled(dataset):
    """Returns a row of samples for each label."""
    samples = dataset.read("train", count=600)
    count = len(dataset.class_names)
    rows = grids.by_class(to_grid_range(samples.x, dataset.levels), samples.y, count, columns=12)
    picture = grids.grid(rows, labels=dataset.class_names)
    return picture if picture.mode == "L" else _with_palette(picture, colors=256)


def scattered(dataset):
    """Returns a scatter plot of points of the plane, colored by label or by factor."""
    samples = dataset.read("test", count=4_000)
    color = samples.y if samples.y is not None else samples.factors["arc"]
    figure, axes = _figure(aspect="equal")
    settings = {"cmap": "viridis"}
    if samples.y is not None:  # a cyclic color map
        settings = {"cmap": "hsv", "vmin": 0, "vmax": len(dataset.class_names)}
    axes.scatter(*samples.x.T, c=color, s=3, **settings)
    return _rendered(figure)


def histogram(dataset):
    """Returns a histogram of points of a line, by component."""
    samples = dataset.read("train")
    figure, axes = _figure(xlabel="x", ylabel="density")
    parts = [samples.x[samples.y == k, 0] for k in range(len(dataset.class_names))]
    weights = [np.full(len(part), 40 / len(samples.x)) for part in parts]  # 1/n per bin of .025
    axes.hist(parts, np.arange(-3, 7, 0.025), weights=weights, stacked=True)
    axes.legend(dataset.class_names)
    return _rendered(figure)


def paired(dataset):
    """Returns train pairs, x above y, and then the unpaired samples."""
    rows, labels = [], []
    for split, first in (("train", 0), ("train", 12), ("unpaired", 0)):
        samples = dataset.read(split, count=first + 12)
        for name, images in (("x", samples.x), ("y", samples.y)):
            rows.append(with_channels(to_grid_range(images[first:], 255)))
            labels.append(f"{split} {name}")
    return grids.grid(rows, labels=labels)


def captioned(dataset):
    """Returns images with box, keypoints and sentence."""
    zoom, columns = 6, 3
    samples = dataset.read("train", count=9)
    unseen = dataset.read("unseen", count=3)
    cells = [cell for some in (samples, unseen) for cell in _annotated(some, zoom)]
    width, height = 300, 32 * zoom + 26
    rows = -(-len(cells) // columns)
    page = Image.new("RGB", (columns * width, rows * height), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for i, (image, sentence) in enumerate(cells):
        left, top = i % columns * width, i // columns * height
        page.paste(image, (left + (width - image.width) // 2, top))
        middle = (left + width // 2, top + image.height + 12)
        draw.text(middle, sentence, fill="black", font=font, anchor="mm")
    return _with_palette(page)


def _annotated(samples, zoom):
    """Yields (image, sentence) of each sample."""
    names = ("box", "keypoints", "sentence")
    rows = zip(samples.x, *(samples.factors[name] for name in names), strict=True)
    for pixels, box, keypoints, sentence in rows:
        image = Image.fromarray(pixels).resize((32 * zoom,) * 2, Image.Resampling.NEAREST)
        draw = ImageDraw.Draw(image)
        top, left, bottom, right = box * (32 * zoom)
        draw.rectangle((left, top, right, bottom), outline="white")
        for (y, x), color in zip(keypoints * (32 * zoom), KEYPOINTS, strict=True):
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=color, outline="black")
        yield image, str(sentence)


KEYPOINTS = ("white", "orange", "black", "cyan")  # top, right, bottom, left


def built(dataset):
    """Returns voxels from a side that shows all of them well, a row for each class."""
    samples = dataset.read("train", count=60)
    seen = to_grid_range(furniture.view(samples.x[..., 0], azimuth=0.6), 255)
    rows = grids.by_class(seen, samples.y, len(dataset.class_names), columns=12)
    return grids.grid(rows, labels=dataset.class_names)


def viewed(dataset):
    """Returns a row for each azimuth, and the voxels from the front below."""
    samples, unseen = dataset.read("test", count=36), dataset.read("unseen", count=12)
    each = len(furniture.AZIMUTHS)
    rows = [to_grid_range(samples.x[k::each], 255) for k in range(each)]
    labels = [f"azimuth {azimuth:g}" for azimuth in furniture.AZIMUTHS]
    rows += [
        to_grid_range(unseen.x, 255),
        to_grid_range(furniture.view(unseen.y[..., 0], azimuth=0.0), 255),
    ]
    labels += [f"unseen, {furniture.UNSEEN_AZIMUTH:g}", "the voxels"]
    return grids.grid(rows, labels=labels)


def photographed(dataset):
    """Returns crops of train above, of test below."""
    rows = [
        row
        for split, count in (("train", 32), ("test", 16))
        for row in grids.split_rows(to_grid_range(dataset.read(split, count).x, 255), columns=8)
    ]
    labels = ["train"] * 4 + ["test"] * 2
    return _with_palette(grids.grid(rows, labels=labels), colors=256)


def in_rows(dataset):
    """Returns images in rows, in the order of the dataset."""
    samples = dataset.read("train", count=72)
    return grids.grid(grids.split_rows(to_grid_range(samples.x, dataset.levels)))


PICTURES = {
    "ring": scattered,
    "grid": scattered,
    "swiss_roll": scattered,
    "fgan_mixture": histogram,
    "stacked_digits": in_rows,
    "captions": captioned,
    "edge2shape": paired,
    "solid2striped": paired,
    "furniture": built,
    "furniture_views": viewed,
    "photos": photographed,
}


def to_grid_range(images, levels):
    """Returns enlarged images in [-1, 1], as `grids` takes them, from uint8 of 0 … levels."""
    zoom = max(1, round(SIDE / images.shape[1]))
    return (images / (levels / 2) - 1.0).repeat(zoom, axis=1).repeat(zoom, axis=2)


def with_channels(images):
    """Returns grey images with three channels, and others unchanged."""
    return np.broadcast_to(images, (*images.shape[:3], 3))


def _figure(**settings):
    # The object-oriented interface: pyplot would pick a backend and keep global figures.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained", dpi=90)
    return figure, figure.add_subplot(**settings)


def _rendered(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return _with_palette(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))


def _with_palette(picture, colors=COLORS):
    """Returns a picture with a palette: a third of the bytes, without a visible difference."""
    return picture.quantize(colors, dither=Image.Dither.NONE)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
