"""Leaks: planted ones, intervals by brute force, and what public sets are known for."""

import numpy as np
import pandas as pd
import pytest
from real_data import DATA, needs_data

from skgenomics.model_selection import find_duplicates, find_leakage
from skgenomics.sequences import decode, encode, reverse_complement


def random_texts(rng, n, length=80):
    return list(decode(rng.integers(4, size=(n, length), dtype=np.uint8)))


@pytest.fixture
def planted(rng):
    """Training and test sequences with one leak of each kind: test rows 0, 1, 2."""
    train = random_texts(rng, 50)
    near = train[12][:40] + ("A" if train[12][40] != "A" else "C") + train[12][41:]
    test = [train[10].lower(), reverse_complement(train[11]), near, *random_texts(rng, 20)]
    train += [train[10], train[12][:-1] + "N"]
    return train, test


def test_planted_leaks(planted):
    report = find_leakage(*planted)
    assert report.exact.to_numpy().tolist() == [[0, 10, 2]]
    assert report.reverse_complement.to_numpy().tolist() == [[1, 11, 1]]
    assert report.near_duplicate[["test", "train"]].to_numpy().tolist() == [[2, 12]]
    assert report.near_duplicate.columns.tolist() == ["test", "train", "similarity"]
    assert report.near_duplicate["similarity"].item() == pytest.approx((57 / 69) ** (1 / 12))
    assert report.counts == {
        "exact": 1, "reverse_complement": 1, "near_duplicate": 1, "overlap": 0,
    }  # fmt: skip
    assert report.rows_to_drop("test").tolist() == [0, 1, 2]
    assert report.rows_to_drop("train").tolist() == [10, 11, 12, 50, 51]


@pytest.mark.parametrize("part", ["train", "test"])
def test_nothing_leaks_without_the_rows_to_drop(planted, part):
    report = find_leakage(*planted)
    parts = dict(zip(("train", "test"), planted, strict=True))
    parts[part] = np.delete(np.array(parts[part]), report.rows_to_drop(part))
    after = find_leakage(parts["train"], parts["test"])
    assert not any(after.counts.values())
    assert str(after).startswith("0 of ")


def test_report_in_words_and_as_one_frame(planted):
    report = find_leakage(*planted)
    text = str(report)
    assert text.startswith("3 of 23 test rows (13.0 %) leak, 5 of 52 training rows leak into them")
    assert "1 are near duplicates" in text
    assert "overlap" not in text
    frame = report.to_frame()
    assert frame["kind"].tolist() == ["exact", "reverse_complement", "near_duplicate"]
    assert frame["test"].tolist() == [0, 1, 2]
    assert find_leakage(["ACGT"], ["CCCC"]).to_frame().empty


def test_one_strand_only(planted):
    report = find_leakage(*planted, reverse_complement=False)
    assert report.counts["reverse_complement"] == 0
    assert report.rows_to_drop("test").tolist() == [0, 2]


def test_codes_and_frames_agree_with_text(planted):
    train, test = planted
    expected = str(find_leakage(train, test))
    assert str(find_leakage(encode(train), encode(test))) == expected
    frames = [pd.DataFrame({"gc": 0.5, "sequence": x}, index=x) for x in planted]
    assert str(find_leakage(*frames)) == expected
    assert str(find_leakage(train, frames[1])) == expected


def test_near_duplicates_where_words_are_frequent(rng, monkeypatch):
    """A family on both sides, larger than any list: every test copy is found."""
    from skgenomics.model_selection import _homology_search as _search

    monkeypatch.setattr(_search, "_MAX_LISTED", 10)
    (ancestor,) = encode(random_texts(rng, 1, 150))
    copies = np.tile(ancestor, (300, 1))
    copies[np.arange(300), rng.integers(150, size=300)] = rng.integers(4, size=300)
    report = find_leakage(copies[:200], copies[200:])
    assert report.rows_to_drop("test").size == 100


def test_duplicates_on_both_sides_in_numbers_stay_cheap():
    report = find_leakage(["ACGTTGCATG"] * 50_000, ["CATGCAACGT"] * 50_000)
    assert len(report.reverse_complement) == 50_000
    assert (report.reverse_complement["n_train"] == 50_000).all()
    assert report.rows_to_drop("train").size == 50_000


def make_intervals(rng, n, chromosomes=("chr1", "chr2", "X")):
    start = rng.integers(2000, size=n)
    return pd.DataFrame(
        {
            "chrom": rng.choice(chromosomes, size=n),
            "start": start,
            "end": start + rng.integers(0, 60, size=n),
        },
        index=rng.permutation(n),
    )


def test_overlaps_by_brute_force(rng):
    train, test = make_intervals(rng, 80), make_intervals(rng, 60, ("1", "chr2", "chrX"))
    report = find_leakage(train, test)
    expected = {}
    for i, a in enumerate(test.itertuples()):
        for j, b in enumerate(train.itertuples()):
            n_common = min(a.end, b.end) - max(a.start, b.start)
            if a.chrom.removeprefix("chr") == b.chrom.removeprefix("chr") and n_common > 0:
                expected.setdefault(i, {})[j] = n_common
    assert len(expected) > 10
    assert report.overlap["test"].tolist() == list(expected)
    for row in report.overlap.itertuples():
        assert row.n_train == len(expected[row.test])
        assert row.overlap == expected[row.test][row.train]
    assert report.rows_to_drop("train").tolist() == sorted(
        {j for x in expected.values() for j in x}
    )
    assert "overlap training intervals" in str(report)
    assert "are training sequences" not in str(report)


