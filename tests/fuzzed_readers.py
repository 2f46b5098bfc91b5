"""Readers of the package, a small valid file for each, and what its mutants must read as.

A mutant either reads as the data that it holds, or raises one ValueError or OSError that names the
file. What it holds is told by a naive reader in a few lines; for files with checksums, and for
files that only describe others, it is the data of the original.
"""

import csv
import gzip
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
from genome_files import bgzip, gzi

from skgenomics import CNNClassifier, KmerCounter, load, save
from skgenomics.datasets import fetch_gue, load_csv, load_fasta, load_intervals
from skgenomics.genome import (
    Genome,
    SignalTrack,
    read_bed,
    read_broadpeak,
    read_fasta,
    read_fastq,
    read_gff,
    read_narrowpeak,
    read_vcf,
    write_bigwig,
)
from skgenomics.model_selection import read_clusters
from skgenomics.motifs import read_motifs
from skgenomics.persistence import describe
from skgenomics.training._checkpoints import read_checkpoint, write_checkpoint

TOKENS = [
    *(b"NA", b"nan", b"null", b"", b".", b"-1", b"0", b"1e1", b"10.0", b"True", b"inf", b"#", b">"),
    *(b"99999999999999999999", b'"', b";;", b"\t", b" ", b"\n", b"\r", b"\r\n", b"\x00", b"\xff"),
    *(b"@", b"+", b"track", b"browser", b"\xc3\xa9", b"1", b"ACGT", b"=", b",", b"%20", b"*"),
]  # fmt: skip
NAMES = [
    *("FASTA", "FASTA, gzip", "FASTA, bgzip", "FASTQ", "genome", "genome, gzip", "genome, bgzip"),
    *("fai", "fai, bgzip", "gzi", "BED", "narrowPeak", "broadPeak", "GTF", "GFF3", "VCF"),
    *("VCF, bgzip", "bedGraph", "bigWig", "MEME", "JASPAR", "HOMER", "CIS-BP", "HOCOMOCO", "table"),
    *("labels", "intervals", "MMseqs2", "CD-HIT", "model", "encoder", "header", "checkpoint"),
    *("fetched file", "its record"),
]  # fmt: skip
# Intervals of mutants may span more positions than memory holds.
_MAX_POSITION = 10**6


class Undefined(Exception):
    """A naive reader does not know what a mutant holds."""


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Make one to three small changes to a file."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = _change(data, rng)
    return data


def _change(data: bytes, rng: random.Random) -> bytes:
    position = rng.randint(0, max(len(data) - 1, 0))
    end = min(len(data), position + rng.choice((1, 1, 2, 8, 40)))
    kind = rng.randint(0, 11)
    if kind == 0:
        return data[:position]
    if kind == 1:
        return data[:position] + data[end:]
    if kind == 2:
        return data[:position] + rng.choice(TOKENS) + data[position:]
    if kind == 3:
        return data[:position] + data[position:end] + data[position:]
    if kind == 4 and data:
        changed = bytearray(data)
        changed[position] ^= 1 << rng.randint(0, 7)
        return bytes(changed)
    if kind == 5 and data:
        changed = bytearray(data)
        changed[position] = rng.choice((0, 1, 10, 13, 32, 62, 127, 128, 255))
        return bytes(changed)
    if kind == 6:
        return rng.choice((b"\xef\xbb\xbf", b"\n", b"#", b" ")) + data
    if kind == 7:
        return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n")))
    return _change_lines(data, rng)


def _change_lines(data: bytes, rng: random.Random) -> bytes:
    """Drop, repeat, swap or join lines, or replace a field of one."""
    lines = data.split(b"\n")
    i, j = (rng.randint(0, len(lines) - 1) for _ in range(2))
    kind = rng.randint(0, 4)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines[i : i + 2] = [b"".join(lines[i : i + 2])]
    else:
        separator = b"\t" if b"\t" in lines[i] else b"," if b"," in lines[i] else b" "
        fields = lines[i].split(separator)
        fields[rng.randint(0, len(fields) - 1)] = rng.choice(TOKENS)
        lines[i] = separator.join(fields)
    return b"\n".join(lines)


