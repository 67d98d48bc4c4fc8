"""Shapes with an exact outline, and how they are filled, stroked and painted.

A shape is a polygon around its centre of mass, drawn four times as large as needed and averaged
down: edges are smooth, a fill reaches an eighth of a pixel over the outline, the centre of mass is
exact to a few hundredths of a pixel. Coordinates are shares of an image's side, x to the right and
y down; a positive angle turns clockwise.

The heart is the well-known curve (16 sin³ t, 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t)/17,
https://mathworld.wolfram.com/HeartCurve.html.
"""

import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("square", "ellipse", "heart", "triangle")
# The angle after which a shape looks the same again, radians.
SYMMETRY = {
    "square": np.pi / 2,
    "ellipse": np.pi,
    "heart": 2 * np.pi,
    "triangle": 2 * np.pi / 3,
}
COLORS = {
    "red": (220, 60, 50),
    "green": (60, 190, 80),
    "blue": (70, 90, 230),
    "yellow": (235, 200, 60),
}
FINE = 4  # a pixel is drawn as 4 x 4
NIGHT = np.array([0.12, 0.12, 0.15])  # RGB of the background where the light is 1


def outline(shape, scale=1.0, angle=0.0, x=0.0, y=0.0):
    """Returns the corners of a shape, clockwise, float64 (corners, 2) of (x, y).

    Args:
        shape: one of `SHAPES`.
        scale: half of the diagonal of a square, the longer half axis of an ellipse (the other is
            half as long), 17/32 of a heart's width, 1/1.15 of a triangle's circumradius.
        angle: radians, clockwise. At 0 a square stands on a side, the longer axis of an ellipse is
            horizontal, heart and triangle are upright, the heart on its tip.
        x, y: the centre of mass.

    >>> outline("square", scale=2**0.5).round(6).tolist()
    [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]
    """
    return _transform(OUTLINES[shape], scale, angle, x, y)


def landmarks(shape, scale=1.0, angle=0.0, x=0.0, y=0.0):
    """Returns four points of the outline, float64 (4, 2) of (x, y), that turn with the shape.

    At angle 0 they lie above, to the right of, below and to the left of the centre of mass.
    Arguments as for `outline`.

    >>> (landmarks("ellipse").round(2) + 0.0).tolist()  # 0.0, not -0.0
    [[0.0, -0.5], [1.0, 0.0], [0.0, 0.5], [-1.0, 0.0]]
    """
    return _transform(LANDMARKS[shape], scale, angle, x, y)


def filled(corners, size):
    """Returns the share of each pixel inside a polygon, uint8 (size, size), 255 for all of it.

    >>> filled(outline("square", scale=0.2, x=0.5, y=0.5), size=16)[8, 6:10]
    array([255, 255, 255, 255], dtype=uint8)
    """
    image = Image.new("L", (size * FINE, size * FINE))
    ImageDraw.Draw(image).polygon((corners * (size * FINE)).ravel().tolist(), fill=255)
    return np.asarray(image.reduce(FINE))


def stroked(corners, size):
    """Draws the border of a polygon as a line one pixel wide, uint8 (size, size).

    >>> stroked(outline("square", scale=0.25, x=0.5, y=0.5), size=16)[8, 8]
    np.uint8(0)
    """
    image = Image.new("L", (size * FINE, size * FINE))
    closed = np.concatenate([corners, corners[:2]])  # two, so that the last corner has a joint too
    points = (closed * (size * FINE)).ravel().tolist()
    ImageDraw.Draw(image).line(points, fill=255, width=FINE, joint="curve")
    return np.asarray(image.reduce(FINE))


def painted(cover, color):
    """Paints a shape on a dark background in a light from above, uint8 (h, w, 3).

    Args:
        cover: from `filled`, (h, w).
        color: RGB of 0 … 255 where the light is 1, (3,) or (h, w, 3). The light falls to .55 at
            the lower edge, where the background is lighter.

    >>> painted(filled(outline("heart", 0.4, x=0.5, y=0.5), 16), COLORS["red"]).shape
    (16, 16, 3)
    """
    inside = (cover / 255.0)[..., None]
    light = np.linspace(1.0, 0.55, len(cover))[:, None, None]
    image = inside * light * color + (1.0 - inside) * (1.4 - 0.4 * light) * (255.0 * NIGHT)
    return np.rint(image).astype(np.uint8)


def _transform(points, scale, angle, x, y):
    sin, cos = np.sin(angle), np.cos(angle)
    return points @ (scale * np.array([[cos, sin], [-sin, cos]])) + (x, y)


def _polygon(corners, radius, first):
    """Returns a regular polygon, the first corner at the angle `first`, radians."""
    angles = first + 2 * np.pi * np.arange(corners) / corners
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _heart(corners):
    t = 2 * np.pi * np.arange(corners) / corners
    up = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    points = np.stack([16 * np.sin(t) ** 3, -up], axis=1) / 17
    return points - _centroid(points)


def _centroid(points):
    """Returns the centre of mass of a polygon's inside, by the shoelace formula."""
    following = np.roll(points, -1, axis=0)
    cross = points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]
    return ((points + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum())


def _exits(points):
    """Returns where rays from the origin up, right, down and left leave a polygon, (4, 2)."""
    exits = []
    for direction in ((0, -1), (1, 0), (0, 1), (-1, 0)):
        along = points @ direction
        across = points @ (-direction[1], direction[0])
        next_along, next_across = np.roll(along, -1), np.roll(across, -1)
        cuts = (across <= 0) & (next_across > 0)  # clockwise, so once, on the ray's own side
        share = across[cuts] / (across[cuts] - next_across[cuts])
        reach = (along[cuts] + share * (next_along[cuts] - along[cuts])).max()
        exits.append(np.multiply(reach, direction))
    return np.array(exits)


OUTLINES = {
    "square": _polygon(4, 1.0, first=np.pi / 4),
    "ellipse": _polygon(40, 1.0, first=0.0) * (1.0, 0.5),
    "heart": _heart(60),
    "triangle": _polygon(3, 1.15, first=-np.pi / 2),
}
LANDMARKS = {shape: _exits(points) for shape, points in OUTLINES.items()}
