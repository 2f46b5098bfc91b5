"""Replaced, deleted and inserted letters against predictions of edited sequences."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skgenomics import CNNClassifier, KmerCounter
from skgenomics.inspection._scores import SequenceScore
from skgenomics.inspection.mutations.segments import deletions, insertions, substitute_windows

LENGTH = 30


def make_texts():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(24)]
    return [texts[0], texts[1][:21], *texts[2:]]


@pytest.fixture(scope="module", params=["network", "text"])
def scored(request):
    """A model, some texts, and what gives their scores one by one."""
    X, y = make_texts(), np.arange(24) % 2
    if request.param == "text":
        model = make_pipeline(KmerCounter(k=3), LogisticRegression()).fit(X, y)
        return model, X[:2], lambda text: model.decision_function([text])[0]
    model = CNNClassifier(
        n_filters=8, kernel_size=5, pool_size=2, hidden_units=8, max_iter=3, random_state=0
    ).fit(X, y)
    score = SequenceScore(model)
    return model, X[:2], lambda text: score.predict(score.read([text]))[0]


@pytest.mark.parametrize("step", [1, 4])
@pytest.mark.parametrize("replacement", ["unknown", "GATTACA"])
def test_substituted_windows(scored, replacement, step):
    model, X, f = scored
    new = "N" * 7 if replacement == "unknown" else replacement
    found = substitute_windows(model, X, replacement=replacement, width=7, step=step)
    assert found.shape == (2, (LENGTH - 7) // step + 1)
    for text, effects in zip(X, found, strict=True):
        for start, effect in zip(range(0, LENGTH, step), effects, strict=False):
            changed = text[:start] + new + text[start + 7 :]
            expected = f(changed) - f(text) if start + 7 <= len(text) else 0
            assert effect == pytest.approx(expected, abs=1e-5)


def test_shuffled_windows(scored):
    model, *_ = scored
    text = "ACGT" * 5 + "AAAAAAAAAA"
    settings = {"replacement": "shuffle", "width": 4, "random_state": 0}
    found = substitute_windows(model, [text], **settings)
    np.testing.assert_array_equal(found, substitute_windows(model, [text], **settings))
    assert found[0, :10].all()
    assert not found[0, 20:].any()


@pytest.mark.parametrize("flank", ["", "CA", "CATTGG"])
def test_deletions(scored, flank):
    model, X, f = scored
    found = deletions(model, X, width=4, flank=flank)
    assert found.shape == (2, LENGTH - 3)
    for text, effects in zip(X, found, strict=True):
        for start, effect in enumerate(effects):
            changed = text[:start] + text[start + 4 :] + flank[:4]
            expected = f(changed) - f(text) if start + 4 <= len(text) else 0
            assert effect == pytest.approx(expected, abs=1e-5)


def test_a_text_that_is_deleted_as_a_whole_is_named():
    model = make_pipeline(KmerCounter(k=1), LogisticRegression()).fit(["AC", "GT"], [0, 1])
    with pytest.raises(ValueError, match="width=2 leaves nothing of sequence 1"):
        deletions(model, ["ACGT", "AC", "A"], width=2)
    assert deletions(model, ["ACGT", "A"], width=2)[1].tolist() == [0, 0, 0]
    flanked = deletions(model, ["ACGT", "AC"], width=2, flank="GG")
    expected = model.decision_function(["GG"]) - model.decision_function(["AC"])
    np.testing.assert_allclose(flanked[1, :1], expected, atol=1e-6)


def test_insertions(scored):
    model, X, f = scored
    found = insertions(model, X, "GATTACA")
    assert found.shape == (2, LENGTH)
    for text, effects in zip(X, found, strict=True):
        for start, effect in enumerate(effects):
            changed = text[:start] + "GATTACA" + text[start:]
            if isinstance(model, CNNClassifier) and not model.has_padding_:
                changed = changed[:LENGTH]
            expected = f(changed) - f(text) if start < len(text) else 0
            assert effect == pytest.approx(expected, abs=1e-5)


def test_bad_input(scored):
    model, X, _ = scored
    for function, settings, message in (
        (substitute_windows, {"width": 31}, "do not fit"),
        (substitute_windows, {"replacement": "AC", "width": 3}, "leave width=None"),
        (substitute_windows, {"replacement": "A!"}, "replacement='A!'"),
        (substitute_windows, {"step": 0}, "step must be"),
        (deletions, {"width": 30}, "leaves nothing"),
        (deletions, {"width": 0}, "width must be"),
        (insertions, {"inserted": ""}, "at least one symbol"),
    ):
        with pytest.raises(ValueError, match=message):
            function(model, X, **settings)
