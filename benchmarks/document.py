"""Writes the generated sections of README.md, docs/*.md and the cards of saved_models/.

    python -m benchmarks.document                     # from the JSON files in docs/
    python -m benchmarks.document --demo=runs/demo    # copies docs/demo from a finished run first

A section stands between `<!-- name -->` and `<!-- /name -->`; text outside of sections stays. Cards
are written completely, from the row that measured the preset: see `benchmarks.shared.presets`. A
test checks that all pages are up to date.
"""

import json
import re
import shutil
from pathlib import Path

from absl import flags

from benchmarks import theorems
from benchmarks.shared import listings, presets, tables
from benchmarks.shared.listings import lines
from trainers import command_line

FLAGS = flags.FLAGS
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SURVEY = DOCS / "survey"
SAVED_MODELS = ROOT / "saved_models"
PAGES = (ROOT / "README.md", SAVED_MODELS / "README.md", *sorted(DOCS.glob("*.md")))


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_string(
        "demo", None, "Folder of a finished run, whose picture and figures are copied."
    )


def main():
    """Updates docs/demo, if --demo is given, the pages and the cards."""
    if FLAGS.demo:
        (DOCS / "demo").mkdir(parents=True, exist_ok=True)
        for name in ("samples.png", "metrics.json"):
            shutil.copy(Path(FLAGS.demo) / name, DOCS / "demo" / name)
    for page in PAGES:
        page.write_text(written(page.read_text()))
    for folder in presets.folders(SAVED_MODELS):
        (folder / "README.md").write_text(presets.rewritten_card(folder))


def written(text):
    """Returns the text of a page with all its sections rewritten."""
    sections = {
        "demo": demo,
        "families": listings.families,
        "presets": lambda: listings.preset_table(SAVED_MODELS),
        "addons": addons,
        "theory": theory,
        "diagrams": listings.diagrams,
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
        "worlds": lambda: listings.builtin_datasets(read(DOCS / "data.json")["worlds"]),
    }
    for name, section in sections.items():
        marked = re.compile(f"(<!-- {name} -->\n).*(<!-- /{name} -->)", flags=re.DOTALL)
        text = marked.sub(lambda match, section=section: f"{match[1]}{section()}{match[2]}", text)
    return text


def demo():
    """Returns the scores of `make demo`, next to the best baseline of the same run."""
    run = read(DOCS / "demo" / "metrics.json")
    table = ["| | GAN | | best baseline | real digits |", "|---|---|---|---|---|"]
    for figure, compared in run["verdicts"].items():
        real = run["references"]["other_half"][figure]
        arrow = "↓" if figure == "frechet" else "↑"
        table.append(
            f"| {LABELS[figure]} {arrow} | {compared['value']:.2f} "
            f"| {_displayed_verdict(compared, compared['baseline'], '.2f')} "
            f"| {compared['baseline']:.2f} ({SAMPLERS[compared['sampler']]}) | {real:.2f} |"
        )
    protocol = run["scores"]["protocol"]
    missing = [k for k, n in enumerate(run["scores"]["classes"]) if not n]
    classes = f"classes {missing} are missing" if missing else "all ten classes are there"
    return lines(
        f"`make demo` ({run['model']}, recipe {run['recipe']}, {run['steps']:,} steps of "
        f"{run['batch_size']}, seed {run['seed']}) trained for {run['seconds']:.0f} s on "
        f"{run['machine']}, on one half of the digits. {protocol['n_fake']} generated samples, and "
        f"as many of baseline samplers fitted to the same half, are compared with the "
        f"{protocol['n_real']} digits of the other half, in the features of a small classifier; "
        f"{classes}.",
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


def addons():
    """Returns the differences between layers here and those of tensorflow-addons."""
    found = read(DOCS / "addons.json")
    stands_in = {
        "spectral": ("SpectralNormalization", "`zoo.layers.SpectralNormalization`"),
        "weight": ("WeightNormalization", "`zoo.layers.WeightNormalization`"),
        "instance": ("InstanceNormalization", "`keras.layers.GroupNormalization(groups=-1)`"),
        "group": ("GroupNormalization", "`keras.layers.GroupNormalization`"),
        "maxout": ("Maxout", "`zoo.layers.Maxout`"),
        "moving": ("MovingAverage", "`use_ema=True` of a Keras optimizer"),
    }
    table = ["| part | tensorflow-addons | GAN Zoo | largest difference |", "|---|---|---|---|"]
    for part, difference in found["differences"].items():
        theirs, ours = stands_in[part.split()[0]]
        table.append(f"| {part} | `{theirs}` | {ours} | {difference:.0e} |")
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return lines(
        *table,
        "",
        f"Outputs for the same inputs and weights, about 1 in size, {versions}; "
        "`benchmarks/addons.py` computes both. The moving averages are compared after 40 steps: "
        "that of tensorflow-addons begins with the first weights, that of Keras with the weights "
        "after the first step.",
    )


def theory():
    """Returns a section for each theorem, with its claims and the measured values."""
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
    """Returns the table of the scores of each preset in each application."""
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
        f"Seed {found['seed']}, {found['machine']}. A dash: the application refuses the model, "
        "because:",
        "",
        *(f"- {reason} ({', '.join(names)})" for reason, names in refused.items()),
    )


