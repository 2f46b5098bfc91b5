"""Variants of planted splice sites: strands, masks, and VCF with INFO fields."""

import gzip

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from skgenomics import CNNClassifier, CNNRegressor, SequenceLabeler
from skgenomics._outputs import LabelOutputs, ProfileOutputs
from skgenomics.cli import main
from skgenomics.genome import read_vcf, score_variants
from skgenomics.genome._bgzf import is_bgzf
from skgenomics.persistence import save
from skgenomics.sequences import decode, reverse_complement

WINDOW, DISTANCE = 41, 10
DONOR, ACCEPTOR = "CAGGTAAG", "TTTCAGGA"


def random_text(n, seed):
    text = "".join(np.random.default_rng(seed).choice(list("ACGT"), size=n))
    for site in (DONOR, ACCEPTOR, *reverse_complement([DONOR, ACCEPTOR])):
        text = text.replace(site, "CCCCCCCC")
    return text


def plant(text, *sites):
    for position, site in sites:
        text = text[:position] + site + text[position + len(site) :]
    return text


def label(text):
    """D at the last base of an exon, A at the first one."""
    labels = ["N"] * len(text)
    for site, offset, name in ((DONOR, 2, "D"), (ACCEPTOR, 6, "A")):
        start = text.find(site)
        while start >= 0:
            labels[start + offset] = name
            start = text.find(site, start + 1)
    return "".join(labels)


class SiteLabeler(ClassifierMixin, BaseEstimator):
    """Labeler that finds the planted sites and nothing else, by the contract of outputs."""

    def fit(self, X, y=None):
        self.classes_, self.length_ = np.array(["A", "D", "N"]), WINDOW
        return self

    def predict_proba(self, X):
        codes = np.array([["ADN".index(c) for c in label(x)] for x in X])
        return np.eye(3)[codes] * 0.97 + 0.01

    def _predict_scores(self, X):
        X = decode(X, "dna") if isinstance(X, np.ndarray) and X.dtype == np.uint8 else X
        return np.log(self.predict_proba(X)).transpose(0, 2, 1)

    def _describe_outputs(self):
        return LabelOutputs(tuple(self.classes_.tolist()))


# A gene on the forward strand with the exons 100-160 and 220-280: a donor behind the first one and
# an acceptor ahead of the second one; and the same on the reverse strand of another chromosome.
FORWARD = plant(random_text(400, 5), (157, DONOR), (214, ACCEPTOR))
REVERSE = str(reverse_complement([FORWARD])[0])
GENOME = {"chr1": FORWARD, "chr2": REVERSE}
EXONS = pd.DataFrame(
    {
        "chrom": ["chr1", "chr1", "chr2", "chr2"],
        "start": [100, 220, 400 - 280, 400 - 160],
        "end": [160, 280, 400 - 220, 400 - 100],
        "strand": ["+", "+", "-", "-"],
        "gene_id": ["one", "one", "two", "two"],
    }
)


@pytest.fixture(scope="module")
def labeler():
    return SiteLabeler().fit([])


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in GENOME.items()))
    return path


def frame_of(*rows):
    return pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])


def destroy_sites():
    """Make variants that destroy the donor, thrice, and the acceptor."""
    text = FORWARD
    return frame_of(
        ("chr1", 161, text[160], "A"),  # the G of GT
        ("chr1", 159, text[158:163], text[158]),  # a deletion that takes GT away
        ("chr1", 160, text[159], text[159] + "CCC"),  # an insertion within the site
        ("chr1", 219, text[218], "C"),  # the A of AG
    )


def test_destroyed_sites_are_lost(labeler, fasta):
    variants = destroy_sites()
    table = score_variants(labeler, variants, fasta, distance=DISTANCE, exons=EXONS, masked=True)
    assert table["gene"].tolist() == ["one"] * 4
    np.testing.assert_allclose(table["DS_DL"][:3], [0.97, 0.98, 0.97])
    assert table["DP_DL"][:3].tolist() == [-1, 1, 0]
    assert table["DS_AL"][3] == pytest.approx(0.97)
    assert table["DP_AL"][3] == 2
    assert (table["DS_AL"][:3] < 0.02).all()


