"""Conversion of sequences to tokens, for each kind of tokenizer."""

import shutil

import numpy as np
import pytest
import tokenizers
from numpy.testing import assert_array_equal
from tokenizers import Regex, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from skgenomics.pretrained import PretrainedEmbedder
from skgenomics.pretrained._tokenization import (
    PADDING,
    SequenceTokens,
    TextFormat,
    stack_windows,
)
from skgenomics.sequences import get_alphabet

AMINO_ACIDS = "LAGVSERTIDPKQNFYMHWCXBUZO"


def read(folder, **settings):
    tokenizer = AutoTokenizer.from_pretrained(folder, **settings)
    return SequenceTokens(tokenizer, get_alphabet("ACGT"))


def symbol_tokenizer(symbols, *, unknown="[UNK]", splits=True):
    """Make a tokenizer of single bases, separated by spaces unless it splits them itself."""
    words = {word: i for i, word in enumerate([unknown, *symbols])}
    tokenizer = tokenizers.Tokenizer(models.WordLevel(words, unk_token=unknown))
    split = pre_tokenizers.Split(Regex("."), "isolated") if splits else pre_tokenizers.Whitespace()
    tokenizer.pre_tokenizer = split
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=unknown)


@pytest.mark.parametrize(
    ("kind", "text_format", "prefix", "suffix"),
    [
        ("bases", TextFormat(0, "T"), [2], [3]),
        ("bpe", TextFormat(0, "T"), [2], [3]),
        ("overlapping k-mers", TextFormat(3, "T"), [2], [3]),
        ("k-mers", TextFormat(0, "T"), [3], []),
    ],
)
def test_text_format_is_inferred(checkpoints, kind, text_format, prefix, suffix):
    tokens = read(checkpoints[kind])
    assert tokens.text_format == text_format
    assert (tokens.prefix, tokens.suffix) == (prefix, suffix)
    assert not tokens.drops_unknown


def test_own_tokenizers(checkpoints):
    tokens = read(checkpoints["custom"], trust_remote_code=True)
    assert tokens.text_format == TextFormat(0, "T")
    assert (tokens.prefix, tokens.suffix) == ([], [1])


def test_overlapping_kmers_are_those_of_the_sequence(checkpoints):
    tokens = read(checkpoints["overlapping k-mers"])
    words = tokens.tokenizer.convert_ids_to_tokens(tokens.encode(["ACGTA"])[0])
    assert words == ["ACG", "CGT", "GTA"]


def test_kmers_side_by_side(checkpoints):
    """As in the Nucleotide Transformer, N and remaining bases are single tokens."""
    tokens = read(checkpoints["k-mers"])
    words = tokens.tokenizer.convert_ids_to_tokens(tokens.encode(["ACGTANACGTA"])[0])
    assert words == ["ACG", "T", "A", "N", "ACG", "T", "A"]


@pytest.mark.parametrize(
    ("symbols", "splits", "expected"),
    [
        ("ACGU", True, "acgt -> ACGU"),
        ("acgt", True, "acgt -> acgt"),
        ("ACGT", False, "acgt -> A C G T"),
        ("acgu", False, "acgt -> a c g u"),
    ],
)
def test_symbols_as_the_vocabulary_has_them(symbols, splits, expected):
    tokens = SequenceTokens(symbol_tokenizer(symbols, splits=splits), get_alphabet("ACGT"))
    assert tokens.text_format.write("ACGT") == expected.partition(" -> ")[2]
    assert tokens.encode(["ACGT"]) == [[1, 2, 3, 4]]


@pytest.mark.parametrize("alphabet", ["dna", "rna"])
def test_thymine_is_uracil(checkpoints, alphabet):
    tokenizer = AutoTokenizer.from_pretrained(checkpoints["bpe"])
    tokens = SequenceTokens(tokenizer, get_alphabet(alphabet))
    assert tokens.encode(["ACGU"]) == tokens.encode(["ACGT"])


