"""Restamps rows with the hash of the current code, after a change that only moved or renamed code.

    python -m benchmarks.restamp --base=HEAD~1
    python -m benchmarks.restamp --base=main --renamed=judge=discriminator,told=condition
    python -m benchmarks.restamp --base=main --renamed=@renames.txt     # a pair in each line

A row is stamped with a hash of the code that measured it (`benchmarks.shared.code_hash`). Where the
stamp is that of the code at --base, and the current code has the same syntax tree except for the
names of --renamed, the figures of the row are those of the current code, and the row gets the hash.
Every other row is left unchanged, and the reason is printed. Exits with 1 where a row that was up
to date at --base no longer is: it has to be measured again.
"""

import subprocess
import sys
from pathlib import Path

from absl import flags

from benchmarks.shared import code_hash, rows
from trainers import command_line, files

FLAGS = flags.FLAGS
ROWS = {"docs/survey": "systems", "docs/applications": "applied"}  # folder -> package


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_string("base", "HEAD", "The commit whose code the rows were measured by.")
    flags.DEFINE_list("renamed", [], "old=new names, or @FILE with one pair in each line.")


def main():
    """Stamps the rows whose code was only renamed, and prints one line for each row."""
    with command_line.flag_errors("renamed"):
        renamed = pairs(FLAGS.renamed)
    with command_line.flag_errors("base"):
        commit = git("rev-parse", "--verify", "--quiet", f"{FLAGS.base}^{{commit}}").strip()
        if not commit:
            raise ValueError(f"should be a commit. Received: {FLAGS.base}")
    stale = 0
    for folder, package in ROWS.items():
        for path in sorted((rows.ROOT / folder).glob("*.json")):
            verdict, text = stamped(path, package, commit, renamed)
            stale += verdict == "stale"
            print(f"{path.stem}: {text}")
    if stale:
        sys.exit(1)


def pairs(texts):
    """Returns the set of (old, new) in texts `old=new`, or in the lines of @FILE.

    Raises:
        ValueError: for a text that is no pair of names.
        OSError: for a file that cannot be read.

    Example:
        >>> pairs(["judge=discriminator"])
        {('judge', 'discriminator')}
    """
    found = []
    for text in texts:
        is_file = text.startswith("@")
        found += Path(text[1:]).read_text(encoding="utf-8").split() if is_file else [text]
    wrong = [text for text in found if text.count("=") != 1 or "" in text.split("=")]
    if wrong:
        raise ValueError(f"should be pairs old=new. Received: {wrong[0]}")
    return {tuple(text.split("=")) for text in found}


def stamped(path, package, commit, renamed):
    """Stamps one row where the code was only renamed; returns (verdict, sentence).

    The verdict is "kept" (up to date), "stamped", "stale" (up to date at the commit, but no longer)
    or "older" (measured by code before the commit, or without a stamp).
    """
    row = files.read_json(path)
    stamp, now = row["notes"].get("source"), rows.source(row["system"], package)
    if stamp is None:
        return "older", "has no stamp."
    if stamp == now:
        return "kept", "up to date."
    pages = rows.pages_of(row["system"], package)
    before = {page: text for page in pages if (text := git("show", f"{commit}:{page}"))}
    after = {page: (rows.ROOT / page).read_text() for page in pages if (rows.ROOT / page).exists()}
    if stamp != code_hash.hash_of(before.values()):
        return "older", "was measured by older code than that of --base."
    if before.keys() != after.keys():
        return "stale", f"other modules: {', '.join(before.keys() ^ after.keys())}."
    for page in before:
        if changed := code_hash.difference(before[page], after[page], renamed):
            return "stale", f"{page}: {changed}."
    row["notes"]["source"] = now
    files.write_json(path, row)
    return "stamped", "the same code except for names."


def git(*arguments):
    """Returns the output of a git command, "" where the command fails."""
    command = ["git", "-C", rows.ROOT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
