"""Loader of labelled intervals, whose sequences stand in a genome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics.datasets._tables import ending_of, read_frame, require_columns
from skgenomics.datasets.loaders import read_labels

_TABLES = {".csv", ".tsv", ".tab"}


def load_intervals(
    path: str | Path,
    genome,
    target: str | Sequence[str] | None = None,
    *,
    length: int | None = None,
    soft_masking: str = "keep",
) -> Bunch:
    """Load intervals and labels from a file, and their sequences from a genome.

    Parameters
    ----------
    path : str or Path
        BED, narrowPeak, broadPeak, GFF or GTF file; or a CSV or TSV file with the columns "chrom",
        "start", "end" (from 0, half-open) and perhaps "strand". Compressed or not.
    genome : str, Path or Genome
        FASTA file of the genome.
    target : str or sequence of str, optional
        Column of the labels, such as "name" or "score" of a BED file; several as in
        :func:`load_csv`. None for intervals without labels.
    length : int, optional
        Letters to read around the middle of each interval; by default the interval as it is.
    soft_masking : {"keep", "drop", "mask"}, default="keep"
        What becomes of lower-case letters, see :class:`~skgenomics.genome.IntervalEncoder`.

    Returns
    -------
    Bunch
        ``X``: sequences on the strand of their interval, object array of str, shape (n,). ``y``,
        ``target_names``, ``split``, ``fold`` and ``frame`` as in :func:`load_csv`. ``groups``: the
        column "groups" or "group", or else the chromosomes as the genome names them.

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
    ...     _ = genome.write_text(">chr1\\nACGTACCG\\n")
    ...     _ = peaks.write_text("chr1\\t2\\t5\\tbound\\nchr1\\t0\\t4\\tfree\\n")
    ...     data = load_intervals(peaks, genome, target="name")
    >>> data.X, data.y
    (array(['GTA', 'ACGT'], dtype=object), array(['bound', 'free'], dtype=object))
    """
    from skgenomics.genome import Genome, IntervalEncoder

    frame = read_places(path)
    encoder = IntervalEncoder(genome, length=length, soft_masking=soft_masking)
    bunch = Bunch(X=encoder.fit_transform(frame)[:, 0], **read_labels(path, frame, target))
    if bunch.groups is None:
        # The names of the genome: one file may have chr1 and 1, which are the same.
        source = genome if isinstance(genome, Genome) else Genome(genome)
        names = {name: source.resolve(name) for name in frame["chrom"].unique()}
        bunch.groups = frame["chrom"].map(names).to_numpy(object)
    return bunch


def read_places(path: str | Path) -> pd.DataFrame:
    """The intervals of a file: a table, or a format of genome browsers, as its ending tells."""
    from skgenomics.genome import read_intervals

    if ending_of(path) not in _TABLES:
        return read_intervals(path).apply(_as_numbers)
    frame = read_frame(path, text=["chrom"])
    require_columns(path, frame.columns, ["chrom", "start", "end"])
    return frame


def _as_numbers(column: pd.Series) -> pd.Series:
    """A column of text as numbers, if all of it are such: names of a BED file may be labels."""
    if column.name == "chrom" or not pd.api.types.is_string_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return column if not np.isfinite(numbers).all() else numbers
