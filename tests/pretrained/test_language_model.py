"""Likelihoods of pretrained language models, against loops over the models of transformers."""

import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from skgenomics import load, save
from skgenomics.estimators import CNNClassifier, SequenceLabeler
from skgenomics.genome import score_variants
from skgenomics.language_models import MaskedLanguageModel
from skgenomics.pretrained import PretrainedEmbedder, PretrainedLanguageModel
from skgenomics.pretrained._loading import RemoteCode
from skgenomics.testing import make_checkpoint, make_text

KINDS = ("bases", "bpe", "overlapping k-mers", "k-mers")
# Special tokens in front of a sequence and behind it.
ENDS = {"k-mers": (1, 0)}
X = [make_text(1, 13)[0], *(text[:8] for text in make_text(3, 13)[1:])]


def substitute(text, i=5):
    return text[:i] + ("A" if text[i] != "A" else "C") + text[i + 1 :]


class ByHand:
    """A model of transformers, asked for one sequence at a time."""

    def __init__(self, folder, kind):
        self.kind = kind
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForMaskedLM.from_pretrained(folder).eval()
        self.front, self.behind = ENDS.get(kind, (1, 1))

    def ids(self, text):
        if self.kind == "overlapping k-mers":
            text = " ".join(text[i : i + 3] for i in range(len(text) - 2))
        return self.tokenizer(text)["input_ids"]

    def log_proba(self, ids, masked):
        """Log-softmax at all tokens while some are masked."""
        ids = [self.tokenizer.mask_token_id if i in masked else t for i, t in enumerate(ids)]
        with torch.no_grad():
            return self.model(torch.tensor([ids])).logits[0].log_softmax(dim=1).numpy()

    def pseudo_likelihood(self, text):
        """Mean log-likelihood per base, each token masked along with those that overlap it."""
        ids = self.ids(text)
        inner = range(self.front, len(ids) - self.behind)
        reach = 2 if self.kind == "overlapping k-mers" else 0
        scores = [
            self.log_proba(ids, {j for j in inner if abs(i - j) <= reach})[i, ids[i]] for i in inner
        ]
        return np.sum(scores) / (3 * len(scores) if reach else len(text))

    def marginals(self, ref, alt):
        """Log-probabilities of the tokens that differ, all of them masked."""
        ref, alt = self.ids(ref), self.ids(alt)
        differ = [i for i in range(len(ref)) if ref[i] != alt[i]]
        log_proba = self.log_proba(ref, differ)
        return [sum(log_proba[i, ids[i]] for i in differ) for ids in (ref, alt)]


@pytest.fixture(scope="module", params=KINDS)
def case(request, checkpoints):
    folder = checkpoints[request.param]
    return ByHand(folder, request.param), PretrainedLanguageModel(folder, device="cpu").fit(X)


def test_pseudo_likelihoods_equal_a_loop(case):
    by_hand, model = case
    expected = [by_hand.pseudo_likelihood(text) for text in X]
    assert_allclose(model.score_samples(X), expected, atol=1e-5)
    lengths = [len(text) for text in X]
    assert model.score(X) == pytest.approx(np.average(expected, weights=lengths), abs=1e-5)
    model.set_params(batch_size=3)
    assert_allclose(model.score_samples(X), expected, atol=1e-5)
    model.set_params(batch_size=32)


def test_masked_marginals_equal_a_loop(case):
    by_hand, model = case
    alt = [substitute(text) for text in X]
    found = np.transpose(model.variant_scores(X, alt))
    for ref, other, scores in zip(X, alt, found, strict=True):
        spans = [model._tokenize([text])[0].spans for text in (ref, other)]
        if np.array_equal(*spans):
            assert_allclose(scores, by_hand.marginals(ref, other), atol=1e-5)
        else:
            expected = [by_hand.pseudo_likelihood(text) * len(text) for text in (ref, other)]
            assert by_hand.kind == "bpe"
            assert_allclose(scores, expected, atol=1e-4)


