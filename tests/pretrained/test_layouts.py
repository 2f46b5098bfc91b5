"""Likelihoods and position embeddings for each layout of published language models.

Each layout is that of a published family: its kind of tokens, its special tokens, its type of head.
Reference values are log-softmaxes of the model of transformers itself.
"""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    EsmConfig,
    EsmForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    set_seed,
)

from skgenomics.alphabets import get_alphabet
from skgenomics.pretrained import PretrainedLanguageModel

DNA = ["ACGTTGCAGGTCATTACGGAC", "GATTACAGATTACA", "CCGTAAGTCA"]
PROTEIN = ["MKTAYIAKQRQISFVK", "GAVLIPFWMSTC", "NQDEKRHY"]
SPECIAL = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"]
# Words, special tokens in front and behind, model, and alphabet.
LAYOUTS = {
    "Nucleotide Transformer, 6-mers": ("6-mers", 1, 0, "esm", "ACGT"),
    "GPN, bases in lower case": ("acgt", 0, 0, "bert", "ACGT"),
    "Caduceus, bases and an end": ("ACGT", 0, 1, "bert", "ACGT"),
    "ESM, residues": ("ACDEFGHIKLMNPQRSTVWYX", 1, 1, "esm", "protein"),
    "HyenaDNA, causal bases and an end": ("ACGT", 0, 1, "gpt2", "ACGT"),
    "causal bases behind a start": ("ACGT", 1, 0, "gpt2", "ACGT"),
}


def make_words(kind):
    if kind != "6-mers":
        return list(kind)
    return ["".join(bases) for bases in product("ACGT", repeat=6)] + list("ACGTN")


