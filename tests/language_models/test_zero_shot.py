"""Variants scored without labels, against loops over strings."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from small_language_models import quick

from skgenomics import CNNClassifier, KmerCounter
from skgenomics.genome import score_variants
from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel
from skgenomics.sequences import encode, one_hot, reverse_complement

WINDOW = 24
# Substitutions, two bases, an insertion, a deletion, the last base, and a wrong reference.
SPANS = [
    (100, 1, "T"),
    (101, 1, "A"),
    (150, 2, "GG"),
    (200, 1, "ACG"),
    (220, 3, "C"),
    (498, 1, "C"),
]


@pytest.fixture(scope="module")
def variants(genome_texts):
    text = genome_texts["chr1"]
    other = dict(zip("ACGT", "CGTA", strict=True))
    rows = [("chr1", i + 1, text[i : i + n], alt) for i, n, alt in SPANS]
    rows += [("chr1", i + 1, text[i], other[text[i]]) for i in range(0, 300, 29)]
    rows += [("chr1", 51, other[text[50]], text[50])]
    return pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])


@pytest.fixture(scope="module")
def masked(fasta):
    return quick(
        MaskedLanguageModel, "resnet", window=WINDOW, epoch_size=64, reverse_complement=None
    ).fit(fasta)


def windows_of(text, pos, ref, alt):
    """The window with either allele, cut out of changed chromosomes."""
    start, first = pos - 1, pos - 1 - WINDOW // 2
    found = []
    for allele in (ref, alt):
        changed = text[:start] + allele + text[start + len(ref) :]
        window = changed[max(0, first) : first + WINDOW]
        found.append("N" * max(0, -first) + window + "N" * max(0, first + WINDOW - len(changed)))
    return found


def masked_log_proba(model, text, i):
    x = torch.from_numpy(one_hot(encode([text]))).transpose(1, 2).clone()
    x[:, :, i] = 0
    with torch.no_grad():
        return log_softmax(model.network_(x)[0, :, i].numpy())


def slow_scores(model, ref, alt):
    differ = [i for i in range(WINDOW) if ref[i] != alt[i]]
    if len(differ) == 1:
        log_proba = masked_log_proba(model, ref, differ[0])
        return [log_proba["ACGT".index(x[differ[0]])] for x in (ref, alt)]
    n_symbols = [sum(symbol != "N" for symbol in x) for x in (ref, alt)]
    return model.score_samples([ref, alt]) * n_symbols


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_scores_of_variants_equal_a_loop(masked, fasta, genome_texts, variants, tmp_path):
    expected = np.array(
        [
            slow_scores(masked, *windows_of(genome_texts["chr1"], *row[1:]))
            for row in variants.itertuples(index=False)
        ]
    )
    vcf = tmp_path / "variants.vcf"
    lines = [f"{v.chrom}\t{v.pos}\t.\t{v.ref}\t{v.alt}\t.\t.\t." for v in variants.itertuples()]
    vcf.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    vcf.write_text(vcf.read_text() + "\n".join(lines) + "\n")
    for source, batch_size in ((variants, "auto"), (vcf, 4)):
        table = score_variants(masked, source, fasta, batch_size=batch_size)
        np.testing.assert_allclose(table[["ref", "alt"]], expected, atol=1e-4)
        np.testing.assert_allclose(table["delta"], expected[:, 1] - expected[:, 0], atol=1e-4)
        assert table["log_odds"].isna().all()
        assert table["ref_match"].tolist() == [True] * (len(variants) - 1) + [False]


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_both_strands_and_other_windows(masked, fasta, genome_texts, variants):
    table = score_variants(masked, variants, fasta, both_strands=True)
    expected = []
    for row in variants.itertuples(index=False):
        pair = windows_of(genome_texts["chr1"], *row[1:])
        both = [slow_scores(masked, *pair), slow_scores(masked, *reverse_complement(pair))]
        expected.append(np.mean(both, axis=0))
    np.testing.assert_allclose(table[["ref", "alt"]], expected, atol=1e-4)
    wider = score_variants(masked, variants, fasta, window=60)
    assert wider["delta"].notna().all()
    assert abs(wider["delta"] - table["delta"]).max() > 1e-6


@pytest.mark.filterwarnings("ignore:.* variants have")
@pytest.mark.parametrize("response", ["auto", "score_samples"])
def test_causal_models_compare_likelihoods(fasta, genome_texts, variants, response):
    model = quick(CausalLanguageModel, "rnn", window=WINDOW, epoch_size=64).fit(fasta)
    table = score_variants(model, variants, fasta, response=response)
    pairs = [windows_of(genome_texts["chr1"], *row[1:]) for row in variants.itertuples(index=False)]
    found = np.stack([model.score_samples(list(x)) for x in zip(*pairs, strict=True)], axis=1)
    if response == "auto":
        found *= [[sum(symbol != "N" for symbol in x) for x in pair] for pair in pairs]
    np.testing.assert_allclose(table[["ref", "alt"]], found, atol=1e-4)


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_any_model_with_likelihoods(fasta, variants, texts):
    model = make_pipeline(KmerCounter(k=1), GaussianMixture(random_state=0)).fit(texts)
    table = score_variants(model, variants, fasta, window=24, response="score_samples")
    assert (table["delta"] != 0).any()
    assert table["log_odds"].isna().all()


def test_pairs_of_texts(masked):
    ref, alt = ["ACGTACGTA", "ACGTACGTA", "ACGTACGTA", "ACGT"], []
    alt = ["ACGTCCGTA", "ACGTACGTA", "ACGTNCGTA", "ACGA"]
    ref_scores, alt_scores = masked.variant_scores(ref, alt)
    log_proba = masked_log_proba(masked, ref[0], 4)
    np.testing.assert_allclose([ref_scores[0], alt_scores[0]], log_proba[:2], atol=1e-5)
    assert ref_scores[1] == alt_scores[1]
    assert np.isnan([ref_scores[2], alt_scores[2]]).all()
    codes = masked.variant_scores(encode(ref), encode(alt))
    np.testing.assert_array_equal(codes[0], ref_scores)


def test_variants_of_a_conserved_motif_are_unlikely():
    """Substitutions in a conserved motif are less likely than those in random sequence."""
    rng = np.random.default_rng(0)
    word = "TGACTCAT"
    noise = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(600)]
    texts = [noise[i] + word + noise[i + 1] for i in range(0, 600, 2)]
    model = quick(
        *(MaskedLanguageModel, "resnet"), max_iter=20, learning_rate=0.01, reverse_complement=None
    ).fit(texts)
    other = dict(zip("ACGT", "CGTA", strict=True))
    changed = [
        [text[:i] + other[text[i]] + text[i + 1 :] for text in texts[:50]] for i in range(24)
    ]
    found = [model.variant_scores(texts[:50], alt) for alt in changed]
    delta = np.array([np.mean(alt - ref) for ref, alt in found])
    assert delta[8:16].max() < -1.5
    assert abs(delta[:8]).max() < 0.7


def test_what_cannot_be_scored(masked, fasta, variants, texts):
    # Row by row: the longest sequences of both sides may have the same length.
    with pytest.raises(ValueError, match="sequence 1 has length 3 in ref, but 2 in alt"):
        masked.variant_scores(["ACGTA", "ACG"], ["ACGTC", "AC"])
    with pytest.raises(ValueError, match="must be pairs, got 1 and 2 sequences"):
        masked.variant_scores(["ACGT"], ["ACGA", "ACGG"])
    codes = encode(texts[:2])
    for invalid in (one_hot(codes), one_hot(codes).reshape(2, -1), codes[0], codes.astype(int)):
        with pytest.raises(ValueError, match="alleles must be text, or uint8 codes of shape"):
            masked.variant_scores(invalid, invalid)
    with pytest.raises(ValueError, match="neither classes nor targets"):
        score_variants(masked, variants, fasta, target=1)
    signals = quick(MaskedLanguageModel, "cnn", n_channels=2).fit(np.ones((20, 8)))
    with pytest.raises(ValueError, match="X of fit held none"):
        signals.variant_scores(["ACGT"], ["ACGA"])
    classifier = CNNClassifier(max_iter=1).fit(texts, [0, 1] * 24)
    with pytest.raises(ValueError, match="has no variant_scores"):
        score_variants(classifier, variants, fasta, response="variant_scores")
