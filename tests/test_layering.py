"""Imports inside the package point one way, and importing one thing does not load the rest."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skgenomics

ROOT = Path(skgenomics.__file__).parent
# Each layer may import from those before it, at the top of a file or inside a function.
LAYERS = [
    {"alphabets"},
    {"sequences"},
    {"_utils"},
    {"_outputs"},
    {"genome"},
    {"motifs"},
    {"encoding", "networks", "persistence"},
    {"training", "model_selection", "negatives", "datasets"},
    {"sampling", "metrics"},
    {"estimators"},
    {"autoencoders", "language_models", "pretrained", "multiview", "uncertainty"},
    {"deployment", "embedding", "inspection", "zoo", "testing"},
    {"cli"},
    {"__main__"},
]
LAYER = {room: i for i, layer in enumerate(LAYERS) for room in layer}


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def find_imports(tree, package):
    """Yield line and absolute name of each module or member of a module that a file imports."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*parts, node.module] if node.module else parts)
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif not is_for_type_checkers(node):
            pending.extend(ast.iter_child_nodes(node))


def find_arrows():
    """Yield file, line, room and imported room of all imports between rooms of the package."""
    for path in sorted(ROOT.rglob("*.py")):
        package = ["skgenomics", *path.relative_to(ROOT).parent.parts]
        room = path.relative_to(ROOT).with_suffix("").parts[0]
        for line, name in find_imports(ast.parse(path.read_text()), package):
            parts = name.split(".")
            if parts[0] == "skgenomics" and parts[1] in LAYER and parts[1] != room:
                yield f"{path.relative_to(ROOT)}:{line}", room, parts[1]


def test_every_module_has_a_layer():
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix == ".py"}
    rooms |= {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms - {"__init__"} == LAYER.keys()


def test_imports_point_one_way():
    upward = [
        f"{place}: {room} imports {other}"
        for place, room, other in find_arrows()
        if LAYER[other] >= LAYER[room]
    ]
    assert not upward, "\n".join(upward)


def test_imports_are_found():
    """The search itself sees relative imports and those inside functions."""
    text = "from . import a\nfrom ..b import c\ndef f():\n    import skgenomics.d\n"
    found = {name for _, name in find_imports(ast.parse(text), ["skgenomics", "x", "y"])}
    assert found == {"skgenomics.x.y.a", "skgenomics.x.b.c", "skgenomics.d"}
    assert len(list(find_arrows())) > 300


def load(statement):
    """Run an import in a fresh interpreter and return the names of all modules it loads."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


ENCODERS = "OneHotEncoder, OrdinalEncoder, KmerCounter, GappedKmerCounter, PhysicochemicalEncoder"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("from skgenomics import CNNClassifier", {"cnn"}),
        ("from skgenomics import RNNClassifier", {"rnn"}),
        ("from skgenomics import MLPClassifier", {"mlp"}),
    ],
)
def test_an_estimator_loads_its_own_network_only(statement, allowed):
    modules = load(statement)
    families = {path.stem for path in (ROOT / "estimators").glob("[a-z]*.py")}
    for package in ("estimators", "networks"):
        loaded = {name for name in families if f"skgenomics.{package}.{name}" in modules}
        assert loaded <= allowed
    for name in ("imblearn", "pytest", "_pytest", "matplotlib", "numba", "pandas.plotting._core"):
        assert name not in modules or name.startswith("pandas")
    for room in ("inspection", "zoo", "multiview", "sampling", "language_models", "cli"):
        assert f"skgenomics.{room}" not in modules


def test_encoders_load_no_torch():
    modules = load(f"from skgenomics import {ENCODERS}")
    assert not modules & {"torch", "skorch", "imblearn", "numba", "matplotlib", "pytest"}


def test_the_package_itself_loads_nothing():
    modules = load("import skgenomics")
    assert not modules & {"torch", "sklearn", "numpy", "pandas"}
