"""What every architecture has to do, and settings that reach the networks and their training."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.base import clone
from sklearn.metrics import r2_score
from tolerances import assert_close

import skgenomics
from skgenomics import CNNClassifier, CNNRegressor, ResNetClassifier, load, save
from skgenomics.encoding import OneHotEncoder, OrdinalEncoder
from skgenomics.estimators._heads import gather_network_params
from skgenomics.motifs import Motif
from skgenomics.sequences import reverse_complement
from skgenomics.testing import make_text
from skgenomics.training import Augmentation, Regularization
from skgenomics.training._optimization import make_schedule

FAMILIES = {
    "CNN": {"n_filters": (8, 8), "kernel_size": (5, 3), "pool_size": (2, 1)},
    "ResNet": {"n_filters": 8, "stem_filters": 8, "dilation": (1, 2), "stem_kernel_size": 5},
    "UNet": {"n_filters": (8, 12), "kernel_size": 5},
    "RNN": {"hidden_size": 8, "embedding_size": 8},
    "CNNRNN": {"n_filters": 8, "kernel_size": 5, "hidden_size": 8},
    "Transformer": {"d_model": 16, "n_heads": 2, "n_layers": 1, "stem_filters": 8},
    "LongConv": {"d_model": 16, "n_layers": 1, "stem_filters": 8},
    "ConvTransformer": {"d_model": 24, "n_layers": 1, "n_downsamplings": 2},
    "MLP": {"hidden_units": (16,), "hidden_dropout": 0.1},
}
TIED = ("CNN", "ResNet", "RNN", "CNNRNN", "MLP")
TOKENS = ("RNN", "Transformer", "LongConv")
KINDS = ("Classifier", "Regressor")


def make(name, kind="Classifier", **settings):
    settings = FAMILIES[name] | {"random_state": 0, "max_iter": 4} | settings
    cls = getattr(skgenomics, name + kind)
    return cls(**gather_network_params(cls, settings))


def outputs(estimator, X):
    return (
        estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else estimator.predict(X)
    )


def targets(X, kind):
    share = np.array([x.count("A") + x.count("C") for x in X]) / np.array([len(x) for x in X])
    return share if kind == "Regressor" else np.where(share > 0.5, "rich", "poor")


def ragged(n=32, shortest=30, longest=60):
    lengths = np.random.default_rng(1).integers(shortest, longest, n)
    lengths[0] = longest
    return [x[:length] for x, length in zip(make_text(n, longest), lengths, strict=True)]


def each(names=FAMILIES, kinds=KINDS):
    return pytest.mark.parametrize(("name", "kind"), [(n, k) for n in names for k in kinds])


@each()
def test_all_forms_give_the_same(name, kind):
    X = make_text(40, 24)
    y = targets(X, kind)
    fitted = make(name, kind).fit(X, y)
    expected = outputs(fitted, X)
    assert expected.std() > 1e-4
    flat = OneHotEncoder().fit_transform(X)
    cube = flat.reshape(40, 24, 4)
    for form in (OrdinalEncoder().fit_transform(X), flat, cube, cube.transpose(0, 2, 1)):
        assert_allclose(outputs(fitted, form), expected, atol=1e-5)
        assert_allclose(outputs(make(name, kind).fit(form, y), form), expected, atol=1e-4)


@each()
def test_same_seed_same_result_and_copies(name, kind, tmp_path):
    X = make_text(40, 24)
    y = targets(X, kind)
    fitted = make(name, kind).fit(X, y)
    expected = outputs(fitted, X)
    assert_array_equal(outputs(clone(fitted).fit(X, y), X), expected)
    assert (outputs(clone(fitted).set_params(random_state=1).fit(X, y), X) != expected).any()
    save(fitted, tmp_path / "model.skops")
    for copy in (pickle.loads(pickle.dumps(fitted)), load(tmp_path / "model.skops")):
        assert_array_equal(outputs(copy, X), expected)


@each()
def test_partial_fit_continues_training(name, kind):
    X = make_text(40, 24)
    y = targets(X, kind)
    estimator = make(name, kind, learning_rate=0.01)
    for _ in range(6):
        estimator.partial_fit(X, y)
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 6
    again = make(name, kind, learning_rate=0.01)
    for _ in range(6):
        again.partial_fit(X, y)
    assert_array_equal(outputs(estimator, X), outputs(again, X))
    assert min(estimator.loss_curve_[1:]) < estimator.loss_curve_[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_several_tasks_with_missing_labels(name):
    X = make_text(60, 24)
    y = np.array([[x.count(symbol) > 5 for symbol in "ACG"] for x in X]).astype(float)
    y[::3, 0], y[1::4, 2] = np.nan, np.nan
    classifier = make(name).fit(X, y)
    assert classifier.predict_proba(X).shape == classifier.predict(X).shape == (60, 3)
    assert_array_equal(classifier.predict(X), classifier.predict_proba(X) > 0.5)
    known = ~np.isnan(y)
    right = (classifier.predict(X) == y) | ~known
    assert classifier.score(X, y) == pytest.approx(right.all(axis=1).mean())


@pytest.mark.parametrize("name", FAMILIES)
def test_several_targets_with_missing_values(name):
    X = make_text(60, 24)
    y = np.array([[x.count(symbol) * scale for symbol, scale in zip("AC", (1, 100), strict=True)]
                  for x in X], dtype=float)  # fmt: skip
    y[::3, 0] = np.nan
    regressor = make(name, "Regressor", max_iter=15, learning_rate=0.01).fit(X, y)
    predicted = regressor.predict(X)
    assert predicted.shape == (60, 2)
    known = ~np.isnan(y)
    scores = [r2_score(y[known[:, i], i], predicted[known[:, i], i]) for i in range(2)]
    assert regressor.score(X, y) == pytest.approx(np.mean(scores))
    # Both scales are found, one of them without a third of the values.
    assert np.mean(scores) > 0
    assert_allclose(predicted.mean(axis=0), np.nanmean(y, axis=0), rtol=0.3)


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("kind", KINDS)
def test_tied_strands_have_exactly_the_same_output(name, kind):
    X = make_text(40, 25)
    fitted = make(name, kind, reverse_complement="tied").fit(X, targets(X, kind))
    here, there = outputs(fitted, X), outputs(fitted, reverse_complement(X))
    assert_allclose(here, there, atol=2e-6)
    assert here.std() > 1e-3
    assert_array_equal(outputs(pickle.loads(pickle.dumps(fitted)), X), here)


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - set(TIED)))
def test_what_cannot_be_tied_says_so(name):
    X = make_text(40, 24)
    with pytest.raises(
        ValueError, match=f"{name}Classifier has no reverse-complement equivariant form.*'average'"
    ):
        make(name, reverse_complement="tied").fit(X, targets(X, "Classifier"))


@pytest.mark.parametrize("name", FAMILIES)
def test_averaged_strands_have_the_same_output(name):
    X = make_text(40, 24)
    fitted = make(name, reverse_complement="average").fit(X, targets(X, "Classifier"))
    assert_allclose(outputs(fitted, X), outputs(fitted, reverse_complement(X)), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "strands"),
    [
        (name, strands)
        for name in sorted(set(FAMILIES) - {"MLP"})
        for strands in (None, "average", "tied")
        if strands != "tied" or name in TIED
    ],
)
def test_padding_is_ignored(name, strands):
    """Neither what other rows of a batch are padded to, nor zeros behind that, count.

    Nor do they on the other strand, where padding stands in front and moves the windows of a
    pooling.
    """
    X = ragged()
    settings = {"head_pool": ("max", "mean"), "linear_path": False, "reverse_complement": strands}
    classifier = make(name, **settings, learning_rate=0.02).fit(X, targets(X, "Classifier"))
    together = classifier.decision_function(X)
    assert together.std() > 0.005
    for i in (1, 2, 3, 5, 8):
        assert_allclose(classifier.decision_function([X[i]]), together[i], atol=1e-5)


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"MLP"}))
def test_padding_behind_or_in_front_changes_no_score(name):
    """In front a pooling trunk needs them to be whole windows."""
    X = ragged()
    settings = {"head_pool": ("max", "mean", "attention"), "linear_path": False}
    classifier = make(name, **settings, reverse_complement=None, kmer_path=3)
    network = classifier.fit(X, targets(X, "Classifier")).network_.eval()
    x = torch.from_numpy(OneHotEncoder().fit_transform(X)).unflatten(1, (-1, 4)).transpose(1, 2)
    mask = x.any(dim=1)
    with torch.no_grad():
        expected = network(x, mask)
        for behind, front in ((0, 0), (1, 0), (30, 0), (0, 8), (5, 16)):
            padded, real = (torch.nn.functional.pad(part, (front, behind)) for part in (x, mask))
            torch.testing.assert_close(network(padded, real), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["CNN", "ResNet", "RNN", "CNNRNN", "Transformer"])
def test_a_larger_length_gives_the_same_network(name):
    """Positions of LongConv and ConvTransformer are scaled by the length they are built for."""
    X = ragged()
    settings = {"head_pool": ("max", "mean"), "linear_path": False, "reverse_complement": None}
    if name == "CNNRNN":
        settings["pool_size"] = 2
    if name in ("ResNet", "Transformer"):
        settings["stem_pool_size"] = 2
    first, second = (
        make(name, **settings, length=length).fit(X, targets(X, "Classifier"))
        for length in (60, 90)
    )
    assert (first.length_, second.length_) == (60, 90)
    second.network_.load_state_dict(first.network_.state_dict())
    assert_allclose(second.predict_proba(X), first.predict_proba(X), atol=1e-6)


def test_flatten_is_bound_to_the_length():
    X = ragged()
    classifier = make("CNN", head_pool="flatten", length=90).fit(X, targets(X, "Classifier"))
    assert classifier.network_.any_length is False
    with pytest.raises(ValueError, match="sequence 0 has length 91"):
        classifier.predict(["A" * 91])


def field_by_hand(network, length):
    """Positions that change the middle of the last map, counted one by one."""
    network = network.double().eval()
    x = torch.rand(1, 4, length, dtype=torch.float64, requires_grad=True)
    maps, _ = network.trunk(x)
    middle = maps[0, :, maps.shape[2] // 2].sum()
    touched = torch.autograd.grad(middle, x)[0].abs().sum(dim=(0, 1)).nonzero()
    return int(touched.max() - touched.min()) + 1


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("CNN", {"n_filters": (8, 8), "kernel_size": (9, 5), "pool_size": 1, "dilation": (1, 3)}),
        ("CNN", {"n_filters": (8, 8), "kernel_size": 5, "pool_size": (3, 2), "pool": "mean"}),
        ("CNN", {"n_filters": 8, "kernel_size": 7, "padding": "valid", "pool_size": 1}),
        ("ResNet", {"dilation": (1, 2, 4), "stem_pool_size": 1}),
        ("ResNet", {"dilation": (1, 2), "pool_size": (1, 2), "pool": "mean",
                    "stem_pool_size": 1}),
        ("ResNet", {"n_blocks": 3, "dilation": 1, "bottleneck": 4, "stem_pool_size": 1}),
    ],
)  # fmt: skip
def test_receptive_field_is_what_a_position_sees(name, settings):
    X = make_text(20, 96)
    y = targets(X, "Classifier")
    classifier = make(name, **settings, activation="elu", max_iter=1).fit(X, y)
    assert classifier.receptive_field_ == field_by_hand(classifier.network_, 96)


def test_receptive_fields_that_have_no_bound():
    X = make_text(20, 24)
    y = targets(X, "Classifier")
    for name in ("RNN", "CNNRNN", "Transformer", "LongConv", "ConvTransformer"):
        assert make(name, max_iter=1).fit(X, y).receptive_field_ is None
    squeezed = make("ResNet", squeeze_excitation=True, max_iter=1).fit(X, y)
    assert squeezed.receptive_field_ is None


def tokens(n=60, length=12, size=7):
    """Ids from 1, with padding of 0 behind; the class says whether there is a 3 before a 5."""
    rng = np.random.default_rng(0)
    X = rng.integers(1, size, (n, length))
    for row, end in zip(X, rng.integers(6, length + 1, n), strict=True):
        row[end:] = 0
    return X, (X == 3).any(axis=1).astype(int)


@pytest.mark.parametrize("name", TOKENS)
def test_tokens(name):
    X, y = tokens()
    settings = {} if name == "RNN" else {"stem_filters": ()}
    classifier = make(name, vocabulary_size=7, max_iter=40, learning_rate=0.01, **settings)
    classifier.fit(X, y)
    assert classifier.input_form_ == "tokens"
    assert classifier.score(X, y) > 0.95
    expected = classifier.predict_proba(X)
    for form in (X.astype(float), X.astype(np.uint8), X.astype(np.int64).tolist()):
        assert_array_equal(classifier.predict_proba(form), expected)
    assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(X), expected)


@pytest.mark.parametrize("name", TOKENS)
def test_padding_tokens_are_no_part_of_a_sequence(name):
    X, y = tokens()
    settings = {} if name == "RNN" else {"stem_filters": ()}
    classifier = make(name, vocabulary_size=7, head_pool=("max", "mean"), **settings).fit(X, y)
    together = classifier.decision_function(X)
    for i in (1, 4, 6):
        assert_allclose(classifier.decision_function(X[i : i + 1]), together[i], atol=1e-6)
    x = torch.from_numpy(X.astype(np.int32))
    network = classifier.network_
    with torch.no_grad():
        longer = network(torch.nn.functional.pad(x, (0, 9)))
        torch.testing.assert_close(longer, network(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", TOKENS)
def test_bad_tokens_are_named(name):
    X, y = tokens()
    settings = {} if name == "RNN" else {"stem_filters": ()}
    classifier = make(name, vocabulary_size=7, max_iter=1, **settings).fit(X, y)
    for value, shown in ((7, "7"), (-1, "-1"), (2**32 + 1, "4294967297"), (1.5, "1.5")):
        bad = X.astype(type(value))
        bad[4, 2] = value
        for call in (classifier.predict, lambda bad: clone(classifier).fit(bad, y)):
            with pytest.raises(ValueError, match=f"sequence 4 has the token {shown} at position 2"):
                call(bad)
    text = make_text(60, 12)
    for call in (classifier.predict, lambda text: clone(classifier).fit(text, y)):
        with pytest.raises(ValueError, match="X is text, but vocabulary_size=7"):
            call(text)
    with pytest.raises(ValueError, match="features"):
        classifier.predict(X[:, :5])


@pytest.mark.parametrize(
    "settings",
    [
        {"reverse_complement": "average"},
        {"reverse_complement": "tied"},
        {"linear_path": True},
        {"kmer_path": 3},
    ],
)
def test_what_tokens_cannot_do_is_said(settings):
    X, y = tokens()
    with pytest.raises(ValueError, match="|".join([*settings, "token"])):
        make("RNN", vocabulary_size=7, **settings).fit(X, y)


def test_a_stem_takes_no_tokens():
    X, y = tokens()
    with pytest.raises(ValueError, match="stem_filters convolve channels, but with"):
        make("Transformer", vocabulary_size=7).fit(X, y)


def test_a_table_of_positions_that_is_too_short():
    X = make_text(20, 24)
    y = targets(X, "Classifier")
    settings = {"positions": "learned", "stem_pool_size": 1}
    with pytest.raises(ValueError, match=r"24.*10|10.*24"):
        make("Transformer", **settings, max_positions=10).fit(X, y)
    for n_positions in (24, 50, None):
        classifier = make("Transformer", **settings, max_positions=n_positions, max_iter=1)
        table = classifier.fit(X, y).network_.trunk.positions.table.weight
        assert len(table) == (n_positions or 24)


MOTIFS = [
    Motif("TATA", np.array([[0.0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])),
    Motif("wide", np.full((13, 4), 0.25) + np.eye(13)[:, [6]] * [0.75, -0.25, -0.25, -0.25]),
]
FROZEN_RATE = {"learning_rate": 1e-12, "weight_decay": 0.0, "max_iter": 1}


def first_filters(classifier):
    conv = next(m for m in classifier.network_.modules() if isinstance(m, torch.nn.Conv2d))
    return conv.weight.detach().numpy()[:, :, 0]


@pytest.mark.parametrize("name", ["CNN", "ResNet", "CNNRNN"])
@pytest.mark.parametrize("freeze", [False, True])
def test_first_filters_are_motifs(name, freeze):
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    settings = {"motifs": MOTIFS, "network_params": {"freeze_motifs": freeze}}
    start = make(name, **settings, **FROZEN_RATE).fit(X, y)
    filters = first_filters(start)
    assert filters.shape == (8, 4, 5)
    narrow = np.pad(MOTIFS[0].probabilities - 0.25, ((0, 1), (0, 0)))
    assert_allclose(filters[0], narrow.T, atol=1e-6)
    # Of the wide one, five positions with the only one that tells something.
    assert abs(filters[1] - filters[1].T.round(2).T).max() < 1e-6
    assert sorted(filters[1][0].round(2).tolist()) == [0, 0, 0, 0, 0.75]
    trained = make(name, **settings, learning_rate=0.05, max_iter=10).fit(X, y)
    moved = abs(first_filters(trained) - filters).max(axis=(1, 2))
    assert (moved[2:] > 1e-3).all()
    assert (moved[:2] == 0).all() if freeze else (moved[:2] > 1e-3).all()
    copy = pickle.loads(pickle.dumps(trained))
    assert_array_equal(copy.predict_proba(X), trained.predict_proba(X))
    again = clone(trained).fit(X, y)
    assert_array_equal(again.predict_proba(X), trained.predict_proba(X))


def test_motifs_follow_the_order_of_the_alphabet():
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    symbols = "TGCA"
    other = make("CNN", alphabet=symbols, motifs=MOTIFS[:1], **FROZEN_RATE).fit(X, y)
    usual = make("CNN", motifs=MOTIFS[:1], **FROZEN_RATE).fit(X, y)
    assert_allclose(first_filters(other)[0], first_filters(usual)[0][::-1], atol=1e-6)


def test_all_filters_may_be_frozen():
    X = make_text(40, 24)
    motifs = [Motif(str(i), np.eye(4)[[i % 4, (i // 4) % 4, 0, 1]]) for i in range(8)]
    classifier = make(
        "CNN",
        motifs=motifs,
        network_params={"freeze_motifs": True},
        regularization=Regularization(max_norm=0.5, l2=1e-3),
    )
    classifier.fit(X, targets(X, "Classifier"))
    assert_allclose(
        first_filters(classifier)[:, :, :4], [(m.probabilities - 0.25).T for m in motifs]
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_filters": (1, 8)}, "2 motifs, but the first convolution has 1 filters"),
        ({"embedding_size": 8}, "first convolution reads the sequence; leave embedding_size=None"),
        ({"kernel_size": 1}, "kernel_size above 1"),
        (
            {"reverse_complement": "tied"},
            "motifs cannot initialize filters that both strands share",
        ),
        ({"alphabet": "protein"}, "motif .TATA. has the symbols 'ACGT'"),
    ],
)
def test_motifs_that_do_not_fit(settings, message):
    X = make_text(40, 24)
    with pytest.raises(ValueError, match=message):
        make("CNN", motifs=MOTIFS, **settings).fit(X, targets(X, "Classifier"))
    signals = np.random.default_rng(0).normal(size=(40, 24, 4))
    with pytest.raises(ValueError, match="motifs need X to hold sequences"):
        make("CNN", motifs=MOTIFS).fit(signals, targets(X, "Classifier"))


def weights(classifier):
    layers = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d)
    return [
        m.weight.detach().flatten(1) for m in classifier.network_.modules() if isinstance(m, layers)
    ]


@pytest.mark.parametrize("name", FAMILIES)
def test_penalties_and_limits(name):
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    settings = {"max_iter": 15, "learning_rate": 0.02, "weight_decay": 0.0}
    plain = weights(make(name, **settings).fit(X, y))
    for penalty in (
        {"regularization": Regularization(l1=0.02)},
        {"regularization": Regularization(l2=0.02)},
    ):
        penalized = weights(make(name, **settings, **penalty).fit(X, y))
        size = [sum(float(w.square().sum()) for w in ws) for ws in (plain, penalized)]
        assert size[1] < 0.7 * size[0]
    limited = weights(make(name, **settings, regularization=Regularization(max_norm=0.1)).fit(X, y))
    assert max(float(w.norm(dim=1).max()) for w in plain) > 0.11
    assert max(float(w.norm(dim=1).max()) for w in limited) <= 0.1 + 1e-5


def test_the_penalty_is_a_part_of_the_loss():
    """At weights that do not move, the loss grows by the penalty."""
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    settings = FROZEN_RATE | {"dropout": 0.0, "hidden_dropout": 0.0, "augmentation": None}
    plain = make("CNN", **settings).fit(X, y)
    both = make("CNN", **settings, regularization=Regularization(l1=0.3, l2=0.2)).fit(X, y)
    expected = sum(0.3 * w.abs().sum() + 0.2 * w.square().sum() for w in weights(plain))
    assert both.loss_curve_[0] - plain.loss_curve_[0] == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("edit", ["insertion", "deletion", "inversion", "translocation", "shift"])
def test_edits_reach_training_and_no_prediction(edit):
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    seen = []

    def spy(module, inputs):
        if module.training:
            seen.append(inputs[0].clone())

    settings = {"augmentation": None, "reverse_complement": None, "batch_size": 40}
    changes = Augmentation(mutation_rate=0.0, **{edit: 6})
    plain, edited = make("CNN", **settings), make("CNN", **settings | {"augmentation": changes})
    for classifier in (plain, edited):
        classifier.fit(X, y)
        classifier.network_.register_forward_pre_hook(spy)
        classifier.partial_fit(X, y)
    known = {x.numpy().tobytes() for x in seen[0]}
    changed = [x.numpy().tobytes() not in known for x in seen[1]]
    assert len(known) == 40
    assert np.mean(changed) > 0.6
    assert getattr(edited.net_.augmentation, edit) == 6
    assert_array_equal(edited.predict_proba(X), edited.predict_proba(X))


def test_edits_of_signals_and_bad_edits():
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    for edit in ("insertion", "deletion", "inversion", "translocation", "shift"):
        with pytest.raises(ValueError, match=f"{edit} must be an integer >= 0"):
            make("CNN", augmentation=Augmentation(**{edit: -1})).fit(X, y)
    with pytest.raises(ValueError, match="inversion=3 reverse-complements segments"):
        make("CNN", alphabet="protein", augmentation=Augmentation(inversion=3)).fit(X, y)


def test_two_scores_are_a_softmax():
    X = make_text(60, 24)
    y = targets(X, "Classifier")
    for name in ("CNN", "ResNet", "RNN"):
        classifier = make(name, two_scores=True).fit(X, y)
        scores = classifier.net_.predict_scores(OrdinalEncoder().fit_transform(X))
        assert scores.shape == (60, 2)
        assert classifier.network_.output.out_features == 2
        proba = classifier.predict_proba(X)
        assert_allclose(proba, softmax(scores, axis=1), rtol=1e-5)
        assert_close(classifier.decision_function(X), scores[:, 1] - scores[:, 0])
        assert_array_equal(classifier.predict(X), classifier.classes_[proba.argmax(axis=1)])
        assert_array_equal(classifier.predict(X) == "rich", classifier.decision_function(X) > 0)
    assert make("CNN").fit(X, y).network_.output.out_features == 1
    three = np.array(["a", "b", "c"] * 20)
    assert make("CNN", two_scores=True).fit(X, three).network_.output.out_features == 3


@pytest.mark.parametrize("two_scores", [False, True])
def test_the_loss_of_two_classes_is_their_cross_entropy(two_scores):
    X = make_text(40, 24)
    y = targets(X, "Classifier")
    settings = FROZEN_RATE | {"dropout": 0.0, "hidden_dropout": 0.0, "augmentation": None}
    settings |= {"reverse_complement": None, "batch_size": 40, "normalization": None}
    classifier = make("CNN", two_scores=two_scores, class_weight={"rich": 3.0}, **settings)
    proba = classifier.fit(X, y).predict_proba(X)
    weight = np.where(y == "rich", 3.0, 1.0)
    losses = -np.log(proba[np.arange(40), (y == "rich").astype(int)])
    assert classifier.loss_curve_[0] == pytest.approx(np.average(losses, weights=weight), rel=1e-4)


@pytest.mark.parametrize("schedule", ["onecycle", "cosine", "linear"])
@pytest.mark.parametrize("n_steps", range(1, 13))
def test_any_number_of_steps_has_a_schedule(schedule, n_steps):
    X = np.random.default_rng(0).integers(0, 4, (4, 8), dtype=np.uint8)
    assert make_schedule(schedule, 0.01, n_steps)
    classifier = CNNClassifier(
        n_filters=4, kernel_size=3, schedule=schedule, max_iter=n_steps, batch_size=4
    )
    assert classifier.fit(X, [0, 1, 0, 1]).n_iter_ == n_steps


def test_a_subclass_may_add_a_setting_of_its_own():
    """Which does not reach the network."""

    @dataclass(kw_only=True, eq=False, repr=False)
    class Noted(CNNRegressor):
        note: str = "none"

    X = make_text(20, 24)
    regressor = Noted(n_filters=8, kernel_size=5, max_iter=1, note="mine")
    assert regressor.fit(X, targets(X, "Regressor")).get_params()["note"] == "mine"


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("CNN", {"padding": "valid", "kernel_size": (25, 3)}, "spans 25 positions has only 24"),
        ("CNN", {"n_filters": (8, 8, 8)}, "2 values for 3 layers"),
        ("ResNet", {"dilation": (1, 2, 3), "n_blocks": 2}, "3 values for 2 layers"),
        ("ResNet", {"skip_every": 1, "pool_size": 2}, "skip_every .* needs pool_size=1"),
        ("RNN", {"cell": "elman"}, "cell must be one of"),
        ("RNN", {"bidirectional": False, "reverse_complement": "tied"}, "bidirectional=True"),
        ("CNNRNN", {"hidden_size": 0}, "hidden_size must be made of positive integers"),
        ("Transformer", {"n_heads": 3}, "n_heads|d_model"),
        ("Transformer", {"positions": "guess"}, "positions must be .* got .guess."),
        ("LongConv", {"n_position_features": 4}, "n_position_features .* must be odd"),
        ("ConvTransformer", {"n_position_features": 4}, "multiple of 6"),
        ("ConvTransformer", {"pool": "mean"}, "pool must be 'attention' or 'max'"),
        ("MLP", {"hidden_units": (0,)}, "hidden_units must be made of positive integers"),
        ("CNN", {"head_pool": "median"}, "head_pool takes"),
        ("CNN", {"linear_path": "yes"}, "linear_path must be one of"),
        ("CNN", {"kmer_path": 12}, "choose a smaller kmer_path"),
        ("CNN", {"regularization": Regularization(l1=-1.0)}, "l1 must be a number"),
        ("CNN", {"regularization": Regularization(max_norm=0.0)}, "max_norm must be a number"),
    ],
)
def test_bad_settings_are_named(name, settings, message):
    X = make_text(20, 24)
    with pytest.raises(ValueError, match=message):
        make(name, **settings).fit(X, targets(X, "Classifier"))


UNKNOWN_ENDS = {
    "n_filters": 8,
    "stem_filters": 8,
    "dilation": 1,
    "head_pool": ("max", "mean"),
    "linear_path": False,
    "max_iter": 4,
    "random_state": 0,
}


def test_unknown_bases_at_the_ends_are_zeros_and_not_padding():
    """A network fitted on sequences of one length ignores no position."""
    X = [x[:40] for x in make_text(30, 60)]
    classifier = ResNetClassifier(**UNKNOWN_ENDS, reverse_complement=None)
    classifier.fit(X, targets(X, "Classifier"))
    assert not classifier.has_padding_
    network = classifier.network_.eval()
    X = ["NNNNN" + x[5:35] + "NNNNN" for x in X]
    x = torch.from_numpy(OneHotEncoder().fit_transform(X)).unflatten(1, (-1, 4)).transpose(1, 2)
    maps, mask = network.trunk(x)
    assert mask is None
    with torch.no_grad():
        pooled = torch.cat([maps.amax(2), maps.mean(2)], dim=1)
        expected = network.output(network.hidden(pooled)) + network.kmer_path(x)
    assert_allclose(classifier.decision_function(X), expected[:, 0].numpy(), atol=1e-5)


def test_unknown_bases_at_the_ends_are_reverse_complemented_with_the_others():
    X = [x[:40] for x in make_text(30, 60)]
    classifier = ResNetClassifier(**UNKNOWN_ENDS, reverse_complement="average")
    classifier.fit(X, targets(X, "Classifier"))
    X = ["NNNNNNN" + x[7:] for x in X]
    reverse = reverse_complement(X)
    assert reverse[0].endswith("NNNNNNN")
    scores = classifier.decision_function(X)
    assert_allclose(classifier.decision_function(reverse), scores, atol=1e-5)


def test_padding_of_unequal_lengths_is_masked():
    """The same network reads an N in the middle as a position."""
    X = ragged()
    classifier = ResNetClassifier(**UNKNOWN_ENDS, reverse_complement=None, length=70)
    classifier.fit(X, targets(X, "Classifier"))
    assert classifier.has_padding_
    expected = classifier.decision_function(X)
    middle = [x[:10] + "NNN" + x[10:] for x in X]
    assert abs(classifier.decision_function(middle) - expected).max() > 1e-4
