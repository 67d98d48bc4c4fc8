"""The families whose code was changed, so that `make test` runs all their rows.

Quick tests hold a check on a few rows of tests/zoo/families.py; a change to a family, or to what it
imports, brings the rest of its rows back. Changed is what differs from the commit where the branch
left the default branch; on the default branch itself, what is not committed. Without Git, without a
repository, or in a clone too shallow to tell, nothing counts as changed beyond that:
`make test-thorough` runs every row anyway.
"""

import ast
import functools
import os
import subprocess

from tests.sources import ROOT, imports, modules


def git(root, *command):
    """The lines that Git prints, or None where it fails or is missing."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *command],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.splitlines() if done.returncode == 0 else None


def base(root):
    """The commit that the tree is compared with."""
    branch = git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or [None]
    known = git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD") or []
    for default in [*known, "origin/main", "main"]:
        if git(root, "rev-parse", "--verify", "--quiet", f"{default}^{{commit}}"):
            if branch[0] == default.removeprefix("origin/"):
                return "HEAD"
            left = git(root, "merge-base", "HEAD", default)
            return left[0] if left else "HEAD"
    return "HEAD"


def changed(root):
    """The files that differ from `base`, and those that Git does not know yet, relative to root."""
    if git(root, "rev-parse", "--show-cdup") != [""]:  # no repository, or inside another
        return set()
    tracked = git(root, "diff", "--name-only", "--no-renames", base(root), "--") or []
    return {*tracked, *(git(root, "ls-files", "--others", "--exclude-standard") or [])}


def exported(path):
    """Name -> module, of what the page of a package takes from others: {"Dropout": "a.dropout"}."""
    return {
        alias.asname or alias.name: node.module
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def graph(root, packages=("zoo", "trainers")):
    """Module -> the modules of these packages that it imports, and for a name that a package only
    passes on, the one that it comes from."""
    known = {n: path for n, path in modules(root).items() if n.split(".")[0] in packages}
    offered = {n: exported(path) for n, path in known.items() if path.name == "__init__.py"}
    found = {}
    for module, path in known.items():
        found[module] = imports(path, known) & set(known)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in offered:
                owners = {offered[node.module].get(alias.name) for alias in node.names}
                if None not in owners:
                    found[module] = found[module] - {node.module} | owners & set(known)
    return found


def reached(module, imported):
    """The modules that one imports, near and far, and itself."""
    found, ahead = set(), [module]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += imported.get(name, ())
    return found


def affected(pages, files, root=ROOT):
    """Those of the modules `pages` that are among `files` or import one of them, near or far."""
    paths = {name: path.relative_to(root).as_posix() for name, path in modules(root).items()}
    touched = {name for name, path in paths.items() if path in files}
    if not touched:
        return set()
    imported = graph(root)
    return {page for page in pages if reached(page, imported) & touched}


@functools.cache
def changes():
    """`changed` of this tree, computed once."""
    return frozenset(changed(ROOT))
