"""Edits images through the latents of a trained model.

    python -m applications.semantic_editing --run=runs/demo --out=edits --images=digits/
    python -m applications.semantic_editing … --edit=learn --images=digits/ --attributes=bold.csv
    python -m applications.semantic_editing … --edit=discover --count=5
    python -m applications.semantic_editing … --edit=move --move=bold:1.5,sefa_0:-1 --images=3.png
    python -m applications.semantic_editing … --edit=morph --images=a.png,b.png
    python -m applications.semantic_editing … --edit=combine --images=a.png,b.png,c.png  # a - b + c
    python -m applications.semantic_editing … --edit=paint --images=a.png --mask=m.png --color=1

`invert`, the default, writes latents.npz and a picture of the images and their reconstructions; all
other edits invert images the same way. `learn` reads a table with a column `file` and one for each
attribute, 0 and 1 or numbers, and adds a direction for each to directions.npz; --balance keeps a
second attribute balanced. `discover` adds directions that need no labels, by --method=code the
codes of an InfoGAN. Both draw directions.png, a sample moved along each. `move` writes each image
edited, and a picture of before and after; without --images it edits samples. Values of --color are
from 0, black, to 1, one of them or three.
"""

import numpy as np
from absl import flags

from applications.shared import attribute_directions, flag_sets, image_files, image_names
from trainers import command_line, files
from trainers.tasks import semantic_editing as task

FLAGS = flags.FLAGS
EDITS = ("invert", "learn", "discover", "move", "morph", "combine", "paint")
COLUMNS = 12  # images in a row of a picture
FAR = 3.0  # amount of --move at the ends of directions.png


def define_flags():
    """Defines the flags of this script."""
    flag_sets.define()
    flag_sets.define_skip_existing()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_enum("edit", "invert", EDITS, "What to do.")
    flags.DEFINE_string("attributes", None, "A CSV: a column file, and one for each attribute.")
    flags.DEFINE_string("balance", None, "An attribute to keep balanced.")
    flags.DEFINE_enum("method", "sefa", ["sefa", "pca", "code"], "How to discover directions.")
    flags.DEFINE_integer("count", 5, "Number of directions, or of samples.", lower_bound=1)
    flags.DEFINE_list("move", None, "name:amount of directions, joined by commas.")
    flags.DEFINE_string("mask", None, "An image that is white where to paint.")
    flags.DEFINE_list("color", ["1"], "Color of the brush, from 0 to 1.")
    flags.DEFINE_alias("colour", "color")
    flags.DEFINE_integer("steps", task.STEPS, "Steps of gradient descent.", lower_bound=1)
    flags.DEFINE_enum(
        "format", "png", ["png", "jpeg", "webp"], "Format of the images that are written."
    )


def main():
    """Reads the flags and does the job."""
    edit, out = FLAGS.edit, flag_sets.results_folder()
    flag_sets.reject_unused_flags(f"--edit={edit}", "edit", "seed", *USES[edit])
    if edit == "move" and FLAGS.images is not None:
        flag_sets.reject_flags(["count"], "should be given without --images.")
    targets = [out / name.format(FLAGS.format) for name in RESULTS.get(edit, ())]
    flag_sets.check_not_existing(targets, FLAGS.overwrite)
    moves = attribute_directions.parse_moves(FLAGS.move, out) if edit == "move" else None
    table = (
        attribute_directions.load_table(FLAGS.attributes, FLAGS.balance)
        if edit == "learn"
        else None
    )
    brush = parse_brush(FLAGS.color, FLAGS.mask) if edit == "paint" else None
    if edit in ("learn", "discover"):
        names = table and next(iter(table.values()))
        names = names or task.direction_names(FLAGS.method, FLAGS.count)
        attribute_directions.check_not_taken(out, names, FLAGS.overwrite)
    if edit == "move":
        results = flag_sets.without_existing(moved_paths(out), FLAGS.overwrite, FLAGS.skip_existing)
        if not results:  # all are done
            return
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = flag_sets.load_trained(FLAGS.preset, FLAGS.run)
    with command_line.flag_errors(flag_sets.trained_flag()):
        editor = task.LatentEditor(model, FLAGS.steps, FLAGS.seed)
    if moves:
        with command_line.flag_errors("move"):
            editor.step_of(moves)
    if edit == "discover":
        with command_line.flag_errors("method"):
            directions = editor.discover(FLAGS.method, FLAGS.count)
        add_directions(out, editor, directions)
        return
    if edit == "move" and FLAGS.images is None:
        latents = editor.sample(FLAGS.count)[[int(path.stem) for path in results]]
        x = editor.generate(latents)
        opacities, sources = [None] * len(x), [None] * len(x)
    else:
        images, x, opacities = image_files.load_images(
            FLAGS.images,
            model.image_shape,
            N_REQUIRED.get(edit),
            lambda image: edit != "move" or moved_path(out, image) in results,
        )
        if not images:  # the others have been moved
            return
        names = [image.printable_name for image in images]
        results, sources = zip(*((moved_path(out, i), i.path) for i in images), strict=True)
        if edit == "learn":  # reports errors of the table before the descent
            noise = np.random.default_rng(0).normal(size=(len(x), sum(editor.widths)))
            attribute_directions.learn_directions(noise, names, table, FLAGS.balance)
            print(attribute_directions.count_matches(names, table))
        if edit == "paint":
            color, mask = load_brush(brush, model.image_shape)
        latents, errors = editor.invert(x)
        print(f"{len(x)} images, mean squared error of their latents {errors.mean():.4f}")
    if edit == "invert":
        arrays = {"latents": latents, "errors": errors, "names": names}
        image_files.save_arrays(out / "latents.npz", arrays)
        save_rows(out / "inverted.png", {"image": x, "inverted": editor.generate(latents)})
    elif edit == "learn":
        directions = attribute_directions.learn_directions(latents, names, table, FLAGS.balance)
        add_directions(out, editor, directions)
    elif edit == "move":
        write_moved(out, results, x, editor.move(x, latents, moves), opacities, sources)
    elif edit == "morph":
        save_rows(out / "morph.png", {"a to b": editor.morph(latents[0], latents[1], COLUMNS)})
    elif edit == "combine":
        images = editor.generate(np.concatenate([latents, task.combine(*latents)[None]]))
        save_rows(out / "combined.png", {"a, b, c, a - b + c": images})
    else:
        after = editor.paint(x, latents, mask, color)
        save_rows(out / "painted.png", {"before": x, "after": after})
        path = out / f"painted_image.{FLAGS.format}"
        image_files.save_image(after[0], path, *opacities, metadata_of(*sources))


