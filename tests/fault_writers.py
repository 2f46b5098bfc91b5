"""Writers of the package that are killed at random times, or meet a full disk.

Run as a script, it writes the outcome to a JSON file; `tests/faults` and
`benchmarks/reliability.py` do so. Each write happens in a child of a process that has only imported
the package: forking one that has used compiled threads is not safe.

    python tests/fault_writers.py kills full --kills 10 -o results.json
"""

import argparse
import contextlib
import gc
import io
import itertools
import json
import os
import pickle
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot
import numba
import numpy as np
import pandas as pd
import torch
from sklearn.utils import check_array

import skgenomics
from skgenomics import CNNClassifier, load, save
from skgenomics.cli import main
from skgenomics.datasets import fetch_gue
from skgenomics.genome import (
    Genome,
    score_variants,
    write_bed,
    write_bedgraph,
    write_bigwig,
    write_fasta,
    write_fastq,
    write_vcf,
)
from skgenomics.motifs import Motif, write_motifs
from skgenomics.training._checkpoints import read_checkpoint, write_checkpoint

N = 300
SEQUENCES = ["".join(random.Random(i).choices("ACGT", k=60)) for i in range(N)]
LABELS = [int(x.count("G") > 15) for x in SEQUENCES]


@dataclass(frozen=True)
class Writer:
    """A writer of two versions of a file.

    Attributes
    ----------
    file : str
        Name of the file.
    write : callable
        Function of the folder of inputs, the path and the version, 0 or 1.
    version : callable or None
        Function of the path that returns the version that is there, or raises an error; None
        compares bytes with those of an undisturbed write.
    is_optional : bool
        True for a file that is only written if there is room, such as an index.
    """

    file: str
    write: Callable[[Path, Path, int], object]
    version: Callable[[Path], int] | None = None
    is_optional: bool = False


def _command(*args: object) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = main(list(map(str, args)))
    if code:
        raise OSError(printed.getvalue())


def _write_index(inputs: Path, path: Path, version: int) -> None:
    fasta = path.with_suffix("")
    if not fasta.exists():
        shutil.copy(inputs / "genome.fa", fasta)
    path.unlink(missing_ok=True)
    assert Genome(fasta).lengths["chr1"] == 60 * N


def _write_record(inputs: Path, path: Path, version: int) -> None:
    """Write the checksum of a fetched file."""
    folder = path.parent / "gue" / "mouse_0"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train", "dev", "test"):
        (folder / f"{name}.csv").write_bytes(b"sequence,label\nACGT,1\n")
        (folder / f"{name}.csv.json").unlink(missing_ok=True)
    fetch_gue("mouse_0", data_home=path.parent, download_if_missing=False)
    shutil.copy(folder / "train.csv.json", path)


def _motif(version: int) -> Motif:
    return Motif(f"M{version}", np.full((400, 4), 0.25))


def _frame(version: int) -> pd.DataFrame:
    starts = np.arange(N) * 10
    return pd.DataFrame(
        {"chrom": "chr1", "start": starts, "end": starts + 5, "value": float(version + 1)}
    )


def _variants(version: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"chrom": "chr1", "pos": np.arange(1, N), "ref": "A", "alt": "CG"[version], "id": "x"}
    )


