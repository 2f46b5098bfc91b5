"""The residual network: published sizes, what a position sees, and shortcuts."""

import pytest
import torch

from skgenomics.networks import ResNet
from skgenomics.networks.resnet import ResidualBlock, ResNetTrunk, SqueezeExcitation

SPLICE_AI = {
    "n_filters": 32,
    "convs_per_block": 2,
    "stem_filters": 32,
    "stem_kernel_size": 1,
    "stem_order": "conv",
    "skip_every": 4,
    "final_steps": "",
}
# Width and dilation of four blocks each, and weights less those of the last 1x1 convolution.
STAGES = [((11, 1), 93_251), ((11, 4), 185_187), ((21, 10), 359_043), ((41, 25), 696_739)]


@pytest.mark.parametrize("n_stages", [1, 2, 3, 4])
def test_splice_ai(n_stages):
    kernels, dilations = zip(
        *[stage for stage, _ in STAGES[:n_stages] for _ in range(4)], strict=True
    )
    with torch.device("meta"):
        trunk = ResNetTrunk(4, 500, kernel_size=kernels, dilation=dilations, **SPLICE_AI)
    head = 3 * 32 + 3
    assert sum(p.numel() for p in trunk.parameters()) + head == STAGES[n_stages - 1][1]
    assert trunk.receptive_field == (80, 400, 2000, 10_000)[n_stages - 1] + 1


def test_bpnet():
    trunk = ResNetTrunk(
        4, 400, stem_filters=64, stem_kernel_size=21, stem_order="conv-act", n_filters=64,
        dilation=tuple(2**i for i in range(1, 9)), convs_per_block=1, block_order="conv-act",
        final_steps="",
    )  # fmt: skip
    assert sum(p.numel() for p in trunk.parameters()) == 5_440 + 8 * 12_352


def test_basenji_small():
    trunk = ResNetTrunk(
        4, 131_072, stem_filters=(64, 64, 72), stem_kernel_size=(15, 5, 5),
        stem_pool_size=(8, 4, 4), stem_order="act-conv-norm-pool", n_filters=72, bottleneck=32,
        dilation=(1, 2, 4, 8, 16, 32), block_order="act-conv-norm", bias=False, activation="gelu",
        final_steps="act",
    )  # fmt: skip
    # What follows is a convolution of width 1 to 64 with normalization, and 3 tracks.
    head = 72 * 64 + 2 * 64 + 3 * 65
    assert sum(p.numel() for p in trunk.parameters()) + head == 109_235
    assert trunk.length_out == 1024


def gradient_support(trunk, length, position):
    """Find input positions that change the feature map at one position."""
    x = torch.rand(1, 4, length, dtype=torch.float64, requires_grad=True)
    trunk(x)[0][..., position].sum().backward()
    return x.grad.abs().sum(dim=(0, 1)).nonzero().flatten()


@pytest.mark.parametrize(
    "settings",
    [
        {"n_blocks": 2},
        {"dilation": (1, 2, 4), "kernel_size": (5, 3, 3), "convs_per_block": 1},
        {"pool_size": (2, 3), "stem_pool_size": 2, "pool": "mean"},
        {"bottleneck": 4, "dilation": (3, 1), "stem_filters": (6, 8), "stem_order": "conv-act"},
        {"padding": "valid", "dilation": (1, 2), "skip_every": 1, "stem_filters": 8},
    ],
)
def test_receptive_field_is_the_support_of_the_gradient(settings):
    torch.manual_seed(0)
    settings = {"n_filters": 8, "stem_kernel_size": 7, "activation": "gelu", **settings}
    trunk = ResNetTrunk(4, 240, **settings).double().eval()
    seen = gradient_support(trunk, 240, trunk.length_out // 2)
    assert len(seen) == seen[-1] - seen[0] + 1 == trunk.receptive_field


def test_a_block_adds_what_came_in():
    torch.manual_seed(0)
    trunk = ResNetTrunk(4, 30, n_filters=8, stem_filters=8, final_steps="").eval()
    block = trunk.blocks[0]
    x = torch.rand(2, 8, 1, 30)
    inside = x
    for unit in block.units:
        inside, _ = unit(inside)
    torch.testing.assert_close(block(x)[0], x + inside)
    assert isinstance(block, ResidualBlock)


def test_valid_shortcuts_keep_the_middle():
    """Without weights in the blocks a map is the cropped stem."""
    trunk = ResNetTrunk(4, 30, n_filters=8, stem_filters=8, stem_kernel_size=1, padding="valid")
    for block in trunk.blocks:
        torch.nn.init.zeros_(block.units[-1].conv.weight)
        torch.nn.init.zeros_(block.units[-1].conv.bias)
    trunk.final = None
    x = torch.rand(2, 4, 30)
    torch.testing.assert_close(trunk(x)[0], trunk.stem[0](x[:, :, None, 2:-2])[0].squeeze(2))


def test_squeeze_excitation_weighs_channels_alike_at_all_positions():
    torch.manual_seed(0)
    x = torch.rand(2, 8, 1, 5) + 1
    factors = SqueezeExcitation(8)(x) / x
    torch.testing.assert_close(factors, factors[..., :1].expand_as(factors))
    assert ((factors > 0) & (factors < 1)).all()
    assert ResNetTrunk(4, 30, squeeze_excitation=True).receptive_field is None


def test_later_blocks_are_left_out_more_often():
    trunk = ResNetTrunk(4, 30, n_blocks=4, stochastic_depth=0.4)
    assert [block.depth.rate for block in trunk.blocks] == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_filters": (8, 8), "dilation": (1, 1, 1)}, "has 2 values for 3 layers"),
        ({"padding": "valid", "dilation": 16}, "has only"),
        ({"block_order": "norm-conv-conv"}, "order of a block"),
        ({"block_order": "norm-act"}, "order of a block"),
        ({"final_steps": "relu"}, "final_steps must be"),
        ({"skip_every": 1, "stem_filters": 8}, "first has 8 channels and one after 1 .* has 64"),
        ({"skip_every": 1, "pool_size": 2}, "needs pool_size=1"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        ResNet(4, 40, 1, **settings)
