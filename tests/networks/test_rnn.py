"""Recurrent networks: each sequence as if alone, both strands alike, published sizes."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skgenomics.networks._recurrent import Recurrent
from skgenomics.networks.rnn import RNNTrunk

CELLS = ("lstm", "gru")
# Where the real positions of each sequence start and end, out of 12; the third has none.
SPANS = [(0, 12), (3, 9), (5, 5), (0, 1), (11, 12), (0, 7)]
LENGTH = 12


def n_parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def padded_batch(n_channels, spans=SPANS):
    """Noise, in the padding too, and the mask that hides it there."""
    mask = torch.zeros(len(spans), LENGTH, dtype=torch.bool)
    for row, (start, end) in zip(mask, spans, strict=True):
        row[start:end] = True
    return torch.randn(len(spans), n_channels, LENGTH, dtype=torch.float64), mask


def reverse_complement(maps):
    return maps.flip(1, 2)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("settings", [{}, {"bidirectional": False}, {"tied": True}])
@pytest.mark.parametrize("spans", [SPANS, [(0, 12), (0, 4), (0, 9)], [(0, 12), (0, 12)]])
def test_padded_equals_each_sequence_alone(cell, settings, spans):
    network = Recurrent(3, 5, cell=cell, n_layers=2, **settings).double()
    x, mask = padded_batch(3, spans)
    maps = network(x, mask)
    assert maps.shape == (len(x), network.n_features, LENGTH)
    for row, out, (start, end) in zip(x, maps, spans, strict=True):
        expected = torch.zeros_like(out)
        if end > start:
            expected[:, start:end] = network(row[None, :, start:end])[0]
        torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tied", [False, True])
def test_padding_gets_no_gradient(tied):
    network = Recurrent(4, 3, tied=tied).double()
    x, mask = padded_batch(4)
    x.requires_grad_()
    network(x, mask).square().sum().backward()
    reached = (x.grad != 0).any(dim=1)
    assert torch.equal(reached, mask)
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_first_half_reads_forward_and_last_half_backward(cell, tied):
    network = Recurrent(4, 3, cell=cell, tied=tied).double()
    assert (network.n_features, network.n_backward) == (6, 3)
    x = torch.randn(1, 4, 9, dtype=torch.float64)
    changed = x.clone()
    changed[..., 4] += 1
    moved = (network(x) != network(changed))[0]
    assert not moved[:3, :4].any()
    assert moved[:3, 4:].all()
    assert moved[3:, :5].all()
    assert not moved[3:, 5:].any()


def test_unidirectional_has_no_backward_channels():
    network = Recurrent(4, 3, bidirectional=False)
    assert (network.n_features, network.n_backward) == (3, 0)


def test_lstm_computes_the_published_equations():
    """Hochreiter and Schmidhuber's unit with a forget gate, step by step."""
    network = Recurrent(3, 2, bidirectional=False).double()
    rnn = network.layers[0].ahead.rnn
    x = torch.randn(1, 3, 6, dtype=torch.float64)
    hidden = cell = torch.zeros(2, dtype=torch.float64)
    bias = rnn.bias_ih_l0 + rnn.bias_hh_l0
    for position in range(6):
        gates = rnn.weight_ih_l0 @ x[0, :, position] + rnn.weight_hh_l0 @ hidden + bias
        write, forget, content, read = gates.view(4, 2)
        cell = forget.sigmoid() * cell + write.sigmoid() * content.tanh()
        hidden = read.sigmoid() * cell.tanh()
        torch.testing.assert_close(network(x)[0, :, position], hidden)


def as_torch_module(network):
    """The same network as one module of torch."""
    rnn = network.layers[0].ahead.rnn
    whole = type(rnn)(
        rnn.input_size,
        rnn.hidden_size,
        num_layers=len(network.layers),
        bidirectional=True,
        batch_first=True,
    ).double()
    for number, layer in enumerate(network.layers):
        for part, suffix in ((layer.ahead, ""), (layer.back, "_reverse")):
            for name, parameter in part.rnn.named_parameters():
                name = name.replace("l0", f"l{number}{suffix}")
                whole.get_parameter(name).data = parameter.data
    return whole


@pytest.mark.parametrize("cell", CELLS)
def test_equals_packed_sequences(cell):
    network = Recurrent(3, 5, cell=cell, n_layers=3).double()
    lengths = torch.tensor([12, 3, 7, 1])
    x, mask = padded_batch(3, [(0, int(length)) for length in lengths])
    packed = pack_padded_sequence(
        x.transpose(1, 2), lengths, batch_first=True, enforce_sorted=False
    )
    expected, _ = pad_packed_sequence(as_torch_module(network)(packed)[0], batch_first=True)
    torch.testing.assert_close(network(x, mask), expected.transpose(1, 2))


@pytest.mark.parametrize("cell", CELLS)
def test_initial_weights_keep_the_past(cell):
    rnn = Recurrent(4, 8, cell=cell).layers[0].ahead.rnn
    for gate in rnn.weight_hh_l0.split(8):
        torch.testing.assert_close(gate @ gate.T, torch.eye(8), rtol=0, atol=1e-5)
    biases = torch.stack([gate.unique() for gate in rnn.bias_ih_l0.split(8)]).flatten().tolist()
    assert biases == ([0, 1, 0, 0] if cell == "lstm" else [0, 0, 0])
    assert not rnn.bias_hh_l0.any()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_tied_network_reads_both_strands_alike(cell, n_layers, masked):
    trunk = RNNTrunk(4, LENGTH, cell=cell, hidden_size=5, n_layers=n_layers).double()
    trunk.recurrent.tie()
    x, mask = padded_batch(4)
    if not masked:
        mask = None
    maps, _ = trunk(x, mask)
    other, _ = trunk(reverse_complement(x), None if mask is None else mask.flip(1))
    torch.testing.assert_close(other, reverse_complement(maps), rtol=0, atol=1e-10)
    assert not torch.allclose(maps, reverse_complement(maps))