def test_scores_are_the_same_on_the_reverse_strand(labeler, fasta):
    """A single substitution is the mirror image; indels are anchored at another base."""
    forward = destroy_sites().iloc[[0, 3]]
    n = len(FORWARD)
    mirrored = frame_of(
        *(
            ("chr2", n - pos + 1, *reverse_complement([ref, alt]))
            for _, pos, ref, alt in forward.itertuples(index=False)
        )
    )
    expected = score_variants(labeler, forward, fasta, distance=DISTANCE, exons=EXONS)
    found = score_variants(labeler, mirrored, fasta, distance=DISTANCE, exons=EXONS)
    assert found["gene"].tolist() == ["two", "two"]
    for name in ("DS_AG", "DS_AL", "DS_DG", "DS_DL"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)
    strong = expected["DS_DL"] > 0.1
    assert (found["DP_DL"][strong] == -expected["DP_DL"][strong]).all()


def slow_delta(labeler, row, gene_start, gene_end, boundaries, mask):
    """Scores of SpliceAI's get_delta_scores for one variant of the forward strand."""
    pos, ref, alt = row.pos, row.ref, row.alt
    half = WINDOW // 2
    text = "".join(c if gene_start <= i < gene_end else "N" for i, c in enumerate(FORWARD))
    begin = pos - 1 - half
    x_ref = text[begin : begin + WINDOW]
    x_alt = (text[begin : pos - 1] + alt + text[pos - 1 + len(ref) :])[:WINDOW]
    y_ref, y_alt = (p.astype(float) for p in labeler.predict_proba([x_ref, x_alt]))
    if len(ref) > 1 and len(alt) == 1:
        zeros = np.zeros((len(ref) - 1, y_alt.shape[1]))
        y_alt = np.concatenate([y_alt[: half + 1], zeros, y_alt[half + 1 :]])
    elif len(ref) == 1 and len(alt) > 1:
        largest = y_alt[half : half + len(alt)].max(axis=0)[np.newaxis]
        y_alt = np.concatenate([y_alt[:half], largest, y_alt[half + len(alt) :]])
    near = slice(half - DISTANCE, half + DISTANCE + 1)
    change = y_alt[near] - y_ref[near]
    site = min(boundaries - pos, key=abs)
    scores = {}
    for name in "AD":
        column = change[:, labeler.classes_.tolist().index(name)]
        gain, loss = column.argmax(), column.argmin()
        masked_gain = mask and gain - DISTANCE == site
        masked_loss = mask and loss - DISTANCE != site
        scores[f"DS_{name}G"] = max(0, column[gain]) * (not masked_gain)
        scores[f"DS_{name}L"] = max(0, -column[loss]) * (not masked_loss)
        scores[f"DP_{name}G"], scores[f"DP_{name}L"] = gain - DISTANCE, loss - DISTANCE
    return scores


@pytest.mark.parametrize("mask", [False, True])
def test_scores_equal_a_plain_loop(labeler, fasta, mask):
    text = FORWARD
    others = frame_of(
        ("chr1", 111, text[110], "G" if text[110] != "G" else "C"),
        ("chr1", 190, text[189:193], text[189]),
        ("chr1", 190, text[189], text[189] + DONOR),
        ("chr1", 275, text[274], "A" if text[274] != "A" else "T"),
    )
    variants = pd.concat([destroy_sites(), others], ignore_index=True)
    table = score_variants(labeler, variants, fasta, distance=DISTANCE, exons=EXONS, masked=mask)
    boundaries = np.array([101, 160, 221, 280])
    for i, row in enumerate(variants.itertuples(index=False)):
        expected = slow_delta(labeler, row, 100, 280, boundaries, mask)
        for name, value in expected.items():
            # Where nothing changes, no position is that of the largest change.
            if name.startswith("DS") or expected[name.replace("DP", "DS")] > 1e-6:
                assert table.loc[i, name] == pytest.approx(value, abs=1e-5), name