@dataclass(frozen=True)
class Reader:
    """A reader with its files.

    Attributes
    ----------
    files : dict of str to bytes
        Files by name, the first of which is mutated.
    read : callable
        Function of the folder that returns what is read.
    naive : callable or None
        Function of the mutant that returns what it holds; None if it is the data of the original.
    """

    files: dict[str, bytes]
    read: Callable[[Path], object]
    naive: Callable[[bytes], object] | None = None

    @property
    def name(self) -> str:
        return next(iter(self.files))

    def write(self, folder: Path, mutant: bytes) -> None:
        for index in folder.glob("*.fai"):
            index.unlink()
        for name, content in self.files.items():
            (folder / name).write_bytes(mutant if name == self.name else content)


def find_failure(reader: Reader, mutant: bytes, folder: Path, original: object) -> str | None:
    """Read a mutant, and describe what is wrong with the result, if anything."""
    reader.write(folder, mutant)
    try:
        value = reader.read(folder)
    except (ValueError, OSError) as error:
        known = [name for name in reader.files if name in str(error)]
        return None if known else f"the error names no file: {type(error).__name__}: {error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    try:
        expected = original if reader.naive is None else reader.naive(mutant)
    except Undefined:
        return None
    except Exception as error:
        return f"read as {value!r}, but the naive reader raises {error!r}"
    return None if value == expected else f"read as {value!r} instead of {expected!r}"


