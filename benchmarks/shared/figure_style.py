"""Style of all matplotlib figures in docs/."""

import io
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

INK, PALE = "#333333", "#bbbbbb"
REAL, FAKE, DISCRIMINATOR, THEORY = "#2a78b8", "#d1603d", "#5b8c3e", "#222222"  # of lines


def figure(columns=1, rows=1, size=(4.2, 3.0), **options):
    """Returns a figure of columns x rows panels, each of `size` inches, and its axes.

    Several axes come as an array.

    `options` are those of `matplotlib.figure.Figure.subplots`.
    """
    drawn = Figure(figsize=(size[0] * columns, size[1] * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(drawn)
    return drawn, drawn.subplots(rows, columns, **options)


def legend(axes, **options):
    """Adds a legend without a frame."""
    axes.legend(**({"frameon": False, "fontsize": 8, "labelcolor": INK} | options))


def render(drawn, colors=256):
    """Returns a figure in the common style, as an image with a palette: a third of the bytes."""
    for axes in drawn.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(PALE)
        axes.tick_params(which="both", color=PALE, labelcolor=INK, labelsize=8, length=3)
        axes.minorticks_off()
        for text, size in ((axes.xaxis.label, 9), (axes.yaxis.label, 9), (axes.title, 10)):
            text.set(color=INK, fontsize=size)
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png")
    buffer.seek(0)
    return Image.open(buffer).convert("RGB").quantize(colors, dither=Image.Dither.NONE)


def save(drawn, path):
    """Writes a figure to a PNG file."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    render(drawn).save(path, optimize=True)
