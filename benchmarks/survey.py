"""Measures the acceptance rows of the survey's systems and writes their figures.

    python -m benchmarks.survey --system=r3gan --seed=0         # one row
    python -m benchmarks.survey --system=all --seeds=0,1,2      # a job of many

A row prints a line for each training on stderr, a line for each figure and, last, one JSON object,
which it also writes to docs/survey/SYSTEM-SEED.json. A job measures each system and seed in a
process of its own, all systems with the first seed before any with the second, and then writes
docs/survey.md. Rows that were already measured by the same code are skipped, so that the same
command continues a job that was killed; --force measures them again.

A failed bound is reported, but is no error: the exit code is 0. A row of a job that crashes is
reported at the end, after the others were measured, and then the exit code is 1.
"""

import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from absl import flags

from benchmarks import systems
from benchmarks.shared import rows
from trainers import command_line, files

SYSTEMS = sorted(module.name for module in pkgutil.iter_modules(systems.__path__))

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("system", "r3gan", f"Which rows: all, or some of {', '.join(SYSTEMS)}.")
    flags.DEFINE_integer("seed", 0, "Seed of weights, noise and order.", lower_bound=0)
    flags.DEFINE_list("seeds", None, "Several seeds, instead of --seed: a job.")
    flags.DEFINE_bool(
        "full", False, f"Includes rows that take hours in --system=all: {', '.join(rows.LARGE)}."
    )
    flags.DEFINE_bool("force", False, "Measures also rows of a job that are up to date.")
    flags.DEFINE_alias("again", "force")  # the older name
    flags.DEFINE_string("out", "docs/survey", "Folder of the JSON files.")
    flags.DEFINE_bool("picture", False, "Also draws the picture of one row, in docs/gallery.")
    flags.DEFINE_bool("preset", False, "Also saves the models of one row, in saved_models.")
    flags.DEFINE_bool("exit_with_parent", False, "Ends when stdin is closed: for rows of a job.")


def main():
    """Runs one row, or a job of them."""
    chosen, seeds = selected_rows()
    folder = files.ensure_folder(FLAGS.out, "out")
    if FLAGS.exit_with_parent:
        end_with_stdin()
    if len(chosen) == 1 and FLAGS.seeds is None:
        rows.report(row := rows.row_of(chosen[0], FLAGS.seed), folder, draw=FLAGS.picture)
        if FLAGS.preset:
            from benchmarks.shared import presets

            print(*presets.write(row), sep="\n", file=sys.stderr)
        return
    ok = run_job([(system, seed) for seed in seeds for system in chosen], folder, FLAGS.force)
    if folder.resolve() == rows.ROOT / "docs" / "survey":
        from benchmarks import document

        page = document.DOCS / "survey.md"
        page.write_text(document.written(page.read_text()))
        print(page)
    if not ok:
        sys.exit(1)


def selected_rows():
    """Returns (systems, seeds) of the flags, without duplicates."""
    with command_line.flag_errors("system"):
        unknown = sorted(set(FLAGS.system) - set(SYSTEMS))
        if FLAGS.system != ["all"] and (unknown or not FLAGS.system):
            raise ValueError(f"should be all, or of {', '.join(SYSTEMS)}. Received: {unknown}")
    every = [system for system in SYSTEMS if FLAGS.full or system not in rows.LARGE]
    chosen = every if FLAGS.system == ["all"] else list(dict.fromkeys(FLAGS.system))
    if FLAGS.preset:
        check_preset(chosen)
    if FLAGS.seeds is None:
        return chosen, [FLAGS.seed]
    with command_line.flag_errors("seeds"):
        if FLAGS["seed"].present:
            raise ValueError(f"should be given without --seed. Received: --seed={FLAGS.seed}")
        if not FLAGS.seeds or not all(seed.isdecimal() for seed in FLAGS.seeds):
            raise ValueError(
                f"should be integers from 0 on, such as 0,1,2. Received: {','.join(FLAGS.seeds)}"
            )
    return chosen, list(dict.fromkeys(map(int, FLAGS.seeds)))


