"""The convolution tower with a transformer: published sizes, pooling, padding."""

import pytest
import torch
from torch.nn import functional as F

from skgenomics.networks._attention import join_heads
from skgenomics.networks.conv_transformer import (
    ConvTransformerTrunk,
    PairAttentionPool,
    tower_channels,
)

SMALL = {"d_model": 24, "n_layers": 2, "n_heads": 4, "d_key": 5, "n_downsamplings": 3}
# Settings, number of weights of the trunk.
PUBLISHED = {
    "Enformer": (
        {"d_model": 1536, "n_layers": 11, "n_heads": 8, "d_key": 64, "divisible_by": 128},
        229_845_504,
    ),
    "enformer-mini": (
        {"d_model": 96, "n_layers": 2, "n_heads": 4, "d_key": 16, "divisible_by": 8},
        362_720,
    ),
}


def one_hot(n, length):
    torch.manual_seed(1)
    return F.one_hot(torch.randint(4, (n, length)), 4).double().transpose(1, 2)


def make(length=21, **settings):
    """Build a trunk in which no parameter is zero or one, and thereby without effect."""
    torch.manual_seed(0)
    trunk = ConvTransformerTrunk(4, length, **(SMALL | settings)).double().eval()
    for name, tensor in trunk.state_dict().items():
        if tensor.is_floating_point():
            torch.nn.init.uniform_(tensor, 0.5 if "running_var" in name else -0.3, 0.6)
    return trunk


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_are_settings(name):
    settings, expected = PUBLISHED[name]
    with torch.device("meta"):
        trunk = ConvTransformerTrunk(4, 196_608, **settings)
    assert sum(p.numel() for p in trunk.parameters()) == expected
    assert trunk.length_out == 1536
    assert trunk.n_position_features == settings["d_model"] // settings["n_heads"]
    assert trunk.n_features == 2 * settings["d_model"]


def test_channels_of_the_tower_are_those_of_enformer():
    assert tower_channels(1536, 7, 128) == [768, 768, 896, 1024, 1152, 1280, 1536]
    assert tower_channels(96, 1, 8) == [96]
    assert tower_channels(96, 2, 8) == [48, 96]
    assert tower_channels(96, 3, 8) == [48, 48, 96]


@pytest.mark.parametrize("length", [1, 2, 21, 24])
@pytest.mark.parametrize("pool", ["attention", "max"])
def test_every_position_reaches_the_features(length, pool):
    trunk = make(length, pool=pool)
    x = one_hot(2, length).requires_grad_()
    features, _ = trunk(x)
    assert features.shape == (2, 48, trunk.length_out) == (2, 48, -(-length // 8))
    gradient = torch.autograd.grad(features.sum(), x)[0]
    assert (gradient != 0).any(dim=1).all()


def test_attention_pooling_is_a_softmax_of_each_pair():
    torch.manual_seed(0)
    pool = PairAttentionPool(3).double()
    torch.nn.init.normal_(pool.logits.weight)
    x = torch.randn(2, 3, 1, 7, dtype=torch.float64)
    mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])
    pooled, pooled_mask = pool(x, mask)
    logits = torch.einsum("oi,bil->bol", pool.logits.weight[..., 0, 0], x[:, :, 0])
    for row in range(2):
        for window in range(4):
            inside = [i for i in (2 * window, 2 * window + 1) if i < 7 and mask[row, i]]
            assert bool(pooled_mask[row, window]) is bool(inside)
            if inside:
                weights = logits[row][:, inside].softmax(-1)
                expected = (x[row, :, 0, inside] * weights).sum(-1)
                torch.testing.assert_close(pooled[row, :, 0, window], expected)
    torch.testing.assert_close(pool(x)[0][0], pooled[0])


def test_attention_pooling_starts_close_to_the_maximum():
    x = torch.tensor([[[[0.0, 5.0, -3.0, 4.0]]]])
    torch.testing.assert_close(
        PairAttentionPool(1)(x)[0].flatten(), torch.tensor([5.0, 4.0]), atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("pool", ["attention", "max"])
@pytest.mark.parametrize(("n_front", "n_back"), [(0, 1), (0, 30), (16, 3)])
def test_padding_changes_nothing(pool, n_front, n_back):
    """In front it is a multiple of what is pooled, so that windows stay where they are."""
    trunk = make(pool=pool)
    x = one_hot(2, 21)
    plain, _ = trunk(x)
    mask = F.pad(torch.ones(2, 21, dtype=torch.bool), (n_front, n_back))
    features, mask_out = trunk(F.pad(x, (n_front, n_back), value=0.3), mask)
    start = n_front // 8
    torch.testing.assert_close(features[..., start : start + 3], plain)
    assert mask_out.sum() == 2 * 3
    assert (features.transpose(1, 2)[~mask_out] == 0).all()


@pytest.mark.parametrize("pool", ["attention", "max"])
def test_a_row_of_padding_alone_is_zero_and_trains(pool):
    trunk = make(pool=pool).train()
    mask = torch.tensor([[True] * 21, [False] * 21])
    features, _ = trunk(one_hot(2, 21), mask)
    assert (features[1] == 0).all()
    features.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in trunk.parameters())


def test_attention_maps_explain_the_features():
    """With the attention maps instead of attention, the layers give the output of the trunk."""
    trunk = make(40)
    x = one_hot(2, 40)
    mask = torch.tensor([[True] * 40, [True] * 14 + [False] * 26])
    maps = trunk.attention_maps(x, mask)
    vectors, small_mask = trunk._convolve(x, mask)
    for block, layer_maps in zip(trunk.blocks, maps, strict=True):
        assert layer_maps.shape == (2, 4, 5, 5)
        torch.testing.assert_close(layer_maps.sum(-1), torch.ones(2, 4, 5).double())
        assert (layer_maps.transpose(1, 3)[~small_mask] == 0).all()
        values = block.attention.values(block.attention_norm(vectors))
        vectors = vectors + block.attention.out(join_heads(layer_maps @ values))
        vectors = vectors + block.feedforward(block.feedforward_norm(vectors))
    vectors = vectors.transpose(1, 2) * small_mask[:, None]
    expected = trunk.last(trunk.pointwise(vectors.unsqueeze(2), small_mask)[0].squeeze(2))
    torch.testing.assert_close(trunk(x, mask)[0], expected)


def test_other_lengths_than_the_first_give_the_same_scale_of_distances():
    """A sequence has the features of distances for which the trunk was built."""
    trunk = make(200)
    short = trunk._position_features(torch.zeros(1, 3, 1))
    long = trunk._position_features(torch.zeros(1, 60, 1))
    torch.testing.assert_close(long[57:62], short)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"d_model": 26}, "d_model=26 is not divisible by n_heads=4"),
        ({"d_model": 25, "n_heads": 5}, "d_model must be even"),
        ({"pool": "mean"}, "pool must be 'attention' or 'max'"),
        ({"n_position_features": 16}, "multiple of 6, got 16"),
        ({"n_downsamplings": 0}, "positive integers"),
        ({"divisible_by": 0}, "divisible_by must be"),
        ({"d_key": 0}, "d_key must be"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        ConvTransformerTrunk(4, 21, **(SMALL | settings))
