"""Sequences under conditions: combinations that were never seen, and what X may be."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from tolerances import assert_close

from skgenomics import (
    CNNClassifier,
    ConditionalClassifier,
    OneHotEncoder,
    OrdinalEncoder,
    load,
    save,
)
from skgenomics.networks.conditional import ConditionalNetwork
from skgenomics.testing import make_text

PLAIN = {
    "n_filters": 16,
    "kernel_size": 7,
    "pool_size": 1,
    "hidden_units": 16,
    "dropout": 0.0,
    "hidden_dropout": 0.0,
    "normalization": None,
    "head_pool": "max",
}
FULL_BATCH = {
    "batch_size": 1000,
    "learning_rate": 0.02,
    "augmentation": None,
    "reverse_complement": None,
    "random_state": 0,
}
ONE_COLUMN = {
    "sequence_column": None,
    "condition_columns": [0],
    "handle_unknown": "average",
    "network_params": PLAIN | {"n_filters": (8, 8), "kernel_size": 5, "head_pool": ("max", "mean")},
}
FACTORS = {"CEBP": "TTGCGCAA", "CREB": "TGACGTCA", "NFKB": "GGGACTTT"}
CELLS = {"HepG2": "CCATATGG", "K562": "AGATAAGA", "MCF7": "GTTAACCC"}


def make(**settings):
    return ConditionalClassifier(**{"network_params": PLAIN, "max_iter": 2} | FULL_BATCH | settings)


def simulate(n, seed, length=48):
    """A site is bound if it has the motif of the factor, and the one that opens it in the cell."""
    rng = np.random.default_rng(seed)
    motifs = np.array([list(m) for m in (*FACTORS.values(), *CELLS.values())])
    symbols = rng.choice(list("ACGT"), (n, length // 8, 8))
    has_motif = rng.random((n, 6)) < 0.7
    for row, present in zip(symbols, has_motif, strict=True):
        row[rng.permutation(len(row))[present]] = motifs[present]
    factor, cell = rng.integers(3, size=(2, n))
    rows = np.arange(n)
    X = pd.DataFrame(
        {
            "factor": np.array(list(FACTORS))[factor],
            "sequence": ["".join(row.ravel()) for row in symbols],
            "cell": np.array(list(CELLS))[cell],
        }
    )
    return X, (has_motif[rows, factor] & has_motif[rows, 3 + cell]).astype(int), factor == cell


@pytest.fixture(scope="module")
def data():
    X, y, _ = simulate(120, 0)
    return X, y


@pytest.fixture(scope="module")
def fitted(data):
    return make().fit(*data)


@parametrize_with_checks([make(**ONE_COLUMN, max_iter=60)])
def test_scikit_learn(estimator, check):
    check(estimator)


def test_no_check_is_left_out():
    assert len(list(estimator_checks_generator(make(**ONE_COLUMN)))) >= 67


def test_predicts_for_pairs_that_were_never_seen():
    X, y, held_out = simulate(2000, 0)
    params = PLAIN | {"n_filters": 32, "kernel_size": 9, "hidden_dropout": 0.3, "hidden_units": 32}
    model = make(network_params=params, max_iter=20, batch_size=64, learning_rate=0.01)
    model.fit(X[~held_out], y[~held_out])
    X, y, held_out = simulate(1500, 1)
    X, y = X[held_out], y[held_out]
    majority = max(y.mean(), 1 - y.mean())
    assert model.score(X, y) > majority + 0.25
    assert roc_auc_score(y, model.predict_proba(X)[:, 1]) > 0.9


def test_conditions_matter_and_only_they_do(fitted, data):
    X, _ = data
    other = X.assign(factor="NFKB")
    same = (X["factor"] == "NFKB").to_numpy()
    change = abs(fitted.decision_function(X) - fitted.decision_function(other))
    assert_allclose(change[same], 0, atol=1e-5)
    assert change[~same].min() > 0


def test_order_of_columns_and_index_do_not_matter(fitted, data):
    X, y = data
    model = make(condition_columns=["factor", "cell"])
    mixed = X[["cell", "sequence", "factor"]].assign(note="?")
    predicted = model.fit(mixed.set_axis(range(7, 127)), y).predict_proba(mixed)
    assert_array_equal(predicted, fitted.predict_proba(X))


def test_forms_of_sequences_agree(fitted, data):
    X, y = data
    expected = fitted.predict_proba(X)
    assert_array_equal(fitted.predict_proba(X.assign(sequence=X["sequence"].str.lower())), expected)
    conditions = X[["factor", "cell"]]
    for encoder, atol in ((OrdinalEncoder(), 0), (OneHotEncoder(), 1e-4)):
        numbers = encoder.set_output(transform="pandas").fit_transform(X[["sequence"]])
        both = pd.concat([numbers, conditions], axis=1)
        model = make(sequence_column=None, condition_columns=["factor", "cell"]).fit(both, y)
        assert_allclose(model.predict_proba(both), expected, atol=atol)
    array = X[["sequence", "factor", "cell"]].to_numpy()
    model = make(sequence_column=0).fit(array, y)
    assert_array_equal(model.predict_proba(array), expected)
    assert list(model.categories_) == [1, 2]


def test_strands(data):
    X, y = data
    average = make(reverse_complement="average").fit(X, y)
    turned = X.assign(sequence=[_turn(x) for x in X["sequence"]])
    assert_allclose(average.predict_proba(turned), average.predict_proba(X), atol=1e-5)
    tied = make(reverse_complement="tied").fit(X, y)
    assert_allclose(tied.predict_proba(turned), tied.predict_proba(X), atol=1e-5)
    assert tied.network_.gate.out_features == 8


def _turn(x):
    return x[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_multilabel_and_early_stopping(data):
    X, y = data
    Y = np.c_[y, 1 - y].astype(float)
    Y[::2, 1] = np.nan
    model = make(early_stopping=True).fit(X, Y, groups=X["cell"])
    assert model.predict_proba(X).shape == (120, 2)
    assert len(model.validation_loss_curve_) == 2


def test_clone_pickle_file_and_cross_validation(fitted, data, tmp_path):
    X, y = data
    expected = fitted.predict_proba(X)
    assert_array_equal(clone(fitted).fit(X, y).predict_proba(X), expected)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), expected)
    save(fitted, tmp_path / "model.skops")
    assert_array_equal(load(tmp_path / "model.skops").predict_proba(X), expected)
    assert np.isfinite(cross_val_score(make(), X, y, cv=3)).all()


def test_gates_are_those_of_the_embeddings():
    network = ConditionalNetwork(4, 20, 1, n_categories=[2, 3], condition_size=5, n_filters=6)
    codes = torch.tensor([[1, 2], [0, 1]])
    first, second = (table.weight for table in network.embeddings)
    vectors = torch.cat([first[[1, 0]], second[[2, 1]]], dim=1)
    expected = vectors @ network.gate.weight.T + network.gate.bias
    assert_allclose(network.gates(codes).detach(), 2 * expected.sigmoid().detach(), rtol=1e-5)
    unknown = torch.cat([first.mean(0), second[0]])
    gates = network.gates(torch.tensor([[-1, 0]]))[0]
    expected = network.gate.weight @ unknown + network.gate.bias
    assert_allclose(gates.detach(), 2 * expected.sigmoid().detach(), rtol=1e-5)


def test_unknown_category(data):
    X, y = data
    model = make(handle_unknown="average").fit(X, y)
    assert np.isfinite(model.predict_proba(X.assign(cell="HeLa"))).all()
    message = "condition 'cell' has 'HeLa' in row 4, which fit has not seen; it knows 'HepG2', "
    strange = X.assign(cell=["HepG2"] * 4 + ["HeLa"] * 116)
    with pytest.raises(ValueError, match=message):
        model.set_params(handle_unknown="error").predict(strange)


def test_classifier_under_given_conditions(fitted, data, tmp_path):
    X, _ = data
    before = torch.get_rng_state()
    given = fitted.given({"cell": "K562", "factor": "CREB"})
    assert torch.equal(torch.get_rng_state(), before)
    expected = fitted.predict_proba(X.assign(factor="CREB", cell="K562"))
    assert_allclose(given.predict_proba(X["sequence"]), expected, atol=1e-6)
    assert_array_equal(pickle.loads(pickle.dumps(given)).predict(X["sequence"]), expected.argmax(1))
    save(given, tmp_path / "given.skops")
    assert load(tmp_path / "given.skops").predict(X["sequence"]).shape == (120,)
    with pytest.raises(ValueError, match=r"a category of each of \['factor', 'cell'\], got"):
        fitted.given({"cell": "K562"})
    with pytest.raises(ValueError, match="condition 'cell' has 'HeLa'"):
        fitted.given({"cell": "HeLa", "factor": "CREB"})


def test_attributions_under_given_conditions(fitted, data):
    from skgenomics.inspection import attribute

    given = fitted.given({"cell": "K562", "factor": "CREB"})
    sequences = data[0]["sequence"][:3].tolist()
    assert np.isfinite(attribute(given, sequences, method="input_x_gradient").values).all()


def test_transfer_of_the_trunk(data):
    X, y = data
    params = {k: v for k, v in PLAIN.items() if k not in ("hidden_units", "head_pool")}
    source = CNNClassifier(**params, max_iter=1, random_state=0).fit(X["sequence"], y)
    params = {"hidden_units": 4}
    model = make(pretrained=source, freeze="trunk", network_params=params).fit(X, y)
    for name, weight in source.network_.trunk.state_dict().items():
        assert torch.equal(model.network_.trunk.state_dict()[name], weight)


def test_vectors_of_categories_are_taken_over_for_the_same_condition(data):
    """Two conditions may have the same categories, in another order of the columns."""
    X, y = data
    X = X.assign(cell=X["factor"].to_numpy()[::-1])
    source = make(max_iter=1).fit(X, y)
    same = make(max_iter=1, pretrained=source).fit(X, y)
    other = make(max_iter=1, pretrained=source).fit(X[["cell", "factor", "sequence"]], y)
    taken = [[n for n in m.transferred_ if n.startswith("emb")] for m in (same, other)]
    assert taken == [["embeddings.0.weight", "embeddings.1.weight"], []]


def test_attributions_are_those_of_the_classifier_under_the_same_conditions(fitted, data):
    from skgenomics.inspection import attribute

    X = data[0].iloc[:3]
    found = attribute(fitted, X, method="input_x_gradient")
    for i, row in enumerate(X.to_dict("records")):
        sequence = row.pop("sequence")
        alone = attribute(fitted.given(row), [sequence], method="input_x_gradient")
        assert_close(np.asarray(found)[i], np.asarray(alone)[0], depth=16)


@pytest.mark.parametrize("network", ["resnet", "rnn", "transformer"])
def test_every_architecture(data, network):
    X, y = data
    model = make(network=network, network_params={"hidden_units": 4}, max_iter=1).fit(
        X[:20], y[:20]
    )
    assert model.predict(X).shape == (120,)


@pytest.mark.parametrize(
    ("settings", "change", "message"),
    [
        ({}, lambda X: X["sequence"], "X holds sequences alone, but their conditions are needed"),
        ({}, lambda X: X["sequence"].tolist(), "X holds sequences alone"),
        ({}, lambda X: X[["sequence"]], r"X has 1 feature\(s\)"),
        ({}, lambda X: X.rename(columns={"sequence": "DNA"}), "X has no column 'sequence'; it has"),
        ({}, lambda X: X.assign(cell=["K562"] * 119 + [None]), "'cell' is missing in row 119"),
        ({}, lambda X: X.assign(cell=["K562"] * 119 + [1]), "all strings or all numbers"),
        ({}, lambda X: X.set_axis(["cell", "sequence", "cell"], axis=1), "several columns 'cell'"),
        ({}, lambda X: X.assign(sequence=["AZ"] * 120), "sequence 0 has 'Z' at position 1"),
        ({}, lambda X: X[:0], "0 sample"),
        ({"condition_columns": ["batch"]}, None, "X has no column 'batch'"),
        ({"condition_columns": "cell"}, None, r"write \['cell'\]"),
        ({"condition_columns": ["cell", "sequence"]}, None, "is both the sequence_column and in"),
        ({"sequence_column": None}, None, "both None"),
        ({"max_iter": 0}, None, "max_iter must be an integer >= 1"),
        ({"embedding_size": 0}, None, "embedding_size must be an integer >= 1"),
        ({"handle_unknown": "ignore"}, None, "handle_unknown must be one of"),
        ({"network": "mlp"}, None, "network must be one of"),
    ],
)
def test_what_is_refused(data, settings, change, message):
    X, y = data
    X = change(X) if change else X
    with pytest.raises(ValueError, match=message):
        make(**settings).fit(X, y[: len(X)])


def test_other_columns_than_in_fit_are_refused(fitted, data):
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(data[0].rename(columns={"cell": "tissue"}))


def test_text_of_several_lengths(fitted, data):
    X, _ = data
    assert fitted.predict(X.assign(sequence=X["sequence"].str[:30])).shape == (120,)
    with pytest.raises(ValueError, match="sequence 0 has length 49"):
        fitted.predict(X.assign(sequence=X["sequence"] + "A"))


def test_conditions_that_are_numbers():
    X = pd.DataFrame({"sequence": make_text(40, 48), "dose": [0.5, 2.0] * 20})
    model = make().fit(X, [0, 1] * 20)
    assert model.categories_["dose"].tolist() == [0.5, 2.0]
    assert model.predict(X.assign(dose=2)).shape == (40,)
