"""What counts as changed, in a clone of any kind, and which families it affects."""

import shutil

import pytest

from tests import affected
from tests.sources import ROOT

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no Git")


def git(root, *command):
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    output = affected.git(root, *who, *command)
    assert output is not None, command
    return output


def commit(root, **files):
    """Writes zoo/NAME.py and commits it."""
    (root / "zoo").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / "zoo" / f"{name}.py").write_text(text)
    git(root, "add", ".")
    git(root, "commit", "-m", "Change")


@pytest.fixture
def repository(tmp_path):
    """With two commits on main."""
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init", "--quiet")
    git(root, "symbolic-ref", "HEAD", "refs/heads/main")
    commit(root, a="1", b="1")
    commit(root, a="2")
    return root


@needs_git
def test_on_the_default_branch_what_is_not_committed_is_changed(repository):
    assert affected.changed(repository) == set()
    (repository / "zoo/b.py").write_text("2")
    (repository / "zoo/new.py").write_text("1")
    assert affected.changed(repository) == {"zoo/b.py", "zoo/new.py"}
    git(repository, "add", ".")
    assert affected.changed(repository) == {"zoo/b.py", "zoo/new.py"}
    git(repository, "commit", "-m", "Change")
    assert affected.changed(repository) == set()


@needs_git
def test_on_a_branch_what_differs_from_where_it_left_is_changed(repository):
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, b="2")
    (repository / "zoo/new.py").write_text("1")
    git(repository, "stash", "-u")
    git(repository, "checkout", "-q", "main")
    commit(repository, a="3")  # of others, meanwhile
    git(repository, "checkout", "-q", "work")
    git(repository, "stash", "pop")
    assert affected.changed(repository) == {"zoo/b.py", "zoo/new.py"}


@needs_git
@pytest.mark.parametrize("depth", [[], ["--depth=1"]])
def test_in_a_fresh_clone_nothing_is_changed_and_on_its_branch_what_was_committed(
    depth, repository, tmp_path
):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", *depth, repository.as_uri(), str(clone))
    assert affected.changed(clone) == set()
    git(clone, "checkout", "-q", "--detach")
    assert affected.changed(clone) == set()
    git(clone, "checkout", "-q", "-b", "work")
    commit(clone, b="2")
    assert affected.changed(clone) == {"zoo/b.py"}


@needs_git
def test_a_branch_whose_beginning_is_not_there_has_changed_what_is_not_committed(
    repository, tmp_path
):
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, b="2")
    git(repository, "checkout", "-q", "main")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", repository.as_uri(), str(clone))
    git(clone, "checkout", "-q", "work")
    assert affected.changed(clone) == set()
    (clone / "zoo/a.py").write_text("3")
    assert affected.changed(clone) == {"zoo/a.py"}


@needs_git
def test_a_tree_that_is_no_repository_or_lies_in_another_has_no_changes(repository, tmp_path):
    inside = repository / "unpacked"
    inside.mkdir()
    (inside / "a.py").touch()
    assert affected.changed(inside) == set()
    assert affected.changed(tmp_path) == set()


def test_without_git_there_are_no_changes(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert affected.changed(ROOT) == set()


def test_a_page_is_affected_by_what_it_imports_near_and_far_and_by_nothing_else(tmp_path):
    files = {
        "zoo/__init__.py": "from zoo.one import One\nfrom zoo.two import Two",
        "zoo/one.py": "from trainers import noise\nfrom zoo.layers import Pool",
        "zoo/two.py": "def f():\n    from zoo.networks import mlp",
        "zoo/networks/__init__.py": "",
        "zoo/networks/mlp.py": "from zoo.layers import Maxout",
        "zoo/layers/__init__.py": "from zoo.layers.maxout import Maxout\n"
        "from zoo.layers.pool import Pool",
        "zoo/layers/maxout.py": "class Maxout: ...",
        "zoo/layers/pool.py": "class Pool: ...",
        "trainers/__init__.py": "",
        "trainers/noise.py": "",
        "trainers/runs/run.py": "from trainers import noise",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    one, two = "zoo.one", "zoo.two"
    expected = {
        "zoo/one.py": {one},
        "zoo/layers/pool.py": {one},
        "zoo/layers/maxout.py": {two},
        "zoo/networks/mlp.py": {two},
        "trainers/noise.py": {one},
        "trainers/runs/run.py": set(),
        "zoo/__init__.py": set(),  # which a new family changes
        "README.md": set(),
    }
    for changed, pages in expected.items():
        assert affected.affected({one, two}, {changed}, tmp_path) == pages, changed
    assert affected.affected({one, two}, {*expected}, tmp_path) == {one, two}
