"""Motifs and their files: formulas written out, errors with their place, real databases."""

import gzip
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgenomics.motifs import Motif, read_motifs, write_motifs

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0001.1 first
letter-probability matrix: alength= 4 w= 2 nsites= 40 E= 0
 0.900000\t0.100000\t0.000000\t0.000000
 0.000000  0.000000  0.500000  0.500000
URL https://example.org

MOTIF second

letter-probability matrix:
0.25 0.25 0.25 0.25
"""
JASPAR = """>MA0080.1\tSPI1
A  [    14      4      3     56     56      3 ]
C  [    21      2      0      1      0     18 ]
G  [    19     48     52      0      0     34 ]
T  [     3      3      2      0      1      2 ]
"""


def write(folder, name, text):
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["a.meme", "a.meme.gz"])
def test_meme(tmp_path, name):
    first, second = read_motifs(write(tmp_path, name, MEME))
    assert (first.name, first.alt_name, first.n_sites, first.width) == ("MA0001.1", "first", 40, 2)
    assert_allclose(first.probabilities, [[0.9, 0.1, 0, 0], [0, 0, 0.5, 0.5]])
    assert first.consensus == "AG"
    assert (second.name, second.alt_name, second.n_sites) == ("second", "", None)


def test_full_meme_output(tmp_path):
    """What the program meme writes around its matrices."""
    text = """****
MEME - Motif discovery tool
****
MEME version 5.1.0 (Release date: today)

ALPHABET= ACGT

MOTIF GA MEME-1\twidth =   2  sites =  4  llr = 5  E-value = 9.8e-001
\tMotif GA MEME-1 Description
----
Simplified        A  :a
pos.-specific     C  ::
log-odds matrix: alength= 4 w= 2 n= 10 bayes= 2 E= 9.8e-001
  -100   -100    200   -100
   200   -100   -100   -100
letter-probability matrix: alength= 4 w= 2 nsites= 4 E= 9.8e-001
 0.0  0.0  1.0  0.0
 1.0  0.0  0.0  0.0
