"""An architecture loads without the others and without what it does not need."""

import json
import subprocess
import sys

_SCRIPT = """
import json, sys
from skgenomics import CNNClassifier
print(json.dumps(sorted(sys.modules)))
"""
_OTHERS = (
    "attention_rnn",
    "autoencoders",
    "cnn_rnn",
    "conv_transformer",
    "long_conv",
    "mlp",
    "resnet",
    "rnn",
    "transformer",
)


def test_cnn_loads_only_what_it_needs():
    result = subprocess.run(
        [sys.executable, "-c", _SCRIPT], check=True, capture_output=True, text=True
    )
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert "skgenomics.networks.cnn" in loaded
    assert loaded.isdisjoint(f"skgenomics.networks.{name}" for name in _OTHERS)
    assert loaded.isdisjoint({"imblearn", "pytest", "matplotlib", "numba", "skops", "zarr"})
