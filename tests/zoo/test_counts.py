"""Numbers of weights: those published, and what torch adds to them."""

from itertools import pairwise

import pytest
import torch

from skgenomics import zoo
from skgenomics.zoo import _entries
from skgenomics.zoo._entry import second_biases


def dream_legnet_parameters():
    """Count from the authors' layers, whose biases are in squeeze-and-excitation and the last."""
    sizes = (256, 256, 128, 128, 64, 64, 32, 32)
    count = 4 * 256 * 5 + 2 * 256
    for n_in, n_out in pairwise(sizes):
        inner, squeezed = 4 * n_out, n_in // 4
        count += 2 * n_in * inner + 5 * 2 * inner + 4 * inner + 2 * n_in
        count += 2 * inner * squeezed + squeezed + inner
        count += 5 * 2 * n_in * n_out + 2 * n_out
    return count + 33 * 18


def raptorx_parameters():
    """Count from the layers that the paper describes: 8 along the sequence, 60 over pairs."""
    count = 15 * 20 * 30
    for n_in, n_out in pairwise((30, 30, 35, 40, 45)):
        count += 15 * n_in * n_out + 15 * n_out**2 + 2 * 2 * n_out
        count += n_in * n_out if n_in != n_out else 0
    pairs = 3 * 45 + 1
    return count + 9 * 60 * pairs + 120 + 60 * (9 * 60**2 + 120) + 61 * 2


# As logged by the authors, stated in papers, or computed from the authors' layers. The count of a
# language model is that without the layer that gives the scores.
PUBLISHED = {
    "DeepBind": 1_569,
    "DeepBind-hidden": 2_129,
    "DeepBind-RNA": 1_585,
    "DeepBind-RNA-hidden": 2_641,
    "Zeng2016": 16_610,
    "DeepSEA": 52_843_119,
    "Beluga": 149_536_251,
    "Basset": 4_135_064,
    "DeepCpG-DNA": 4_102_789,
    "DeepSTARR": 622_722,
    "CNNProm": 64_157,
    "Scover": 36_000 + 60_100,
    "GenomicBenchmarks-CNN": 66_889,
    "DeepChrome": 644_177,
    "DeMo-CNN": 136_322,
    "DeMo-RNN": 9_602,
    "DeMo-CNN-RNN": 46_082,
    "D-GEX-1x3000": 17_116_760,
    "D-GEX-3x9000": 213_358_760,
    "DanQ": 46_926_479,
    "DanQ-JASPAR": 67_892_175,
    "DeepCpG-CpG": 816_389,
    "DeeperBind": 225 + 640 + 840 + 11,
    "AttentiveChrome": 55_681,
    # Convolutions, LSTM, attention, scores.
    "Sonderby2015": 10_860 + 417_600 + 80_400 + 4_411,
    # Convolutions and the one over them, LSTM, attention, hidden layer, scores.
    "DeepLoc": 21_720 + 46_208 + 788_480 + 131_584 + 262_656 + 5_130,
    "SPEID": 19_848_603,
    "SpliceAI-80": 93_251,
    "SpliceAI-400": 185_187,
    "SpliceAI-2k": 359_043,
    "SpliceAI-10k": 696_739,
    "Basenji-small": 109_235,
    "BPNet": 109_122,
    "BPNet-control": 114_224,
    "BPNet-2021": 130_960,
    "ChromBPNet": 6_377_986,
    # Convolutions, profile and total.
    "ChromBPNet-bias": 10_880 + 4 * 49_280 + 9_601 + 129,
    # SpliceAI with 12 outputs of 33 parameters instead of 3.
    "Pangolin": 696_739 - 3 * 33 + 12 * 33,
    # From the layers of the authors' code without cells, and 33 parameters for each cell.
    "scBasset": 4_513_960 + 2034 * 33,
    "Akita": 746_149,
    "Borzoi": 185_892_699,
    "Borzoi-mini": 42_510_688,
    "RaptorX-type": raptorx_parameters(),
    "LegNet": dream_legnet_parameters(),
    "MPRALegNet": 1_322_465,
    "Malinois": 4_107_183,
    # Convolution, hidden neurons and output of each unit, with normalization, and the last layer.
    "ExplaiNN": 300 * (77 + 2 + 100 * (34 + 2) + 101 + 2) + 301 * 81,
    "Sei": 889_979_983,
    "ConvNova": 1_688_448,
    "DASHA-UNet": 4_473_538,
    **{
        f"Caduceus-{kind}-{size}": count
        for kind in ("PH", "PS")
        for size, count in (
            ("1k-d118", 470_702),
            ("1k-d256", 1_934_592),
            ("131k", 7_725_312),
        )
    },
    "Enformer": 251_221_292,
    "Enformer-mini": 362_720,
    "DNABERT-3": 86_094_336,
    "DNABERT-4": 86_241_792,
    "DNABERT-5": 86_831_616,
    "DNABERT-6": 89_190_912,
    "HyenaDNA-tiny": 436_096,
    "HyenaDNA-tiny-d256": 1_641_088,
    "HyenaDNA-small": 3_277_568,
    "HyenaDNA-medium": 6_550_528,
    # Layers, table of tokens, last normalization.
    "Nucleotide-Transformer-v2-50M": 12 * 4_198_400 + 4_106 * 512 + 1_024,
}
# What the module itself has under each name of a difference.
MEASURES = {
    "embeddings of other tokens than bases": lambda network: (
        -3 * network.trunk.embedding.weight.numel()
    ),
    "bias of the hidden layer": lambda network: network.hidden[1].bias.numel(),
    "second biases of the recurrent net": lambda network: sum(
        p.numel() for name, p in network.named_parameters() if "bias_hh" in name
    ),
    "output layer": lambda network: n_parameters(
        getattr(network, "output", None) or network.profile
    ),
}


