"""Tables of what there is to choose from: families, presets, built-in datasets."""

import re
import sys

from benchmarks.shared import presets


def families():
    """Returns the table of all families: name, paper, task and file."""
    import zoo

    table = ["| name | paper | task | file |", "|---|---|---|---|"]
    for name in zoo.list_models():
        page, _, paper = family_page(name)
        task = TASKS.get(name, "image generation")
        table.append(f"| `{name}` | {citation(paper)} | {task} | [{page}]({page}) |")
    return lines(*table)


TASKS = {  # of families that do not only generate images from noise
    "aae": "autoencoding",
    "acgan": "class-conditional generation",
    "ali": "encoding and generation",
    "alice": "encoding and generation",
    "avb": "autoencoding",
    "bigan": "encoding and generation",
    "cgan": "class-conditional generation",
    "cyclegan": "unpaired image translation",
    "gan3d": "shape generation",
    "infogan": "disentangled generation",
    "mgan": "style transfer",
    "pix2pix": "paired image translation",
    "semi_supervised": "semi-supervised classification",
    "spatial_gan": "texture synthesis",
    "srgan": "super-resolution",
    "vaegan": "autoencoding",
    "vaegan3d": "shape reconstruction",
}


def family_page(name):
    """Returns (path of the module, first line of its docstring, paper) of a family."""
    import zoo

    module = zoo.family(name).__module__
    docstring = sys.modules[module].__doc__.splitlines()
    paper = " ".join(docstring[2 : docstring.index("", 2)]).rstrip(".")
    return module.replace(".", "/") + ".py", docstring[0].rstrip("."), paper


def citation(paper):
    """Returns a short citation, linked to the paper.

    Args:
        paper: 'Authors (year), "Title", https://...', the authors' last names.

    Example:
        >>> citation('Mirza, Osindero (2014), "Conditional GANs", https://arxiv.org/abs/1411.1784')
        '[Mirza & Osindero 2014](https://arxiv.org/abs/1411.1784)'
    """
    names, year = re.match(r"(.+?) \((\d{4})\)", paper).groups()
    first, *others = names.split(", ")
    short = " & ".join([first, *others]) if len(others) < 2 else f"{first} et al."
    return f"[{short} {year}]({re.search(r'https?://[^ ,]+', paper)[0]})"


def diagrams():
    """Returns a section for each family, with the diagram of its players, networks and losses."""
    import zoo

    parts = []
    for name in zoo.list_models():
        page, idea, paper = family_page(name)
        parts += [
            f"## {idea}",
            "",
            f"`{name}`, [{page}](../{page}). {paper}.",
            "",
            f"![Players, networks and losses of {name}](diagrams/{name}.png)",
            "",
        ]
    return lines(*parts[:-1])


def preset_table(folder):
    """Returns the table of the presets in a folder: name, family, method and training data."""
    table = ["| preset | class | method | trained on |", "|---|---|---|---|"]
    for preset in presets.folders(folder):
        name, method = presets.class_name(preset), presets.method(preset)
        table.append(
            f"| [{preset.name}]({preset.name}) | `{name}` | `{method}` "
            f"| {presets.data_of(preset).partition(',')[0]} |"
        )
    return lines(*table)


def builtin_datasets(rates):
    """Returns the table of the built-in datasets.

    Args:
        rates: name of a dataset -> samples that are generated in a second.
    """
    from trainers import datasets

    table = ["| | name | samples | y | factors | generated |", "|---|---|---|---|---|---|"]
    for name in datasets.list_datasets():
        info = datasets.info(name)
        sizes = ", ".join(f"{split} {n:,}" for split, n in info.splits.items() if split != "all")
        y = {None: "–", (): f"{info.classes} classes"}.get(info.y_shape)
        rate = f"{rates[name]:,}/s" if name in rates else "real"
        table.append(
            f'| <img src="gallery/{name}.png" width="200"> | `{name}` | '
            f"{_by(info.shape)}: {sizes} "
            f"| {y or _by(info.y_shape)} | {', '.join(info.factors) or '–'} | {rate} |"
        )
    return lines(*table)


def _by(shape):
    if len(shape) > 1:
        return "x".join(map(str, shape))
    return "1 number" if shape == (1,) else f"{shape[0]} numbers"


def lines(*parts):
    """Returns a section: an empty line, the parts, an empty line."""
    return "\n" + "\n".join(parts) + "\n\n"
