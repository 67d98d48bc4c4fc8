"""Flags that applications share: the trained model, the images, and the folder of the results.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

from pathlib import Path

from absl import flags

from trainers import command_line, files
from trainers.names import DEVICES

FLAGS = flags.FLAGS
TRAINING_FLAGS = (  # flags that a trained model does not take
    *("model", "dataset", "recipe", "scale", "steps", "batch_size", "image_size", "export_dir"),
    *("resume", "precision", "data_dir", "workers", "worker", "set"),
)

EVERYWHERE = ("preset", "run", "out", "overwrite", "device")  # flags of any use of a trained model

SKIP = " Leave it as it is with --skip_existing."


def define():
    """Defines the flags of an application that uses a trained model and does not train."""
    define_trained()
    flags.DEFINE_string("out", None, "Folder of the results.", required=True)
    flags.DEFINE_bool("overwrite", False, "Replace existing results.")
    command_line.define_seed("Seed of all random draws.")
    flags.DEFINE_enum("device", "auto", DEVICES, "Device to compute on.")


def define_trained():
    """Defines the flags that name a trained model, and images for it."""
    flags.DEFINE_string("preset", None, "A pretrained model: see zoo.list_presets().")
    flags.DEFINE_string("run", None, "Folder of a finished run, instead of --preset.")
    flags.DEFINE_string("images", None, "An image file, or a folder of images.")


def define_trainer(recipe):
    """Defines the flags of an application that trains a model; `command_line` defines others."""
    flags.DEFINE_enum("recipe", recipe, ["paper", "modern"], "Optimizers and losses.")
    flags.DEFINE_enum("scale", "small", ["paper", "small"], "Size of the networks.")
    flags.DEFINE_integer(
        "image_size", None, "Pixels of a side to resize to; by default as stored.", lower_bound=4
    )
    flags.DEFINE_string("export_dir", None, "Folder of SavedModels; by default OUT/saved_models.")
    flags.DEFINE_multi_string(
        "set", None, "NAME=VALUE,... of the model or its recipe, such as width=32,rate=1e-4."
    )


def define_skip_existing():
    """Defines the flag of an application that writes one result for each image."""
    flags.DEFINE_bool("skip_existing", False, "Leave out images whose result exists already.")


def results_folder():
    """Returns the folder of --out.

    Raises:
        ValueError: without --out, and for one that cannot be written.
    """
    if FLAGS.out is None:
        raise ValueError("--out: should name a folder for the results. Received: nothing.")
    out = command_line.output_folder("out")
    with command_line.flag_errors("out"):
        files.check_folder(out, "out")
    return out


def reject_flags(names, why):
    """Raises a ValueError for flags that were given and would be ignored.

    Args:
        names: names of flags.
        why: what follows the name of the flag in the message.
    """
    for name in names:
        if FLAGS[name].present or not FLAGS[name].using_default_value:
            raise ValueError(f"--{name} {why}")


def reject_unused_flags(action, *used):
    """Raises a ValueError for flags that were given and that the script does not use this time.

    Args:
        action: what the script does, as the flag that asks for it: "--images".
        used: names of flags that it uses, those of `EVERYWHERE` aside.
    """
    own = [name for name in FLAGS if not FLAGS.find_module_defining_flag(name).startswith("absl.")]
    aliases = {name for name in own if FLAGS[name].help.startswith("Alias for --")}
    unused = sorted(set(own) - aliases - {*EVERYWHERE, *used})  # an alias sets its flag too
    reject_flags(unused, f"should be given without {action}: nothing would use it.")


def reject_inference_flags(names):
    """Raises a ValueError for flags that were given and need a trained model."""
    reject_flags(names, "should be given with --preset or --run. Received: neither.")


def reject_training_flags(names=(), remedy="--preset and --run"):
    """Raises a ValueError for flags of a training that were given with a trained model.

    Args:
        names: names of flags, by default `TRAINING_FLAGS`.
        remedy: the flags to remove instead.
    """
    reject_flags(names or TRAINING_FLAGS, f"applies to training only. Remove it, or {remedy}.")


def load_trained(preset=None, run=None):
    """Loads a trained model.

    Args:
        preset: name of a preset, or None.
        run: folder of a finished run, or None.

    Raises:
        ValueError: for neither or both, and when there is no such model.
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
    with command_line.flag_errors("run", folder="run"):
        run = files.expanded(run)
        inside = sorted(path.parent.name for path in run.glob("*/settings.json"))
        if inside and not (run / "settings.json").exists():
            raise ValueError(f"{run} holds several runs: name one, such as {run / inside[0]}.")
        return runs.load_model(run)


def trained_flag():
    """Returns the flag that names the trained model."""
    return "preset" if FLAGS.preset is not None else "run"


def check_not_existing(paths, overwrite, remedy=""):
    """Raises a ValueError for results that exist already, before any work is done.

    Args:
        paths: of the results.
        overwrite: whether they may exist.
        remedy: a sentence that ends the message.

    Example:
        >>> Path("grey.png").touch()
        >>> check_not_existing([Path("grey.png")], overwrite=False)
        Traceback (most recent call last):
        ValueError: grey.png exists already. Replace it with --overwrite.
    """
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise ValueError(f"{existing[0]} exists already. Replace it with --overwrite.{remedy}")


def without_existing(paths, overwrite, skip_existing, exists=Path.exists):
    """Returns the results that are to be written, before any work is done.

    Args:
        paths: of the results, one for each image.
        overwrite: whether existing results are replaced.
        skip_existing: whether existing results are left out; how many is printed.
        exists: a function from one of `paths` to whether there is the result.

    Raises:
        ValueError: for a result that exists already, and for both flags.

    Example:
        >>> Path("a.png").touch()
        >>> without_existing([Path("a.png"), Path("b.png")], overwrite=False, skip_existing=True)
        1 of 2 images have a result already: skipped.
        [PosixPath('b.png')]
    """
    if overwrite and skip_existing:
        raise ValueError("--skip_existing: should be given without --overwrite. Received: both.")
    if not skip_existing:
        check_not_existing(paths, overwrite, SKIP)
        return list(paths)
    left = [path for path in paths if not exists(path)]
    if len(left) < len(paths):
        print(f"{len(paths) - len(left)} of {len(paths)} images have a result already: skipped.")
    return left
