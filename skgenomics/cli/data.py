"""Sequences and labels as the commands take them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from skgenomics.sequences import encode_ragged

_FASTA_ENDINGS = {".fa", ".fasta", ".fas", ".fna", ".ffn", ".faa", ".frn"}
_MOST_CLASSES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where sequences and labels are."""
    parser.add_argument("data", help="CSV or TSV file with a header, or FASTA file; .gz as well")
    parser.add_argument(
        "--target",
        help="column of the labels; several, separated by commas, are several tasks. For FASTA: "
        "name of the label in the headers, as in '>id label=1'. Default: label",
    )
    parser.add_argument(
        "--labels", help="for FASTA: CSV or TSV file with identifiers in the first column"
    )
    parser.add_argument(
        "--task",
        choices=["classification", "multilabel", "regression"],
        help="by default, what the labels look like",
    )
    add_sequence_column(parser)


def add_sequence_column(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the column of the sequences."""
    parser.add_argument("--sequence-column", default="sequence", help="default: %(default)s")


def load(args: argparse.Namespace):
    """Load what the arguments ask for: a Bunch of `load_csv` or `load_fasta`, and its `task`."""
    from skgenomics.datasets import load_csv, load_fasta

    if not is_fasta(args.data):
        if args.labels is not None:
            raise ValueError("--labels is for FASTA files; name columns of a table by --target")
        bunch = load_csv(args.data, args.target or "label", args.sequence_column)
    elif args.labels is not None:
        bunch = load_fasta(args.data, labels=args.labels, target=args.target)
    else:
        bunch = load_fasta(args.data, label=args.target or "label")
    # Here the error counts sequences as the file does, and not as a fold does.
    encode_ragged(bunch.X, args.alphabet)
    bunch.task = args.task or guess_task(bunch.y)
    bunch.y = check_labels(bunch.y, bunch.task)
    return bunch


def read_groups(path: str, data, column: str) -> np.ndarray:
    """The column of a loaded table that says which rows belong together."""
    from skgenomics.datasets._tables import check_complete, require_columns

    columns = [] if data.frame is None else data.frame.columns
    require_columns(path, columns, [column])
    check_complete(path, data.frame[column], "group")
    return data.frame[column].to_numpy()


def is_fasta(path: str) -> bool:
    """Tell FASTA from tables, by the ending of the name or else by the first letter."""
    from skgenomics.datasets._tables import open_text

    endings = [ending.lower() for ending in Path(path).suffixes if ending.lower() != ".gz"]
    if endings and endings[-1] in {*_FASTA_ENDINGS, ".csv", ".tsv"}:
        return endings[-1] in _FASTA_ENDINGS
    with open_text(path) as lines:
        return next(filter(str.strip, lines), "").startswith(">")


def guess_task(y: np.ndarray) -> str:
    """What labels are for: text and few whole numbers are classes, other numbers are values."""
    if y.ndim == 2:
        is_indicator = np.isnan(y) | (y == 0) | (y == 1)
        return "multilabel" if is_indicator.all() else "regression"
    if y.dtype.kind in "Ob":
        return "classification"
    is_few = len(np.unique(y)) <= _MOST_CLASSES
    return "classification" if is_few and (y == np.round(y)).all() else "regression"


def check_labels(y: np.ndarray, task: str) -> np.ndarray:
    """Labels as the estimators take them; a ValueError if they are none of such a task."""
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
        if n_classes > max(_MOST_CLASSES, len(y) / 3):
            raise ValueError(f"{n_classes} different labels in {len(y)} rows are no classes")
    return y


def read_batches(
    path: str, sequence: str, id_column: str | None, size: int
) -> Iterator[tuple[list[str], list[str]]]:
    """Read identifiers and sequences, `size` at a time; row numbers where there is no "id"."""
    return (_fasta_batches if is_fasta(path) else _table_batches)(path, sequence, id_column, size)


def _fasta_batches(path, sequence, id_column, size):
    from skgenomics.datasets import read_fasta

    records = read_fasta(path)
    while batch := list(islice(records, size)):
        yield [(header.split() or [""])[0] for header, _ in batch], [text for _, text in batch]


def _table_batches(path, sequence, id_column, size):
    from skgenomics.datasets import _tables

    if id_column is None and "id" in _tables.header_of(path):
        id_column = "id"
    columns = [sequence] if id_column is None else [sequence, id_column]
    for frame in _tables.read_chunks(path, columns, size):
        missing = frame[sequence].isna()
        if missing.any():
            raise ValueError(f"{path}: row {missing.idxmax()}, counted from 0, has no sequence")
        ids = frame.index if id_column is None else frame[id_column].fillna("")
        yield list(map(str, ids)), frame[sequence].str.strip().tolist()
