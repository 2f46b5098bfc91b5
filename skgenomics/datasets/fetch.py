"""Fetch public sets of labeled sequences."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skgenomics.datasets._cache import data_folder, fetch_file
from skgenomics.datasets._tables import (
    check_complete,
    read_frame,
    read_texts,
    require_columns,
)

_HUB = "https://huggingface.co/datasets/"
# The hub turns every set into parquet files, on a branch of its own.
_BENCHMARK_PATH = (
    "katarinagresova/Genomic_Benchmarks_{name}/resolve/refs%2Fconvert%2Fparquet/default/{split}/"
    "0000.parquet"
)
_GUE_PATH = "leannmlindsey/GUE/resolve/main/GUE/{name}/{split}.csv"

GENOMIC_BENCHMARKS = {
    "demo_coding_vs_intergenomic_seqs": "human transcripts against intergenic sequences",
    "demo_human_or_worm": "human against C. elegans",
    "drosophila_enhancers_stark": "Drosophila enhancers",
    "dummy_mouse_enhancers_ensembl": "mouse enhancers, a small set",
    "human_enhancers_cohn": "human enhancers of Cohn et al.",
    "human_enhancers_ensembl": "human enhancers of Ensembl",
    "human_ensembl_regulatory": "human enhancers, promoters and open chromatin, three classes",
    "human_nontata_promoters": "human promoters without a TATA box",
    "human_ocr_ensembl": "human open chromatin",
}
_MARKS = ("H3", "H3K14ac", "H3K36me3", "H3K4me1", "H3K4me2", "H3K4me3", "H3K79me3", "H3K9ac", "H4",
          "H4ac")  # fmt: skip
GUE = {
    **{f"emp_{mark}": f"yeast histone mark {mark}" for mark in _MARKS},
    **{f"human_tf_{i}": f"human transcription factor binding, task {i}" for i in range(5)},
    **{f"mouse_{i}": f"mouse transcription factor binding, task {i}" for i in range(5)},
    **{
        f"prom_{window}_{kind}": f"human promoters, {what}, {kind}"
        for window, what in (("300", "-249 to +50"), ("core", "-34 to +35"))
        for kind in ("all", "notata", "tata")
    },
    "splice_reconstructed": "human splice sites, three classes",
    "virus_covid": "variants of SARS-CoV-2, nine classes",
}


def fetch_genomic_benchmark(
    name: str,
    *,
    data_home: str | Path | None = None,
    download_if_missing: bool = True,
    base_url: str | None = None,
) -> Bunch:
    """Fetch a set of the Genomic Benchmarks [1]_.

    Sets come from the authors' copies at the Hugging Face hub,
    ``katarinagresova/Genomic_Benchmarks_<name>``, as parquet files; reading them needs pyarrow:
    ``pip install "skgenomics[parquet]"``. Files are kept, and their SHA-256 is recorded on first
    use and checked afterwards. A file put by hand at the path in the error message is used.

    Parameters
    ----------
    name : str
        "human_enhancers_cohn", "human_enhancers_ensembl", "human_ensembl_regulatory",
        "human_nontata_promoters", "human_ocr_ensembl", "drosophila_enhancers_stark",
        "dummy_mouse_enhancers_ensembl", "demo_coding_vs_intergenomic_seqs" or
        "demo_human_or_worm".
    data_home : str, Path or None, default=None
        Folder of the files; None takes that of the environment variable SKGENOMICS_DATA_HOME, or
        ``~/skgenomics_data``.
    download_if_missing : bool, default=True
        Fetch missing files; otherwise they are an error.
    base_url : str or None, default=None
        Address of a mirror of the hub's data sets; None is ``https://huggingface.co/datasets/``.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: labels from 0, shape
        (n_samples,). ``split``: "train" or "test", shape (n_samples,). ``groups``: None.
        ``DESCR``: a description.

    Raises
    ------
    ValueError
        If there is no such set, or a file has changed since it was first used.
    OSError
        If a file cannot be fetched; the message has its address and the path to put it at.
    ImportError
        If pyarrow is missing.

    References
    ----------
    .. [1] Gresova et al., Genomic benchmarks: a collection of datasets for genomic sequence
       classification, BMC Genomic Data 24, 2023.

    Examples
    --------
    >>> from skgenomics.datasets import fetch_genomic_benchmark
    >>> data = fetch_genomic_benchmark("human_enhancers_cohn")  # doctest: +SKIP
    >>> data.X.shape  # doctest: +SKIP
    (27791,)
    """
    _check_name(name, GENOMIC_BENCHMARKS, "set of the Genomic Benchmarks")
    if find_spec("pyarrow") is None:
        raise ImportError('reading parquet files needs pyarrow: pip install "skgenomics[parquet]"')
    folder = data_folder(data_home) / "genomic_benchmarks" / name
    parts = {}
    for split in ("train", "test"):
        url = _address(base_url, _BENCHMARK_PATH, name, split)
        path = fetch_file(url, folder / f"{split}.parquet", download=download_if_missing)
        parts[split] = _read(path, _read_parquet, "seq")
    title = f"Genomic Benchmarks, {name}: {GENOMIC_BENCHMARKS[name]}"
    return _join(parts, f"{title} (Gresova et al., BMC Genomic Data 2023)")


def fetch_gue(
    name: str,
    *,
    data_home: str | Path | None = None,
    download_if_missing: bool = True,
    base_url: str | None = None,
) -> Bunch:
    """Fetch a set of the Genome Understanding Evaluation, GUE [1]_.

    Sets come from the copy ``leannmlindsey/GUE`` at the Hugging Face hub, as CSV files. Files are
    kept, and their SHA-256 is recorded on first use and checked afterwards. A file that was put by
    hand where the error message says is taken.

    Parameters
    ----------
    name : str
        "human_tf_0" to "human_tf_4", "mouse_0" to "mouse_4", "prom_core_all", "prom_core_notata",
        "prom_core_tata", the same with "prom_300" for "prom_core", "emp_H3" and nine more
        histone marks, "splice_reconstructed" or "virus_covid".
    data_home : str, Path or None, default=None
        Folder of the files; None takes that of the environment variable SKGENOMICS_DATA_HOME, or
        ``~/skgenomics_data``.
    download_if_missing : bool, default=True
        Fetch missing files; otherwise they are an error.
    base_url : str or None, default=None
        Address of a mirror of the hub's data sets; None is ``https://huggingface.co/datasets/``.

    Returns
    -------
    Bunch
        ``X``: sequences, ndarray of str objects of shape (n_samples,). ``y``: labels from 0, shape
        (n_samples,). ``split``: "train", "dev" or "test", shape (n_samples,). ``groups``: None.
        ``DESCR``: a description.

    Raises
    ------
    ValueError
        If there is no such set, or a file has changed since it was first used.
    OSError
        If a file cannot be fetched; the message has its address and the path to put it at.

    Notes
    -----
    Some rows are in more than one part, see :func:`skgenomics.model_selection.find_leakage`.

    References
    ----------
    .. [1] Zhou et al., DNABERT-2: efficient foundation model and benchmark for multi-species
       genomes, ICLR 2024.

    Examples
    --------
    >>> from skgenomics.datasets import fetch_gue
    >>> data = fetch_gue("human_tf_0")  # doctest: +SKIP
    >>> data.X.shape  # doctest: +SKIP
    (34378,)
    """
    _check_name(name, GUE, "set of GUE")
    folder = data_folder(data_home) / "gue" / name
    parts = {}
    for split in ("train", "dev", "test"):
        url = _address(base_url, _GUE_PATH, name, split)
        path = fetch_file(url, folder / f"{split}.csv", download=download_if_missing)
        parts[split] = _read(path, partial(read_frame, text=["sequence"]), "sequence")
    return _join(parts, f"GUE, {name}: {GUE[name]} (Zhou et al., ICLR 2024)")


def _check_name(name: str, names: dict, what: str) -> None:
    if name in names:
        return
    nearest = get_close_matches(str(name), names, n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
    raise ValueError(f"there is no {what} {name!r}, only {', '.join(map(repr, names))}{hint}")


def _address(base_url: str | None, path: str, name: str, split: str) -> str:
    return f"{(base_url or _HUB).rstrip('/')}/{path.format(name=name, split=split)}"


def _read(path: Path, read_table: Callable[[Path], pd.DataFrame], sequence: str) -> pd.DataFrame:
    """Read the columns "sequence" and "label" of a fetched file, which must be complete."""
    try:
        frame = read_table(path)
        require_columns(path, frame.columns, [sequence, "label"])
        check_complete(path, frame["label"], "label")
        texts = read_texts(path, frame, sequence)
    except ValueError as error:
        raise ValueError(
            f"{error}. To fetch the file again, delete {path} and {path}.json"
        ) from error
    return pd.DataFrame({"sequence": texts, "label": frame["label"]})


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:
        raise ValueError(f"{path} is not a parquet file ({error})") from error


def _join(parts: dict[str, pd.DataFrame], description: str) -> Bunch:
    frame = pd.concat(parts.values(), ignore_index=True)
    return Bunch(
        X=frame["sequence"].to_numpy(object),
        y=frame["label"].to_numpy(),
        groups=None,
        split=np.repeat(np.array([*parts], dtype=object), [len(part) for part in parts.values()]),
        DESCR=description,
    )
