"""Attributes of images and their directions in latent space: CSV tables, flags, directions.npz."""

import contextlib
import csv
from pathlib import Path

import numpy as np

from applications.shared import image_files
from trainers import command_line, files


def load_table(path, balance=None):
    """Loads the table of --attributes: name of a file -> attribute -> number.

    Raises:
        ValueError: for a file that is no such table, and for a table without the attribute of
            --balance, or with numbers other than 0 and 1 where it is given.
    """
    with command_line.flag_errors("attributes"):
        if path is None:
            raise ValueError("should name a CSV. Received: nothing.")
        try:
            with open(files.expanded(path), newline="", encoding="utf-8-sig") as file:
                columns, *rows = list(csv.reader(file)) or [[]]
        except (csv.Error, ValueError, OSError) as error:
            raise ValueError(f"should be a CSV with a column `file`. {path}: {error}") from None
        _check_columns(columns, path)
        table = {}
        for number, row in enumerate(rows, 2):
            if not row:  # an empty line
                continue
            if len(row) != len(columns):
                raise ValueError(
                    f"should have {len(columns)} cells in each row. Received: {len(row)} in row "
                    f"{number} of {path}"
                )
            cells = dict(zip(columns, row, strict=True))
            name = cells.pop("file")
            if name in table:
                raise ValueError(f"should name each file once. Received: {name} twice in {path}")
            table[name] = {column: _number(cell, column, name) for column, cell in cells.items()}
        numbers = [value for line in table.values() for value in line.values()]
        if not numbers or not np.isfinite(numbers).all():
            raise ValueError(f"should have lines of finite numbers. Received: {path}")
        if balance and balance not in next(iter(table.values())):
            raise ValueError(f"should have a column for --balance. Received: {balance}")
        if balance and set(numbers) - {0.0, 1.0}:
            raise ValueError("should have 0 and 1 only, with --balance. Received: other numbers.")
    return table


def _check_columns(columns, path):
    received = f"Received: {', '.join(columns)} in {path}"
    if "file" not in columns:
        raise ValueError(
            f"should be a CSV with a column `file`, and commas between columns. {received}"
        )
    if len(set(columns)) < len(columns):
        raise ValueError(f"should name each column once. {received}")
    if any(not name or set(name) & set(":,") for name in columns):  # --move=NAME:AMOUNT,…
        raise ValueError(f"should have names of columns without a colon or comma. {received}")


def _number(cell, column, name):
    try:
        return float(cell)
    except ValueError:
        raise ValueError(
            f"should have numbers in all columns but `file`. Received: {column}={cell!r} of {name}"
        ) from None


def parse_moves(texts, out):
    """Parses --move: name -> (direction, amount), directions from directions.npz.

    Args:
        texts: a list of name:amount.
        out: the folder of directions.npz.

    Raises:
        ValueError: for no text, an unknown name, and an amount that is no finite number.
    """
    with command_line.flag_errors("move"):
        known = load_directions(out)
        moves = {}
        for text in texts or []:
            name, _, amount = text.partition(":")
            try:
                moves[name] = known[name], float(amount)
            except KeyError:
                raise ValueError(
                    f"should name directions of {out}: {', '.join(known) or 'there are none'}. "
                    f"Received: {name}"
                ) from None
            except ValueError:
                raise ValueError(f"should be name:amount, a number. Received: {text}") from None
            if not np.isfinite(moves[name][1]):
                raise ValueError(f"should be name:amount, a finite number. Received: {text}")
        if not moves:
            raise ValueError("should be name:amount, such as bold:1.5. Received: nothing.")
    return moves


def learn_directions(latents, names, table, balance=None):
    """Learns a direction for each attribute of a table: see `trainers.latents.directions`.

    Args:
        latents: (n, d).
        names: of n images, strings.
        table: name of an image -> attribute -> number.
        balance: an attribute that is balanced between images with and without each other attribute,
            or None.

    Returns:
        name of an attribute -> direction (d,).

    Raises:
        ValueError: when no image is in the table, or an attribute is the same for all of them.
    """
    from trainers.latents import directions

    rows = [row for row, name in enumerate(names) if name in table]
    with command_line.flag_errors("attributes"):
        if not rows:
            examples = ", ".join(names[:3])
            raise ValueError(f"should name files of --images, such as {examples}. It names none.")
        lines, z, found = [table[names[row]] for row in rows], np.asarray(latents)[rows], {}
        values = {name: np.array([line[name] for line in lines]) for name in lines[0]}
        numbers = [name for name, column in values.items() if set(column) - {0.0, 1.0}]
        if numbers:
            together = np.stack([values[name] for name in numbers], axis=1)
            with _about(numbers):
                found |= zip(numbers, directions.regression_directions(z, together), strict=True)
        for name in [name for name in values if name not in numbers]:
            with _about([name]):
                if balance and name != balance:
                    found[name] = directions.balanced_difference(z, values[name], values[balance])
                else:
                    found[name] = directions.mean_difference(z, values[name])
    return found


def count_matches(names, table):
    """Returns a line on how many rows of a table have an image, and which have none.

    Args:
        names: of the images.
        table: name of an image -> attribute -> number.

    Example:
        >>> print(count_matches(["a.png"], {"a.png": {"bold": 1.0}, "b.png": {"bold": 0.0}}))
        1 of 2 rows of the table have an image; those of b.png have none.
    """
    without = [name for name in table if name not in names]
    line = f"{len(table) - len(without)} of {len(table)} rows of the table have an image"
    others = f" and {len(without) - 3} more" if len(without) > 3 else ""
    return f"{line}; those of {', '.join(without[:3])}{others} have none." * bool(without) or line


@contextlib.contextmanager
def _about(attributes):
    """Names the attributes that a ValueError raised inside is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{', '.join(attributes)}: {error}") from None


def load_directions(out):
    """Loads directions.npz of a folder: name -> direction (d,); {} without the file.

    Raises:
        ValueError: the file is corrupt, or holds something else.
    """
    path = Path(out) / "directions.npz"
    if not path.exists():
        return {}
    remedy = "Delete it, and learn or discover directions anew."
    with files.reading(path, "an .npz of directions", remedy), np.load(path) as arrays:
        directions = dict(arrays)
        for name, direction in directions.items():
            if direction.ndim != 1 or direction.dtype.kind != "f":
                raise ValueError(f"{name} is {direction.dtype}, shape={direction.shape}")
            if not np.isfinite(direction).all():
                raise ValueError(f"{name} is not finite")
    return directions


def check_not_taken(out, names, overwrite=False):
    """Raises a ValueError for names of directions that directions.npz of a folder has already."""
    if (taken := sorted(set(load_directions(out)) & set(names))) and not overwrite:
        raise ValueError(f"{out} has {', '.join(taken)} already. Replace with --overwrite.")


def add_directions(out, directions):
    """Adds directions to directions.npz of a folder; those of the same names are replaced."""
    path = Path(out) / "directions.npz"
    image_files.save_arrays(path, load_directions(out) | directions)
    print(f"{', '.join(directions)}: {path}")
