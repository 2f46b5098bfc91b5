"""Pairs of positions: planted contacts, symmetry, masks and attributions of one pair."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics import PairLabeler, PairRegressor, load, save, zoo
from skgenomics.inspection import attribute, mutagenesis
from skgenomics.metrics import contact_precision_score
from skgenomics.networks.pairs import PairNetwork
from skgenomics.sequences import reverse_complement

FIRST, SECOND = "TGACTCAG", "CCGGAAGT"
LENGTH = 40
SMALL = {
    "network": "cnn",
    "network_params": {"n_filters": (16,), "kernel_size": 9},
    "pair_filters": 12,
    "pair_dilation": (1, 2),
    "random_state": 0,
}


def planted(n, seed, length=LENGTH):
    """Two motifs are in contact, with the positions around their middles; one alone is not."""
    rng = np.random.default_rng(seed)
    X, y = [], np.zeros((n, length, length))
    for contacts in y:
        bases = rng.choice(list("ACGT"), length)
        i = int(rng.integers(0, length // 2 - 8))
        j = int(rng.integers(length // 2, length - 8))
        bases[i : i + 8] = list(FIRST)
        bases[j : j + 8] = list(SECOND)
        contacts[i + 2 : i + 6, j + 2 : j + 6] = 1
        X.append("".join(bases))
    return X, y + y.transpose(0, 2, 1)


@pytest.fixture(scope="module")
def labeler():
    X, y = planted(100, 0)
    return PairLabeler(**SMALL, max_iter=14, learning_rate=0.01, class_weight="balanced").fit(X, y)


def test_planted_contacts_are_found(labeler):
    X, y = planted(30, 1)
    proba = labeler.predict_proba(X)
    assert contact_precision_score(y, proba[..., 1], top="L/5", min_separation=6) > 0.8
    assert labeler.score(X, y) > 10 * y.mean()


def test_predictions_are_exactly_symmetric(labeler):
    X, _ = planted(4, 2)
    for values in (labeler.predict_proba(X), labeler.decision_function(X)):
        assert_array_equal(values, values.transpose(0, 2, 1, 3))


def test_one_pair_is_attributed_to_its_motifs(labeler):
    X, y = planted(6, 3)
    inside = 0
    for x, contacts in zip(X, y, strict=True):
        i, j = np.argwhere(np.triu(contacts))[0] + 1
        effects = mutagenesis(labeler, [x], target=(i, j))[0]
        importance = np.abs(effects).max(axis=1)
        motifs = [*range(x.find(FIRST), x.find(FIRST) + 8)]
        motifs += range(x.find(SECOND), x.find(SECOND) + 8)
        inside += np.isin(np.argsort(importance)[-6:], motifs).mean() / len(X)
        score = labeler.decision_function([x])[0, i, j]
        changed = "A" + x[1:]
        other = labeler.decision_function([changed])[0, i, j]
        delta = (other[1] - other[0]) - (score[1] - score[0])
        assert effects[0, 0] == pytest.approx(delta, abs=1e-3)
    assert inside > 0.7
    found = attribute(labeler, X[:2], method="integrated_gradients", target=(1, 5, 30))
    assert found.shape == (2, LENGTH, 4)


def test_targets_out_of_range(labeler):
    with pytest.raises(ValueError, match="target must name a position out of 0 to 39: 40 is none"):
        mutagenesis(labeler, [FIRST * 5], target=(3, 40))
    with pytest.raises(ValueError, match="must be a pair"):
        mutagenesis(labeler, [FIRST * 5], target=(1, 3, 4, 5))


@pytest.mark.parametrize("save_it", [False, True])
def test_saved_models_predict_the_same(labeler, tmp_path, save_it):
    X, _ = planted(3, 4)
    if save_it:
        save(labeler, tmp_path / "model.skops")
        copy = load(tmp_path / "model.skops")
    else:
        copy = pickle.loads(pickle.dumps(labeler))
    assert_array_equal(copy.predict_proba(X), labeler.predict_proba(X))


def test_values_of_unequal_lengths_and_unknown_pairs():
    """Unknown pairs and padding take no part, whatever stands there."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), n)) for n in (20, 14, 20, 17) * 6]
    y = [np.array([[float(a == b) for a in x] for b in x]) for x in X]
    params = SMALL | {"max_iter": 25, "learning_rate": 0.01, "pair_dropout": 0.0}
    regressor = PairRegressor(**params).fit(X, y)
    predicted = regressor.predict(X)
    assert predicted.shape == (24, 20, 20)
    assert np.isnan(predicted[1, 14:]).all()
    assert not np.isnan(predicted[1, :14, :14]).any()
    assert regressor.score(X, y) > 0.5
    alone = regressor.predict(X[1:2])[0, :14, :14]
    assert_allclose(alone, predicted[1, :14, :14], atol=1e-4)
    hidden = [matrix.copy() for matrix in y]
    hidden[0][3, 7] = hidden[0][7, 3] = np.nan
    again = PairRegressor(**params | {"max_iter": 1}).fit(X, hidden)
    assert np.isfinite(again.predict(X[:1])).all()