USES = {  # edit -> flags that it uses
    "invert": ["images", "steps"],
    "learn": ["images", "steps", "attributes", "balance"],
    "discover": ["method", "count"],
    "move": ["images", "steps", "move", "count", "format", "skip_existing"],
    "morph": ["images", "steps"],
    "combine": ["images", "steps"],
    "paint": ["images", "steps", "mask", "color", "format"],
}
RESULTS = {  # edit -> new files
    "invert": ["latents.npz", "inverted.png"],
    "morph": ["morph.png"],
    "combine": ["combined.png"],
    "paint": ["painted.png", "painted_image.{}"],
}
N_REQUIRED = {"morph": 2, "combine": 3, "paint": 1}  # edit -> how many images


def moved_path(out, image):
    """Returns the path of an edited image, where it is a `NamedImage`."""
    return image.target(out / "moved", FLAGS.format)


def moved_paths(out):
    """Returns the paths of the edited images: of --images, or of --count samples."""
    if FLAGS.images is None:
        return [out / "moved" / f"{i:05d}.{FLAGS.format}" for i in range(FLAGS.count)]
    with command_line.flag_errors("images"):
        return [moved_path(out, image) for image in image_names.list_images(FLAGS.images)]


def write_moved(out, results, before, after, opacities, sources):
    """Writes each edited image, with the opacity and the metadata of the original, and moved.png of
    all of them; a second batch has moved_2.png."""
    for path, image, *kept, source in zip(results, after, opacities, sources, strict=True):
        image_files.save_image(image, path, *kept, metadata_of(source))
    path = image_files.new_path(out / "moved.png", FLAGS.overwrite)
    save_rows(path, {"before": before, "after": after})


def metadata_of(path):
    """Returns the `Metadata` of an image file; None for None, a sample."""
    from trainers.datasets import image_metadata

    return None if path is None else image_metadata.read(path)


def add_directions(out, editor, directions):
    """Adds directions to directions.npz, and draws the same sample moved along each of them."""
    from trainers.imaging import grids

    attribute_directions.add_directions(out, directions)
    amounts = np.linspace(-FAR, FAR, COLUMNS)[:, None]
    start = editor.sample(1)
    rows = [editor.generate(start + amounts * direction) for direction in directions.values()]
    path = image_files.new_path(out / "directions.png", FLAGS.overwrite)
    title = f"a sample moved by {-FAR:g} … {FAR:g} along each direction"
    with files.atomic_path(path) as draft:
        grids.grid(np.clip(rows, -1.0, 1.0), list(directions), title).save(draft)
    print(path)


def parse_brush(texts, mask):
    """Parses --color and --mask: (values from 0 to 1, path).

    Raises:
        ValueError: for a file that does not exist, and for other colors.
    """
    with command_line.flag_errors("mask"):
        if mask is None or not files.expanded(mask).is_file():
            raise ValueError(f"should be an image, white where to paint. Received: {mask}")
    with command_line.flag_errors("color"):
        try:
            values = np.array([float(text) for text in texts])
        except ValueError:
            values = np.array([np.nan])
        if len(values) not in (1, 3) or not ((values >= 0.0) & (values <= 1.0)).all():
            raise ValueError(
                f"should be one number from 0 to 1, or three. Received: {','.join(texts)}"
            )
    return values, files.expanded(mask)


def load_brush(brush, image_shape):
    """Returns (color (channels,) in [-1, 1], mask (1, h, w, 1), booleans) for images of a shape.

    Raises:
        ValueError: for three values and grey images, and for a mask that is not white anywhere.
    """
    values, path = brush
    side, _, channels = image_shape
    with command_line.flag_errors("color"):
        if len(values) not in (1, channels):
            raise ValueError(f"should be one number for grey images. Received: {len(values)}.")
    _, mask, _ = image_files.load_images(str(path), (side, side, 1), count=1)
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
