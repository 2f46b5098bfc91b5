"""The transformer: published sizes, padding, attention maps."""

import pytest
import torch
from torch.nn import functional as F

from skgenomics.networks._attention import join_heads
from skgenomics.networks.transformer import Stem, TransformerTrunk

SMALL = {"d_model": 16, "n_layers": 2, "n_heads": 4}
BERT = {
    "d_model": 768,
    "n_layers": 12,
    "n_heads": 12,
    "positions": "learned",
    "max_positions": 512,
    "n_segments": 2,
    "embedding_norm": True,
    "norm_first": False,
    "final_norm": False,
}
KINDS = ["rotary", "alibi", "learned", "sinusoidal", None]
MASK = torch.tensor([[True] * 11, [True] * 6 + [False] * 5, [False] * 11])


def n_parameters(trunk):
    return sum(p.numel() for p in trunk.parameters())


def one_hot(n, length):
    torch.manual_seed(1)
    return F.one_hot(torch.randint(4, (n, length)), 4).double().transpose(1, 2)


def make(length=11, **settings):
    """Build a trunk in which no parameter is zero or one, and thereby without effect."""
    torch.manual_seed(0)
    trunk = TransformerTrunk(4, length, **(SMALL | settings)).double().eval()
    for name, tensor in trunk.state_dict().items():
        if tensor.is_floating_point():
            torch.nn.init.uniform_(tensor, 0.5 if "running_var" in name else -0.7, 0.9)
    return trunk


@pytest.mark.parametrize(
    ("k", "expected"), [(3, 85_503_744), (4, 85_651_200), (5, 86_241_024), (6, 88_600_320)]
)
def test_dnabert_is_a_row_of_settings(k, expected):
    with torch.device("meta"):
        trunk = TransformerTrunk(4, 512, vocabulary_size=4**k + 5, **BERT)
    assert n_parameters(trunk) == expected


def test_nucleotide_transformer_layers_have_no_feedforward_bias():
    """Attention 4 d (d + 1), gated feed-forward 3 d f, two normalizations of 2 d each."""
    with torch.device("meta"):
        trunk = TransformerTrunk(
            4, 2048, vocabulary_size=4107, d_model=512, n_layers=12, n_heads=16, bias=False,
            activation="swiglu", d_feedforward=2048,
        )  # fmt: skip
    layer = 4 * 512 * 513 + 3 * 512 * 2048 + 4 * 512
    assert n_parameters(trunk) == 12 * layer + 4107 * 512 + 2 * 512


@pytest.mark.parametrize("kind", ["rotary", "alibi", "sinusoidal", None])
def test_only_learned_positions_have_weights(kind):
    learned = n_parameters(TransformerTrunk(4, 30, positions="learned", **SMALL))
    assert learned - n_parameters(TransformerTrunk(4, 30, positions=kind, **SMALL)) == 30 * 16


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings", [{}, {"norm_first": False, "embedding_norm": True, "n_segments": 2}]
)
@pytest.mark.parametrize(("n_front", "n_back"), [(0, 5), (3, 2)])
def test_padding_changes_nothing(kind, settings, n_front, n_back):
    trunk = make(positions=kind, max_positions=20, **settings)
    x = one_hot(2, 11)
    plain, no_mask = trunk(x)
    assert no_mask is None
    mask = F.pad(torch.ones(2, 11, dtype=torch.bool), (n_front, n_back))
    padded = F.pad(x, (n_front, n_back), value=0.3)
    features, mask_out = trunk(padded, mask)
    torch.testing.assert_close(features[..., n_front : n_front + 11], plain)
    assert torch.equal(mask_out, mask)
    assert (features.transpose(1, 2)[~mask] == 0).all()


@pytest.mark.parametrize("settings", [{}, {"stem_kernel_size": (4, 3), "stem_pool_size": (3, 1)}])
def test_padding_behind_a_stem_changes_nothing(settings):
    trunk = make(stem_filters=(6, 5), **({"stem_pool_size": 2} | settings))
    x = one_hot(2, 11)
    plain, _ = trunk(x)
    mask = F.pad(torch.ones(2, 11, dtype=torch.bool), (0, 14))
    features, mask_out = trunk(F.pad(x, (0, 14), value=0.3), mask)
    n = plain.shape[-1]
    assert n == trunk.length_out == plain.shape[-1]
    torch.testing.assert_close(features[..., :n], plain)
    assert mask_out[:, :n].all()
    assert not mask_out[:, n:].any()