def _text(data: bytes) -> str:
    """Text with universal line breaks, without a byte order mark."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig").read()


def _data_lines(data: bytes) -> list[str]:
    lines = _text(data).replace("\ufeff", "").split("\n")
    kept = [line for line in lines if line.strip() and line[0] != "#"]
    return [line for line in kept if re.split(r"\s", line)[0] not in ("track", "browser")]


def _rows(lines: list[str]) -> list[list[str]]:
    separator = "\t" if "\t" in lines[0] else None
    return [line.split(separator) for line in lines]


def _naive_fasta(data: bytes) -> list[tuple[str, str]]:
    records: list[tuple[str, list[str]]] = []
    for line in map(str.strip, _text(data).split("\n")):
        if line.startswith(">"):
            records.append((line[1:].strip(), []))
        elif line:
            records[-1][1].extend(line.split())
    return [(name, "".join(parts)) for name, parts in records]


def _naive_genome(data: bytes) -> list[tuple[str, str, str]]:
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    records: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line.startswith(">"):
            name = line.encode("latin-1")[1:].split()[0].decode("utf-8", "replace")
            records.append((name, []))
        elif line.strip("\r"):
            records[-1][1].append(line.rstrip("\r"))
    return [(name, "".join(parts), "".join(parts)) for name, parts in records]


def _naive_fastq(data: bytes) -> list[tuple[str, str, str]]:
    lines = _text(data).split("\n")
    while lines and not lines[-1]:
        del lines[-1]
    lines += [""] * (-len(lines) % 4)
    return [(lines[i][1:].strip(), lines[i + 1], lines[i + 3]) for i in range(0, len(lines), 4)]


def _naive_bed(data: bytes) -> list[tuple]:
    return [(row[0], int(row[1]), int(row[2])) for row in _rows(_data_lines(data))]


def _naive_gff(data: bytes) -> list[tuple]:
    lines = _text(data).split("\n")
    ends = [i for i, line in enumerate(lines) if line.startswith("##FASTA")]
    kept = _data_lines("\n".join(lines[: ends[0]] if ends else lines).encode())
    rows = _rows(kept)
    clean = unquote if "=" in kept[0] else str
    return [(clean(row[0]), int(row[3]) - 1, int(row[4]), row[2]) for row in rows]


def _naive_vcf(data: bytes) -> list[tuple]:
    lines = [x for x in _text(data).split("\n") if x.strip() and x[0] != "#"]
    rows = [line.split("\t") for line in lines]
    return [(row[0], int(row[1]), row[3], alt) for row in rows for alt in row[4].split(",")]


def _naive_bedgraph(data: bytes) -> dict[str, list]:
    values: dict[str, list] = {}
    for chrom, start, end, value in _rows(_data_lines(data)):
        if int(end) > _MAX_POSITION:
            raise Undefined
        if value not in (".", "NA"):
            values.setdefault(chrom, []).append((int(start), int(end), np.float32(value)))
    return {chrom: sorted(runs) for chrom, runs in values.items()}


def _read_bedgraph(path: Path) -> dict[str, list]:
    track = SignalTrack(path)
    found = {}
    for chrom in track.names:
        starts, ends, _ = track._reader._parts[chrom]
        if ends.max() > _MAX_POSITION:
            found[chrom] = []
            continue
        levels = [track.values(chrom, a, b) for a, b in zip(starts, ends, strict=True)]
        assert all((x == x[0]).all() for x in levels)
        found[chrom] = [
            (int(a), int(b), x[0]) for a, b, x in zip(starts, ends, levels, strict=True)
        ]
    return found


def _naive_table(data: bytes) -> list[tuple]:
    text = _text(data)
    if '"' in text:
        raise Undefined
    rows = list(csv.reader([line for line in text.split("\n") if line.strip()]))
    if "" in rows[0] or len(set(rows[0])) < len(rows[0]):
        raise Undefined
    sequence, label = (rows[0].index(name) for name in ("sequence", "label"))
    padded = [row + [""] * (len(rows[0]) - len(row)) for row in rows[1:]]
    return [(row[sequence].strip(), row[label]) for row in padded]


def _read_table(path: Path) -> list[tuple]:
    data = load_csv(path, "label")
    return [(x, str(y)) for x, y in zip(data.X, data.y, strict=True)]


def _naive_motifs(data: bytes) -> int:
    lines = [line.strip() for line in _text(data).splitlines()]
    matrices = sum(line.startswith("letter-probability matrix:") for line in lines)
    headers = sum(line.startswith(">") or line.split() == ["Pos", *"ACGT"] for line in lines)
    return matrices or max(1, headers)


def _naive_clusters(data: bytes) -> list[int]:
    names: list[str] = []
    lines = [line for line in _text(data).split("\n") if line.strip()]
    if lines[0].startswith(">Cluster"):
        name = ""
        for line in lines:
            name = line if line.startswith(">Cluster") else name
            names += [] if line.startswith(">Cluster") else [name]
    else:
        names = [line.split("\t")[0].strip() for line in lines]
    return pd.factorize(np.array(names, dtype=object))[0].tolist()


def _genome(name: str) -> Callable[[Path], list]:
    def read(folder: Path) -> list:
        genome = Genome(folder / name)
        found = []
        for chrom, length in genome.lengths.items():
            many = genome.fetch_many([chrom], [0], [length])[0]
            found.append((chrom, genome.fetch(chrom, 0, length), many))
        return found

    return read


def _frame(read: Callable, *columns: str) -> Callable[[Path], list[tuple]]:
    def read_tuples(path: Path) -> list[tuple]:
        return [
            tuple(x.item() if hasattr(x, "item") else x for x in row)
            for row in read(path)[list(columns)].itertuples(index=False)
        ]

    return read_tuples


_FASTA = (
    b">a first label=1\nACGTACGTAC\nGGTTNNacgt\nAC\n>b label=0\nTTGGA\n>c label=2\nACGTACGTAC\nT\n"
)
_FAI = b"a\t22\t17\t10\t11\nb\t5\t51\t5\t6\nc\t11\t68\t10\t11\n"
_FASTQ = b"@r1 x\nACGTN\n+\nIIII#\n@r2\nGG\n+r2\n@+\n"
_BED = b"#x\ntrack name=a\nchr1\t10\t20\tp1\t5\t+\nchr1\t30\t45\tp2\t.\t-\nchr2\t0\t7\tp3\t1.5\t.\n"
_NARROW = b"".join(b"chr1\t%d0\t%d5\tp%d\t7\t.\t1.5\t2\t-1\t3\n" % (i, i, i) for i in range(1, 5))
_BROAD = b"".join(b"chr1\t%d0\t%d5\tp%d\t7\t.\t1.5\t2\t-1\n" % (i, i, i) for i in range(1, 5))
_GTF = (
    b'chr1\tx\texon\t11\t20\t.\t+\t.\tgene_id "g1"; n "1"; # end\n'
    b'chr2\tx\tCDS\t31\t40\t2.5\t-\t0\tgene_id "g2";; n "2";\n'
)
_GFF3 = (
    b"##gff-version 3\nchr1\tx\tgene\t11\t20\t.\t+\t.\tID=g1;Name=a%20b\n"
    b"chr2\tx\tCDS\t31\t40\t.\t?\t2\tID=g2\n##FASTA\n>chr1\nACGT\n"
)
_VCF = (
    b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    b"chr1\t7\trs1\tA\tG,AT\t.\t.\t.\nchr1\t9\t.\tAC\tA\t5\tPASS\tDP=1\n"
    b"chr2\t3\tx\tT\t<DEL>\t.\t.\t.\n"
)
_BEDGRAPH = b"track type=bedGraph\nchr1\t0\t3\t2.0\nchr1\t5\t7\t4.5\nchr2\t1\t9\t-1\n"
_CSV = b"id,sequence,label,split\na,ACGT,HA,train\nb,GGNA,NA,test\nc,acgtt,NP,train\n"
_LABELS = b"id,label\na,x\nb,y\nc,x\n"
_MEME = (
    b"MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M1 one\nletter-probability matrix: alength= 4 w= 2 "
    b"nsites= 5 E= 0\n0.8 0.2 0 0\n0 0 0.5 0.5\n\nMOTIF M2\nletter-probability matrix: alength= 4 "
    b"w= 1\n0.25 0.25 0.25 0.25\n"
)
_JASPAR = b">M1 TF\nA [8 0 1]\nC [0 0 2]\nG [0 1 0]\nT [0 8 0]\n>M2\nA 1 2\nC 3 4\nG 5 6\nT 7 8\n"
_HOMER = (
    b">ACG\t1-ACG\t6.5\t-120.1\n0.7\t0.1\t0.1\t0.1\n0.1\t0.7\t0.1\t0.1\n0.1\t0.1\t0.7\t0.1\n"
    b">TT\t2-TT\t3.5\n0.1\t0.1\t0.1\t0.7\n0\t0\t0\t1\n"
)
_CISBP = b"TF\tT1\nMotif\tM1\nPos\tA\tC\tG\tT\n1\t0.7\t0.1\t0.1\t0.1\n2\t0.25\t0.25\t0.25\t0.25\n"
_PCM = b">M1\n1\t2\t3\t4\n5\t5\t0\t0\n0\t0\t0\t10\n>M2\n1 0 0 0\n0 1 0 0\n"
_MMSEQS = b"p1\tp1\np1\tp3\np2\tp2\n"
_CDHIT = (
    b">Cluster 0\n0\t100nt, >p1... *\n1\t90nt, >p3... at +/99%\n>Cluster 1\n0\t80nt, >p2... *\n"
)
_INTERVALS = b"chrom,start,end,strand,label\na,0,4,+,x\na,2,9,-,y\nb,0,5,.,x\n"


def _bigwig(folder: Path) -> bytes:
    path = folder / "track.bw"
    runs = pd.DataFrame(
        {"chrom": ["chr1", "chr1"], "start": [0, 20], "end": [9, 40], "value": [1.0, 2.5]}
    )
    write_bigwig(runs, path, {"chr1": 60})
    return path.read_bytes()


def _model(folder: Path) -> tuple[bytes, list[str]]:
    X = ["ACGTACGTAA", "TTGCATGCAA"] * 8
    model = CNNClassifier(n_filters=4, kernel_size=3, max_iter=1, random_state=0)
    save(model.fit(X, [0, 1] * 8), folder / "model.skops")
    return (folder / "model.skops").read_bytes(), X[:4]


def _fetched(folder: Path) -> dict[str, bytes]:
    """Files of a data set with the records of their checksums."""
    parts = folder / "gue" / "mouse_0"
    parts.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        (parts / f"{split}.csv").write_bytes(b"sequence,label\nACGT,1\nGGCA,0\n")
    fetch_gue("mouse_0", data_home=folder, download_if_missing=False)
    names = [f"{split}.csv{end}" for split in ("train", "dev", "test") for end in ("", ".json")]
    return {f"gue/mouse_0/{name}": (parts / name).read_bytes() for name in names}


def make_readers(folder: Path) -> dict[str, Reader]:
    """Make all readers; `folder` is for files that only writers of the package can make.

    Parameters
    ----------
    folder : Path
        An empty folder.

    Returns
    -------
    dict of str to Reader
    """
    model, X = _model(folder)
    encoder = folder / "encoder.skops"
    save(KmerCounter(k=2).fit(X), encoder)
    write_checkpoint(folder / "lm.ckpt", {"weights": {"a": np.arange(20.0).tolist()}, "n": 3})
    fetched = _fetched(folder)
    train, record = "gue/mouse_0/train.csv", "gue/mouse_0/train.csv.json"
    others = {name: x for name, x in fetched.items() if name not in (train, record)}

    def fetch(folder: Path) -> list:
        data = fetch_gue("mouse_0", data_home=folder, download_if_missing=False)
        return [data.X.tolist(), data.y.tolist()]

    def text(name: str, data: bytes, read: Callable, naive: Callable) -> Reader:
        return Reader({name: data}, lambda folder: read(folder / name), naive)

    def zipped(name: str, data: bytes, read: Callable) -> Reader:
        return Reader({name: data}, lambda folder: read(folder / name))

    bed = ("chrom", "start", "end")
    gff = ("chrom", "start", "end", "feature")
    vcf = ("chrom", "pos", "ref", "alt")
    read_chunk = _frame(lambda chunk: chunk, *vcf)

    def read_variants(path: Path) -> list[tuple]:
        return [row for chunk in read_vcf(path, chunk_size=2) for row in read_chunk(chunk)]

    def list_fasta(path: Path) -> list:
        return list(read_fasta(path))

    def naive_gzip(data: bytes) -> list[tuple[str, str]]:
        # Two compressed files in a row are a valid one, which holds both.
        return _naive_fasta(gzip.decompress(data))

    readers = {
        "FASTA": text("a.fa", _FASTA, list_fasta, _naive_fasta),
        "FASTA, gzip": text("a.fa.gz", gzip.compress(_FASTA, mtime=0), list_fasta, naive_gzip),
        "FASTA, bgzip": text("a.fa.gz", bgzip(_FASTA, 30), list_fasta, naive_gzip),
        "FASTQ": text("a.fq", _FASTQ, lambda p: list(read_fastq(p)), _naive_fastq),
        "genome": Reader({"g.fa": _FASTA}, _genome("g.fa"), _naive_genome),
        "genome, gzip": Reader({"g.fa.gz": gzip.compress(_FASTA, mtime=0)}, _genome("g.fa.gz")),
        "genome, bgzip": Reader({"g.fa.gz": bgzip(_FASTA, 30)}, _genome("g.fa.gz")),
        "fai": Reader({"g.fa.fai": _FAI, "g.fa": _FASTA}, _genome("g.fa")),
        "fai, bgzip": Reader(
            {"g.fa.gz.fai": _FAI, "g.fa.gz": bgzip(_FASTA, 30)}, _genome("g.fa.gz")
        ),
        "gzi": Reader(
            {"g.fa.gz.gzi": gzi(_FASTA, 30), "g.fa.gz": bgzip(_FASTA, 30)}, _genome("g.fa.gz")
        ),
        "BED": text("a.bed", _BED, _frame(read_bed, *bed), _naive_bed),
        "narrowPeak": text("a.narrowPeak", _NARROW, _frame(read_narrowpeak, *bed), _naive_bed),
        "broadPeak": text("a.broadPeak", _BROAD, _frame(read_broadpeak, *bed), _naive_bed),
        "GTF": text("a.gtf", _GTF, _frame(read_gff, *gff), _naive_gff),
        "GFF3": text("a.gff3", _GFF3, _frame(read_gff, *gff), _naive_gff),
        "VCF": text("a.vcf", _VCF, read_variants, _naive_vcf),
        "VCF, bgzip": zipped("a.vcf.gz", bgzip(_VCF, 30), read_variants),
        "bedGraph": text("a.bedGraph", _BEDGRAPH, _read_bedgraph, _naive_bedgraph),
        "MEME": text("a.meme", _MEME, lambda p: len(read_motifs(p)), _naive_motifs),
        "JASPAR": text("a.jaspar", _JASPAR, lambda p: len(read_motifs(p)), _naive_motifs),
        "HOMER": text("a.motif", _HOMER, lambda p: len(read_motifs(p)), _naive_motifs),
        "CIS-BP": text("a.cisbp", _CISBP, lambda p: len(read_motifs(p)), _naive_motifs),
        "HOCOMOCO": text("a.pcm", _PCM, lambda p: len(read_motifs(p)), _naive_motifs),
        "table": text("a.csv", _CSV, _read_table, _naive_table),
        "labels": Reader(
            {"labels.csv": _LABELS, "a.fa": _FASTA},
            lambda f: len(load_fasta(f / "a.fa", labels=f / "labels.csv").y),
            lambda mutant: 3,
        ),
        "intervals": Reader(
            {"intervals.csv": _INTERVALS, "g.fa": _FASTA},
            lambda f: len(load_intervals(f / "intervals.csv", f / "g.fa", "label").y),
            lambda mutant: len([x for x in _text(mutant).split("\n") if x.strip(", ")]) - 1,
        ),
        "MMseqs2": text("c.tsv", _MMSEQS, lambda p: read_clusters(p).tolist(), _naive_clusters),
        "CD-HIT": text("c.clstr", _CDHIT, lambda p: read_clusters(p).tolist(), _naive_clusters),
        "model": zipped("model.skops", model, lambda p: load(p).predict_proba(X).tolist()),
        "encoder": zipped(
            "encoder.skops", encoder.read_bytes(), lambda p: load(p).transform(X).tolist()
        ),
        "header": zipped("model.skops", model, lambda p: describe(p)["class"]),
        "checkpoint": zipped("lm.ckpt", (folder / "lm.ckpt").read_bytes(), read_checkpoint),
        "fetched file": Reader({train: fetched[train], record: fetched[record], **others}, fetch),
        "its record": Reader({record: fetched[record], train: fetched[train], **others}, fetch),
    }
    try:
        track = _bigwig(folder)
    except ImportError:
        return readers
    # The index and the header have no checksum: only the kind of error is known.
    readers["bigWig"] = text(
        "a.bw", track, lambda p: SignalTrack(p).values("chr1", 0, 60).tolist(), _undefined
    )
    return readers


def _undefined(mutant: bytes) -> object:
    raise Undefined


def read_original(reader: Reader, folder: Path) -> object:
    """Read the unchanged files of a reader."""
    for name in reader.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    reader.write(folder, reader.files[reader.name])
    return reader.read(folder)
