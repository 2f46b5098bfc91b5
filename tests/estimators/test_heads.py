"""Defaults that follow the number of layers, and settings that do not go together."""

from types import SimpleNamespace

import numpy as np
import pytest

from skgenomics import (
    CNNClassifier,
    CNNRNNClassifier,
    MLPClassifier,
    ProfileRegressor,
    ResNetClassifier,
    RNNClassifier,
    SequenceLabeler,
)
from skgenomics.estimators._heads import _longest_kmers, fit_defaults
from skgenomics.sequences import reverse_complement
from skgenomics.testing import make_text
from skgenomics.training import Augmentation

X = make_text(30, 40)
Y = np.arange(30) % 2
RAGGED = [x[: 12 + i] for i, x in enumerate(X[:-1])] + [X[-1]]
LABELS = ["".join("S" if symbol in "AT" else "W" for symbol in x) for x in X]


def test_default_tuples_are_cut_or_extended():
    defaults = {"n_filters": (128, 64, 64), "kernel_size": (9, 5, 3), "dropout": 0.1}
    fewer = fit_defaults(defaults | {"n_filters": (8, 8)}, defaults)
    assert fewer == {"n_filters": (8, 8), "kernel_size": (9, 5), "dropout": 0.1}
    more = fit_defaults(defaults | {"kernel_size": (9, 7, 5, 3)}, defaults)
    assert more["n_filters"] == (128, 64, 64, 64)
    assert fit_defaults(defaults, defaults) == defaults


def test_default_dropout_has_a_value_more_than_hidden_layers():
    defaults = {"hidden_units": (64,), "hidden_dropout": (0.1, 0.2)}
    for n in range(4):
        fitted = fit_defaults(defaults | {"hidden_units": (8,) * n}, defaults)
        assert fitted["hidden_dropout"] == (0.1, 0.2, 0.2, 0.2)[: n + 1]


@pytest.mark.parametrize(
    ("n_channels", "length", "expected"), [(1, 50, 0), (2, 50, 12), (4, 50, 6), (4, 3, 3)]
)
def test_longest_kmers_have_at_most_4096_words(n_channels, length, expected):
    assert _longest_kmers(SimpleNamespace(n_channels_=n_channels, length_=length)) == expected


@pytest.mark.parametrize(
    ("estimator", "n_layers"),
    [
        (CNNClassifier(n_filters=(16, 16)), 2),
        (CNNClassifier(kernel_size=(9, 7, 5, 3), n_filters=8), 4),
        (CNNRNNClassifier(n_filters=(16,), hidden_size=8), 1),
        (ResNetClassifier(n_blocks=2, n_filters=8), 2),
        (ResNetClassifier(n_filters=(8, 16)), 2),
    ],
)
def test_one_setting_is_enough_for_another_depth(estimator, n_layers):
    trunk = estimator.set_params(max_iter=1).fit(X, Y).network_.trunk
    assert len(getattr(trunk, "convolutions", trunk).blocks) == n_layers


@pytest.mark.parametrize("hidden_units", [(), 16, (16, 8, 4)])
def test_dropout_follows_the_hidden_layers(hidden_units):
    MLPClassifier(hidden_units=hidden_units, max_iter=1).fit(X, Y)


@pytest.mark.parametrize("params", [{"n_filters": (8, 16)}, {"n_blocks": 3, "n_filters": 8}])
def test_depth_of_a_labeler(params):
    labeler = SequenceLabeler(network_params=params, max_iter=1).fit(X, LABELS)
    assert len(labeler.network_.trunk.blocks) == params.get("n_blocks", 2)
    assert labeler.receptive_field_ == labeler.network_.trunk.receptive_field


@pytest.mark.parametrize("strands", ["average", "tied"])
@pytest.mark.parametrize("cls", [CNNClassifier, ResNetClassifier, CNNRNNClassifier, MLPClassifier])
def test_strands_of_padded_texts_agree_with_all_defaults(cls, strands):
    model = cls(reverse_complement=strands, max_iter=2, random_state=0).fit(RAGGED, Y)
    here, there = model.predict_proba(RAGGED), model.predict_proba(reverse_complement(RAGGED))
    np.testing.assert_allclose(here, there, atol=1e-5)


