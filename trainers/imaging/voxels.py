"""Shapes of voxels as surfaces: pictures of them, and files that other programs read.

    voxels.render(model.generate(12))            # pictures, from above and a little from the side
    voxels.turntable("chairs.gif", shapes)       # all round
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

FULL = 0.5
LIGHT = np.array([-0.35, -0.6, 0.72])  # towards the light, from the front, left and above
COLOR = np.array([92.0, 138.0, 190.0])
PAPER = 255
SMOOTH = 3  # a picture is drawn so many times as large, and shrunk


def filled(shape):
    """A shape as booleans (depth, height, width).

    Raises:
        ValueError: for what is no single shape, and for a NaN.

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
    """A shape without its smaller pieces; those of two touch by a face. Of equal ones the first.

    Source: Wu et al. 2016, as the authors' code shows its shapes.

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
    """The faces between what is full and what is empty.

    Returns:
        (corners, faces, normals): corners (n, 3) in voxels, faces (m, 4) numbers of corners, seen
        from outside against the clock, and the outward normal (m, 3) of each.

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
            at = np.argwhere(open_side) - 1
            normal = np.zeros(3, int)
            normal[axis] = step
            # Two edges whose cross product is the normal.
            first, second = np.eye(3, dtype=int)[[(axis + 1) % 3, (axis + 2) % 3]]
            first, second = (first, second) if step > 0 else (second, first)
            start = at + np.maximum(normal, 0)
            ring = [start, start + first, start + first + second, start + second]
            squares.append(np.stack(ring, axis=1))
            normals.append(np.broadcast_to(normal, at.shape))
    squares = np.concatenate(squares)
    corners, faces = np.unique(squares.reshape(-1, 3), axis=0, return_inverse=True)
    return corners, faces.reshape(-1, 4), np.concatenate(normals)


def render(shapes, azimuth=0.6, elevation=0.5, size=96):
    """Pictures of shapes, lit from above, without perspective.

    Args:
        shapes: (n, depth, height, width) or (n, …, 1).
        azimuth: radians by which the camera goes round to the left.
        elevation: radians that it looks down.
        size: of the pictures, in pixels.

    Returns:
        float32 (n, size, size, 3) in [-1, 1], on white.

    Example:
        >>> render(np.ones((2, 8, 8, 8, 1)), size=32).shape
        (2, 32, 32, 3)
    """
    pixels = np.stack([_picture(shape, azimuth, elevation, size) for shape in shapes])
    return (pixels / 127.5 - 1.0).astype("float32")


def turntable(path, shapes, frames=24, elevation=0.5, size=96, seconds=3.0):
    """Writes an animated GIF of shapes, side by side, that turn once and again.

    Args:
        path: of the GIF.
        shapes: (n, depth, height, width) or (n, …, 1).
        frames: pictures of a turn.
        elevation, size: as for `render`.
        seconds: of a turn.

    Example:
        >>> turntable("cubes.gif", np.ones((3, 4, 4, 4)), frames=6, size=32)
        >>> Image.open("cubes.gif").n_frames
        6
    """
    turns = np.linspace(0.0, 2.0 * np.pi, frames, endpoint=False)
    views = [render(shapes, 0.6 + turn, elevation, size) for turn in turns]
    drawn = [grids.grid(grids.split_rows(view)) for view in views]
    times = {"duration": int(1000 * seconds / frames), "loop": 0}
    with files.atomic_path(path) as draft:
        drawn[0].save(draft, save_all=True, append_images=drawn[1:], **times)


def iou(real, found):
    """Mean intersection over union of shapes, full above .5; of two empty ones 1.

    Example:
        >>> one, other = np.zeros((2, 1, 4, 4, 4, 1))
        >>> one[0, 0, 0, :2] = other[0, 0, 0, 1:3] = 1.0
        >>> round(iou(one, other), 3)
        0.333
    """
    real, found = (np.reshape(a, (len(a), -1)) > FULL for a in (real, found))
    either = (real | found).sum(axis=1)
    return float(np.mean(np.where(either, (real & found).sum(axis=1) / np.maximum(either, 1), 1.0)))


def write_npz(path, shapes):
    """Writes shapes, as they are, under the name `voxels`; `numpy.load` reads them.

    Example:
        >>> write_npz("chairs.npz", np.ones((2, 4, 4, 4, 1), "float32"))
        >>> np.load("chairs.npz")["voxels"].shape
        (2, 4, 4, 4, 1)
    """
    np.savez_compressed(path, voxels=np.asarray(shapes))


def write_obj(path, shape):
    """Writes the surface of a shape as a Wavefront .obj, its longest side 1, y up.

    Raises:
        ValueError: for a shape without a voxel.

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
    """uint8 (size, size, 3)."""
    corners, faces, normals = surface(shape)
    room = np.array(filled(shape).shape)
    turn, tilt = (np.array([np.cos(a), np.sin(a)]) for a in (azimuth, elevation))
    right = np.array([turn[0], -turn[1], 0.0])
    away = np.array([tilt[0] * turn[1], tilt[0] * turn[0], -tilt[1]])
    up = np.cross(right, away)
    scale = SMOOTH * size / np.linalg.norm(room)
    at = (corners - room / 2.0) @ np.stack([right, -up], axis=1) * scale + SMOOTH * size / 2.0
    light = 0.55 + 0.45 * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0.0, 1.0)
    picture = Image.new("RGB", (SMOOTH * size,) * 2, (PAPER,) * 3)
    draw = ImageDraw.Draw(picture)
    seen = np.flatnonzero(normals @ away < 0.0)
    depth = corners[faces[seen]].mean(axis=1) @ away
    for face in seen[np.argsort(-depth, kind="stable")]:  # what is near covers what is far
        shade = tuple(int(c) for c in COLOR * light[face])
        draw.polygon([tuple(at[corner]) for corner in faces[face]], fill=shade)
    return np.asarray(picture.resize((size, size), Image.LANCZOS))
