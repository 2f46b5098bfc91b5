"""The network of language models."""

import pytest
import torch

from skgenomics.networks.language_model import LanguageModelNetwork

CAUSAL = {
    "longconv": {"d_model": 8, "n_layers": 2, "filter_units": 8, "bidirectional": False},
    "rnn": {"embedding_size": 4, "hidden_size": 8, "bidirectional": False},
    "transformer": {"d_model": 8, "n_layers": 2, "n_heads": 2, "causal": True},
}


def symbols(n, length, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(4, (n, length), generator=generator)
    return torch.nn.functional.one_hot(codes, 4).transpose(1, 2).double()


def network_of(trunk, length=20, **settings):
    torch.manual_seed(0)
    return LanguageModelNetwork(4, length, 4, trunk=trunk, **settings).double().eval()


@pytest.mark.parametrize("trunk", CAUSAL)
def test_causal_scores_do_not_see_the_symbol_nor_what_follows(trunk):
    network = network_of(trunk, next_symbol=True, **CAUSAL[trunk])
    x = symbols(3, 20)
    before = network(x)
    for position in (0, 7, 19):
        changed = x.clone()
        changed[:, :, position:] = symbols(3, 20, seed=1)[:, :, position:]
        after = network(changed)
        torch.testing.assert_close(
            after[:, :, : position + 1], before[:, :, : position + 1], atol=1e-9, rtol=0
        )
        if position < 19:
            assert (after[:, :, position + 1 :] - before[:, :, position + 1 :]).abs().max() > 1e-6


@pytest.mark.parametrize("positions", ["rotary", "alibi", "sinusoidal"])
def test_causal_transformer_with_padding_in_front(positions):
    settings = CAUSAL["transformer"] | {"positions": positions}
    network = network_of("transformer", next_symbol=True, **settings)
    x = symbols(2, 12)
    padded = torch.nn.functional.pad(x, (5, 3))
    mask = torch.nn.functional.pad(torch.ones(2, 12, dtype=torch.bool), (5, 3))
    scores = network(padded, mask)
    assert scores.isfinite().all()
    torch.testing.assert_close(scores[:, :, 5:17], network(x))


@pytest.mark.parametrize(
    ("trunk", "settings"),
    [
        ("resnet", {"n_filters": 8, "stem_filters": 8}),
        ("transformer", {"d_model": 8, "n_heads": 2}),
    ],
)
def test_scores_at_sites_are_those_of_all_positions(trunk, settings):
    network = network_of(trunk, **settings)
    x = symbols(3, 20)
    sites = torch.tensor([0, 2, 2]), torch.tensor([5, 0, 19])
    everything = network(x)
    assert everything.shape == (3, 4, 20)
    rows, columns = sites
    torch.testing.assert_close(network(x, None, sites), everything[rows, :, columns])


def test_what_is_not_asked_for_has_no_gradient():
    """The loss at masked positions does not depend on the bases there."""
    network = network_of("resnet", n_filters=8, stem_filters=8)
    x = symbols(2, 20).requires_grad_()
    hidden = torch.zeros(2, 20, dtype=torch.bool)
    hidden[:, [3, 11]] = True
    scores = network(x.masked_fill(hidden[:, None], 0), None, hidden.nonzero(as_tuple=True))
    scores.square().sum().backward()
    assert not x.grad.transpose(1, 2)[hidden].any()
    assert x.grad.transpose(1, 2)[~hidden].any()


@pytest.mark.parametrize(
    ("trunk", "settings"),
    [
        ("cnn", {"pool_size": 2}),
        ("cnn", {"padding": "valid"}),
        ("transformer", {"stem_filters": 8}),
    ],
)
def test_pooled_positions_are_refused(trunk, settings):
    with pytest.raises(ValueError, match="keeps all positions"):
        LanguageModelNetwork(4, 40, 4, trunk=trunk, **settings)
