"""One thread unless OMP_NUM_THREADS says otherwise: a shared machine punishes spinning threads."""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest
import torch
from _pytest.doctest import DoctestItem

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

# Files and functions, as benchmarks/slow_tests.py writes them.
SLOW = frozenset((Path(__file__).parent / "slow_tests.txt").read_text().split())
# Their examples train networks.
TRAINING = {
    *("autoencoders", "estimators", "inspection", "language_models", "multiview", "pretrained"),
    *("uncertainty", "zoo"),
}


def is_slow(item):
    """Tell whether a test belongs to a group of which the quick lane runs a part."""
    if isinstance(item, DoctestItem):
        return item.path.suffix in (".md", ".rst") or bool(TRAINING & set(item.path.parts))
    if item.name.startswith(("test_scikit_learn", "test_text[")) and hasattr(item, "callspec"):
        # Of the networks, two go through the conformance checks in the quick lane.
        cls = type(item.callspec.params.get("estimator"))
        trains = not cls.__module__.startswith(("skgenomics.encoding", "skgenomics.genome"))
        return trains and cls.__name__ not in ("CNNClassifier", "MLPRegressor")
    name = item.nodeid.partition("[")[0]
    return name in SLOW or name.partition("::")[0] in SLOW


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if is_slow(item):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Seed the generators of all, so that no result depends on which tests ran before."""
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