def test_short_sequences_alone_are_no_error():
    settings = {"n_filters": 8, "padding": "valid", "kernel_size": 11, "pool_size": 4}
    model = CNNClassifier(**settings, head_pool="max", linear_path=False, max_iter=1).fit(RAGGED, Y)
    together = model.predict_proba(["ACGTTGCA", X[0]])
    np.testing.assert_allclose(model.predict_proba(["ACGTTGCA"])[0], together[0], atol=1e-6)


def test_profiles_do_not_learn_from_padding():
    y = np.random.default_rng(0).poisson(3, (30, 40)).astype(float)
    strange = y.copy()
    for i, x in enumerate(RAGGED):
        strange[i, len(x) :] = 1000
    first, second = (
        ProfileRegressor(max_iter=2, random_state=0).fit(RAGGED, target) for target in (y, strange)
    )
    np.testing.assert_array_equal(first.predict(RAGGED), second.predict(RAGGED))
    assert first.score(RAGGED, y) == second.score(RAGGED, strange)
    with pytest.raises(ValueError, match="sequence 0 is shorter than its bins"):
        ProfileRegressor(loss="multinomial").fit(RAGGED, y)


def test_validation_rows_have_labels():
    labels = [row if i < 8 else "?" * 40 for i, row in enumerate(LABELS)]
    labeler = SequenceLabeler(
        network_params={"n_filters": 8}, early_stopping=True, max_iter=3, random_state=0
    ).fit(X, labels)
    assert min(labeler.validation_loss_curve_) > 0


@pytest.mark.parametrize(
    ("estimator", "y", "message"),
    [
        (ProfileRegressor(n_controls=2), np.ones((30, 40)), "n_controls=2 needs numeric channels"),
        (SequenceLabeler(network_params="n_filters"), LABELS, "network_params must be a dict"),
        (SequenceLabeler(network="convtransformer"), LABELS, "network must be one of"),
        (SequenceLabeler(), Y, "one label for each sequence, but one for each position"),
        (SequenceLabeler(), [list(row) for row in LABELS], "character in each cell; join"),
        (
            MLPClassifier(alphabet="ACGTN", reverse_complement="tied"),
            Y,
            "5 channels cannot be split between the strands",
        ),
    ],
)
def test_what_does_not_go_together_is_named(estimator, y, message):
    with pytest.raises(ValueError, match=message):
        estimator.set_params(max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    "change",
    [
        {"augmentation": Augmentation(mutation_rate=0.1)},
        {"augmentation": Augmentation(shift=2)},
        {"augmentation": Augmentation(masking_rate=0.1)},
        {"augmentation": Augmentation(deletion=3)},
    ],
)
def test_symbols_of_tokens_cannot_be_changed(change):
    tokens = np.random.default_rng(0).integers(1, 9, (30, 12))
    with pytest.raises(ValueError, match="changes sequences, but X holds token ids"):
        RNNClassifier(vocabulary_size=9, max_iter=1, **change).fit(tokens, Y)


def test_arguments_that_nobody_knows_are_named():
    tokens = np.random.default_rng(0).integers(1, 9, (30, 12))
    with pytest.raises(ValueError, match="vocabulary_size must be an integer >= 2"):
        RNNClassifier(vocabulary_size=0).fit(tokens, Y)
    with pytest.raises(ValueError, match=r"optimizer_params has 'momentumm'"):
        CNNClassifier(optimizer_params={"momentumm": 1}, max_iter=1).fit(X, Y)
    labeler = SequenceLabeler(crop=3, max_iter=1).fit(X, [row[3:-3] for row in LABELS])
    with pytest.raises(ValueError, match="sequence 0 is too short for crop=3"):
        labeler.predict(["ACGT"])
