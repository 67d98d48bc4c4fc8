"""Edits images through the latents of a trained model.

    python -m applications.semantic_editing --run=runs/demo --out=edits --images=digits/
    python -m applications.semantic_editing … --edit=learn --images=digits/ --attributes=bold.csv
    python -m applications.semantic_editing … --edit=discover --count=5
    python -m applications.semantic_editing … --edit=move --move=bold:1.5,sefa_0:-1 --images=3.png
    python -m applications.semantic_editing … --edit=morph --images=a.png,b.png
    python -m applications.semantic_editing … --edit=combine --images=a.png,b.png,c.png  # a - b + c
    python -m applications.semantic_editing … --edit=paint --images=a.png --mask=m.png --colour=1

`invert`, the default, writes latents.npz and a picture of the images beside what the model draws of
them; all other edits find latents the same way. `learn` reads a table with a column `file` and one
for each attribute, 0 and 1 or numbers, and adds a direction for each to directions.npz; --balance
holds a second attribute even. `discover` adds directions that no label names. `move` writes each
image edited, and a picture of before and after; without --images it edits samples. Values of
--colour are from 0, black, to 1, one of them or three.
"""

import csv
from pathlib import Path

import numpy as np
from absl import flags

from applications import common
from trainers import command_line, files

FLAGS = flags.FLAGS
EDITS = ("invert", "learn", "discover", "move", "morph", "combine", "paint")
STEPS = 300  # of descent to a latent
COLUMNS = 12  # of a picture


def define_flags():
    """Defines the flags of this script."""
    common.define()
    flags.adopt_module_key_flags(common)
    flags.DEFINE_enum("edit", "invert", EDITS, "What to do.")
    flags.DEFINE_string("attributes", None, "A CSV: file, and a column for each attribute.")
    flags.DEFINE_string("balance", None, "An attribute that is to be as frequent on both sides.")
    flags.DEFINE_enum("method", "sefa", ["sefa", "pca"], "How to discover directions.")
    flags.DEFINE_integer("count", 5, "How many to discover, or samples to move.", lower_bound=1)
    flags.DEFINE_list("move", None, "name:amount of directions, several joined by commas.")
    flags.DEFINE_string("mask", None, "An image that is white where is painted.")
    flags.DEFINE_list("colour", ["1"], "Of the brush, from 0 to 1.")
    flags.DEFINE_integer("steps", STEPS, "Of descent to a latent.", lower_bound=1)


def main():
    """Reads the flags and does the job."""
    out = Path(FLAGS.out).expanduser()
    targets = [out / name for name in TARGETS[FLAGS.edit]]
    common.check_free(targets, FLAGS.overwrite)
    moves = moves_of(FLAGS.move, out) if FLAGS.edit == "move" else None
    table = table_of(FLAGS.attributes, FLAGS.balance) if FLAGS.edit == "learn" else None
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = common.model_of(FLAGS.preset, FLAGS.run)
    editor = Editor(model, FLAGS.steps, FLAGS.seed)
    files.make_folder(out, "out")
    if FLAGS.edit == "discover":
        add_directions(out, editor.discovered(FLAGS.method, FLAGS.count), FLAGS.overwrite)
        return
    if FLAGS.edit == "move" and FLAGS.images is None:
        latents = editor.samples(FLAGS.count)
        x = editor.drawn(latents)
        rows = {Path(f"{i:05d}.png"): i for i in range(len(x))}
    else:
        rows, x = images_of(model, FLAGS.edit)
        latents, errors = editor.latents(x)
        print(f"{len(x)} images, mean squared error of their latents {errors.mean():.4f}")
    if FLAGS.edit == "invert":
        save_arrays(out / "latents.npz", latents=latents, errors=errors, paths=list(map(str, rows)))
        save_rows(out / "inverted.png", {"image": x, "drawn again": editor.drawn(latents)})
    elif FLAGS.edit == "learn":
        found = learned(latents, rows, *table)
        add_directions(out, found, FLAGS.overwrite)
    elif FLAGS.edit == "move":
        after = editor.moved(x, latents, moves)
        folder = files.make_folder(out / "moved", "out")
        for path, row in rows.items():
            common.save_image(after[row], folder / f"{path.stem}.png")
        save_rows(out / "moved.png", {"before": x, "after": after})
    elif FLAGS.edit == "morph":
        save_rows(out / "morph.png", {"": editor.morphed(latents[0], latents[1], COLUMNS)})
    elif FLAGS.edit == "combine":
        shown = editor.drawn(np.concatenate([latents, combined(*latents)[None]]))
        save_rows(out / "combined.png", {"a, b, c, a - b + c": shown})
    else:
        mask = common.read([Path(FLAGS.mask)], (*model.image_shape[:2], 1))[1] > 0.0
        after = editor.painted(x, latents, mask, colour_of(FLAGS.colour, model.image_shape[-1]))
        save_rows(out / "painted.png", {"before": x, "after": after})
        common.save_image(after[0], out / "painted_image.png")


