"""Scores of text by estimators of all kinds, in any alphabet."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from tolerances import assert_close

from skgenomics import CNNClassifier, KmerCounter, KmerTokenizer, TransformerClassifier
from skgenomics.inspection import ablate, attribute, design, marginalize, mutagenesis, spacing
from skgenomics.inspection._text_scores import TextScore
from skgenomics.sequences import encode
from skgenomics.testing import make_text

DNA = [text[: 10 + i % 9] for i, text in enumerate(make_text(40, 18))]
Y = np.arange(40) % 2
DRAWN = np.random.RandomState(0).choice(list("ACDEFGHIKLMNPQRSTVWY"), (40, 14))
PROTEINS = ["".join(row) for row in DRAWN]


def words(X, **settings):
    """An estimator that tells no alphabet, and upper from lower case."""
    counts = CountVectorizer(analyzer="char", ngram_range=(1, 2), lowercase=False, **settings)
    return make_pipeline(counts, LogisticRegression()).fit(X, Y)


def kmers(X, **settings):
    union = make_union(KmerCounter(k=1, **settings), KmerCounter(k=2, **settings))
    return make_pipeline(union, LogisticRegression()).fit(X, Y)


RNA = [text.replace("T", "U") for text in DNA]
CASES = {
    "k-mers of DNA": (kmers(DNA), DNA, "ACGT"),
    "k-mers of RNA": (kmers(RNA, alphabet="rna"), RNA, "ACGU"),
    "k-mers of proteins": (kmers(PROTEINS, alphabet="protein"), PROTEINS, "protein"),
    "words of DNA": (words(DNA), DNA, "ACGT"),
    "words of lower-case DNA": (words([x.lower() for x in DNA]), [x.lower() for x in DNA], "acgt"),
    "words of RNA": (words(RNA), RNA, "ACGU"),
    "words of proteins": (words(PROTEINS), PROTEINS, "protein"),
}


@pytest.fixture(params=CASES)
def case(request):
    model, X, alphabet = CASES[request.param]
    return model, X[:3], "ACDEFGHIKLMNPQRSTVWY" if alphabet == "protein" else alphabet


def test_scores_are_those_of_the_estimator(case):
    model, X, symbols = case
    score = TextScore(model)
    codes = score.read(X)
    assert score.symbols == symbols
    assert (
        (codes == score.alphabet.padding_code).sum(axis=1)
        == codes.shape[1] - np.array(list(map(len, X)))
    ).all()
    np.testing.assert_allclose(score.predict(codes), model.decision_function(X), atol=1e-6)


def test_mutagenesis_and_occlusion_equal_edited_texts(case):
    model, X, symbols = case
    before = model.decision_function(X)
    effects = mutagenesis(model, X)
    hidden = attribute(model, X, method="occlusion", window=1)
    unknown = "X" if len(symbols) == 20 else "N"
    assert hidden.symbols == symbols
    assert hidden.shape == effects.shape == (3, max(map(len, X)), len(symbols))
    for i, text in enumerate(X):
        edited = [text[:4] + symbol + text[5:] for symbol in symbols]
        expected = model.decision_function(edited) - before[i]
        np.testing.assert_allclose(effects[i, 4], expected, atol=1e-6)
        without = model.decision_function([text[:4] + unknown + text[5:]])[0]
        assert hidden.actual[i, 4] == pytest.approx(before[i] - without, abs=1e-6)
        assert not hidden.actual[i, len(text) :].any()
    A = attribute(model, X, method="mutagenesis")
    np.testing.assert_allclose(A.scores, before, atol=1e-6)
    np.testing.assert_allclose(A.values[0], effects[0] - effects[0].mean(axis=1, keepdims=True))


def test_experiments_in_any_alphabet(case):
    model, X, symbols = case
    motif = symbols[:3]
    effects = marginalize(model, motif, X, position=2).effects[0]
    edited = [text[:2] + motif + text[5:] for text in X]
    expected = model.decision_function(edited) - model.decision_function(X)
    np.testing.assert_allclose(effects, expected, atol=1e-6)
    table = spacing(model, motif, motif, [1], X, orientations=["++"])
    starts = [(len(text) - 7) // 2 for text in X]
    both = [
        text[:s] + motif + text[s + 3] + motif + text[s + 7 :]
        for s, text in zip(starts, X, strict=True)
    ]
    effect = (model.decision_function(both) - model.decision_function(X)).mean()
    assert table["effect_ab"][0] == pytest.approx(effect, abs=1e-6)
    site = ablate(
        model, X, pd.DataFrame({"sequence": [1], "start": [0], "end": [2]}), together=True
    )
    assert site["score"][0] == pytest.approx(model.decision_function(X[1:2])[0], abs=1e-6)
    result = design(model, X[0], n_edits=1)
    assert result.score == pytest.approx(model.decision_function([result.sequence])[0], abs=1e-6)
    best = mutagenesis(model, X[:1]).max()
    assert result.score - result.start_score == pytest.approx(best, abs=1e-6)


def test_shuffled_backgrounds_keep_their_lengths():
    model = kmers(DNA)
    result = marginalize(model, "A", DNA[:5], n_backgrounds=5, shuffle=True, random_state=0)
    lengths = (result.backgrounds <= 4).sum(axis=1)
    assert sorted(lengths) == sorted(len(text) for text in DNA[:5])


def test_codes_are_read_as_their_symbols():
    model = kmers(DNA)
    texts = [text[:10] for text in DNA[:4]]
    for method in ("occlusion", "mutagenesis"):
        found = attribute(model, encode(texts), method=method)
        assert_close(found.values, attribute(model, texts, method=method).values, dtype=np.float32)


def test_wrapped_networks_and_tokens():
    same = [text[:10] for text in DNA]
    settings = {"max_iter": 1, "random_state": 0}
    calibrated = CalibratedClassifierCV(CNNClassifier(n_filters=4, **settings), cv=2).fit(same, Y)
    sizes = {"stem_filters": (), "d_model": 8, "n_heads": 2, "n_layers": 1}
    tokens = TransformerClassifier(vocabulary_size=69, **sizes, **settings)
    tokens = make_pipeline(KmerTokenizer(k=3), tokens).fit(same, Y)
    for model in (calibrated, tokens):
        score = TextScore(model)
        proba = model.predict_proba(same)[:, 1]
        found = score.predict(score.read(same))
        np.testing.assert_allclose(found, np.log(proba / (1 - proba)), atol=1e-5)


def test_bad_input_is_named():
    classes = np.array(["a", "b", "c"])[np.arange(40) % 3]
    model = make_pipeline(KmerCounter(k=1), LogisticRegression()).fit(DNA, classes)
    with pytest.raises(ValueError, match="must name a class out of 'a', 'b', 'c': there are sev"):
        mutagenesis(model, DNA)
    values = make_pipeline(KmerCounter(k=1), Ridge()).fit(DNA, np.stack([Y, Y], axis=1))
    with pytest.raises(ValueError, match="must name a target out of 0, 1: there are several"):
        attribute(values, DNA, method="occlusion")
    model = kmers(DNA)
    with pytest.raises(ValueError, match="sequence 1 is empty"):
        mutagenesis(model, ["ACGT", ""])
    with pytest.raises(ValueError, match=r"text or uint8 codes .* not float64"):
        mutagenesis(model, np.zeros((2, 4)))
    with pytest.raises(ValueError, match="has the code 9 at position 0"):
        mutagenesis(model, np.full((2, 4), 9, dtype=np.uint8))
    with pytest.raises(ValueError, match="sequence 0 has 'J' at position 0"):
        mutagenesis(model, ["JACGT"])
