"""What is read of a run that is finished: its settings, its figures and its model."""

from pathlib import Path

import keras

from trainers import files
from trainers.runs import checkpoints


def load_settings(folder, names=()):
    """Returns the settings of the run in a folder, a dict.

    Args:
        folder: of the run.
        names: of the settings that it should have.

    Raises:
        ValueError: when the folder holds no run, or not all of these settings.

    Example:
        >>> files.write_json("runs/ring/settings.json", {"model": "gan", "batch_size": 100})
        >>> load_settings("runs/ring")
        {'model': 'gan', 'batch_size': 100}
    """
    path = Path(folder) / "settings.json"
    settings = files.read_json(path)
    if settings is None:
        raise ValueError(f"`folder` should be that of a run. Received: {folder}")
    missing = [name for name in names if name not in settings]
    if missing:
        raise ValueError(
            f"{path} should have {', '.join(names)}. It has no {', '.join(missing)}: put the file "
            "back, or train with another --out."
        )
    return settings


def load_model(folder):
    """Loads the model of the finished run in a folder.

    Raises:
        ValueError: when there is no run, it is not finished, or its model file was altered or is
            of another version of the zoo.

    Example:
        >>> files.write_json("runs/ring/settings.json", {"model": "gan", "batch_size": 100})
        >>> load_model("runs/ring")
        Traceback (most recent call last):
        ValueError: runs/ring holds a run that is not finished. Continue it with --resume.
    """
    load_settings(folder)
    figures = read_figures(folder)
    if not figures:
        raise ValueError(f"{folder} holds a run that is not finished. Continue it with --resume.")
    path = verified_model(folder, figures)
    with files.reading(path, "a model of this version of the zoo", "Train it again."):
        return keras.saving.load_model(path)


def read_figures(folder):
    """Returns the content of metrics.json in a folder, as `Run.finish` wrote it; None where there
    is no such file.

    Raises:
        ValueError: when the file is corrupt.

    Example:
        >>> read_figures("runs/ring") is None
        True
    """
    path = Path(folder) / "metrics.json"
    figures = files.read_json(path)
    if figures:
        with files.reading(path, "the figures of a run", "Put back what `Run.finish` wrote."):
            if type(figures.get("steps")) is not int:
                raise ValueError(f"its steps are {figures.get('steps')}")
            position(figures)
    return figures


def position(figures):
    """Returns [epoch, batch] of the batch that would be the next in a finished run.

    Raises:
        ValueError: the figures have none.

    Example:
        >>> position({"steps": 9, "data_position": [1, 2]})
        [1, 2]
    """
    found = figures.get("data_position") or figures.get("place")  # its name in older runs
    if not isinstance(found, list) or [type(number) for number in found] != [int, int]:
        raise ValueError(f"its data_position is {found}")
    return found


def verified_model(folder, figures):
    """Returns the path of a finished run's model, whose checksum is that of the saved file.

    Raises:
        ValueError: there is no such file, or another one.
    """
    model = Path(folder) / "model.keras"
    if not model.exists() or checkpoints.sha256(model) != figures.get("model_sha256"):
        raise ValueError(
            f"{model} is not the file that the run saved. Start again with --overwrite."
        )
    return model