def _worth(cell):
    if "refused" in cell:
        return "–"
    value = f"{cell['unit']} {cell['value']:.3g}"
    if "verdict" not in cell:
        return value
    verdict = _displayed_verdict(cell, cell["reference"], ".3g")
    return f"{value} {verdict} {cell['beside']}, {cell['reference']:.3g}"


def _displayed_verdict(compared, reference, form):
    """Returns the verdict that a file has, or "ties with" where both figures look alike."""
    alike = f"{compared['value']:{form}}" == f"{reference:{form}}"
    return "ties with" if alike else compared["verdict"]


def engine():
    """Returns the overhead of a train step of the engine."""
    found = read(DOCS / "engine.json")
    share = 100.0 * (found["fit_over_loop"] - 1.0)
    verdict = "within" if found["meets_bound"] else "above"
    return lines(
        f"The engine costs {share:+.1f} % of a step compared with a hand-written loop of the same "
        f"DCGAN ({found['side']}x{found['side']}, batches of {found['batch_size']}, median of "
        f"{len(found['rounds'])} alternating rounds, {found['machine']}), {verdict} the bound of "
        f"{100.0 * (found['bound'] - 1.0):.0f} %: {found['images_per_second']['fit']} against "
        f"{found['images_per_second']['loop']} images/s. With simultaneous updates of both "
        f'players (`compile(schedule="simultaneous")`, another algorithm) a step takes '
        f"{100.0 * (1.0 - found['simultaneous_over_fit']):.0f} % less time.",
    )


def reliability():
    """Returns the result of `make reliability`."""
    found = read(DOCS / "reliability.json")
    kills = found["kills"]
    damaged = sum(kill["damaged"] is not None for kill in kills)
    verdict = "equal bit for bit" if found["identical"] else "NOT EQUAL"
    return lines(
        f"{found['model']}, recipe {found['recipe']}, {found['steps']:,} steps, seed "
        f"{found['seed']}: killed {len(kills)} times, after which the newest checkpoint was "
        f"corrupted {damaged} times. All {found['variables']} variables of model.keras, the losses "
        f"and the scores are {verdict} to those of the run without kills "
        f"({found['seconds']['all']} s in all, {found['machine']}).",
    )


def precision():
    """Returns the table of scores in float32 and in half precision."""
    found = read(DOCS / "precision.json")
    table = [
        "| precision | Fréchet distance, median | seeds | | best baseline | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found["frechet"].items():
        middle = sorted(runs, key=lambda run: run["value"])[len(runs) // 2]
        each = ", ".join(f"{run['value']:.2f}" for run in runs)
        seconds = sorted(run["seconds"] for run in runs)[len(runs) // 2]
        table.append(
            f"| {name} | {middle['value']:.2f} | {each} "
            f"| {_displayed_verdict(middle, middle['baseline'], '.2f')} "
            f"| {middle['baseline']:.2f} ({SAMPLERS[middle['sampler']]}) | {seconds:.0f} |"
        )
    return lines(
        *table,
        "",
        f"R3GAN with its penalties on one half of the digits, recipe modern, {found['steps']:,} "
        f"steps of 64, scored on the other half; {found['machine']}, which is slower in half "
        "precision, unlike a GPU.",
    )


def calibration():
    """Returns the table of the scores of samplers of known quality."""
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
        "features; the two-sample test detects noise that is invisible to the eye. `python -m "
        "benchmarks.calibration` measures it.",
    )


def data():
    """Returns the table of the memory and time of reading a folder of images."""
    found = read(DOCS / "data.json")
    table = [
        "| files | memory beyond TensorFlow's | seconds to the first batch | in later runs |",
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
        f"JPEGs of 80 to 160 pixels, resized to {side}x{side}, one epoch in batches of "
        f"{found['batch_size']}; the memory is the peak of the process. The input pipeline "
        f"delivers {rates['batches']:,} images/s, {found['ratio']} times the {rates['fit']:,} of "
        f"training a DCGAN on them, {verdict} the required {found['bound']:g} times "
        f"({found['machine']}).",
    )


def read(path):
    """Returns the content of a JSON file."""
    return json.loads(path.read_text())


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
