"""Presets: trained models of acceptance rows, saved in saved_models/ with a card.

    python -m benchmarks.survey --system=srgan --seed=0 --preset
    python -m benchmarks.applications --application=semantic_editing --preset

A folder has model.keras, the compile arguments of the training as rules.json, the figures of the
same run as figures.json, a SavedModel for TF Serving under 1, and a card, README.md. The weights
are the EMA weights, where an optimizer has them. The state of optimizers is not saved, since it
takes twice the room of the weights.

`python -m benchmarks.document` writes the cards again without training: the text from the docstring
of the row, the figures from figures.json. Those of the row in docs/ may be of a later run.
"""

import inspect
import io
import json
import pkgutil
import tempfile
import zipfile
from pathlib import Path

from benchmarks.shared import tables

ROOT = Path(__file__).parents[2]
EDITS = ("inversion", "self_inversion", "target", "leakage", "identity", "brush", "locality")
OWN = {  # name -> its figures, where the row measures other models too
    "srresnet_photos": ["psnr"],
    "srgan_photos": ["texture", "psnr_loss", "consistency"],
    "srresnet_x2_photos": ["x2_psnr", "x2_p", "x2_seam"],
    "srgan_x2_photos": ["x2_texture"],
    "aae_glyphs": [f"glyphs_{name}" for name in EDITS],
    "semi_supervised_digits": ["accuracy_100_labels"],
    "dcgan_digits": ["digits_frechet"],
}


def write(row, folder=ROOT / "saved_models", package="systems"):
    """Writes the presets of a row that was just run in this process.

    Args:
        row: the JSON object of the row, a dict.
        folder: of all presets, a `Path`.
        package: of the row's module, within `benchmarks`.

    Returns:
        A list of the presets' folders.

    Raises:
        ValueError: for a row without a function `presets`.
    """
    from trainers import export, files  # bring TensorFlow

    module = pkgutil.resolve_name(f"benchmarks.{package}.{row['system']}")
    if not hasattr(module, "presets"):
        raise ValueError(f"There is no preset of {row['system']}: its row saves no model.")
    written = []
    for name, trained in module.presets(row["seed"]).items():
        model, place = ema_copy(trained), folder / name
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
            draft, before = Path(aside, "new"), Path(aside, "old")
            model.save(files.ensure_folder(draft, "out") / "model.keras")
            files.write_json(draft / "rules.json", compile_args_of(trained))
            export.save(model, draft / "1")
            figures = row | {"notes": {"machine": row["notes"]["machine"]}, "package": package}
            files.write_json(draft / "figures.json", figures)
            (draft / "README.md").write_text(card(name, draft, module), encoding="utf-8")
            if place.exists():
                place.rename(before)
            draft.rename(place)
        written.append(place)
    return written


def ema_copy(model):
    """Returns a copy of a model with the EMA weights, without optimizers."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.averaged().get_weights())
    return copy


def compile_args_of(model):
    """Returns a trained model's compile arguments for `compile_from_config`, as a dict.

    Options such as `steps_per_execution`, which a benchmark sets for speed, get their defaults.
    """
    config, recompiled = model.get_compile_config(), type(model).from_config(model.get_config())
    recompiled.compile()
    return config | {"options": recompiled.get_compile_config()["options"]}


def folders(saved):
    """Returns the folders of all presets in a folder, sorted by name."""
    return sorted(path.parent for path in saved.glob("*/model.keras"))


def rewritten_card(folder):
    """Returns a preset's card with the current text of its row.

    Args:
        folder: of the preset, a `Path`.
    """
    row = read_figures(folder)
    return card(
        folder.name, folder, pkgutil.resolve_name(f"benchmarks.{row['package']}.{row['system']}")
    )


def read_figures(folder):
    """Returns figures.json of a preset: the JSON object of its row, and the row's `package`."""
    return json.loads((folder / "figures.json").read_text(encoding="utf-8"))


