"""Scores of variants against a slow implementation on strings, and what users are told."""

import gc
import gzip
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from tolerances import assert_close

from skgenomics import (
    CNNClassifier,
    DeepEnsembleClassifier,
    KmerCounter,
    OneHotEncoder,
    ProfileRegressor,
    SequenceLabeler,
)
from skgenomics.genome import Genome, IntervalEncoder
from skgenomics.genome.variants import score_variants
from skgenomics.genome.vcf import read_vcf
from skgenomics.sequences import reverse_complement

YEAST = DATA / "io" / "sacCer3"
WINDOW = 21


def random_text(n, seed=0):
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), size=n))


GENOME = {"chr1": random_text(300, 1), "chr2": random_text(200, 2)}
TEXTS = [random_text(WINDOW, seed) for seed in range(100)]
Y = np.array([text[WINDOW // 2] in "AC" and text.count("G") > 3 for text in TEXTS]).astype(int)
Y3 = np.array([text.count("G") % 3 for text in TEXTS])


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    return write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", GENOME)


@pytest.fixture(scope="module")
def classifier():
    return make_pipeline(OneHotEncoder(), LogisticRegression()).fit(TEXTS, Y)


def write_fasta(path, genome):
    path.write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    return path


def frame_of(*rows):
    return pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])


def snvs(genome, step=7):
    """A variant of one base at every `step`-th position."""
    other = dict(zip("ACGT", "GTAC", strict=True))
    return frame_of(
        *[
            (chrom, i + 1, text[i].upper(), other[text[i].upper()])
            for chrom, text in genome.items()
            for i in range(0, len(text), step)
        ]
    )


def slow_windows(genome, chrom, pos, ref, alt, window):
    """Both windows, by changing the chromosome and cutting the text."""
    text, start = genome[chrom].upper(), pos - 1
    first = start - window // 2
    padded = {}
    for name, allele in (("ref", ref), ("alt", alt)):
        changed = text[:start] + allele.upper() + text[start + len(ref) :]
        padded[name] = "".join(
            changed[i] if 0 <= i < len(changed) else "N" for i in range(first, first + window)
        )
    return padded["ref"], padded["alt"]


def check_equal_to_slow(estimator, variants, genome, table, window=WINDOW):
    windows = [slow_windows(genome, *row, window) for row in variants.itertuples(index=False)]
    refs, alts = map(list, zip(*windows, strict=True))
    for name, texts in (("ref", refs), ("alt", alts)):
        expected = estimator.predict_proba(texts)[:, 1]
        np.testing.assert_allclose(table[name], expected, atol=1e-6, err_msg=name)
    log_odds = estimator.decision_function(alts) - estimator.decision_function(refs)
    np.testing.assert_allclose(table["log_odds"], log_odds, atol=1e-5)
    assert_close(table["delta"], table["alt"] - table["ref"], dtype=np.float32)


@pytest.mark.filterwarnings("ignore:.* variants have")
@pytest.mark.parametrize("window", [20, 21])
@pytest.mark.parametrize("batch_size", [1, 7, "auto"])
def test_all_kinds_of_variants_equal_the_slow_way(fasta, window, batch_size):
    text = GENOME["chr1"]
    spans = [(50, 1, "TT"), (60, 3, "C"), (70, 2, "GATC"), (80, 4, "ACAC"), (90, 1, "A" * 30)]
    spans += [
        (100, 60, "A"),
        (0, 1, "GG"),
        (2, 4, "T"),
        (290, 5, "G"),
        (299, 1, "CA"),
        (298, 2, "A"),
    ]
    spans += [(150, 1, "A"), (150, 1, "C"), (150, 1, "N"), (200, 1, text[200])]
    variants = frame_of(*[("chr1", i + 1, text[i : i + n], alt) for i, n, alt in spans])
    variants = pd.concat([variants, snvs(GENOME, 11)], ignore_index=True)
    model = make_pipeline(OneHotEncoder(), LogisticRegression())
    model.fit([random_text(window, seed) for seed in range(100)], Y)
    table = score_variants(model, variants, fasta, batch_size=batch_size)
    check_equal_to_slow(model, variants, GENOME, table, window)
    assert table["ref_match"].all()


@needs_data
@pytest.mark.filterwarnings("ignore:.* variants have")
def test_yeast_variants_equal_the_slow_way():
    path = YEAST / "sacCer3_sample_variants.vcf.gz"
    variants = pd.concat(read_vcf(path), ignore_index=True)
    genome = Genome(YEAST / "sacCer3.fa.gz")
    texts = {name: genome.fetch(name, 0, n) for name, n in genome.lengths.items()}
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(TEXTS, Y)
    table = score_variants(model, path, genome)
    assert table["ref_match"].all()
    assert len(table) == len(variants)
    rows = np.concatenate(
        [np.arange(0, len(table), 997), np.flatnonzero(table["kind"] != "snv")[:60]]
    )
    sample = variants.loc[rows, ["chrom", "pos", "ref", "alt"]]
    check_equal_to_slow(model, sample, texts, table.loc[rows])


def test_codes_and_text_give_the_same(fasta, classifier):
    through_text = make_pipeline(FunctionTransformer(), *(step for _, step in classifier.steps))
    variants = snvs(GENOME)
    with pytest.warns(UserWarning, match="past an end"):
        expected = score_variants(classifier, variants, fasta)
    with pytest.warns(UserWarning, match="past an end"):
        table = score_variants(through_text, variants, fasta, window=WINDOW)
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_exchanged_alleles_exchange_the_effect(tmp_path, classifier):
    text = GENOME["chr1"]
    for start, ref, alt in ((50, text[50], "ACGT"), (60, text[60:64], "T"), (70, text[70], "N")):
        changed = {"chr1": text[:start] + alt + text[start + len(ref) :]}
        there = score_variants(
            classifier,
            frame_of(("chr1", start + 1, ref, alt)),
            write_fasta(tmp_path / f"{start}a.fa", {"chr1": text}),
        )
        back = score_variants(
            classifier,
            frame_of(("chr1", start + 1, alt, ref)),
            write_fasta(tmp_path / f"{start}b.fa", changed),
        )
        assert_close(there["delta"], -back["delta"], dtype=np.float32)
        assert_close(there["log_odds"], -back["log_odds"], dtype=np.float32)


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_both_strands_are_alike(tmp_path, fasta, classifier):
    variants = snvs({"chr1": GENOME["chr1"]})
    table = score_variants(classifier, variants, fasta, both_strands=True)
    windows = [slow_windows(GENOME, *row, WINDOW) for row in variants.itertuples(index=False)]
    refs, alts = map(list, zip(*windows, strict=True))
    for name, texts in (("ref", refs), ("alt", alts)):
        strands = texts, reverse_complement(texts)
        scores = np.mean([classifier.decision_function(x) for x in strands], axis=0)
        assert_close(logit(table[name]), scores, dtype=np.float32)
    turned = {"chr1": reverse_complement(GENOME["chr1"])}
    other = frame_of(
        *[
            ("chr1", len(GENOME["chr1"]) + 1 - row.pos, *reverse_complement([row.ref, row.alt]))
            for row in variants.itertuples()
        ]
    )
    turned_table = score_variants(
        classifier, other, write_fasta(tmp_path / "turned.fa", turned), both_strands=True
    )
    assert_close(turned_table["delta"], table["delta"], dtype=np.float32)


def test_the_first_base_stands_in_the_middle(fasta):
    """Where only one position counts, only the variant at it has an effect."""
    texts = [random_text(10, seed) for seed in range(400)]
    hot = [int(text[5] == "A") for text in texts]
    model = make_pipeline(OneHotEncoder(), LogisticRegression(C=100)).fit(texts, hot)
    start = GENOME["chr1"].index("C", 50)
    table = score_variants(model, frame_of(("chr1", start + 1, "C", "A")), fasta)
    assert table["ref"][0] < 0.05
    assert table["alt"][0] > 0.95


def test_several_classes_and_targets(fasta):
    model = make_pipeline(KmerCounter(k=2), LogisticRegression()).fit(TEXTS, Y3)
    variants = snvs({"chr1": GENOME["chr1"][20:]}).iloc[5:30].assign(chrom="chr1")
    variants["pos"] += 20
    table = score_variants(model, variants, fasta, window=WINDOW)
    assert {"ref_0", "alt_1", "delta_2", "log_odds_2"} <= set(table)
    assert_close(table[["ref_0", "ref_1", "ref_2"]].sum(axis=1), 1, dtype=np.float32)
    assert_close(
        table["log_odds_1"], logit(table["alt_1"]) - logit(table["ref_1"]), dtype=np.float32
    )
    one = score_variants(model, variants, fasta, window=WINDOW, target=1)
    np.testing.assert_array_equal(one["delta"], table["delta_1"])
    with pytest.raises(ValueError, match="must name a class out of 0, 1, 2: 7 is none"):
        score_variants(model, variants, fasta, window=WINDOW, target=7)


def test_the_first_of_two_classes(fasta, classifier):
    variants = snvs(GENOME).iloc[3:20]
    second = score_variants(classifier, variants, fasta)
    first = score_variants(classifier, variants, fasta, target=0)
    assert_close(first["delta"], -second["delta"], dtype=np.float32)
    assert_close(first["log_odds"], -second["log_odds"], dtype=np.float32)


def test_several_tasks(fasta):
    tasks = np.column_stack([Y, 1 - Y, Y3 == 0]).astype(int)
    variants = snvs(GENOME).iloc[3:20]
    trees = make_pipeline(KmerCounter(k=1), RandomForestClassifier(5, random_state=0))
    for model in (
        trees.fit(TEXTS, tasks),
        make_pipeline(KmerCounter(k=1), MultiOutputClassifier(LogisticRegression())).fit(
            TEXTS, tasks
        ),
        CNNClassifier(n_filters=4, max_iter=1, random_state=0).fit(TEXTS, tasks),
    ):
        table = score_variants(model, variants, fasta, window=WINDOW)
        assert [name for name in table if name.startswith("delta")] == [
            "delta_0",
            "delta_1",
            "delta_2",
        ]
        one = score_variants(model, variants, fasta, window=WINDOW, target=2)
        assert_close(one["alt"], table["alt_2"], dtype=np.float32)
        assert np.isfinite(one["log_odds"]).all()


def test_regressors_and_scores_have_no_odds(fasta):
    variants = snvs(GENOME).iloc[3:20]
    for model, y in ((Ridge(), Y.astype(float)), (LinearSVC(), Y)):
        model = make_pipeline(KmerCounter(k=2), model).fit(TEXTS, y)
        table = score_variants(model, variants, fasta, window=WINDOW)
        assert table["log_odds"].isna().all()
        assert table["delta"].notna().all()
    many = make_pipeline(KmerCounter(k=2), Ridge()).fit(TEXTS, np.column_stack([Y, Y3]))
    assert "alt_1" in score_variants(many, variants, fasta, window=WINDOW)


def test_log_odds_do_not_saturate(fasta):
    texts = ["A" * WINDOW, "C" * WINDOW] * 20
    model = make_pipeline(KmerCounter(k=1), LogisticRegression(C=1e6)).fit(texts, [0, 1] * 20)
    model[-1].coef_ *= 100
    row = frame_of(("chr1", 100, GENOME["chr1"][99], "A" if GENOME["chr1"][99] != "A" else "C"))
    table = score_variants(model, row, fasta, window=WINDOW)
    windows = slow_windows(GENOME, *row.iloc[0], WINDOW)
    expected = np.diff(model.decision_function(list(windows)))[0]
    assert abs(expected) > 40
    assert_close(table["log_odds"][0], expected, dtype=np.float32)


def test_searches_and_wrappers(fasta, classifier):
    variants = snvs(GENOME).iloc[3:20]
    search = GridSearchCV(classifier, {"logisticregression__C": [1.0]}, cv=2).fit(TEXTS, Y)
    expected = score_variants(classifier, variants, fasta)
    pd.testing.assert_frame_equal(score_variants(search, variants, fasta), expected)
    calibrated = CalibratedClassifierCV(classifier, cv=2).fit(np.array(TEXTS, dtype=object), Y)
    table = score_variants(calibrated, variants, fasta)
    np.testing.assert_allclose(
        table["log_odds"], logit(table["alt"]) - logit(table["ref"]), atol=1e-6
    )


class Counting(FunctionTransformer):
    """Keeps what it is asked to predict."""

    seen: list = []

    def transform(self, X):
        self.seen.append(list(X))
        return X


def test_equal_windows_are_predicted_once(fasta, classifier):
    Counting.seen = []
    model = make_pipeline(Counting(), *(step for _, step in classifier.steps))
    ref = GENOME["chr1"][100]
    others = [symbol for symbol in "ACGT" if symbol != ref]
    table = score_variants(
        model, frame_of(("chr1", 101, ref, ",".join(others))), fasta, window=WINDOW
    )
    assert len(table) == 3
    assert len(Counting.seen[-1]) == len(set(Counting.seen[-1])) == 4


def test_reference_mismatches_are_reported(fasta, classifier):
    text = GENOME["chr1"]
    wrong = "A" if text[100] != "A" else "C"
    variants = frame_of(
        ("1", 101, wrong, "G" if text[100] != "G" else "T"),
        ("chr1", 102, text[101].lower(), "N"),
        ("chr1", 103, text[102], "<DEL>"),
        ("chr1", 104, text[103], "."),
        ("chr1", 2, text[1], "N"),
        ("chr1", 120, text[119], "ACGTACGTACGTACGT"),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = score_variants(classifier, variants, fasta)
    messages = [str(warning.message) for warning in caught]
    assert all(warning.filename == __file__ for warning in caught)
    for fact in (
        "1 of 6 variants have a ref",
        "2 of 6 variants have no alt",
        "1 of 6 variants have a w",
    ):
        assert sum(message.startswith(fact) for message in messages) == 1
    assert sum("longer than the 11 bp" in message for message in messages) == 1
    assert table["ref_match"].tolist() == [False, True, True, True, True, True]
    assert table["delta"].isna().tolist() == [False, False, True, True, False, False]
    # The allele of the file stands in the window.
    expected = slow_windows(GENOME, "chr1", *variants.iloc[0, 1:], WINDOW)
    assert_close(table["ref"][0], classifier.predict_proba([expected[0]])[0, 1], dtype=np.float32)


def test_soft_masked_and_ambiguous_symbols_match(tmp_path, classifier):
    text = random_text(60, 5)
    genome = write_fasta(tmp_path / "g.fa", {"1": text[:30].lower() + "R" + text[31:]})
    variants = frame_of(("chr1", 21, text[20], "N"), ("chr1", 31, "A", "C"), ("chr1", 31, "G", "C"))
    with pytest.warns(UserWarning, match="1 of 3 variants have a reference allele"):
        table = score_variants(classifier, variants, genome)
    # VCF puts the first base in the alphabet for R, which is A.
    assert table["ref_match"].tolist() == [True, True, False]


def test_the_wrong_genome_stops(fasta, classifier):
    variants = snvs(GENOME, 3)
    with pytest.raises(ValueError, match="counted from 0, but must be counted from 1"):
        score_variants(classifier, variants.assign(pos=variants["pos"] - 1), fasta)
    exchanged = variants.rename(columns={"ref": "alt", "alt": "ref"})
    with pytest.raises(ValueError, match="alleles seem to be exchanged"):
        score_variants(classifier, exchanged, fasta)
    with pytest.raises(ValueError, match="alleles seem to be those of the reverse strand"):
        score_variants(classifier, variants.assign(ref=reverse_complement(variants["ref"])), fasta)
    moved = variants.assign(pos=variants["pos"].sample(frac=1, random_state=0).to_numpy())
    with pytest.raises(
        ValueError, match=r"of the first 167 variants.*another assembly.*=1 to continue"
    ):
        score_variants(classifier, moved, fasta)
    with pytest.warns(UserWarning, match="reference allele that the genome does not have"):
        table = score_variants(classifier, moved, fasta, max_mismatch_rate=1)
    assert len(table) == len(moved)


@pytest.mark.filterwarnings("ignore:.*reference allele")
def test_unknown_chromosomes_are_named(fasta, classifier, tmp_path):
    path = tmp_path / "x.vcf"
    path.write_text("#CHROM\tPOS\tID\tREF\tALT\n1\t50\t.\tA\tC\nchr9\t5\t.\tA\tC\n")
    with pytest.warns(UserWarning, match=r"^1 of 2 variants are on .*lacks \('chr9'\), and have"):
        table = score_variants(classifier, path, fasta)
    assert table["delta"].isna().tolist() == [False, True]
    assert table["chrom"].tolist() == ["1", "chr9"]


@pytest.mark.parametrize("batch_size", [3, 1000])
def test_variants_on_other_contigs_change_nothing(tmp_path, fasta, classifier, batch_size):
    """They stand first and in between, so that batches hold nothing else."""
    variants = snvs(GENOME).iloc[10:40]
    expected = score_variants(classifier, variants, fasta)
    other = frame_of(*[(f"chrUn_{i}", 5, "A", "<DEL>" if i == 2 else "C") for i in range(8)])
    mixed = pd.concat([other, variants, other], ignore_index=True)
    with pytest.warns(UserWarning, match="16 of 46 variants are on .*'chrUn_4' and 3 more"):
        table = score_variants(classifier, mixed, fasta, batch_size=batch_size)
    rows = table["chrom"].str.startswith("chrUn")
    assert list(table) == list(expected)
    pd.testing.assert_frame_equal(table[~rows].reset_index(drop=True), expected)
    assert table.loc[rows, ["ref", "alt", "delta", "log_odds"]].isna().all(axis=None)
    assert not table.loc[rows, "ref_match"].any()
    with pytest.warns(UserWarning, match="16 of 46 variants are on"):
        result = score_variants(
            classifier, mixed, fasta, batch_size=batch_size, output=tmp_path / "x.tsv"
        )
    assert (result.n_variants, result.n_unknown_chromosomes, result.n_not_scored) == (46, 16, 16)
    assert result.n_ref_mismatches == 0


def test_no_known_chromosome_stops(tmp_path, fasta, classifier):
    foreign = snvs(GENOME).iloc[:25].assign(chrom="scaffold")
    with pytest.raises(ValueError, match=r"none of the first 20 .*row 0: chromosome 'scaffold' is"):
        score_variants(classifier, foreign, fasta, batch_size=10)
    with pytest.raises(ValueError, match="none of the first 2 variants is on a chromosome"):
        score_variants(classifier, foreign.iloc[:2], fasta, output=tmp_path / "x.tsv")
    assert list(tmp_path.iterdir()) == []


def test_readers_of_intervals_are_not_models_of_sequences(fasta):
    places = pd.DataFrame({"chrom": "chr1", "start": [30, 60] * 5, "end": [40, 70] * 5})
    encoder = IntervalEncoder(fasta, length=WINDOW)
    model = make_pipeline(encoder, OneHotEncoder(), LogisticRegression()).fit(places, [0, 1] * 5)
    variants = snvs(GENOME).iloc[10:20]
    with pytest.raises(ValueError, match=r"Pipeline reads intervals.*pipeline\[1:\]"):
        score_variants(model, variants, fasta)
    assert len(score_variants(model[1:], variants, fasta, window=WINDOW)) == len(variants)


def test_parameters_are_checked(fasta, classifier):
    variants = snvs(GENOME).iloc[3:20]
    ragged = make_pipeline(KmerCounter(k=1), LogisticRegression()).fit(TEXTS, Y)
    with pytest.raises(ValueError, match="give `window`"):
        score_variants(ragged, variants, fasta)
    for options, message in (
        ({"window": 0}, "window must be an integer >= 1"),
        ({"batch_size": 0}, "batch_size must be 'auto' or a positive integer"),
        ({"max_mismatch_rate": 2}, "max_mismatch_rate must be a number in"),
        ({"response": "proba"}, "response must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            score_variants(classifier, variants, fasta, **options)
    svc = make_pipeline(KmerCounter(k=1), LinearSVC()).fit(TEXTS, Y)
    with pytest.raises(ValueError, match="has no predict_proba"):
        score_variants(svc, variants, fasta, window=WINDOW, response="predict_proba")


def write_vcf(path, variants, repeat=1):
    rows = [f"{r.chrom}\t{r.pos}\t.\t{r.ref}\t{r.alt}\n" for r in variants.itertuples()]
    with gzip.open(path, "wt") as file:
        file.write("#CHROM\tPOS\tID\tREF\tALT\n" + "".join(rows) * repeat)
    return path


@pytest.mark.filterwarnings("ignore:.* variants have")
@pytest.mark.parametrize("name", ["effects.tsv", "effects.tsv.gz"])
def test_a_file_holds_what_the_frame_does(tmp_path, fasta, classifier, capsys, name):
    path = write_vcf(tmp_path / "x.vcf.gz", snvs(GENOME))
    expected = score_variants(classifier, path, fasta)
    result = score_variants(
        classifier, path, fasta, output=tmp_path / name, batch_size=10, verbose=1
    )
    table = pd.read_csv(result.path, sep="\t")
    pd.testing.assert_frame_equal(table, expected, rtol=1e-6, check_dtype=False)
    assert result.n_variants == len(expected)
    assert result.n_ref_mismatches == 0
    assert f"{len(expected)} variants in" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "x.vcf.gz"])


def test_half_a_table_is_not_left_behind(tmp_path, fasta, classifier):
    variants = snvs({"chr1": GENOME["chr1"]}).iloc[3:40]
    broken = pd.concat([variants, frame_of(("chr1", 1, "A", "?"))])
    (tmp_path / "x.tsv").write_text("as it was")
    with pytest.raises(ValueError, match="neither DNA nor symbolic"):
        score_variants(classifier, broken, fasta, output=tmp_path / "x.tsv", batch_size=5)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_no_variants_make_an_empty_table(tmp_path, fasta, classifier):
    path = write_vcf(tmp_path / "x.vcf.gz", snvs(GENOME).iloc[:0])
    table = score_variants(classifier, path, fasta)
    assert table.empty
    assert "log_odds" in table
    result = score_variants(classifier, path, fasta, output=tmp_path / "x.tsv")
    assert list(pd.read_csv(result.path, sep="\t")) == list(table)


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_memory_does_not_grow_with_the_number_of_variants(tmp_path, fasta, classifier):
    peaks = []
    # The first time modules are loaded.
    for repeat in (1, 20, 200):
        path = write_vcf(tmp_path / "x.vcf.gz", snvs(GENOME), repeat)
        gc.collect()
        tracemalloc.start()
        score_variants(classifier, path, fasta, output=tmp_path / "x.tsv", batch_size=500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Some garbage waits for its collection, but ten times as much would be all variants.
    assert peaks[2] < 2 * peaks[1]


@pytest.mark.filterwarnings("ignore:.* variants have")
def test_networks_read_codes(fasta):
    model = CNNClassifier(n_filters=4, max_iter=1, random_state=0).fit(TEXTS, Y)
    variants = snvs(GENOME)
    check_equal_to_slow(model, variants, GENOME, score_variants(model, variants, fasta))


def test_frames_of_any_type(fasta, classifier):
    variants = snvs(GENOME).iloc[3:12].reset_index(drop=True)
    expected = score_variants(classifier, variants, fasta)
    text = variants.astype(dict.fromkeys(("chrom", "ref", "alt"), "string"))
    pyarrow = pytest.importorskip("pyarrow")
    frames = [
        variants.astype({"chrom": "category", "ref": "category", "alt": "category"}),
        variants.astype({"pos": float}),
        text.astype({"pos": "Int64"}),
        variants.assign(id=None),
        variants.assign(id=pd.Categorical(["."] * 9)),
        pyarrow.Table.from_pandas(variants),
    ]
    for frame in frames:
        found = score_variants(classifier, frame, fasta)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    for bad in (variants.assign(pos=variants["pos"] + 0.5), [1, 2], variants.drop(columns="alt")):
        with pytest.raises(ValueError, match=r"row 0 of the variants|pandas, polars|column 'alt'"):
            score_variants(classifier, bad, fasta)


NET = {
    "network": "cnn",
    "network_params": {"n_filters": (8,), "kernel_size": 5},
    "max_iter": 3,
    "random_state": 0,
}


def indels():
    text = GENOME["chr1"]
    spans = [(100, 1, "ACG"), (120, 4, text[120]), (140, 1, "A" if text[140] != "A" else "C")]
    spans += [(160, 3, "GTCA"), (180, 3, "G"), (200, 2, "AC")]
    return frame_of(*[("chr1", i + 1, text[i : i + n], alt) for i, n, alt in spans])


@pytest.mark.filterwarnings("ignore:.* variants have")
@pytest.mark.parametrize("crop", [0, 3])
def test_gains_and_losses_of_labels(fasta, crop):
    """Alignment as in OpenSpliceAI: zeros where bases are deleted, the maximum of inserted ones."""
    classes = "ADn"
    labels = ["".join(classes["ACGT".index(c) % 3] for c in text) for text in TEXTS]
    labels = [y[crop : len(y) - crop] for y in labels]
    model = SequenceLabeler(**NET, crop=crop).fit(TEXTS, labels)
    variants, distance = indels(), 5
    table = score_variants(model, variants, fasta, distance=distance)
    assert [name for name in table if name.startswith("D")] == [
        f"{kind}_{label}{change}" for label in "ADn" for kind in ("DS", "DP") for change in "GL"
    ]
    center = WINDOW // 2 - crop
    for i, row in enumerate(variants.itertuples(index=False)):
        before, after = model.predict_proba(list(slow_windows(GENOME, *row, WINDOW))).astype(float)
        n, n_ref, n_alt = len(before), len(row.ref), len(row.alt)
        for k, label in enumerate("ADn"):
            change = []
            for offset in range(-distance, distance + 1):
                p = center + offset
                if offset < min(n_ref, n_alt) - (n_alt > n_ref):
                    value = after[p, k]
                elif offset < n_ref and n_alt < n_ref:
                    value = 0
                elif offset < n_ref:
                    value = after[p : center + n_alt, k].max()
                else:
                    shifted = p - n_ref + n_alt
                    value = after[shifted, k] if shifted < n else before[p, k]
                change.append(value - before[p, k])
            change = np.array(change)
            found = table.loc[i, [f"DS_{label}G", f"DS_{label}L"]].to_numpy(float)
            np.testing.assert_allclose(found, [change.max(), -change.min()], atol=1e-5)
            assert table.loc[i, f"DP_{label}G"] == change.argmax() - distance
            assert table.loc[i, f"DP_{label}L"] == change.argmin() - distance
    one = score_variants(model, variants, fasta, distance=distance, target="D")
    np.testing.assert_allclose(one["DS_DG"], table["DS_DG"])
    assert "DS_AG" not in one
    single = score_variants(model, variants.iloc[[2]], fasta, target=("D", 4))
    windows = list(slow_windows(GENOME, *variants.iloc[2], WINDOW))
    expected = np.diff(model.predict_proba(windows)[:, 4, 1])[0]
    np.testing.assert_allclose(single["delta"][0], expected, atol=1e-6)
    with pytest.raises(ValueError, match="train it with reverse_complement='average'"):
        score_variants(model, variants, fasta, both_strands=True)
    with pytest.raises(ValueError, match="must name a label out of 'A', 'D', 'n'"):
        score_variants(model, variants, fasta, target="x")


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_totals_and_shapes_of_profiles(fasta, loss):
    counts = np.random.default_rng(0).poisson(4, size=(len(TEXTS), WINDOW, 2)).astype(float)
    model = ProfileRegressor(**NET, loss=loss).fit(TEXTS, counts)
    variants = indels().iloc[[2, 5]].reset_index(drop=True)
    table = score_variants(model, variants, fasta)
    for i, row in enumerate(variants.itertuples(index=False)):
        signals = model.predict(list(slow_windows(GENOME, *row, WINDOW))).astype(float)
        for track in range(2):
            before, after = signals[..., track]
            np.testing.assert_allclose(table[f"ref_{track}"][i], before.sum(), rtol=1e-4)
            expected = np.log2(after.sum() / before.sum())
            np.testing.assert_allclose(table[f"log2_fold_change_{track}"][i], expected, atol=1e-4)
            p, q = before / before.sum(), after / after.sum()
            m = (p + q) / 2
            divergence = (p * np.log2(p / m) + q * np.log2(q / m)).sum() / 2
            found = table[f"js_distance_{track}"][i]
            np.testing.assert_allclose(found, np.sqrt(divergence), atol=1e-4)
    one = score_variants(model, variants, fasta, target=1)
    np.testing.assert_allclose(one["log2_fold_change"], table["log2_fold_change_1"])
    total = score_variants(model, variants, fasta, target="total")
    assert {"ref", "alt", "delta"} <= set(total)


def test_ensembles_know_their_window(fasta):
    model = DeepEnsembleClassifier(
        CNNClassifier(n_filters=4, max_iter=1), n_estimators=2, random_state=0
    ).fit(TEXTS, Y)
    variants = snvs(GENOME).iloc[3:8]
    table = score_variants(model, variants, fasta)
    expected = score_variants(model, variants, fasta, window=WINDOW)
    pd.testing.assert_frame_equal(table, expected)
