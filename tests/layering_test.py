"""Who may import whom:

applications -> zoo -> trainers
      └───────────────────^

inside zoo families -> mixins -> networks -> layers, and inside trainers nothing of the engine
knows data or scores.
"""

import ast

import pytest

from tests.sources import PACKAGES, ROOT, imports, modules

# What zoo may import of trainers, beside the wing trainers/engine.
PUBLIC = "adversarial losses noise objectives penalties schedules"
PUBLIC = {f"trainers.{name}" for name in PUBLIC.split()}


# Wing of zoo -> the wings it may import.
BELOW = {
    "zoo.layers": ["zoo.layers"],
    "zoo.networks": ["zoo.layers", "zoo.networks"],
    "zoo.mixins": ["zoo.layers", "zoo.networks", "zoo.mixins"],
}


def inside(module, *packages):
    return any(module == p or module.startswith(f"{p}.") for p in packages)


def is_engine(module):
    return module in PUBLIC or inside(module, "trainers.engine")


def is_family(module):
    """zoo/gan.py is one, zoo/networks/mlp.py and zoo/presets.py are not."""
    others = (*BELOW, "zoo.presets")
    return inside(module, "zoo") and module.count(".") == 1 and module not in others


def may(importer, imported):
    """Whether one module of ours may import another."""
    if inside(importer, "tests"):
        return True
    if inside(imported, "tests"):
        return False
    if inside(imported, "applications", "benchmarks"):
        return inside(importer, imported.split(".")[0])
    if is_engine(importer):
        return is_engine(imported)
    for closed in ("trainers.datasets", "trainers.metrics"):
        if inside(importer, closed):
            return inside(imported, closed)
    if inside(importer, "trainers"):
        return inside(imported, "trainers")
    for closed, below in {**BELOW, "zoo": ["zoo"]}.items():
        if inside(importer, closed):
            return is_engine(imported) or inside(imported, *below)
    return True


def ours(root):
    """Module -> the modules of ours that it imports."""
    known = modules(root)
    found = {name: imports(path, known) for name, path in known.items()}
    return {
        name: {i for i in imported if inside(i, *PACKAGES, "tests")}
        for name, imported in found.items()
    }


def violations(root):
    return [
        f"{importer} imports {imported}"
        for importer, names in ours(root).items()
        for imported in sorted(names)
        if not may(importer, imported)
    ]


def parents(root):
    """Family -> the other families that its module imports."""
    return {
        module: {i for i in names if is_family(i)}
        for module, names in ours(root).items()
        if is_family(module)
    }


def depths(root):
    """Class of zoo -> how many classes lie between it and AdversarialModel, counting itself."""
    bases = {}
    for module, path in modules(root).items():
        if inside(module, "zoo"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    bases[node.name] = [ast.unparse(base).split(".")[-1] for base in node.bases]

    def depth(name):
        if name == "AdversarialModel":
            return 0
        above = [depth(base) for base in bases.get(name, [])]
        above = [d for d in above if d is not None]
        return 1 + max(above) if above else None

    return {name: depth(name) for name in bases if depth(name) is not None}


def test_imports_follow_the_arrows():
    assert violations(ROOT) == []


def test_a_family_has_at_most_one_parent():
    assert {family: names for family, names in parents(ROOT).items() if len(names) > 1} == {}


def test_a_family_is_at_most_two_classes_below_the_engine():
    found = depths(ROOT)
    assert found, "no family found"
    assert {name: depth for name, depth in found.items() if depth > 2} == {}


def test_nothing_imports_tensorflow_addons():
    """It is archived and does not import beside Keras 3; one script is run where it does."""
    known = modules(ROOT)
    known.pop("benchmarks.addons")
    for path in known.values():
        assert not any(inside(i, "tensorflow_addons", "tfa") for i in imports(path, known)), path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("zoo/a.py", "from trainers import metrics"),
        ("zoo/a.py", "import trainers.datasets"),
        ("zoo/a.py", "from trainers.runs.run import train"),
        ("zoo/networks/a.py", "from zoo.gan import GAN"),
        ("zoo/networks/a.py", "import zoo"),
        ("zoo/layers/a.py", "from zoo.networks import mlp"),
        ("zoo/mixins/a.py", "from zoo.gan import GAN"),
        ("trainers/adversarial.py", "def f():\n    from trainers import metrics"),
        ("trainers/noise.py", "import trainers.datasets"),
        ("trainers/runs/run.py", "import zoo"),
        ("trainers/metrics/a.py", "from trainers import noise"),
        ("trainers/datasets/a.py", "from trainers.metrics import frechet"),
        ("benchmarks/a.py", "from applications import image_synthesis"),
        ("applications/a.py", "import benchmarks.survey"),
    ],
)
def test_an_import_against_the_arrows_is_found(tmp_path, module, line):
    for known in (
        "zoo/gan.py",
        "zoo/networks/mlp.py",
        "trainers/metrics/frechet.py",
        "trainers/datasets/__init__.py",
        "trainers/noise.py",
        "trainers/runs/run.py",
        "applications/image_synthesis.py",
        module,
    ):
        (tmp_path / known).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / known).touch()
    (tmp_path / "trainers/metrics/__init__.py").touch()
    assert violations(tmp_path) == []
    (tmp_path / module).write_text(line)
    assert len(violations(tmp_path)) == 1


def test_a_third_generation_and_a_second_parent_are_found(tmp_path):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo/gan.py").write_text("class GAN(adversarial.AdversarialModel): ...")
    (tmp_path / "zoo/dcgan.py").write_text("from zoo.gan import GAN\nclass DCGAN(GAN): ...")
    (tmp_path / "zoo/c.py").write_text(
        "from zoo.gan import GAN\nfrom zoo.dcgan import DCGAN\nclass C(DCGAN): ..."
    )
    assert depths(tmp_path) == {"GAN": 1, "DCGAN": 2, "C": 3}
    assert parents(tmp_path)["zoo.c"] == {"zoo.gan", "zoo.dcgan"}