def card(name, folder, module):
    """Returns the card of a preset, as Markdown.

    Args:
        name: of the preset.
        folder: where its model.keras and figures.json are, a `Path`.
        module: the module of its row.
    """
    row = read_figures(folder)
    title, *_, text = inspect.getdoc(module).partition("\n\n")
    code = usage(folder)
    weights = ", ".join(f"{network} {n:,}" for network, n in weight_counts(folder).items())
    table = [
        "| figure | value | required | target | result | reference |",
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
        "## Usage",
        f'```python\n{imports(code)}\n\nmodel = zoo.from_preset("{name}")\n{code}\n```',
        f"Class: `{class_name(folder)}`. Weights: {weights}. For TensorFlow Serving: the "
        f"SavedModel in `saved_models/{name}/1`, see [saved_models/README.md](../README.md).",
        f"License: Apache-2.0. Training data: {data_of(folder, name)}.",
        f"## Training and measurement\n\n{text}",
        f"Recipe: {row['recipe']}. Seed {row['seed']}. {row['seconds']:.0f} s on "
        f"{row['notes']['machine']}, for all models of the row and their measurement.",
        "\n".join(table),
        "*Reference*: the best baseline of the same run.",
    ]
    if ablations := getattr(module, "ABLATIONS", ""):
        parts.append(f"## Ablations and limits\n\n{inspect.cleandoc(ablations)}")
    command = COMMANDS[row["package"]].format(**row)
    return "\n\n".join([*parts, f"Reproduce it with `{command}`."]) + "\n"


def class_name(folder):
    """Returns the name of a preset's class, such as "DCGAN"."""
    return _config(folder)["class_name"]


def weight_counts(folder):
    """Returns a dict from network to the number of its weights, read without TensorFlow."""
    import h5py  # comes with Keras

    counts = {}

    def count(path, item):
        if isinstance(item, h5py.Dataset):
            network = path.split("/")[0]
            counts[network] = counts.get(network, 0) + item.size

    with zipfile.ZipFile(folder / "model.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as weights:
        weights.visititems(count)
    return {network: n for network, n in counts.items() if network not in ("layers", "vars")}


def method(folder):
    """Returns the name of the method that a preset is made for, such as "generate"."""
    return METHODS.get(class_name(folder), "generate")


METHODS = {
    "MGAN": "translate",
    "SRGAN": "enlarge",
    "SemiSupervisedGAN": "classify",
    "VAEGAN3D": "reconstruct",
}


def usage(folder):
    """Returns the lines of Python that use a preset, with the shapes and ranges of images."""
    config = _config(folder)["config"]
    shape = ", ".join(map(str, config["image_shape"]))
    values = " in [0, 1]" if len(config["image_shape"]) == 4 else " in [-1, 1]"
    return {
        "classify": f'images, _ = datasets.arrays("digits", "test")  # (n, {shape}){values}\n'
        "logits = model.classify(images)  # (n, 10)",
        "enlarge": f"{LUMINANCES}large = model.enlarge(images)  # (n, h, w, 1) in [-1, 1] -> "
        f"(n, {config.get('factor', 4)}h, {config.get('factor', 4)}w, 1)",
        "generate": f"samples = model.generate(16, seed=0)  # (16, {shape})"
        + (values if len(config["image_shape"]) > 1 else ""),
        "reconstruct": 'views, _ = datasets.arrays("furniture_views", "test", count=8)\n'
        "voxels = model.reconstruct(views)  # (n, 32, 32, 1) in [-1, 1] -> "
        f"(n, {shape}){values}",
        "translate": f"{LUMINANCES}stylized = model.translate(images)  "
        "# (n, h, w, 1) in [-1, 1], same size",
    }[method(folder)]


LUMINANCES = """photos, _ = datasets.arrays("photos", "test", count=4)  # RGB (4, 64, 64, 3)
images = ycbcr.network_luminance(grids.to_uint8(photos))
"""


def imports(code):
    """Returns the imports that the lines of `usage` need, as lines of Python.

    Example:
        >>> imports("x, _ = datasets.arrays('digits')")
        'import zoo\\nfrom trainers import datasets'
    """
    lines = ["import zoo"]
    lines += ["from trainers import datasets"] * ("datasets." in code)
    lines += ["from trainers.imaging import grids, ycbcr"] * ("ycbcr." in code)
    return "\n".join(lines)


def data_of(folder, name=None):
    """Returns the training data of a preset, which is the last word of its name, and the source."""
    dataset = (name or folder.name).rsplit("_", 1)[-1]
    return DATA.get(dataset, dataset)


DATA = {
    "digits": "the 8x8 digits of scikit-learn (UCI Optical Recognition of Handwritten Digits)",
    "furniture": "shapes generated by this repository",
    "glyphs": "digits of Pillow's typeface Aileron, drawn by this repository",
    "photos": "photographs in the packages scikit-image and scikit-learn, whose licenses are "
    "listed in `skimage/data/README.txt` and `sklearn/datasets/images/README.txt`",
}


def _config(folder):
    with zipfile.ZipFile(folder / "model.keras") as archive:
        return json.loads(archive.read("config.json"))


COMMANDS = {  # by which a row of a package is run
    "systems": "python -m benchmarks.survey --system={system} --seed={seed} --preset",
    "applied": "python -m benchmarks.applications --application={system} --seed={seed} --preset",
}
