"""Presets: the models that a row of the survey measured, kept in saved_models/.

    python -m benchmarks.survey --system=srgan --seed=0 --preset

A folder has model.keras, a SavedModel for TF Serving under 1, and a card, README.md, with the
figures of the same run. The weights are those that are shown: averaged, where an optimizer kept
averages. Optimizers stay behind, since they take twice as much room as what they have trained.
"""

import inspect
import pkgutil
import shutil
from pathlib import Path

from benchmarks import rows

ROOT = Path(__file__).parents[1]


def write(row, folder=ROOT / "saved_models"):
    """Writes the presets of a row that was just run, in this process; their folders.

    Args:
        row: the JSON object of the row.
        folder: where presets are.

    Raises:
        ValueError: for a row without a function `presets`.
    """
    from trainers import export, files  # bring TensorFlow

    module = pkgutil.resolve_name(f"benchmarks.systems.{row['system']}")
    if not hasattr(module, "presets"):
        raise ValueError(f"There is no preset of {row['system']}: its row keeps no model.")
    written = []
    for name, model in module.presets(row["seed"]).items():
        model = shown(model)
        place = folder / name
        shutil.rmtree(place, ignore_errors=True)
        with files.aside(place) as draft:
            draft.mkdir()
            model.save(draft / "model.keras")
            export.save(model, draft / "1")
            (draft / "README.md").write_text(card(name, model, module, row), encoding="utf-8")
        written.append(place)
    return written


def shown(model):
    """A copy with the weights that are shown, without optimizers."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.averaged().get_weights())
    return copy


def card(name, model, module, row):
    """What there is to know of a preset, as Markdown."""
    said, *_, text = inspect.getdoc(module).partition("\n\n")
    weights = sum(getattr(model, network).count_params() for network in model.network_names)
    table = [
        "| figure | value | needed | aimed at | met | reference |",
        "|---|---|---|---|---|---|",
    ]
    for figure, gate in row["figures"].items():
        table.append(
            f"| {rows.said(figure)} | {gate['value']:.4g} | {gate['A']:g} | {gate['B']:g} "
            f"| {rows.met(gate)} | {rows.against(gate)} |"
        )
    parts = [
        f"# {name}",
        said,
        f'A {type(model).__name__} of {weights:,} weights: `zoo.from_preset("{name}")`.',
        f"## How it was trained and measured\n\n{text}",
        f"Recipe: {row['recipe']}. Seed {row['seed']}. {row['seconds']:.0f} s on "
        f"{row['notes']['machine']}, all models of the row and their measurement.",
        "\n".join(table),
        "*Reference*: the best cheap method of the same run.",
    ]
    if tried := getattr(module, "TRIED", ""):
        parts.append(f"## What was tried, and what falls short\n\n{inspect.cleandoc(tried)}")
    command = f"python -m benchmarks.survey --system={row['system']} --seed={row['seed']} --preset"
    return "\n\n".join([*parts, f"Made again by `{command}`."]) + "\n"
