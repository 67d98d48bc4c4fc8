"""Every public name shows in its docstring how it is used, and what is shown there is true.

A page that defines a name without a leading underscore defines a public one; where a package has
`__all__`, that speaks for the pages right beside it.
"""

import doctest
import importlib
import inspect
import sys

import pytest

from tests.sources import ROOT, modules

# Not for users, and why: modules, or whole wings.
INTERNAL = {
    "trainers.command_line": "what the scripts share",
    "trainers.engine": "the private halves of AdversarialModel",
    "zoo.mixins": "what families share: their methods are shown at the families",
}
# What users call on a model: each is shown somewhere.
METHODS = "averaged compile evaluate features fit generate predict save"

# Examples that train what takes long to trace; `fit` of these is tested in every_family_test.
LONG = {f"zoo.{name}" for name in ("cyclegan.CycleGAN", "mgan.MGAN", "srgan.SRGAN", "avb.AVB")}
LONG |= {"zoo.semi_supervised.SemiSupervisedGAN"}

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PAGES = [name for name in modules(ROOT) if name.split(".")[0] in ("zoo", "trainers")]
SCRIPTS = [name for name in modules(ROOT) if name.split(".")[0] == "applications"]


def names_of(page):
    """What a module offers to those who import it."""
    module = importlib.import_module(page)
    package = sys.modules.get(page.rpartition(".")[0])
    if not hasattr(module, "__path__") and hasattr(package, "__all__"):
        return []  # the package says which of them are public
    own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == page]
    names = getattr(module, "__all__", [n for n in own if not n.startswith("_")])
    values = {name: getattr(module, name) for name in names}
    return [n for n, v in values.items() if inspect.isclass(v) or inspect.isfunction(v)]


def is_internal(name):
    return any(name == i or name.startswith(f"{i}.") for i in INTERNAL)


def shown(value):
    """The examples of a function, or of a class and its methods."""
    found = doctest.DocTestFinder().find(value, module=inspect.getmodule(value))
    return [example for test in found for example in test.examples]


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
    assert shown(value), f"{name} has no example (>>>) in its docstring"


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in EXAMPLES]
)
def test_an_example_does_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    failed, _ = runner.run(EXAMPLES[name], out=report.append)
    assert not failed, "".join(report)


@pytest.mark.parametrize("method", METHODS.split())
def test_what_users_call_is_shown(method):
    sources = [e.source for test in EXAMPLES.values() for e in test.examples]
    assert any(f".{method}(" in source for source in sources)


def test_what_is_internal_exists():
    assert set(INTERNAL) <= set(PAGES)
