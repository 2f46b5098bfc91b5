"""Background intervals: what they match, what they avoid, and what is said when they cannot."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from real_data import DATA, needs_data
from scipy.stats import chisquare
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skgenomics import KmerCounter
from skgenomics.genome import Genome, read_bed
from skgenomics.negatives import matched_background
from skgenomics.negatives._genome_line import GenomeLine
from skgenomics.sequences import reverse_complement

YEAST = DATA / "io" / "sacCer3"


def make_text(size, seed, gc=0.4):
    """Letters whose GC share drifts, with soft-masked stretches and some N."""
    random = np.random.default_rng(seed)
    drift = np.clip(gc + 0.25 * np.sin(np.arange(size) / 300), 0, 1)
    is_gc, second = random.random(size) < drift, random.random(size) < 0.5
    text = np.where(is_gc, np.where(second, "G", "C"), np.where(second, "A", "T"))
    for start in random.integers(0, size - 200, size // 1000):
        text[start : start + 150] = np.char.lower(text[start : start + 150])
    text[size // 2 : size // 2 + 50] = "N"
    return "".join(text)


@pytest.fixture(scope="module")
def texts():
    return {"chr1": make_text(60_000, 0), "chr2": make_text(8_000, 1), "tiny": "ACGT", "none": ""}


@pytest.fixture(scope="module")
def genome(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in texts.items()))
    return Genome(path)


@pytest.fixture(scope="module")
def peaks():
    starts = [100, 1500, 3007, 200, 5000]
    frame = pd.DataFrame({"chrom": ["chr1", "chr1", "chr1", "chr2", "chr2"], "start": starts})
    frame["end"] = frame["start"] + [100, 150, 63, 100, 64]
    frame["strand"] = ["+", "-", ".", "+", "-"]
    return frame


def shares(text):
    known = [c for c in text.upper() if c in "ACGT"]
    gc = sum(c in "GC" for c in known) / len(known)
    return gc, sum(c.islower() for c in text) / len(text), text.upper().count("N") / len(text)


def overlaps(a, b):
    return (a["chrom"] == b["chrom"]) & (a["start"] < b["end"]) & (b["start"] < a["end"])


def test_partners_match_and_stay_away(texts, genome, peaks):
    exclude = pd.DataFrame({"chrom": ["1", "chr2"], "start": [4000, 0], "end": [12_000, 150]})
    frame = matched_background(
        peaks, genome, n_per_interval=8, exclude=exclude, gc_tolerance=0.05, random_state=0
    )
    assert frame["source"].tolist() == np.repeat(range(5), 8).tolist()
    assert frame["widened"].eq(1).all()
    for i, row in frame.iterrows():
        peak = peaks.loc[row["source"]]
        assert row["end"] - row["start"] == peak["end"] - peak["start"]
        assert row["strand"] == peak["strand"]
        text = texts[row["chrom"]][row["start"] : row["end"]]
        gc, repeats, unknown = shares(text)
        wanted_gc, wanted_repeats, _ = shares(texts[peak["chrom"]][peak["start"] : peak["end"]])
        assert len(text) == row["end"] - row["start"]
        assert (row["gc"], row["repeats"], unknown) == (gc, repeats, 0)
        assert abs(gc - wanted_gc) <= 0.05 + 1e-9
        assert abs(repeats - wanted_repeats) <= 0.05 + 1e-9
        assert not overlaps(row, peaks).any()
        assert not overlaps(row, exclude.replace({"1": "chr1"})).any()
        assert overlaps(row, frame).sum() == 1, i


def test_all_matching_loci_are_equally_likely(texts, genome):
    peak = pd.DataFrame({"chrom": ["chr2"], "start": [7000], "end": [7010]})
    settings = {"gc_tolerance": 0.0, "repeat_tolerance": 0.0, "allow_overlap": True}
    settings |= {"n_per_interval": 20_000, "max_tries": 5000}
    frame = matched_background(peak, genome, random_state=0, **settings)
    wanted = shares(texts["chr2"][7000:7010])
    places = [
        (name, start)
        for name, text in texts.items()
        for start in range(len(text) - 9)
        if not (name == "chr2" and 6990 < start < 7010)
        and "N" not in (word := text[start : start + 10])
        and shares(word) == wanted
    ]
    counts = frame.groupby(["chrom", "start"]).size().reindex(places, fill_value=0)
    assert counts.sum() == 20_000
    assert chisquare(counts).pvalue > 1e-3


def test_random_loci_where_nothing_must_match(genome, peaks):
    frame = matched_background(peaks, genome, n_per_interval=20, match=(), random_state=0)
    assert frame["widened"].eq(1).all()
    assert frame["gc"].std() > 0.1


def test_same_chromosome(genome, peaks):
    frame = matched_background(
        peaks, genome, n_per_interval=5, same_chromosome=True, gc_tolerance=0.1, random_state=0
    )
    assert (frame["chrom"] == peaks["chrom"].to_numpy()[frame["source"]]).all()


def test_the_seed_decides(genome, peaks):
    first, again, other = (
        matched_background(peaks, genome, match="gc", random_state=seed) for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_names_of_chromosomes_are_those_of_the_genome(genome, peaks):
    renamed = peaks.assign(chrom=peaks["chrom"].str.removeprefix("chr")).set_index("strand")
    frame = matched_background(renamed, genome.path, gc_tolerance=0.1, random_state=0)
    assert set(frame["chrom"]) <= {"chr1", "chr2"}
    assert frame["strand"].eq(".").all()


def test_unknown_symbols_are_allowed_by_choice(genome, texts):
    peak = pd.DataFrame({"chrom": ["chr1"], "start": [9_000], "end": [10_000]})
    settings = {"match": (), "allow_overlap": True, "n_per_interval": 900, "random_state": 0}
    strict = matched_background(peak, genome, **settings)
    loose = matched_background(peak, genome, max_unknown=0.03, **settings)
    most = [
        max(shares(texts[c][s:e])[2] for c, s, e in zip(f.chrom, f.start, f.end, strict=True))
        for f in (strict, loose)
    ]
    assert most[0] == 0
    assert 0 < most[1] <= 0.03


def test_intervals_past_the_ends_are_partners_of_full_length(genome):
    peak = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [-40, 7950], "end": [60, 8050]})
    frame = matched_background(peak, genome, n_per_interval=3, gc_tolerance=0.2, random_state=0)
    assert (frame["end"] - frame["start"]).eq(100).all()
    assert frame["start"].min() >= 0


def test_wider_tolerances_are_told(tmp_path):
    text = make_text(6000, 3, gc=0.3).upper()
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{text[:1000]}{'GC' * 50}{text[1100:]}\n")
    peak = pd.DataFrame({"chrom": ["chr1"], "start": [1000], "end": [1100]})
    with pytest.warns(UserWarning, match=r"1 of 1 .* 8 times .* \(chr1:1000-1100\)") as told:
        frame = matched_background(peak, path, gc_tolerance=0.05, random_state=0)
    assert told[0].filename == __file__
    assert frame["widened"].tolist() == [8]
    assert 0.6 - 1e-9 <= frame["gc"].item() < 0.8


@pytest.mark.filterwarnings("ignore:.*match only within")
def test_missing_partners_are_told(genome, peaks):
    too_long = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [59_000], "strand": "."})
    both = pd.concat([peaks[2:], too_long], ignore_index=True)
    with pytest.warns(UserWarning, match=r"1 of 4 .* missing.* row 3 \(chr1:0-59000\)"):
        frame = matched_background(
            both, genome, gc_tolerance=0.1, max_tries=50, max_unknown=1, random_state=0
        )
    assert frame["source"].tolist() == [0, 1, 2]


def test_no_partner_at_all(genome):
    with pytest.raises(ValueError, match="no locus matches any of the 1 intervals"):
        matched_background(
            pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [60_000]}), genome, max_tries=10
        )


def test_regions_on_unknown_chromosomes_exclude_nothing(genome, peaks):
    exclude = pd.DataFrame({"chrom": ["chrUn", "chr1"], "start": 0, "end": 5})
    with pytest.warns(UserWarning, match="1 of 2 rows of exclude .* chrUn") as told:
        matched_background(peaks, genome, match=(), exclude=exclude, random_state=0)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matched_background(peaks, genome, match=(), exclude=exclude[:0], random_state=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chrom": "chr9"}, "row 0 of intervals.*'chr9'"),
        ({"start": 200, "end": 100}, "row 0 .*chr1:200-100"),
        ({"end": 100}, "row 0 of intervals, chr1:100-100, is empty"),
        ({"start": 70_000, "end": 70_100}, "row 0 of intervals, chr1:70000-70100, holds no base"),
        ({"start": 1.5}, "row 0 .*1.5"),
        ({"start": None}, "row 0 .*start"),
        ({"strand": "x"}, "row 0 .*'x'"),
        ({"chrom": None}, "row 0 .*chromosome"),
    ],
)
def test_malformed_intervals(genome, peaks, change, message):
    wrong = peaks.astype(object)
    wrong.loc[0, list(change)] = list(change.values())
    with pytest.raises(ValueError, match=message):
        matched_background(wrong, genome)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dinucleotide_tolerance": -1}, "dinucleotide_tolerance must be"),
        ({"match": ("gc", "length")}, "lengths always match"),
        ({"gc_tolerance": -1}, "gc_tolerance must be"),
        ({"repeat_tolerance": "x"}, "repeat_tolerance must be"),
        ({"n_per_interval": 0}, "n_per_interval must be"),
        ({"max_tries": 0}, "max_tries must be"),
        ({"max_unknown": 2}, "max_unknown must be"),
        ({"exclude": pd.DataFrame({"chrom": ["chr1"]})}, "exclude: .*start"),
    ],
)
def test_settings(genome, peaks, settings, message):
    with pytest.raises(ValueError, match=message):
        matched_background(peaks, genome, **settings)


def test_columns_are_missing(genome, peaks):
    with pytest.raises(ValueError, match=r"intervals: .*'start'"):
        matched_background(peaks.drop(columns="start"), genome)
    with pytest.raises(ValueError, match=r"intervals: .*0 sample"):
        matched_background(peaks[:0], genome)


def test_dinucleotides_are_read_on_the_strand(genome, texts):
    random = np.random.default_rng(0)
    starts = random.integers(0, 59_000, 300)
    minus = random.random(300) < 0.5
    expected = []
    for start, is_minus in zip(starts, minus, strict=True):
        text = texts["chr1"][start : start + 50].upper()
        text = reverse_complement(text) if is_minus else text
        pairs = [text[i : i + 2] for i in range(49) if "N" not in text[i : i + 2]]
        counts = [pairs.count(a + b) for a in "ACGT" for b in "ACGT"]
        expected.append(np.array(counts) / max(1, len(pairs)))
    assert_allclose(GenomeLine(genome).dinucleotides(starts, starts + 50, minus), expected)


def auroc(composition, y, groups):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    folds = GroupKFold(5).split(composition, y, groups)
    return cross_val_score(model, composition, y, cv=folds, scoring="roc_auc").mean()


@pytest.mark.filterwarnings("ignore:.*background intervals")
@needs_data
def test_composition_does_not_tell_yeast_promoters_from_their_background():
    """It does tell them from random places, and dinucleotides from places of the same GC."""
    genome = Genome(YEAST / "sacCer3.fa.gz")
    genes = read_bed(YEAST / "sacCer3.transcripts.bed.gz").query("chrom != 'chrM'")
    starts = np.where(genes["strand"] == "+", genes["start"] - 200, genes["end"])
    promoters = pd.DataFrame({"chrom": genes["chrom"], "start": starts, "end": starts + 200})
    promoters["strand"] = genes["strand"]
    promoters = promoters[starts > 0].sample(2000, random_state=0)
    by_gc, by_pairs = {}, {}
    for match in ((), ("gc", "repeats"), ("gc", "repeats", "dinucleotides")):
        background = matched_background(promoters, genome, match=match, random_state=0)
        places = pd.concat([promoters, background], ignore_index=True)
        texts = genome.fetch_many(*(places[c] for c in ("chrom", "start", "end", "strand")))
        y = np.repeat([1, 0], [len(promoters), len(background)])
        groups = np.append(np.arange(len(promoters)), background["source"])
        by_gc[len(match)] = auroc(np.array([shares(text)[:2] for text in texts]), y, groups)
        pairs = KmerCounter((1, 2), weighting="frequency").fit_transform(texts)
        by_pairs[len(match)] = auroc(pairs, y, groups)
    assert by_gc[0] > 0.65
    assert by_pairs[0] > 0.72
    assert abs(by_gc[2] - 0.5) < 0.02
    assert by_pairs[2] > 0.68
    assert abs(by_gc[3] - 0.5) < 0.02
    assert abs(by_pairs[3] - 0.5) < 0.04