def test_other_alleles_compare_whole_sequences(case):
    by_hand, model = case
    ref = X[0]
    for alt in (substitute(substitute(ref), 8), ref[:5] + ref[6:], ref[:5] + "GG" + ref[5:]):
        expected = [by_hand.pseudo_likelihood(text) * len(text) for text in (ref, alt)]
        assert_allclose(np.ravel(model.variant_scores([ref], [alt])), expected, atol=1e-4)


def test_embeddings_of_positions(case, checkpoints):
    by_hand, model = case
    folder = checkpoints[by_hand.kind]
    base = AutoModel.from_pretrained(folder).eval()
    embeddings = PretrainedLanguageModel(folder, pooling="none").fit_transform(X)
    assert embeddings.shape == (len(X), 13, 8)
    for text, found in zip(X, embeddings, strict=True):
        with torch.no_grad():
            states = base(torch.tensor([by_hand.ids(text)])).last_hidden_state[0].numpy()
        states = states[by_hand.front : len(states) - by_hand.behind]
        spans = model._tokenize([text])[0].spans
        for position in range(len(text)):
            covers = (spans[:, 0] <= position) & (position < spans[:, 1])
            assert_allclose(found[position], states[covers].mean(axis=0), atol=1e-5)
        assert not found[len(text) :].any()
    pooled = PretrainedEmbedder(folder).fit_transform(X)
    assert_allclose(model.transform(X), pooled, atol=1e-5)


def test_masked_positions_of_bases_equal_a_loop(checkpoints):
    by_hand = ByHand(checkpoints["bases"], "bases")
    model = PretrainedLanguageModel(checkpoints["bases"]).fit(X)
    bases = by_hand.tokenizer.convert_tokens_to_ids(list("ACGT"))
    masked = [text[:3] + "N" + text[4:] for text in X]
    proba, everything = model.predict_masked(masked), model.predict_masked(X, "all")
    for text, found, all_found in zip(X, proba, everything, strict=True):
        for i in range(len(text)):
            scores = np.exp(by_hand.log_proba(by_hand.ids(text), {i + 1})[i + 1, bases])
            assert_allclose(all_found[i], scores / scores.sum(), atol=1e-5)
        assert_allclose(found[3], all_found[3], atol=1e-5)
        assert_array_equal(found[0], [base == text[0] for base in "ACGT"])


def test_masked_positions_of_k_mers_agree_with_marginals(checkpoints):
    model = PretrainedLanguageModel(checkpoints["k-mers"]).fit(X)
    ref = X[0]
    proba = model.predict_masked([ref[:5] + "N" + ref[6:]])[0, 5]
    for base in "ACGT":
        before, after = model.variant_scores([ref], [ref[:5] + base + ref[6:]])
        if base != ref[5]:
            ratio = proba["ACGT".index(base)] / proba["ACGT".index(ref[5])]
            assert np.log(ratio) == pytest.approx((after - before)[0], abs=1e-4)
    for kind in ("bpe", "overlapping k-mers"):
        proba = PretrainedLanguageModel(checkpoints[kind]).fit(X).predict_masked(X, "all")
        real = np.arange(13) < np.array([len(text) for text in X])[:, np.newaxis]
        assert_allclose(proba.sum(axis=2), real, atol=1e-5)


