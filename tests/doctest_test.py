"""Every public name has an example in its docstring, and each example prints what it claims.

A page that defines a name without a leading underscore defines a public one; where a package has
`__all__`, that speaks for the pages right beside it.
"""

import doctest
import importlib
import inspect
import math
import re
import sys

import pytest

from tests import affected
from tests.sources import ROOT, modules

# Not for users, and why: modules or packages.
INTERNAL = {
    "trainers.command_line": "what the scripts share",
    "trainers.engine": "the private halves of AdversarialModel",
    "zoo.mixins": "what families share: their methods have examples at the families",
}
# Methods that users call on a model: each has an example somewhere.
METHODS = "averaged compile evaluate export features fit generate predict save"

# Examples that train what takes long to trace; `fit` of these is tested in every_family_test.
LONG = {f"zoo.{name}" for name in ("cyclegan.CycleGAN", "mgan.MGAN", "srgan.SRGAN", "avb.AVB")}
LONG |= {"zoo.semi_supervised.SemiSupervisedGAN"}

# What takes time: trainings, models, prepared data. These of them are quick, or their page changed.
HEAVY = re.compile(r"\.(fit|compile|create|load|arrays|train)\(|zoo\.[A-Z]\w+\(|Data\.of\(")
QUICK = ("zoo.create", "trainers.adversarial.AdversarialModel")
QUICK += ("trainers.adversarial.AdversarialModel.fit",)

NUMBER = re.compile(r"[-+]?\b\d+(?:\.\d*(?:e[-+]?\d+)?|e[-+]?\d+)")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PAGES = [name for name in modules(ROOT) if name.split(".")[0] in ("zoo", "trainers")]
SCRIPTS = [name for name in modules(ROOT) if name.split(".")[0] == "applications"]


def names_of(page):
    """What a module offers to those who import it."""
    module = importlib.import_module(page)
    package = sys.modules.get(page.rpartition(".")[0])
    if not hasattr(module, "__path__") and hasattr(package, "__all__"):
        return []  # `__all__` of the package lists its public names
    own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == page]
    names = getattr(module, "__all__", [n for n in own if not n.startswith("_")])
    values = {name: getattr(module, name) for name in names}
    return [n for n, v in values.items() if inspect.isclass(v) or inspect.isfunction(v)]


def is_internal(name):
    return any(name == i or name.startswith(f"{i}.") for i in INTERNAL)


def examples_of(value):
    """The examples of a function, or of a class and its methods."""
    found = doctest.DocTestFinder().find(value, module=inspect.getmodule(value))
    return [example for test in found for example in test.examples]


class Near(doctest.OutputChecker):
    """Takes numbers with a point that differ in their last digits only, as processors do."""

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        expected, found = (list(map(float, NUMBER.findall(text))) for text in (want, got))
        near = len(expected) == len(found) and all(
            math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-7)
            for a, b in zip(expected, found, strict=True)
        )
        texts = (re.sub(r"\s*([][(),])\s*", r"\1", NUMBER.sub("0.", text)) for text in (want, got))
        return near and super().check_output(*texts, optionflags)


PUBLIC = {f"{page}.{name}": page for page in PAGES for name in names_of(page)}
PUBLIC = {name: page for name, page in PUBLIC.items() if not is_internal(name)}
EXAMPLES = {
    test.name: test
    for page in PAGES + SCRIPTS
    for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(page))
    if test.examples
}


@pytest.fixture(scope="module", autouse=True)
def data_of_their_own(tmp_path_factory):
    """Examples prepare no data where a user keeps some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFDS_DATA_DIR", str(tmp_path_factory.mktemp("datasets")))
        yield


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_an_example(name):
    value = getattr(sys.modules[PUBLIC[name]], name.rpartition(".")[2])
    assert inspect.getdoc(value), f"{name} has no docstring"
    assert examples_of(value), f"{name} has no example (>>>) in its docstring"


def level(name):
    """The marks of an example."""
    if name in LONG:
        return [pytest.mark.slow]
    test = EXAMPLES[name]
    heavy = any(HEAVY.search(example.source) for example in test.examples)
    changed = any(test.filename.endswith(f"/{path}") for path in affected.changes())
    return [pytest.mark.thorough] if heavy and name not in QUICK and not changed else []


@pytest.mark.parametrize("name", [pytest.param(n, marks=level(n)) for n in EXAMPLES])
def test_an_example_prints_what_its_docstring_claims(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = []
    runner = doctest.DocTestRunner(Near(), verbose=False, optionflags=FLAGS)
    failed, _ = runner.run(EXAMPLES[name], out=report.append)
    assert not failed, "".join(report)


def test_numbers_of_an_example_may_differ_in_their_last_digits_only():
    for want, got, same in (
        ("{'edges': 1.0}", "{'edges': 0.9999999999999999}", True),
        ("array([-1.,  1.])", "array([-1.        ,  0.99999999])", True),
        ("1.0", "0.99", False),
        ("1.0 2.0", "1.0", False),
        ("(3, 8) a 1.0", "(3, 9) a 1.0", False),
        ("1e-07 b", "0.0000001 a", False),
    ):
        assert Near().check_output(want, got, FLAGS) == same, (want, got)


@pytest.mark.parametrize("method", METHODS.split())
def test_a_method_that_users_call_has_an_example(method):
    sources = [e.source for test in EXAMPLES.values() for e in test.examples]
    assert any(f".{method}(" in source for source in sources)


def test_what_is_internal_exists():
    assert set(INTERNAL) <= set(PAGES)