TARGETS = {  # what an edit writes anew
    "invert": ["latents.npz", "inverted.png"],
    "learn": [],
    "discover": [],
    "move": ["moved.png", "moved"],
    "morph": ["morph.png"],
    "combine": ["combined.png"],
    "paint": ["painted.png", "painted_image.png"],
}
NEEDED = {"morph": 2, "combine": 3, "paint": 1}  # how many images


class Editor:
    """The latents of one model, and what is done with them.

    Args:
        model: one of the zoo that draws images.
        steps: of descent to a latent.
        seed: of all that is drawn.

    Raises:
        ValueError: for a model that draws no images, or is told more than a latent, such as a
            label.

    Example:
        >>> import zoo
        >>> editor = Editor(zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16), 20)
        >>> x = editor.drawn(editor.samples(3))
        >>> latents, errors = editor.latents(x)
        >>> editor.moved(x, latents, {"wider": (np.ones(4), 0.5)}).shape
        (3, 8, 8, 1)
    """

    def __init__(self, model, steps=STEPS, seed=0):
        from keras import tree

        if len(model.image_shape) != 3:
            raise ValueError(f"The model should draw images. Received: a {type(model).__name__}.")
        if len(tree.flatten(model.draw(1))) > 1:
            raise ValueError(
                "The model should draw of a latent alone. "
                f"Received: a {type(model).__name__}, which is told more."
            )
        self.model, self.steps, self.seed = model, steps, seed

    def latents(self, x):
        """(latents, mean squared errors of pixels in [0, 1]): by the encoder and descent from
        there, else by descent from several draws."""
        from trainers import inversion

        start = None
        if hasattr(self.model, "encode") and hasattr(self.model, "reconstruct"):
            start = self.model.encode(x)
        found, errors = inversion.invert(self.model, x, start, self.steps, seed=self.seed)
        return found, errors / 4.0

    def samples(self, n):
        """Latents of n draws."""
        from keras import tree

        from trainers import drawing

        return np.asarray(tree.flatten(drawing.latents(self.model, n, self.seed))[0])

    def drawn(self, latents):
        """What the model draws of latents."""
        return self.model.predict(np.asarray(latents, "float32"), verbose=0)

    def moved(self, x, latents, moves):
        """Images moved along directions; what the model cannot draw of them stays.

        Args:
            x: (n, *image_shape).
            latents: theirs, (n, d).
            moves: name -> (direction (d,), amount).
        """
        from trainers import inversion

        step = sum(amount * np.asarray(direction) for direction, amount in moves.values())
        return inversion.transferred(x, self.drawn(latents), self.drawn(latents + step))

    def morphed(self, start, end, steps):
        """Images along the great circle between two latents."""
        from trainers import pictures

        return self.drawn(pictures.slerp(start, end, steps))

    def painted(self, x, latents, mask, colour):
        """Images with the brush's colour under the mask, and what follows from it elsewhere."""
        from trainers import inversion

        colours = np.broadcast_to(colour, x.shape)
        after = inversion.paint(self.model, latents, colours, mask, steps=self.steps)
        return inversion.transferred(x, self.drawn(latents), self.drawn(after))

    def discovered(self, method, count):
        """Name -> direction, of what moves the images most: see `trainers.directions`."""
        from trainers import directions

        layer = first_dense(self.model.averaged().generator)
        kernel = layer.get_weights()[0]
        if method == "sefa":
            found = directions.factorized(kernel)[:count]
        else:
            z = self.samples(4_096)
            found = directions.principal(z, np.maximum(z @ kernel, 0.0), count)
        return {f"{method}_{i}": direction for i, direction in enumerate(found)}


def combined(a, b, c):
    """a - b + c, as long as their mean: on the sphere where latents are.

    Example:
        >>> combined(np.array([3.0, 0.0]), np.array([0.0, 3.0]), np.array([0.0, 3.0]))
        array([3., 0.])
    """
    found = np.asarray(a) - b + c
    length = np.mean([np.linalg.norm(one) for one in (a, b, c)])
    return found * (length / max(np.linalg.norm(found), 1e-12))