def test_causal_likelihoods_equal_a_loop(write_custom, tmp_path):
    folder = write_custom(tmp_path / "causal_head", model="AutoModelForCausalLM")
    settings = {"trust_remote_code": True}
    tokenizer = AutoTokenizer.from_pretrained(folder, **settings)
    by_hand = AutoModelForCausalLM.from_pretrained(folder, **settings).eval()
    model = PretrainedLanguageModel(folder, **settings).fit(X)
    assert model.is_causal_

    def total(text):
        ids = torch.tensor([tokenizer(text)["input_ids"][: len(text)]])
        with torch.no_grad():
            log_proba = by_hand(ids).logits[0].log_softmax(dim=1)
        return sum(log_proba[i - 1, ids[0, i]].item() for i in range(1, len(text)))

    expected = np.array([total(text) for text in X])
    n_scored = [len(text) - 1 for text in X]
    assert_allclose(model.score_samples(X), expected / n_scored, atol=1e-5)
    alt = [substitute(text) for text in X]
    ref_scores, alt_scores = model.variant_scores(X, alt)
    assert_allclose(ref_scores, expected, atol=1e-4)
    assert_allclose(alt_scores, [total(text) for text in alt], atol=1e-4)
    with pytest.raises(ValueError, match="predict_masked needs a masked language model"):
        model.predict_masked(X)
    # The first base has no context, and unknown ones are not scored.
    assert np.isnan(model.score_samples(["A", "NN"])).all()


def test_masked_models_with_own_code_equal_a_loop(write_custom, tmp_path):
    """Like Caduceus: a masked head, its own code, and no attention mask."""
    folder = write_custom(tmp_path / "masked_head", model="AutoModelForMaskedLM", causal=False)
    with pytest.raises(ValueError, match=r"brings its own code .*TinyForMaskedLM.*trust_remote"):
        PretrainedLanguageModel(folder).fit(X)
    settings = {"trust_remote_code": True}
    by_hand = AutoModelForMaskedLM.from_pretrained(folder, **settings).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, **settings)
    model = PretrainedLanguageModel(folder, **settings).fit(X)
    assert not model.is_causal_

    @torch.no_grad()
    def total(text):
        ids = tokenizer(text)["input_ids"]
        masked = [[tokenizer.mask_token_id if i == j else t for i, t in enumerate(ids)]
                  for j in range(len(text))]  # fmt: skip
        rows = by_hand(torch.tensor(masked)).logits.log_softmax(dim=2)
        return sum(rows[i, i, ids[i]].item() for i in range(len(text)))

    assert_allclose(model.score_samples(X), [total(x) / len(x) for x in X], atol=1e-5)
    alt = X[0][:4] + "GG" + X[0][4:]
    expected = [total(X[0]), total(alt)]
    assert_allclose(np.ravel(model.variant_scores(X[:1], [alt])), expected, atol=1e-4)


def test_unknown_symbols_are_not_scored(checkpoints):
    model = PretrainedLanguageModel(checkpoints["bases"]).fit(X)
    assert np.isnan(model.score_samples(["NNN"])).all()
    assert np.isnan(model.variant_scores(["ACGTACGT"], ["ACGNACGT"])).all()
    assert np.isfinite(model.variant_scores(["ACGTACGN"], ["ACGAACGN"])).all()


def test_passes(checkpoints):
    """Several tokens in one pass are an approximation, but no more passes than tokens are used."""
    folder = checkpoints["bases"]
    exact = PretrainedLanguageModel(folder).fit(X)
    same = PretrainedLanguageModel(folder, n_passes=13).fit(X)
    assert_allclose(same.score_samples(X), exact.score_samples(X), atol=1e-6)
    approximate = PretrainedLanguageModel(folder, n_passes=2).fit(X).score_samples(X)
    assert abs(approximate - exact.score_samples(X)).max() > 1e-4


def test_variants_of_a_genome(checkpoints, tmp_path):
    text = make_text(1, 200)[0]
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{text}\n")
    rows = [("chr1", 101, text[100], substitute(text, 100)[100]), ("chr1", 51, text[50], "ACG")]
    variants = pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])
    model = PretrainedLanguageModel(checkpoints["bases"]).fit(["ACGT"])
    table = score_variants(model, variants, path, window=20)
    window = text[90:110]
    expected = model.variant_scores([window], [substitute(window, 10)])
    assert_allclose(table[["ref", "alt"]].iloc[0], np.ravel(expected), atol=1e-4)
    assert np.isfinite(table["delta"]).all()


