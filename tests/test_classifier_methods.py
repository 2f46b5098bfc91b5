"""Every public classifier has all methods of a classifier of scikit-learn."""

import inspect

import numpy as np
import pandas as pd
import pytest
from instances import TINY
from sklearn.base import is_classifier

import skgenomics
from skgenomics.testing import make_checkpoint, make_text

X, N = make_text(24, 16), 24
Y = np.arange(N) % 2
NUMBERS = np.random.default_rng(0).normal(size=(N, 3))
QUICK = {"max_iter": 1, "random_state": 0}
CELLS = pd.DataFrame({"sequence": X, "cell": np.resize(["a", "b", "c"], N)})
SITES = [x.replace("T", "A") for x in X]
PAIRS = (np.add.outer(np.arange(16), np.arange(16)) % 3 == 0).astype(int)[np.newaxis].repeat(N, 0)
CLASSIFIERS = {
    **{
        f"{name}Classifier": lambda name=name: (
            getattr(skgenomics, f"{name}Classifier")(**TINY[name], **QUICK).fit(X, Y),
            X,
            Y,
        )
        for name in TINY
    },
    "SequenceClassifier": lambda: (skgenomics.SequenceClassifier(**QUICK).fit(X, Y), X, Y),
    "SequenceLabeler": lambda: (
        skgenomics.SequenceLabeler(network="cnn", **QUICK).fit(X, SITES),
        X,
        SITES,
    ),
    "PairLabeler": lambda: (skgenomics.PairLabeler(**QUICK).fit(X, PAIRS), X, PAIRS),
    "MultiTaskEstimator": lambda: (
        skgenomics.MultiTaskEstimator(**QUICK).fit(X, pd.DataFrame({"a": Y, "b": NUMBERS[:, 0]})),
        X,
        pd.DataFrame({"a": Y, "b": NUMBERS[:, 0]}),
    ),
    "ConditionalClassifier": lambda: (
        skgenomics.ConditionalClassifier(**QUICK).fit(CELLS, Y),
        CELLS,
        Y,
    ),
    "DomainAdversarialClassifier": lambda: (
        skgenomics.DomainAdversarialClassifier(**QUICK).fit(X, Y, domains=np.arange(N) % 3),
        X,
        Y,
    ),
    "MultiViewClassifier": lambda: (
        skgenomics.MultiViewClassifier(
            views=[("dna", None, skgenomics.CNNClassifier(**TINY["CNN"]), "sequence")], **QUICK
        ).fit(CELLS, Y),
        CELLS,
        Y,
    ),
    "DeepEnsembleClassifier": lambda: (
        skgenomics.DeepEnsembleClassifier(
            skgenomics.CNNClassifier(**TINY["CNN"], **QUICK), n_estimators=2
        ).fit(X, Y),
        X,
        Y,
    ),
    "SemiSupervisedVAE": lambda: (
        skgenomics.SemiSupervisedVAE(n_components=2, **QUICK).fit(NUMBERS, Y),
        NUMBERS,
        Y,
    ),
    "PretrainedClassifier": None,
}
# The mean of probabilities has no log-odds of its own, as in forests and voting.
WITHOUT_DECISIONS = {"DeepEnsembleClassifier"}


def make(name, folder):
    if name != "PretrainedClassifier":
        return CLASSIFIERS[name]()
    pytest.importorskip("transformers")
    make_checkpoint(folder)
    model = skgenomics.PretrainedClassifier(folder, mode="head", **QUICK)
    return model.fit(X, Y), X, Y


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.filterwarnings("ignore")
def test_methods(name, tmp_path):
    model, X, y = make(name, tmp_path)
    proba, logarithms = model.predict_proba(X), model.predict_log_proba(X)
    if isinstance(proba, dict):
        assert proba.keys() == logarithms.keys()
        proba, logarithms = proba["a"], logarithms["a"]
    assert proba.shape == logarithms.shape
    assert np.allclose(np.exp(logarithms), proba)
    assert np.allclose(proba.sum(axis=-1), 1, atol=1e-5)
    assert 0 <= model.score(X, y) <= 1
    assert len(model.predict(X)) == N
    if name in WITHOUT_DECISIONS:
        assert not hasattr(model, "decision_function")
        return
    decisions = model.decision_function(X)
    if name not in ("SequenceLabeler", "PairLabeler", "MultiTaskEstimator"):
        assert decisions.shape == (N,)
        assert np.array_equal(decisions > 0, model.predict(X) == model.classes_[1])


def test_every_classifier_is_tested():
    public = {name: getattr(skgenomics, name) for name in skgenomics.__all__}
    names = {
        name
        for name, value in public.items()
        if inspect.isclass(value) and getattr(value, "predict_proba", None) is not None
    }
    assert names == CLASSIFIERS.keys()
    assert is_classifier(skgenomics.SemiSupervisedVAE())
