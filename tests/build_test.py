"""The BUILD files match the source tree, as read without Bazel: their language is nearly Python."""

import ast
import dataclasses
import types
from pathlib import Path

from tests.sources import PACKAGES, ROOT, imports, modules


@dataclasses.dataclass
class Target:
    kind: str  # py_library, py_test, py_binary
    srcs: list  # labels of files
    deps: list  # labels of targets


def label(text, package):
    """In full: "a" and ":a" in package p -> "//p:a", "//a/b" -> "//a/b:b"."""
    if not text.startswith("//"):
        return f"//{package}:{text.removeprefix(':')}"
    return text if ":" in text else f"{text}:{text.split('/')[-1]}"


def label_of(path, root):
    """Of a file: the nearest folder above it that has a BUILD file is its package."""
    package = next((p for p in path.parents if (p / "BUILD").exists()), path.parent)
    return label(path.relative_to(package).as_posix(), package.relative_to(root).as_posix())


def targets(root):
    """Label -> Target, of every BUILD file."""
    found = {}
    for folder in (*PACKAGES, "tests"):
        for build in (root / folder).rglob("BUILD"):
            run(build, root, build.parent.relative_to(root).as_posix(), found)
    return found


def run(path, root, package, found):
    """Runs a BUILD file, or a .bzl file that one loads, adds its targets, returns its names."""

    def glob(include, exclude=(), allow_empty=False):
        folder = root / package

        def matches(patterns):
            files = {f for pattern in patterns for f in folder.glob(pattern) if f.is_file()}
            return {f.relative_to(folder).as_posix() for f in files}

        names = sorted(matches(include) - matches(exclude))
        names = [n for n in names if not _in_package(folder, n)]
        assert names or allow_empty, f"{path}: nothing matches {include}"  # as in Bazel 8
        return names

    def rule(kind):
        def define(name, srcs=(), deps=(), **attributes):
            full = label(name, package)
            assert full not in found, f"{path}: two targets are called {full}"
            srcs, deps = ([label(text, package) for text in texts] for texts in (srcs, deps))
            assert len({*deps}) == len(deps), f"{full} repeats a dependency: {deps}"
            found[full] = Target(kind, srcs, deps)

        return define

    def load(file, *names):
        if file.startswith("//"):
            loaded = run(root / file[2:].replace(":", "/"), root, package, found)
            scope.update({name: loaded[name] for name in names})

    scope = {kind: rule(kind) for kind in ("py_binary", "py_library", "py_test")}
    scope |= {"glob": glob, "package_name": lambda: package}
    scope["native"] = types.SimpleNamespace(**scope)
    scope |= {"load": load, "package": dict, "exports_files": list}
    exec(compile(path.read_text(), path, "exec"), scope)
    return scope


def _in_package(folder, name):
    """Whether a file lies in a package below the folder, which no glob of the folder reaches."""
    return any((folder / parent / "BUILD").exists() for parent in Path(name).parents[:-1])


def owners(root):
    """Label of a file -> the libraries and tests it belongs to. A binary repeats its script."""
    found = {}
    for name, target in targets(root).items():
        if target.kind != "py_binary":
            for src in target.srcs:
                found.setdefault(src, []).append(name)
    return found


def missing_deps(root):
    """What targets import without naming it in `deps`."""
    known, owned = modules(root), owners(root)
    missing = []
    for name, target in targets(root).items():
        for module, path in known.items():
            if label_of(path, root) not in target.srcs:
                continue
            for imported in sorted(imports(path, known) & set(known)):
                owner = owned.get(label_of(known[imported], root), ["nothing"])[0]
                if owner not in (name, *target.deps) and target.kind != "py_binary":
                    missing.append(f"{name} needs {owner}: {module} imports {imported}")
    return missing


def reached(name, known):
    """The targets that one depends on, near and far, and itself."""
    found, ahead = set(), [name]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += known[name].deps
    return found


def test_every_file_belongs_to_one_target():
    owned = owners(ROOT)
    main = "//tests:pytest_main.py"  # shared by the tests, which it runs
    files = {label_of(path, ROOT) for path in modules(ROOT).values()} - {main}
    assert {file: owned.get(file, []) for file in files if len(owned.get(file, [])) != 1} == {}
    assert set(owned) - {main} == files


def test_every_dependency_exists():
    known = targets(ROOT)
    assert {d for target in known.values() for d in target.deps} - set(known) == set()


def test_dependencies_run_in_no_circle():
    known = targets(ROOT)
    for name, target in known.items():
        assert not any(name in reached(dep, known) for dep in target.deps), name


def test_what_is_imported_is_a_dependency():
    assert missing_deps(ROOT) == []


def test_dependencies_state_the_layering():
    known = targets(ROOT)
    datasets = "//trainers/datasets:datasets", "//trainers/datasets/builtin:builtin"
    for closed in (datasets, ["//trainers:engine"], ["//trainers/metrics:metrics"]):
        assert reached(closed[0], known) == set(closed)
    zoo = reached("//zoo:zoo", known)
    assert all(n.startswith("//zoo") or n == "//trainers:engine" for n in zoo), zoo
    assert not any(n.startswith("//zoo") for n in reached("//trainers:trainers", known))
    for name, target in known.items():
        for script in ("//applications", "//benchmarks"):
            users = (script, "//tests")
            assert name.startswith(users) or not any(d.startswith(script) for d in target.deps)


def test_every_script_has_a_binary():
    """Built from the script itself and the library that holds it."""
    known, owned = targets(ROOT), owners(ROOT)
    for path in modules(ROOT).values():
        if path.parent not in (ROOT / "applications", ROOT / "benchmarks"):
            continue
        guards = [
            ast.unparse(n.test) for n in ast.parse(path.read_text()).body if type(n) is ast.If
        ]
        if "__name__ == '__main__'" in guards:
            script = label_of(path, ROOT)
            binary = known.get(script.removesuffix(".py"))
            assert binary == Target("py_binary", [script], owned[script]), script


def test_a_forgotten_dependency_is_found(tmp_path):
    for package, text in {"zoo": "from trainers import noise", "trainers": ""}.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "noise.py").write_text(text)
        (tmp_path / package / "BUILD").write_text(
            f"py_library(name = '{package}', srcs = glob(['*.py']))"
        )
    assert missing_deps(tmp_path) == [
        "//zoo:zoo needs //trainers:trainers: zoo.noise imports trainers.noise"
    ]
    (tmp_path / "zoo/BUILD").write_text(
        "py_library(name = 'zoo', srcs = ['noise.py'], deps = ['//trainers'])"
    )
    assert missing_deps(tmp_path) == []
