import pytest

from skgenomics.genome import match_chromosome
from skgenomics.genome.chromosomes import chromosome_key

UCSC = ["chr1", "chr2", "chrX", "chrM", "chrUn_KI270742v1"]
ENSEMBL = ["1", "2", "X", "MT", "KI270742.1"]
YEAST = ["chrI", "chrII", "chrX", "chrmt"]


@pytest.mark.parametrize(("ucsc", "ensembl"), list(zip(UCSC[:4], ENSEMBL[:4], strict=True)))
def test_two_namings_find_each_other(ucsc, ensembl):
    assert match_chromosome(ucsc, ENSEMBL) == ensembl
    assert match_chromosome(ensembl, UCSC) == ucsc


@pytest.mark.parametrize("name", ["M", "MT", "Mito", "chrM", "chrMT", "CHRm", "mitochondrion"])
def test_all_names_of_the_mitochondrion(name):
    assert match_chromosome(name, ["1", "MT"]) == "MT"
    assert match_chromosome(name, YEAST) == "chrmt"


def test_an_integer_is_its_digits():
    assert match_chromosome(1, UCSC) == "chr1"


def test_roman_numerals_are_no_arabic_ones():
    assert match_chromosome("I", YEAST) == "chrI"
    with pytest.raises(ValueError, match="'1' is not in the genome"):
        match_chromosome("1", YEAST)
    assert chromosome_key("chrX") == "X"


def test_the_name_itself_wins_over_a_similar_one():
    assert match_chromosome("1", ["chr1", "1"]) == "1"
    assert match_chromosome("chr1", ["chr1", "1"]) == "chr1"


def test_two_candidates_are_an_error():
    with pytest.raises(ValueError, match=r"'Chr1' is 'chr1' or '1' in g\.fa; use one"):
        match_chromosome("Chr1", ["chr1", "1"], source="g.fa")


def test_an_unknown_name_tells_the_nearest_ones():
    with pytest.raises(ValueError, match=r"'chr22' is not in g\.fa; did you mean 'chr2'"):
        match_chromosome("chr22", UCSC, source="g.fa")
    with pytest.raises(ValueError, match=r"there are '0', .*'7', \.\.\. \(30 in all\)"):
        match_chromosome("scaffold", map(str, range(30)))


def test_chr_alone_is_a_name():
    assert match_chromosome("chr", ["chr"]) == "chr"
    assert chromosome_key("") == ""
