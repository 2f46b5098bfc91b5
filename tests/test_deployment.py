"""Exported graphs give the predictions of the estimator, in ONNX Runtime too."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch import nn

import skgenomics
from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    MLPRegressor,
    OneHotEncoder,
    OrdinalEncoder,
    SequenceClassifier,
    SequenceLabeler,
    TransformerClassifier,
    export,
)
from skgenomics.cli import main
from skgenomics.deployment import _RECURRENT, shape_only_recurrence
from skgenomics.testing import make_text

N, LENGTH = 24, 30
X = make_text(N, LENGTH)
Y = np.arange(N) % 3
# Some shorter sequences, so that padding is masked.
UNEQUAL = [x[: LENGTH - 4 * (i % 3)] for i, x in enumerate(X)]
QUICK = {"max_iter": 1, "random_state": 0}
FAMILIES = {
    "MLP": {"hidden_units": 8},
    "CNN": {"n_filters": 8, "kernel_size": 5, "pool_size": 2, "reverse_complement": "average"},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "dilation": 1, "reverse_complement": "tied"},
    "UNet": {"n_filters": (8, 12), "kernel_size": 5},
    "RNN": {"embedding_size": 8, "hidden_size": 8},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "hidden_size": 8},
    "Transformer": {"stem_filters": 8, "d_model": 8, "n_layers": 1, "n_heads": 2},
    "LongConv": {"d_model": 8, "n_layers": 1, "filter_units": 8},
    "ConvTransformer": {"d_model": 16, "n_layers": 1, "n_heads": 2, "n_downsamplings": 1},
}


def one_hot(sequences):
    flat = OneHotEncoder(length=LENGTH).fit_transform(sequences)
    return flat.reshape(len(sequences), LENGTH, 4).transpose(0, 2, 1).copy()


def run_onnx(path, *inputs):
    session = onnxruntime.InferenceSession(path)
    names = [node.name for node in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))


def run_program(path, *inputs):
    program = torch.export.load(path).module()
    return [part.numpy() for part in program(*map(torch.from_numpy, inputs))]


@pytest.fixture(scope="module")
def model():
    return CNNClassifier(**FAMILIES["CNN"] | QUICK).fit(X, np.array(["a", "b", "c"])[Y])


def check_onnx(model, path, sequences):
    export(model, path)
    proba = model.predict_proba(sequences)
    mask = np.arange(LENGTH) < np.array([[len(x)] for x in sequences])
    # Another size of the batch than that of the example, and one sequence alone.
    for n in (len(sequences), 1):
        (found,) = run_onnx(path, one_hot(sequences[:n]), mask[:n])
        np.testing.assert_allclose(found, proba[:n], atol=1e-5)


# Each export to ONNX takes seconds.
@pytest.mark.parametrize(
    "name",
    [name if name == "CNN" else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES],
)
def test_onnx_runtime_with_padding(name, tmp_path):
    model = getattr(skgenomics, f"{name}Classifier")(**FAMILIES[name] | QUICK).fit(UNEQUAL, Y)
    assert model.strands_ == {"CNN": "average", "ResNet": "tied"}.get(name, model.strands_)
    check_onnx(model, tmp_path / "model.onnx", UNEQUAL)
    if name == "RNN":
        # One operator for all positions.
        graph = onnx.load(tmp_path / "model.onnx").graph
        assert len([node for node in graph.node if node.op_type in ("LSTM", "GRU")]) == 2


@pytest.mark.slow
def test_random_field_with_padding(tmp_path):
    """Marginals of shorter sequences end with them, and ONNX has all operators."""
    texts = ["ACGTAC", "GGCA", "TTAGC"]
    y = ["".join("NE"[base in "GC"] for base in text[1:-1]) for text in texts]
    model = SequenceLabeler(
        network="cnn", network_params={"n_filters": 4, "kernel_size": 3}, crf=True, crop=1, **QUICK
    ).fit(texts, y)
    with torch.no_grad():
        model.network_.crf.end.copy_(torch.tensor([2.0, -1.0]))
    proba = model.predict_proba(texts)
    x = OneHotEncoder(length=6).fit_transform(texts).reshape(3, 6, 4).transpose(0, 2, 1).copy()
    mask = np.arange(6) < np.array([[len(text)] for text in texts])
    export(model, tmp_path / "model.pt2")
    np.testing.assert_allclose(run_program(tmp_path / "model.pt2", x, mask)[0], proba, atol=1e-6)
    export(model, tmp_path / "model.onnx")
    np.testing.assert_allclose(run_onnx(tmp_path / "model.onnx", x, mask)[0], proba, atol=1e-5)


def test_metadata(model, tmp_path):
    export(model, tmp_path / "model.pt2", input_format="codes")
    extra = {"skgenomics.json": ""}
    torch.export.load(tmp_path / "model.pt2", extra_files=extra)
    found = json.loads(extra["skgenomics.json"])
    assert found["estimator"] == "CNNClassifier"
    assert found["inputs"] == [
        {
            "name": "sequence",
            "dtype": "uint8",
            "symbols": "ACGT",
            "length": LENGTH,
            "shape": ["batch", LENGTH],
            "kind": "codes, 4 for unknown or padding",
        }
    ]
    assert found["outputs"][0]["names"] == ["a", "b", "c"]
    assert found["versions"].keys() == {"skgenomics", "torch"}
    codes = OrdinalEncoder().fit_transform(X)
    (proba,) = run_program(tmp_path / "model.pt2", codes)
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-6)


def test_onnx_of_double_precision_and_large_units(tmp_path):
    """ONNX computes in single precision, but units are multiplied in double."""
    x = one_hot(X).transpose(0, 2, 1).reshape(N, -1).astype(np.float64)
    y = 1e6 + np.arange(N)
    model = CNNRegressor(n_filters=4, kernel_size=5, **QUICK).fit(x, y)
    export(model, tmp_path / "model.onnx")
    (found,) = run_onnx(tmp_path / "model.onnx", one_hot(X))
    assert found.dtype == np.float64
    assert found.shape == (N,)
    np.testing.assert_allclose(found, model.predict(x), rtol=0, atol=1e-3)
    text = onnx.load(tmp_path / "model.onnx").metadata_props[0].value
    assert json.loads(text)["outputs"][0]["name"] == "predictions"


def test_token_ids_and_tables(tmp_path):
    path = tmp_path / "model.pt2"
    tokens = np.random.default_rng(0).integers(1, 9, (N, 8)).astype(np.int32)
    tokens[0, 5:] = 0
    reader = TransformerClassifier(
        d_model=8, n_layers=1, n_heads=2, stem_filters=(), vocabulary_size=9, **QUICK
    )
    export(reader.fit(tokens, Y), path)
    np.testing.assert_allclose(
        run_program(path, tokens)[0], reader.predict_proba(tokens), atol=1e-6
    )
    table = np.random.default_rng(0).normal(size=(N, 5)).astype(np.float32)
    regressor = MLPRegressor(hidden_units=4, **QUICK).fit(table, table[:, :2])
    export(regressor, path)
    np.testing.assert_allclose(run_program(path, table)[0], regressor.predict(table), atol=1e-6)


def test_command_line(model, tmp_path, capsys):
    skgenomics.save(model, tmp_path / "model.skops")
    path = tmp_path / "model.pt2"
    assert main(["export", str(tmp_path / "model.skops"), str(path)]) == 0
    np.testing.assert_allclose(run_program(path, one_hot(X))[0], model.predict_proba(X), atol=1e-6)
    assert main(["export", str(tmp_path / "model.skops"), str(tmp_path / "model.pb")]) == 2
    assert "suffix of path" in capsys.readouterr().err


class _Base(nn.Module):
    def __init__(self, n_channels, length, n_outputs):
        super().__init__()
        self.output = nn.Linear(n_channels, n_outputs)


class Branching(_Base):
    def forward(self, x):
        return self.output(x.mean(dim=2) if x.mean() > 0.3 else x.amax(dim=2))


class WithoutONNX(_Base):
    def forward(self, x):
        return self.output(x.cummax(dim=2).values.mean(dim=2))


@pytest.mark.parametrize(
    ("network", "suffix", "message"),
    [
        (Branching, ".pt2", "Branching is not one graph for all batches"),
        (WithoutONNX, ".onnx", "WithoutONNX cannot be written as ONNX: .*cummax"),
    ],
)
def test_networks_that_cannot_be_exported(network, suffix, message, tmp_path):
    path = tmp_path / f"model{suffix}"
    path.write_text("before")
    model = SequenceClassifier(network=network, **QUICK).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        export(model, path)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_bad_input(model, tmp_path, monkeypatch):
    with pytest.raises(NotFittedError):
        export(CNNClassifier(), tmp_path / "model.pt2")
    with pytest.raises(ValueError, match="suffix of path"):
        export(model, tmp_path / "model.h5")
    with pytest.raises(ValueError, match="input_format"):
        export(model, tmp_path / "model.pt2", input_format="text")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        export(model, tmp_path / "absent" / "model.pt2")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ImportError, match=r"skgenomics\[export\]"):
        export(model, tmp_path / "model.onnx")


def test_tracing_leaves_recurrent_operators_as_they_were():
    before = [dict(op.py_kernels) for op in _RECURRENT]
    with pytest.raises(KeyError), shape_only_recurrence():
        raise KeyError
    assert [dict(op.py_kernels) for op in _RECURRENT] == before
    x = torch.randn(2, 5, 4)
    rnn = nn.LSTM(4, 3, batch_first=True)
    assert rnn(x)[0].abs().sum() > 0