def test_foreign_vocabularies_are_refused():
    with pytest.raises(ValueError, match=r"has E, F, L, P, Q, which are not nucleotides"):
        SequenceTokens(symbol_tokenizer(AMINO_ACIDS), get_alphabet("ACGT"))
    with pytest.raises(ValueError, match="does not know the symbols ACGT"):
        SequenceTokens(symbol_tokenizer("XYZ"), get_alphabet("ACGT"))
    with pytest.raises(ValueError, match="does not know the symbols ACDEFGHIKLMNPQRSTVWY"):
        SequenceTokens(symbol_tokenizer("ACGTN"), get_alphabet("protein"))


def test_proteins_have_models_of_their_own():
    tokens = SequenceTokens(symbol_tokenizer(AMINO_ACIDS), get_alphabet("protein"))
    assert tokens.encode(["LAGT"]) == [[1, 2, 3, 8]]


def test_english_models_are_refused(checkpoints, tmp_path):
    folder = shutil.copytree(checkpoints["overlapping k-mers"], tmp_path / "english")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", "the"]
    words += [f"##{symbol}" for symbol in "abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(words))
    with pytest.raises(ValueError, match="it is one of proteins or of text"):
        PretrainedEmbedder(folder).fit(["ACGT"])


def test_tokenizers_that_leave_symbols_out(checkpoints, tmp_path):
    """Byte pairs without an unknown token skip what they do not know, without a word."""
    tokenizer = tokenizers.Tokenizer(models.BPE({"A": 0, "C": 1, "G": 2, "T": 3}, []))
    folder = shutil.copytree(checkpoints["bases"], tmp_path / "copy")
    (folder / "tokenizer.json").unlink()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    embedder = PretrainedEmbedder(folder, pooling="max").fit(["ACGT"])
    with pytest.raises(ValueError, match="sequence 1 has an unknown or ambiguous symbol at posit"):
        embedder.transform(["ACGT", "ACRT"])


@pytest.mark.parametrize(("limit", "n_windows"), [(None, 1), (12, 1), (11, 2), (5, 4), (3, 10)])
def test_windows_are_even_and_whole(checkpoints, limit, n_windows):
    tokens = read(checkpoints["bases"])
    rows = tokens.encode(["ACGTACGTAC", "GG"])
    stacked = stack_windows(rows, tokens, limit, splits=True, name="x")
    assert stacked.shape[:2] == (2, n_windows)
    assert stacked.dtype == np.int32
    first = [window[window != PADDING].tolist() for window in stacked[0]]
    assert all(window[0] == 2 and window[-1] == 3 for window in first)
    assert [token for window in first for token in window[1:-1]] == rows[0]
    sizes = [len(window) for window in first]
    assert max(sizes) - min(sizes) <= 1
    assert limit is None or max(sizes) <= limit
    n_parts = 2 if limit == 3 else 1
    assert (stacked[1] != PADDING).sum() == len(rows[1]) + 2 * n_parts


def test_long_sequences_are_an_error(checkpoints):
    tokens = read(checkpoints["bases"])
    rows = tokens.encode(["ACG", "ACGTA"])
    with pytest.raises(ValueError, match=r"sequence 1 gives 7 tokens.* 'x' reads 6 at a time"):
        stack_windows(rows, tokens, 6, splits=False, name="x")
    assert stack_windows(rows, tokens, 7, splits=False, name="x").shape == (2, 1, 7)


def test_sequences_without_token(checkpoints):
    embedder = PretrainedEmbedder(checkpoints["overlapping k-mers"]).fit(["ACGT"])
    with pytest.raises(ValueError, match="sequence 1 gives no tokens: it is empty, or shorter"):
        embedder.transform(["ACG", "AC"])
    with pytest.raises(ValueError, match="sequence 0 gives no tokens"):
        embedder.transform(["", "ACG"])


def test_layout(checkpoints):
    tokens = read(checkpoints["bases"])
    stacked = stack_windows(tokens.encode(["ACGT", "TT"]), tokens, None, splits=False, name="x")
    assert_array_equal(stacked, [[[2, 5, 6, 7, 8, 3]], [[2, 8, 8, 3, PADDING, PADDING]]])
