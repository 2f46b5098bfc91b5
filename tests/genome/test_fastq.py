import gzip

import pytest
from genome_files import bgzip

from skgenomics.genome import read_fastq

TEXT = "@r1 a=1\nACGTN\n+\nIIII#\n@r2\nacg\n+r2\n@+>\n@r3\n\n+\n\n@r4\nA\n+\nI\n"
RECORDS = [("r1 a=1", "ACGTN", "IIII#"), ("r2", "acg", "@+>"), ("r3", "", ""), ("r4", "A", "I")]


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "reads.fq"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT + "\n\n\n\n\n\n",
        TEXT + "\n",
        TEXT.replace("\n", "\r\n"),
        gzip.compress(TEXT.encode(), mtime=0),
        bgzip(TEXT.encode()),
    ],
    ids=["plain", "no newline", "blank lines", "blank line", "CRLF", "gz", "bgz"],
)
def test_records(write, content):
    assert list(read_fastq(write(content))) == RECORDS


def test_records_come_one_by_one(write):
    reader = read_fastq(write(TEXT + "@r5\nACGT\n+\nI\n"))
    assert [next(reader) for _ in range(4)] == RECORDS
    with pytest.raises(ValueError, match=r"line 20 of record 5 \('r5'\) has 1 qualities for 4"):
        next(reader)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (">a\nACGT\n", "line 1 of record 1 does not begin with '@': '>a'"),
        ("@a\nACGT\n", "line 3 of record 1 .'a'. is missing: the file is cut off"),
        ("@a\nACGT\n+\nIIII\n@b\nAC\n+\n", "line 8 of record 2 .'b'. is missing"),
        ("@a\nAC\nGT\n+\nII\nII\n", r"line 3 .* does not begin with '\+': 'GT'.* 4 lines"),
        ("@a\nAC\n+b\nII\n", r"line 3 .* another name than 'a': '\+b'"),
        ("@a\nAC\n+\nII\n\n@b\nAC\n+\nII\n", "line 5 of record 2 does not begin with '@'"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "damaged gzip file"),
        (b"@a\nA\xff\n+\nII\n", "is no text file"),
    ],
)
def test_bad_files(write, content, message):
    with pytest.raises(ValueError, match=message):
        list(read_fastq(write(content)))
