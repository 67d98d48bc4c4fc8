"""What applications share: which trained model, which image files, and where results go.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS


def define():
    """Defines the flags of an application that uses a trained model, and trains none."""
    define_trained()
    flags.DEFINE_string("out", None, "Folder of the results.", required=True)
    flags.DEFINE_bool("overwrite", False, "Replace results that are there.")
    flags.DEFINE_integer("seed", 0, "Of all that is drawn.", lower_bound=0)
    flags.DEFINE_enum("device", "auto", ["auto", "cpu", "gpu", "tpu"], "Where to compute.")


def define_trained():
    """Defines the flags that name a trained model, and images for it."""
    flags.DEFINE_string("preset", None, "A model that comes with the project: zoo.list_presets().")
    flags.DEFINE_string("run", None, "Or the folder of a finished run.")
    flags.DEFINE_string("images", None, "An image, or a folder of them.")


def define_trainer(recipe):
    """Defines the flags of an application that trains a model, beside those of `command_line`."""
    flags.DEFINE_enum("recipe", recipe, ["paper", "modern"], "The paper's training, or today's.")
    flags.DEFINE_enum("scale", "small", ["paper", "small"], "The paper's networks, or small ones.")
    flags.DEFINE_integer("image_size", None, "Side to resize to; else as stored.", lower_bound=4)
    flags.DEFINE_string("export_dir", None, "Folder of SavedModels; by default OUT/saved_models.")


def export_dir_of(out):
    """The folder that --export_dir means."""
    return Path(FLAGS.export_dir).expanduser() if FLAGS.export_dir else out / "saved_models"


def reject_flags(names, why):
    """Raises a ValueError for flags that were given, and would be passed over in silence.

    Args:
        names: of the flags.
        why: what they are of, and the cure.
    """
    for name in names:
        if FLAGS[name].present:
            raise ValueError(f"--{name}: {why}")


def load_trained(preset=None, run=None):
    """A trained model, of a preset or a run.

    Raises:
        ValueError: for none of both, or both; and when there is no such model.
    """
    if (preset is None) == (run is None):
        raise ValueError(
            "Either --preset or --run should name a trained model. "
            f"Received: preset={preset!r}, run={run!r}"
        )
    import zoo
    from trainers import runs

    if preset is not None:
        with command_line.flag_errors("preset"):
            return zoo.from_preset(preset)
    with command_line.flag_errors("run"):
        run = Path(run).expanduser()
        inside = sorted(path.parent.name for path in run.glob("*/settings.json"))
        if inside and not (run / "settings.json").exists():
            raise ValueError(f"{run} holds several runs: name one, such as {run / inside[0]}.")
        return runs.load_model(run)


def check_not_existing(paths, overwrite):
    """Raises a ValueError for results that are there already, before any work is done.

    Example:
        >>> Path("grey.png").touch()
        >>> check_not_existing([Path("grey.png")], overwrite=False)
        Traceback (most recent call last):
        ValueError: grey.png is there already. Replace it with --overwrite.
    """
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise ValueError(f"{there[0]} is there already. Replace it with --overwrite.")
