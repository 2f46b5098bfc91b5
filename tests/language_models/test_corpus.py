"""Windows of genomes and of long sequences."""

import gzip

import numpy as np
import pytest
import torch
from small_language_models import quick

from skgenomics.genome import Genome
from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel
from skgenomics.language_models._corpus import (
    GenomeWindows,
    SequenceWindows,
    split_corpus,
    split_stretches,
)
from skgenomics.sequences import decode, encode, reverse_complement


def windows_of(fasta, length, **settings):
    genome = Genome(fasta)
    return GenomeWindows(
        genome, split_stretches(genome, None, 0, length)[0], length, 64, **settings
    )


def test_windows_are_those_of_the_genome_on_either_strand(fasta, genome_texts):
    torch.manual_seed(0)
    batch, _ = windows_of(fasta, 40)[np.arange(400)]
    both = [text.upper() for text in genome_texts.values()]
    both += reverse_complement(both)
    found = decode(batch["x"].numpy())
    inside = [text for text in found if "N" not in text]
    assert all(any(text in whole for whole in both) for text in inside)
    # The short chromosome is in the middle of the only window that it has.
    around = "N" * 13 + genome_texts["chr3"].upper() + "N" * 12
    assert {text for text in found if "N" in text} <= {around, *reverse_complement([around])}


def test_all_positions_and_strands_have_equal_probability(fasta, genome_texts):
    torch.manual_seed(0)
    batch, _ = windows_of(fasta, 40)[np.arange(60_000)]
    texts, counts = np.unique(decode(batch["x"].numpy()), return_counts=True)
    n_windows = 2 * ((500 - 39) + (300 - 39) + 1)
    assert len(texts) == n_windows
    expected = 60_000 / n_windows
    assert abs(counts - expected).max() < 6 * np.sqrt(expected)


def test_repeats_have_their_weight_on_both_strands(fasta, genome_texts):
    torch.manual_seed(0)
    batch, _ = windows_of(fasta, 40, repeat_weight=0.1)[np.arange(300)]
    other, _ = windows_of(fasta, 40)[np.arange(2)]
    assert other["weight"].tolist() == [1, 1]
    whole = "".join(genome_texts.values())
    both = whole + "|" + reverse_complement(whole)
    for codes, weight in zip(batch["x"].numpy(), batch["weight"].numpy(), strict=True):
        text = decode(codes[np.newaxis])[0]
        if "N" in text:
            continue
        start = both.upper().find(text)
        is_lower = [symbol.islower() for symbol in both[start : start + 40]]
        np.testing.assert_allclose(weight, np.where(is_lower, 0.1, 1))


def test_validation_windows_lie_apart(fasta, genome_texts):
    genome = Genome(fasta)
    train, valid = split_stretches(genome, ["chr2", "chr1"], 0.2, 40)
    assert train == [("chr2", 0, 240), ("chr1", 0, 400)]
    assert valid == [("chr2", 240, 300), ("chr1", 400, 500)]
    tiles = decode(GenomeWindows(genome, valid, 40, 1).tiles().X)
    first = genome_texts["chr1"]
    expected = [genome_texts["chr2"][240:280], first[400:440], first[440:480]]
    assert tiles.tolist() == expected
    few = decode(GenomeWindows(genome, valid, 40, 1).tiles(2).X)
    assert few.tolist() == expected[:2]
    model = quick(
        MaskedLanguageModel, "cnn", window=20, epoch_size=32, early_stopping=True, max_iter=3
    ).fit(fasta)
    assert len(model.validation_loss_curve_) == 3
    with pytest.raises(ValueError, match="no chromosome has room for a window of 512 bp"):
        quick(MaskedLanguageModel, "cnn", early_stopping=True).fit(fasta)


@pytest.mark.parametrize("cls", [MaskedLanguageModel, CausalLanguageModel])
def test_models_of_a_genome(cls, fasta, tmp_path, texts):
    settings = {"window": 32, "epoch_size": 40, "chromosomes": ("1", "2")}
    model = quick(cls, "rnn", **settings).fit(str(fasta))
    assert (model.length_, model.strands_, model.input_form_) == (32, "average", "text")
    packed = tmp_path / "genome.fa.gz"
    packed.write_bytes(gzip.compress(fasta.read_bytes()))
    for X in (fasta, Genome(fasta), packed):
        again = quick(cls, "rnn", **settings).fit(X)
        np.testing.assert_array_equal(again.transform(texts), model.transform(texts))
    assert model.transform(["ACGT", "A" * 100]).shape[0] == 2
    lighter = quick(cls, "rnn", **settings, repeat_weight=0.1).fit(fasta)
    assert abs(lighter.transform(texts) - model.transform(texts)).max() > 1e-6


