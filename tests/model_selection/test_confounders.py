"""Planted confounders are found, and what is harmless is called so."""

import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data
from sklearn.model_selection import StratifiedKFold

from skgenomics.model_selection import HomologyKFold, confounder_report
from skgenomics.sequences import decode, encode


@pytest.fixture
def X(rng):
    return decode(rng.integers(4, size=(400, 60), dtype=np.uint8))


@pytest.fixture
def y(rng):
    return rng.permutation(np.repeat([0, 1], 200))


def row(report, source):
    return report[report["source"] == source].iloc[0]


def test_nothing_predicts_random_labels(X, y):
    report = confounder_report(X, y)
    assert report["score"].between(0.4, 0.6).all()
    assert (report["verdict"] == "harmless").all()
    assert not report["flag"].any()
    # All have one length and no unknown bases: constant properties have no row.
    assert set(report["source"]) == {
        "GC content", "symbol frequencies", "symbol pair frequencies",
    }  # fmt: skip


def test_length_is_found_in_text_and_in_padded_codes(rng, X, y):
    texts = [x[: 40 + rng.integers(10) + 5 * label] for x, label in zip(X, y, strict=True)]
    for data in (texts, encode(texts)):
        report = confounder_report(data, y)
        assert report["source"].iloc[0] == "length"
        assert row(report, "length")["score"] > 0.8


def test_middling_values_are_found(rng, X):
    lengths = rng.integers(20, 60, size=len(X))
    y = (abs(lengths - 40) < 8).astype(int)
    texts = [x[:n] for x, n in zip(X, lengths, strict=True)]
    assert row(confounder_report(texts, y), "length")["flag"]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("GC content", lambda x: x.replace("A", "G")),
        ("unknown fraction", lambda x: x[:30] + "NN" + x[32:]),
        ("lower-case fraction", lambda x: x[:30] + x[30:].lower()),
        ("symbol pair frequencies", lambda x: x.replace("CG", "GC")),
    ],
)
def test_planted_composition(X, y, source, change):
    texts = [change(x) if label else x for x, label in zip(X, y, strict=True)]
    found = row(confounder_report(texts, y), source)
    assert found["flag"]
    assert found["verdict"] == "predicts the label alone"
    assert found["baseline"] == 0.5


def test_columns_of_sources(rng, X, y):
    columns = pd.DataFrame(
        {
            "species": np.where(y == 1, "mouse", "human"),
            "batch": rng.integers(3, size=len(y)),
            "distance": rng.normal(size=len(y)) + 3 * y,
            "constant": "a",
        },
        index=rng.permutation(len(y)),
    )
    report = confounder_report(X, y, columns=columns)
    assert row(report, "species")["score"] == 1
    assert row(report, "distance")["flag"]
    assert row(report, "batch")["verdict"] == "harmless"
    assert "constant" not in set(report["source"])
    assert report["score"].is_monotonic_decreasing


def test_values_that_one_class_alone_has(rng, X, y):
    chromosome = rng.choice(["chr1", "chr2"], size=len(y)).astype(object)
    chromosome[np.flatnonzero(y == 0)[:25]] = "chr20"
    found = row(confounder_report(X, y, columns={"chrom": chromosome}), "chrom")
    assert found["flag"]
    assert "chr20 occur(s) in one class only" in found["verdict"]


def test_more_classes_and_numbers(rng, X):
    classes = np.array(["low", "mid", "high"], dtype=object)[np.arange(400) % 3]
    texts = [x.replace("A", "G") if c == "high" else x for x, c in zip(X, classes, strict=True)]
    assert row(confounder_report(texts, classes), "GC content")["score"] > 0.7
    gc = np.array([x.count("G") + x.count("C") for x in X])
    report = confounder_report(X, gc + rng.normal(size=400))
    assert row(report, "GC content")["metric"] == "Spearman"
    assert row(report, "GC content")["score"] > 0.9
    assert 0.8 < row(report, "GC content")["r2"] <= 1
    assert row(report, "GC content")["flag"]


