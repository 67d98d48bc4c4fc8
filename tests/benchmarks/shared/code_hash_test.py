"""The hash of what computes, and the proof of a pure renaming."""

import json
import subprocess

import pytest

from benchmarks import restamp
from benchmarks.shared import code_hash, rows

CODE = '''"""One."""
import os
from math import tau as full

TRIED = "This."


def f(x, *, width=8):
    """Two."""
    from math import pi

    text = f"{x!r:>{width}} of {pi:.3f}" " and" f" {x}"
    return [text, {"made": 1.5e-3, "é": b"é".decode() if False else None}]  # three


def picture(seed=0):
    return f(seed)
'''.replace('b"é".decode()', r'b"\xc3".decode()')


def test_what_computes_nothing_does_not_count():
    bare = "def f(x, *, width=8):\n" + CODE.split('"""Two."""\n')[1].split("# three")[0]
    bare = bare.replace("    from math import pi\n\n", "")
    assert code_hash.hash_of([CODE]) == code_hash.hash_of([bare])
    for old, new in (("1.5e-3", "1.5e-4"), ("[text", "[x"), ("width=8", "width=9")):
        assert code_hash.hash_of([CODE.replace(old, new)]) != code_hash.hash_of([CODE])


def test_the_message_of_an_error_does_not_count_and_its_kind_does():
    old, new = 'raise ValueError(f"{x} is wrong")', "raise ValueError('It is not right.') from None"
    assert code_hash.hash_of([old]) == code_hash.hash_of([new])
    assert code_hash.hash_of([old]) != code_hash.hash_of(["raise TypeError('It is wrong.')"])


def test_the_hash_is_the_same_under_every_python():
    """Python 3.11, 3.12 and 3.13 all computed this literal; the code has f-strings, which their
    parsers cut differently, and characters that their tables print differently."""
    assert code_hash.hash_of([CODE]) == "11c3d04042152e00"


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (CODE, None),
        (CODE.replace("text", "line"), None),
        (CODE.replace('"made"', '"outputs"'), None),
        (CODE.replace("width", "w"), "'width' became 'w', which is not declared"),
        (CODE.replace("text", "x"), "'text' became 'x', which is not declared"),
        (CODE.replace("1.5e-3", "1.5"), "0.0015 became 1.5"),
        (CODE.replace("[text, ", "[text, text, "), "'Dict' became 'Name'"),
        (CODE + "y = 1\n", "'Module' became 'Assign'"),
    ],
)
def test_a_change_is_a_renaming_or_its_first_other_difference_is_named(after, reason):
    found = code_hash.difference(CODE, after, {("text", "line"), ("made", "outputs")})
    assert found == reason


def test_two_names_may_not_become_one():
    found = code_hash.difference("f(a, b)", "f(b, b)", {("a", "b")})
    assert found == "'a' and 'b' both became 'b'"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with one row, measured by the code that is committed."""
    for folder in ("docs/survey", "docs/applications", "benchmarks/systems", "zoo"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "benchmarks/systems/abel.py").write_text(CODE)
    monkeypatch.setattr(rows, "ROOT", tmp_path)
    row = {"system": "abel", "seed": 0, "notes": {"source": rows.source("abel")}}
    (tmp_path / "docs/survey/abel-0.json").write_text(json.dumps(row))
    git = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "First"]):
        subprocess.run([*git, *command], check=True)
    return tmp_path


def stamp(project, renamed=()):
    path = project / "docs/survey/abel-0.json"
    verdict, text = restamp.stamped(path, "systems", "HEAD", set(renamed))
    return verdict, text, json.loads(path.read_text())["notes"]["source"]


def test_a_row_is_stamped_after_a_renaming(project):
    before = rows.source("abel")
    assert stamp(project) == ("kept", "up to date.", before)
    page = project / "benchmarks/systems/abel.py"
    page.write_text(CODE.replace("text", "line"))
    assert rows.source("abel") != before
    assert stamp(project) == (
        "stale",
        "benchmarks/systems/abel.py: 'text' became 'line', which is not declared.",
        before,
    )
    verdict, _, found = stamp(project, [("text", "line")])
    assert (verdict, found) == ("stamped", rows.source("abel"))


def test_a_row_by_older_code_is_left_as_it_is(project):
    path = project / "docs/survey/abel-0.json"
    path.write_text(path.read_text().replace(rows.source("abel"), "0" * 16))
    (project / "benchmarks/systems/abel.py").write_text(CODE.replace("1.5e-3", "2.0"))
    assert stamp(project)[0::2] == ("older", "0" * 16)


def test_pairs_are_names(tmp_path):
    path = tmp_path / "renames.txt"
    path.write_text("a=b\nc=d\n")
    assert restamp.pairs([f"@{path}", "e=f"]) == {("a", "b"), ("c", "d"), ("e", "f")}
    with pytest.raises(ValueError, match="should be pairs old=new. Received: a=b=c"):
        restamp.pairs(["a=b=c"])