def learned(latents, rows, table, attributes, balance):
    """Name -> direction, for each attribute of a table.

    Args:
        latents: (n, d).
        rows: path of an image -> its row.
        table: name of a file -> attribute -> number.
        attributes: which.
        balance: one that is to be as frequent on both sides, or None.

    Raises:
        ValueError: when no image stands in the table.
    """
    from trainers import directions

    known = {row: table[path.name] for path, row in rows.items() if path.name in table}
    if not known:
        raise ValueError("--attributes: the table should name files of --images. Received: none.")
    z = latents[list(known)]
    found = {}
    for name in attributes:
        values = np.array([line[name] for line in known.values()])
        if set(values) - {0.0, 1.0}:
            found[name] = directions.slope(z, values)
        elif balance and name != balance:
            other = np.array([line[balance] for line in known.values()]) > 0.5
            found[name] = directions.balanced(z, values > 0.5, other)
        else:
            found[name] = directions.mean_difference(z, values > 0.5)
    return found


def first_dense(generator):
    """The layer of a generator that reads the latent.

    Raises:
        ValueError: when it is not dense.
    """
    layer = next((n for n in generator.layers if n.weights), None)
    if layer is None or len(layer.weights[0].shape) != 2:
        raise ValueError("The generator should begin with a dense layer. Received: another.")
    return layer


def images_of(model, edit):
    """(rows, x) of --images: a file, a folder, or several files joined by commas."""
    with command_line.flag("images"):
        if FLAGS.images is None:
            raise ValueError(f"should name images to {edit}. Received: nothing.")
        paths = [p for part in FLAGS.images.split(",") for p in common.paths_of(part)]
        needed = NEEDED.get(edit)
        if needed and len(paths) != needed:
            raise ValueError(f"should be {needed} for --edit={edit}. Received: {len(paths)}.")
        if edit == "paint" and FLAGS.mask is None:
            raise ValueError("needs --mask=FILE to be painted on. Received: none.")
        return common.read(paths, model.image_shape)


def table_of(path, balance):
    """(file -> attribute -> number, the attributes, balance) of --attributes."""
    with command_line.flag("attributes"):
        if path is None:
            raise ValueError("should name a CSV. Received: nothing.")
        try:
            with open(Path(path).expanduser(), newline="", encoding="utf-8-sig") as file:
                lines = list(csv.DictReader(file))
            table = {
                line.pop("file"): {name: float(value) for name, value in line.items()}
                for line in lines
            }
        except (KeyError, TypeError, ValueError, OSError, UnicodeDecodeError) as error:
            raise ValueError(
                f"should be a CSV with a column `file`, and numbers in all others. {path}: {error}"
            ) from None
        if not table:
            raise ValueError(f"should have a line at least. Received: {path}, which has none.")
        attributes = list(next(iter(table.values())))
        if balance and balance not in attributes:
            raise ValueError(f"should have a column for --balance={balance}. It has {attributes}.")
    return table, attributes, balance


def moves_of(texts, out):
    """Name -> (direction, amount) of --move, from directions.npz."""
    with command_line.flag("move"):
        known = directions_in(out)
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
        if not moves:
            raise ValueError("should be name:amount, such as bold:1.5. Received: nothing.")
    return moves


def colour_of(texts, channels):
    """The brush in [-1, 1], (channels,)."""
    with command_line.flag("colour"):
        try:
            values = np.array([float(text) for text in texts], "float32")
        except ValueError:
            values = np.array([])
        if len(values) not in (1, channels) or (values < 0.0).any() or (values > 1.0).any():
            raise ValueError(
                f"should be one number from 0 to 1, or {channels}. Received: {','.join(texts)}"
            )
    return np.broadcast_to(2.0 * values - 1.0, (channels,))


def directions_in(out):
    """Name -> direction, of directions.npz in a folder."""
    path = Path(out) / "directions.npz"
    if not path.exists():
        return {}
    with np.load(path) as found:
        return dict(found)


def add_directions(out, found, overwrite=False):
    """Adds directions to those that a folder has.

    Raises:
        ValueError: for a name that is taken, unless `overwrite`.
    """
    known = directions_in(out)
    if (taken := sorted(set(known) & set(found))) and not overwrite:
        raise ValueError(f"{out} has {', '.join(taken)} already. Replace with --overwrite.")
    save_arrays(Path(out) / "directions.npz", **(known | found))
    print(f"{', '.join(found)}: {Path(out) / 'directions.npz'}")


def save_arrays(path, **arrays):
    """Writes an .npz in one piece."""
    with files.aside(path) as draft:
        np.savez(draft, **arrays)


def save_rows(path, rows):
    """Writes a picture of rows of images, twelve to a line."""
    from trainers import pictures

    lines, labels = [], []
    count = len(next(iter(rows.values())))
    for start in range(0, min(count, 10 * COLUMNS), COLUMNS):
        for label, images in rows.items():
            lines.append(np.clip(images[start : start + COLUMNS], -1.0, 1.0))
            labels.append(label)
    with files.aside(path) as draft:
        pictures.grid(lines, labels).save(draft)
    print(path)


if __name__ == "__main__":
    command_line.run(define_flags, main)
