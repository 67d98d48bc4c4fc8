"""Flags that all scripts share, and errors of one line.

Nothing here imports TensorFlow, so that `--help` and wrong flags are answered at once.
"""

import contextlib
import math
import os
import re
import sys
import warnings
from pathlib import Path

from absl import app, flags, logging

from trainers import files, quiet_import
from trainers.names import DEVICES, PRECISIONS

FLAGS = flags.FLAGS


def define_training_flags(model, dataset, steps, batch_size):
    """Defines the flags of every application that trains, with the application's defaults.

    Args:
        model, dataset, steps, batch_size: defaults of the flags of these names.
    """
    flags.DEFINE_string("model", model, "Name of the family: see zoo.list_models().")
    flags.DEFINE_string("dataset", dataset, "Name of the dataset: see datasets.list_datasets().")
    flags.DEFINE_string(
        "data_dir", None, "Folder of the prepared datasets; by default ~/tensorflow_datasets."
    )
    flags.DEFINE_string("out", None, "Folder of the run; by default runs/MODEL_DATASET.")
    flags.DEFINE_integer(
        "steps", steps, "Train steps; the modern recipe decays over them.", lower_bound=1
    )
    flags.DEFINE_integer("batch_size", batch_size, "Samples of each turn.", lower_bound=1)
    define_seed("Seed of weights, noise and order of the data.")
    flags.DEFINE_enum("device", "auto", DEVICES, "Device to train on.")
    flags.DEFINE_list("workers", None, "host:port of each worker; by default from TF_CONFIG.")
    flags.DEFINE_integer("worker", 0, "Index of this process in --workers.", lower_bound=0)
    flags.DEFINE_enum("precision", "float32", PRECISIONS, "Precision of the networks.")
    flags.DEFINE_bool("resume", False, "Continue the run in --out, up to --steps.")
    flags.DEFINE_bool("overwrite", False, "Replace the run in --out.")


def define_seed(help):
    """Defines --seed: 32 bits, as NumPy's seeds are."""
    flags.DEFINE_integer("seed", 0, help, lower_bound=0, upper_bound=2**32 - 1)


def run_script(define_flags, main):
    """Defines flags, parses them and calls `main()`.

    Flags are global: importing a script defines none. An error of `main` ends the script with one
    line: a ValueError, as a wrong flag does, with exit code 2; an OSError (such as a full disk), a
    lack of memory, a file that TensorFlow cannot read or a FloatingPointError (a training that
    diverged) with 1; Ctrl-C with 130, and the message of the KeyboardInterrupt: see `when_stopped`.
    A warning is printed once. `main` should check everything before it does any work.

    Args:
        define_flags: a function without arguments that defines the flags.
        main: a function without arguments.
    """
    define_flags()
    warnings.formatwarning = _once_without_line()
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") == "3":
        quiet_import.quiet_tensorflow()
    app.run(lambda argv: _call(main), flags_parser=_parse)


@contextlib.contextmanager
def flag_errors(*names, **arguments):
    """Names the flag that a ValueError raised inside is about.

    Args:
        names: of flags. A message that begins with one of them in backticks, as a library names its
            arguments, is about that flag; one that begins with a flag is left as it is; any other
            message is about the first of `names`.
        arguments: the flags of arguments that have another name, as argument="flag".

    Example:
        >>> with flag_errors("dataset", "style"):
        ...     raise ValueError("`style` should be an image file. Received: None")
        Traceback (most recent call last):
        ValueError: --style: should be an image file. Received: None
    """
    try:
        yield
    except ValueError as error:
        message, flags_of = str(error), dict(zip(names, names, strict=True)) | arguments
        if message.startswith("--"):  # an inner one has named the flag
            raise
        name = next((name for name in flags_of if message.startswith(f"`{name}`")), names[0])
        message = message.removeprefix(f"`{name}`").removeprefix(":").lstrip()
        raise ValueError(f"--{flags_of[name]}: {message}") from None


def output_folder(flag, default=None):
    """Returns the `pathlib.Path` of the folder that a flag names.

    Args:
        flag: name of the flag.
        default: the folder without it.

    Raises:
        ValueError: for an address, and for the home folder of a user that there is not.

    Example:
        >>> from absl.testing import flagsaver
        >>> with flagsaver.flagsaver():
        ...     holder = flags.DEFINE_string("to", "gs://bucket/runs", "Folder.")
        ...     output_folder("to")
        Traceback (most recent call last):
        ValueError: --to: should be a path on this machine. Received: gs://bucket/runs
    """
    with flag_errors(flag):
        return files.local_path(FLAGS[flag].value or default, flag)


@contextlib.contextmanager
def when_stopped(advice):
    """Gives a KeyboardInterrupt (Ctrl-C) that has no message one that advises what to do.

    Args:
        advice: a function without arguments that returns a sentence, or "".

    Example:
        >>> try:
        ...     with when_stopped(lambda: "The same command with --skip_existing goes on."):
        ...         raise KeyboardInterrupt
        ... except KeyboardInterrupt as interrupt:
        ...     print(interrupt)
        Stopped. The same command with --skip_existing goes on.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(str(interrupt) or f"Stopped. {advice()}".strip()) from None


def _parse(argv):
    try:
        arguments = FLAGS(argv)
    except flags.Error as error:
        _refuse(" ".join(str(error).split()))
    for name in FLAGS:
        value = FLAGS[name].value
        if isinstance(value, float) and not math.isfinite(value):  # NaN passes any bound
            _refuse(f"flag --{name}={value}: should be a finite number")
        if FLAGS[name].present and value in ("", [], [""]):  # an empty path is the current folder
            _refuse(f"flag --{name}=: should have a value")
    if len(arguments) > 1:
        _refuse(
            f"Every argument should be a flag, --name=value. Received: {' '.join(arguments[1:])}"
        )
    return arguments


def _call(main):
    if not FLAGS["verbosity"].present:
        logging.set_verbosity(logging.WARNING)
    try:
        main()
    except KeyboardInterrupt as interrupt:
        _refuse(str(interrupt) or "Stopped.", 130)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None or FLAGS.verbosity > 0:  # --verbosity=1 shows the traceback
            raise
        _refuse(" ".join(sentence.split()), 2 if isinstance(error, ValueError) else 1)


def _once_without_line():
    """Returns a `warnings.formatwarning` without file and line, "" for what was printed before: the
    action "once" of Python's filters is once for each module that warns."""
    printed = set()

    def format_warning(message, *_):
        text = "" if str(message) in printed else f"{message}\n"
        printed.add(str(message))
        return text

    return format_warning


def _sentence(error):
    """What ends a script with one line; None for an error of the program itself."""
    if isinstance(error, ValueError | OSError | FloatingPointError):
        return str(error)
    tensorflow = sys.modules.get("tensorflow")  # None where it was not needed so far
    text = str(error)
    if tensorflow is not None and isinstance(error, tensorflow.errors.OpError):
        of_python = re.findall(r"(?:^|\s)OSError: (.*)$", text, re.MULTILINE)  # in a pipeline
        if of_python or isinstance(error, tensorflow.errors.DataLossError):
            return of_python[-1] if of_python else text
    if isinstance(error, MemoryError) or "OOM when allocating" in text:
        return (
            "There is not enough memory. Choose a smaller batch size, image size or scale, or "
            f"fewer images. {text:.200}"
        )
    return None


def _refuse(sentence, code=2):
    print(f"{Path(sys.argv[0]).stem}: {sentence}", file=sys.stderr)
    sys.exit(code)
