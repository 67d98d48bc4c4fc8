"""Scores one folder of images against another: Fréchet distance, precision, recall, coverage.

    python -m applications.image_scores --real=photos/ --fake=drawn/
    python -m applications.image_scores --real=digits --fake=drawn/ --image_size=8 --out=scores.json
    python -m applications.image_scores --real=photos/ --fake=drawn/ --features=inception

Either is a folder of images, an .npz, or the name of a dataset. Images are resized to --image_size
and compared as pixels, or by the features of a classifier: `digits`, for digits, or `inception`,
which Keras downloads. Compare only scores of as many images, at one size, by the same features. The
figures of two halves of the real images show what the best samples would have.
"""

from absl import flags

from applications.shared import flag_sets
from trainers import command_line, files

FLAGS = flags.FLAGS
FEATURES = ("pixels", "digits", "inception")
FIGURES = ("frechet", "precision", "recall", "density", "coverage")


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_string("real", None, "Folder of real images, or a dataset.", required=True)
    flags.DEFINE_string("fake", None, "Folder of generated images, or a dataset.", required=True)
    flags.DEFINE_enum("features", "pixels", FEATURES, "Features that are compared.")
    flags.DEFINE_integer(
        "image_size", 16, "Pixels of a side to which images are resized.", lower_bound=4
    )
    flags.DEFINE_string("data_dir", None, "Folder of the decoded images.")
    flags.DEFINE_string("out", None, "A JSON file for the scores, beside those that are printed.")
    flags.DEFINE_bool("overwrite", False, "Replace the file.")


def main():
    """Reads the flags, and prints the scores."""
    out = None
    if FLAGS.out is not None:
        with command_line.flag_errors("out"):
            out = files.local_path(FLAGS.out, "out")
            check_file(out, FLAGS.overwrite)
    from trainers import metrics
    from trainers.tasks import image_scores as task

    images = {}
    for name in ("real", "fake"):
        with command_line.flag_errors(name):
            images[name] = task.load(FLAGS[name].value, FLAGS.image_size, FLAGS.data_dir)
    with command_line.flag_errors("fake", "features", "image_size"):
        found = task.scores(**images, features=FLAGS.features)
    real, halves = images["real"], {}
    if len(real) > 4 * task.K:
        halves = task.scores(real[::2], real[1::2], FLAGS.features)
    print(metrics.Protocol(**found["protocol"]))
    for name in FIGURES:
        best = f"; two halves of the real images have {halves[name]:.4g}" if halves else ""
        print(f"{name:>12} {found[name]:.4g}{best}")
    if out is not None:
        files.write_json(out, found | {"halves": halves})


def check_file(path, overwrite):
    """Raises a ValueError for a file that cannot be written, or should not be replaced."""
    if path.is_dir():
        raise ValueError(f"should be a file. Received: the folder {path}")
    files.check_folder(path.parent, "out")
    flag_sets.check_not_existing([path], overwrite)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