def _version_of_report(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    assert text.rstrip().endswith("</html>")
    return int("version 1" in text)


def _version_of_results(path: Path) -> int:
    return json.loads(path.read_text())["options"]["seed"]


TITLES = ["version 0", "version 1"]
SMALL = ("--set", "max_iter=1", "--set", "n_filters=4", "--set", "kernel_size=3")
WRITERS = {
    "save": Writer(
        "model.skops",
        lambda i, p, v: save(load(i / "model.skops").set_params(verbose=v), p),
        lambda p: load(p).verbose,
    ),
    "write_fasta": Writer(
        "a.fa", lambda i, p, v: write_fasta(SEQUENCES, p, [f"{n}_{v}" for n in range(N)])
    ),
    "write_fasta, bgzip": Writer("a.fa.gz", lambda i, p, v: write_fasta(SEQUENCES[v:], p)),
    "write_fastq": Writer(
        "a.fq", lambda i, p, v: write_fastq(((f"r{v}", x, "I" * 60) for x in SEQUENCES), p)
    ),
    "write_bed": Writer("a.bed", lambda i, p, v: write_bed(_frame(v), p)),
    "write_bedgraph": Writer("a.bedGraph", lambda i, p, v: write_bedgraph(_frame(v), p)),
    "write_bigwig": Writer("a.bw", lambda i, p, v: write_bigwig(_frame(v), p, {"chr1": 60 * N})),
    "write_vcf": Writer("a.vcf", lambda i, p, v: write_vcf(_variants(v), p)),
    "write_motifs": Writer("a.meme", lambda i, p, v: write_motifs([_motif(v)], p)),
    "write_motifs, gz": Writer("a.meme.gz", lambda i, p, v: write_motifs([_motif(v)], p)),
    "score_variants": Writer(
        "a.tsv",
        lambda i, p, v: score_variants(
            load(i / "model.skops"), _variants(v), i / "genome.fa", output=p, max_mismatch_rate=1
        ),
    ),
    "checkpoint": Writer(
        "lm.ckpt",
        lambda i, p, v: write_checkpoint(p, {"version": v, "more": list(range(10**4))}),
        lambda p: read_checkpoint(p)["version"],
    ),
    "index of a FASTA file": Writer("g.fa.fai", _write_index, is_optional=True),
    "record of a download": Writer("record.json", _write_record),
    "predict -o": Writer(
        "p.csv",
        lambda i, p, v: _command("predict", i / "model.skops", i / f"{v}.csv", "-o", p),
    ),
    "predict -o, gz": Writer(
        "p.tsv.gz",
        lambda i, p, v: _command("predict", i / "model.skops", i / f"{v}.csv", "-o", p),
    ),
    "train -o": Writer(
        "t.skops",
        lambda i, p, v: _command(
            "train", i / "0.csv", "--model", "cnn", *SMALL, "--seed", v, "-o", p
        ),
        lambda p: load(p).random_state,
    ),
    "evaluate -o": Writer(
        "e.json",
        lambda i, p, v: _command(
            "evaluate", i / "0.csv", "--model", "cnn", *SMALL, "--cv", 2, "--seed", v, "-o", p
        ),
        _version_of_results,
    ),
    "explain -o": Writer(
        "r.html",
        lambda i, p, v: _command(
            "explain", i / "model.skops", i / "few.csv", "--title", TITLES[v], "--examples", 1,
            "-o", p,
        ),
        _version_of_report,
    ),
    "variants -o": Writer(
        "v.tsv",
        lambda i, p, v: _command(
            "variants", i / "model.skops", i / f"{v}.vcf", i / "genome.fa", "-o", p
        ),
    ),
}  # fmt: skip
# Seconds until a write or a check counts as stuck.
TIMEOUT = 120


def make_inputs(folder: Path) -> None:
    """Write the files that writers read."""
    write_fasta(["".join(SEQUENCES)], folder / "genome.fa", ["chr1"])
    for version in range(2):
        rows = [
            f"s{i}_{version},{x},{y}"
            for i, (x, y) in enumerate(zip(SEQUENCES, LABELS, strict=True))
        ]
        (folder / f"{version}.csv").write_text("\n".join(["id,sequence,label", *rows, ""]))
        if version == 0:
            (folder / "few.csv").write_text("\n".join(["id,sequence,label", *rows[:40], ""]))
        bases = "".join(SEQUENCES)
        lines = [f"chr1\t{i + 1}\t{version}\t{bases[i]}\tN" for i in range(100)]
        (folder / f"{version}.vcf").write_text("\n".join(["#CHROM\tPOS\tID\tREF\tALT", *lines, ""]))
    model = CNNClassifier(n_filters=16, kernel_size=5, max_iter=1, random_state=0)
    save(model.fit(SEQUENCES, LABELS), folder / "model.skops")


def _read_all(descriptor: int, timeout: float) -> bytes:
    """Read a pipe to its end; raise an error if that takes longer than some seconds."""
    end = time.monotonic() + timeout
    content = b""
    while True:
        if not select.select([descriptor], [], [], max(0, end - time.monotonic()))[0]:
            raise TimeoutError(f"no result after {timeout} seconds")
        new = os.read(descriptor, 2**16)
        if not new:
            return content
        content += new


def in_child(function: Callable, *args: object) -> object:
    """Call a function in a child process, and return its result, or raise its error."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # Libraries print on the standard output too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            warnings.simplefilter("ignore")
            result = pickle.dumps((True, function(*args)))
        except BaseException as error:
            result = pickle.dumps((False, f"{type(error).__name__}: {error}"))
        with os.fdopen(write, "wb") as file:
            file.write(result)
        os._exit(0)
    os.close(write)
    try:
        content = _read_all(read, TIMEOUT)
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(read)
        os.waitpid(child, 0)
    is_right, result = pickle.loads(content)
    if not is_right:
        raise RuntimeError(result)
    return result


def start_writing(writer: Writer, inputs: Path, path: Path) -> int:
    """Start a child that writes both versions in turn, and return its process id when it begins."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            warnings.simplefilter("ignore")
            os.write(write, b"x")
            for i in itertools.count():
                writer.write(inputs, path, i % 2)
        finally:
            os._exit(1)
    os.close(write)
    try:
        if not select.select([read], [], [], TIMEOUT)[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise TimeoutError(f"no write has begun after {TIMEOUT} seconds")
    finally:
        os.close(read)
    return child


def version_of(writer: Writer, path: Path, contents: list[bytes]) -> int:
    """Tell the version of a file; raise an error if it is none of both."""
    if writer.version is None:
        return contents.index(path.read_bytes())
    version = writer.version(path)
    if version not in (0, 1):
        raise ValueError(f"version {version!r}")
    return version


def _write_timed(writer: Writer, inputs: Path, path: Path, version: int) -> tuple[float, bytes]:
    start = time.perf_counter()
    writer.write(inputs, path, version)
    return time.perf_counter() - start, path.read_bytes()


def kill(writer: Writer, inputs: Path, folder: Path, n: int, rng: random.Random) -> dict:
    """Kill a writer at random times; count files that are lost and temporary files that stay."""
    path = folder / writer.file
    seconds, first = in_child(_write_timed, writer, inputs, path, 0)
    second = b""
    if writer.version is None:
        _, second = in_child(_write_timed, writer, inputs, path, 1)
    lost, errors = 0, []
    for i in range(n):
        child = start_writing(writer, inputs, path)
        # Half of the kills are aimed at the end of a write.
        low = 0.8 if i % 2 else 0.0
        time.sleep(rng.uniform(low, 1.2) * seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            if not (writer.is_optional and not path.exists()):
                in_child(version_of, writer, path, [first, second])
        except (RuntimeError, OSError) as error:
            lost += 1
            errors.append(str(error)[:200])
    in_child(_write_timed, writer, inputs, path, 0)
    left = [x.name for x in folder.rglob(".*")]
    return {"kills": n, "lost": lost, "left": len(left), "errors": errors}


def fill(writer: Writer, inputs: Path, folder: Path) -> dict:
    """Write to a full file system; tell what became of the old file and of the error."""
    path = folder / writer.file
    _, first = in_child(_write_timed, writer, inputs, path, 0)
    with contextlib.suppress(OSError), open(folder / "filler", "wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    message = ""
    try:
        in_child(_write_timed, writer, inputs, path, 1)
    except RuntimeError as error:
        message = str(error)
    try:
        lost = in_child(version_of, writer, path, [first]) != 0
    except (RuntimeError, FileNotFoundError):
        lost = not (writer.is_optional and not path.exists())
    left = [x.name for x in folder.rglob(".*")]
    return {"lost": int(lost), "left": len(left), "message": message, "path": str(path)}


def prepare() -> None:
    """Load once what each child would have to load; it starts no thread."""
    numba.njit(lambda x: x)(1)
    torch.optim.SGD(torch.nn.Linear(1, 1).to("cpu").parameters())
    check_array(np.zeros((1, 1)))
    assert callable(skgenomics.inspection.explain_report)
    matplotlib.pyplot.figure().savefig(io.BytesIO(), format="svg")
    matplotlib.pyplot.close()
    # Pages that the collector does not touch are not copied in each child.
    gc.freeze()


def run_all(modes: list[str], n: int, names: list[str], seed: int) -> dict:
    """Run the kills or the full disks of some writers, or both."""
    results: dict = {mode: {} for mode in modes}
    prepare()
    with tempfile.TemporaryDirectory() as root:
        inputs = Path(root) / "inputs"
        inputs.mkdir()
        in_child(make_inputs, inputs)
        for mode, (number, name) in itertools.product(modes, enumerate(names)):
            if "skipped" in results[mode]:
                continue
            folder = Path(root) / f"{mode}{number}"
            folder.mkdir()
            try:
                if mode == "kills":
                    rng = random.Random(f"{seed} {name}")
                    results[mode][name] = kill(WRITERS[name], inputs, folder, n, rng)
                    continue
                mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
                mounted = subprocess.run(mount, capture_output=True, check=False, timeout=30)
                if mounted.returncode:
                    results[mode] = {"skipped": "no file system can be mounted"}
                    continue
                try:
                    results[mode][name] = fill(WRITERS[name], inputs, folder)
                finally:
                    # Lazily: a child that was stopped may still hold a file of it.
                    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
            except Exception:
                results[mode][name] = {"failed": traceback.format_exc()}
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modes", choices=["kills", "full"], nargs="+")
    parser.add_argument("--kills", type=int, default=3, help="kills of each writer")
    parser.add_argument("--only", action="append", help="name of a writer; several times")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file of results")
    args = parser.parse_args()
    outcome = run_all(args.modes, args.kills, args.only or list(WRITERS), args.seed)
    args.output.write_text(json.dumps(outcome, indent=1), encoding="utf-8")