def test_untied_network_does_not():
    trunk = RNNTrunk(4, LENGTH, hidden_size=5).double()
    x, _ = padded_batch(4)
    assert not torch.allclose(trunk(reverse_complement(x))[0], reverse_complement(trunk(x)[0]))


def test_tying_keeps_the_first_direction():
    network = Recurrent(4, 3).double()
    x, mask = padded_batch(4)
    ahead = network(x, mask)[:, :3]
    network.tie()
    torch.testing.assert_close(network(x, mask)[:, :3], ahead)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_layers", [1, 3])
def test_tied_network_has_half_the_weights(cell, n_layers):
    settings = {"cell": cell, "hidden_size": 16, "n_layers": n_layers}
    tied, untied = RNNTrunk(4, 10, **settings), RNNTrunk(4, 10, **settings)
    tied.recurrent.tie()
    assert tied.n_features == untied.n_features == 32
    assert tied.n_backward == untied.n_backward == 16
    assert 2 * n_parameters(tied) == n_parameters(untied)


@pytest.mark.parametrize(
    ("cell", "n_inputs", "hidden_size", "published"),
    [
        pytest.param("lstm", 4, 32, 9_472, id="DeMo RNN"),
        pytest.param("lstm", 320, 320, 1_640_960, id="DanQ"),
        pytest.param("gru", 256, 256, 787_968, id="DeepCpG"),
    ],
)
def test_published_sizes(cell, n_inputs, hidden_size, published):
    """Torch's units have a second bias: one value more per gate, unit and direction."""
    n_gates = {"lstm": 4, "gru": 3}[cell]
    with torch.device("meta"):
        trunk = RNNTrunk(n_inputs, 100, cell=cell, hidden_size=hidden_size)
    assert n_parameters(trunk) == published + 2 * n_gates * hidden_size


def test_tokens_are_read_by_their_vectors():
    trunk = RNNTrunk(4, LENGTH, vocabulary_size=9, embedding_size=6, hidden_size=5).double()
    assert n_parameters(trunk.embedding) == 9 * 6
    tokens = torch.randint(1, 9, (2, LENGTH))
    mask = torch.ones(2, LENGTH, dtype=torch.bool)
    mask[1, 8:] = False
    tokens[1, 8:] = 0
    maps, mask_out = trunk(tokens, mask)
    assert mask_out is mask
    one_hot = torch.nn.functional.one_hot(tokens, 9).double()
    vectors = (one_hot @ trunk.embedding.weight).transpose(1, 2)
    torch.testing.assert_close(maps, trunk.recurrent(vectors, mask))
    torch.testing.assert_close(maps[1:, :, :8], trunk(tokens[1:, :8])[0])
    torch.testing.assert_close(trunk(tokens.to(torch.int16), mask)[0], maps)


def test_tokens_get_as_many_channels_as_units_unless_told():
    trunk = RNNTrunk(4, 10, vocabulary_size=9, hidden_size=5)
    assert trunk.embedding.weight.shape == (9, 5)


def test_linear_embedding_of_symbols_has_no_bias():
    trunk = RNNTrunk(4, 10, embedding_size=6, hidden_size=5)
    assert n_parameters(trunk.embedding) == 24
    x = torch.rand(2, 4, 10)
    expected = trunk.recurrent(trunk.embedding.weight[..., 0] @ x)
    torch.testing.assert_close(trunk(x)[0], expected)


def test_dropout_after_each_layer_in_training_only():
    trunk = RNNTrunk(4, 50, hidden_size=20, n_layers=2, dropout=0.5)
    x = torch.rand(2, 4, 50)
    share = (trunk(x)[0] == 0).float().mean()
    assert 0.4 < share < 0.6
    trunk.dropout.p = 0.0
    assert not torch.equal(trunk(x)[0], trunk(x)[0])
    trunk.eval()
    torch.testing.assert_close(trunk(x)[0], trunk(x)[0], rtol=0, atol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_other_lengths(cell):
    trunk = RNNTrunk(4, 10, cell=cell, hidden_size=3)
    assert trunk.length_out == 10
    assert trunk.receptive_field is None
    for length in (1, 25):
        assert trunk(torch.rand(2, 4, length))[0].shape == (2, 6, length)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "rnn"}, "cell must be one of"),
        ({"hidden_size": 0}, "hidden_size must be made of positive integers"),
        ({"n_layers": 1.5}, "n_layers must be made of positive integers"),
        ({"embedding_size": -1}, "embedding_size must be made of positive integers"),
        ({"vocabulary_size": 0}, "vocabulary_size must be made of positive integers"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        RNNTrunk(4, 10, **settings)


def test_one_direction_cannot_be_tied():
    with pytest.raises(ValueError, match="set bidirectional=True"):
        Recurrent(4, 3, bidirectional=False, tied=True)
