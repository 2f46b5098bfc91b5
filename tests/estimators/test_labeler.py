"""A label for each position: what takes part in training, and what comes out."""

import pickle
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from skorch.callbacks import Callback

from skgenomics import SequenceLabeler, load, save
from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.sequences import reverse_complement
from skgenomics.testing import make_text
from skgenomics.training import Augmentation

NETWORKS = {
    "cnn": {"n_filters": (8, 8), "normalization": "batch"},
    "resnet": {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2), "dropout": 0.0},
    "rnn": {"embedding_size": 8, "hidden_size": 8, "dropout": 0.0},
    "cnnrnn": {"n_filters": (8,), "hidden_size": 8},
    "transformer": {"stem_filters": 16, "d_model": 16, "n_heads": 2, "n_layers": 1, "dropout": 0.0},
    "longconv": {"d_model": 16, "dropout": 0.0},
}
CNN = {"network": "cnn", "network_params": NETWORKS["cnn"], "random_state": 0}
# Nothing random but the weights, and all rows in one batch.
EXACT = {
    "network": "cnn",
    "network_params": {"n_filters": 8, "kernel_size": 5, "normalization": None},
    "augmentation": None,
    "batch_size": 1000,
    "schedule": None,
    "random_state": 0,
    "max_iter": 4,
}
FROZEN = {"learning_rate": 1e-12, "weight_decay": 0.0, "max_iter": 1}


def label(x, motif="GT"):
    return "".join("D" if x[i : i + 2] == motif else "N" for i in range(len(x)))


def ragged(n=40, shortest=12, longest=24):
    lengths = np.random.default_rng(1).integers(shortest, longest + 1, n)
    lengths[0] = longest
    X = [x[:length] for x, length in zip(make_text(n, longest), lengths, strict=True)]
    return X, [label(x) for x in X]


def as_codes(y, symbols="DN"):
    return np.array([[symbols.index(symbol) for symbol in row] for row in y])


@pytest.fixture
def data():
    X = make_text(40, 20)
    return X, [label(x) for x in X]


def test_strings_and_codes_train_the_same_network(data):
    X, y = data
    text, codes = (SequenceLabeler(**CNN, max_iter=5).fit(X, rows) for rows in (y, as_codes(y)))
    assert (text.label_form_, codes.label_form_) == ("text", "codes")
    assert text.classes_.tolist() == ["D", "N"]
    assert codes.classes_.tolist() == [0, 1]
    assert_array_equal(text.predict_proba(X), codes.predict_proba(X))
    predicted = codes.predict(X)
    assert predicted.shape == (40, 20)
    assert predicted.dtype.kind == "i"
    assert_array_equal(as_codes(text.predict(X)), predicted)
    for container in (np.array(y), np.array(y, dtype=object)):
        other = SequenceLabeler(**CNN, max_iter=5).fit(X, container)
        assert_array_equal(other.predict_proba(X), text.predict_proba(X))


def test_codes_keep_their_values(data):
    X, y = data
    labeler = SequenceLabeler(**CNN, max_iter=2).fit(X, as_codes(y) * 7 - 3)
    assert labeler.classes_.tolist() == [-3, 4]
    assert set(np.unique(labeler.predict(X))) <= {-3, 4}


def test_all_forms_of_sequences_agree(data):
    X, y = data
    expected = SequenceLabeler(**CNN, max_iter=4).fit(X, y).predict_proba(X)
    for encoder in (OrdinalEncoder(), OneHotEncoder()):
        form = encoder.fit_transform(X)
        labeler = SequenceLabeler(**CNN, max_iter=4).fit(form, y)
        assert_allclose(labeler.predict_proba(form), expected, atol=1e-5)
        assert [len(row) for row in labeler.predict(form)] == [20] * 40


def test_predictions_are_as_long_as_their_sequences():
    X, y = ragged()
    labeler = SequenceLabeler(**CNN, max_iter=4).fit(X, y)
    assert [len(row) for row in labeler.predict(X)] == [len(x) for x in X]
    proba = labeler.predict_proba(X)
    assert proba.shape == (40, 24, 2)
    for row, x in zip(proba, X, strict=True):
        assert_allclose(row[: len(x)].sum(axis=1), 1, rtol=1e-5)
        assert not row[len(x) :].any()


