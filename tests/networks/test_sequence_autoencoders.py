"""Networks of the auto-encoders of sequences: shapes, masks, gates and published sizes."""

import pytest
import torch
from torch import nn

from skgenomics.networks._sequence_decoders import DECODERS, DenseDecoder
from skgenomics.networks.sequence_autoencoders import SequenceAutoencoderNetwork, log_likelihood

ENCODERS = {
    "mlp": {},
    "cnn": {"n_filters": 4, "kernel_size": 3, "pool_size": 2},
    "rnn": {"hidden_size": 4},
    "resnet": {"n_filters": 4, "stem_filters": 4, "stem_kernel_size": 3, "dilation": 1},
}
HIDDEN = {"hidden_dropout": 0.0, "hidden_normalization": None, "hidden_activation": "relu"}


def make_network(encoder="mlp", decoder="mlp", *, length=7, variational=True, **settings):
    torch.manual_seed(0)
    return SequenceAutoencoderNetwork(
        **{"n_channels": 4, "n_components": 2, "hidden_units": (5,), "decoder_params": {}}
        | settings,
        length=length,
        encoder=encoder,
        decoder=decoder,
        variational=variational,
        **HIDDEN,
        **ENCODERS[encoder],
    ).eval()


def one_hot(*codes):
    """Channels of some codes; 4 is unknown."""
    return torch.eye(5)[:, :4][torch.tensor(codes)].transpose(1, 2)


@pytest.mark.parametrize("length", [1, 2, 7, 12])
@pytest.mark.parametrize("decoder", list(DECODERS))
def test_decoders_give_probabilities_for_any_length(decoder, length):
    network = make_network(decoder=decoder, length=length)
    proba = network.decode(torch.randn(3, 2)).exp()
    assert proba.shape == (3, 4, length)
    torch.testing.assert_close(proba.sum(dim=1), torch.ones(3, length))


@pytest.mark.parametrize("encoder", list(ENCODERS))
def test_encoders_give_moments_that_padding_of_other_rows_does_not_change(encoder):
    network = make_network(encoder)
    x = one_hot([0, 1, 2, 3, 0, 1, 2], [3, 3, 1, 2, 4, 4, 4])
    mask = torch.arange(7) < torch.tensor([[7], [4]])
    mean, log_variance = network.encode(x, mask)
    assert mean.shape == log_variance.shape == (2, 2)
    for i in range(2):
        torch.testing.assert_close(network.encode(x[[i]], mask[[i]])[0][0], mean[i])


def test_a_point_has_no_variance():
    assert make_network(variational=False).encode(torch.zeros(1, 4, 7))[1] is None


def test_likelihood_is_that_of_the_symbols():
    scores = torch.randn(2, 4, 3, dtype=torch.float64)
    x = one_hot([0, 2, 3], [1, 1, 0]).double()
    expected = -nn.functional.cross_entropy(scores, x.argmax(dim=1), reduction="none").sum(dim=1)
    torch.testing.assert_close(log_likelihood(x, scores.log_softmax(dim=1)), expected)


def test_unknown_symbols_have_no_gradient():
    network = make_network()
    x = one_hot([0, 4, 2, 3, 0, 1, 4])
    log_likelihood(x, network.decode(network.encode(x)[0])).sum().backward()
    gradient = network.decoder.bias.grad.abs().sum(dim=0)
    known = x.any(dim=1)[0]
    assert (gradient[known] > 0).all()
    assert (gradient[~known] == 0).all()


def test_closed_gates_leave_a_position_to_its_bias():
    decoder = DenseDecoder(2, 4, 6, hidden_units=8, symbol_features=3, sparsity=0.1)
    with torch.no_grad():
        decoder.gates.logits[:, 2] = -torch.inf
    scores = decoder(torch.randn(5, 2))
    varies = scores.std(dim=0).sum(dim=0) > 0
    assert varies.tolist() == [True, True, False, True, True, True]


def test_gates_hold_four_units_each():
    decoder = DenseDecoder(2, 4, 6, hidden_units=10, sparsity=0.1)
    assert decoder.gates.logits.shape == (3, 6)
    assert decoder.gates().shape == (10, 6)


def test_prior_of_gates_opens_them_with_the_probability_asked_for():
    gates = DenseDecoder(2, 4, 6, sparsity=0.01).gates
    prior = torch.distributions.Normal(gates.prior_mean, 4.0)
    assert float(1 - prior.cdf(torch.tensor(0.0))) == pytest.approx(0.01, rel=1e-3)
    expected = -(prior.log_prob(gates.logits) - prior.log_prob(prior.mean)).sum()
    torch.testing.assert_close(gates.penalty(), expected)


def test_without_gates_there_is_no_penalty():
    assert DenseDecoder(2, 4, 6).penalty() == 0


def test_deep_sequence_has_the_sizes_of_its_layers():
    """Encoder 1500-1500-30, decoder 100-500, then a pointwise map of 40 features to 20 residues."""
    length = 50
    network = make_network(
        n_channels=20,
        length=length,
        n_components=30,
        hidden_units=(1500, 1500),
        decoder_params={"hidden_units": (100, 500), "symbol_features": 40, "sparsity": 0.001},
    )
    encoder = (20 * length + 1) * 1500 + 1501 * 1500 + 2 * 1501 * 30
    decoder = 31 * 100 + 101 * 500 + 500 * 40 * length + 40 * 20 + 20 * length
    gates, scale = 500 // 4 * length, 1
    assert sum(w.numel() for w in network.parameters()) == encoder + decoder + gates + scale


@pytest.mark.parametrize(
    ("decoder", "params", "message"),
    [
        ("mlp", {"sparsity": 1.5}, "sparsity must be None or a number in"),
        ("mlp", {"symbol_features": 0}, "symbol_features must be made of positive integers"),
        ("cnn", {"n_filters": (4, 4), "kernel_size": (3, 3, 3)}, "n_filters=.* 2 values for 3"),
        ("cnn", {"kernel_size": 0}, "kernel_size must be made of positive integers"),
        ("rnn", {"cell": "elman"}, "cell must be one of"),
    ],
)
def test_bad_settings_are_named(decoder, params, message):
    with pytest.raises(ValueError, match=message):
        DECODERS[decoder](2, 4, 6, **params)