def check_preset(chosen):
    """Raises a ValueError where no model can be saved, before hours of training."""
    with command_line.flag_errors("preset"):
        if len(chosen) != 1 or FLAGS.seeds is not None:
            raise ValueError("should be given with one --system and --seed. Received: a job.")
        if not hasattr(pkgutil.resolve_name(f"benchmarks.systems.{chosen[0]}"), "presets"):
            raise ValueError(f"should be given with a row that saves models. Received: {chosen[0]}")


def end_with_stdin():
    """Ends this process as soon as the other end of its stdin is closed.

    However a job ends, the row that it was measuring does not run on next to the next job.
    """

    def watch():
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_job(pairs, folder, force=False):
    """Measures rows, each in a process of its own, and skips those that are up to date.

    Args:
        pairs: list of (system, seed).
        folder: of the JSON files, a `Path`.
        force: whether to measure also rows that are up to date.

    Returns:
        Whether no row crashed.
    """
    files.remove_partial_files(folder)
    done, crashed = 0, {}
    for number, (system, seed) in enumerate(pairs, 1):
        name = f"{system}, seed {seed} ({number} of {len(pairs)})"
        up_to_date, reason = state(rows.path_of(folder, system, seed), system, seed)
        if up_to_date and not force:
            done += 1
            print(f"{name}: skipped, since {reason}.", flush=True)
            continue
        print(f"{name}: measured, since {'--force' if up_to_date else reason}.", flush=True)
        start = time.perf_counter()
        try:
            error = measure_apart(system, seed, folder)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("Stopped. The same command continues with this row.") from None
        if error:
            crashed[f"{system}, seed {seed}"] = error
        print(f"{name}: {'crashed' if error else 'done'} after {time.perf_counter() - start:.0f} s")
    measured = len(pairs) - done - len(crashed)
    print(f"{measured} measured, {done} skipped, {len(crashed)} crashed.", flush=True)
    for name, error in crashed.items():
        print(f"{name} crashed: {error}", file=sys.stderr)
    return not crashed


def state(path, system, seed):
    """Returns (whether a row's file is up to date, the reason as a clause)."""
    try:
        row = files.read_json(path)
    except ValueError:
        return False, f"{path} is corrupt"
    if row is None:
        return False, f"{path} does not exist"
    complete = isinstance(row, dict) and row.keys() >= rows.KEYS
    if not complete or (row["system"], row["seed"]) != (system, seed):
        return False, f"{path} is corrupt"
    source = row["notes"].get("source")
    if source is None:  # older than the key: measured again only with --force
        return True, f"{path} exists, though without the hash of the code that measured it"
    if source != rows.source(system):
        return False, f"{path} was measured by other code"
    return True, f"{path} was measured by the same code"


def measure_apart(system, seed, folder):
    """Runs one row in a process of its own, prints its figures, and returns its error or None."""
    flagged = {"system": system, "seed": seed, "out": folder, "verbosity": 1}  # 1: a traceback
    command = [sys.executable, "-m", "benchmarks.survey", "--exit_with_parent"]
    command += [f"--{name}={value}" for name, value in flagged.items()]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    text = {"encoding": "utf-8", "errors": "replace"}
    with tempfile.TemporaryFile("w+", **text) as errors:  # a full pipe would block the row
        with subprocess.Popen(command, **pipes, **text, stderr=errors) as process:
            for line in process.stdout:
                if not line.startswith("{"):  # the object is in its file
                    print(line, end="", flush=True)
            code = process.wait()
        if not code:
            return None
        errors.seek(0)
        message = errors.read()
    print(message, end="", file=sys.stderr, flush=True)
    if code < 0:  # the last line of stderr is not the reason
        return f"ended by signal {-code} ({signal.strsignal(-code)})"
    return next(
        (line for line in reversed(message.splitlines()) if line.strip()), f"exit code {code}"
    )


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
