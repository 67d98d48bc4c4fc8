"""The modules of the project and what they import, read without running them."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("zoo", "trainers", "applications", "benchmarks")


def modules(root):
    """Dotted name -> path of every module of the library and of the tests."""
    found = {}
    for package in (*PACKAGES, "tests"):
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path, known):
    """The modules that a file imports, anywhere in it; of ours, `known`, the finest that is one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are by full path"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found
