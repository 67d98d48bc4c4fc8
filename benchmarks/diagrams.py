"""Draws a diagram of players, networks and losses for every family: docs/diagrams/MODEL.png.

    python -m benchmarks.diagrams                    # all families, a minute
    python -m benchmarks.diagrams --only=cgan,wgan

These are the block diagrams of the survey, drawn from one round of a live model: a tiny model runs
eagerly, every call of a network is recorded, and each input is traced to its source. A network has
the color of the player that trains it, grey where it is frozen, and a loss the color of the player
that minimises it. An arrow to a loss comes from what the loss reads itself: outputs of networks,
and samples of the batch (labels, which have no gradient, are left out).
"""

import contextlib
import dataclasses
from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
SYMBOLS = {
    "latent": "z",
    "images": "x",
    "source": "x",
    "labels": "y",
}  # sources, by the input that they enter
COLORS = ("#5b8c3e", "#d1603d", "#2a78b8", "#7b5ea7", "#c79a2b")
FROZEN = "#7f8c8d"
SOURCE, INK = "#eeeeee", "#333333"
COLUMN, ROW = 1.75, 0.8  # inches


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("only", None, "Names of models; by default all.")
    flags.DEFINE_string("out", "docs/diagrams", "Folder of the pictures.")


def main():
    """Writes the pictures."""
    import zoo
    from benchmarks.shared import figure_style

    names = zoo.list_models()
    with command_line.flag_errors("only"):
        unknown = sorted(set(FLAGS.only or []) - set(names))
        if unknown:
            raise ValueError(f"should be of {', '.join(names)}. Received: {unknown}")
    for name in FLAGS.only or names:
        path = Path(FLAGS.out) / f"{name}.png"
        model = tiny(name)
        title = compile_summary(model)
        figure = draw(watch(model))
        figure.axes[0].set_title(title)
        figure_style.save(figure, path)
        print(f"{path}: {path.stat().st_size / 1024:.0f} KB")


def tiny(name):
    """Returns a small model of a family, compiled with the paper's recipe."""
    import inspect

    import zoo

    default = inspect.signature(zoo.family(name)).parameters["image_shape"].default
    image_shape = (*(8,) * (len(default) - 1), 1)  # of images, or of voxels
    return zoo.create(name, scale="small", image_shape=image_shape)


def compile_summary(model):
    """Returns objective, penalties, turns and schedule of a compiled model, in a line."""
    named = [model.objective] if model.objective else []
    parts = [type(part).__name__ for part in (*named, *model.penalties)] or ["own losses"]
    parts += [f"{turns} turns of the {p}" for p, turns in model.turns.items() if turns > 1]
    return ", ".join(parts + (["simultaneous updates"] if model.schedule == "simultaneous" else []))


@dataclasses.dataclass
class Round:
    """Graph of one round of training.

    Args:
        sources: names of inputs that no network computes: "x", "z", "y".
        owners: network -> the player that trains it, the first of several; None where it is frozen.
        losses: name of a player's loss -> player.
        edges: pairs (from, to) in the order of the calls.
    """

    sources: list
    owners: dict
    losses: dict
    edges: list


