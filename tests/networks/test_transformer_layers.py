"""Embeddings and feed-forward layers, against their definitions."""

import pytest
import torch
from torch.nn import functional as F

from skgenomics.networks._transformer_layers import FeedForward, InputEmbedding


def test_channels_of_one_hot_pick_columns():
    embedding = InputEmbedding(4, 6)
    codes = torch.tensor([[2, 0, 3]])
    x = F.one_hot(codes, 4).float().transpose(1, 2)
    expected = embedding.layer.weight.T[codes] + embedding.layer.bias
    torch.testing.assert_close(embedding(x), expected)


def test_token_vectors_have_a_length_of_about_one():
    torch.manual_seed(0)
    embedding = InputEmbedding(4, 512, vocabulary_size=69)
    lengths = embedding(torch.arange(69)[None]).norm(dim=-1)
    assert ((lengths > 0.8) & (lengths < 1.2)).all()


def test_one_hot_where_tokens_are_due_is_refused():
    embedding = InputEmbedding(4, 6, vocabulary_size=10)
    with pytest.raises(ValueError, match="leave vocabulary_size=None for one-hot"):
        embedding(torch.rand(2, 4, 7))


def test_swiglu_is_a_gated_product():
    layer = FeedForward(4, 8, activation="swiglu", bias=False)
    gate, value = layer.widen.weight.split(8)
    x = torch.rand(3, 4)
    expected = (F.silu(x @ gate.T) * (x @ value.T)) @ layer.narrow.weight.T
    torch.testing.assert_close(layer(x), expected)
    assert sum(p.numel() for p in layer.parameters()) == 3 * 4 * 8


def test_gelu_between_two_linear_layers():
    layer = FeedForward(4, 8)
    x = torch.rand(3, 4)
    torch.testing.assert_close(layer(x), layer.narrow(F.gelu(layer.widen(x))))
    assert sum(p.numel() for p in layer.parameters()) == 2 * 4 * 8 + 8 + 4


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="d_feedforward must be made of positive integers"):
        FeedForward(4, 0)
    with pytest.raises(ValueError, match="activation must be one of"):
        FeedForward(4, 8, activation="swish")
