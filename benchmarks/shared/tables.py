"""Markdown tables of the figures of acceptance rows, from the JSON files that scripts wrote.

Each function takes the folder of the files and returns lines of Markdown.
"""

import inspect
import json
import pkgutil
import statistics


def measured(folder):
    """Returns a dict from system to the list of its rows, in the order of their seeds."""
    found = {}
    for path in folder.glob("[!.]*.json"):  # a dot: a partial file of a killed process
        row = json.loads(path.read_text())
        found.setdefault(row["system"], []).append(row)
    return {name: sorted(found[name], key=lambda row: row["seed"]) for name in sorted(found)}


def medians(rows):
    """Returns a dict from figure name to its values over the seeds.

    Each value is (medians, in the form of `acceptance.gate`; (least, greatest); list of seeds).
    """
    from benchmarks.shared import acceptance  # brings TensorFlow

    found = {}
    for name in dict.fromkeys(name for row in rows for name in row["figures"]):
        seeds = [row["seed"] for row in rows if name in row["figures"]]
        gates = [row["figures"][name] for row in rows if name in row["figures"]]
        value, reference, A, B = (
            statistics.median(gate[key] for gate in gates)
            for key in ("value", "reference", "A", "B")
        )
        figure = acceptance.gate(value, reference, A, B, higher=acceptance.more_is_better(gates[0]))
        values = [gate["value"] for gate in gates]
        found[name] = figure, (min(values), max(values)), seeds
    return found


def met(figure):
    """Returns which bound a figure meets: "target", only "required", or "failed"."""
    return "target" if figure["meets_B"] else "required" if figure["meets_A"] else "failed"


def verdict_text(figure):
    """Returns the comparison of a figure with its reference, such as "beats 0.5"."""
    from benchmarks.shared import acceptance  # brings TensorFlow

    return f"{acceptance.verdict(figure)} {figure['reference']:.4g}"


def summary(folder):
    """Returns a table with a line for each system: how many figures meet which bound."""
    from benchmarks.shared import acceptance  # brings TensorFlow

    heads = ("target met", "only required met", "failed", "beat baseline")
    table = [f"| system | seeds | figures | {' | '.join(heads)} |"]
    table.append("|---|---|---|---|---|---|---|")
    for system, rows in measured(folder).items():
        figures = {name: figure for name, (figure, *_) in medians(rows).items()}
        reached = [met(figure) for figure in figures.values()]
        failed = [in_words(name) for name, figure in figures.items() if met(figure) == "failed"]
        beaten = [acceptance.verdict(figure) for figure in figures.values()].count("beats")
        table.append(
            f"| {system} | {len(rows)} | {len(figures)} | {reached.count('target')} "
            f"| {reached.count('required')} | {len(failed)}{': ' if failed else ''}"
            f"{', '.join(failed)} "
            f"| {beaten} |"
        )
    return [
        *table,
        "",
        "Medians over the seeds. The last column counts the figures that beat their reference, the "
        "best baseline of the same run.",
    ]


def survey(folder, package="systems"):
    """Returns a section for each system: the measurement, every figure, and the ablations."""
    parts = []
    for system, rows in measured(folder).items():
        module = pkgutil.resolve_name(f"benchmarks.{package}.{system}")
        code = f"benchmarks/{package}/{system}.py"
        seconds = statistics.median(row["seconds"] for row in rows)
        machines = " or ".join(dict.fromkeys(row["notes"]["machine"] for row in rows))
        recipes = " or ".join(dict.fromkeys(row["recipe"] for row in rows))
        parts += [
            f"## {module.__doc__.splitlines()[0].rstrip('.')}",
            "",
            f"[{code}](../{code}); recipe: {recipes}; {_seeds(row['seed'] for row in rows)}; "
            f"{seconds:.0f} s per seed (median) on {machines}.",
            "",
            "| figure | median | min to max | required | target | result | reference |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, (figure, ends, seeds) in medians(rows).items():
            only = "" if len(seeds) == len(rows) else f" ({_seeds(seeds)} only)"
            spread = " to ".join(dict.fromkeys(f"{end:.4g}" for end in ends))
            parts.append(
                f"| {in_words(name)}{only} | {figure['value']:.4g} | {spread} | {figure['A']:g} "
                f"| {figure['B']:g} | {met(figure)} "
                f"| {verdict_text(figure)} |"
            )
        parts.append("")
        if hasattr(module, "notes_table"):
            parts += [*module.notes_table(rows[0]["notes"]), "", f"Seed {rows[0]['seed']}.", ""]
        if (folder.parent / "gallery" / f"{system}.png").exists():
            caption = inspect.getdoc(module.picture).partition("\n\n")[0].replace("\n", " ")
            parts += [f"![{caption}](gallery/{system}.png)", "", f"{caption} Seed 0.", ""]
        if ablations := getattr(module, "ABLATIONS", ""):
            parts += [inspect.cleandoc(ablations), ""]
    return parts[:-1]


def fgan(folder):
    """Returns a table of the Gaussians that f-GAN learned for each divergence, over the seeds."""
    runs = [row["notes"] for row in measured(folder)["fgan"]]
    table = [
        "| divergence | D_f of the best Gaussian | best μ | best σ | F learned | μ learned "
        "| σ learned |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, first in runs[0]["table"].items():
        exact = " | ".join(f"{value:.4f}" for value in first["exact"])
        learned = zip(*(run["table"][name]["learned"] for run in runs), strict=True)
        middle = " | ".join(f"{sorted(values)[len(values) // 2]:.4f}" for values in learned)
        table.append(f"| {in_words(name)} | {exact} | {middle} |")
    mean, deviation = runs[0]["maximum_likelihood"]
    return [
        *table,
        "",
        f"Medians of {len(runs)} seeds. Maximum likelihood gives μ = {mean:.4f} and σ = "
        f"{deviation:.4f} whatever the divergence, which is the best of KL. Total variation fails: "
        "½ tanh is flat on both sides, and the gradients of both players vanish.",
    ]


def wasserstein(folder):
    """Returns a table of WGAN-GP's estimates in each case, over the seeds."""
    rows = measured(folder)["wgan_gp"]
    table = [
        "| case | W₁ | objective | over W₁ | 1 + W₁/2λ | mean gradient norm | objective / norm "
        "| from samples |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in rows[0]["notes"]["table"]:
        cases = sorted((row["notes"]["table"][name] for row in rows), key=lambda case: case["raw"])
        case = cases[len(cases) // 2]
        table.append(
            f"| {name} | {case['exact']:.4f} | {case['raw']:.4f} | {case['raw_over_exact']:.3f} "
            f"| {case['law']:.3f} | {case['slope']:.3f} | {case['raw'] / case['slope']:.4f} "
            f"| {case['samples']:.4f} |"
        )
    stuck = [f"{name} (seed {row['seed']})" for row in rows for name in row["notes"]["stuck"]]
    return [
        *table,
        "",
        f"λ = 10, the median of {len(rows)} seeds. *From samples*: the distance of 20,000 "
        "sorted samples on the line, of 1,000 by the best assignment elsewhere. Without the first "
        f"500 steps of the one-sided penalty these got stuck: {', '.join(stuck) or 'none'}.",
    ]


def in_words(name):
    """Returns a name of the JSON files with spaces for underscores."""
    return name.replace("_", " ")


def _seeds(seeds):
    seeds = [str(seed) for seed in seeds]
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