def watch(model, rows=4):
    """Runs one round eagerly, without penalties, which are no players, and returns the `Round`."""
    import keras
    import tensorflow as tf
    from keras import tree

    model.compile(penalties=[])
    parts = []
    for component in model.batch_format():
        shape = (rows, *component.shape)
        parts.append(tf.zeros(shape, "int32" if component.integer else "float32"))
    batch = tuple(parts) if len(parts) > 1 else parts[0]

    names = {id(getattr(model, name)): name for name in model.network_names}
    owners = {
        name: next((p for p, owned in model.players.items() if name in owned), None)
        for name in model.network_names
    }
    for player in model.players:  # builds networks that losses derive, such as features
        model.losses_of(player, batch, model.forward(batch))
    for derived in model._ema_copy.views.values():
        layers = {id(layer) for layer in derived._flatten_layers()}
        for name in model.network_names:
            if any(id(layer) in layers for layer in getattr(model, name).layers):
                names[id(derived)] = name
    origin = {id(part): c.name for part, c in zip(parts, model.batch_format(), strict=True)}
    round_, alive, outputs = Round([], owners, {}, []), [*parts], []

    def connect(start, end):
        if start not in owners and start not in round_.sources:
            round_.sources.append(start)
        if (start, end) not in round_.edges:
            round_.edges.append((start, end))

    def source_network(tensor, tape):
        """Returns the network from whose output a tensor was computed, as by adding noise."""
        for name, output in reversed(outputs):
            if tensor.dtype.is_floating and tape.gradient(tensor, output) is not None:
                return name
        return None

    def source_of(tensor, tape, entry):
        """Returns the network or the part of the batch that a tensor comes from, or its entry."""
        entry = entry.name.split(":")[0]
        found = origin.get(id(tensor)) or source_network(tensor, tape)
        return found or SYMBOLS.get(entry, entry)

    def follow(tape, detach=False):
        def call(original, network, inputs, *args, **kwargs):
            name = names[id(network)]
            for tensor, entry in zip(tree.flatten(inputs), network.inputs, strict=True):
                start = origin.setdefault(id(tensor), source_of(tensor, tape, entry))
                if start != name:
                    connect(start, name)
                alive.append(tensor)  # what is kept alive keeps its id
            if detach:  # the inputs of a network have no direct effect on a loss
                inputs = tree.map_structure(tf.stop_gradient, inputs)
            found = original(network, inputs, *args, **kwargs)
            for tensor in tree.flatten(found):
                origin[id(tensor)] = name
                tape.watch(tensor)
                outputs.append((name, tensor))
            return found

        return _watched(keras, names, call)

    with tf.GradientTape(persistent=True) as tape, follow(tape):
        outputs_of_forward = model.forward(batch)
        for tensor in tree.flatten(outputs_of_forward):
            if id(tensor) not in origin and (network_name := source_network(tensor, tape)):
                origin[id(tensor)] = network_name
    generated = list(outputs)
    samples = [(origin[id(part)], part) for part in parts if part.dtype.is_floating]
    for player in model.players:
        outputs[:] = generated
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([tensor for _, tensor in generated + samples])
            with follow(tape, detach=True):
                losses = model.losses_of(player, batch, outputs_of_forward)
        round_.losses[f"{player} loss"] = player
        for name, tensor in outputs + samples:
            if tape.gradient(losses[f"{player}_loss"], tensor) is not None:
                connect(name, f"{player} loss")
    return round_


@contextlib.contextmanager
def _watched(keras, names, instead):
    """Context in which `instead(original, network, …)` replaces calls of the networks."""
    original = keras.layers.Layer.__call__

    def call(layer, *args, **kwargs):
        if id(layer) in names:
            return instead(original, layer, *args, **kwargs)
        return original(layer, *args, **kwargs)

    keras.layers.Layer.__call__ = call
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = original


def layout(round_):
    """Returns a dict from node to (column, height): sources to the left, losses to the right."""
    column, onward = dict.fromkeys(round_.sources, 0), []
    for start, end in round_.edges:
        if end in round_.owners and start not in reachable(end, onward):  # else it closes a cycle
            onward.append((start, end))
    for _ in round_.owners:  # the longest way from a source
        for start, end in onward:
            if start in column:
                column[end] = max(column.get(end, 1), column[start] + 1)
    last = max(column.values()) + 1
    column |= dict.fromkeys(round_.losses, last)
    found, inward = {}, [edge for edge in round_.edges if not passes(round_, *edge)]
    for i in range(last + 1):
        here = [node for node in column if column[node] == i]
        if i == 0:
            here.sort(key=lambda s: ("z", "c", "y", "x").index(s) if s in "zcyx" else 9)
            wanted = [-float(k) for k in range(len(here))]
        else:
            before = {
                node: [found[a][1] for a, b in inward if b == node and a in found] or [0.0]
                for node in here
            }
            here.sort(key=lambda n: -sum(before[n]) / len(before[n]))
            wanted = [sum(before[n]) / len(before[n]) for n in here]
            if len(here) > 1 and max(wanted) - min(wanted) < len(here) - 1:  # spread them out
                middle = sum(wanted) / len(wanted)
                wanted = [middle + (len(here) - 1) / 2 - k for k in range(len(here))]
        found |= {node: (i, height) for node, height in zip(here, wanted, strict=True)}
    return found


