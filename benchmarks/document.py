"""Writes the figures of README.md and of the pages in docs/ from what measurements left there.

    python -m benchmarks.document                     # all from what is in docs/
    python -m benchmarks.document --demo=runs/demo    # and docs/demo from a finished run

Text outside the marked sections stays as it is. A test holds the pages to what this writes.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from absl import flags

from benchmarks import theorems
from benchmarks.shared import tables
from trainers import command_line

FLAGS = flags.FLAGS
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SURVEY = DOCS / "survey"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_string("demo", None, "A finished run to take picture and figures from.")


def main():
    """Updates docs/demo, if asked to, and the pages."""
    if FLAGS.demo:
        (DOCS / "demo").mkdir(parents=True, exist_ok=True)
        for name in ("samples.png", "metrics.json"):
            shutil.copy(Path(FLAGS.demo) / name, DOCS / "demo" / name)
    for page in PAGES:
        page.write_text(written(page.read_text()))


def written(text):
    """A page with its sections as the files say."""
    sections = {
        "demo": demo,
        "families": families,
        "addons": addons,
        "theory": theory,
        "diagrams": diagrams,
        "fgan": lambda: lines(*tables.fgan(SURVEY)),
        "wasserstein": lambda: lines(*tables.wasserstein(SURVEY)),
        "rows": lambda: lines(*tables.summary(SURVEY)),
        "survey": lambda: lines(*tables.survey(SURVEY)),
        "applications": lambda: lines(*tables.survey(DOCS / "applications", "applied")),
        "reuse": reuse,
        "engine": engine,
        "reliability": reliability,
        "precision": precision,
        "calibration": calibration,
        "data": data,
        "worlds": worlds,
    }
    for name, section in sections.items():
        marked = re.compile(f"(<!-- {name} -->\n).*(<!-- /{name} -->)", flags=re.DOTALL)
        text = marked.sub(lambda match, section=section: f"{match[1]}{section()}{match[2]}", text)
    return text


def demo():
    """What `make demo` reached."""
    run = read(DOCS / "demo" / "metrics.json")
    table = ["| | the GAN | | best cheap sampler | real digits |", "|---|---|---|---|---|"]
    for figure, found in run["verdicts"].items():
        real = run["references"]["other_half"][figure]
        arrow = "↓" if figure == "frechet" else "↑"
        table.append(
            f"| {LABELS[figure]} {arrow} | {found['value']:.2f} | {found['verdict']} "
            f"| {found['baseline']:.2f} ({SAMPLERS[found['sampler']]}) | {real:.2f} |"
        )
    protocol = run["scores"]["protocol"]
    missing = [k for k, n in enumerate(run["scores"]["classes"]) if not n]
    classes = f"classes {missing} are missing" if missing else "all ten classes are there"
    return lines(
        f"`make demo` ({run['model']}, recipe {run['recipe']}, {run['steps']:,} steps of "
        f"{run['batch_size']}, seed {run['seed']}) trained for {run['seconds']:.0f} s on "
        f"{run['machine']}. It saw one half of the digits; {protocol['n_fake']} samples of it, and "
        f"of samplers fitted to the same half, are compared with the {protocol['n_real']} digits "
        f"of the other in the features of a small classifier; {classes}.",
        "",
        *table,
    )


LABELS = {
    "frechet": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "coverage": "coverage",
}
SAMPLERS = {
    "other_half": "real digits, the other half",
    "noisy": "real digits, noise of .1",
    "nine_classes": "real digits without 3",
    "three_classes": "real digits 0 to 2",
    "uniform": "uniform noise",
    "one_image": "one real digit, noise of .02",
    "gmm_60": "60 Gaussians",
    "pca_kde": "kernel density on 15 components",
    "pca_gmm_10": "10 Gaussians on 25 components",
    "one_gaussian": "one Gaussian",
}


def families():
    """The families that are ready: name, class and idea, as their pages say."""
    import zoo

    measured = tables.measured(SURVEY)
    table = ["| name | class | idea | |", "|---|---|---|---|"]
    for name in zoo.list_models():
        cls = zoo.family(name)
        page = cls.__module__.replace(".", "/") + ".py"
        idea = sys.modules[cls.__module__].__doc__.splitlines()[0].split(": ", 1)[1].rstrip(".")
        state = "ready, measured" if name in measured else "ready"
        table.append(f"| `{name}` | [`{cls.__name__}`]({page}) | {idea} | {state} |")
    return lines(*table)


def addons():
    """How near our parts are to those of tensorflow-addons."""
    found = read(DOCS / "addons.json")
    stands_in = {
        "spectral": ("SpectralNormalization", "`zoo.layers.SpectralNormalization`"),
        "weight": ("WeightNormalization", "`zoo.layers.WeightNormalization`"),
        "instance": ("InstanceNormalization", "`keras.layers.GroupNormalization(groups=-1)`"),
        "group": ("GroupNormalization", "`keras.layers.GroupNormalization`"),
        "maxout": ("Maxout", "`zoo.layers.Maxout`"),
        "moving": ("MovingAverage", "`use_ema=True` of a Keras optimizer"),
    }
    table = ["| part | theirs | here | largest difference |", "|---|---|---|---|"]
    for part, difference in found["differences"].items():
        theirs, ours = stands_in[part.split()[0]]
        table.append(f"| {part} | `{theirs}` | {ours} | {difference:.0e} |")
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return lines(
        *table,
        "",
        f"Outputs of the same inputs and weights, about 1 in size, {versions}; "
        "`benchmarks/addons.py` makes both sides. The moving averages are compared after 40 steps: "
        "theirs begins with the first weights, Keras' with those after the first step.",
    )


def diagrams():
    """Who plays what in each family."""
    import zoo

    parts = []
    for name in zoo.list_models():
        cls = zoo.family(name)
        page = cls.__module__.replace(".", "/") + ".py"
        card = sys.modules[cls.__module__].__doc__.splitlines()
        idea, paper = card[0].rstrip("."), " ".join(card[2 : card.index("", 2)]).rstrip(".")
        parts += [
            f"## {idea}",
            "",
            f"`{name}`, [{page}](../{page}). {paper}.",
            "",
            f"![Players, networks and losses of {name}](diagrams/{name}.png)",
            "",
        ]
    return lines(*parts[:-1])


def theory():
    """What each theorem claims, and what was found."""
    sections = []
    for name in theorems.READING:
        found = read(DOCS / "theory" / f"{name}.json")
        table = ["| claim | measured | theory | bound | |", "|---|---|---|---|---|"]
        for one in found["claims"]:
            expected = "" if one["theory"] is None else f"{one['theory']:.5g}"
            verdict = "holds" if one["holds"] else "**does not hold**"
            text = one["text"].replace("|", "\\|")
            table.append(
                f"| {text} | {one['value']:.5g} | {expected} | {one['bound']} | {verdict} |"
            )
        code = f"benchmarks/theorems/{found['name']}.py"
        sections += [
            f"## {found['title'].rstrip('.')}",
            "",
            f"![{found['title']}](theory/{found['name']}.png)",
            "",
            f"[{code}](../{code}), seed {found['seed']}, {found['seconds']:.0f} s on "
            f"{found['machine']}.",
            "",
            *table,
            "",
        ]
    return lines(*sections[:-1])


def reuse():
    """What each model of saved_models/ is worth in each application."""
    found = read(DOCS / "reuse.json")
    jobs = list(dict.fromkeys(job for cells in found["cells"].values() for job in cells))[1:]
    table = [
        f"| model | {' | '.join(tables.in_words(job) for job in jobs)} |",
        "|---" * (len(jobs) + 1),
    ]
    table[1] += "|"
    refused = {}
    for name, cells in found["cells"].items():
        cells_text = [_worth(cells[job]) for job in jobs]
        table.append(
            f"| [{name}](../saved_models/{name}), {cells['model']} | {' | '.join(cells_text)} |"
        )
        for job in jobs:
            if "refused" in cells[job]:
                refused.setdefault(f"{tables.in_words(job)}: {cells[job]['refused']}", []).append(
                    name
                )
    return lines(
        *table,
        "",
        f"Seed {found['seed']}, {found['machine']}. A dash is what the application refuses:",
        "",
        *(f"- {reason} ({', '.join(names)})" for reason, names in refused.items()),
    )


def _worth(cell):
    if "refused" in cell:
        return "–"
    value = f"{cell['unit']} {cell['value']:.3g}"
    if "verdict" not in cell:
        return value
    return f"{value} {cell['verdict']} {cell['beside']}, {cell['reference']:.3g}"


def engine():
    """What the engine costs."""
    found = read(DOCS / "engine.json")
    share = 100.0 * (found["fit_over_loop"] - 1.0)
    verdict = "within" if found["meets_bound"] else "above"
    return lines(
        f"The engine costs {share:+.1f} % of a step beside a hand-written loop of the same DCGAN "
        f"({found['side']}x{found['side']}, batches of {found['batch_size']}, median of "
        f"{len(found['rounds'])} rounds in turns, {found['machine']}), {verdict} the bound of "
        f"{100.0 * (found['bound'] - 1.0):.0f} %: {found['images_per_second']['fit']} against "
        f"{found['images_per_second']['loop']} images/s. With both players' steps taken at once "
        f'(`compile(schedule="simultaneous")`, another game) a step takes '
        f"{100.0 * (1.0 - found['simultaneous_over_fit']):.0f} % less time.",
    )


def reliability():
    """What `make reliability` found."""
    found = read(DOCS / "reliability.json")
    kills = found["kills"]
    damaged = sum(kill["damaged"] is not None for kill in kills)
    verdict = "equal bit for bit" if found["identical"] else "NOT EQUAL"
    return lines(
        f"{found['model']}, recipe {found['recipe']}, {found['steps']:,} steps, seed "
        f"{found['seed']}: killed {len(kills)} times, after which the newest checkpoint was "
        f"damaged {damaged} times. All {found['variables']} variables of model.keras, the losses "
        f"and the scores are {verdict} to those of the run that was left alone "
        f"({found['seconds']['all']} s in all, {found['machine']}).",
    )


def precision():
    """What half precision costs."""
    found = read(DOCS / "precision.json")
    table = [
        "| precision | Fréchet distance, median | seeds | | best cheap sampler | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found["frechet"].items():
        middle = sorted(runs, key=lambda run: run["value"])[len(runs) // 2]
        each = ", ".join(f"{run['value']:.2f}" for run in runs)
        seconds = sorted(run["seconds"] for run in runs)[len(runs) // 2]
        table.append(
            f"| {name} | {middle['value']:.2f} | {each} | {middle['verdict']} "
            f"| {middle['baseline']:.2f} ({SAMPLERS[middle['sampler']]}) | {seconds:.0f} |"
        )
    return lines(
        *table,
        "",
        f"R3GAN with its penalties on one half of the digits, recipe modern, {found['steps']:,} "
        f"steps of 64, scored on the other half; {found['machine']}, which computes half precision "
        "slower than it would a GPU's.",
    )


def calibration():
    """What samplers of known quality get."""
    found = read(DOCS / "calibration.json")
    table = [
        "| sampler | Fréchet ↓ | kernel ↓ | inception ↑ | precision, recall | density, coverage "
        "| two-sample MLP | Parzen ↑ |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, got in found["samplers"].items():
        pixels = got["pixels"]
        table.append(
            f"| {SAMPLERS[name]} | {got['frechet']:.3g} | {got['kernel']:.2g} "
            f"| {got['inception_score']:.2f} | {got['precision']:.2f}, {got['recall']:.2f} "
            f"| {got['density']:.2f}, {got['coverage']:.2f} | {pixels['two_sample_mlp']:.2f} "
            f"| {pixels['parzen']:.1f} |"
        )
    protocol = found["samplers"]["other_half"]["protocol"]
    return lines(
        *table,
        "",
        f"Digits, {protocol['n_real']} real and about {protocol['n_fake']} of each sampler, k = "
        f"{protocol['k']}, seed {found['seed']}; the first six in features of the classifier, the "
        "last two of pixels. A missing class shows in recall, coverage and the Fréchet distance of "
        "features; the two-sample test sees noise that no eye does. `python -m "
        "benchmarks.calibration` writes it.",
    )


def data():
    """What reading a folder costs."""
    found = read(DOCS / "data.json")
    table = [
        "| files | memory beyond TensorFlow's | until the first batch, once | later |",
        "|---|---|---|---|",
    ]
    for count, runs in found["memory"].items():
        first, again = runs["first"], runs["again"]
        most = max(first["megabytes"], again["megabytes"])
        table.append(
            f"| {int(count):,} | {most:.0f} MB | {first['seconds_to_first_batch']:.1f} s "
            f"| {again['seconds_to_first_batch']:.1f} s |"
        )
    rates, side = found["images_per_second"], found["side"]
    verdict = "above" if found["meets_bound"] else "below"
    return lines(
        *table,
        "",
        f"JPEGs of 80 to 160 pixels, brought to {side}x{side}, one epoch in batches of "
        f"{found['batch_size']}; the memory is the process' at its highest. Batches alone come at "
        f"{rates['batches']:,} images/s, {found['ratio']} times the {rates['fit']:,} of a DCGAN "
        f"that is trained on them, {verdict} the {found['bound']:g} times that are needed "
        f"({found['machine']}).",
    )


def worlds():
    """The worlds that need no download."""
    from trainers import datasets

    rates = read(DOCS / "data.json")["worlds"]
    table = ["| | name | samples | beside x | factors | drawn |", "|---|---|---|---|---|---|"]
    for name in datasets.list_datasets():
        info = datasets.info(name)
        sizes = ", ".join(f"{split} {n:,}" for split, n in info.splits.items() if split != "all")
        beside = {None: "–", (): f"{info.classes} classes"}.get(info.y_shape)
        rate = f"{rates[name]:,}/s" if name in rates else "real"
        table.append(
            f'| <img src="gallery/{name}.png" width="200"> | `{name}` | '
            f"{_by(info.shape)}: {sizes} "
            f"| {beside or _by(info.y_shape)} | {', '.join(info.factors) or '–'} | {rate} |"
        )
    return lines(*table)


def _by(shape):
    if len(shape) > 1:
        return "x".join(map(str, shape))
    return "1 number" if shape == (1,) else f"{shape[0]} numbers"


def read(path):
    """A JSON file."""
    return json.loads(path.read_text())


def lines(*parts):
    """A section: an empty line, the parts, an empty line."""
    return "\n" + "\n".join(parts) + "\n\n"


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
