"""Trained models that come with the project: saved_models/NAME, each with a card of its numbers."""

import difflib
import json
import os
from pathlib import Path

import keras

FOLDER = Path(__file__).parents[1] / "saved_models"  # of a checkout; a wheel has none


def list_presets(folder=None):
    """The names that `from_preset` knows, sorted.

    Args:
        folder: where presets are; None: the environment's GAN_ZOO_PRESETS, else saved_models/ of
            the checkout.

    Example:
        >>> list_presets("nowhere")
        []
    """
    return sorted(path.parent.name for path in _folder(folder).glob("[!.]*/model.keras"))


def from_preset(name, folder=None):
    """A trained model, compiled by the rules that trained it: `fit` trains it on.

    Args:
        name: one of `list_presets()`. Its card is saved_models/NAME/README.md.
        folder: as for `list_presets`.

    Returns:
        A model of the zoo.

    Raises:
        ValueError: when there is none of that name, the message names the nearest ones; or when its
            file is damaged.

    Example:
        >>> from_preset("dcgan_digit", folder="nowhere")
        Traceback (most recent call last):
        ValueError: `name` should be one of the presets in nowhere: there is none. ...
    """
    place, known = _folder(folder), list_presets(folder)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        there = ", ".join(known) or "there is none"
        raise ValueError(
            f"`name` should be one of the presets in {place}: {there}. {hint}"
            f"Received: name={name!r}. Another folder is named by `folder` or GAN_ZOO_PRESETS."
        )
    path = place / name / "model.keras"
    try:
        model = keras.saving.load_model(path)
        rules = json.loads(path.with_name("rules.json").read_text(encoding="utf-8"))
        model.compile_from_config(rules)
    except Exception as error:  # Keras raises whatever its reader met
        raise ValueError(
            f"{path} and rules.json beside it should be a model of this version of the zoo. They "
            f"cannot be read: {str(error).splitlines()[0]} Its card says how it is made again."
        ) from None
    return model


def _folder(folder):
    return Path(folder or os.environ.get("GAN_ZOO_PRESETS") or FOLDER)