def test_chromosomes_without_room_to_validate_are_trained_on_as_a_whole(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{n}\n{'ACGTT' * (n // 5)}\n" for n in (400, 45, 100)))
    genome = Genome(path)
    # A tenth of 45 bp has no room for a window; nine tenths of 100 bp leave none to train on.
    train, valid = split_stretches(genome, None, 0.1, 20)
    assert train == [("400", 0, 360), ("45", 0, 45), ("100", 0, 100)]
    assert valid == [("400", 360, 400)]
    train, valid = split_stretches(genome, None, 0.9, 20)
    assert train == [("400", 0, 40), ("45", 0, 45), ("100", 0, 100)]
    assert valid == [("400", 40, 400)]


def test_no_more_windows_to_validate_on_than_an_epoch_has(fasta):
    settings = {"window": 10, "epoch_size": 3, "early_stopping": np.True_}
    model = quick(MaskedLanguageModel, "cnn", validation_fraction=0.5, **settings)
    corpus = model._read_corpus(fasta, reset=True)
    _, valid = split_corpus(corpus, True, 0.5, None, 0)
    assert valid.X.shape == (3, 10)
    assert len(model.fit(fasta).validation_loss_curve_) == 2


@pytest.mark.parametrize("settings", [{}, {"repeat_weight": 0.1}])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_symbols_of_no_nucleic_acid(tmp_path, settings, strand):
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACGTACGT*ACGTACGTACG\n")
    windows = windows_of(path, 16, **settings)
    with pytest.raises(ValueError, match=r"holds '\*' in .*genome.fa"):
        windows.take(np.array(["a"]), np.array([0]), np.array([strand]))


def test_a_repetitive_genome_is_learned(tmp_path):
    path = tmp_path / "words.fa"
    path.write_text(">a\n" + "ACGTTG" * 200 + "\n")
    model = quick(
        MaskedLanguageModel, "resnet", window=30, epoch_size=200, max_iter=20, learning_rate=0.01
    ).fit(path)
    assert model.perplexity(["ACGTTG" * 5]) < 1.2


def test_a_genome_without_known_bases_is_refused(tmp_path):
    path = tmp_path / "unknown.fa"
    path.write_text(">a\n" + "N" * 500 + "\n>b\n" + "n" * 300 + "\n>c\n" + "N" * 400 + "a\n")
    settings = {"window": 30, "epoch_size": 16, "max_iter": 1}
    with pytest.raises(ValueError, match=r"unknown.fa has no known base \(A, C, G or T\) in a, b"):
        quick(MaskedLanguageModel, "cnn", chromosomes=["a", "b"], **settings).fit(path)
    # A single known base at the end is enough.
    quick(MaskedLanguageModel, "cnn", **settings).fit(path)


def test_windows_of_sequences(texts):
    torch.manual_seed(0)
    X = encode([texts[0], texts[1][:10], texts[2][:3]])
    windows = SequenceWindows(X, 8, 4)
    batch, _ = windows[np.zeros(3000, dtype=int)]
    found, counts = np.unique(decode(batch["x"].numpy()), return_counts=True)
    assert sorted(found) == sorted({texts[0][i : i + 8] for i in range(17)})
    assert counts.min() > 100
    short, _ = windows[np.array([2])]
    assert short["x"][0].tolist() == [*encode([texts[2][:3]])[0], *[5] * 5]
    assert decode(windows.tiles().X).tolist()[1] == texts[1][:8]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphabet": "protein"}, "a genome holds the bases ACGT"),
        ({"vocabulary_size": 30, "network": "rnn"}, "a genome holds the bases ACGT"),
        ({"chromosomes": ["chr9"]}, "chr9"),
        ({"chromosomes": []}, "no bases in the chromosomes"),
        ({"chromosomes": "chr1"}, "chromosomes must be None or a list of names, got 'chr1'"),
        ({"chromosomes": 1}, "chromosomes must be None or a list of names, got 1"),
        ({"epoch_size": 0}, "epoch_size must be an integer"),
        ({"window": 0}, "window must be an integer"),
        ({"repeat_weight": -1}, "repeat_weight must be a number"),
    ],
)
def test_bad_settings(fasta, settings, message):
    with pytest.raises(ValueError, match=message):
        MaskedLanguageModel(max_iter=1, **settings).fit(fasta)