def test_checkpoints_without_a_head(checkpoints, tmp_path):
    base = tmp_path / "base"
    AutoModel.from_pretrained(checkpoints["bases"]).save_pretrained(base)
    AutoTokenizer.from_pretrained(checkpoints["bases"]).save_pretrained(base)
    with pytest.raises(ValueError, match="no language-model head: its architecture is BertModel"):
        PretrainedLanguageModel(base).fit(X)


def test_labels_of_positions_from_hidden_states(checkpoints):
    labels = np.array([[int(base == "G") for base in text] for text in make_text(16, 12)])
    texts = make_text(16, 12)
    labeler = SequenceLabeler(n_channels=8, max_iter=2, random_state=0, device="cpu")
    frozen = PretrainedLanguageModel(checkpoints["bases"], pooling="none", device="cpu")
    pipeline = make_pipeline(frozen, labeler).fit(texts, labels)
    proba = pipeline.predict_proba(texts)
    alone = clone(labeler).fit(frozen.fit_transform(texts), labels)
    assert_array_equal(proba, alone.predict_proba(frozen.transform(texts)))


@pytest.mark.parametrize("estimator", [SequenceLabeler, CNNClassifier, MaskedLanguageModel])
def test_not_a_source_of_weights(checkpoints, estimator):
    folder = checkpoints["bases"]
    y = [[0, 1] * 4] * 4 if estimator is SequenceLabeler else [0, 1, 0, 1]
    texts = [text[:8] for text in make_text(4, 8)]
    with pytest.raises(
        ValueError, match=r"is a folder, but must be a file.*PretrainedLanguageModel"
    ):
        estimator(pretrained=folder, max_iter=1).fit(texts, y)
    if estimator is SequenceLabeler:
        return
    model = PretrainedLanguageModel(folder).fit(texts)
    with pytest.raises(ValueError, match=r"checkpoint of transformers.* PretrainedClassifier"):
        estimator(pretrained=model, max_iter=1).fit(texts, y)


@pytest.mark.parametrize(
    "setting", [{"n_passes": 0}, {"pooling": "median"}, {"layer": "last"}, {"batch_size": 0}]
)
def test_bad_settings(checkpoints, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PretrainedLanguageModel(checkpoints["bases"], **setting).fit(["ACGT"])


def test_bad_input(checkpoints):
    model = PretrainedLanguageModel(checkpoints["bases"]).fit(["ACGT"])
    with pytest.raises(ValueError, match="must be pairs, got 1 and 2 sequences"):
        model.variant_scores(["ACGT"], ["ACGA", "ACGG"])
    with pytest.raises(ValueError, match="positions must be one of"):
        model.predict_masked(["ACGN"], "some")
    with pytest.raises(ValueError, match="sequence 1 gives 102 tokens"):
        model.score_samples(["ACGT", "A" * 100])


@pytest.mark.parametrize("kind", ["bases", "custom"])
def test_saved_without_the_checkpoint(checkpoints, write_custom, tmp_path, kind):
    if kind == "custom":
        folder = write_custom(tmp_path / "copy", model="AutoModelForCausalLM")
    else:
        folder = shutil.copytree(checkpoints[kind], tmp_path / "copy")
    trusted = kind == "custom"
    model = PretrainedLanguageModel(folder, pooling="none", trust_remote_code=trusted).fit(X)
    expected = model.score_samples(X), model.transform(X)
    shutil.rmtree(folder)
    save(model, tmp_path / "model.skops")
    name = f"{RemoteCode.__module__}.RemoteCode"
    again = load(tmp_path / "model.skops", trusted=name if trusted else ())
    for other in (again, pickle.loads(pickle.dumps(model))):
        assert other.is_causal_ == trusted
        assert_array_equal(other.score_samples(X), expected[0])
        assert_array_equal(other.transform(X), expected[1])


def test_scikit_learn(tmp_path):
    make_checkpoint(tmp_path, hidden_size=8, n_layers=1)
    checks = list(estimator_checks_generator(PretrainedLanguageModel(tmp_path)))
    assert len(checks) >= 46
    for estimator, check in checks:
        check(estimator)
