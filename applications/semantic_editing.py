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
holds a second attribute even. `discover` adds directions that no label names, by --method=code the
codes of an InfoGAN. `move` writes each image edited, and a picture of before and after; without
--images it edits samples. Values of --colour are from 0, black, to 1, one of them or three.
"""

import functools
import shutil
from pathlib import Path

import numpy as np
import tqdm
from absl import flags

from applications.shared import attribute_directions, flag_sets, image_files
from trainers import command_line, files

FLAGS = flags.FLAGS
EDITS = ("invert", "learn", "discover", "move", "morph", "combine", "paint")
STEPS = 300  # of descent to a latent
COLUMNS = 12  # of a picture


def define_flags():
    """Defines the flags of this script."""
    flag_sets.define()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_enum("edit", "invert", EDITS, "What to do.")
    flags.DEFINE_string("attributes", None, "A CSV: file, and a column for each attribute.")
    flags.DEFINE_string("balance", None, "An attribute that is to be as frequent on both sides.")
    flags.DEFINE_enum("method", "sefa", ["sefa", "pca", "code"], "How to discover directions.")
    flags.DEFINE_integer("count", 5, "How many to discover, or samples to move.", lower_bound=1)
    flags.DEFINE_list("move", None, "name:amount of directions, several joined by commas.")
    flags.DEFINE_string("mask", None, "An image that is white where is painted.")
    flags.DEFINE_list("colour", ["1"], "Of the brush, from 0 to 1.")
    flags.DEFINE_integer("steps", STEPS, "Of descent to a latent.", lower_bound=1)
    flags.DEFINE_enum("format", "png", ["png", "jpeg", "webp"], "Of the images that are written.")


def main():
    """Reads the flags and does the job."""
    edit, out = FLAGS.edit, Path(FLAGS.out).expanduser()
    targets = [out / name.format(FLAGS.format) for name in TARGETS.get(edit, ())]
    flag_sets.check_not_existing(targets, FLAGS.overwrite)
    moves = attribute_directions.moves_of(FLAGS.move, out) if edit == "move" else None
    table = (
        attribute_directions.table_of(FLAGS.attributes, FLAGS.balance) if edit == "learn" else None
    )
    brush = brush_of(FLAGS.colour, FLAGS.mask) if edit == "paint" else None
    if edit in ("learn", "discover"):
        names = next(iter(table.values())) if table else discovered_names(FLAGS.method, FLAGS.count)
        attribute_directions.check_taken(out, names, FLAGS.overwrite)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    editor = LatentEditor(model, FLAGS.steps, FLAGS.seed)
    files.ensure_folder(out, "out")
    if edit == "discover":
        attribute_directions.add_directions(out, editor.discovered(FLAGS.method, FLAGS.count))
        return
    if edit == "move" and FLAGS.images is None:
        latents = editor.samples(FLAGS.count)
        x = editor.drawn(latents)
        names = [Path(f"{i:05d}.png") for i in range(len(x))]
        opacities = [None] * len(x)
    else:
        names, x, opacities = image_files.load_images(
            FLAGS.images, model.image_shape, NEEDED.get(edit)
        )
        if edit == "learn":  # what is wrong with the table, before the descent
            some = np.random.default_rng(0).normal(size=(len(x), sum(editor.widths)))
            attribute_directions.learned(some, names, table, FLAGS.balance)
        if edit == "paint":
            colour, mask = painted_on(brush, model.image_shape)
        latents, errors = editor.latents(x)
        print(f"{len(x)} images, mean squared error of their latents {errors.mean():.4f}")
    if edit == "invert":
        found = {"latents": latents, "errors": errors, "names": list(map(str, names))}
        image_files.save_arrays(out / "latents.npz", found)
        save_rows(out / "inverted.png", {"image": x, "drawn again": editor.drawn(latents)})
    elif edit == "learn":
        attribute_directions.add_directions(
            out, attribute_directions.learned(latents, names, table, FLAGS.balance)
        )
    elif edit == "move":
        write_moved(out, names, x, editor.moved(x, latents, moves), FLAGS.format, opacities)
    elif edit == "morph":
        save_rows(out / "morph.png", {"": editor.morphed(latents[0], latents[1], COLUMNS)})
    elif edit == "combine":
        shown = editor.drawn(np.concatenate([latents, combined(*latents)[None]]))
        save_rows(out / "combined.png", {"a, b, c, a - b + c": shown})
    else:
        after = editor.painted(x, latents, mask, colour)
        save_rows(out / "painted.png", {"before": x, "after": after})
        image_files.save_image(after[0], out / f"painted_image.{FLAGS.format}", *opacities)


TARGETS = {  # what an edit writes anew
    "invert": ["latents.npz", "inverted.png"],
    "move": ["moved.png", "moved"],
    "morph": ["morph.png"],
    "combine": ["combined.png"],
    "paint": ["painted.png", "painted_image.{}"],
}
NEEDED = {"morph": 2, "combine": 3, "paint": 1}  # how many images


def write_moved(out, names, before, after, suffix, opacities):
    """Writes each edited image, as opaque as it was, into a new folder `moved`, and moved.png of
    all."""
    shutil.rmtree(out / "moved", ignore_errors=True)
    for name, image, opacity in zip(names, after, opacities, strict=True):
        image_files.save_image(image, (out / "moved" / name).with_suffix(f".{suffix}"), opacity)
    save_rows(out / "moved.png", {"before": before, "after": after})


class LatentEditor:
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
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> editor = LatentEditor(model, 20)
        >>> x = editor.drawn(editor.samples(3))
        >>> latents, errors = editor.latents(x)
        >>> editor.moved(x, latents, {"wider": (np.ones(4), 0.5)}).shape
        (3, 8, 8, 1)
    """

    def __init__(self, model, steps=STEPS, seed=0):
        from trainers.latents import inversion

        if len(model.image_shape) != 3:
            raise ValueError(f"The model should draw images. Received: a {type(model).__name__}.")
        self.widths = inversion.latent_widths(model)
        self.model, self.steps, self.seed = model, steps, seed

    def latents(self, x):
        """(latents, mean squared errors of pixels in [0, 1]): by the encoder and descent from
        there, else by descent from several draws."""
        from trainers import noise
        from trainers.latents import inversion

        start = None
        if hasattr(self.model, "encode") and len(self.widths) == 1:
            with noise.stream(self.seed, label="encode"):  # AVB's encoder draws
                start = self.model.encode(x)
        bar = functools.partial(tqdm.tqdm, desc="latents", unit="batch", disable=None)
        return inversion.invert(
            self.model, x, start, self.steps, seed=self.seed, batch_size=64, progress=bar
        )

    def samples(self, n):
        """Latents of n draws."""
        from trainers.latents import inversion

        return inversion.sample_latents(self.model, n, self.seed, "latents")

    def drawn(self, latents):
        """What the model draws of latents."""
        from trainers.latents import inversion

        parts = inversion.split_latents(np.asarray(latents, "float32"), self.widths)
        return self.model.predict(parts, verbose=0)

    def moved(self, x, latents, moves):
        """Images moved along directions; what the model cannot draw of them stays.

        Args:
            x: (n, *image_shape).
            latents: theirs, (n, d).
            moves: name -> (direction (d,), amount).
        """
        from trainers.latents import inversion

        step = sum(amount * np.asarray(direction) for direction, amount in moves.values())
        return inversion.transfer_edit(x, self.drawn(latents), self.drawn(latents + step))

    def morphed(self, start, end, steps):
        """Images along the great circle between two latents."""
        from trainers.latents import interpolation

        return self.drawn(interpolation.slerp(start, end, steps))

    def painted(self, x, latents, mask, colour):
        """Images with the brush's colour under the mask, and what follows from it elsewhere."""
        from trainers.latents import inversion

        colours = np.broadcast_to(colour, x.shape)
        after = inversion.paint(self.model, latents, colours, mask, steps=self.steps)
        return inversion.transfer_edit(x, self.drawn(latents), self.drawn(after))

    def discovered(self, method, count):
        """Name -> direction, of what moves the images most: see `trainers.latents.directions`."""
        import keras

        from trainers.engine.inference import predict_in_batches
        from trainers.latents import directions, inversion

        generator = self.model.averaged().generator
        if method == "code":
            codes = getattr(self.model, "codes", 0)
            if not codes:
                raise ValueError(
                    f"--method: code is of InfoGAN. Received: a {type(self.model).__name__}."
                )
            found = np.eye(sum(self.widths))[-codes:][:count]  # its codes come last
        elif method == "sefa":
            _, layer = first_dense(generator, sum(self.widths))
            found = directions.sefa(layer.get_weights()[0])[:count]
        else:
            network, layer = first_dense(generator, sum(self.widths))
            z = self.samples(4_096)
            parts = z if len(network.inputs) == 1 else inversion.split_latents(z, self.widths)
            hidden = predict_in_batches(keras.Model(network.input, layer.output), parts)
            found = directions.ganspace(z, hidden, count)
        return dict(zip(discovered_names(method, count), found, strict=False))