def intervals(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def test_overlaps_of_a_chromosome_do_not_depend_on_the_others():
    report = find_leakage(
        intervals(("chr2", 0, 10)), intervals(("chr1", 0, 10), ("chr2", 5, 15), ("chr3", 0, 10))
    )
    assert report.overlap["test"].tolist() == [1]
    assert report.rows_to_drop("train").tolist() == [0]


def test_the_partner_is_the_interval_that_ends_last():
    train = intervals(("chr1", 0, 10), ("chr1", 1, 100), ("chr1", 2, 5))
    report = find_leakage(train, intervals(("chr1", 50, 60)))
    assert report.overlap.to_numpy().tolist() == [[0, 1, 1, 10]]
    assert report.rows_to_drop("train").tolist() == [1]


def test_near_duplicates_are_numbered_by_their_first_sample(rng):
    other, text = random_texts(rng, 2)
    near = text[:40] + ("A" if text[40] != "A" else "C") + text[41:]
    report = find_leakage([other, other, text], [near])
    assert report.near_duplicate[["test", "train"]].to_numpy().tolist() == [[0, 2]]
    assert find_leakage([text], [near]).rows_to_drop("train").tolist() == [0]


def test_intervals_beside_sequences():
    train = pd.DataFrame({"sequence": ["ACGT"], "chrom": ["chr1"], "start": [0], "end": [4]})
    report = find_leakage(train, train.assign(start=2, end=6))
    assert report.counts["exact"] == report.counts["overlap"] == 1


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (pd.DataFrame({"a": ["AC"], "b": ["x"]}), ["AC"], "there is nothing to compare"),
        (pd.DataFrame({"chrom": ["1"], "start": [0], "end": [4]}), ["AC"], "nothing to compare"),
        (["AC"], [], "no sequence"),
        (["AC"], ["ACQ"], "sequence 0 has 'Q'"),
    ],
)
def test_errors(train, test, message):
    with pytest.raises(ValueError, match=message):
        find_leakage(train, test)


def test_bad_intervals_and_parts():
    good = pd.DataFrame({"chrom": ["1"], "start": [0], "end": [4]})
    with pytest.raises(ValueError, match="X_test: row 0 ends at -1, before its start at 0"):
        find_leakage(good, good.assign(end=-1))
    with pytest.raises(ValueError, match="X_train: row 0 has no chrom, start or end"):
        find_leakage(good.assign(start=np.nan), good)
    with pytest.raises(ValueError, match="part must be one of"):
        find_leakage(["A"], ["C"]).rows_to_drop("dev")


# Repeated rows, test rows in train (exact, and on either strand), sequences of several labels:
# as recorded with the data sets.
KNOWN = [
    ("gue_prom_core/prom_core_all", 262, 43, 43, 64),
    ("gue_prom_core/prom_core_tata", 85, 16, 16, 15),
    ("gue_tf_human/tf1", 1, 1, 2, 0),
    ("gue_tf_human/tf4", 4150, 0, 0, 0),
    ("idna_ms/4mC_F.vesca", 42, 20, 20, 42),
    ("idna_ms/6mA_H.sapiens", 3, 1, 1, 3),
    ("ienhancer/ienhancer_layer1", 100, 100, 100, 0),
    ("dbp_protein/pdb1075_pdb186", 79, 75, 75, 0),
    ("ipro_mp/escherichia_coli_k12", 7, 0, 1, 7),
    ("rbp_clip/nova", 36, 11, 12, 0),
    ("rbp_clip/pum2", 57, 17, 17, 17),
    ("rbp_clip/qki", 46, 16, 16, 11),
    ("crisprhal_tevsacas9/tevsacas9", 0, 0, 135, None),
    ("mpra_samples/deepstarr_sample", 31, 12, 17, None),
    ("lncrna_loc/lncrna_loc", 4, 4, 4, None),
    ("uci_splice/splice", 185, None, None, 1),
    ("crispr_azimuth/fc_plus_res", 931, None, None, None),
]


@needs_data
@pytest.mark.parametrize(("path", "repeated", "exact", "either", "conflicts"), KNOWN)
def test_known_leaks_of_public_sets(path, repeated, exact, either, conflicts):
    frame = pd.read_csv(DATA / f"{path}.csv.gz")
    alphabet = "protein" if "protein" in path else "dna"
    y = frame["label"] if conflicts is not None else None
    found = find_duplicates(frame, y, alphabet=alphabet, reverse_complement=False)
    assert len(found) - found["first"].nunique() == repeated
    if conflicts is not None:
        assert found.loc[found["conflict"], "first"].nunique() == conflicts
    if exact is not None:
        train, test = (frame[frame["split"] == part] for part in ("train", "test"))
        counts = find_leakage(train, test, alphabet=alphabet).counts
        assert counts["exact"] == exact
        assert counts["exact"] + counts["reverse_complement"] == either


@needs_data
def test_dev_rows_of_tf4_are_training_rows():
    frame = pd.read_csv(DATA / "gue_tf_human/tf4.csv.gz")
    train, dev = (frame.loc[frame["split"] == part, "sequence"] for part in ("train", "dev"))
    assert len(find_leakage(train, dev).exact) == 358


def test_positions_that_are_no_integers():
    places = pd.DataFrame({"chrom": ["1", "1"], "start": ["5", "x"], "end": ["9", "9"]})
    with pytest.raises(ValueError, match="X_train: row 1 has the start x, which is not an integer"):
        find_leakage(places, places)
    fine = places.iloc[:1].assign(chrom="chr1")
    assert len(find_leakage(fine, fine.assign(chrom="1")).overlap) == 1