@pytest.mark.parametrize("settings", [{}, {"stem_filters": 6}, {"norm_first": False}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_padding_alone_is_zero_and_trains(settings, kind):
    trunk = make(positions=kind, dropout=0.0, **settings).train()
    features, _ = trunk(one_hot(3, 11), MASK)
    assert (features[2] == 0).all()
    assert (features[0] != 0).all()
    features.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in trunk.parameters() if p.grad is not None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm_first", [True, False])
def test_attention_maps_explain_the_features(kind, norm_first):
    """With the attention maps instead of attention, the layers give the output of the trunk."""
    trunk = make(positions=kind, norm_first=norm_first)
    x = one_hot(3, 11)
    maps = trunk.attention_maps(x, MASK)
    assert [m.shape for m in maps] == [(3, 4, 11, 11)] * 2
    vectors, _ = trunk._embed(x, MASK)
    for block, layer_maps in zip(trunk.blocks, maps, strict=True):
        sums = torch.ones(3, 4, 11).double() * MASK.any(1)[:, None, None]
        torch.testing.assert_close(layer_maps.sum(-1), sums)
        assert (layer_maps.transpose(1, 3)[~MASK] == 0).all()
        seen = block.attention_norm(vectors) if norm_first else vectors
        mixed = block.attention.out(join_heads(layer_maps @ block.attention.values(seen)))
        if norm_first:
            vectors = vectors + mixed
            vectors = vectors + block.feedforward(block.feedforward_norm(vectors))
        else:
            vectors = block.attention_norm(vectors + mixed)
            vectors = block.feedforward_norm(vectors + block.feedforward(vectors))
    expected = trunk.final_norm(vectors).transpose(1, 2) * MASK[:, None]
    torch.testing.assert_close(trunk(x, MASK)[0][:2], expected[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_order_matters_if_positions_are_known(kind):
    """Without positions, swapped bases give swapped features; with positions, different ones."""
    trunk = make(positions=kind)
    x = one_hot(1, 11)
    order = torch.randperm(11, generator=torch.Generator().manual_seed(0))
    same = torch.allclose(trunk(x[..., order])[0], trunk(x)[0][..., order])
    assert same is (kind is None)


def test_names_of_tokens_do_not_matter_if_the_table_follows():
    trunk = make(vocabulary_size=9)
    tokens = torch.randint(9, (2, 11))
    features = trunk(tokens)[0]
    renamed = (tokens + 1) % 9
    assert not torch.allclose(trunk(renamed)[0], features)
    with torch.no_grad():
        trunk.embedding.layer.weight.copy_(trunk.embedding.layer.weight.roll(1, 0))
    torch.testing.assert_close(trunk(renamed)[0], features)


@pytest.mark.parametrize("kind", ["rotary", "alibi", "sinusoidal"])
def test_longer_sequences_work_unless_positions_are_learned(kind):
    assert make(positions=kind)(one_hot(2, 40))[0].shape == (2, 16, 40)
    with pytest.raises(ValueError, match=r"has 40 positions here, but the table .* has 11"):
        make(positions="learned")(one_hot(2, 40))


def test_stem_is_convolution_normalisation_gelu_and_maximum():
    torch.manual_seed(0)
    stem = Stem(4, 11, 3, 5, 4).eval()
    x = one_hot(2, 11).float()
    unit = stem.units[0]
    maps = F.conv1d(x, unit.conv.weight.squeeze(2), unit.conv.bias, padding=2)
    maps = F.gelu(maps / (1 + 1e-5) ** 0.5)
    expected = torch.stack([part.amax(-1) for part in maps.split(4, dim=-1)], dim=-1)
    torch.testing.assert_close(stem(x, None)[0], expected)
    assert stem.length_out == 3


def test_stochastic_depth_leaves_out_layers_in_training_only():
    trunk = make(stochastic_depth=0.9, dropout=0.0)
    x = one_hot(40, 11)
    whole = trunk(x)[0]
    torch.testing.assert_close(trunk(x)[0], whole)
    trunk.train()
    assert not torch.allclose(trunk(x)[0], whole)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"d_model": 18}, "d_model=18 is not divisible by n_heads=4"),
        ({"n_layers": 0}, "n_layers must be made of positive integers"),
        ({"positions": "absolute"}, "positions must be"),
        ({"positions": "learned", "max_positions": 5}, "has 11 positions here, .* has 5"),
        ({"vocabulary_size": 9, "stem_filters": 8}, "set only one of them"),
        ({"stem_filters": (8, 8), "stem_kernel_size": (3, 3, 3)}, "3 values for 2 layers"),
        ({"stochastic_depth": 1.0}, r"must be a rate in \[0, 1"),
        ({"activation": "swish"}, "activation must be one of"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        TransformerTrunk(4, 11, **(SMALL | settings))