def test_bins_and_tracks():
    X, y = planted(12, 5)
    tracks = np.stack([y, 2 * y], axis=3)[:, ::2, ::2][:, 2:-2, 2:-2]
    regressor = PairRegressor(**SMALL, bin_size=2, max_iter=1).fit(X, tracks)
    assert regressor.predict(X[:2]).shape == (2, 16, 16, 2)
    with pytest.raises(ValueError, match="y has 15 bins of 2 positions"):
        PairRegressor(**SMALL, bin_size=2, max_iter=1).fit(X, tracks[:, :15, :15])


def test_close_pairs_take_no_part():
    X, y = planted(12, 6)
    noisy = y.copy()
    noisy[:, np.arange(LENGTH), np.arange(LENGTH)] = 1
    params = SMALL | {"max_iter": 1, "min_separation": 3, "batch_size": 12}
    a, b = (PairLabeler(**params).fit(X, target) for target in (y, noisy))
    assert_array_equal(a.predict_proba(X[:2]), b.predict_proba(X[:2]))


def test_reverse_complements_have_reversed_maps():
    X, y = planted(12, 7)
    labeler = PairLabeler(**SMALL, max_iter=1, reverse_complement="average").fit(X, y)
    here = labeler.decision_function(X[:2])
    there = labeler.decision_function(reverse_complement(X[:2]))
    assert_allclose(here, there[:, ::-1, ::-1], atol=1e-4)


def test_padding_takes_no_part():
    torch.manual_seed(0)
    network = PairNetwork(4, 12, 1, n_bins=12, trunk="cnn", n_filters=8, kernel_size=3).eval()
    x = torch.zeros(1, 4, 12)
    x[0, torch.randint(4, (8,)), torch.arange(8)] = 1
    mask = torch.arange(12)[None] < 8
    padded = network(x, mask).reshape(12, 12)[:8, :8]
    alone = network(x[:, :, :8], torch.ones(1, 8, dtype=torch.bool)).reshape(8, 8)
    assert_allclose(padded.detach(), alone.detach(), atol=1e-5)


def asymmetric(y):
    wrong = y.copy()
    wrong[3, 2, 30] = 5
    return wrong


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (asymmetric, r"target of sequence 3 is not symmetric: it differs for the pairs \(2, 30\)"),
        (lambda y: [*y[:5], y[5][:30, :30], *y[6:]], "target of sequence 5 has 30 bins, but .* 40"),
        (lambda y: [*y[:5], y[5][:30], *y[6:]], r"sequence 5 has the shape \(30, 40\)"),
        (lambda y: np.where(y == 1, np.inf, 0), "contains infinity"),
        (lambda y: 0 * y, "only one class"),
        (lambda y: y / 2, "classes are integers; use PairRegressor"),
    ],
)
def test_errors_name_the_sample(change, message):
    X, y = planted(8, 8)
    with pytest.raises(ValueError, match=message):
        PairLabeler(**SMALL, max_iter=1).fit(X, change(y))


def test_akita_has_the_published_number_of_parameters():
    network = zoo.build_network("Akita")
    assert sum(p.numel() for p in network.parameters()) == 746_149
