import gzip
import os

import numpy as np
import pytest
from genome_files import END_OF_FILE, bgzip, gzi

from skgenomics.genome._bgzf import BgzfFile, is_bgzf

TEXT = bytes(np.random.default_rng(0).integers(65, 91, size=1234, dtype=np.uint8))


@pytest.fixture(params=[False, True], ids=["headers", "gzi"])
def path(tmp_path, request):
    path = tmp_path / "text.gz"
    path.write_bytes(bgzip(TEXT))
    if request.param:
        (tmp_path / "text.gz.gzi").write_bytes(gzi(TEXT))
    return path


def test_any_part_reads_as_the_text(path):
    file = BgzfFile(path)
    assert file.size == len(TEXT)
    for start, stop in [(0, 1), (0, 1234), (49, 51), (50, 100), (99, 777), (1233, 1234), (5, 5)]:
        assert file.read(start, stop) == TEXT[start:stop]
    assert b"".join(file.chunks(n_blocks=3)) == TEXT == gzip.decompress(path.read_bytes())


def test_blocks_read_end_to_end(path):
    file = BgzfFile(path)
    text, shifts = file.read_blocks(np.array([1, 2, 20]))
    assert text.tobytes() == TEXT[50:150] + TEXT[1000:1050]
    assert shifts.tolist() == [-50, -50, 100 - 1000]
    assert file.blocks_of(np.array([0, 49, 50, 1233])).tolist() == [0, 0, 1, 24]


def test_what_htslib_writes(tmp_path):
    pysam = pytest.importorskip("pysam")
    text = TEXT * 500
    (tmp_path / "text").write_bytes(text)
    pysam.tabix_compress(str(tmp_path / "text"), str(tmp_path / "text.gz"))
    file = BgzfFile(tmp_path / "text.gz")
    assert file.size == len(text)
    assert file.read(400_000, 500_000) == text[400_000:500_000]


def test_plain_gzip_is_none(tmp_path, path):
    assert is_bgzf(path)
    (tmp_path / "plain.gz").write_bytes(gzip.compress(TEXT))
    assert not is_bgzf(tmp_path / "plain.gz")
    (tmp_path / "empty").write_bytes(b"")
    assert not is_bgzf(tmp_path / "empty")


def test_cut_off_anywhere_is_an_error(path):
    whole = path.read_bytes()
    for cut in (20, len(whole) // 2, len(whole) - len(END_OF_FILE), len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"text\.gz has no block that marks the end.*cut off"):
            BgzfFile(path)


def test_bytes_missing_in_the_middle_are_an_error(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:300] + whole[310:])
    with pytest.raises(ValueError, match="damaged or cut off"):
        BgzfFile(path).read(0, len(TEXT))


def test_a_changed_byte_is_an_error(path):
    whole = bytearray(path.read_bytes())
    whole[40] ^= 255
    path.write_bytes(whole)
    with pytest.raises(ValueError, match="damaged or cut off bgzip file: at byte 0"):
        BgzfFile(path).read(0, 10)


@pytest.mark.parametrize("content", [b"", b"xx", b"\x01" + b"\x00" * 23, b"\xff" * 40])
def test_a_damaged_table_is_not_used(tmp_path, content):
    path = tmp_path / "text.gz"
    path.write_bytes(bgzip(TEXT))
    (tmp_path / "text.gz.gzi").write_bytes(content)
    assert BgzfFile(path).read(0, 1234) == TEXT


def test_an_older_table_is_not_used(tmp_path):
    path, table = tmp_path / "text.gz", tmp_path / "text.gz.gzi"
    table.write_bytes(gzi(TEXT, block_size=70))
    os.utime(table, (1, 1))
    path.write_bytes(bgzip(TEXT))
    assert BgzfFile(path).read(0, 1234) == TEXT


def test_a_table_that_ends_early_is_completed(tmp_path):
    path = tmp_path / "text.gz"
    path.write_bytes(bgzip(TEXT))
    table = np.frombuffer(gzi(TEXT), dtype="<u8")[: 1 + 2 * 5].copy()
    table[0] = 5
    (tmp_path / "text.gz.gzi").write_bytes(table.tobytes())
    assert BgzfFile(path).read(0, 1234) == TEXT


def test_empty_blocks_in_the_middle(tmp_path):
    path = tmp_path / "text.gz"
    half = bgzip(TEXT[:600])
    # As two files that were put together by `cat`.
    path.write_bytes(half + bgzip(TEXT[600:]))
    file = BgzfFile(path)
    assert file.read(590, 610) == TEXT[590:610]
    assert file.size == len(TEXT)