def passes(round_, start, end):
    """Returns whether an edge leads past the networks, from a source to a loss that reads it."""
    return start in round_.sources and end in round_.losses


def reachable(start, edges):
    """Returns the nodes that can be reached from a node along edges, including the node itself.

    Example:
        >>> sorted(reachable("b", [("a", "b"), ("b", "c"), ("c", "d")]))
        ['b', 'c', 'd']
    """
    found = [start]
    for node in found:
        found += [b for a, b in edges if a == node and b not in found]
    return set(found)


def bends_of(round_, at):
    """Returns the bends of the edges, a dict: those that pass the networks do so above or below."""
    heights = [y for _, y in at.values()]
    middle = (max(heights) + min(heights)) / 2

    def bend(start, end):
        if not passes(round_, start, end):
            return 0.0
        return -0.25 if min(at[start][1], at[end][1]) > middle else 0.25

    return {edge: bend(*edge) for edge in round_.edges}


def extreme(at, edge, bend):
    """Returns the height of the middle of a bent edge."""
    (x, y), (to_x, to_y) = at[edge[0]], at[edge[1]]
    return (y + to_y) / 2 - bend / 2 * (to_x - x) * COLUMN / ROW


def draw(round_):
    """Returns the diagram of a `Round`, a matplotlib figure."""
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    from benchmarks.shared import figure_style

    at = layout(round_)
    columns = max(x for x, _ in at.values()) + 1
    heights = [y for _, y in at.values()]
    bends = bends_of(round_, at)
    extremes = [extreme(at, edge, bend) for edge, bend in bends.items()]
    low = min(min(heights) - 0.55, min(extremes) - 0.1)
    high = max(max(heights) + 0.55, max(extremes) + 0.1)
    figure, axes = figure_style.figure(size=(COLUMN * columns, ROW * (high - low + 0.1)))
    players = dict.fromkeys(round_.losses.values())
    colors = dict(zip(players, COLORS, strict=False)) | {None: FROZEN}
    wide, tall = 0.36, 0.26
    for node, (x, y) in at.items():
        source = node in round_.sources
        color = SOURCE if source else colors[round_.losses.get(node) or round_.owners[node]]
        half = 0.17 if source else wide
        box = FancyBboxPatch(
            (x - half, y - tall),
            2 * half,
            2 * tall,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="white" if node in round_.losses else color,
            edgecolor=color if not source else "#cccccc",
            linewidth=1.6 if node in round_.losses else 0.8,
            zorder=2,
        )
        axes.add_patch(box)
        text = "white" if node in round_.owners else INK
        label = node.replace("_", "\n").replace(" ", "\n")
        size = 7.0 if label.count("\n") > 1 else 8.5
        axes.text(x, y, label, ha="center", va="center", fontsize=size, color=text, zorder=3)
    for start, end in round_.edges:
        (x, y), (to_x, to_y) = at[start], at[end]
        arrow = FancyArrowPatch(
            (x + (0.17 if start in round_.sources else wide), y),
            (to_x - wide, to_y + 0.35 * tall * max(-1.0, min(1.0, y - to_y))),
            arrowstyle="-|>",
            connectionstyle=f"arc3,rad={bends[start, end]}",
            mutation_scale=10,
            color="#888888",
            linewidth=1.0,
            shrinkA=1,
            shrinkB=1,
            zorder=1,
        )
        axes.add_patch(arrow)
    axes.set(xlim=(-0.4, columns - 0.45), ylim=(low, high))
    axes.axis("off")
    return figure


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