def test_codes_are_unknown_at_padding():
    X, y = ragged()
    wide = np.full((40, 24), -1)
    for row, symbols in zip(wide, y, strict=True):
        row[: len(symbols)] = as_codes([symbols])[0]
    text = SequenceLabeler(**CNN, max_iter=4).fit(X, y)
    codes = SequenceLabeler(**CNN, max_iter=4).fit(X, wide)
    assert_array_equal(text.predict_proba(X), codes.predict_proba(X))
    assert_array_equal(codes.predict(X) == -1, wide == -1)
    own = SequenceLabeler(**CNN, max_iter=4, unknown_label=9).fit(X, np.where(wide < 0, 9, wide))
    assert_array_equal(own.predict(X) == 9, wide == -1)


def test_whatever_stands_at_padding_takes_no_part():
    """A table of labels has something there, but a sequence that has ended has no labels."""
    X, y = ragged()
    tables = []
    for fill in (0, 1):
        table = np.full((40, 24), fill)
        for row, symbols in zip(table, y, strict=True):
            row[: len(symbols)] = as_codes([symbols])[0]
        tables.append(table)
    first, second = (SequenceLabeler(**CNN, max_iter=4).fit(X, table) for table in tables)
    assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert first.score(X, tables[0]) == first.score(X, tables[1])


@pytest.mark.parametrize("crf", [False, True])
def test_all_ways_to_say_unknown_are_the_same(data, crf):
    X, y = data
    hidden = np.random.default_rng(0).random((40, 20)) < 0.4
    codes = as_codes(y)

    def fit(labels, unknown_label=None):
        labeler = SequenceLabeler(**CNN, max_iter=4, crf=crf, unknown_label=unknown_label)
        return labeler.fit(X, labels)

    def text(symbol):
        rows = zip(y, hidden, strict=True)
        return ["".join(np.where(hide, symbol, list(row))) for row, hide in rows]

    expected = fit(text("?"))
    assert expected.classes_.tolist() == ["D", "N"]
    for labels, unknown in (
        (text("x"), "x"),
        (np.where(hidden, -1, codes), None),
        (np.where(hidden, 99, codes), 99),
        (np.where(hidden, 0, codes + 1), 0),
        (np.where(hidden, np.nan, codes), None),
    ):
        assert_array_equal(fit(labels, unknown).predict_proba(X), expected.predict_proba(X))


def test_the_loss_is_the_mean_over_known_labels():
    X, y = ragged()
    y = [row[:3] + "??" + row[5:] for row in y]
    labeler = SequenceLabeler(**EXACT | FROZEN).fit(X, y)
    proba = labeler.predict_proba(X)
    logs = [
        np.log(proba[i, j, "DN".index(symbol)])
        for i, row in enumerate(y)
        for j, symbol in enumerate(row)
        if symbol != "?"
    ]
    assert labeler.loss_curve_[0] == pytest.approx(-np.mean(logs), rel=1e-5)