def write_layout(folder, kind, front, behind, model):
    words = SPECIAL + make_words(kind)
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    # 6-mers from the left; the rest base by base.
    pattern = Regex("[ACGT]{6}|." if kind == "6-mers" else ".")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern, "isolated")
    if front or behind:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=["[CLS]"] * front + ["$A"] + ["[SEP]"] * behind,
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
    names = {"unk": 0, "pad": 1, "cls": 2, "sep": 3, "mask": 4}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{n}_token": SPECIAL[i] for n, i in names.items()}
    ).save_pretrained(folder)
    set_seed(0)
    size = {"vocab_size": len(words), "pad_token_id": 1}
    if model == "gpt2":
        config = GPT2Config(
            n_embd=8,
            n_layer=2,
            n_head=2,
            n_positions=64,
            initializer_range=0.3,
            bos_token_id=2,
            eos_token_id=3,
            **size,
        )
        GPT2LMHeadModel(config).save_pretrained(folder)
        return
    size |= {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    size |= {"intermediate_size": 16, "max_position_embeddings": 66, "initializer_range": 0.3}
    if model == "esm":
        # Published ESM models rescale by the share of masked tokens, in training mode or not.
        EsmForMaskedLM(
            EsmConfig(mask_token_id=4, position_embedding_type="rotary", token_dropout=True, **size)
        ).save_pretrained(folder)
    else:
        BertForMaskedLM(BertConfig(**size)).save_pretrained(folder)


class ByHand:
    """The model of transformers, its tokens found by rule rather than by the tokenizer."""

    def __init__(self, folder, kind, front, behind, model, alphabet):
        auto = AutoModelForCausalLM if model == "gpt2" else AutoModelForMaskedLM
        self.model = auto.from_pretrained(folder).eval()
        self.kind, self.front, self.behind = kind, front, behind
        self.is_causal = model == "gpt2"
        self.ids_of = {word: i for i, word in enumerate(SPECIAL + make_words(kind))}

    def split(self, text):
        if self.kind != "6-mers":
            return list(text.lower() if self.kind == "acgt" else text)
        n = len(text) // 6 * 6
        return [text[i : i + 6] for i in range(0, n, 6)] + list(text[n:])

    def ids(self, text):
        inner = [self.ids_of[word] for word in self.split(text)]
        return [2] * self.front + inner + [3] * self.behind

    @torch.no_grad()
    def run(self, ids):
        output = self.model(torch.tensor([ids]), output_hidden_states=True)
        return output.logits[0].log_softmax(dim=1).numpy(), output.hidden_states[-1][0].numpy()

    def total(self, text):
        ids = self.ids(text)
        inner = range(self.front, len(ids) - self.behind)
        if self.is_causal:
            log_proba = self.run(ids)[0]
            return sum(log_proba[i - 1, ids[i]] for i in inner if i)
        masked = [[4 if j == i else token for j, token in enumerate(ids)] for i in inner]
        return sum(self.run(m)[0][i, ids[i]] for i, m in zip(inner, masked, strict=True))

    def n_scored(self, text):
        return len(text) - (self.is_causal and not self.front)

    def marginals(self, ref, alt):
        before, after = self.ids(ref), self.ids(alt)
        differ = [i for i in range(len(before)) if before[i] != after[i]]
        log_proba = self.run([4 if i in differ else t for i, t in enumerate(before)])[0]
        return [sum(log_proba[i, ids[i]] for i in differ) for ids in (before, after)]


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layout")
    *settings, alphabet = LAYOUTS[request.param]
    write_layout(folder, *settings)
    X = PROTEIN if alphabet == "protein" else DNA
    model = PretrainedLanguageModel(folder, pooling="none", alphabet=alphabet, device="cpu").fit(X)
    return ByHand(folder, *settings, alphabet), model, X


def substitute(text, i):
    return text[:i] + ("A" if text[i] != "A" else "C") + text[i + 1 :]


def test_likelihoods_equal_a_loop(layout):
    by_hand, model, X = layout
    assert model.is_causal_ == by_hand.is_causal
    expected = [by_hand.total(text) / by_hand.n_scored(text) for text in X]
    assert_allclose(model.score_samples(X), expected, atol=1e-5)


def test_substitutions_equal_a_loop(layout):
    by_hand, model, X = layout
    alt = [substitute(text, 5) for text in X]
    found = np.transpose(model.variant_scores(X, alt))
    for ref, other, scores in zip(X, alt, found, strict=True):
        if by_hand.is_causal:
            expected = [by_hand.total(ref), by_hand.total(other)]
        else:
            expected = by_hand.marginals(ref, other)
        assert_allclose(scores, expected, atol=1e-5, rtol=1e-6)


def test_insertions_and_deletions_equal_a_loop(layout):
    by_hand, model, X = layout
    ref = X[0]
    # In 6-mers an insertion moves the borders of all tokens behind it.
    for alt in (ref[:7] + ref[8:], ref[:7] + "GG" + ref[7:], ref[:2] + ref[8:]):
        expected = [by_hand.total(ref), by_hand.total(alt)]
        assert_allclose(
            np.ravel(model.variant_scores([ref], [alt])), expected, atol=1e-5, rtol=1e-6
        )


def test_embeddings_by_position_equal_hidden_states(layout):
    by_hand, model, X = layout
    embeddings = model.transform(X)
    assert embeddings.shape == (len(X), max(map(len, X)), 8)
    for text, found in zip(X, embeddings, strict=True):
        states = by_hand.run(by_hand.ids(text))[1][by_hand.front :]
        widths = [len(word) for word in by_hand.split(text)]
        expected = np.repeat(states[: len(widths)], widths, axis=0)
        assert_allclose(found[: len(text)], expected, atol=1e-5)
        assert not found[len(text) :].any()


def test_masked_symbols_equal_a_loop(layout):
    by_hand, model, X = layout
    if by_hand.is_causal:
        with pytest.raises(ValueError, match="predict_masked needs a masked language model"):
            model.predict_masked(X)
        return
    symbols = "ACDEFGHIKLMNPQRSTVWY" if X is PROTEIN else "ACGT"
    text, position = X[0], 8
    unknown = "X" if X is PROTEIN else "N"
    found = model.predict_masked([text[:position] + unknown + text[position + 1 :]])[0, position]
    widths = [len(word) for word in by_hand.split(text)]
    token = by_hand.front + int(np.searchsorted(np.cumsum(widths), position, side="right"))
    ids = by_hand.ids(text)
    log_proba = by_hand.run([4 if i == token else t for i, t in enumerate(ids)])[0][token]
    candidates = [text[:position] + symbol + text[position + 1 :] for symbol in symbols]
    scores = np.exp([log_proba[by_hand.ids(text)[token]] for text in candidates])
    order = [symbols.index(s) for s in get_alphabet(model.alphabet).symbols[: len(symbols)]]
    assert_allclose(found[: len(symbols)], (scores / scores.sum())[order], atol=1e-5)


def test_substitutions_by_an_unknown_symbol_are_nan(layout):
    _, model, X = layout
    # In 6-mers it changes the tokenization, and in causal models it is not scored: the sums over
    # both sequences would count different positions.
    unknown = get_alphabet(model.alphabet).unknown_symbol
    ref = X[0]
    for i in (2, 8, len(ref) - 1):
        alt = ref[:i] + unknown + ref[i + 1 :]
        assert np.isnan(model.variant_scores([ref, alt], [alt, ref])).all()


def test_an_unknown_base_splits_its_6_mer(tmp_path):
    *settings, _ = LAYOUTS["Nucleotide Transformer, 6-mers"]
    write_layout(tmp_path, *settings)
    model = PretrainedLanguageModel(tmp_path, device="cpu").fit(DNA)
    spans = model._tokenize(["ACGTACNCGTACGT"])[0].spans
    assert np.diff(spans, axis=1).ravel().tolist() == [6, 1, 6, 1]