def test_several_targets_with_missing_labels(X, y):
    gc = np.array([x.count("G") + x.count("C") > 30 for x in X], dtype=float)
    Y = np.column_stack([y.astype(float), gc])
    Y[:50, 0] = np.nan
    report = confounder_report(X, Y)
    first = report.iloc[0]
    assert (first["source"], first["target"]) == ("GC content", 1)
    assert (report.loc[report["target"] == 0, "verdict"] == "harmless").all()
    # The columns of a single target, and the target.
    columns = confounder_report(X[50:], Y[50:, 0]).columns
    assert report.columns.drop("target").tolist() == columns.tolist()


def test_same_result_twice_and_input_untouched(X, y):
    kept = X.copy()
    assert confounder_report(X, y).equals(confounder_report(X, y))
    assert (kept == X).all()


@pytest.mark.parametrize(
    ("y", "columns", "message"),
    [
        ([1] * 400, None, "y has one value only"),
        ([1, 0], None, "y has 2 labels, but X has 400 rows"),
        ([1] * 3 + [0] * 397, None, r"class .*1.* has 3 row\(s\), fewer than cv=5"),
        ([0, 1] * 200, {"batch": ["a"]}, "column 'batch' has 1 values, but X has 400 rows"),
        ([0, 1] * 200, {"b": [None] + ["a"] * 399}, "'b' has no value in row 0, and in 1 rows"),
    ],
)
def test_errors(X, y, columns, message):
    with pytest.raises(ValueError, match=message):
        confounder_report(X, y, columns=columns)


@needs_data
def test_species_of_nova_sites_are_flagged_and_qki_is_not():
    """Positives are of the mouse, which has no chromosomes 20 to 22; negatives of man."""
    for name, flagged in (("nova", True), ("qki", False)):
        frame = pd.read_csv(DATA / f"rbp_clip/{name}.csv.gz")
        columns = {"chromosome": frame["name"].str.split(":").str[0]}
        report = confounder_report(frame, frame["label"], columns=columns)
        assert row(report, "chromosome")["flag"] == flagged
        assert ("chr22" in row(report, "chromosome")["verdict"]) == flagged
        assert report["score"].iloc[0] > 0.8


@needs_data
def test_source_column_of_promoters_tells_the_label():
    frame = pd.read_csv(DATA / "ipro_mp/staphylococcus_aureus_mw2.csv.gz")
    report = confounder_report(frame, frame["label"], columns=frame[["source"]])
    assert report["source"].iloc[0] == "source"
    assert report["flag"].iloc[0]


def test_given_folds_are_of_all_rows_whatever_labels_are_missing(X, y):
    Y = np.column_stack([y, y]).astype(float)
    Y[::3, 1] = np.nan
    folds = list(StratifiedKFold(4).split(np.zeros(len(y)), y))
    known = np.flatnonzero(~np.isnan(Y[:, 1]))
    own = [tuple(np.flatnonzero(np.isin(known, part)) for part in fold) for fold in folds]
    expected = confounder_report([X[i] for i in known], y[known], cv=own)
    report = confounder_report(X, Y, cv=iter(folds))
    report = report[report["target"] == 1].drop(columns="target").reset_index(drop=True)
    pd.testing.assert_frame_equal(report, expected)


def test_splitters_get_the_sequences(rng, X, y):
    report = confounder_report(X, y, cv=HomologyKFold(3))
    assert report["score"].between(0, 1).all()


def test_a_column_with_the_name_of_a_property_replaces_nothing(rng, X, y):
    sources = set(confounder_report(X, y, columns={"GC content": rng.normal(size=400)})["source"])
    assert {"GC content", "GC content (column)"} <= sources


def test_one_target_with_a_missing_label(X, y):
    Y = np.append(np.nan, y[1:])
    assert "target" not in confounder_report(X, Y[:, np.newaxis])
    with pytest.raises(ValueError, match="y has no label in row 0"):
        confounder_report(X, Y)


def test_targets_of_text(X, y):
    Y = np.where(np.column_stack([y, 1 - y]) == 1, "bound", "free")
    assert set(confounder_report(X, Y)["target"]) == {0, 1}


def test_a_class_with_one_sample_for_each_fold_is_enough(X):
    labels = [1] * 5 + [0] * 395
    assert (confounder_report(X, labels, cv=5)["metric"] == "AUROC").all()
