"""Positions: relative ones depend on distance alone, published slopes and features are met."""

import pytest
import torch

from skgenomics.networks._positional_encoding import (
    AlibiPositions,
    LearnedPositions,
    RotaryPositions,
    SinusoidalPositions,
    alibi_slopes,
    make_positions,
    position_ids,
    relative_position_features,
    rotate,
)


@pytest.mark.parametrize("kind", ["rotary", "alibi", "sinusoidal", None])
def test_fixed_kinds_have_no_parameters(kind):
    positions = make_positions(kind, d_model=16, n_heads=4, max_positions=10)
    assert not list(positions.parameters())
    assert not positions.state_dict()


def test_rotary_products_depend_on_distance_alone():
    """The same query and key, anywhere: the product is that of their distance."""
    torch.manual_seed(0)
    query, key = torch.rand(2, 8, dtype=torch.float64)
    rotation = RotaryPositions(8).rotation(torch.zeros(1, 50, 8, dtype=torch.float64))
    queries = rotate(query.expand(1, 1, 50, 8), rotation)[0, 0]
    keys = rotate(key.expand(1, 1, 50, 8), rotation)[0, 0]
    products = queries @ keys.T
    for distance in (-30, -1, 0, 7):
        along = products.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along))
    assert (products[0, 1:] - products[0, 0]).abs().min() > 1e-3
    torch.testing.assert_close(queries.norm(dim=-1), query.norm().expand(50))


def test_alibi_bias_is_a_slope_times_distance():
    bias = AlibiPositions(4).bias(torch.zeros(1, 6, 8, dtype=torch.float64))
    for head, slope in enumerate([1 / 4, 1 / 16, 1 / 64, 1 / 256]):
        for i in range(6):
            for j in range(6):
                assert bias[head, i, j] == -slope * abs(i - j)


def test_alibi_slopes_of_12_heads_are_the_published_ones():
    """Those of 8 heads, then every other one of 16."""
    of_8 = [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(12) == pytest.approx([*of_8, *(2 ** -(i + 0.5) for i in range(4))])


def test_sinusoids_are_those_of_the_paper_as_vectors_of_length_one():
    waves = SinusoidalPositions(6).add(torch.zeros(1, 40, 6, dtype=torch.float64), None)[0]
    for i in range(3):
        angles = torch.arange(40).double() / 10000 ** (2 * i / 6)
        torch.testing.assert_close(waves[:, i] * 3**0.5, angles.sin())
        torch.testing.assert_close(waves[:, 3 + i] * 3**0.5, angles.cos())
    torch.testing.assert_close(waves.norm(dim=1), torch.ones(40).double())


def test_positions_count_from_the_first_real_one():
    mask = torch.tensor([[True, True, True, False], [False, False, True, True], [False] * 4])
    ids = position_ids(torch.zeros(3, 4, 1), mask)
    assert ids[0, :3].tolist() == [0, 1, 2]
    assert ids[1, 2:].tolist() == [0, 1]


def test_a_table_that_is_too_short_says_what_to_do():
    with pytest.raises(ValueError, match=r"has 9 positions .* has 8; raise max_positions.*rotary"):
        LearnedPositions(8, 4).add(torch.zeros(1, 9, 4), None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "rotary", "d_model": 12}, "needs an even d_model / n_heads, got 3"),
        ({"kind": "sinusoidal", "d_model": 9}, "needs an even d_model, got 9"),
        ({"kind": "absolute", "d_model": 8}, "positions must be"),
        ({"kind": "learned", "d_model": 8, "max_positions": 0}, "max_positions must be"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        make_positions(**({"n_heads": 4, "max_positions": 5} | settings))


def test_relative_features_are_the_three_families_of_the_paper():
    distances = torch.arange(-39, 40, dtype=torch.float64)
    features = relative_position_features(distances, 24, 40)
    away = distances.abs()
    half_lives = 2 ** torch.linspace(3, torch.log2(torch.tensor(40.0)).item(), 4).double()
    for i in range(4):
        torch.testing.assert_close(features[:, i], 0.5 ** (away / half_lives[i]), rtol=1e-6, atol=0)
        assert torch.equal(features[:, 4 + i], (away < 2 ** (i + 1) - 1).double())
        mean, deviation = 10.0 * (i + 1), 40 / 8
        gamma = torch.distributions.Gamma(
            torch.tensor((mean / deviation) ** 2).double(),
            torch.tensor(mean / deviation**2).double(),
        )
        density = gamma.log_prob(away.clamp(min=1e-9)).exp()
        peak = gamma.log_prob((gamma.concentration - 1) / gamma.rate).exp()
        torch.testing.assert_close(features[:, 8 + i], density / peak)
    torch.testing.assert_close(features[:, 12:], features[:, :12] * distances.sign()[:, None])
    torch.testing.assert_close(features.flip(0)[:, :12], features[:, :12])
