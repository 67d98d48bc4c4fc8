"""Presets: the models that a row of the survey measured, kept in saved_models/.

    python -m benchmarks.survey --system=srgan --seed=0 --preset
    python -m benchmarks.applications --application=semantic_editing --preset

A folder has model.keras, the rules by which it was trained as rules.json, a SavedModel for TF
Serving under 1, and a card, README.md, with the figures of the same run. The weights are those that
are shown: averaged, where an optimizer kept averages. What optimizers have gathered stays behind,
since it takes twice as much room as what they have trained.
"""

import inspect
import pkgutil
import tempfile
from pathlib import Path

from benchmarks.shared import tables

ROOT = Path(__file__).parents[2]
EDITS = ("inversion", "self_inversion", "target", "leakage", "identity", "brush", "locality")
OWN = {  # the figures of a model whose row has those of others too
    "srresnet_photos": ["psnr"],
    "srgan_photos": ["texture", "psnr_loss", "consistency"],
    "srresnet_x2_photos": ["x2_psnr", "x2_p", "x2_seam"],
    "srgan_x2_photos": ["x2_texture"],
    "aae_glyphs": [f"glyphs_{name}" for name in EDITS],
    "semi_supervised_digits": ["accuracy_100_labels"],
    "dcgan_digits": ["digits_frechet"],
}


def write(row, folder=ROOT / "saved_models", package="systems"):
    """Writes the presets of a row that was just run, in this process; their folders.

    Args:
        row: the JSON object of the row.
        folder: where presets are.
        package: of the row.

    Raises:
        ValueError: for a row without a function `presets`.
    """
    from trainers import export, files  # bring TensorFlow

    module = pkgutil.resolve_name(f"benchmarks.{package}.{row['system']}")
    if not hasattr(module, "presets"):
        raise ValueError(f"There is no preset of {row['system']}: its row keeps no model.")
    written = []
    for name, trained in module.presets(row["seed"]).items():
        model, place = ema_copy(trained), folder / name
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
            draft, before = Path(aside, "new"), Path(aside, "old")
            model.save(files.ensure_folder(draft, "out") / "model.keras")
            files.write_json(draft / "rules.json", compile_args_of(trained))
            export.save(model, draft / "1")
            text = card(name, model, module, row, COMMANDS[package])
            (draft / "README.md").write_text(text, encoding="utf-8")
            if place.exists():
                place.rename(before)
            draft.rename(place)
        written.append(place)
    return written


def ema_copy(model):
    """A copy with the weights that are shown, without optimizers."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.averaged().get_weights())
    return copy


def compile_args_of(model):
    """What `compile_from_config` takes: the rules that trained a model, at Keras' own pace."""
    config, recompiled = model.get_compile_config(), type(model).from_config(model.get_config())
    recompiled.compile()
    return config | {"options": recompiled.get_compile_config()["options"]}


def card(name, model, module, row, command):
    """What there is to know of a preset, as Markdown."""
    title, *_, text = inspect.getdoc(module).partition("\n\n")
    weights = {network: getattr(model, network).count_params() for network in model.network_names}
    counted = ", ".join(f"{network} {count:,}" for network, count in weights.items())
    table = [
        "| figure | value | needed | aimed at | met | reference |",
        "|---|---|---|---|---|---|",
    ]
    for figure in OWN.get(name, row["figures"]):
        gate = row["figures"][figure]
        table.append(
            f"| {tables.in_words(figure)} | {gate['value']:.4g} | {gate['A']:g} | {gate['B']:g} "
            f"| {tables.met(gate)} | {tables.verdict_text(gate)} |"
        )
    parts = [
        f"# {name}",
        title,
        f'`zoo.from_preset("{name}")`: {type(model).__name__}, weights: {counted}.',
        f"## How it was trained and measured\n\n{text}",
        f"Recipe: {row['recipe']}. Seed {row['seed']}. {row['seconds']:.0f} s on "
        f"{row['notes']['machine']}, all models of the row and their measurement.",
        "\n".join(table),
        "*Reference*: the best cheap method of the same run.",
    ]
    if tried := getattr(module, "TRIED", ""):
        parts.append(f"## What was tried, and what falls short\n\n{inspect.cleandoc(tried)}")
    again = command.format(**row)
    return "\n\n".join([*parts, f"Made again by `{again}`."]) + "\n"


COMMANDS = {  # by which a row of a package is run
    "systems": "python -m benchmarks.survey --system={system} --seed={seed} --preset",
    "applied": "python -m benchmarks.applications --application={system} --seed={seed} --preset",
}
