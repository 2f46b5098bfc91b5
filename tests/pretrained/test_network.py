"""Heads, adapters, and learning rates of the parts of a network."""

import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from skgenomics.pretrained import PretrainedClassifier
from skgenomics.pretrained._loading import load_checkpoint
from skgenomics.pretrained._network import add_adapters

ADAPTERS = {"rank": 2, "alpha": 6.0, "dropout": 0.0}
ALL = ("query", "key", "value", "attention.output.dense", "intermediate.dense")


@pytest.fixture
def model(checkpoints):
    return load_checkpoint(checkpoints["bases"]).model


def test_adapters_add_low_rank_products(model):
    """Hu et al. (2022): W x + alpha / r * B A x, with W as it was."""
    layer = model.encoder.layer[0].attention.self.query
    weight, bias = layer.weight.clone(), layer.bias.clone()
    add_adapters(model, targets=["query"], **ADAPTERS)
    layer = model.encoder.layer[0].attention.self.query
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert (a.shape, b.shape) == ((2, 8), (8, 2))
    nn.init.normal_(b)
    x = torch.randn(3, 8)
    expected = x @ (weight + 6.0 / 2 * b @ a).T + bias
    assert_allclose(layer(x).detach(), expected.detach(), atol=1e-5)


def test_adapters_change_nothing_at_first(checkpoints, model):
    ids = torch.tensor([[2, 5, 6, 7, 3]])
    add_adapters(model, targets=None, **ADAPTERS)
    with torch.no_grad():
        states = [m(ids)[0] for m in (model.eval(), load_checkpoint(checkpoints["bases"]).model)]
    assert torch.equal(*states)


def test_all_linear_layers_below_the_states_get_adapters(model):
    names = add_adapters(model, targets=None, **ADAPTERS)
    assert len(names) == 2 * 6
    assert not any("pooler" in name for name in names)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert len(trained) == 2 * len(names)
    assert all("lora_" in name for name in trained)


@pytest.mark.parametrize(
    ("targets", "n"), [("query", 2), (["query", "value"], 4), (["attention.output.dense"], 2)]
)
def test_layers_by_name(model, targets, n):
    assert len(add_adapters(model, targets=targets, **ADAPTERS)) == n


def test_names_of_no_layer(model):
    with pytest.raises(ValueError, match="lora_targets has 'Wqkv', which matches no layer"):
        add_adapters(model, targets=["query", "Wqkv"], **ADAPTERS)


def test_models_without_linear_layers(checkpoints):
    model = load_checkpoint(checkpoints["custom"], trust_remote_code=True).model
    with pytest.raises(ValueError, match=r"has no linear layer .* out of 0, 1, embeddings"):
        add_adapters(model, targets=None, **ADAPTERS)
    assert add_adapters(model, targets=["embeddings"], **ADAPTERS) == ["embeddings"]


def test_missing_peft(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ImportError, match=r'needs peft: pip install "skgenomics\[lm\]"'):
        add_adapters(model, targets=None, **ADAPTERS)


@pytest.mark.parametrize(
    ("settings", "base_rate"),
    [
        ({"mode": "full"}, 3e-5),
        ({"mode": "lora"}, 1e-4),
        ({"mode": "full", "base_learning_rate": 0.5}, 0.5),
    ],
)
def test_learning_rates(checkpoints, sequences, settings, base_rate):
    """The head has one, what comes from the checkpoint has another."""
    model = PretrainedClassifier(
        checkpoints["bases"], max_iter=1, schedule=None, learning_rate=0.01, **settings
    ).fit(sequences, np.arange(len(sequences)) % 2)
    head = {id(weight) for weight in model.network_.output.parameters()}
    groups = model.net_.optimizer_.param_groups
    assert len(groups) == 2
    for group in groups:
        is_head = {id(weight) in head for weight in group["params"]}
        assert len(is_head) == 1
        assert group["lr"] == pytest.approx(0.01 if is_head.pop() else base_rate)
