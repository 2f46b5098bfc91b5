"""Load the sequences and labels that the arguments of the commands name."""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from skgenomics.sequences import encode_ragged

_FASTA_SUFFIXES = {".fa", ".fasta", ".fas", ".fna", ".ffn", ".faa", ".frn"}
_BROWSER_SUFFIXES = {".bed", ".narrowpeak", ".broadpeak", ".gff", ".gff3", ".gtf"}
_MAX_CLASSES = 20
# Pipes by the files that they were copied to.
_ORIGINAL_NAMES: dict[str, str] = {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the sequences and the labels."""
    parser.add_argument(
        "data",
        help="CSV or TSV file with a header, or FASTA file; with --genome also BED, narrowPeak or "
        "GFF, or a table with the columns chrom, start and end; .gz as well",
    )
    add_genome(parser)
    parser.add_argument(
        "--target",
        help="column of the labels; several, separated by commas, are several tasks. For FASTA: "
        "name of the label in the headers, as in '>id label=1'. Default: label; name for BED",
    )
    parser.add_argument(
        "--negatives",
        choices=["shuffle", "matched"],
        help="treat all sequences as positives, and make negatives: shuffles with the same "
        "dinucleotides, or intervals of the genome with the same length, GC and repeats",
    )
    parser.add_argument(
        "--ratio",
        type=int,
        default=1,
        help="negatives per positive; default: %(default)s",
    )
    parser.add_argument(
        "--labels", help="for FASTA: CSV or TSV file with identifiers in the first column"
    )
    parser.add_argument(
        "--task",
        choices=["classification", "multilabel", "regression"],
        help="default: guessed from the labels",
    )
    add_sequence_column(parser)


def add_genome(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the genome of intervals."""
    parser.add_argument("--genome", help="FASTA file of the genome, if the data are intervals")
    parser.add_argument(
        "--length", type=int, help="bases to read around the center of each interval"
    )


def add_sequence_column(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the column of the sequences."""
    parser.add_argument("--sequence-column", default="sequence", help="default: %(default)s")


def load(args: argparse.Namespace, *, labeled: bool = True):
    """Load the data that the arguments name: a Bunch of a loader of `datasets`, and its `task`."""
    args.data = regular_file(args.data)
    if not labeled:
        bunch = _read(args, None)
        bunch.task = None
        return bunch
    if args.negatives is not None:
        if args.target is not None or args.labels is not None:
            raise ValueError("--negatives makes the labels; leave --target and --labels out")
        bunch = add_negatives(_read(args, None), args)
    elif args.ratio != 1:
        raise ValueError("--ratio needs --negatives")
    elif _is_browser_format(args.data) and args.target is None:
        bunch = _read_labeled_intervals(args)
    else:
        bunch = _read(args, args.target or "label")
    # Errors here count sequences as in the file, rather than as in a fold.
    encode_ragged(bunch.X, args.alphabet)
    bunch.task = args.task or guess_task(bunch.y)
    bunch.y = check_labels(bunch.y, bunch.task)
    return bunch


def _read_labeled_intervals(args: argparse.Namespace):
    """Read intervals with their names as labels; positives alone need `--negatives`."""
    try:
        bunch = _read(args, "name")
        names = set(map(str, bunch.y))
    except ValueError as error:
        if "has no column 'name'" not in str(error):
            raise
        names = set()
    # Names of peaks are mostly all different, or a dot.
    if len(names) < 2 or len(names) > max(_MAX_CLASSES, len(bunch.y) / 3):
        raise ValueError(
            f"{args.data} holds no labels: its column 'name' has {len(names) or 'no'} different "
            "value(s). If all intervals are positives, make negatives by --negatives matched or "
            "--negatives shuffle; otherwise name the column of the labels by --target"
        )
    return bunch


def regular_file(path: str) -> str:
    """Copy a pipe or a device to a temporary file, so that it may be read several times.

    A pipe that is opened twice has lost what was read before.
    """
    if not os.path.exists(path) or os.path.isfile(path) or os.path.isdir(path):
        return path
    folder = tempfile.mkdtemp(prefix="skgenomics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = os.path.join(folder, "input")
    with open(path, "rb") as source, open(copy, "wb") as target:
        shutil.copyfileobj(source, target)
    named = copy + _suffix_of_content(copy)
    os.rename(copy, named)
    _ORIGINAL_NAMES[named] = path
    return named


def with_original_names(message: str) -> str:
    """Name pipes in a message, rather than the copies that were made of them."""
    for copy, path in _ORIGINAL_NAMES.items():
        message = message.replace(copy, path)
    return message


def _suffix_of_content(path: str) -> str:
    """Tell BED and GFF by the first line of data, since a pipe has no suffix; "" for others."""
    from skgenomics.genome._textfiles import INTEGER, open_text

    with open_text(path) as lines:
        skipped = ("#", "track", "browser")
        line = next((x for x in lines if x.strip() and not x.startswith(skipped)), "")
    fields = line.rstrip("\n").split("\t")
    for suffix, positions in ((".bed", fields[1:3]), (".gff", fields[3:5])):
        if len(positions) == 2 and all(map(INTEGER.fullmatch, positions)):
            return suffix
    return ""


def _read(args: argparse.Namespace, target: str | None):
    from skgenomics.datasets import load_csv, load_fasta, load_intervals

    if args.genome is not None:
        return load_intervals(args.data, args.genome, target, length=args.length)
    if _is_browser_format(args.data):
        raise ValueError(f"{args.data} holds intervals; name the FASTA file by --genome")
    if args.length is not None:
        raise ValueError("--length is for intervals, which need --genome")
    if not is_fasta(args.data):
        if args.labels is not None:
            raise ValueError("--labels is for FASTA files; name columns of a table by --target")
        return load_csv(args.data, target, args.sequence_column)
    if args.labels is not None:
        return load_fasta(args.data, labels=args.labels, target=args.target)
    return load_fasta(args.data, label=target)


def add_negatives(bunch, args: argparse.Namespace):
    """Add negatives to the positives of a Bunch; each is in the group of its positive."""
    from skgenomics.genome import IntervalEncoder
    from skgenomics.negatives import make_negatives

    if args.negatives == "matched":
        if args.genome is None:
            raise ValueError("--negatives matched draws intervals of a genome; name its --genome")
        intervals = _resize(bunch.frame, args.length)
        made = make_negatives(
            intervals,
            method="matched",
            ratio=args.ratio,
            genome=args.genome,
            random_state=args.seed,
        )
        bunch.frame = made.X
        bunch.X = IntervalEncoder(args.genome).fit_transform(made.X)[:, 0]
    else:
        made = make_negatives(
            bunch.X, ratio=args.ratio, alphabet=args.alphabet, random_state=args.seed
        )
        bunch.X = made.X
        if bunch.frame is not None:
            bunch.frame = bunch.frame.iloc[made.groups].reset_index(drop=True)
    for name in ("split", "fold"):
        if bunch[name] is not None:
            bunch[name] = bunch[name][made.groups]
    bunch.update(y=made.y, target_names=["positive"], groups=made.groups)
    return bunch


def _resize(frame, length: int | None):
    """Center intervals of one length on the given ones."""
    if length is None:
        return frame
    from skgenomics.genome._coordinates import are_minus, center, read_columns

    intervals = read_columns(frame)
    minus = are_minus(intervals.strands, len(frame))
    starts, ends = center(intervals.starts, intervals.ends, minus, length)
    return frame.assign(start=starts, end=ends)


def set_length(models, X: np.ndarray) -> None:
    """Tell networks the greatest length of all sequences, where lengths differ.

    A fold, or a part of a split, may hold only shorter ones, and could not predict the others.
    """
    lengths = {len(text) for text in X}
    if len(lengths) == 1:
        return
    for model in models:
        steps = getattr(model, "steps", None)
        estimator = steps[-1][1] if steps else model
        is_network = type(estimator).__module__.startswith("skgenomics.estimators.")
        if is_network and getattr(estimator, "length", 0) is None:
            estimator.set_params(length=max(lengths))


def _is_browser_format(path: str) -> bool:
    """Tell whether the suffix is that of a format of genome browsers, such as BED."""
    from skgenomics.datasets._tables import suffix_of

    return suffix_of(path) in _BROWSER_SUFFIXES


def read_groups(path: str, data, column: str) -> np.ndarray:
    """Read the column of a loaded table that holds the groups of samples."""
    from skgenomics.datasets._tables import check_complete, require_columns

    columns = [] if data.frame is None else data.frame.columns
    require_columns(path, columns, [column])
    check_complete(path, data.frame[column], "group")
    return data.frame[column].to_numpy()


def is_fasta(path: str) -> bool:
    """Tell FASTA from tables, by the suffix or otherwise by the first character."""
    from skgenomics.datasets._tables import suffix_of
    from skgenomics.genome._textfiles import open_text

    suffix = suffix_of(path)
    if suffix in {*_FASTA_SUFFIXES, ".csv", ".tsv"}:
        return suffix in _FASTA_SUFFIXES
    with open_text(path) as lines:
        return next(filter(str.strip, lines), "").startswith(">")


def guess_task(y: np.ndarray) -> str:
    """Guess the task: text and few distinct integers are classes, other numbers are values."""
    if y.ndim == 2:
        is_indicator = np.isnan(y) | (y == 0) | (y == 1)
        return "multilabel" if is_indicator.all() else "regression"
    if y.dtype.kind in "Ob":
        return "classification"
    is_few = len(np.unique(y)) <= _MAX_CLASSES
    return "classification" if is_few and (y == np.round(y)).all() else "regression"


def check_labels(y: np.ndarray, task: str) -> np.ndarray:
    """Convert labels to those of a task; raise a ValueError if they do not fit it."""
    if task == "regression":
        if y.dtype.kind not in "fiub":
            raise ValueError(f"regression needs numbers, but there is the label {str(y[0])!r}")
        return y.astype(float)
    if (y.ndim == 2) != (task == "multilabel"):
        columns = "one column" if y.ndim == 1 else f"{y.shape[1]} columns"
        needed = "several" if task == "multilabel" else "one"
        raise ValueError(f"{task} needs {needed}, but the labels are {columns}")
    if task == "classification":
        n_classes = len(np.unique(y.astype(str)))
        if n_classes < 2:
            raise ValueError(f"all labels are {str(y[0])!r}; there must be two classes")
        if n_classes > max(_MAX_CLASSES, len(y) / 3):
            raise ValueError(f"{n_classes} different labels in {len(y)} samples are not classes")
    return y


def read_batches(
    args: argparse.Namespace, size: int, columns: list[str] | None = None
) -> Iterator[tuple[list[str], Any]]:
    """Read identifiers and sequences, `size` at a time; row numbers where there is no "id".

    For a model of several columns, frames of these stand for the sequences.
    """
    args.data = regular_file(args.data)
    if columns is not None:
        return _frame_batches(args, columns, size)
    if args.genome is not None:
        return _interval_batches(args, size)
    read = _fasta_batches if is_fasta(args.data) else _table_batches
    return read(args.data, args.sequence_column, args.id_column, size)


def _interval_batches(args: argparse.Namespace, size: int):
    from skgenomics.datasets.loaders import read_interval_frame
    from skgenomics.genome import IntervalEncoder

    frame = read_interval_frame(args.data)
    encoder = IntervalEncoder(args.genome, length=args.length).fit(frame)
    column = next((c for c in (args.id_column, "id", "name") if c in frame.columns), None)
    ids = frame.index if column is None else frame[column]
    for start in range(0, len(frame), size):
        rows = slice(start, start + size)
        yield list(map(str, ids[rows])), encoder.transform(frame[rows])[:, 0].tolist()


def read_model_columns(args: argparse.Namespace, frame, columns: list[str]):
    """Choose the columns of a table that a model reads; raise a ValueError if one is missing."""
    from skgenomics.datasets._tables import require_columns

    if frame is None:
        raise ValueError(
            f"the model reads the columns {', '.join(columns)}, but {args.data} holds sequences "
            "alone; pass a CSV or TSV file with these columns"
        )
    require_columns(args.data, frame.columns, columns)
    return frame[columns]


def _frame_batches(args: argparse.Namespace, columns: list[str], size: int):
    from skgenomics.datasets._tables import read_frame

    is_table = args.genome is None and not is_fasta(args.data)
    frame: Any = read_frame(args.data, text=[args.sequence_column]) if is_table else None
    X = read_model_columns(args, frame, columns)
    name = args.id_column or ("id" if "id" in frame.columns else None)
    ids = frame.index if name is None else read_model_columns(args, frame, [name])[name]
    for start in range(0, len(X), size):
        rows = slice(start, start + size)
        yield list(map(str, ids[rows])), X[rows]


def _fasta_batches(path, sequence, id_column, size):
    from skgenomics.genome import read_fasta

    records = read_fasta(path)
    while batch := list(islice(records, size)):
        yield [(header.split() or [""])[0] for header, _ in batch], [text for _, text in batch]


def _table_batches(path, sequence, id_column, size):
    from skgenomics.datasets import _tables

    for frame in _tables.read_chunks(path, sequence, id_column, size):
        ids = frame.iloc[:, 1].fillna("") if frame.shape[1] > 1 else frame.index
        yield list(map(str, ids)), _tables.read_texts(path, frame, sequence).tolist()
