"""A target means the same in every verb: explanations of one output of many."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skgenomics import (
    CNNClassifier,
    ConditionalClassifier,
    MLPClassifier,
    MultiTaskEstimator,
    MultiViewClassifier,
    OneHotEncoder,
    ProfileRegressor,
    SequenceLabeler,
)
from skgenomics.genome import score_variants
from skgenomics.inspection import (
    AttributionDisplay,
    MutagenesisDisplay,
    ablate,
    attribute,
    deletions,
    design,
    epistasis,
    explain_report,
    insertions,
    marginalize,
    mutagenesis,
    sanity_check,
    spacing,
    substitute_windows,
)
from skgenomics.testing import make_text
from skgenomics.uncertainty import mc_dropout

N, LENGTH = 40, 16
X = make_text(N, LENGTH)
Y = np.arange(N) % 2
SMALL = {"max_iter": 2, "random_state": 0, "device": "cpu"}
NET = SMALL | {"network": "cnn", "network_params": {"n_filters": (6,), "kernel_size": 5}}
TASKS = pd.DataFrame(
    {
        "bound": np.where(Y, "yes", "no"),
        "cell": np.array(["K562", "HepG2", "A549"])[np.arange(N) % 3],
        "level": np.linspace(3, 9, N),
    }
)


def logit(p):
    return np.log(p) - np.log(1 - p)


# Each model with targets and what its own methods say of them.
CASES = {
    "tasks of different kinds": (
        MultiTaskEstimator(**NET),
        TASKS,
        {
            "bound": lambda m, X: logit(m.predict_proba(X)["bound"][:, 1]),
            ("cell", "K562"): lambda m, X: logit(m.predict_proba(X)["cell"][:, 2]),
            "level": lambda m, X: m.predict(X)["level"].to_numpy(float),
        },
    ),
    "tasks of two classes, behind an encoder": (
        make_pipeline(OneHotEncoder(), CNNClassifier(n_filters=6, **SMALL)),
        pd.DataFrame({"K562": Y, "HepG2": 1 - Y}),
        {
            "HepG2": lambda m, X: logit(m.predict_proba(X)[:, 1]),
            (lambda outputs: outputs[:, 1] - outputs[:, 0]): lambda m, X: np.subtract(
                *logit(m.predict_proba(X)).T[::-1]
            ),
        },
    ),
    "labels": (
        SequenceLabeler(**NET),
        ["".join("ade"["ACGT".index(c) % 3] for c in text) for text in X],
        {
            ("d", 4): lambda m, X: logit(m.predict_proba(X)[:, 4, 1]),
            "a": lambda m, X: logit(m.predict_proba(X)[:, :, 0]).mean(axis=1),
        },
    ),
    "profile": (
        ProfileRegressor(**NET),
        np.random.default_rng(0).poisson(3, size=(N, LENGTH, 2)).astype(float),
        {
            (1, "total"): lambda m, X: np.log1p(m.predict(X)[..., 1].sum(axis=1)),
            (0, 5): lambda m, X: np.log(m.predict(X)[:, 5, 0]),
        },
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    estimator, y, targets = CASES[request.param]
    return estimator.fit(X, y), targets


def check(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_attributions(case):
    model, targets = case
    for target, predict in targets.items():
        for method in ("integrated_gradients", "deeplift", "input_x_gradient", "occlusion"):
            found = attribute(model, X[:3], method=method, target=target, random_state=0)
            check(found.scores, predict(model, X[:3]))
            if found.relative_gap is not None:
                assert abs(found.relative_gap).max() < 0.01


def test_substitutions_deletions_and_insertions(case):
    model, targets = case
    text = X[0]
    for target, predict in targets.items():

        def effect(edited, predict=predict):
            return predict(model, [edited])[0] - predict(model, [text])[0]

        effects = mutagenesis(model, [text], target=target)
        for i, symbol in enumerate("ACGT"):
            check(effects[0, 6, i], effect(text[:6] + symbol + text[7:]))
        hidden = substitute_windows(model, [text], width=3, target=target)
        check(hidden[0, 4], effect(text[:4] + "NNN" + text[7:]))
        shorter = deletions(model, [text], width=2, target=target, flank="AC")
        check(shorter[0, 5], effect(text[:5] + text[7:] + "AC"))
        longer = insertions(model, [text], "GG", target=target)
        check(longer[0, 5], effect((text[:5] + "GG" + text[5:])[:LENGTH]))
        pairs = epistasis(model, [text], positions=[2, 9], target=target)
        both = text[:2] + "N" + text[3:9] + "N" + text[10:]
        single = effect(text[:2] + "N" + text[3:]) + effect(text[:9] + "N" + text[10:])
        check(pairs[0, 0, 1], effect(both) - single)


def test_experiments(case):
    model, targets = case
    for target, predict in targets.items():
        result = marginalize(model, "GGG", X[:4], position=3, target=target)
        edited = [text[:3] + "GGG" + text[6:] for text in X[:4]]
        check(result.effects[0], predict(model, edited) - predict(model, X[:4]))
        table = spacing(model, "GG", "CC", [1], X[:2], orientations=["++"], target=target)
        assert np.isfinite(table["interaction"]).all()
        sites = pd.DataFrame({"sequence": [0], "start": [2], "end": [5]})
        found = ablate(model, X[:1], sites, replacement="unknown", target=target)
        check(found["effect"][0], -(
            predict(model, [X[0][:2] + "NNN" + X[0][5:]]) - predict(model, X[:1])
        )[0])  # fmt: skip
        best = design(model, X[0], n_edits=1, target=target)
        check(best.score, predict(model, [best.sequence])[0])


def test_displays_and_checks(case):
    model, targets = case
    target = next(iter(targets))
    AttributionDisplay.from_estimator(model, X[0], target=target)
    MutagenesisDisplay.from_estimator(model, X[0], target=target)
    table = sanity_check(model, X[:3], method="input_x_gradient", target=target, random_state=0)
    assert len(table)


def test_reports(case):
    model, targets = case
    target = next(iter(targets))
    html = explain_report(model, X[:20], target=target, n_examples=1, n_sequences=10)
    assert "Examples" in html


def test_report_scores_each_task():
    model = MultiTaskEstimator(**NET).fit(X, TASKS)
    html = explain_report(model, X, TASKS, target="bound", n_examples=1, n_sequences=10)
    for name in ("roc_auc", "bound", "cell", "level"):
        assert name in html


def test_draws_of_dropout():
    model = MultiTaskEstimator(**NET).fit(X, TASKS)
    draws = mc_dropout(model, X[:5], n_samples=3, target=("cell", "K562"), random_state=0)
    every = mc_dropout(model, X[:5], n_samples=3, random_state=0)
    assert draws.shape == (3, 5)
    check(draws, every["cell"][:, :, 2])


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_variants_of_named_tasks(tmp_path):
    genome = {"chr1": "".join(make_text(10, 30))}
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\n" + genome["chr1"] + "\n")
    ref = genome["chr1"][99]
    alt = "ACGT"["ACGT".index(ref) - 1]
    variants = pd.DataFrame({"chrom": ["1"], "pos": [100], "ref": [ref], "alt": [alt]})
    model = MultiTaskEstimator(**NET).fit(X, TASKS)
    table = score_variants(model, variants, path)
    start = 99 - LENGTH // 2
    window = genome["chr1"][start : start + LENGTH]
    other = window[: LENGTH // 2] + alt + window[LENGTH // 2 + 1 :]
    proba, values = model.predict_proba([window, other]), model.predict([window, other])
    check(table["delta_bound"][0], np.diff(proba["bound"][:, 1])[0])
    check(table["log_odds_bound"][0], np.diff(logit(proba["bound"][:, 1]))[0])
    check(table["alt_cell_K562"][0], proba["cell"][1, 2])
    check(table["delta_level"][0], np.diff(values["level"].to_numpy(float))[0])
    assert np.isnan(table["log_odds_level"][0])
    one = score_variants(model, variants, path, target=("cell", "K562"))
    check(one["delta"], table["delta_cell_K562"])


def test_unknown_targets_are_named(case):
    model, _ = case
    for verb in (attribute, mutagenesis, deletions):
        with pytest.raises(ValueError, match=r"target must name a .* out of"):
            verb(model, X[:2], target="nothing")


# -- models that read other columns beside the sequence ----------------------------------------

FRAME = pd.DataFrame(
    {
        "sequence": X,
        "cell": np.resize(["K562", "HepG2"], N),
        "level": np.linspace(0, 1, N),
    }
)


def check_edits(model, frame, predict):
    """Effects of edits of the sequence, with all else as it is."""
    before = predict(frame)
    effects = mutagenesis(model, frame)
    hidden = attribute(model, frame, method="occlusion", window=1)
    for i, text in enumerate(frame["sequence"]):
        row = frame.iloc[[i]]
        for j, symbol in enumerate("ACGT"):
            edited = row.assign(sequence=text[:5] + symbol + text[6:])
            check(effects[i, 5, j], predict(edited)[0] - before[i])
        masked = row.assign(sequence=text[:5] + "N" + text[6:])
        check(hidden.actual[i, 5], before[i] - predict(masked)[0])
    shorter = substitute_windows(model, frame, width=4)
    edited = frame.assign(sequence=[text[:2] + "NNNN" + text[6:] for text in frame["sequence"]])
    check(shorter[:, 2], predict(edited) - before)
    pairs = epistasis(model, frame, positions=[1, 7])
    one, other, both = (
        frame.assign(sequence=["".join("N" if p in where else c for p, c in enumerate(text))
                               for text in frame["sequence"]])
        for where in ((1,), (7,), (1, 7))
    )  # fmt: skip
    expected = predict(both) - predict(one) - predict(other) + before
    check(pairs[:, 0, 1], expected)


def test_conditional_models():
    model = ConditionalClassifier(
        **SMALL, network_params={"n_filters": (6,), "kernel_size": 5}
    ).fit(FRAME[["sequence", "cell"]], Y)
    frame = FRAME[["sequence", "cell"]].iloc[:3]
    found = attribute(model, frame)
    check(found.scores, model.decision_function(frame))
    assert abs(found.relative_gap).max() < 0.01
    effects = mutagenesis(model, frame)
    text = frame["sequence"].iloc[1]
    edited = frame.iloc[[1]].assign(sequence=text[:5] + "A" + text[6:])
    expected = model.decision_function(edited)[0] - model.decision_function(frame)[1]
    check(effects[1, 5, 0], expected)
    fixed = model.given({"cell": "HepG2"})
    check(mutagenesis(fixed, [text])[0], effects[1])
    assert "random weights in all layers" in set(sanity_check(model, frame)["check"])


def test_models_of_several_views():
    model = MultiViewClassifier(
        views=[
            ("dna", None, CNNClassifier(n_filters=6, **SMALL), "sequence"),
            ("level", None, MLPClassifier(n_channels=1, **SMALL), ["level"]),
        ],
        **SMALL,
    ).fit(FRAME[["sequence", "level"]], Y)
    check_edits(model, FRAME[["sequence", "level"]].iloc[:3], model.decision_function)
    frame = FRAME[["sequence", "level"]]
    found = attribute(model, frame[:3])
    check(found.scores, model.decision_function(frame[:3]))
    assert abs(found.relative_gap).max() < 0.01
    shuffled = marginalize(model, "GGG", frame, n_backgrounds=5, shuffle=True, random_state=0)
    assert shuffled.effects.shape == (1, 5)
    with pytest.raises(ValueError, match="give sequences as a frame"):
        marginalize(model, "GGG", list(frame["sequence"]))