def test_masks(labeler, fasta):
    """Gains count where nothing is annotated, losses where an exon ends."""
    text = FORWARD
    new_site = frame_of(("chr1", 190, text[189], text[189] + DONOR))
    table = score_variants(labeler, new_site, fasta, distance=DISTANCE, exons=EXONS, masked=True)
    assert table["DS_DG"][0] > 0.8
    moved = EXONS.assign(end=[150, 280, 180, 300])
    lost = destroy_sites()[:1]
    masked = score_variants(labeler, lost, fasta, distance=DISTANCE, exons=moved, masked=True)
    raw = score_variants(labeler, lost, fasta, distance=DISTANCE, exons=moved)
    assert masked["DS_DL"][0] == 0
    assert raw["DS_DL"][0] > 0.8


def test_variants_outside_of_genes_have_no_scores(labeler, fasta):
    variants = frame_of(("chr1", 30, FORWARD[29], "A" if FORWARD[29] != "A" else "C"))
    table = score_variants(labeler, variants, fasta, exons=EXONS)
    assert table["gene"].isna().all()
    assert table["DS_DL"].isna().all()


def test_exons_of_a_file(labeler, fasta, tmp_path):
    lines = [
        f'{e.chrom}\tme\texon\t{e.start + 1}\t{e.end}\t.\t{e.strand}\t.\tgene_id "{e.gene_id}";\n'
        for e in EXONS.itertuples()
    ]
    path = tmp_path / "genes.gtf"
    path.write_text("".join(lines))
    variants = destroy_sites()
    found = score_variants(labeler, variants, fasta, exons=path, masked=True)
    expected = score_variants(labeler, variants, fasta, exons=EXONS, masked=True)
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"masked": True}, "give `exons`"),
        ({"exons": EXONS.drop(columns="strand")}, "has no 'strand'"),
        ({"exons": EXONS.assign(strand=".")}, "exon 0 has the strand '.'"),
        ({"exons": EXONS.assign(chrom="chr9")}, "another assembly"),
    ],
)
def test_bad_exons(labeler, fasta, settings, message):
    with pytest.raises(ValueError, match=message):
        score_variants(labeler, destroy_sites(), fasta, **settings)


X = [random_text(WINDOW, seed) for seed in range(40)]
X_SITES = [plant(x, (3 * (i % 5), DONOR), (25, ACCEPTOR)) for i, x in enumerate(X)]
Y = pd.DataFrame({"K562": [x.count("G") for x in X], "HepG2": [x.count("A") for x in X]})


@pytest.fixture(scope="module")
def regressor():
    return CNNRegressor(n_filters=4, kernel_size=5, max_iter=1, random_state=0).fit(X, Y)


def test_exons_are_for_labels(regressor, fasta):
    with pytest.raises(ValueError, match="exons are for the labels of a SequenceLabeler"):
        score_variants(regressor, destroy_sites(), fasta, exons=EXONS)


VCF = f"""##fileformat=VCFv4.2
##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">
##contig=<ID=chr1,length=400>
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tone
chr1\t161\trs1\t{FORWARD[160]}\tA,C\t50\tPASS\tDP=9\tGT\t0/1
chr1\t175\t.\t{FORWARD[174]}\t<DEL>\t.\t.\t.\tGT\t1/1
chr1\t219\trs2\t{FORWARD[218]}\tC\t.\t.\tDP=7;DB\tGT\t0/0
"""


def info_of(line):
    pairs = [part.partition("=") for part in line.split("\t")[7].split(";")]
    return {key: value for key, _, value in pairs}


