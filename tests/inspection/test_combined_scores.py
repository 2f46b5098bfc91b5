"""Scores of ensembles and of models of several columns, against plain computation."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit, logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    CNNRegressor,
    ConditionalClassifier,
    DeepEnsembleClassifier,
    DeepEnsembleRegressor,
    KmerCounter,
    MLPClassifier,
    MLPRegressor,
    MultiTaskEstimator,
    MultiViewClassifier,
    MultiViewRegressor,
    OneHotEncoder,
    ProfileRegressor,
    SequenceLabeler,
)
from skgenomics.genome import score_variants
from skgenomics.inspection import attribute, design, marginalize, mutagenesis, sanity_check
from skgenomics.inspection._scores import find_sequence_score
from skgenomics.sequences import one_hot
from skgenomics.testing import make_text

N, LENGTH = 40, 30
X = make_text(N, LENGTH)
Y = np.array([x.count("G") > 7 for x in X]).astype(int)
CLASSES = np.array(["a", "b", "c"])[np.digitize([x.count("G") for x in X], [6, 9])]
CNN = {"n_filters": 6, "kernel_size": 5, "max_iter": 3, "random_state": 0}
FRAME = pd.DataFrame(
    {
        "sequence": X,
        "distance": np.linspace(-1, 1, N),
        "cell": np.resize(["K562", "HepG2"], N),
    }
)


def mean_proba(members, data, weights=None):
    return np.average([m.predict_proba(data) for m in members], axis=0, weights=weights)


@pytest.fixture(scope="module")
def ensemble():
    return DeepEnsembleClassifier(CNNClassifier(**CNN), n_estimators=3, random_state=0).fit(X, Y)


def test_score_of_an_ensemble_is_that_of_the_mean_probability(ensemble):
    expected = logit(mean_proba(ensemble.estimators_, X[:5])[:, 1])
    found = attribute(ensemble, X[:5], method="input_x_gradient")
    np.testing.assert_allclose(found.scores, expected, atol=1e-4)


def test_gradient_of_an_ensemble_is_that_of_the_mean_probability(ensemble):
    x = torch.from_numpy(one_hot(ensemble.estimators_[0]._read(X[:3], reset=False)))
    x = x.transpose(1, 2).float().requires_grad_()
    p = torch.stack([m.net_.score_channels(x)[:, 0].sigmoid() for m in ensemble.estimators_]).mean(
        0
    )
    expected = torch.autograd.grad(torch.logit(p).sum(), x)[0].transpose(1, 2).numpy()
    found = attribute(ensemble, X[:3], method="input_x_gradient", correct_gradient=False)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift"])
def test_attributions_of_an_ensemble_add_up(ensemble, method):
    found = attribute(ensemble, X[:4], method=method)
    assert abs(found.relative_gap).max() < 0.01


def test_mutagenesis_of_an_ensemble_is_that_of_its_predictions(ensemble):
    effects = mutagenesis(ensemble, X[:1])
    changed = X[0][:10] + "A" + X[0][11:]
    odds = logit(mean_proba(ensemble.estimators_, [X[0], changed])[:, 1])
    assert effects[0, 10, 0] == pytest.approx(odds[1] - odds[0], abs=1e-4)


def test_ensemble_behind_an_encoder(ensemble):
    model = make_pipeline(
        OneHotEncoder(), DeepEnsembleClassifier(CNNClassifier(**CNN), n_estimators=2)
    )
    found = attribute(model.fit(X, Y), X[:2], method="deeplift")
    np.testing.assert_allclose(found.scores, logit(model.predict_proba(X[:2])[:, 1]), atol=1e-4)


@pytest.mark.parametrize("weights", [None, [1, 3]])
def test_voting_of_three_classes(weights):
    members = [("a", CNNClassifier(**CNN)), ("b", CNNClassifier(**CNN | {"random_state": 1}))]
    model = VotingClassifier(members, voting="soft", weights=weights).fit(X, CLASSES)
    found = attribute(model, X[:3], method="deeplift", target="c")
    np.testing.assert_allclose(found.scores, logit(model.predict_proba(X[:3])[:, 2]), atol=1e-4)
    assert abs(found.relative_gap).max() < 1e-3


def test_bagging():
    frame = pd.DataFrame({"sequence": X})
    model = BaggingClassifier(CNNClassifier(**CNN), n_estimators=2, random_state=0).fit(frame, Y)
    found = attribute(model, frame[:2], method="deeplift")
    expected = mean_proba(model.estimators_, frame[:2].to_numpy())[:, 1]
    np.testing.assert_allclose(expit(found.scores), expected, atol=1e-5)


def test_calibrated_classifier_is_explained_before_calibration():
    model = CalibratedClassifierCV(CNNClassifier(**CNN), cv=2).fit(X, Y)
    members = [part.estimator for part in model.calibrated_classifiers_]
    found = attribute(model, X[:3])
    np.testing.assert_allclose(expit(found.scores), mean_proba(members, X[:3])[:, 1], atol=1e-5)
    # Occlusion needs no gradients and explains the calibrated probability itself.
    calibrated = attribute(model, X[:3], method="occlusion").scores
    np.testing.assert_allclose(expit(calibrated), model.predict_proba(X[:3])[:, 1], atol=1e-5)


def test_ensemble_of_a_forest_names_what_works():
    members = [
        ("net", CNNClassifier(**CNN)),
        ("trees", make_pipeline(KmerCounter(k=2), RandomForestClassifier(5))),
    ]
    model = VotingClassifier(members, voting="soft").fit(X, Y)
    with pytest.raises(
        ValueError, match=r"RandomForestClassifier is not a deep estimator.*occlusion"
    ):
        attribute(model, X[:1])


def test_sanity_check_of_an_ensemble_loses_what_was_learned(ensemble):
    table = sanity_check(ensemble, X[:6], method="input_x_gradient", random_state=0)
    assert "random weights in all layers" in set(table["check"])


VIEWS = [
    ("dna", None, CNNClassifier(**CNN), "sequence"),
    ("position", None, MLPClassifier(hidden_units=4, max_iter=3), ["distance"]),
]


@pytest.mark.parametrize("fusion", ["joint", "attention", "concat", "ensemble"])
def test_gradients_of_a_view_keep_the_others(fusion):
    model = MultiViewClassifier(views=VIEWS, fusion=fusion, max_iter=3, random_state=0)
    model.fit(FRAME[["sequence", "distance"]], Y)
    some = FRAME[["sequence", "distance"]][:4]
    found = attribute(model, some, method="deeplift")
    assert abs(found.relative_gap).max() < 1e-3
    np.testing.assert_allclose(found.scores, logit(model.predict_proba(some)[:, 1]), atol=1e-4)
    exact = attribute(model, some, method="mutagenesis")
    assert exact.shape == found.shape == (4, LENGTH, 4)


@pytest.mark.parametrize("weights", [None, (1.0, 3.0)])
def test_gradients_of_a_view_of_averaged_regressors(weights):
    views = [
        ("dna", None, CNNRegressor(**CNN), "sequence"),
        ("position", None, MLPRegressor(hidden_units=4, max_iter=3), ["distance"]),
    ]
    y = 10.0 + 5 * Y
    model = MultiViewRegressor(views=views, fusion="ensemble", weights=weights, random_state=0)
    some = FRAME[["sequence", "distance"]]
    found = attribute(model.fit(some, y), some[:3], method="deeplift")
    np.testing.assert_allclose(found.scores, model.predict(some[:3]), rtol=1e-4)
    assert abs(found.relative_gap).max() < 1e-3


def test_two_views_of_sequences_need_a_column():
    frame = pd.DataFrame({"promoter": X, "enhancer": X[::-1]})
    views = [(name, None, CNNClassifier(**CNN), name) for name in frame]
    model = MultiViewClassifier(views=views, max_iter=2, random_state=0).fit(frame, Y)
    with pytest.raises(ValueError, match=r"name .*sequence_column"):
        attribute(model, frame[:1])
    with pytest.raises(ValueError, match="no column 'silencer'"):
        mutagenesis(model, frame[:1], sequence_column="silencer")
    found = attribute(model, frame[:2], sequence_column="enhancer", method="deeplift")
    exact = mutagenesis(model, frame[:2], sequence_column="enhancer")
    text = frame["enhancer"][0]
    changed = frame[:1].assign(enhancer=text[:5] + "C" + text[6:])
    before, after = (logit(model.predict_proba(f)[0, 1]) for f in (frame[:1], changed))
    assert exact[0, 5, 1] == pytest.approx(after - before, abs=1e-4)
    assert found.scores[0] == pytest.approx(before, abs=1e-4)


@pytest.fixture(scope="module")
def conditional():
    return ConditionalClassifier(network="cnn", max_iter=2, random_state=0).fit(
        FRAME[["sequence", "cell"]], Y
    )


def test_experiments_keep_conditions(conditional):
    frame = FRAME[["sequence", "cell"]]
    given = conditional.given({"cell": "HepG2"})
    start = frame[1:2].reset_index(drop=True)
    found, expected = design(conditional, start, n_edits=2), design(given, X[1], n_edits=2)
    assert found.sequence == expected.sequence
    assert found.score == pytest.approx(expected.score, abs=1e-4)
    backgrounds = frame[1::2][:5]
    effects = marginalize(conditional, ["GGGG"], backgrounds, random_state=0).effects
    expected = marginalize(given, ["GGGG"], list(backgrounds["sequence"]), random_state=0).effects
    np.testing.assert_allclose(effects, expected, atol=1e-4)
    with pytest.raises(ValueError, match="give `backgrounds` as a frame"):
        marginalize(conditional, ["GGGG"])
    with pytest.raises(ValueError, match="as a frame"):
        attribute(conditional, X[:2])


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\n" + "".join(X) + "\n")
    return path


VARIANTS = pd.DataFrame(
    {"chrom": "chr1", "pos": [101, 101, 201], "ref": "".join(X)[100], "alt": ["TTC", "TTC", "N"]}
)
VARIANTS.loc[2, ["ref", "alt"]] = ["".join(X)[200], "".join(X)[200] + "GG"]


def test_variants_of_a_conditional_model(conditional, genome):
    variants = VARIANTS.assign(cell=["K562", "HepG2", "HepG2"])
    table = score_variants(conditional, variants, genome, window=LENGTH)
    for row, cell in enumerate(variants["cell"]):
        one = score_variants(
            conditional.given({"cell": cell}), VARIANTS[row : row + 1], genome, window=LENGTH
        )
        np.testing.assert_allclose(
            table.loc[row, ["ref", "alt", "delta"]].astype(float),
            one.loc[0, ["ref", "alt", "delta"]].astype(float),
            atol=1e-5,
        )
    fixed = score_variants(
        conditional, VARIANTS, genome, window=LENGTH, conditions={"cell": "HepG2"}
    )
    assert fixed.loc[1, "alt"] == pytest.approx(table.loc[1, "alt"], abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "reads the columns .*'cell'"),
        ({"conditions": {"tissue": "liver"}}, "conditions has 'tissue'"),
        ({"conditions": {"cell": "K562"}, "sequence_column": "dna"}, "sequence_column='dna'"),
    ],
)
def test_variants_without_the_other_columns(conditional, genome, settings, message):
    with pytest.raises(ValueError, match=message):
        score_variants(conditional, VARIANTS, genome, window=LENGTH, **settings)


def test_sequence_column_of_a_model_of_sequences_alone(ensemble, genome):
    with pytest.raises(ValueError, match="reads sequences alone"):
        score_variants(ensemble, VARIANTS, genome, sequence_column="sequence")


def test_variants_of_an_ensemble_need_no_window(ensemble, genome):
    table = score_variants(ensemble, VARIANTS, genome)
    same = score_variants(ensemble, VARIANTS, genome, window=LENGTH)
    pd.testing.assert_frame_equal(table, same)
    np.testing.assert_allclose(
        table["log_odds"], logit(table["alt"]) - logit(table["ref"]), atol=1e-4
    )


SITES = ["".join("D" if x[i : i + 2] == "GT" else "N" for i in range(LENGTH)) for x in X]


@pytest.fixture(scope="module", params=[False, True], ids=["softmax", "crf"])
def labelers(request):
    labeler = SequenceLabeler(network="cnn", crf=request.param, max_iter=2)
    return DeepEnsembleClassifier(labeler, n_estimators=2, random_state=0).fit(X, SITES)


def test_ensemble_of_labelers(labelers, genome):
    proba = labelers.predict_proba(X[:3])
    np.testing.assert_allclose(proba, mean_proba(labelers.estimators_, X[:3]), atol=1e-6)
    labels = labelers.predict(X[:3])
    expected = ["".join(labelers.classes_[row.argmax(axis=1)]) for row in proba]
    assert labels.tolist() == expected
    truth = np.array([list(text) for text in SITES[:3]])
    right = np.array([list(text) for text in labels]) == truth
    assert labelers.score(X[:3], SITES[:3]) == pytest.approx(right.mean())
    table = score_variants(labelers, VARIANTS, genome, window=LENGTH)
    assert {"DS_DG", "DP_DL"} <= set(table.columns)
    assert labelers.uncertainty(X[:2])["total"].shape == (2, LENGTH)


@pytest.mark.parametrize("loss", ["poisson", "multinomial", "mse"])
def test_ensemble_of_profiles(loss, genome):
    signal = np.random.default_rng(0).poisson(3, (N, LENGTH, 2)).astype(float)
    profile = ProfileRegressor(network="cnn", loss=loss, max_iter=2)
    model = DeepEnsembleRegressor(profile, n_estimators=2, random_state=0).fit(X, signal)
    expected = np.mean([member.predict(X[:3]) for member in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict(X[:3]), expected)
    table = score_variants(model, VARIANTS, genome, window=LENGTH, target=1)
    windows = ["".join(X)[100 - LENGTH // 2 :][:LENGTH]]
    total = model.predict(windows)[0, :, 1].sum()
    assert table.loc[0, "ref"] == pytest.approx(total, rel=1e-4)
    assert np.isfinite(model.score(X, signal))
    scores = find_sequence_score(model, (1, "total"))
    found = attribute(model, X[:2], target=(1, "total"), method="deeplift")
    assert len(found.scores) == 2
    assert scores.outputs.names == (0, 1)


@pytest.mark.parametrize("as_frame", [True, False])
def test_ensemble_of_tasks(as_frame):
    y = pd.DataFrame({"bound": Y, "cell": CLASSES, "level": np.linspace(5, 9, N)})
    y = y if as_frame else y.to_numpy(object)
    tasks = MultiTaskEstimator(network="cnn", max_iter=2)
    model = DeepEnsembleClassifier(tasks, n_estimators=2, random_state=0).fit(X, y)
    members = [member.predict_proba(X[:4]) for member in model.estimators_]
    found, key = model.predict_proba(X[:4]), "cell" if as_frame else 1
    np.testing.assert_allclose(found[key], np.mean([m[key] for m in members], axis=0), atol=1e-6)
    values = [np.asarray(m.predict(X[:4]))[:, 2].astype(float) for m in model.estimators_]
    mean = np.asarray(model.predict(X[:4]))[:, 2].astype(float)
    np.testing.assert_allclose(mean, np.mean(values, axis=0), rtol=1e-5)
    assert model.score(X, y) >= 0
    target = ("cell", "b") if as_frame else (1, "b")
    scores = attribute(model, X[:4], target=target, method="deeplift").scores
    np.testing.assert_allclose(expit(scores), found[key][:, 1], atol=1e-5)
    assert model.target_names_ == (list(y.columns) if as_frame else [0, 1, 2])
    assert sorted(model.uncertainty(X[:2])) == (["bound", "cell"] if as_frame else [0, 1])
