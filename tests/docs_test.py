"""What the page on the engine names exists."""

import importlib
import re

import pytest

from tests.sources import ROOT, modules

TEXT = (ROOT / "docs" / "engine.md").read_text()
NAMES = sorted(set(re.findall(r"`(\w+(?:\.\w+)+)`", TEXT)))
PATHS = sorted(set(re.findall(r"`(\w+(?:/\w+)*(?:\.py|/))`", TEXT)))
OURS = [name for name in modules(ROOT) if name.split(".")[0] == "trainers"]
ELSEWHERE = {"tf": "tensorflow", "keras": "keras", "zoo": "zoo", "trainers": "trainers"}
OF_MODELS = {"model": ("trainers.adversarial", "AdversarialModel")}
OF_MODELS["variable"] = ("keras", "Variable")


def roots(name):
    """What the first part of a name may mean: a package, a module of trainers or a class in one."""
    if name in ELSEWHERE:
        return [importlib.import_module(ELSEWHERE[name])]
    if name in OF_MODELS:
        module, cls = OF_MODELS[name]
        return [getattr(importlib.import_module(module), cls)]
    pages = [importlib.import_module(page) for page in OURS]
    named = [page for page in pages if page.__name__.split(".")[-1] == name]
    return named + [vars(page)[name] for page in pages if name in vars(page)]


def exists(dotted):
    first, *rest = dotted.split(".")
    for found in roots(first):
        for part in rest:
            found = getattr(found, part, None)
        if found is not None:
            return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_a_dotted_name_exists(name):
    assert exists(name)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path):
    assert (ROOT / path).exists()


def test_names_are_found_and_wrong_ones_are_not():
    assert len(NAMES) > 40 and len(PATHS) > 5
    assert not exists("AdversarialModel.play") and not exists("engine.critic.View")