@pytest.mark.filterwarnings("ignore:.* variants have no alternative")
@pytest.mark.parametrize("name", ["out.vcf", "out.vcf.gz"])
def test_vcf_keeps_lines_and_adds_fields(regressor, fasta, tmp_path, name):
    source, output = tmp_path / "in.vcf", tmp_path / name
    source.write_text(VCF)
    table = score_variants(regressor, source, fasta, batch_size=1)
    result = score_variants(regressor, source, fasta, output=output, batch_size=1)
    assert result.n_variants == 4
    data = output.read_bytes()
    assert is_bgzf(output) == name.endswith(".gz")
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).decode().splitlines()
    given = VCF.splitlines()
    declared = [line for line in lines if line.startswith("##INFO=<ID=delta_K562,")]
    assert "Number=A,Type=Float" in declared[0]
    assert [line for line in lines if line.startswith("##") and line in given] == given[:3]
    body = [line for line in lines if not line.startswith("#")]
    for found, before in zip(body, given[4:], strict=True):
        a, b = found.split("\t"), before.split("\t")
        assert a[:7] + a[8:] == b[:7] + b[8:]
        assert a[7].startswith(b[7] if b[7] != "." else "")
    deltas = [float(x) for x in info_of(body[0])["delta_K562"].split(",")]
    np.testing.assert_allclose(deltas, table["delta_K562"][:2], rtol=1e-5)
    assert "delta_K562" not in info_of(body[1])
    assert float(info_of(body[2])["alt_HepG2"]) == pytest.approx(table["alt_HepG2"][3], rel=1e-5)
    assert "ref_match" in info_of(body[2])
    assert sum(map(len, read_vcf(output))) == 4


def test_vcf_of_a_frame(labeler, fasta, tmp_path):
    output = tmp_path / "out.vcf.gz"
    score_variants(labeler, destroy_sites(), fasta, exons=EXONS, output=output)
    lines = gzip.decompress(output.read_bytes()).decode().splitlines()
    assert "##contig=<ID=chr1,length=400>" in lines
    assert any(line.startswith("##INFO=<ID=DP_DL,Number=A,Type=Integer,") for line in lines)
    body = [line for line in lines if not line.startswith("#")]
    assert len(body) == 4
    assert info_of(body[0])["gene"] == "one"
    assert float(info_of(body[0])["DS_DL"]) > 0.8


@pytest.mark.filterwarnings("ignore:.* variants have no alternative")
def test_info_field_that_exists(regressor, fasta, tmp_path):
    source, output = tmp_path / "in.vcf", tmp_path / "out.vcf"
    source.write_text(VCF)
    score_variants(regressor, source, fasta, output=output)
    before = output.read_bytes()
    again = tmp_path / "again.vcf"
    with pytest.raises(ValueError, match=r"out\.vcf.*'ref_K562' exists already.*info_prefix"):
        score_variants(regressor, output, fasta, output=again)
    assert not again.exists()
    assert output.read_bytes() == before
    score_variants(regressor, output, fasta, output=again, info_prefix="second_")
    assert "second_delta_K562=" in again.read_text()
    headless = tmp_path / "headless.vcf"
    headless.write_text(f"chr1\t161\t.\t{FORWARD[160]}\tA\t.\t.\tref_K562=3\n")
    with pytest.raises(ValueError, match="'ref_K562' exists already"):
        score_variants(regressor, headless, fasta, output=again)
    headless.write_text(f"chr1\t161\t.\t{FORWARD[160]}\tA\n")
    score_variants(regressor, headless, fasta, output=again)
    assert again.read_text().splitlines()[0] == "##fileformat=VCFv4.2"
    assert len(next(read_vcf(again))) == 1


@pytest.mark.filterwarnings("ignore:.* variants have no alternative")
def test_vcf_of_the_command_line(regressor, fasta, tmp_path, capsys):
    model, source, output = tmp_path / "m.skops", tmp_path / "in.vcf", tmp_path / "out.vcf.gz"
    save(regressor, model)
    source.write_text(VCF)
    arguments = ["variants", str(model), str(source), str(fasta), "-o", str(output)]
    assert main([*arguments, "--info-prefix", "net_"]) in (0, None)
    lines = gzip.decompress(output.read_bytes()).decode().splitlines()
    assert "net_delta_K562" in info_of(lines[-1])