def discovered_names(method, count):
    """Of so many directions.

    Example:
        >>> discovered_names("sefa", 2)
        ['sefa_0', 'sefa_1']
    """
    return [f"{method}_{i}" for i in range(count)]


def combined(a, b, c):
    """a - b + c, as long as their mean: on the sphere where latents are.

    Example:
        >>> combined(np.array([3.0, 0.0]), np.array([0.0, 3.0]), np.array([0.0, 3.0]))
        array([3., 0.])
    """
    found = np.asarray(a) - b + c
    length = np.mean([np.linalg.norm(one) for one in (a, b, c)])
    return found * (length / max(np.linalg.norm(found), 1e-12))


def first_dense(generator, latent_dim):
    """(network, layer): the layer of a generator that reads the latent, and the network, that one
    or a part of it, where it stands.

    Raises:
        ValueError: when it is not dense.
    """
    layer = next((n for n in generator.layers if n.weights), None)
    if hasattr(layer, "layers"):
        return first_dense(layer, latent_dim)
    if getattr(layer, "kernel", None) is None or tuple(layer.kernel.shape[:-1]) != (latent_dim,):
        raise ValueError("The generator should begin with a dense layer. Received: another.")
    return generator, layer


def brush_of(texts, mask):
    """(values from 0 to 1, path) of --colour and --mask."""
    with command_line.flag_errors("mask"):
        if mask is None or not Path(mask).expanduser().is_file():
            raise ValueError(f"should be an image, white where is painted. Received: {mask}")
    with command_line.flag_errors("colour"):
        try:
            values = np.array([float(text) for text in texts])
        except ValueError:
            values = np.array([np.nan])
        if len(values) not in (1, 3) or not ((values >= 0.0) & (values <= 1.0)).all():
            raise ValueError(
                f"should be one number from 0 to 1, or three. Received: {','.join(texts)}"
            )
    return values, Path(mask).expanduser()


def painted_on(brush, image_shape):
    """(a colour in [-1, 1] for each channel, where it goes (1, h, w, 1)) of a model's images."""
    values, path = brush
    side, _, channels = image_shape
    with command_line.flag_errors("colour"):
        if len(values) not in (1, channels):
            raise ValueError(f"should be one number for grey images. Received: {len(values)}.")
    _, mask, _ = image_files.load_images(str(path), (side, side, 1), needed=1)
    with command_line.flag_errors("mask"):
        if not (mask > 0.0).any():
            raise ValueError(f"should be white somewhere. Received: {path}")
    return np.broadcast_to(2.0 * values - 1.0, (channels,)), mask > 0.0


def save_rows(path, rows):
    """Writes a picture of rows of images, twelve to a line."""
    from trainers.imaging import grids

    first = [np.clip(images[: 10 * COLUMNS], -1.0, 1.0) for images in rows.values()]
    together = list(zip(*(grids.split_rows(images, COLUMNS) for images in first), strict=True))
    lines = [line for several in together for line in several]
    labels = list(rows) * len(together)
    with files.atomic_path(path) as draft:
        grids.grid(lines, labels).save(draft)
    print(path)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
