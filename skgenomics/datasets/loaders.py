"""Load labeled sequences from tables, FASTA files, and intervals of a genome."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics.datasets._tables import (
    check_complete,
    column_values,
    read_frame,
    read_positions,
    read_targets,
    read_texts,
    require_columns,
    suffix_of,
)
from skgenomics.genome._coordinates import STRANDS
from skgenomics.genome.fastx import read_fasta
from skgenomics.genome.reference_genome import Genome

_TABLES = {".csv", ".tsv", ".tab"}


def load_csv(
    path: str | Path,
    target: str | Sequence[str] | None = None,
    sequence: str = "sequence",
) -> Bunch:
    r"""Load sequences and labels from a table.

    Parameters
    ----------
    path : str or Path
        CSV or TSV file with a header line, compressed by gzip or not. The separator is that of the
        suffix ".csv" or ".tsv", otherwise the one that is most frequent in the header.
    target : str, sequence of str or None, default=None
        Column of the labels; several, in a list or separated by commas, are several tasks or
        targets. None for sequences without labels.
    sequence : str, default="sequence"
        Column of the sequences.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: labels of shape
        (n_samples,), or floats of shape (n_samples, n_targets) with NaN for missing labels; None
        without `target`. ``target_names``: list of str. ``split``, ``fold``, ``groups``: the
        columns "split", "fold" and "groups" (or "group") as arrays of shape (n_samples,), None if
        there is no such column. ``frame``: all columns.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, has no such column, or a row has no sequence or no
        label; the message names the row, counted from 0.

    Notes
    -----
    In columns of numbers "NA", "NaN", "N/A" and "null" are missing values, in columns of text only
    the empty cell is: a class may be called "NA".

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_csv
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.csv"
    ...     _ = path.write_text("sequence,bound,split\nACGT,1,train\nggna,0,test\n")
    ...     data = load_csv(path, target="bound")
    >>> data.X, data.y, data.split
    (array(['ACGT', 'ggna'], dtype=object), array([1, 0]), array(['train', 'test'], dtype=object))
    """
    frame = read_frame(path, text=[sequence])
    require_columns(path, frame.columns, [sequence])
    X = read_texts(path, frame, sequence)
    return Bunch(X=X, **read_labels(path, frame, target))


def load_fasta(
    path: str | Path,
    *,
    label: str | None = None,
    labels: str | Path | None = None,
    target: str | Sequence[str] | None = None,
) -> Bunch:
    r"""Load sequences, and labels if there are any, from a FASTA file.

    Labels are in the headers, as in ``>seq1 label=1`` or ``>seq1|label=1``, or in a separate table.

    Parameters
    ----------
    path : str or Path
        FASTA file, compressed by gzip or not.
    label : str or None, default=None
        Name of the label in the headers: "label" for the examples above.
    labels : str, Path or None, default=None
        CSV or TSV file with the identifiers of the sequences in its first column. It needs no
        header line if the labels are in its second and last column. Columns "split", "fold" and
        "groups" are read as in :func:`load_csv`; rows for other sequences are ignored.
    target : str, sequence of str or None, default=None
        Columns of `labels` to load, as in :func:`load_csv`; None takes the second one.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``ids``: first words of the
        headers. ``descriptions``: the rest of the headers. ``y``, ``target_names``, ``split``,
        ``fold``, ``groups`` and ``frame`` as in :func:`load_csv`; None if there are no labels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or not a FASTA file, or a record has no sequence or no label; the
        message names the record.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_fasta
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "peaks.fa"
    ...     _ = path.write_text(">a label=1\nACGT\nAC\n>b label=0\nggna\n")
    ...     data = load_fasta(path, label="label")
    >>> data.X, data.y, data.ids
    (array(['ACGTAC', 'ggna'], dtype=object), array([1, 0]), array(['a', 'b'], dtype=object))
    """
    if label is not None and labels is not None:
        raise ValueError("give `label` or `labels`, not both: labels are in the headers or a file")
    records = list(read_fasta(path))
    headers = [header.split(maxsplit=1) or [""] for header, _ in records]
    ids = np.array([words[0] for words in headers], dtype=object)
    frame = None
    if label is not None:
        frame, target = _header_labels(path, records, label), label
    elif labels is not None:
        frame, target = _match_labels(labels, ids, target)
    return Bunch(
        X=_objects([sequence for _, sequence in records]),
        ids=ids,
        descriptions=_objects([" ".join(words[1:]) for words in headers]),
        **read_labels(labels or path, frame, target),
    )


def read_labels(path: str | Path, frame: pd.DataFrame | None, target) -> dict:
    """Read labels, splits, folds and groups, as items of a Bunch."""
    names = [] if target is None or frame is None else _target_names(frame, target)
    parts = {"split": ["split"], "fold": ["fold"], "groups": ["groups", "group"]}
    bunch = {name: _first_column(path, frame, columns) for name, columns in parts.items()}
    y = read_targets(path, frame, names) if names and frame is not None else None
    return {"y": y, "target_names": names, "frame": frame, **bunch}


def _target_names(frame: pd.DataFrame, target: str | Sequence[str]) -> list[str]:
    if not isinstance(target, str):
        return list(target)
    # The name of a column may contain a comma itself.
    return [target] if target in frame.columns else [x.strip() for x in target.split(",")]


def _first_column(
    path: str | Path, frame: pd.DataFrame | None, names: list[str]
) -> np.ndarray | None:
    for name in names:
        if frame is not None and name in frame.columns:
            check_complete(path, frame[name], name)
            return column_values(frame[name])
    return None


def _header_labels(path, records: list[tuple[str, str]], label: str) -> pd.DataFrame:
    pattern = re.compile(rf"(?:^|[\s|;]){re.escape(label)}=([^\s|;]+)")
    values = []
    for header, _ in records:
        match = pattern.search(header)
        if match is None:
            raise ValueError(f"{path}: the record {header!r} has no '{label}=...' in its header")
        values.append(match[1])
    column = pd.Series(values, name=label)
    numbers = pd.to_numeric(column, errors="coerce")
    return (column if numbers.isna().any() else numbers).to_frame()


def _match_labels(
    path: str | Path, ids: np.ndarray, target
) -> tuple[pd.DataFrame, str | Sequence[str]]:
    """Order the rows of a table of labels by the identifiers, and name the target columns."""
    frame = read_frame(path, text=[0], ids=set(ids))
    if frame.shape[1] < 2:
        raise ValueError(f"{path} has one column; labels need two, identifiers and labels")
    first = frame.columns[0]
    repeated = frame[first].duplicated()
    if repeated.any():
        raise ValueError(f"{path} has two rows for {frame[first][repeated].iloc[0]!r}")
    missing = ~np.isin(ids, frame[first].to_numpy(object))
    if missing.any():
        raise ValueError(f"{path} has no label for the record {ids[missing][0]!r}")
    frame = frame.set_index(first).loc[ids].reset_index()
    return frame, target or frame.columns[1]


def _objects(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def load_intervals(
    path: str | Path,
    genome: str | Path | Genome,
    target: str | Sequence[str] | None = None,
    *,
    length: int | None = None,
    center: str = "middle",
    soft_masking: str = "keep",
) -> Bunch:
    r"""Load intervals and labels from a file, and their sequences from a genome.

    Parameters
    ----------
    path : str or Path
        BED, narrowPeak, broadPeak, GFF or GTF file; or a CSV or TSV file with the columns "chrom",
        "start", "end" (0-based and half-open) and optionally "strand". Compressed or not.
    genome : str, Path or Genome
        FASTA file of the genome.
    target : str, sequence of str or None, default=None
        Column of the labels, such as "name" or "score" of a BED file; several as in
        :func:`load_csv`. None for intervals without labels.
    length : int or None, default=None
        Number of bases to read around the center of each interval; None reads the interval itself.
    center : {"middle", "summit"}, default="middle"
        Center of the window of `length` bases, see :class:`~skgenomics.genome.IntervalEncoder`.
    soft_masking : {"keep", "drop", "mask"}, default="keep"
        Treatment of lower-case bases, see :class:`~skgenomics.genome.IntervalEncoder`.

    Returns
    -------
    Bunch
        ``X``: sequences on the strand of their interval, ndarray of str objects of shape
        (n_samples,). ``y``, ``target_names``, ``split``, ``fold`` and ``frame`` as in
        :func:`load_csv`. ``groups``: the column "groups" or "group", otherwise the chromosomes as
        the genome names them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a file is malformed or damaged, or an interval is not in the genome; the message names
        the line or row.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from skgenomics.datasets import load_intervals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     genome, peaks = pathlib.Path(folder) / "genome.fa", pathlib.Path(folder) / "peaks.bed"
    ...     _ = genome.write_text(">chr1\nACGTACCG\n")
    ...     _ = peaks.write_text("chr1\t2\t5\tbound\nchr1\t0\t4\tfree\n")
    ...     data = load_intervals(peaks, genome, target="name")
    >>> data.X, data.y
    (array(['GTA', 'ACGT'], dtype=object), array(['bound', 'free'], dtype=object))
    """
    from skgenomics.genome.interval_encoder import IntervalEncoder

    frame = read_interval_frame(path)
    encoder = IntervalEncoder(genome, length=length, center=center, soft_masking=soft_masking)
    bunch = Bunch(X=encoder.fit_transform(frame)[:, 0], **read_labels(path, frame, target))
    if bunch.groups is None:
        # The names of the genome, since one file may have both chr1 and 1.
        source = genome if isinstance(genome, Genome) else Genome(genome)
        names = {name: source.resolve(name) for name in frame["chrom"].unique()}
        bunch.groups = frame["chrom"].map(names).to_numpy(object)
    return bunch


def read_interval_frame(path: str | Path) -> pd.DataFrame:
    """Read intervals from a table or a format of genome browsers, as the suffix names it."""
    from skgenomics.genome.intervals import read_intervals

    if suffix_of(path) not in _TABLES:
        return read_intervals(path).apply(_as_numbers)
    frame = read_frame(path, text=["chrom", "start", "end"])
    require_columns(path, frame.columns, ["chrom", "start", "end"])
    check_complete(path, frame["chrom"], "chromosome")
    for name in ("start", "end"):
        frame[name] = read_positions(path, frame, name)
    if "strand" in frame:
        is_invalid = ~frame["strand"].isin(STRANDS)
        if is_invalid.any():
            row = int(is_invalid.argmax())
            raise ValueError(
                f"{path}: row {row}, counted from 0, has the strand {frame['strand'].iloc[row]!r}, "
                "which is none of '+', '-' and '.'"
            )
    return frame


def _as_numbers(column: pd.Series) -> pd.Series:
    """Convert a column of text to numbers if all are: names of a BED file may be labels."""
    if column.name == "chrom" or not pd.api.types.is_string_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return column if not np.isfinite(numbers).all() else numbers