def n_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def on_paper(name):
    """The module of published size, without memory for its weights."""
    with torch.device("meta"):
        return zoo.build_network(name)


def test_every_entry_is_here():
    assert {entry.name for entry in _entries().values()} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_are_those_published(name):
    entry, network = _entries()[name.lower()], on_paper(name)
    differences = {why: MEASURES[why](network) for why in entry.differences}
    assert (
        n_parameters(network) - sum(differences.values()) == PUBLISHED[name] == entry.n_parameters
    )
    assert differences == entry.differences


@pytest.mark.parametrize("name", ["DanQ", "DanQ-JASPAR", "DeMo-RNN", "DeMo-CNN-RNN", "SPEID"])
def test_torch_has_a_bias_more_for_each_gate_of_both_directions(name):
    hidden_size = {"DanQ": 320, "DanQ-JASPAR": 512, "SPEID": 50}.get(name, 32)
    assert n_parameters(on_paper(name)) - PUBLISHED[name] == 2 * 4 * hidden_size
    assert second_biases(hidden_size) == _entries()[name.lower()].differences


@pytest.mark.parametrize(
    ("name", "expected"),
    [("DanQ", 46_929_039), ("DanQ-JASPAR", 67_896_271), ("DeepCpG-CpG", 816_389 + 2 * 3 * 256)],
)
def test_known_counts_of_ports_to_torch(name, expected):
    assert n_parameters(on_paper(name)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Enformer", 229_845_504),
        ("Enformer-mini", 362_720),
        ("HyenaDNA-tiny", 436_096),
        ("DNABERT-6", 88_600_320),
    ],
)
def test_weights_of_trunks(name, expected):
    assert n_parameters(on_paper(name).trunk) == expected


def test_listed_counts_are_those_of_the_modules():
    table = zoo.list_models()
    assert table.columns.tolist() == [
        "name", "year", "paper", "task", "input", "parameters", "estimator",
    ]  # fmt: skip
    assert table["name"].is_unique
    assert table["parameters"].tolist() == [n_parameters(on_paper(name)) for name in table["name"]]
    assert table["year"].between(2015, 2025).all()
    assert (table[["paper", "task", "input"]].map(len) > 3).all().all()


def test_listed_estimators_are_what_is_made():
    for name, cls in zoo.list_models()[["name", "estimator"]].itertuples(index=False):
        model = zoo.make(name)
        last = model[-1] if hasattr(model, "steps") else model
        assert type(last).__name__ == cls
