"""What all scripts share: flags of the same names, and one clear line when something is wrong.

Nothing here imports TensorFlow, so that `--help` and wrong flags are answered at once.
"""

import contextlib
import os
import sys
import warnings
from pathlib import Path

from absl import app, flags, logging

FLAGS = flags.FLAGS


def define_training_flags(model, dataset, steps, batch_size):
    """Defines the flags that every application has, with its own defaults."""
    flags.DEFINE_string("model", model, "Which model: see zoo.list_models().")
    flags.DEFINE_string("dataset", dataset, "What to learn from: see datasets.list_datasets().")
    flags.DEFINE_string("data_dir", None, "Prepared datasets; by default ~/tensorflow_datasets.")
    flags.DEFINE_string("out", None, "Folder of the run; by default runs/MODEL_DATASET.")
    flags.DEFINE_integer("steps", steps, "Train steps in all; modern rates follow.", lower_bound=1)
    flags.DEFINE_integer("batch_size", batch_size, "Samples for each turn.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Of weights, noise and order.", lower_bound=0)
    flags.DEFINE_enum("device", "auto", ["auto", "cpu", "gpu", "tpu"], "Where to train.")
    flags.DEFINE_list("workers", None, "host:port of each worker, or set TF_CONFIG.")
    flags.DEFINE_integer("worker", 0, "Which of --workers this process is.", lower_bound=0)
    precisions = ["float32", "mixed_bfloat16", "mixed_float16"]
    flags.DEFINE_enum("precision", "float32", precisions, "Of the networks.")
    flags.DEFINE_bool("resume", False, "Go on with the run in --out, up to --steps.")
    flags.DEFINE_bool("overwrite", False, "Replace the run in --out.")


def run_script(define_flags, main):
    """Defines flags, parses them and calls `main()`.

    Flags belong to the process: who only imports a script defines none. A wrong flag, and each
    ValueError and OSError of `main`, ends the script with one line and exit code 2, and Ctrl-C with
    one and 130. `main` should check everything before it does any work.
    """
    define_flags()
    warnings.formatwarning = lambda message, *_: f"{message}\n"  # a sentence, not where it is said
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets with ten lines
    app.run(lambda argv: _call(main), flags_parser=_parse)


@contextlib.contextmanager
def flag_errors(*names):
    """Names the flag that a ValueError raised inside is about.

    Args:
        names: of flags. A message that begins with one of them in backticks, as a library names its
            arguments, is about that flag; any other message is about the first of `names`.

    Example:
        >>> with flag_errors("dataset", "style"):
        ...     raise ValueError("`style` should be an image file. Received: None")
        Traceback (most recent call last):
        ValueError: --style: should be an image file. Received: None
    """
    try:
        yield
    except ValueError as error:
        message = str(error)
        flag = next((name for name in names if message.startswith(f"`{name}`")), names[0])
        message = message.removeprefix(f"`{flag}`").removeprefix(":").lstrip()
        raise ValueError(f"--{flag}: {message}") from None


def _parse(argv):
    try:
        rest = FLAGS(argv)
    except flags.Error as error:
        _refuse(" ".join(str(error).split()))
    if len(rest) > 1:
        _refuse(f"Every argument should be a flag, --name=value. Received: {' '.join(rest[1:])}")
    return rest


def _call(main):
    if not FLAGS["verbosity"].present:
        logging.set_verbosity(logging.WARNING)
    try:
        main()
    except (ValueError, OSError) as error:
        if FLAGS.verbosity > 0:  # --verbosity=1 tells where
            raise
        _refuse(" ".join(str(error).split()))
    except KeyboardInterrupt as interrupt:
        _refuse(str(interrupt) or "Stopped. With --resume it goes on from what was saved.", 130)


def _refuse(sentence, code=2):
    print(f"{Path(sys.argv[0]).stem}: {sentence}", file=sys.stderr)
    sys.exit(code)