----
"""
    (motif,) = read_motifs(write(tmp_path, "meme.txt", text))
    assert (motif.name, motif.alt_name, motif.consensus, motif.n_sites) == ("GA", "MEME-1", "GA", 4)


@pytest.mark.parametrize(
    ("alphabet", "symbols"),
    [
        ("ALPHABET= ACGU", "ACGU"),
        (
            'ALPHABET "DNA" DNA-LIKE\nA "Adenine" CC0000 ~ T "Thymine" 008000\n'
            'C "Cytosine" 0000CC ~ G "Guanine" FFB300\nN "Any base" = ACGT\nEND ALPHABET',
            "ACGT",
        ),
        ("", "ACGT"),
    ],
)
def test_alphabets_of_meme(tmp_path, alphabet, symbols):
    text = MEME.replace("ALPHABET= ACGT", alphabet)
    assert {m.alphabet for m in read_motifs(write(tmp_path, "a.meme", text))} == {symbols}


def test_proteins(tmp_path):
    row = " ".join(["0.05"] * 20)
    text = f"MEME version 4\nMOTIF x\nletter-probability matrix: alength= 20 w= 1\n{row}\n"
    (motif,) = read_motifs(write(tmp_path, "a.meme", text))
    assert motif.probabilities.shape == (1, 20)
    assert motif.information_content() == pytest.approx(0)


def test_jaspar(tmp_path):
    (motif,) = read_motifs(write(tmp_path, "a.jaspar", JASPAR))
    assert (motif.name, motif.alt_name, motif.n_sites) == ("MA0080.1", "SPI1", 57)
    assert motif.consensus == "CGGAAG"
    assert_allclose(motif.probabilities[0], np.array([14, 21, 19, 3]) / 57)


def test_rows_of_jaspar_without_or_with_other_symbols(tmp_path):
    rows = [line.split("[")[1].strip(" ]") for line in JASPAR.splitlines()[1:]]
    expected = read_motifs(write(tmp_path, "a.jaspar", JASPAR))[0]
    (raw,) = read_motifs(write(tmp_path, "MA0080.pfm", "\n".join(rows)))
    assert raw.name == "MA0080"
    reversed_rows = [f"{symbol} {row}" for symbol, row in zip("ACGU", rows, strict=True)][::-1]
    (rna,) = read_motifs(write(tmp_path, "rna.pfm.gz", "\n".join([">x", *reversed_rows])))
    assert rna.alphabet == "UGCA"
    assert_allclose(raw.probabilities, expected.probabilities)
    assert_allclose(rna.probabilities[:, ::-1], expected.probabilities)


def test_probabilities_in_jaspar_have_no_number_of_sites(tmp_path):
    text = ">x\n0.5 1\n0.5 0\n0 0\n0 0\n>y\n1\n1\n1\n1\n"
    x, y = read_motifs(write(tmp_path, "a.pfm", text))
    assert (x.n_sites, y.n_sites) == (None, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("\nID  MA0004.1\n", "line 2: 'ID  MA0004.1' does not begin a file"),
        ("MEME version 4\n", "holds no motif"),
        (MEME.replace("MOTIF MA0001.1 first\n", ""), "line 10: a matrix without a line 'MOTIF"),
        (MEME.replace("0.500000  0.500000", "0.500000"), "line 13: 3 numbers instead of 4"),
        (MEME.replace("0.500000  0.500000", "0.5 x"), "line 13: motif 'MA0001.1' has 1 rows"),
        (MEME.replace("w= 2", "w= 3"), "line 14: motif 'MA0001.1' has 2 rows .* instead of 3"),
        (MEME.replace("0.500000  0.500000", "0.5 x"), "here is '0.000000  0.000000  0.5 x'"),
        (MEME.replace("w= 2", "w= 1"), "line 13: motif 'MA0001.1' has more than 1 rows"),
        (MEME.replace("w= 2", "w= two"), "line 11: not a number"),
        (f"{MEME}MOTIF lost\n", "motif 'lost' has no letter-probability matrix"),
        (MEME.replace("MOTIF MA0001.1", "MOTIF lost\nMOTIF x"), "line 11: motif 'lost' has no"),
        (MEME.replace("0.500000  0.500000", "0.5 0.9"), "position 1 sum to 1.4 instead of 1"),
        (MEME.replace("ACGT", "ACG"), r"line 13: .* shape \(width, 3\)"),
        (MEME.replace("ALPHABET=", "ALPHABET x"), "without END ALPHABET"),
        (JASPAR.replace("T  [", "# ["), "line 5: motif 'MA0080.1' needs rows of"),
        (JASPAR.replace("52 ", ""), "line 4: motif 'MA0080.1' needs rows of the same number"),
        (JASPAR.rsplit("\n", 2)[0], "line 4: .* needs four rows, one per base.* got 3"),
        (JASPAR.replace("T  [", "A  ["), "line 5: .* has rows for 'ACGA'"),
        (">x\n0 1\n0 1\n0 1\n0 1\n", "line 5: motif 'x' has a position without counts"),
        (">x\n-1 1\n3 1\n0 1\n0 1\n", "line 5: motif 'x': .* not negative"),
        (">x\nA nan 1\nC 3 1\nG 0 1\nT 0 1\n", "line 5: motif 'x': counts must be finite"),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_motifs(write(tmp_path, "broken.txt", text))
    assert "broken.txt" in str(error.value)


def test_homer(tmp_path):
    """Eight rows of four numbers are eight positions, and not two motifs of width four."""
    consensus = "GATAAGTC"
    rows = ["\t".join("0.97" if x == y else "0.01" for x in "ACGT") for y in consensus]
    text = f">{consensus}\t1-GATA\t6.5\t-120.1\n" + "\n".join(rows) + "\n"
    for n in (1, 2):
        for motif in read_motifs(write(tmp_path, "known.motif", text * n)):
            assert (motif.name, motif.alt_name, motif.consensus) == ("1-GATA", consensus, consensus)
            assert motif.n_sites is None
    assert len(read_motifs(tmp_path / "known.motif")) == 2
    with pytest.raises(ValueError, match="7 rows of 4 numbers, but its consensus"):
        read_motifs(write(tmp_path, "cut.motif", text.rsplit("\n", 2)[0]))


@pytest.mark.parametrize("width", [3, 4, 5, 8, 12])
def test_one_row_per_position(tmp_path, width):
    random = np.random.default_rng(width)
    counts = random.multinomial(57, [0.4, 0.3, 0.2, 0.1], size=width)
    rows = "\n".join("\t".join(map(str, row)) for row in counts)
    (motif,) = read_motifs(write(tmp_path, "a.pcm", f">CTCF_HUMAN.H11MO.0.A\n{rows}\n"))
    assert (motif.name, motif.n_sites) == ("CTCF_HUMAN.H11MO.0.A", 57)
    assert_allclose(motif.probabilities, counts / 57)
    by_base = "\n".join(" ".join(map(str, row)) for row in counts.T)
    (other,) = read_motifs(write(tmp_path, "a.pfm", f">x\n{by_base}\n"))
    assert_allclose(other.probabilities, counts / 57)


def test_cisbp(tmp_path):
    matrix = "Pos\tA\tC\tG\tT\n1\t0.9\t0.1\t0\t0\n2\t0\t0\t1\t0\n"
    (motif,) = read_motifs(write(tmp_path, "M00001_2.00.txt", matrix))
    assert (motif.name, motif.consensus) == ("M00001_2", "AG")
    described = f"TF\tT001\nTF Name\tTFAP2B\nMotif\tM1\nSpecies\tHomo sapiens\n{matrix}\n"
    motifs = read_motifs(write(tmp_path, "pwm.txt", described + described.replace("M1", "M2")))
    assert [m.name for m in motifs] == ["M1", "M2"]
    with pytest.raises(ValueError, match="line 3: motif 'pwm' needs rows of a position"):
        read_motifs(write(tmp_path, "pwm.txt", matrix.replace("\n2\t", "\n3\t")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">x\n" + "5 5 5 5\n" * 4, "4 rows of 4 numbers, which may be bases or positions"),
        ("1 2 3 4\n" * 3 + "9 9 9 9\n" * 5, "8 rows of 4 numbers, which may be bases"),
        (">x\n1 2 3\n1 2 3\n", "2 rows of 3 numbers, which may be bases"),
        (">x\n1 2\n1 2\n1 2\n1 2\n1 2\n", "5 rows of 2 numbers"),
        (">x\n>y\n1 2\n", "line 1: motif 'x' has no rows"),
    ],
)
def test_ambiguous_matrices_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_motifs(write(tmp_path, "a.pfm", text))


def test_log_odds():
    motif = Motif("x", [[1, 0, 0, 0], [0.5, 0.5, 0, 0]], n_sites=9)
    background = np.array([0.1, 0.4, 0.4, 0.1])
    expected = np.log2((motif.probabilities * 9 + background) / 10 / background)
    assert_allclose(motif.log_odds(background, pseudocount=1), expected)
    assert motif.log_odds(pseudocount=0)[0].tolist() == [2, -np.inf, -np.inf, -np.inf]
    unknown = Motif("x", motif.probabilities)
    assert_allclose(unknown.log_odds(pseudocount=20)[0], np.log2([2.5, 0.5, 0.5, 0.5]))


def test_information_content():
    motif = Motif("x", [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    assert_allclose(motif.information_content(), [2, 1, 0], atol=1e-12)
    assert_allclose(motif.information_content([0.5, 0.3, 0.1, 0.1])[0], 1)


@pytest.mark.parametrize("alphabet", ["ACGT", "TGCA", "ACGU", "AGCT"])
def test_reverse_complement(alphabet):
    motif = Motif("x", np.eye(4)[[0, 1, 1]], alphabet, n_sites=3, alt_name="y")
    other = motif.reverse_complement()
    pairs = dict(zip("ACGTU", "TGCAA", strict=True))
    if "U" in alphabet:
        pairs["A"] = "U"
    assert other.consensus == "".join(pairs[x] for x in motif.consensus[::-1])
    assert (other.name, other.n_sites, other.alt_name) == ("x", 3, "y")
    assert_array_equal(other.reverse_complement().probabilities, motif.probabilities)
    with pytest.raises(ValueError, match="no complement"):
        Motif("p", np.full((1, 20), 0.05), "protein").reverse_complement()


def test_rounded_probabilities_are_made_to_sum_to_one():
    motif = Motif("x", [[0.33, 0.33, 0.33, 0.0]])
    assert motif.probabilities.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="read-only"):
        motif.probabilities[0] = 1


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        ([0.25] * 4, r"shape \(width, 4\)"),
        (np.empty((0, 4)), "shape"),
        ([[0.5, 0.5]], "shape"),
        ([[1, 0, 0, np.nan]], "finite"),
        ([[2, -1, 0, 0]], "not negative"),
        ([[10, 0, 0, 0]], "position 0 sum to 10 instead of 1; divide counts"),
    ],
)
def test_wrong_probabilities(probabilities, message):
    with pytest.raises(ValueError, match=f"motif 'x'.*{message}"):
        Motif("x", probabilities)


@pytest.mark.parametrize("background", [[1, 0, 0, 0], [0.5, 0.5], [0.3, 0.3, 0.3, 0.3]])
def test_wrong_background(background):
    with pytest.raises(ValueError, match="background must be 4 positive probabilities"):
        Motif("x", [[1, 0, 0, 0]]).log_odds(background)
    with pytest.raises(ValueError, match="pseudocount must be"):
        Motif("x", [[1, 0, 0, 0]]).log_odds(pseudocount=-1)


def test_pickle():
    motif = pickle.loads(pickle.dumps(Motif("x", [[1, 0, 0, 0]])))
    assert motif.consensus == "A"


def real(path):
    data = pytest.importorskip("data", reason="benchmarks/data.py knows where the files are")
    if not (data.DATA / path).exists():
        pytest.skip(f"no file {data.DATA / path}")
    return read_motifs(data.DATA / path)


def test_jaspar_2024():
    motifs = real("motifs/JASPAR2024_CORE_vertebrates_non-redundant.meme")
    assert len(motifs) == len({motif.name for motif in motifs}) == 879
    arnt = motifs[0]
    assert (arnt.name, arnt.alt_name, arnt.n_sites) == ("MA0004.1", "Arnt", 20)
    assert arnt.consensus == arnt.reverse_complement().consensus == "CACGTG"


def test_hocomoco_13():
    motifs = real("motifs/HOCOMOCO_H13CORE.meme.gz")
    assert len(motifs) == 1611
    ctcf = next(motif for motif in motifs if motif.name.startswith("CTCF."))
    both = ctcf.consensus, ctcf.reverse_complement().consensus
    assert any("AGGGGGC" in consensus or "AGGTGGC" in consensus for consensus in both)


def test_small_fixtures():
    (spi1,) = real("io/small/bionumpy/MA0080.1.jaspar")
    assert (spi1.name, spi1.alt_name, spi1.consensus) == ("MA0080.1", "SPI1", "CGGAAG")
    assert len(real("io/small/tangermeme/test.meme")) == 12
    assert real("io/small/tangermeme/test2.meme")[0].n_sites == 9573


def same(motif, other, atol):
    assert (motif.name, motif.alt_name) == (other.name, other.alt_name)
    assert motif.n_sites == pytest.approx(other.n_sites)
    assert motif.consensus == other.consensus
    assert_allclose(motif.probabilities, other.probabilities, rtol=0, atol=atol)


def random_motifs(n_symbols=4, alphabet="ACGT"):
    random = np.random.default_rng(0)
    sizes = [(1, None, ""), (7, 20, "TF"), (30, 9573, "A-1::B"), (12, 17.25, "")]
    return [
        Motif(f"M{i}", random.dirichlet(np.full(n_symbols, 0.3), size=width), alphabet, n, alt)
        for i, (width, n, alt) in enumerate(sizes)
    ]


@pytest.mark.parametrize("ending", ["", ".gz", ".bgz"])
@pytest.mark.parametrize(
    ("name", "atol"), [("a.meme", 3e-6), ("a.txt", 3e-6), ("a.jaspar", 1e-9), ("a.pfm", 1e-9)]
)
def test_written_motifs_come_back(tmp_path, name, atol, ending):
    motifs = random_motifs()
    path = tmp_path / (name + ending)
    write_motifs(iter(motifs), path)
    read = read_motifs(path)
    assert len(read) == len(motifs)
    for motif, other in zip(read, motifs, strict=True):
        same(motif, other, atol)
    write_motifs(read, tmp_path / f"again_{name}")
    for motif, other in zip(read_motifs(tmp_path / f"again_{name}"), motifs, strict=True):
        same(motif, other, 2 * atol)


def test_counts_come_back_as_they_were(tmp_path):
    write_motifs(read_motifs(write(tmp_path, "a.jaspar", JASPAR)), tmp_path / "b.jaspar")
    assert (tmp_path / "b.jaspar").read_text().split() == JASPAR.replace("  [", " [").split()


@pytest.mark.parametrize(("alphabet", "symbols"), [("rna", "ACGU"), ("TGCA", "ACGT")])
@pytest.mark.parametrize("name", ["a.meme", "a.jaspar"])
def test_symbols_of_written_motifs(tmp_path, name, alphabet, symbols):
    (motif,) = random_motifs(4, alphabet)[1:2]
    write_motifs(motif, tmp_path / name)
    (read,) = read_motifs(tmp_path / name)
    assert read.alphabet == symbols
    expected = motif.probabilities if alphabet == "rna" else motif.probabilities[:, ::-1]
    assert_allclose(read.probabilities, expected, atol=1e-6)
    assert read.consensus == motif.consensus


def test_what_a_meme_file_holds(tmp_path):
    write_motifs([Motif("a", [[0.5, 0.5, 0, 0]], n_sites=8, alt_name="b")], tmp_path / "a.meme")
    assert (tmp_path / "a.meme").read_text() == (
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\n"
        "A 0.25 C 0.25 G 0.25 T 0.25\n\nMOTIF a b\n"
        "letter-probability matrix: alength= 4 w= 1 nsites= 8 E= 0\n"
        "0.500000 0.500000 0.000000 0.000000\n"
    )


def test_proteins_are_written(tmp_path):
    motifs = random_motifs(20, "protein")
    write_motifs(motifs, tmp_path / "a.meme")
    for motif, other in zip(read_motifs(tmp_path / "a.meme"), motifs, strict=True):
        same(motif, other, 1e-5)
    with pytest.raises(ValueError, match=r"motif 'M0' has the alphabet .* write a MEME file"):
        write_motifs(motifs, tmp_path / "a.jaspar")


def test_other_programs_read_the_same(tmp_path):
    tangermeme = pytest.importorskip("tangermeme.io")
    motifs = random_motifs()
    write_motifs(motifs, tmp_path / "a.meme")
    read = tangermeme.read_meme(str(tmp_path / "a.meme"))
    for matrix, motif in zip(read.values(), motifs, strict=True):
        assert_allclose(np.asarray(matrix).T, motif.probabilities, atol=1e-6)


ROW = [[1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("motifs", "name", "message"),
    [
        ([], "a.meme", "there is no motif to write"),
        ([Motif("x", ROW)], "a.csv", r"ends in none of .meme.*set `format`"),
        ([Motif("x", ROW)], "a.gz", "ends in none"),
        ([Motif("x", ROW), Motif("x", ROW)], "a.meme", "two motifs have the name 'x'"),
        ([Motif("x y", ROW)], "a.meme", "motif 'x y': its names.*without spaces"),
        ([Motif("", ROW)], "a.meme", "motif '': its names"),
        ([Motif("x", ROW, alt_name="a b")], "a.meme", "motif 'x': its names"),
        ([Motif("x", ROW, alt_name="width=3")], "a.meme", "motif 'x': its names"),
        ([Motif("x", ROW), Motif("", ROW, alt_name="y")], "a.jaspar", "motif '': its names"),
        ([Motif("x\n", ROW)], "a.jaspar", "its names"),
        ([Motif("x", ROW, alt_name="a\nb")], "a.jaspar", "its names"),
        ([Motif("x", ROW, alt_name=" a")], "a.jaspar", "its names"),
        ([Motif("x", ROW), Motif("y", ROW, "rna")], "a.meme", "'y' has the alphabet 'ACGU'.* two"),
        ([Motif("x", [[0.5, 0.5]], "AB")], "a.meme", "'x' has the alphabet 'AB', but MEME"),
    ],
)
def test_motifs_that_can_not_be_written(tmp_path, motifs, name, message):
    (tmp_path / name).write_text("old")
    with pytest.raises(ValueError, match=message):
        write_motifs(motifs, tmp_path / name)
    assert (tmp_path / name).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_wrong_arguments_of_write_motifs(tmp_path):
    with pytest.raises(ValueError, match="format must be one of"):
        write_motifs([Motif("x", ROW)], tmp_path / "a.meme", format="transfac")
    with pytest.raises(TypeError, match="element 1 of motifs is not a Motif, but 'y'"):
        write_motifs([Motif("x", ROW), "y"], tmp_path / "a.meme")
    write_motifs([Motif("x", ROW, alt_name="two words")], tmp_path / "a.meme", format="jaspar")
    assert read_motifs(tmp_path / "a.meme")[0].alt_name == "two words"


@pytest.mark.parametrize(
    "path",
    [
        "motifs/JASPAR2024_CORE_vertebrates_non-redundant.meme",
        "motifs/HOCOMOCO_H13CORE.meme.gz",
        "io/small/bionumpy/MA0080.1.jaspar",
    ],
)
@pytest.mark.parametrize(("name", "atol"), [("a.meme", 3e-6), ("a.jaspar", 1e-9)])
def test_databases_come_back(tmp_path, path, name, atol):
    motifs = real(path)
    write_motifs(motifs, tmp_path / name)
    for motif, other in zip(read_motifs(tmp_path / name), motifs, strict=True):
        same(motif, other, atol)


def test_counts_of_sites():
    motif = Motif.from_sequences("x", ["ACG", "acg", "UCN"], "rna")
    assert_allclose(motif.probabilities, [[2 / 3, 0, 0, 1 / 3], [0, 1, 0, 0], [0, 0, 1, 0]])
    assert motif.n_sites == 3
    counts = [[2, 0, 0, 1], [0, 3, 0, 0]]
    assert_allclose(Motif.from_counts("x", counts).counts, counts)
    assert_allclose(
        Motif.from_sequences("x", ["A"], pseudocount=4).probabilities, [[0.4, 0.2, 0.2, 0.2]]
    )


def test_trimming():
    flat, sure = [0.25] * 4, [0.97, 0.01, 0.01, 0.01]
    motif = Motif("x", [flat, sure, flat, sure, flat, flat])
    assert motif.trim().width == 3
    assert motif.trim(0).width == 6
    assert Motif("x", [flat, flat]).information_content().sum() == 0
    assert Motif("x", [flat, flat]).trim().width == 1
    # None reaches the threshold, and two tell the most: one of them is left.
    assert motif.trim(1.9).probabilities.tolist() == [sure]
    assert motif.width == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Motif.from_counts("x", [[1, 0, 0, 0], [0] * 4]), "position 1 has no counts"),
        (lambda: Motif.from_counts("x", [1, 2, 3, 4]), "must have the shape"),
        (lambda: Motif.from_counts("x", [[2, -1, 0, 0]]), "finite and not negative"),
        (lambda: Motif.from_sequences("x", ["ACG", "AC"]), "site 1 has length 2, but site 0"),
        (lambda: Motif.from_sequences("x", ["NN", "NN"]), "position 0 has no counts"),
        (lambda: Motif.from_sequences("x", []), "holds no sequence"),
        (lambda: Motif.from_sequences("x", "ACGT"), "put the site 'ACGT' in a list"),
        (lambda: Motif("x", [[0.25] * 4]).counts, "set `n_sites`"),
        (lambda: Motif("x", [[0.25] * 4], n_sites=-3), "n_sites must be a number from 0 on"),
        (lambda: Motif("x", [[0.25] * 4], n_sites=np.nan), "n_sites must be a number from 0 on"),
        (lambda: Motif("x", [[0.25] * 4]).trim(-1), "threshold must be"),
    ],
)
def test_bad_counts(make, message):
    with pytest.raises(ValueError, match=message):
        make()
