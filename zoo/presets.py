"""Loads the trained models in saved_models/NAME, each with a card of its scores."""

import difflib
import json
import os
from pathlib import Path

import keras

FOLDER = Path(__file__).parents[1] / "saved_models"  # in a checkout; a wheel has no such folder


def list_presets(folder=None):
    """Returns the names that `from_preset` accepts, sorted.

    Args:
        folder: the folder of the presets; None: the environment variable GAN_ZOO_PRESETS, else
            saved_models/ of the checkout.

    Example:
        >>> list_presets("nowhere")
        []
    """
    return sorted(path.parent.name for path in _folder(folder).glob("[!.]*/model.keras"))


def from_preset(name, folder=None):
    """Loads a trained model, compiled as it was trained: `fit` continues its training.

    Args:
        name: one of `list_presets()`. Its card is saved_models/NAME/README.md.
        folder: as for `list_presets`.

    Returns:
        A compiled model of the zoo.

    Raises:
        ValueError: if there is no such preset, the message names the most similar ones; or if its
            file is corrupt.

    Example:
        >>> from_preset("dcgan_digit", folder="nowhere")
        Traceback (most recent call last):
        ValueError: `name` should be one of the presets in nowhere: there is none. ...
    """
    directory, known = _folder(folder), list_presets(folder)
    if name not in known:
        similar = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(similar)}? " if similar else ""
        names = ", ".join(known) or "there is none"
        raise ValueError(
            f"`name` should be one of the presets in {directory}: {names}. {hint}"
            f"Received: name={name!r}. Another folder is named by `folder` or GAN_ZOO_PRESETS."
        )
    path = directory / name / "model.keras"
    try:
        model = keras.saving.load_model(path)
        compile_config = json.loads(path.with_name("rules.json").read_text(encoding="utf-8"))
        model.compile_from_config(compile_config)
    except Exception as error:  # Keras raises whatever its reader met
        raise ValueError(
            f"{path} and rules.json next to it should be a model of this version of the zoo. They "
            f"cannot be read: {str(error).splitlines()[0]} Its card says how to train it again."
        ) from None
    return model


def _folder(folder):
    return Path(folder or os.environ.get("GAN_ZOO_PRESETS") or FOLDER)
