"""Fetch two data sets of the UCI repository through OpenML."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

from skgenomics.datasets._cache import DownloadError, data_folder

# Number of each data set at OpenML, and length of its sequences.
_SPLICE, _SPLICE_LENGTH = 46, 60
_PROMOTERS, _PROMOTERS_LENGTH = 164, 57
# Columns of row names, which OpenML does not always mark as such.
_NAMES = ("instance_name", "instance")


def fetch_splice(
    *, data_home: str | Path | None = None, n_retries: int = 3, delay: float = 1.0
) -> Bunch:
    """Fetch the UCI primate splice junctions [1]_ by :func:`sklearn.datasets.fetch_openml`.

    3,190 sequences of 60 bp with a donor site ("EI"), an acceptor site ("IE") or neither
    ("N") in the middle. Some bases are the ambiguity codes D, N, S and R. 185 rows repeat another
    one: cross-validate with groups of equal sequences.

    Parameters
    ----------
    data_home : str, Path or None, default=None
        Folder of the files; None takes that of the environment variable SKGENOMICS_DATA_HOME, or
        ``~/skgenomics_data``.
    n_retries : int, default=3
        Number of retries if the network fails.
    delay : float, default=1.0
        Seconds between attempts.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (3190,). ``y``: classes, ndarray of str
        objects of shape (3190,). ``groups``, ``split``: None. ``DESCR``: OpenML's description.

    Raises
    ------
    OSError
        If OpenML cannot be reached and the files are not there.
    ValueError
        If the data set has changed.

    References
    ----------
    .. [1] Noordewier, Towell & Shavlik, Training knowledge-based neural networks to recognize genes
       in DNA sequences, NIPS 3, 1991.

    Examples
    --------
    >>> from skgenomics.datasets import fetch_splice
    >>> data = fetch_splice()  # doctest: +SKIP
    >>> data.X.shape  # doctest: +SKIP
    (3190,)
    """
    return _fetch(_SPLICE, _SPLICE_LENGTH, data_home, n_retries, delay)


def fetch_promoters(
    *, data_home: str | Path | None = None, n_retries: int = 3, delay: float = 1.0
) -> Bunch:
    """Fetch the UCI E. coli promoters [1]_ by :func:`sklearn.datasets.fetch_openml`.

    106 sequences of 57 bp, positions -50 to +7 around the start of transcription; half of
    them are promoters ("+"), half are not ("-").

    Parameters
    ----------
    data_home : str, Path or None, default=None
        Folder of the files; None takes that of the environment variable SKGENOMICS_DATA_HOME, or
        ``~/skgenomics_data``.
    n_retries : int, default=3
        Number of retries if the network fails.
    delay : float, default=1.0
        Seconds between attempts.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (106,). ``y``: "+" or "-", ndarray of
        str objects of shape (106,). ``groups``, ``split``: None. ``DESCR``: OpenML's description.

    Raises
    ------
    OSError
        If OpenML cannot be reached and the files are not there.
    ValueError
        If the data set has changed.

    References
    ----------
    .. [1] Towell, Shavlik & Noordewier, Refinement of approximate domain theories by
       knowledge-based neural networks, AAAI 1990.

    Examples
    --------
    >>> from skgenomics.datasets import fetch_promoters
    >>> data = fetch_promoters()  # doctest: +SKIP
    >>> data.X.shape  # doctest: +SKIP
    (106,)
    """
    return _fetch(_PROMOTERS, _PROMOTERS_LENGTH, data_home, n_retries, delay)


def _fetch(number: int, length: int, data_home, n_retries: int, delay: float) -> Bunch:
    folder = data_folder(data_home)
    address = f"https://www.openml.org/d/{number}"
    try:
        data = fetch_openml(
            data_id=number, data_home=str(folder), as_frame=True, parser="auto",
            n_retries=n_retries, delay=delay,
        )  # fmt: skip
    except (URLError, TimeoutError) as error:
        raise DownloadError(
            f"cannot fetch {address} ({getattr(error, 'reason', error)}); run this once where "
            f"there is a network, and copy the folder {folder / 'openml'}"
        ) from error
    symbols = data.data[[name for name in data.data if name.lower() not in _NAMES]]
    cells = symbols.astype(str).apply(_strip).to_numpy()
    if cells.shape[1] != length or (np.char.str_len(cells.astype(str)) != 1).any():
        raise ValueError(
            f"{address} should have {length} columns of one base, but it has {cells.shape[1]} "
            f"columns, the first row being {''.join(cells[0])[:80]!r}"
        )
    X = np.array(["".join(row).upper() for row in cells], dtype=object)
    y = _strip(data.target.astype(str)).to_numpy(object)
    return Bunch(X=X, y=y, groups=None, split=None, DESCR=data.DESCR)


def _strip(column):
    """Remove the quotation marks and blanks of ARFF files."""
    return column.str.strip(" \t'\"")
