"""Motifs of first-layer filters: planted motifs, brute force, and all backbones."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from skgenomics import CNNClassifier, SequenceClassifier, zoo
from skgenomics.datasets import make_motif_classification
from skgenomics.estimators.conv_transformer import ConvTransformerClassifier
from skgenomics.estimators.resnet import ResNetClassifier
from skgenomics.estimators.rnn import RNNClassifier
from skgenomics.inspection.motifs.filters import filter_motifs
from skgenomics.sequences import encode, reverse_complement

DATA = make_motif_classification(300, 50, motifs=["TGACGTCAT"], random_state=0)
QUICK = {"max_iter": 1, "random_state": 0}


def cnn(**settings):
    settings = {"n_filters": 8, "kernel_size": 9} | QUICK | settings
    return CNNClassifier(**settings).fit(DATA.X, DATA.y)


@pytest.fixture(scope="module")
def trained():
    return cnn(max_iter=10, n_filters=16, kernel_size=11, reverse_complement="average")


def site_texts(motif, X):
    found = [X[s.sequence][s.start : s.end] for s in motif.sites.itertuples()]
    strands = motif.sites["strand"]
    return [t if s == "+" else reverse_complement(t) for t, s in zip(found, strands, strict=True)]


@pytest.mark.filterwarnings("ignore:.*filters are left out")
def test_a_planted_motif_is_found(trained):
    motifs = filter_motifs(trained, DATA.X)
    consensus = [motif.consensus for motif in motifs]
    both = consensus + [reverse_complement(text) for text in consensus]
    assert any("GACGTCA" in text or "TGACGT" in text for text in both)


@pytest.mark.filterwarnings("ignore:.*filters are left out")
@pytest.mark.parametrize("strands", [None, "average", "tied"])
def test_sites_give_the_counts_and_the_activations(strands):
    model = cnn(reverse_complement=strands)
    motifs = filter_motifs(model, DATA.X, min_sites=1)
    conv = model.network_.trunk.blocks[0].unit.conv
    strand_order = model.network_.strand_order
    order = slice(None) if strand_order is None else list(strand_order.order)
    assert len(motifs) <= (4 if strands == "tied" else 8)
    for motif in motifs:
        texts = site_texts(motif, DATA.X)
        counts = np.stack([(encode(texts) == i).sum(axis=0) for i in range(4)], axis=1)
        assert_array_equal(motif.counts.round(6), counts)
        assert set(motif.sites["strand"]) <= ({"+"} if strands is None else {"+", "-"})
        assert motif.sites["score"].min() > 0.5 * motif.sites["score"].max()
        weight = conv.weight[int(motif.name.split("_")[1])].detach().numpy().squeeze(1)
        hot = np.eye(4)[encode(texts)].transpose(0, 2, 1)
        matches = (hot[:, order] * weight).sum(axis=(1, 2))
        ranks = np.corrcoef(matches, motif.sites["score"])[0, 1] if len(texts) > 2 else 1
        assert ranks > 0.99 or np.ptp(matches) < 1e-6


def test_the_estimator_is_unchanged(trained):
    before = {k: v.clone() for k, v in trained.network_.state_dict().items()}
    state = torch.get_rng_state()
    filter_motifs(trained, DATA.X, min_sites=1)
    assert not any(m._forward_pre_hooks for m in trained.network_.modules())
    for name, value in trained.network_.state_dict().items():
        assert torch.equal(value, before[name])
    assert torch.equal(torch.get_rng_state(), state)


class Dilated(torch.nn.Module):
    """Network from outside the package with one dilated filter that matches A--C--G."""

    def __init__(self, n_channels, length, n_outputs):
        super().__init__()
        self.conv = torch.nn.Conv1d(n_channels, 1, 3, dilation=3)
        torch.nn.init.zeros_(self.conv.weight)
        with torch.no_grad():
            self.conv.weight[0, [0, 1, 2], [0, 1, 2]] = 1
        self.conv.requires_grad_(False)
        self.output = torch.nn.Linear(1, n_outputs)

    def forward(self, x):
        return self.output(self.conv(x).amax(dim=2))


def test_dilated_filters_and_unknown_symbols():
    X = ["TATTCTTGTT", "TNTTCTTGTT", "ATTCTTGNNN", "TTTTTTTTTT"]
    model = SequenceClassifier(network=Dilated, **QUICK).fit(X, [1, 0, 1, 0])
    (motif,) = filter_motifs(model, X, threshold=0.9, both_strands=False, min_sites=1)
    assert motif.consensus == "ACG"
    assert motif.sites[["sequence", "start", "end"]].to_numpy().tolist() == [[0, 1, 8], [2, 0, 7]]


@pytest.mark.filterwarnings("ignore:.*filters are left out")
@pytest.mark.parametrize(
    "make",
    [
        lambda: ResNetClassifier(n_filters=8, stem_filters=8, n_blocks=1, **QUICK),
        lambda: zoo.make("DanQ", width=0.05, max_iter=1),
        lambda: ConvTransformerClassifier(d_model=16, n_heads=2, n_downsamplings=2, **QUICK),
    ],
    ids=["resnet", "danq", "convtransformer"],
)
def test_other_backbones(make):
    model = make()
    data = make_motif_classification(40, 200, random_state=0)
    motifs = filter_motifs(model.fit(data.X, data.y), data.X, min_sites=1)
    assert motifs
    for motif in motifs:
        assert (motif.sites["end"] - motif.sites["start"] == motif.width).all()


def test_dead_filters_are_named():
    model = cnn()
    with torch.no_grad():
        conv = model.network_.trunk.blocks[0].unit.conv
        conv.weight[[2, 5]] = 0
        conv.bias[[2, 5]] = -1000
    with pytest.warns(UserWarning, match="of 8 filters are left out.*filter_2.*filter_5"):
        motifs = filter_motifs(model, DATA.X, min_sites=1)
    assert not {"filter_2", "filter_5"} & {motif.name for motif in motifs}


def test_networks_without_filters_of_the_sequence():
    model = RNNClassifier(hidden_size=4, **QUICK).fit(DATA.X[:40], DATA.y[:40])
    with pytest.raises(ValueError, match="no convolution that reads the sequence"):
        filter_motifs(model, DATA.X[:40])
    signals = np.random.default_rng(0).normal(size=(40, 3, 20))
    model = CNNClassifier(n_channels=3, **QUICK).fit(signals, DATA.y[:40])
    with pytest.raises(ValueError, match="fitted on signals"):
        filter_motifs(model, signals)


def test_trim_and_reverse_complement_keep_sites_aligned(trained):
    motif = filter_motifs(trained, DATA.X, min_sites=1)[0]
    for changed in (motif.trim(0.5), motif.reverse_complement(), motif.reverse_complement().trim()):
        texts = site_texts(changed, DATA.X)
        counts = np.stack([(encode(texts) == i).sum(axis=0) for i in range(4)], axis=1)
        assert_array_equal(changed.counts.round(6), counts)
