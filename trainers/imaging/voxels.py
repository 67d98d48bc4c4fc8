"""Voxel shapes: rendered pictures, GIFs, and files that other programs read.

    voxels.render(model.generate(12))            # pictures, from above and a little from the side
    voxels.turntable("chairs.gif", shapes)       # from all sides
    voxels.write_obj("chair.obj", shape)         # for Blender, MeshLab, a 3D printer
    voxels.write_npz("chairs.npz", shapes)

A shape is (depth, height, width) or (…, 1), full where above .5; its last axis points up.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from trainers import files
from trainers.imaging import grids

FULL = 0.5  # voxels above it are full
LIGHT = np.array([-0.35, -0.6, 0.72])  # direction to the light: front, left and above
COLOR = np.array([92.0, 138.0, 190.0])
BACKGROUND = 255  # white
SIZE = 160  # pixels of a side of a shape in a turntable
COLUMNS = 6  # shapes side by side
SUPERSAMPLING = 3  # factor by which a picture is drawn larger, then reduced


def filled(shape):
    """Converts a shape to booleans (depth, height, width).

    Raises:
        ValueError: the array is not a single shape, or has a NaN or an infinity.

    Example:
        >>> filled(np.ones((4, 4, 4, 1))).shape
        (4, 4, 4)
    """
    array = np.asarray(shape)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 or not array.size:
        raise ValueError(
            "`shape` should be (depth, height, width), or with one channel behind. "
            f"Received: {np.shape(shape)}"
        )
    if array.dtype != bool and not np.isfinite(array).all():
        raise ValueError("`shape` should hold finite values. Received: a NaN or an infinity.")
    return array > FULL


def largest_piece(shape):
    """Returns the largest connected piece of a shape, the first of equal ones.

    Voxels are connected by a face. Source: Wu et al. 2016, as the authors' code shows shapes.

    Example:
        >>> shape = np.zeros((4, 4, 4))
        >>> shape[0, 0, :2] = shape[2, 2, 2] = 1.0
        >>> int(largest_piece(shape).sum())
        2
    """
    pieces, count = ndimage.label(filled(shape))
    if not count:
        return pieces > 0
    return pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])


def surface(shape):
    """Returns the faces between full and empty voxels.

    Returns:
        (corners, faces, normals): corners (n, 3) in voxels, faces (m, 4) indices of corners,
        counter-clockwise from outside, and the outward normal (m, 3) of each face.

    Example:
        >>> corners, faces, normals = surface(np.ones((1, 1, 1)))
        >>> len(corners), len(faces)
        (8, 6)
    """
    inside = np.pad(filled(shape), 1)
    squares, normals = [], []
    for axis in range(3):
        for step in (1, -1):
            open_side = inside & ~np.roll(inside, -step, axis)
            cells = np.argwhere(open_side) - 1
            normal = np.zeros(3, int)
            normal[axis] = step
            # Two edges whose cross product is the normal.
            first, second = np.eye(3, dtype=int)[[(axis + 1) % 3, (axis + 2) % 3]]
            first, second = (first, second) if step > 0 else (second, first)
            start = cells + np.maximum(normal, 0)
            ring = [start, start + first, start + first + second, start + second]
            squares.append(np.stack(ring, axis=1))
            normals.append(np.broadcast_to(normal, cells.shape))
    squares = np.concatenate(squares)
    corners, faces = np.unique(squares.reshape(-1, 3), axis=0, return_inverse=True)
    return corners, faces.reshape(-1, 4), np.concatenate(normals)


def render(shapes, azimuth=0.6, elevation=0.5, size=96):
    """Renders shapes, lit from above, without perspective.

    Args:
        shapes: (n, depth, height, width) or (n, …, 1).
        azimuth: radians by which the camera moves round to the left.
        elevation: radians by which the camera looks down.
        size: side of the pictures, in pixels.

    Returns:
        float32 (n, size, size, 3) in [-1, 1], on white.

    Example:
        >>> render(np.ones((2, 8, 8, 8, 1)), size=32).shape
        (2, 32, 32, 3)
    """
    pixels = np.stack([_picture(shape, azimuth, elevation, size) for shape in shapes])
    return (pixels / 127.5 - 1.0).astype("float32")


def turntable(path, shapes, frames=24, elevation=0.5, size=SIZE, seconds=3.0, names=()):
    """Writes an animated GIF of shapes, `COLUMNS` side by side, that turn in a loop.

    Args:
        path: of the GIF.
        shapes: (n, depth, height, width) or (n, …, 1).
        frames: number of pictures of a turn.
        elevation, size: as for `render`.
        seconds: of a turn.
        names: of the shapes, written below them, or ().

    Example:
        >>> turntable("cubes.gif", np.ones((3, 4, 4, 4)), frames=6, size=32)
        >>> Image.open("cubes.gif").n_frames
        6
    """
    turns = np.linspace(0.0, 2.0 * np.pi, frames, endpoint=False)
    views = [render(shapes, 0.6 + turn, elevation, size) for turn in turns]
    captions = grids.split_rows(names, COLUMNS)
    pictures = [grids.grid(grids.split_rows(view, COLUMNS), captions=captions) for view in views]
    times = {"duration": int(1000 * seconds / frames), "loop": 0}
    with files.atomic_path(path) as draft:
        pictures[0].save(draft, save_all=True, append_images=pictures[1:], **times)


def iou(real, predicted):
    """Mean intersection over union of shapes, full above .5; 1 for two empty ones.

    Example:
        >>> one, other = np.zeros((2, 1, 4, 4, 4, 1))
        >>> one[0, 0, 0, :2] = other[0, 0, 0, 1:3] = 1.0
        >>> round(iou(one, other), 3)
        0.333
    """
    real, predicted = (np.reshape(a, (len(a), -1)) > FULL for a in (real, predicted))
    union, intersection = (real | predicted).sum(axis=1), (real & predicted).sum(axis=1)
    return float(np.mean(np.where(union, intersection / np.maximum(union, 1), 1.0)))


def write_npz(path, shapes):
    """Writes shapes, unchanged, into an .npz file under the name `voxels`.

    Example:
        >>> write_npz("chairs.npz", np.ones((2, 4, 4, 4, 1), "float32"))
        >>> np.load("chairs.npz")["voxels"].shape
        (2, 4, 4, 4, 1)
    """
    np.savez_compressed(path, voxels=np.asarray(shapes))


def write_obj(path, shape):
    """Writes the surface of a shape as a Wavefront .obj, with a longest side of 1, y up.

    Raises:
        ValueError: the shape has no full voxel.

    Example:
        >>> write_obj("cube.obj", np.ones((4, 4, 4)))
        >>> open("cube.obj").read().count("f ")
        96
    """
    corners, faces, _ = surface(shape)
    if not len(faces):
        raise ValueError("`shape` should have a voxel above .5. Received: an empty one.")
    x, y, z = (corners / max(filled(shape).shape)).T
    lines = [f"v {a:.6g} {b:.6g} {c:.6g}" for a, b, c in zip(x, z, -y, strict=True)]
    lines += ["f " + " ".join(str(corner + 1) for corner in face) for face in faces]
    Path(path).write_text("\n".join(lines) + "\n", encoding="ascii")


def _picture(shape, azimuth, elevation, size):
    """Renders one shape, uint8 (size, size, 3)."""
    corners, faces, normals = surface(shape)
    room = np.array(filled(shape).shape)
    turn, tilt = (np.array([np.cos(a), np.sin(a)]) for a in (azimuth, elevation))
    right = np.array([turn[0], -turn[1], 0.0])
    away = np.array([tilt[0] * turn[1], tilt[0] * turn[0], -tilt[1]])
    up = np.cross(right, away)
    drawn_size = SUPERSAMPLING * size
    scale = drawn_size / np.linalg.norm(room)
    points = (corners - room / 2.0) @ np.stack([right, -up], axis=1) * scale + drawn_size / 2.0
    light = 0.55 + 0.45 * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0.0, 1.0)
    picture = Image.new("RGB", (drawn_size,) * 2, (BACKGROUND,) * 3)
    draw = ImageDraw.Draw(picture)
    visible = np.flatnonzero(normals @ away < 0.0)
    depth = corners[faces[visible]].mean(axis=1) @ away
    for face in visible[np.argsort(-depth, kind="stable")]:  # near faces cover far ones
        shade = tuple(int(c) for c in COLOR * light[face])
        draw.polygon([tuple(points[corner]) for corner in faces[face]], fill=shade)
    return np.asarray(picture.resize((size, size), Image.LANCZOS))