def test_class_weights_weigh_positions(data):
    X, y = data
    codes = as_codes(y)
    proba = SequenceLabeler(**EXACT | FROZEN).fit(X, y).predict_proba(X)
    loss = -np.log(np.take_along_axis(proba, codes[..., None], axis=2))[..., 0]
    n_d = (codes == 0).sum()
    balanced = {"D": codes.size / (2 * n_d), "N": codes.size / (2 * (codes.size - n_d))}
    for class_weight in (balanced, {"D": 5.0}, {"D": 0.0}):
        weight = np.array([class_weight.get(symbol, 1.0) for symbol in "DN"])[codes]
        labeler = SequenceLabeler(**EXACT | FROZEN, class_weight=class_weight).fit(X, y)
        expected = (loss * weight).sum() / weight.sum()
        assert labeler.loss_curve_[0] == pytest.approx(expected, rel=1e-5)
    by_name = SequenceLabeler(**EXACT, class_weight="balanced").fit(X, y)
    by_hand = SequenceLabeler(**EXACT, class_weight=balanced).fit(X, y)
    assert_allclose(by_name.predict_proba(X), by_hand.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("crf", [False, True])
def test_weight_zero_equals_removal_and_weight_two_a_copy(crf):
    X, y = ragged()
    weight = np.ones(40)
    weight[:10], weight[10:20] = 0, 2
    weighted = SequenceLabeler(**EXACT, crf=crf, length=24).fit(X, y, sample_weight=weight)
    copied = SequenceLabeler(**EXACT, crf=crf, length=24).fit(X[10:20] + X[10:], y[10:20] + y[10:])
    assert_allclose(weighted.predict_proba(X), copied.predict_proba(X), atol=1e-5)
    removed = SequenceLabeler(**CNN, max_iter=2).fit(X[10:], y[10:])
    noisy = SequenceLabeler(**CNN, max_iter=2).fit(X, y, sample_weight=np.arange(40) >= 10)
    assert noisy.length_ == max(map(len, X[10:]))
    assert_array_equal(noisy.predict_proba(X[10:]), removed.predict_proba(X[10:]))


@pytest.mark.parametrize("strands", [None, "average"])
@pytest.mark.parametrize("network", ["cnn", "resnet", "rnn", "cnnrnn", "transformer"])
def test_more_padding_changes_nothing(network, strands):
    """Nor in training; the filters of long convolutions are scaled by the length that is set.

    Adam would turn the rounding errors of gradients that are zero into steps.
    """
    X, y = ragged()
    settings = dict(NETWORKS[network])
    settings |= {"recurrent_dropout": 0.0} if network == "cnnrnn" else {}
    outputs = [
        SequenceLabeler(
            network=network, network_params=settings, augmentation=None, max_iter=2, length=length,
            reverse_complement=strands, optimizer="sgd", random_state=0,
        ).fit(X, y).predict_proba(X)
        for length in (24, 40)
    ]  # fmt: skip
    assert_allclose(outputs[0], outputs[1][:, :24], atol=1e-4)
    assert not outputs[1][:, 24:].any()


@pytest.mark.parametrize(
    ("network", "strands", "crf"),
    [
        (network, strands, crf)
        for network in NETWORKS
        for strands, crf in ((None, False), (None, True), ("average", False), ("tied", False))
        # Weights that cannot be shared are refused, see below.
        if not (strands == "tied" and network in ("transformer", "longconv"))
    ],
)
def test_predictions_do_not_depend_on_the_other_rows(network, strands, crf):
    X, y = ragged()
    labeler = SequenceLabeler(
        network=network, network_params=NETWORKS[network], max_iter=2, crf=crf,
        reverse_complement=strands, random_state=0,
    ).fit(X, y)  # fmt: skip
    together = labeler.predict_proba(X)
    for i in (1, 5, 7):
        assert_allclose(labeler.predict_proba([X[i]])[0], together[i], atol=1e-5)
        assert labeler.predict([X[i]])[0] == labeler.predict(X)[i]


@pytest.mark.parametrize("n_context", [0, 2, 5])
def test_crop_leaves_the_middle(n_context):
    """Labels that name the base are learned, so they stand at the right positions."""
    X, _ = ragged(120, shortest=14)
    y = [x[n_context : len(x) - n_context] for x in X]
    labeler = SequenceLabeler(
        network="cnn", network_params={"n_filters": 8, "kernel_size": 3, "normalization": "batch"},
        crop=n_context, max_iter=40, augmentation=None, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert labeler.predict(X).tolist() == y
    assert labeler.predict_proba(X).shape == (120, 24 - 2 * n_context, 4)
    assert labeler.score(X, y) == 1


def test_valid_convolutions_need_a_crop_in_y():
    """A kernel of 5 takes two positions at each end."""
    X = make_text(30, 20)
    settings = {"n_filters": 8, "kernel_size": 5, "padding": "valid", "normalization": None}
    labeler = SequenceLabeler(network="cnn", network_params=settings, max_iter=2, random_state=0)
    with pytest.raises(ValueError, match=r"crop|padding"):
        labeler.fit(X, [label(x) for x in X])


def brute_force(scores, crf):
    """All paths over (length, n_classes) scores: the best one, and the marginals."""
    length, n_classes = scores.shape
    transitions, start, end = (
        p.detach().numpy().astype(float) for p in (crf.transitions, crf.start, crf.end)
    )
    paths = np.array(list(product(range(n_classes), repeat=length)))
    totals = start[paths[:, 0]] + end[paths[:, -1]]
    totals = totals + scores[np.arange(length), paths].sum(axis=1)
    totals = totals + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    proba = np.exp(totals - totals.max())
    proba /= proba.sum()
    marginals = [[proba[paths[:, t] == c].sum() for c in range(n_classes)] for t in range(length)]
    return paths[totals.argmax()], np.array(marginals)


@pytest.mark.parametrize("n_context", [0, 1])
def test_crf_gives_the_best_path_and_the_marginals(n_context):
    X = [x[: 3 + i % 4] for i, x in enumerate(make_text(40, 6))]
    y = [x[n_context : len(x) - n_context].replace("T", "G") for x in X]
    labeler = SequenceLabeler(**CNN, crf=True, crop=n_context, max_iter=15, learning_rate=0.03).fit(
        X, y
    )
    scores, proba = labeler.decision_function(X), labeler.predict_proba(X)
    assert abs(labeler.network_.crf.transitions.detach().numpy()).max() > 0.05
    for i, path in enumerate(labeler.predict(X)):
        length = len(X[i]) - 2 * n_context
        best, marginals = brute_force(scores[i, :length].astype(float), labeler.network_.crf)
        assert path == "".join(labeler.classes_[best])
        assert_allclose(proba[i, :length], marginals, atol=1e-5)
        assert not proba[i, length:].any()


def splice(n, seed, length=60):
    """Exon, intron between weak sites, exon; E to I only at D, I to E only at A."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n):
        donor, gap = rng.integers(8, 20), rng.integers(14, 26)
        symbols = rng.choice(list("ACGT"), length)
        acceptor = donor + gap
        inside = rng.choice(list("ACGT"), gap, p=[0.2, 0.15, 0.1, 0.55])
        symbols[donor:acceptor] = inside
        symbols[donor : donor + 2], symbols[acceptor - 1 : acceptor + 1] = list("GT"), list("AG")
        labels = np.array(["E"] * length)
        labels[donor : acceptor + 1] = "I"
        labels[donor], labels[acceptor] = "D", "A"
        X.append("".join(symbols))
        y.append("".join(labels))
    return X, y


def pairs(rows):
    return {row[i : i + 2] for row in rows for i in range(len(row) - 1)}


def test_crf_keeps_to_the_grammar_where_argmax_does_not():
    X, y = splice(200, 0)
    X_test, y_test = splice(100, 1)
    grammar = pairs(y)
    assert grammar == {"EE", "ED", "DI", "II", "IA", "AE"}
    settings = {
        "network": "cnn",
        "network_params": {"n_filters": 16, "kernel_size": 9, "normalization": "batch"},
        "max_iter": 25,
        "random_state": 0,
    }
    plain = SequenceLabeler(**settings).fit(X, y)
    field = SequenceLabeler(**settings, crf=True, learning_rate=0.1).fit(X, y)
    assert pairs(plain.predict(X_test)) - grammar
    assert pairs(field.predict(X_test)) <= grammar
    assert field.score(X_test, y_test) > plain.score(X_test, y_test) + 0.05


def test_score_is_the_share_of_known_labels_that_are_right():
    X, y = ragged()
    labeler = SequenceLabeler(**CNN, max_iter=2).fit(X, y)
    y = ["?" * (i % 3) + row[i % 3 :] for i, row in enumerate(y)]
    predicted = labeler.predict(X)
    right = [
        [a == b for a, b in zip(p, t, strict=True) if b != "?"]
        for p, t in zip(predicted, y, strict=True)
    ]
    assert labeler.score(X, y) == pytest.approx(np.mean(np.concatenate(right)))
    weight = np.arange(40.0)
    expected = sum(w * sum(r) for w, r in zip(weight, right, strict=True))
    expected /= sum(w * len(r) for w, r in zip(weight, right, strict=True))
    assert labeler.score(X, y, sample_weight=weight) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({}, ["NNDNN", "NNND"], "sequence 1 has 4 labels, but 5 are needed"),
        ({}, ["NNDNN", "NNNDNN"], "sequence 1 has 6 labels, but 5 are needed"),
        ({"crop": 1}, ["NND", "NNNDN"], "sequence 1 has 5 labels, but 3 are needed: .* the 1 at"),
        ({}, np.zeros((2, 4)), "sequence 0 has 4 labels, but 5 are needed"),
        ({}, ["NNNNN", "NNNNN"], "at least two classes, but y has only one class: .'N'."),
        ({}, ["NNNNN", "N??NN"], "at least two classes, but y has only one class: .'N'."),
        ({}, np.full((2, 5), 3), "at least two classes, but y has only one class: .3."),
        ({}, [[0, 1, 0.5, 1, 1], [0, 1, 1, 1, 1]], r"y\[0, 2\] is .*0.5.* integers"),
        ({}, None, "requires y to be passed"),
        (
            {"augmentation": Augmentation(shift=1)},
            ["NNDNN", "NNNDN"],
            "shift=1 moves bases away from their targets",
        ),
        (
            {"augmentation": Augmentation(insertion=2)},
            ["NNDNN", "NNNDN"],
            "insertion=2 moves .* set insertion=0",
        ),
        ({"augmentation": Augmentation(deletion=2)}, ["NNDNN", "NNNDN"], "deletion=2 moves"),
        ({"augmentation": Augmentation(inversion=2)}, ["NNDNN", "NNNDN"], "inversion=2 moves"),
        (
            {"augmentation": Augmentation(translocation=2)},
            ["NNDNN", "NNNDN"],
            "translocation=2 moves",
        ),
        ({"network": "mlp"}, ["NNDNN", "NNNDN"], "network must be one of"),
        ({"network": "convtransformer"}, ["NNDNN", "NNNDN"], "of 5 positions|must be one of"),
        ({"network_params": {"n_filter": 3}}, ["NNDNN", "NNNDN"], "network_params has .n_filter."),
        ({"network_params": {"crop": 3}}, ["NNDNN", "NNNDN"], "crop"),
        ({"network_params": {"stem_pool_size": 2}}, ["NNDNN", "NNNDN"], "makes 3 of 5 positions"),
        ({"crf": True, "loss": "focal"}, ["NNDNN", "NNNDN"], "crf=True has a loss of its own"),
        ({"crf": True, "class_weight": "balanced"}, ["NNDNN", "NNNDN"], "crf=True has a loss"),
        ({"class_weight": {"Z": 2}}, ["NNDNN", "NNNDN"], "class_weight has the label 'Z'"),
        ({"crop": -1}, ["NNDNN", "NNNDN"], "crop must be an integer >= 0"),
        ({"unknown_label": -1}, ["NNDNN", "NNNDN"], "unknown_label"),
        ({"unknown_label": "??"}, ["NNDNN", "NNNDN"], "unknown_label"),
    ],
)
def test_errors(settings, y, message):
    with pytest.raises(ValueError, match=message):
        SequenceLabeler(max_iter=1, **settings).fit(["ACGTA", "CCGTA"], y)


def test_scoring_callbacks_get_the_label_of_each_position(data):
    class Predict(Callback):
        def on_epoch_end(self, net, dataset_train=None, **kwargs):
            self.predicted = net.predict(dataset_train)

    X, y = data
    callback = Predict()
    SequenceLabeler(**EXACT | {"max_iter": 1}, callbacks=[callback]).fit(X, y)
    assert callback.predicted.shape == (40, 20)
    assert set(callback.predicted.ravel()) <= {0, 1}


def test_labels_alone_unknown_are_said_to_be_so():
    with pytest.raises(ValueError, match=r"no known label|no label|unknown"):
        SequenceLabeler(max_iter=1).fit(["ACGTA", "CCGTA"], ["?????", "?????"])


@pytest.mark.parametrize("classes", [["D", "NN"], ["D", 1], ["D", "?"]])
def test_announced_classes_are_labels(data, classes):
    X, y = data
    with pytest.raises(ValueError, match=r"classes has .*, which is not a label of y"):
        SequenceLabeler(**CNN, unknown_label="?").partial_fit(X, y, classes=classes)


def test_a_crop_longer_than_a_sequence_is_named():
    X, y = ["ACGTACGTAC", "ACG"], ["NDNN", ""]
    with pytest.raises(ValueError, match=r"sequence 1 .*(3 letters|crop)"):
        SequenceLabeler(max_iter=1, crop=3).fit(X, y)


def test_unknown_classes_are_named_after_fit(data):
    X, y = data
    labeler = SequenceLabeler(**CNN, max_iter=1).fit(X, y)
    strange = [*y[:-1], y[-1][:4] + "Z" + y[-1][5:]]
    for call in (labeler.score, labeler.partial_fit):
        with pytest.raises(ValueError, match="sequence 39 has the label 'Z' at position 4"):
            call(X, strange)
    with pytest.raises(ValueError, match="sequence 2 has 19 labels, but 20 are needed"):
        labeler.score(X, [*y[:2], y[2][:-1], *y[3:]])
    with pytest.raises(ValueError, match=r"label \d+ at position"):
        SequenceLabeler(**CNN, max_iter=1).fit(X, as_codes(y)).score(X, as_codes(y) + 5)


def test_a_failed_partial_fit_leaves_the_estimator_as_it_was(data):
    X, y = data
    labeler = SequenceLabeler(**CNN, max_iter=1).fit(X, y)
    before = labeler.predict(X)
    with pytest.raises(ValueError):  # noqa: PT011
        labeler.partial_fit(X, as_codes(y))
    assert_array_equal(labeler.predict(X), before)


@pytest.mark.parametrize("crf", [False, True])
def test_partial_fit_continues_training(data, crf):
    X, y = data
    labeler = SequenceLabeler(**CNN, crf=crf).partial_fit(X, y, classes=["N", "D", "A"])
    assert labeler.classes_.tolist() == ["A", "D", "N"]
    optimizer = labeler.net_.optimizer_
    labeler.partial_fit(X, y)
    assert labeler.n_iter_ == len(labeler.loss_curve_) == 2
    assert labeler.net_.optimizer_ is optimizer
    with pytest.raises(ValueError, match="classes"):
        labeler.partial_fit(X, y, classes=["N", "Z"])


@pytest.mark.parametrize("crf", [False, True])
def test_copies_predict_the_same(tmp_path, crf):
    X, y = ragged()
    labeler = SequenceLabeler(**CNN, max_iter=2, crf=crf, crop=1).fit(X, [row[1:-1] for row in y])
    save(labeler, tmp_path / "labeler.skops")
    for copy in (pickle.loads(pickle.dumps(labeler)), load(tmp_path / "labeler.skops")):
        assert_array_equal(copy.predict_proba(X), labeler.predict_proba(X))
        assert_array_equal(copy.predict(X), labeler.predict(X))
        assert copy.partial_fit(X, [row[1:-1] for row in y]).n_iter_ == 3
    again = clone(labeler).fit(X, [row[1:-1] for row in y])
    assert_array_equal(again.predict_proba(X), labeler.predict_proba(X))


def test_what_it_was_fitted_with_counts(data):
    """Parameters that change after fit change no prediction."""
    X, y = data
    labeler = SequenceLabeler(**CNN, max_iter=2, crop=1).fit(X, [row[1:-1] for row in y])
    expected = labeler.predict(X)
    labeler.set_params(crop=3, crf=True)
    assert_array_equal(labeler.predict(X), expected)


def both_strands(n=40, length=24):
    X = make_text(n, length)
    return X, [
        "".join("S" if x[max(i - 1, 0) : i + 2] in ("GAT", "ATC") else "N" for i in range(length))
        for x in X
    ]


@pytest.mark.parametrize("strands", ["average", "tied"])
def test_a_random_field_has_a_direction(data, strands):
    labeler = SequenceLabeler(crf=True, reverse_complement=strands)
    with pytest.raises(ValueError, match=f"crf=True .* reverse_complement='{strands}' cannot"):
        labeler.fit(*data)


@pytest.mark.parametrize("strands", ["average", "tied"])
@pytest.mark.parametrize("network", NETWORKS)
def test_the_other_strand_has_the_labels_turned_around(network, strands):
    if strands == "tied" and network in ("transformer", "longconv"):
        labeler = SequenceLabeler(network=network, reverse_complement=strands, max_iter=1)
        with pytest.raises(ValueError, match="has no reverse-complement equivariant form"):
            labeler.fit(*both_strands())
        return
    X, y = both_strands()
    labeler = SequenceLabeler(
        network=network, network_params=NETWORKS[network], reverse_complement=strands,
        max_iter=4, learning_rate=0.02, random_state=0,
    ).fit(X, y)  # fmt: skip
    here, there = labeler.predict_proba(X), labeler.predict_proba(reverse_complement(X))
    assert_allclose(here, there[:, ::-1], atol=1e-5)
    assert here.std() > 1e-3
    turned = [row[::-1] for row in labeler.predict(reverse_complement(X))]
    assert labeler.predict(X).tolist() == turned


@pytest.mark.parametrize("strands", ["average", "tied"])
def test_labels_may_change_with_the_strand(strands):
    X, _ = ragged()
    y = ["".join("+" if symbol in "AC" else "-" for symbol in x) for x in X]
    pairs = {"+": "-", "-": "+"}
    labeler = SequenceLabeler(
        **CNN, reverse_complement=strands, strand_labels=pairs, max_iter=4
    ).fit(X, y)
    here, there = labeler.predict_proba(X), labeler.predict_proba(reverse_complement(X))
    for i, x in enumerate(X):
        assert_allclose(here[i, : len(x)], there[i, : len(x)][::-1, ::-1], atol=1e-5)
    with pytest.raises(ValueError, match="must pair labels of y"):
        labeler.set_params(strand_labels={"+": "-"}).fit(X, y)


def test_padded_texts_have_two_strands_too():
    X, _ = ragged()
    y = ["".join("S" if symbol in "AT" else "N" for symbol in x) for x in X]
    for strands in ("average", "tied"):
        labeler = SequenceLabeler(**CNN, reverse_complement=strands, max_iter=4).fit(X, y)
        here, there = labeler.predict_proba(X), labeler.predict_proba(reverse_complement(X))
        for i, x in enumerate(X):
            assert_allclose(here[i, : len(x)], there[i, : len(x)][::-1], atol=1e-5)


def plant_sites(n, seed, length=60):
    """Donors in GTAAGT, acceptors in TTTCAG; lone GT and AG are everywhere."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(n):
        symbols, labels = rng.choice(list("ACGT"), length), np.full(length, "N")
        donor, acceptor = rng.integers(2, 20), rng.integers(30, 50)
        symbols[donor : donor + 6], labels[donor] = list("GTAAGT"), "D"
        symbols[acceptor - 5 : acceptor + 1], labels[acceptor] = list("TTTCAG"), "A"
        X.append("".join(symbols))
        y.append("".join(labels))
    return X, y


def top_k(proba, is_site):
    """Share of true sites among as many positions of highest score as there are sites."""
    k = is_site.sum()
    return is_site.ravel()[proba.ravel().argsort()[-k:]].mean()


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_finds_splice_sites(network):
    X, y = plant_sites(240, 0)
    X_test, y_test = plant_sites(100, 1)
    settings = {
        "cnn": {"n_filters": (24, 24)},
        "resnet": {"n_filters": 24, "stem_filters": 24, "dilation": (1, 2, 4)},
        "rnn": {"hidden_size": 32},
        "cnnrnn": {"n_filters": (24,), "hidden_size": 16},
        "transformer": {"stem_filters": 24, "d_model": 24, "n_heads": 2, "n_layers": 1},
        "longconv": {"d_model": 32, "short_kernel_size": 7},
    }[network]
    slow = network in ("rnn", "longconv")
    labeler = SequenceLabeler(
        network=network, network_params=settings, random_state=0, max_iter=40 if slow else 15,
        learning_rate=0.01, augmentation=Augmentation(masking_rate=0.0 if slow else 0.1),
    ).fit(X, y)  # fmt: skip
    proba = labeler.predict_proba(X_test)
    truth = np.array([list(row) for row in y_test])
    for site in "DA":
        place = labeler.classes_.tolist().index(site)
        assert top_k(proba[..., place], truth == site) > 0.9


def test_transitions_start_from_the_counts_of_pairs():
    X, y = ragged(shortest=24)
    labeler = SequenceLabeler(**EXACT, crf=True).fit(X, y)
    counts = np.array([[0.5 + sum(f"{a}{b}" == row[i : i + 2] for row in y for i in range(23))
                        for b in "DN"] for a in "DN"])  # fmt: skip
    expected_by_chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    assert_allclose(labeler.transitions_, np.log(counts / expected_by_chance), rtol=1e-6)


def test_cross_validation_scores_positions():
    X, y = make_text(12, 20), np.arange(240).reshape(12, 20) % 3
    model = SequenceLabeler(network="cnn", max_iter=1, random_state=0)
    assert (cross_val_score(model, X, y, cv=2) > 0).all()
    # Whole sequences of labels are no classes.
    with pytest.raises(ValueError, match="multiclass-multioutput"):
        cross_val_score(model, X, y, cv=2, scoring="accuracy", error_score="raise")