def test_labels_of_the_command_line(fasta, tmp_path):
    labeler = SequenceLabeler(network="cnn", max_iter=1).fit(X_SITES, [label(x) for x in X_SITES])
    model, source, output = tmp_path / "m.skops", tmp_path / "in.vcf", tmp_path / "out.tsv"
    save(labeler, model)
    source.write_text(f"chr1\t161\t.\t{FORWARD[160]}\tA\n")
    genes = tmp_path / "genes.gtf"
    genes.write_text('chr1\tme\texon\t101\t280\t.\t+\t.\tgene_id "one";\n')
    main(
        [
            *("variants", str(model), str(source), str(fasta), "-o", str(output)),
            *("--exons", str(genes), "--masked", "--distance", "5"),
        ]
    )
    table = pd.read_csv(output, sep="\t")
    assert table["DP_DL"].abs().max() <= 5
    assert table["gene"].tolist() == ["one"]


@pytest.mark.parametrize("kind", ["nullable", "category", "arrow", "polars", "pyarrow"])
def test_frames_of_any_type(regressor, fasta, kind):
    variants = destroy_sites()
    expected = score_variants(regressor, variants, fasta)
    if kind == "nullable":
        given = variants.convert_dtypes()
    elif kind == "category":
        given = variants.astype({"chrom": "category", "ref": "category", "pos": float})
    elif kind == "arrow":
        pytest.importorskip("pyarrow")
        given = variants.convert_dtypes(dtype_backend="pyarrow")
    elif kind == "polars":
        given = pytest.importorskip("polars").DataFrame(variants.to_dict("list"))
    else:
        given = pytest.importorskip("pyarrow").table(variants.to_dict("list"))
    pd.testing.assert_frame_equal(score_variants(regressor, given, fasta), expected)


class SignalOfSites(RegressorMixin, BaseEstimator):
    """Profile of 1 everywhere, and of 20 in two bins where the donor begins."""

    def fit(self, X, y=None):
        self.length_ = WINDOW
        return self

    def predict(self, X):
        signal = np.ones((len(X), WINDOW))
        for i, text in enumerate(X):
            start = text.find(DONOR)
            if start >= 0:
                signal[i, start : start + 2] = 20
        return signal

    def _predict_scores(self, X):
        X = decode(X, "dna") if isinstance(X, np.ndarray) and X.dtype == np.uint8 else X
        return np.log(self.predict(X))[:, np.newaxis]

    def _describe_outputs(self):
        return ProfileOutputs(("a",), n_bins=WINDOW, link="log", scale=(1.0,), mean=(0.0,))


def test_lost_motif_changes_the_total_of_a_profile(fasta):
    model = SignalOfSites().fit([])
    other = frame_of(("chr1", 60, FORWARD[59], "A" if FORWARD[59] != "A" else "C"))
    table = score_variants(model, pd.concat([destroy_sites()[:1], other]), fasta)
    before, after = WINDOW - 2 + 40, WINDOW
    assert table["ref"].tolist() == pytest.approx([before, after])
    assert table["alt"].tolist() == pytest.approx([after, after])
    assert table["log2_fold_change"].tolist() == pytest.approx([np.log2(after / before), 0])
    p, q = np.array([20, 20] + [1] * 39) / before, np.full(WINDOW, 1 / WINDOW)
    middle = (p + q) / 2
    divergence = (p @ np.log2(p / middle) + q @ np.log2(q / middle)) / 2
    assert table["js_distance"].tolist() == pytest.approx([np.sqrt(divergence), 0], abs=1e-6)


def test_function_as_target(regressor, fasta):
    variants = destroy_sites()
    both = score_variants(regressor, variants, fasta)
    table = score_variants(regressor, variants, fasta, target=lambda out: out[:, 0] - out[:, 1])
    np.testing.assert_allclose(table["alt"], both["alt_K562"] - both["alt_HepG2"], atol=1e-5)


def test_classes_of_a_classifier_are_named_in_the_columns(fasta):
    y = pd.DataFrame({"K562": Y["K562"] > 10, "HepG2": Y["HepG2"] > 10}).astype(float)
    model = CNNClassifier(n_filters=4, kernel_size=5, max_iter=1).fit(X, y)
    assert "log_odds_HepG2" in score_variants(model, destroy_sites(), fasta)
