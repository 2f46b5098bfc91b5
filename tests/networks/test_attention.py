"""Attention: brute force over pairs, and maps that explain the output."""

import pytest
import torch

from skgenomics.networks._attention import (
    RelativeAttention,
    SelfAttention,
    join_bias,
    join_heads,
    relative_shift,
    visible_keys,
)
from skgenomics.networks._positional_encoding import AlibiPositions, RotaryPositions

MASK = torch.tensor([[True] * 7, [True] * 4 + [False] * 3, [False] * 2 + [True] * 5])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_relative_shift_is_a_look_up_by_distance(n):
    x = torch.rand(2, 3, n, 2 * n - 1)
    shifted = relative_shift(x)
    assert shifted.shape == (2, 3, n, n)
    for i in range(n):
        for j in range(n):
            assert torch.equal(shifted[..., i, j], x[..., i, j - i + n - 1])


def test_self_attention_is_a_weighted_mean_of_values():
    torch.manual_seed(0)
    attention = SelfAttention(8, 2).double()
    x = torch.randn(3, 7, 8, dtype=torch.float64)
    out = attention(x, visible_keys(MASK))
    query, key, value = attention.query(x), attention.key(x), attention.value(x)
    for row in range(3):
        for i in range(7):
            parts = []
            for head in (slice(0, 4), slice(4, 8)):
                logits = (key[row, MASK[row], head] @ query[row, i, head]) / 2
                parts.append(logits.softmax(0) @ value[row, MASK[row], head])
            torch.testing.assert_close(out[row, i], attention.out(torch.cat(parts)))


@pytest.mark.parametrize("positions", ["rotary", "alibi", "none"])
@pytest.mark.parametrize("mask", [MASK, None])
def test_maps_of_values_are_the_output(positions, mask):
    torch.manual_seed(0)
    attention = SelfAttention(8, 2).double()
    x = torch.randn(3, 7, 8, dtype=torch.float64)
    bias = AlibiPositions(2).bias(x) if positions == "alibi" else None
    rotation = RotaryPositions(4).rotation(x) if positions == "rotary" else None
    seen = join_bias(visible_keys(mask), bias)
    maps = attention.maps(x, seen, rotation)
    expected = attention.out(join_heads(maps @ attention.values(x)))
    torch.testing.assert_close(attention(x, seen, rotation), expected)
    torch.testing.assert_close(maps.sum(-1), torch.ones(3, 2, 7).double())
    if mask is not None:
        assert (maps.transpose(1, 3)[~mask] == 0).all()


def test_alibi_makes_equal_keys_fade_with_distance():
    attention = SelfAttention(4, 1).double()
    x = torch.ones(1, 6, 4, dtype=torch.float64)
    maps = attention.maps(x, AlibiPositions(1).bias(x)[None])[0, 0]
    slope = 2**-8
    expected = (-slope * (torch.arange(6) - 2).abs().double()).softmax(0)
    torch.testing.assert_close(maps[2], expected)


def relative_attention():
    torch.manual_seed(0)
    attention = RelativeAttention(8, 2, 3, 12).double()
    torch.nn.init.normal_(attention.out.weight)
    x = torch.randn(3, 7, 8, dtype=torch.float64)
    return attention, x, torch.randn(13, 12, dtype=torch.float64)


def test_relative_logits_are_those_of_each_pair():
    attention, x, features = relative_attention()
    logits = attention.logits(x, features)
    query, key = attention.query(x) / 3**0.5, attention.key(x)
    by_distance = attention.position_key(features)
    for head in range(2):
        part = slice(3 * head, 3 * head + 3)
        content_bias, position_bias = attention.content_bias[head], attention.position_bias[head]
        for i in range(7):
            for j in range(7):
                content = ((query[:, i, part] + content_bias) * key[:, j, part]).sum(-1)
                distance = (query[:, i, part] + position_bias) @ by_distance[j - i + 6, part]
                torch.testing.assert_close(logits[:, head, i, j], content + distance)


def test_relative_maps_of_values_are_the_output():
    attention, x, features = relative_attention()
    visible = visible_keys(MASK)
    maps = attention.maps(x, features, visible)
    expected = attention.out(join_heads(maps @ attention.values(x)))
    torch.testing.assert_close(attention(x, features, visible), expected)
    torch.testing.assert_close(maps.sum(-1), torch.ones(3, 2, 7).double())
    assert (maps.transpose(1, 3)[~MASK] == 0).all()


def test_relative_attention_starts_as_nothing():
    attention = RelativeAttention(8, 2, 3, 12)
    assert (attention(torch.rand(1, 4, 8), torch.rand(7, 12)) == 0).all()


def test_heads_that_cannot_share_are_refused():
    with pytest.raises(ValueError, match="d_model=10 is not divisible by n_heads=4"):
        SelfAttention(10, 4)
    with pytest.raises(ValueError, match="positive integers"):
        RelativeAttention(8, 0, 3, 12)
