"""Kills a training many times, and checks that it ends with the results of an unkilled run.

    python -m benchmarks.reliability            # 20 kills, about five minutes

The same run is trained twice: without kills, and killed (SIGKILL) at random times during its start,
its steps and its writing, each time resumed by the same command. Every fifth time the newest
checkpoint is corrupted as well: a bit is flipped, or the end cut off. Weights, optimizer state and
noise of the two model.keras have to be equal bit for bit, and losses and scores too; else the exit
code is 1. The last line is one JSON object, which is also written to docs/reliability.json.
"""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
NOTICE = r"\.h5 is (corrupt|damaged)"  # printed by a resumed run that skips a checkpoint


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_string("model", "r3gan", "Which model: see zoo.list_models().")
    flags.DEFINE_enum("recipe", "modern", ["paper", "modern"], "The recipe of the model.")
    flags.DEFINE_integer("steps", 20_000, "Train steps of the run.", lower_bound=25)
    flags.DEFINE_integer("kills", 20, "How often the run is killed.", lower_bound=1)
    flags.DEFINE_integer(
        "seed", 0, "Seed of the training, and of the times of the kills.", lower_bound=0
    )
    flags.DEFINE_string("out", "docs/reliability.json", "JSON file of the figures.")


def main():
    """Trains both runs and compares their files."""
    chance = random.Random(FLAGS.seed)
    root = Path(tempfile.mkdtemp(prefix="reliability-"))
    started = time.perf_counter()
    wait_for(start(root / "alone"))
    alone = time.perf_counter() - started
    killed, kills = root / "killed", []
    while len(kills) < FLAGS.kills:
        life = start(killed)
        # Most lives reach another checkpoint; the others must not lose the previous one.
        goal = last_step(killed) + (1 if chance.random() < 0.8 else 0)
        while life.poll() is None and last_step(killed) < goal:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 8.0 if goal == last_step(killed) == 0 else 1.5))
        life.kill()
        life.communicate()
        if life.returncode != -signal.SIGKILL:
            break  # the run ended before the kill, with or without an error
        kills.append({"after_step": last_step(killed), "damaged": None})
        if not len(kills) % 5:
            kills[-1]["damaged"] = damage(killed, chance)
        print(f"kill {len(kills)}: {kills[-1]}", flush=True)
    output = wait_for(start(killed))
    figures = compare(root / "alone", killed) | {
        "kills": kills,
        "kills_asked_for": FLAGS.kills,
        # Only of the last life: the output of the killed ones is lost.
        "damage_noticed": bool(re.search(NOTICE, output)) or not kills[-1]["damaged"],
        "model": FLAGS.model,
        "recipe": FLAGS.recipe,
        "steps": FLAGS.steps,
        "seed": FLAGS.seed,
        "seconds": {"alone": round(alone), "all": round(time.perf_counter() - started)},
    }
    shutil.rmtree(root)
    fine = figures["identical"] and figures["damage_noticed"] and len(kills) == FLAGS.kills
    Path(FLAGS.out).write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))
    sys.exit(0 if fine else 1)


def start(folder):
    """Starts the run in a process of its own, new or resumed."""
    arguments = {
        "model": FLAGS.model,
        "recipe": FLAGS.recipe,
        "steps": FLAGS.steps,
        "seed": FLAGS.seed,
        "out": folder,
    }
    command = [sys.executable, "-m", "applications.image_synthesis", "--dataset=digits", "--resume"]
    command += [f"--{name}={value}" for name, value in arguments.items()]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )


def wait_for(process):
    """Returns the output of a process.

    Raises:
        ValueError: when the exit code is not 0.
    """
    output, _ = process.communicate()
    if process.returncode:
        raise ValueError(
            f"The run should end with 0. Received: {process.returncode}\n{output[-2000:]}"
        )
    return output


def last_step(folder):
    """Returns the step of the newest checkpoint in a folder, 0 without one."""
    names = [path.name.split(".")[0] for path in folder.glob("checkpoints/[0-9]*.json")]
    return max(map(int, names), default=0)


def damage(folder, chance):
    """Flips a bit of the newest checkpoint or cuts its end off; returns which of both, or None."""
    found = sorted(folder.glob("checkpoints/[0-9]*.h5"))
    if not found:
        return None
    content = bytearray(found[-1].read_bytes())
    place = chance.randrange(len(content))
    if chance.random() < 0.5:
        content[place] ^= 1 << chance.randrange(8)
        how = "a bit flipped"
    else:
        del content[place:]
        how = "cut off"
    found[-1].write_bytes(content)
    return how


def compare(one, other):
    """Returns whether two finished runs are identical, and the largest difference of weights."""
    import keras
    import numpy as np

    import zoo  # registers the families
    from trainers import runs
    from trainers.runs import loss_log

    assert zoo.list_models()
    states, losses, scores = [], [], []
    for folder in (one, other):
        model = keras.saving.load_model(folder / "model.keras")
        slots = [v for optimizer in model.optimizers.values() for v in optimizer.variables]
        states.append([np.asarray(v) for v in [*model.variables, *slots]])
        rows = loss_log.read_log(folder / "losses.csv")
        losses.append([{k: v for k, v in row.items() if k != "seconds"} for row in rows])
        scores.append(json.loads((folder / "metrics.json").read_text())["scores"])
    apart = max(float(np.abs(a - b).max()) for a, b in zip(*states, strict=True))
    same = all(np.array_equal(a, b) for a, b in zip(*states, strict=True))
    return {
        "identical": same and losses[0] == losses[1] and scores[0] == scores[1],
        "weights_apart": apart,
        "variables": len(states[0]),
        "versions": runs.versions(),
        "machine": runs.machine(),
    }


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
